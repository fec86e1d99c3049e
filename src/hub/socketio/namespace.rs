//! What an application implements: a namespace, and a handler for each socket in it.

use super::arg::{Arg, Json};
pub use crate::hub::engineio::{Reason, Transport};
use async_trait::async_trait;
use axum::http::HeaderMap;
use std::net::SocketAddr;
use tokio::sync::oneshot;

/// A namespace: decides who may come in and makes a handler for each.
#[async_trait]
pub trait Namespace: Send + Sync + 'static {
    /// A client asks to join. CONNECT is acknowledged once there is a handler, so that no event can
    /// come before it. A refusal becomes `CONNECT_ERROR`.
    async fn connect(&self, client: Client) -> Result<Connected, Refused>;
}

/// A client that asks to join a namespace.
#[derive(Clone, Debug)]
pub struct Client {
    /// The socket's id: random, not guessable, another for each namespace and each connection.
    pub id: String,
    /// The namespace, such as `/`.
    pub namespace: String,
    /// What came with CONNECT, as it was sent; `{}` if nothing did.
    pub auth: Json,
    /// The parameters of the connection's first request, decoded.
    pub query: Vec<(String, String)>,
    /// Headers of the connection's first request, without those that concern only that request.
    pub headers: HeaderMap,
    /// Where the connection comes from, if the server knows.
    pub peer: Option<SocketAddr>,
    /// How packets travel now.
    pub transport: Transport,
    /// What the client had before, if it comes back.
    pub resume: Option<Resume>,
}

/// What a client that comes back has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The private id that an earlier CONNECT was answered with.
    pub pid: String,
    /// The last argument of the last event that it got, if that was a text.
    pub offset: Option<String>,
}

/// A client is let in.
pub struct Connected {
    /// The private id with which it can come back. Official clients take a connection for recovered
    /// when it is the one that they sent.
    pub pid: Option<String>,
    /// What serves it.
    pub handler: Box<dyn Handler>,
}

/// A client is not let in.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why, for people.
    pub message: String,
    /// Why, for programs.
    pub data: Option<Json>,
}

/// One socket in one namespace. Nothing of it runs at the same time.
#[async_trait]
pub trait Handler: Send {
    /// An event of the client: one at a time, in order. The connection reads nothing more meanwhile.
    /// `ack` is there if the client asked for an answer; it is given with [`Outgoing::Ack`], now or
    /// later.
    async fn event(&mut self, name: &str, args: Vec<Arg>, ack: Option<Ack>) -> Flow;

    /// What the server sends of its own accord; never ready when there is nothing. Cancel safe: it is
    /// dropped and asked again whenever something else happens. Asked only while there is room in the
    /// connection's buffer, and from the shutdown on for one more second, in which the handler should
    /// hand over what is left and then [`Outgoing::Disconnect`] with [`Reason::ServerShuttingDown`].
    async fn next(&mut self) -> Outgoing;

    /// The peer has everything up to this [`Emit::receipt`]: it answered a ping that was sent after it.
    async fn received(&mut self, receipt: u64) {
        let _ = receipt;
    }

    /// Packets travel in another way from now on.
    async fn upgraded(&mut self, transport: Transport) {
        let _ = transport;
    }

    /// The socket has left. The last call.
    async fn gone(&mut self, reason: Reason);
}

/// What comes of an event.
#[derive(Debug)]
pub enum Flow {
    /// Nothing is sent.
    Continue,
    /// This is sent before anything that [`Handler::next`] says; [`Outgoing::Many`] for several.
    Send(Outgoing),
}

/// What a handler sends.
#[derive(Debug)]
pub enum Outgoing {
    /// An event.
    Emit(Emit),
    /// The answer to an event of the client.
    Ack(Ack, Vec<Arg>),
    /// The end. [`Reason::ServerNamespace`] tells the client with a DISCONNECT packet, after which
    /// official clients stay away; every other reason closes the connection, after which they come back.
    Disconnect {
        /// Why.
        reason: Reason,
    },
    /// Several, in order, written together.
    Many(Vec<Outgoing>),
}

/// An event for the client.
#[derive(Debug)]
pub struct Emit {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Arg>,
    /// If set, [`Handler::received`] is called with it once the peer has the event. Receipts must not
    /// fall within one handler.
    pub receipt: Option<u64>,
    /// If set, the client is asked for an acknowledgement, which comes here. An error there means that
    /// the socket is gone.
    pub ack: Option<oneshot::Sender<Vec<Arg>>>,
}

impl Emit {
    /// An event that asks for nothing back.
    pub fn new(name: impl Into<String>, args: Vec<Arg>) -> Self {
        Self { name: name.into(), args, receipt: None, ack: None }
    }
}

/// The right to answer one event of the client, once.
#[derive(Debug, PartialEq, Eq)]
pub struct Ack(pub(in crate::hub) u64);
