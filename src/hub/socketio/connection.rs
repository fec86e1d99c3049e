//! One connection: its namespaces, and what goes in and out of them, in order.

use super::{
    arg::Json,
    namespace::{Ack, Client, Flow, Outgoing, Refused, Resume},
    packet::{self, Body, Decoder, Malformed, Packet},
    server::Shared,
    space::{Space, send},
};
use crate::hub::engineio::{Handshake, Link, Message, Opening, Outbox, Reason, Transport, new_id};
use futures_util::future::select_all;
use serde::{Deserialize, Serialize};
use std::{pin::Pin, sync::Arc};
use tokio::time::{Sleep, sleep};

/// One connection.
pub(super) struct Connection {
    shared: Arc<Shared>,
    handshake: Handshake,
    transport: Transport,
    decoder: Decoder,
    spaces: Vec<Space>,
    /// Runs while the connection is in no namespace.
    alone: Option<Pin<Box<Sleep>>>,
    /// What [`Link::ready`] found.
    found: Option<Found>,
}

enum Found {
    /// What the handler of a namespace sends.
    Outgoing(usize, Outgoing),
    /// The connection was in no namespace for too long.
    Alone,
}

/// What clients that come back put into CONNECT.
#[derive(Deserialize)]
struct Resuming {
    pid: Option<String>,
    // Of whatever kind, for it is the last argument of an event: only texts are ours.
    #[serde(default)]
    offset: serde_json::Value,
}

/// The answer to CONNECT.
#[derive(Serialize)]
struct Joined<'j> {
    sid: &'j str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'j str>,
}

/// The answer to a CONNECT that is refused.
#[derive(Serialize)]
struct NotJoined<'r> {
    message: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'r serde_json::value::RawValue>,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, opening: Opening) -> Self {
        let alone = Some(Box::pin(sleep(shared.connect_timeout)));
        let decoder = Decoder::new(shared.max_payload);
        let Opening { handshake, transport, .. } = opening;
        Self { shared, handshake, transport, decoder, spaces: Vec::new(), alone, found: None }
    }

    async fn packet(&mut self, packet: Packet, outbox: &mut Outbox) -> Result<(), Reason> {
        let Packet { namespace, body } = packet;
        let at = self.spaces.iter().position(|space| space.name == namespace);
        let at = match (body, at) {
            (Body::Connect(auth), None) => {
                self.connect(namespace, auth, outbox).await;
                return Ok(());
            }
            (Body::Connect(_), Some(_)) => {
                return Err(broken(&"a second CONNECT to the same namespace"));
            }
            (Body::ConnectError(_), _) => return Err(broken(&"CONNECT_ERROR from a client")),
            // What was on its way when the server ended the namespace.
            (_, None) if self.shared.namespaces.contains_key(&namespace) => {
                tracing::debug!(namespace, "a packet for a namespace that is not joined");
                return Ok(());
            }
            (_, None) => return Err(broken(&"a packet for an unknown namespace")),
            (Body::Disconnect, Some(at)) => {
                self.leave(at, Reason::ClientNamespace).await;
                return Ok(());
            }
            (Body::Ack { id, args }, Some(at)) => {
                self.spaces[at].answered(id, args);
                return Ok(());
            }
            (Body::Event { ack, name, args }, Some(at)) => {
                let handler = &mut self.spaces[at].handler;
                match handler.event(&name, args, ack.map(Ack)).await {
                    Flow::Continue => return Ok(()),
                    Flow::Send(outgoing) => (at, outgoing),
                }
            }
        };
        self.send(at.0, at.1, outbox).await
    }

    async fn connect(&mut self, namespace: String, auth: Option<Json>, outbox: &mut Outbox) {
        let Some(found) = self.shared.namespaces.get(&namespace) else {
            let refused = Refused { message: "Invalid namespace".into(), data: None };
            return refuse(&namespace, &refused, outbox);
        };
        let auth = auth.unwrap_or_else(|| Json::trusted("{}"));
        let client = Client {
            id: new_id(),
            namespace: namespace.clone(),
            resume: resume(&auth),
            auth,
            query: self.handshake.query(),
            headers: self.handshake.headers(),
            peer: self.handshake.peer(),
            transport: self.transport,
        };
        let id = client.id.clone();
        match Arc::clone(found).connect(client).await {
            Ok(connected) => {
                let joined = Joined { sid: &id, pid: connected.pid.as_deref() };
                let body = Body::Connect(Some(Json::of(&joined)));
                send(outbox, |text| packet::write(text, &namespace, &body));
                self.spaces.reserve_exact(1);
                self.spaces.push(Space::new(namespace, connected.handler));
                self.alone = None;
            }
            Err(refused) => refuse(&namespace, &refused, outbox),
        }
    }

    /// Sends what a handler says.
    async fn send(
        &mut self,
        at: usize,
        outgoing: Outgoing,
        outbox: &mut Outbox,
    ) -> Result<(), Reason> {
        let mut rest = vec![outgoing];
        while let Some(outgoing) = rest.pop() {
            let space = &mut self.spaces[at];
            match outgoing {
                Outgoing::Emit(emit) => space.emit(emit, outbox),
                Outgoing::Ack(ack, args) => space.answer(&ack, &args, outbox),
                Outgoing::Many(several) => rest.extend(several.into_iter().rev()),
                Outgoing::Disconnect { reason: Reason::ServerNamespace } => {
                    send(outbox, |text| packet::write(text, &space.name, &Body::Disconnect));
                    Box::pin(self.leave(at, Reason::ServerNamespace)).await;
                    return Ok(());
                }
                Outgoing::Disconnect { reason } => return Err(reason),
            }
        }
        Ok(())
    }

    async fn leave(&mut self, at: usize, reason: Reason) {
        let mut space = self.spaces.remove(at);
        if self.spaces.is_empty() {
            self.alone = Some(Box::pin(sleep(self.shared.connect_timeout)));
        }
        space.handler.gone(reason).await;
    }
}

impl Link for Connection {
    async fn message(&mut self, message: Message, outbox: &mut Outbox) -> Result<(), Reason> {
        let packet = match message {
            Message::Text(text) => self.decoder.text(text.as_str()),
            Message::Binary(bytes) => self.decoder.binary(bytes),
        };
        match packet.map_err(|malformed: Malformed| broken(&malformed))? {
            // Clients say little: in a box, so that no connection keeps room for it.
            Some(packet) => Box::pin(self.packet(packet, outbox)).await,
            None => Ok(()),
        }
    }

    async fn ready(&mut self) {
        if self.found.is_some() {
            return;
        }
        self.found = Some(match (&mut self.alone, &mut self.spaces[..]) {
            (Some(alone), _) => {
                alone.as_mut().await;
                Found::Alone
            }
            (None, [space]) => Found::Outgoing(0, space.handler.next().await),
            (None, spaces) => {
                let nexts = spaces.iter_mut().map(|space| space.handler.next());
                let (outgoing, at, _) = select_all(nexts).await;
                Found::Outgoing(at, outgoing)
            }
        });
    }

    async fn take(&mut self, outbox: &mut Outbox) -> Result<(), Reason> {
        match self.found.take() {
            None => Ok(()),
            Some(Found::Alone) => Err(Reason::ForcedServerClose),
            Some(Found::Outgoing(at, outgoing)) => self.send(at, outgoing, outbox).await,
        }
    }

    fn unconfirmed(&self) -> bool {
        self.spaces.iter().any(Space::unconfirmed)
    }

    fn pinged(&mut self) {
        self.spaces.iter_mut().for_each(Space::pinged);
    }

    async fn confirmed(&mut self) {
        for space in &mut self.spaces {
            space.confirmed().await;
        }
    }

    async fn upgraded(&mut self, transport: Transport) {
        self.transport = transport;
        for space in &mut self.spaces {
            space.handler.upgraded(transport).await;
        }
    }

    async fn closed(&mut self, reason: Reason) {
        for mut space in std::mem::take(&mut self.spaces) {
            space.handler.gone(reason).await;
        }
    }
}

fn refuse(namespace: &str, refused: &Refused, outbox: &mut Outbox) {
    let data = refused.data.as_ref().and_then(|data| serde_json::from_str(data.as_str()).ok());
    let body = Body::ConnectError(Json::of(&NotJoined { message: &refused.message, data }));
    send(outbox, |text| packet::write(text, namespace, &body));
}

fn resume(auth: &Json) -> Option<Resume> {
    let Resuming { pid, offset } = auth.read().ok()?;
    let offset = offset.as_str().map(ToOwned::to_owned);
    Some(Resume { pid: pid?, offset })
}

/// The reason for a packet that is against the rules.
fn broken(what: &dyn std::fmt::Display) -> Reason {
    tracing::debug!(%what, "a connection breaks the rules of Socket.IO");
    Reason::ParseError
}

#[cfg(test)]
mod tests {
    use super::{super::arg::Arg, *};

    #[test]
    fn what_a_client_resumes_from() {
        let resume = |auth: &str| resume(&Json::parse(auth).unwrap());
        let both = Resume { pid: "p".into(), offset: Some("e:7".into()) };
        assert_eq!(resume(r#"{"token":1,"pid":"p","offset":"e:7"}"#), Some(both));
        let none = Some(Resume { pid: "p".into(), offset: None });
        assert_eq!(resume(r#"{"pid":"p"}"#), none);
        assert_eq!(resume(r#"{"pid":"p","offset":{"a":1}}"#), none);
        assert_eq!(resume(r#"{"pid":7}"#), None);
        assert_eq!(resume("{}"), None);
    }

    #[test]
    fn refusals_in_full() {
        let data = Some(Json::parse(r#"{"b":1,"a":2}"#).unwrap());
        let refused = Refused { message: "no \"entry\"".into(), data };
        let mut outbox = Outbox::default();
        refuse("/x", &refused, &mut outbox);
        assert_eq!(outbox.texts(), [r#"44/x,{"message":"no \"entry\"","data":{"b":1,"a":2}}"#]);
    }

    #[test]
    fn arguments_are_read_as_what_they_are() {
        let arg = Arg::of(&"ada");
        assert_eq!(arg.read::<String>().as_deref(), Some("ada"));
        assert_eq!(arg.read::<u64>(), None);
        assert_eq!(Arg::Binary(bytes::Bytes::new()).read::<String>(), None);
    }
}
