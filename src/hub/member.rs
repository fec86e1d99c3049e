//! One socket in the namespace `/`: registers a user, and hands on what happens to them.
//!
//! **Places.** Each event carries the place of its entry as its last argument, from which official clients
//! resume. Without that (`offsets` off) a socket begins at the place up to which its user has received
//! everything.
//!
//! **Receipts.** The last packet of an entry asks for one. Once it comes, the user has everything up to that
//! entry; what was not received is sent again to the next socket that registers.
//!
//! **Users.** A socket has at most one. `setUserId` for another user moves it; for the same one it only makes the
//! socket the one that `getConnectionId` answers, so that clients that resume and register as well get nothing
//! twice.

use super::{
    center::Hub,
    delivery::{Cut, Subscription},
    dialect::{self, Dialect, Emit},
    limits::{Bucket, Permit},
    lobby::Entrance,
    log::locate_pos,
    narrator::Narrator,
    place::Place,
    presence::Connection,
    seat::token_ends,
    socketio::{self, Ack, Arg, Client, Flow, Handler, Outgoing, Reason, Resume, Transport},
};
use crate::{
    auth::{AuthError, Identity, Mode},
    config::HubConfig,
    judge::{Entry, user_mistake},
    ledger::{LedgerError, Session},
    metrics::Socket,
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::VecDeque, future, pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, Sleep, sleep};

/// How often the session of a socket that stays is noted as used; sessions are kept for a day.
const REFRESH: Duration = Duration::from_secs(6 * 3600);

/// How long it waits before it asks a ledger again that was away.
const RETRY: Duration = Duration::from_millis(500);

/// A socket.
pub struct Member {
    hub: Arc<Hub>,
    dialects: Arc<[Dialect]>,
    narrator: Narrator,
    connection: Connection,
    /// Whether events carry their place.
    offsets: bool,
    pid: Option<String>,
    registered: Option<Registered>,
    /// Receipts that were asked for, in order: the receipt, whose it is, and the place.
    asked: VecDeque<(u64, Arc<str>, u64)>,
    last_receipt: u64,
    /// Runs until the session is to be noted as used, if there is one.
    refresh: Option<Pin<Box<Sleep>>>,
    /// Why the connection is to end.
    end: Option<Reason>,
    /// Who it is, where it showed a token at its handshake.
    known: Option<Identity>,
    /// When the token for which it may hear its user's events ends.
    until: Option<Timestamp>,
    /// Counts it for its address and its user.
    permit: Permit,
    /// Bounds what it may send.
    bucket: Bucket,
    /// Counts it in the figures.
    counted: Socket,
}

/// A socket's user, and how far it has come in their log.
struct Registered {
    user: Arc<str>,
    subscription: Subscription,
    /// The last place that was sent, or where it began.
    place: Place,
    /// Packets of the entry at this place that the client has already.
    seen: Option<(u64, u32)>,
    /// An entry that was taken and not told yet.
    taken: Option<Arc<Entry>>,
}

/// What `register_user` takes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    user_id: Value,
    #[serde(default)]
    token: Option<String>,
}

/// Why an earlier connection is not restored, and the socket not let in.
enum Lost {
    /// Its user is not proved any more.
    Auth(AuthError),
    /// The ledger failed.
    Ledger(LedgerError),
}

impl From<AuthError> for Lost {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl From<LedgerError> for Lost {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl Member {
    /// A socket without a user.
    pub fn new(
        hub: Arc<Hub>,
        dialects: Arc<[Dialect]>,
        client: &Client,
        offsets: bool,
        Entrance { known, permit }: Entrance,
    ) -> Self {
        let (rate, burst) = (hub.config.messages_per_second, hub.config.burst);
        let connection = Connection {
            socket: client.id.clone(),
            user: String::new(),
            transport: client.transport.as_str(),
            dialect: dialects.first().copied().unwrap_or_default().name(),
            address: client.peer.map(|peer| peer.to_string()).unwrap_or_default(),
            since: Timestamp::now(),
            instance: hub.presence.instance().to_owned(),
        };
        Self {
            bucket: Bucket::new(rate, burst, Instant::now()),
            until: known.as_ref().and_then(|known| known.expires),
            known,
            permit,
            narrator: Narrator::new(hub.ledger.clone(), dialects.clone()),
            dialects,
            counted: hub.metrics.socket(connection.transport, connection.dialect),
            connection,
            offsets,
            pid: None,
            registered: None,
            asked: VecDeque::new(),
            last_receipt: 0,
            refresh: None,
            end: None,
            hub,
        }
    }

    /// Tells the log that it is here.
    pub fn came(&self) {
        self.connection.came();
    }

    /// Whose socket it is.
    pub fn user(&self) -> Option<&str> {
        self.registered.as_ref().map(|registered| &*registered.user)
    }

    /// Restores the user of an earlier connection. Returns the private id if the client gets everything after
    /// the place that it names, and nothing that it has: only then is it recovered. With a place that this log
    /// does not have it gets what is pending, and another id. An error: it needs a token, for the one that it
    /// showed has ended, or it never showed one.
    pub async fn come_back(&mut self, resume: &Resume) -> Result<Option<String>, AuthError> {
        let outcome = match self.restore(resume).await {
            Ok(outcome) => outcome,
            Err(Lost::Auth(error)) => {
                self.hub.metrics.resume(error.code.as_str());
                return Err(error);
            }
            Err(Lost::Ledger(error)) => {
                // It comes again with the same id, and may have more luck.
                self.fail(&error);
                "failed"
            }
        };
        self.hub.metrics.resume(outcome);
        Ok(matches!(outcome, "recovered" | "failed").then(|| resume.pid.clone()))
    }

    /// What came of it, as the figures name it.
    async fn restore(&mut self, resume: &Resume) -> Result<&'static str, Lost> {
        let ledger = &self.hub.ledger;
        let Some(session) = ledger.session(&resume.pid).await? else {
            return Ok("unknown_session");
        };
        let Session { user, until } = session;
        // Who shows a token now must still be that user; the id itself is as good as the token that was
        // shown when it registered.
        match &self.known {
            Some(known) if known.clone().act_for(&user).is_err() => return Ok("not_theirs"),
            Some(_) => {}
            None => {
                self.hub.auth.readmit(&user, until)?;
                self.until = until;
            }
        }
        if let Err(excess) = self.permit.take_user(&user) {
            return Ok(excess.code());
        }
        // What is no place at all was not from us: the last argument of some other event.
        let place = resume.offset.as_ref().and_then(|offset| offset.parse::<Place>().ok());
        let known = match &place {
            Some(place) => {
                place.epoch == ledger.epoch() && locate_pos(&**ledger, place.pos).await?.is_ok()
            }
            None => true,
        };
        match place.filter(|_| known) {
            Some(place) => {
                let (after, part) = place.resume();
                self.hub.received(&user, after);
                self.join(&user, place.clone(), after, (part > 0).then_some((place.pos, part)))
                    .await;
            }
            None => self.join_pending(&user).await?,
        }
        Ok(if known { "recovered" } else { "unknown_place" })
    }

    /// Takes the id with which the client can come back.
    pub async fn keep_as(&mut self, pid: Option<String>) {
        self.pid = pid;
        if let Err(error) = self.keep_session().await {
            self.fail(&error);
        }
    }

    /// Notes whose the session is, and that it is in use.
    async fn keep_session(&mut self) -> Result<(), LedgerError> {
        match (&self.pid, &self.registered) {
            (Some(pid), Some(registered)) => {
                self.refresh = Some(Box::pin(sleep(REFRESH)));
                let session = Session { user: registered.user.to_string(), until: self.until };
                self.hub.ledger.keep_session(pid, &session).await
            }
            _ => Ok(()),
        }
    }

    /// Makes this the socket of a user; `renewed`: with a token that ends at another time than the last.
    async fn register(&mut self, user: &str, renewed: bool) -> Result<(), LedgerError> {
        if self.user() == Some(user) {
            self.hub.presence.register(&self.connection).await;
            if !renewed {
                return Ok(());
            }
        } else {
            self.join_pending(user).await?;
        }
        self.keep_session().await
    }

    async fn join_pending(&mut self, user: &str) -> Result<(), LedgerError> {
        let after = self.hub.pending(user).await?;
        let place = Place::whole(self.hub.ledger.epoch(), after);
        self.join(user, place, after, None).await;
        Ok(())
    }

    async fn join(&mut self, user: &str, place: Place, after: u64, seen: Option<(u64, u32)>) {
        let bound = self.hub.config.send_buffer();
        let subscription = self.hub.delivery.subscribe(user, after, bound);
        user.clone_into(&mut self.connection.user);
        self.hub.presence.register(&self.connection).await;
        let (user, taken) = (user.into(), None);
        self.registered = Some(Registered { user, subscription, place, seen, taken });
    }

    /// Ends the connection, so that its client comes back and tries again.
    fn fail(&mut self, error: &LedgerError) {
        tracing::warn!(socket = self.connection.socket, "a socket is cut: {error}");
        self.end = Some(Reason::ForcedClose);
    }

    /// `setUserId` and `register_user`.
    async fn set_user(&mut self, user: &str, token: Option<&str>, ack: Option<Ack>) -> Flow {
        match self.hub.auth.admit_known(user, token, self.known.as_ref()) {
            Ok(identity) => {
                let renewed = std::mem::replace(&mut self.until, identity.expires) != self.until;
                self.settle(user, renewed, ack).await
            }
            Err(error) => Flow::Send(self.refuse(error.code.as_str(), &error.message)),
        }
    }

    /// Says why this socket is not wanted, and ends it.
    fn refuse(&self, code: &str, message: &str) -> Outgoing {
        self.connection.refused(code);
        self.end_with(code, message, Reason::ServerNamespace)
    }

    /// Says why this socket ends, and ends it.
    fn end_with(&self, code: &str, message: &str, reason: Reason) -> Outgoing {
        let error = dialect::refusal(code, message);
        Outgoing::Many(vec![
            self.emit(&error.name, error.data.into()),
            Outgoing::Disconnect { reason },
        ])
    }

    /// The end of a socket whose token has ended. Official clients come back, with a new one if they are
    /// made to ask for it each time.
    fn expire(&self) -> Outgoing {
        self.hub.metrics.cut("token_expired");
        let error = AuthError::expired();
        self.end_with(error.code.as_str(), &error.message, Reason::ForcedClose)
    }

    async fn settle(&mut self, user: &str, renewed: bool, ack: Option<Ack>) -> Flow {
        if let Err(excess) = self.permit.take_user(user) {
            self.hub.metrics.refused(excess.code());
            return Flow::Send(self.refuse(excess.code(), &excess.to_string()));
        }
        self.counted.becomes(self.connection.transport, self.connection.dialect);
        if let Err(error) = self.register(user, renewed).await {
            self.fail(&error);
            return Flow::Continue;
        }
        match ack {
            Some(ack) => Flow::Send(Outgoing::Ack(ack, Vec::new())),
            None => Flow::Continue,
        }
    }

    /// `getConnectionId`: the socket of a user that registered last.
    async fn connection_id(&self, user: &str, ack: Option<Ack>) -> Flow {
        let newest =
            if self.may_ask_for(user) { self.hub.presence.newest(user).await } else { None };
        let newest = Arg::of(&newest);
        let mut answer = vec![self.emit("connectionId", newest.clone())];
        answer.extend(ack.map(|ack| Outgoing::Ack(ack, vec![newest])));
        Flow::Send(Outgoing::Many(answer))
    }

    /// Whether this socket may know where a user is: where tokens are asked for, only who acts for them.
    fn may_ask_for(&self, user: &str) -> bool {
        self.hub.auth.mode() == Mode::Off
            || self.user() == Some(user)
            || self.known.clone().is_some_and(|known| known.act_for(user).is_ok())
    }

    /// An event of ours, at the place where the socket is.
    fn emit(&self, name: &str, data: Arg) -> Outgoing {
        let mut args = vec![data];
        if let (true, Some(registered)) = (self.offsets, &self.registered) {
            args.push(Arg::of(&registered.place.to_string()));
        }
        Outgoing::Emit(socketio::Emit::new(name, args))
    }

    /// An `error` event.
    fn complain(&self, error: Emit) -> Flow {
        Flow::Send(self.emit(&error.name, error.data.into()))
    }

    /// Says what is wrong with an event of the client.
    fn wrong(&self, event: &str, message: &str) -> Flow {
        tracing::debug!(socket = self.connection.socket, event, message, "an event is refused");
        let code = "BAD_REQUEST";
        self.complain(match event {
            "register_user" => dialect::refusal(code, message),
            _ => dialect::error(&self.dialects, code, message, json!({"event": event})),
        })
    }

    /// The packets of an entry, those excepted that the client has.
    fn packets(&mut self, entry: &Entry, emits: Vec<Emit>) -> Vec<Outgoing> {
        let Some(registered) = &mut self.registered else { return Vec::new() };
        let (pos, count) = (entry.pos(), emits.len());
        let seen = registered.seen.take().filter(|(at, _)| *at == pos).map_or(0, |(_, part)| part);
        let mut packets = Vec::new();
        for (number, emit) in (1..).zip(emits) {
            let last = number as usize == count;
            if number <= seen {
                continue;
            }
            let epoch = self.hub.ledger.epoch();
            registered.place =
                if last { Place::whole(epoch, pos) } else { Place::part(epoch, pos, number) };
            self.hub.metrics.event(emit.dialect(), entry.ts());
            let mut args = vec![Arg::Json(emit.data)];
            if self.offsets {
                args.push(Arg::of(&registered.place.to_string()));
            }
            let mut packet = socketio::Emit::new(emit.name, args);
            if last {
                self.last_receipt += 1;
                packet.receipt = Some(self.last_receipt);
                self.asked.push_back((self.last_receipt, registered.user.clone(), pos));
            }
            packets.push(Outgoing::Emit(packet));
        }
        packets
    }

    /// Waits for the next entry that this socket has not taken yet, and takes it; `None` when the session is
    /// to be noted as used.
    async fn take(&mut self) -> Result<Option<Arc<Entry>>, Cut> {
        let Some(registered) = &mut self.registered else { return future::pending().await };
        if let Some(taken) = &registered.taken {
            return Ok(Some(taken.clone()));
        }
        let entry = tokio::select! {
            entry = registered.subscription.next() => entry?,
            () = due(&mut self.refresh) => return Ok(None),
        };
        registered.taken = Some(entry.clone());
        Ok(Some(entry))
    }

    /// The packets of the next entry; none for what these clients are not told.
    async fn tell(&mut self) -> Vec<Outgoing> {
        let entry = match self.take().await {
            Ok(Some(entry)) => entry,
            Ok(None) => {
                if let Err(error) = self.keep_session().await {
                    tracing::warn!("a session is not noted as used: {error}");
                }
                return Vec::new();
            }
            Err(cut) => {
                self.end = Some(match cut {
                    Cut::Shutdown => Reason::ServerShuttingDown,
                    Cut::Ledger(_) => Reason::ForcedClose,
                });
                return Vec::new();
            }
        };
        match self.narrator.tell(&entry).await {
            Ok(emits) => {
                let packets = self.packets(&entry, emits);
                // From here on nothing waits, so that the entry is handed over or still taken.
                if let Some(registered) = &mut self.registered {
                    registered.taken = None;
                }
                packets
            }
            // What was taken is told once the ledger is back.
            Err(LedgerError::Away(_)) => {
                sleep(RETRY).await;
                Vec::new()
            }
            Err(error) => {
                self.fail(&error);
                Vec::new()
            }
        }
    }
}

#[async_trait]
impl Handler for Member {
    async fn event(&mut self, name: &str, args: Vec<Arg>, ack: Option<Ack>) -> Flow {
        if !self.bucket.take(Instant::now()) {
            self.hub.metrics.cut("flood");
            let HubConfig { messages_per_second: rate, burst, .. } = self.hub.config;
            let message = format!("more than {rate} messages a second, or {burst} at once");
            return Flow::Send(self.refuse("rate_limited", &message));
        }
        match name {
            "setUserId" => match user_of(args.first()) {
                Ok(user) => self.set_user(&user, None, ack).await,
                Err(message) => self.wrong(name, &message),
            },
            "register_user" => {
                let registration = args.first().and_then(Arg::read::<Registration>);
                let Some(registration) = registration else {
                    return self.wrong(name, "an object with userId and token is expected");
                };
                match user_text(&registration.user_id) {
                    Ok(user) => {
                        self.connection.dialect = Dialect::Exechub.name();
                        self.set_user(&user, registration.token.as_deref(), ack).await
                    }
                    Err(message) => self.wrong(name, &message),
                }
            }
            "getConnectionId" => match user_of(args.first()) {
                Ok(user) => self.connection_id(&user, ack).await,
                Err(message) => self.wrong(name, &message),
            },
            _ => {
                tracing::debug!(socket = self.connection.socket, name, "an event is not known");
                Flow::Continue
            }
        }
    }

    async fn next(&mut self) -> Outgoing {
        loop {
            if let Some(reason) = self.end {
                return Outgoing::Disconnect { reason };
            }
            let until = self.until;
            // In a box, and only where there is a token: most sockets of a house without them wait here.
            let ends = async {
                match until {
                    Some(_) => Box::pin(token_ends(until)).await,
                    None => future::pending().await,
                }
            };
            let mut packets = tokio::select! {
                packets = self.tell() => packets,
                () = ends => return self.expire(),
            };
            match packets.len() {
                0 => {}
                1 => return packets.remove(0),
                _ => return Outgoing::Many(packets),
            }
        }
    }

    async fn received(&mut self, receipt: u64) {
        while self.asked.front().is_some_and(|asked| asked.0 <= receipt) {
            if let Some((_, user, pos)) = self.asked.pop_front() {
                self.hub.received(&user, pos);
                self.hub.metrics.receipt();
            }
        }
    }

    async fn upgraded(&mut self, transport: Transport) {
        self.connection.transport = transport.as_str();
        self.counted.becomes(self.connection.transport, self.connection.dialect);
        if let Some(user) = self.user() {
            // To register again makes a socket the newest: only one that is so already.
            let newest = self.hub.presence.newest(user).await;
            if newest.as_deref() == Some(&self.connection.socket) {
                self.hub.presence.register(&self.connection).await;
            }
        }
    }

    async fn gone(&mut self, reason: Reason) {
        self.connection.left(reason.as_str());
        if matches!(
            reason,
            Reason::SlowConsumer | Reason::PingTimeout | Reason::ParseError | Reason::TooLarge
        ) {
            self.hub.metrics.cut(reason.as_str());
        }
        if self.registered.is_some() {
            let Connection { socket, user, .. } = &self.connection;
            self.hub.presence.remove(user, socket).await;
        }
        if let Err(error) = self.keep_session().await {
            tracing::warn!("a session is not noted as used: {error}");
        }
    }
}

/// Waits for a timer; for ever where there is none.
async fn due(timer: &mut Option<Pin<Box<Sleep>>>) {
    match timer {
        Some(timer) => timer.await,
        None => future::pending().await,
    }
}

/// The user that an argument names.
fn user_of(arg: Option<&Arg>) -> Result<String, String> {
    let value = arg.and_then(Arg::read::<Value>);
    user_text(&value.unwrap_or_default())
}

/// A user's name: a text, or a number, as some clients have it.
fn user_text(value: &Value) -> Result<String, String> {
    let user = match value {
        Value::String(user) => user.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err("a user id is expected: a text".to_owned()),
    };
    match user_mistake(&user) {
        Some(mistake) => Err(format!("the user id {mistake}")),
        None => Ok(user),
    }
}
