//! The server that the official protocol suites ask for: their settings, an echo over Engine.IO, and two
//! namespaces over Socket.IO. It has no ledger and no engine.

use super::{
    engineio::{self, Application, Link, Message, Opening, Outbox, Reason},
    socketio::{
        self, Ack, Arg, Client, Connected, Emit, Flow, Handler, Json, Namespace, Namespaces,
        Outgoing, Refused,
    },
};
use async_trait::async_trait;
use axum::{Router, serve::ListenerExt};
use std::{future::pending, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long a client has before it is told how it came in. The suites listen for one message at a time and miss
/// the second of two that arrive in one read.
const PAUSE: Duration = Duration::from_millis(20);

/// The suites' settings.
pub fn settings(shutdown: CancellationToken) -> socketio::Settings {
    let engine = engineio::Settings {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 1_000_000,
        draining: shutdown.clone(),
        shutdown,
        ..engineio::Settings::default()
    };
    socketio::Settings { engine, connect_timeout: Duration::from_secs(1) }
}

/// Serves the suites until `shutdown` fires: Engine.IO at `/engine.io/`, Socket.IO at `/socket.io/`.
pub async fn serve(listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    let settings = settings(shutdown.clone());
    let tracker = settings.engine.tracker.clone();
    let app = router(settings).into_make_service_with_connect_info::<SocketAddr>();
    // As the daemon has it: an event is small and must not wait for another.
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    axum::serve(listener, app).with_graceful_shutdown(shutdown.cancelled_owned()).await?;
    tracker.close();
    tracker.wait().await;
    Ok(())
}

/// The suites' routes, with any settings.
pub fn router(settings: socketio::Settings) -> Router {
    let echo = engineio::Server::new(EchoServer, settings.engine.clone());
    let mut namespaces = Namespaces::new();
    for name in ["/", "/custom"] {
        namespaces.insert(name.to_owned(), Arc::new(Mirror));
    }
    Router::new()
        .route("/engine.io/", echo.route())
        .route("/socket.io/", socketio::service(namespaces, settings))
}

struct EchoServer;

/// Sends every message back.
struct Echo;

impl Application for EchoServer {
    type Link = Echo;

    fn open(&self, _: Opening) -> Echo {
        Echo
    }
}

impl Link for Echo {
    async fn message(&mut self, message: Message, outbox: &mut Outbox) -> Result<(), Reason> {
        outbox.message(message);
        Ok(())
    }

    async fn ready(&mut self) {
        pending::<()>().await;
    }

    async fn take(&mut self, _: &mut Outbox) -> Result<(), Reason> {
        Ok(())
    }

    async fn closed(&mut self, _: Reason) {}
}

/// Tells each client how it came in, and sends back what it says.
struct Mirror;

struct Reflection {
    /// What came with CONNECT, until it was told.
    auth: Option<Json>,
    /// When it is told.
    due: Instant,
}

#[async_trait]
impl Namespace for Mirror {
    async fn connect(&self, client: Client) -> Result<Connected, Refused> {
        let handler = Box::new(Reflection { auth: Some(client.auth), due: Instant::now() + PAUSE });
        Ok(Connected { pid: None, handler })
    }
}

#[async_trait]
impl Handler for Reflection {
    async fn event(&mut self, name: &str, args: Vec<Arg>, ack: Option<Ack>) -> Flow {
        match (name, ack) {
            ("message", _) => Flow::Send(Outgoing::Emit(Emit::new("message-back", args))),
            ("message-with-ack", Some(ack)) => Flow::Send(Outgoing::Ack(ack, args)),
            _ => Flow::Continue,
        }
    }

    async fn next(&mut self) -> Outgoing {
        if self.auth.is_some() {
            sleep_until(self.due).await;
        }
        match self.auth.take() {
            Some(auth) => Outgoing::Emit(Emit::new("auth", vec![auth.into()])),
            None => pending().await,
        }
    }

    async fn gone(&mut self, _: Reason) {}
}
