//! The HTTP side: handshakes, polling requests and the change to WebSocket.

use super::{
    handshake::{Handshake, Transport},
    heart::Heart,
    link::{Application, Opening, Outbox},
    packet::Packet,
    polling::{Breach, Poll, Polling, Request},
    query,
    reason::Reason,
    refusal::{Refusal, reply},
    registry::{Door, Found, Raised, Registry, Ticket},
    session::{Carrier, Session},
    settings::Settings,
    upgrade,
};
use axum::{
    body::to_bytes,
    extract::{ConnectInfo, Request as HttpRequest},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use std::{net::SocketAddr, sync::Arc};
use tokio::{sync::oneshot, time::Instant};

/// The content type of packets. The official server's too.
const PACKETS: &str = "text/plain; charset=UTF-8";

/// The content type of the answer to a request that sends: `text/html`, because some browsers offer
/// plain text for download.
const DONE: &str = "text/html";

/// An Engine.IO server for one application.
pub struct Server<A> {
    application: A,
    settings: Arc<Settings>,
    registry: Registry,
}

/// A connection's id: 120 random bits in 20 characters.
///
/// # Panics
/// If the system has no random numbers.
pub fn new_id() -> String {
    let mut bytes = [0_u8; 15];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The answer to a handshake.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Open<'s> {
    sid: &'s str,
    upgrades: &'s [&'static str],
    ping_interval: u128,
    ping_timeout: u128,
    max_payload: usize,
}

impl<A: Application> Server<A> {
    /// A server that serves nothing yet.
    pub fn new(application: A, settings: Settings) -> Arc<Self> {
        let (settings, registry) = (Arc::new(settings), Registry::default());
        Arc::new(Self { application, settings, registry })
    }

    /// What answers every request to the server's path.
    pub fn route<S: Clone + Send + Sync + 'static>(self: &Arc<Self>) -> MethodRouter<S> {
        let server = Arc::clone(self);
        any(move |request: HttpRequest| {
            let server = Arc::clone(&server);
            async move { server.answer(request).await.unwrap_or_else(Refusal::into_response) }
        })
    }

    async fn answer(self: Arc<Self>, request: HttpRequest) -> Result<Response, Refusal> {
        if request.method() == Method::OPTIONS {
            // What a browser may do is for the layers above to say.
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let query = request.uri().query().unwrap_or_default();
        let transport = match query::first(query, "transport").as_deref() {
            Some("polling") => Transport::Polling,
            Some("websocket") => Transport::WebSocket,
            _ => return Err(Refusal::Transport),
        };
        match query::first(query, "sid") {
            None => {
                let version = query::first(query, "EIO");
                self.open(request, transport, version.as_deref() == Some("4"))
            }
            Some(id) => match (self.registry.find(&id), transport) {
                (Found::Unknown, _) if self.settings.shared => {
                    tracing::debug!(session = id, "a session is not at this daemon");
                    Err(Refusal::Elsewhere)
                }
                (Found::Unknown, _) => Err(Refusal::Session),
                (Found::Upgraded, Transport::Polling) => Err(Refusal::Request),
                (Found::Upgraded, Transport::WebSocket) => self.turn_away(request),
                (Found::Polling(door), Transport::Polling) => self.poll(request, door).await,
                (Found::Polling(door), Transport::WebSocket) => self.change(request, door),
            },
        }
    }

    /// A handshake.
    fn open(
        self: &Arc<Self>,
        mut request: HttpRequest,
        transport: Transport,
        version_is_known: bool,
    ) -> Result<Response, Refusal> {
        if request.method() != Method::GET {
            return Err(Refusal::Method);
        }
        if !version_is_known {
            return Err(Refusal::Version);
        }
        if self.settings.draining.is_cancelled() {
            return Err(Refusal::Draining);
        }
        let opening = Opening { id: new_id(), handshake: handshake(&request), transport };
        if transport == Transport::WebSocket {
            let (response, upgrading) = upgrade::accept(&mut request).ok_or(Refusal::Request)?;
            let server = Arc::clone(self);
            self.settings.tracker.spawn(async move {
                let Some(socket) = upgrading.socket(&server.settings).await else { return };
                let mut outbox = Outbox::default();
                outbox.packet(server.open_packet(&opening.id, &[]));
                let carrier = Carrier::Socket(Box::new(socket));
                let session = server.session(opening, outbox, carrier, None);
                // In a task of its own, which keeps no room for what was done here. A handshake that is under way
                // is waited for, and so is the session then.
                server.settings.tracker.spawn(session.run());
            });
            return Ok(response);
        }
        let Packet::Open(open) = self.open_packet(&opening.id, &["websocket"]) else {
            return Err(Refusal::Request);
        };
        let (ticket, requests) = self.registry.enter(opening.id.clone());
        let carrier = Carrier::Polling(Polling::new(requests));
        let session = self.session(opening, Outbox::default(), carrier, Some(ticket));
        self.settings.tracker.spawn(session.run());
        Ok(reply(StatusCode::OK, PACKETS, format!("0{open}")))
    }

    fn open_packet(&self, sid: &str, upgrades: &[&'static str]) -> Packet {
        let Settings { ping_interval, ping_timeout, max_payload, .. } = *self.settings;
        let (ping_interval, ping_timeout) = (ping_interval.as_millis(), ping_timeout.as_millis());
        let open = Open { sid, upgrades, ping_interval, ping_timeout, max_payload };
        Packet::Open(serde_json::to_string(&open).expect("numbers and texts"))
    }

    fn session(
        &self,
        opening: Opening,
        outbox: Outbox,
        carrier: Carrier,
        ticket: Option<Ticket>,
    ) -> Box<Session<A::Link>> {
        let heart = Heart::new(&self.settings, Instant::now());
        let settings = Arc::clone(&self.settings);
        let link = self.application.open(opening);
        Box::new(Session { link, outbox, carrier, heart, settings, ticket })
    }

    /// A polling request of a session.
    async fn poll(&self, request: HttpRequest, door: Door) -> Result<Response, Refusal> {
        match *request.method() {
            Method::GET => {
                let (answer, payload) = oneshot::channel();
                let mark = query::first(request.uri().query().unwrap_or_default(), "t");
                ask(&door, Request::Poll(Poll { mark, answer })).await?;
                // The session may end instead of answering.
                let payload = payload.await.map_err(|_| Refusal::Session)?;
                Ok(reply(StatusCode::OK, PACKETS, payload))
            }
            Method::POST => self.receive(request, door).await,
            _ => Err(Refusal::Method),
        }
    }

    /// A request that sends packets.
    async fn receive(&self, request: HttpRequest, door: Door) -> Result<Response, Refusal> {
        let Some(_sending) = Raised::raise(&door.sending) else {
            return Err(broken(&door, Breach::Overlap).await);
        };
        let longest = self.settings.max_payload;
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > longest) {
            return Err(Refusal::TooLarge);
        }
        let body = to_bytes(request.into_body(), longest).await.map_err(|_| Refusal::TooLarge)?;
        let Ok(body) = String::from_utf8(body.into()) else {
            return Err(broken(&door, Breach::Payload).await);
        };
        let (done, handled) = oneshot::channel();
        ask(&door, Request::Post(body, done)).await?;
        match handled.await {
            Ok(()) => Ok(reply(StatusCode::OK, DONE, "ok")),
            // A packet among them was refused, or the session ended otherwise.
            Err(_) => Err(Refusal::Request),
        }
    }

    /// A WebSocket for a session that polls.
    fn change(&self, mut request: HttpRequest, door: Door) -> Result<Response, Refusal> {
        let Some(probing) = Raised::raise(&door.probing) else { return self.turn_away(request) };
        let (response, upgrading) = upgrade::accept(&mut request).ok_or(Refusal::Request)?;
        let settings = Arc::clone(&self.settings);
        self.settings.tracker.spawn(async move {
            upgrade::probe(upgrading, &door.requests, probing, &settings).await;
        });
        Ok(response)
    }

    /// A WebSocket that nobody needs: it is opened and closed, as the official server does.
    fn turn_away(&self, mut request: HttpRequest) -> Result<Response, Refusal> {
        let (response, upgrading) = upgrade::accept(&mut request).ok_or(Refusal::Request)?;
        let settings = Arc::clone(&self.settings);
        self.settings.tracker.spawn(async move {
            if let Some(socket) = upgrading.socket(&settings).await {
                socket.close(Reason::ForcedClose).await;
            }
        });
        Ok(response)
    }
}

/// Hands a request to a session; it may just have ended.
async fn ask(door: &Door, request: Request) -> Result<(), Refusal> {
    door.requests.send(request).await.map_err(|_| Refusal::Session)
}

/// Ends a session whose client broke the rules. When this returns, no request finds it any more.
async fn broken(door: &Door, breach: Breach) -> Refusal {
    let (done, ended) = oneshot::channel();
    if ask(door, Request::Broken(breach, done)).await.is_ok() {
        // The sender is dropped, never used.
        let _ = ended.await;
    }
    Refusal::Request
}

fn handshake(request: &HttpRequest) -> Handshake {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    Handshake::of(request.uri().query().unwrap_or_default(), request.headers(), peer)
}
