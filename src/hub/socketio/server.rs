//! Namespaces over connections.

use super::{connection::Connection, namespace::Namespace, settings::Settings};
use crate::hub::engineio::{Application, Opening, Server};
use axum::routing::MethodRouter;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The namespaces of a server, by their names, such as `/`.
pub type Namespaces = BTreeMap<String, Arc<dyn Namespace>>;

/// What answers every request to the path of a Socket.IO server.
pub fn service<S: Clone + Send + Sync + 'static>(
    namespaces: Namespaces,
    settings: Settings,
) -> MethodRouter<S> {
    let Settings { engine, connect_timeout } = settings;
    let max_payload = engine.max_payload;
    let shared = Arc::new(Shared { namespaces, connect_timeout, max_payload });
    Server::new(SocketIo(shared), engine).route()
}

/// What all connections share.
pub(super) struct Shared {
    pub(super) namespaces: Namespaces,
    pub(super) connect_timeout: Duration,
    pub(super) max_payload: usize,
}

struct SocketIo(Arc<Shared>);

impl Application for SocketIo {
    type Link = Connection;

    fn open(&self, opening: Opening) -> Connection {
        Connection::new(Arc::clone(&self.0), opening)
    }
}
