//! Sockets of every kind over a real ledger, without a transport.

#![allow(clippy::unwrap_used)] // A test may panic.

use super::*;
use crate::{
    auth::{Auth, AuthConfig, Mode, Role},
    config::HubConfig,
    hub::{
        presence::Memory,
        socketio::{Ack, Arg, Flow, Handler, Json, Outgoing, Reason, Resume, Transport},
    },
    judge::{
        Audience, Channel, EventBody, NewMessage, NewSubmission, Outcome, Task, Usage, Verdict,
    },
    ledger::sqlite::SqliteLedger,
    metrics::Metrics,
};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon's hub, which can be stopped and started again.
struct House {
    dir: tempfile::TempDir,
    hub: Arc<Hub>,
    lobby: Lobby,
}

impl House {
    fn new() -> Self {
        Self::with(HubConfig::default())
    }

    fn with(config: HubConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (hub, lobby) = open(&dir, config);
        Self { dir, hub, lobby }
    }

    /// A hub that asks for tokens.
    fn guarded() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = AuthConfig { mode: Mode::Required, leeway_secs: 0, ..AuthConfig::default() };
        let auth = Arc::new(Auth::open(&config, dir.path()).unwrap());
        let ledger = Arc::new(SqliteLedger::open(&dir.path().join("ledger.db")).unwrap());
        let (config, shutdown) = (HubConfig::default(), CancellationToken::new());
        let hub = Hub::guarded(
            ledger,
            Arc::new(Memory::default()),
            config,
            auth,
            Metrics::new(),
            shutdown,
        );
        Self { dir, hub: hub.clone(), lobby: Lobby::new(hub) }
    }

    fn token(&self, user: &str, role: Role) -> String {
        self.hub.auth.issue(user, role, PATIENCE).unwrap().token
    }

    /// Stops it as a crash does, and starts it again.
    fn restart(&mut self) {
        self.hub.shutdown.cancel();
        (self.hub, self.lobby) = open(&self.dir, self.hub.config.clone());
    }

    async fn join(&self, client: Client) -> Socket {
        let Connected { pid, handler } = self.lobby.connect(client).await.unwrap();
        Socket { pid, handler, offset: None, sent: 0 }
    }

    /// A socket that has registered.
    async fn member(&self, id: &str, user: &str) -> Socket {
        let mut socket = self.join(client(id)).await;
        assert_eq!(socket.emit("setUserId", json!(user)).await, [""; 0]);
        socket
    }

    async fn push(&self, user: &str, topic: &str) {
        let message = NewMessage {
            to: Audience::User(user.into()),
            channel: Channel::Push,
            topic: topic.into(),
            payload: r#"{"z":1,"a":2}"#.into(),
        };
        self.hub.ledger.post(vec![message]).await.unwrap();
    }

    /// A submission with two tests, judged.
    async fn judged(&self, user: &str) {
        let new = NewSubmission {
            user: user.into(),
            task: Task::judge("sum".parse().unwrap()),
            language: "cpp".into(),
            source: "x".into(),
        };
        self.hub.ledger.submit(new, 9).await.unwrap();
        let lease = self.hub.ledger.lease("w", PATIENCE).await.unwrap().unwrap();
        let test = |index: u32| EventBody::Test {
            index,
            name: index.to_string(),
            verdict: Verdict::Accepted,
            usage: Usage::default(),
            message: None,
            group: None,
            points: None,
        };
        let running = EventBody::Running { tests: vec!["1".into(), "2".into()], version: None };
        let events = vec![running, test(1), test(2)];
        self.hub.ledger.append(&lease, events).await.unwrap();
        let outcome = Outcome::without_tests(Verdict::Accepted, 2, None);
        self.hub.ledger.finish(&lease, outcome).await.unwrap();
    }
}

fn open(dir: &tempfile::TempDir, config: HubConfig) -> (Arc<Hub>, Lobby) {
    let ledger = SqliteLedger::open(&dir.path().join("ledger.db")).unwrap();
    let hub = Hub::start(Arc::new(ledger), config, CancellationToken::new());
    (hub.clone(), Lobby::new(hub))
}

fn client(id: &str) -> Client {
    Client {
        id: id.into(),
        namespace: "/".into(),
        auth: Json::parse("{}").unwrap(),
        query: Vec::new(),
        headers: HeaderMap::new(),
        peer: None,
        transport: Transport::WebSocket,
        resume: None,
    }
}

/// A client's end: it keeps what official clients keep.
struct Socket {
    pid: Option<String>,
    handler: Box<dyn Handler>,
    offset: Option<String>,
    sent: u64,
}

impl Socket {
    /// Sends an event and returns what is answered at once, as the client sees it.
    async fn emit(&mut self, name: &str, arg: Value) -> Vec<String> {
        match self.handler.event(name, vec![Arg::of(&arg)], None).await {
            Flow::Continue => Vec::new(),
            Flow::Send(outgoing) => self.read(outgoing),
        }
    }

    /// The names of the next events, so many.
    async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        while names.len() < count {
            let outgoing = timeout(PATIENCE, self.handler.next()).await.expect("nothing comes");
            names.extend(
                self.read(outgoing)
                    .into_iter()
                    .map(|text| text.split(' ').next().unwrap().to_owned()),
            );
        }
        assert_eq!(names.len(), count, "{names:?}");
        names
    }

    async fn next(&mut self) -> Outgoing {
        timeout(PATIENCE, self.handler.next()).await.expect("nothing comes")
    }

    /// Nothing is there to be sent. What is answered after it was written to the log says so.
    async fn is_idle(&mut self, house: &House, user: &str) {
        house.push(user, "marker").await;
        assert_eq!(self.names(1).await, ["marker"]);
    }

    /// The peer has all that was sent.
    async fn confirm(&mut self) {
        self.handler.received(self.sent).await;
    }

    fn read(&mut self, outgoing: Outgoing) -> Vec<String> {
        match outgoing {
            Outgoing::Many(many) => many.into_iter().flat_map(|one| self.read(one)).collect(),
            Outgoing::Emit(emit) => {
                self.sent = emit.receipt.unwrap_or(self.sent);
                let args: Vec<Value> = emit.args.iter().filter_map(Arg::read).collect();
                if let (true, Some(Value::String(last))) = (self.pid.is_some(), args.last()) {
                    self.offset = Some(last.clone());
                }
                let data = emit.args[0].json().unwrap().as_str().to_owned();
                vec![format!("{} {data}", emit.name)]
            }
            Outgoing::Ack(_, args) => vec![format!("ack {args:?}")],
            Outgoing::Disconnect { reason } => vec![format!("disconnect {reason}")],
        }
    }

    /// The connection breaks without a word; what the client brings when it comes back.
    fn cut(self, id: &str) -> Client {
        let resume = self.pid.map(|pid| Resume { pid, offset: self.offset });
        Client { resume, ..client(id) }
    }
}

/// What the life of a submission with two tests is, in all dialects.
const LIFE: [&str; 12] = [
    "submission_status_update", // queued
    "submissionUpdate",
    "submission_status_update", // compiling
    "submissionUpdate",
    "submission_status_update", // test 1
    "submissionUpdate",
    "submission_status_update", // test 2
    "submissionUpdate",
    "submission:result",
    "submission_status_update",
    "execution_result",
    "evaluationComplete",
];

#[tokio::test]
async fn each_user_hears_their_own_on_every_socket() {
    let house = House::new();
    let mut ada = [house.member("a1", "ada").await, house.member("a2", "ada").await];
    let mut bob = house.member("b", "bob").await;
    house.judged("ada").await;
    for socket in &mut ada {
        assert_eq!(socket.names(12).await, LIFE);
    }
    bob.is_idle(&house, "bob").await;
    house.push("bob", "submissionService").await;
    let told = bob.next().await;
    assert_eq!(bob.read(told), [r#"submissionService {"z":1,"a":2}"#], "keys keep their order");
}

#[tokio::test]
async fn connection_ids_follow_registrations_in_order() {
    let house = House::new();
    let mut first = house.join(client("s1")).await;
    // As many as come at once within the bounds.
    for round in 0..90 {
        let user = format!("u{round}");
        first.emit("setUserId", json!(user)).await;
        assert_eq!(first.emit("getConnectionId", json!(user)).await, [r#"connectionId "s1""#]);
    }
    assert_eq!(first.emit("getConnectionId", json!("u0")).await, ["connectionId null"], "it moved");
    let mut second = house.member("s2", "u89").await;
    assert_eq!(second.emit("getConnectionId", json!("u89")).await, [r#"connectionId "s2""#]);
    first.emit("setUserId", json!("u89")).await;
    assert_eq!(second.emit("getConnectionId", json!("u89")).await, [r#"connectionId "s1""#]);
    first.handler.gone(Reason::TransportClose).await;
    assert_eq!(second.emit("getConnectionId", json!("u89")).await, [r#"connectionId "s2""#]);
    // Numbers are names too.
    second.emit("setUserId", json!(7)).await;
    assert_eq!(second.emit("getConnectionId", json!("7")).await, [r#"connectionId "s2""#]);
}

#[tokio::test]
async fn an_acknowledgement_comes_when_it_is_asked_for() {
    let house = House::new();
    let mut socket = house.join(client("s")).await;
    let ask = async |socket: &mut Socket, name: &str, id| {
        let ack = Some(Ack(id));
        match socket.handler.event(name, vec![Arg::of(&"ada")], ack).await {
            Flow::Send(outgoing) => socket.read(outgoing),
            Flow::Continue => Vec::new(),
        }
    };
    assert_eq!(ask(&mut socket, "setUserId", 1).await, ["ack []"]);
    assert_eq!(
        ask(&mut socket, "getConnectionId", 2).await,
        [r#"connectionId "s""#, r#"ack [Json("s")]"#]
    );
}

#[tokio::test]
async fn whoever_was_cut_off_gets_the_rest_once_wherever_that_was() {
    // Of the life's packets, the client gets so many before the cut.
    for got in 0..=LIFE.len() {
        let mut house = House::new();
        let mut socket = house.member("s1", "ada").await;
        // The hub has told it where it stands, as front ends make it do.
        socket.emit("getConnectionId", json!("ada")).await;
        house.judged("ada").await;
        let mut told = Vec::new();
        while told.len() < got {
            let outgoing = socket.next().await;
            let packets = if let Outgoing::Many(many) = outgoing { many } else { vec![outgoing] };
            for packet in packets {
                if told.len() < got {
                    told.extend(socket.read(packet));
                }
            }
        }
        if got % 2 == 0 {
            house.restart();
        }
        let pid = socket.pid.clone();
        let mut socket = house.join(socket.cut("s2")).await;
        assert_eq!(socket.pid, pid, "it is recovered");
        // Some front ends register again.
        if got % 3 == 0 {
            socket.emit("setUserId", json!("ada")).await;
        }
        assert_eq!(socket.names(LIFE.len() - got).await, LIFE[got..], "after {got}");
        socket.is_idle(&house, "ada").await;
        assert_eq!(socket.emit("getConnectionId", json!("ada")).await, [r#"connectionId "s2""#]);
    }
}

#[tokio::test]
async fn what_was_not_received_is_sent_again_and_what_was_is_not() {
    let mut house = House::new();
    house.judged("ada").await; // before anybody came
    let mut socket = house.member("s1", "ada").await;
    assert_eq!(socket.names(12).await, LIFE);
    drop(socket);
    let mut socket = house.member("s2", "ada").await;
    assert_eq!(socket.names(12).await, LIFE, "nothing proved that it came");
    socket.confirm().await;
    house.hub.flush().await.unwrap();
    house.restart();
    let mut socket = house.member("s3", "ada").await;
    socket.is_idle(&house, "ada").await;
}

#[tokio::test]
async fn a_socket_that_resumed_far_back_does_not_move_the_user_back() {
    let house = House::new();
    let mut late = house.member("s1", "ada").await;
    late.emit("getConnectionId", json!("ada")).await;
    let mut prompt = house.member("s2", "ada").await;
    house.judged("ada").await;
    assert_eq!(prompt.names(12).await, LIFE);
    prompt.confirm().await;
    let mut late = house.join(late.cut("s3")).await;
    assert_eq!(late.names(2).await, LIFE[..2]);
    late.confirm().await;
    house.member("s4", "ada").await.is_idle(&house, "ada").await;
    assert_eq!(late.names(10).await, LIFE[2..]);
}

#[tokio::test]
async fn a_place_that_is_not_in_this_log_is_no_recovery_and_loses_nothing() {
    let house = House::new();
    let mut socket = house.member("s1", "ada").await;
    house.judged("ada").await;
    socket.names(12).await;
    let pid = socket.pid.clone().unwrap();
    let end = house.hub.ledger.last_place().await.unwrap();
    let epoch = house.hub.ledger.epoch();
    for offset in [format!("{epoch}:{}", end + 1), format!("other:{end}")] {
        let resume = Some(Resume { pid: pid.clone(), offset: Some(offset) });
        let mut again = house.join(Client { resume, ..client("s2") }).await;
        assert_ne!(again.pid.as_ref(), Some(&pid));
        assert_eq!(again.names(12).await, LIFE, "all that is pending");
    }
    // Without a place, or with what never was one, it goes on with what is pending.
    for offset in [None, Some("some text".to_owned())] {
        let resume = Some(Resume { pid: pid.clone(), offset });
        let mut again = house.join(Client { resume, ..client("s4") }).await;
        assert_eq!(again.pid.as_ref(), Some(&pid));
        assert_eq!(again.names(12).await, LIFE);
    }
    let mut again = house.member("s6", "ada").await;
    again.names(12).await;
    let fresh = again.pid.clone();
    assert_eq!(house.join(again.cut("s7")).await.pid, fresh, "its own place is in the log");
    // An id that nobody was given restores nobody.
    let resume = Some(Resume { pid: "nobody".into(), offset: None });
    let mut stranger = house.join(Client { resume, ..client("s5") }).await;
    assert_ne!(stranger.pid.as_deref(), Some("nobody"));
    stranger.emit("setUserId", json!("eve")).await;
    stranger.is_idle(&house, "eve").await;
}

#[tokio::test]
async fn clients_that_choke_on_places_get_none() {
    let query = Client { query: vec![("offsets".into(), "false".into())], ..client("q") };
    let auth = Client { auth: Json::parse(r#"{"offsets":false}"#).unwrap(), ..client("a") };
    let off = HubConfig { offsets: false, ..HubConfig::default() };
    for (config, client) in
        [(HubConfig::default(), query), (HubConfig::default(), auth), (off, client("c"))]
    {
        let house = House::with(config);
        let mut socket = house.join(client).await;
        assert_eq!(socket.pid, None);
        socket.emit("setUserId", json!("ada")).await;
        house.push("ada", "hello").await;
        let Outgoing::Emit(emit) = socket.next().await else { panic!("no event") };
        assert_eq!((emit.name.as_str(), emit.args.len()), ("hello", 1));
    }
}

#[tokio::test]
async fn who_moves_to_another_user_hears_the_former_no_more() {
    let house = House::new();
    let mut socket = house.member("s", "ada").await;
    house.push("ada", "one").await;
    assert_eq!(socket.names(1).await, ["one"]);
    socket.emit("setUserId", json!("bob")).await;
    house.push("ada", "two").await;
    socket.is_idle(&house, "bob").await;
    socket.confirm().await;
    // The receipt of what came before counts for whom it was sent to.
    assert_eq!(house.member("s2", "ada").await.names(1).await, ["two"]);
    house.member("s3", "bob").await.is_idle(&house, "bob").await;
}

#[tokio::test]
async fn wrong_arguments_are_told_and_unknown_events_are_not() {
    let house = House::new();
    let mut socket = house.join(client("s")).await;
    let long = "x".repeat(129);
    for (name, arg) in [
        ("setUserId", json!(null)),
        ("setUserId", json!({"userId": "ada"})),
        ("setUserId", json!("")),
        ("setUserId", json!(long)),
        ("getConnectionId", json!(["ada"])),
    ] {
        let told = socket.emit(name, arg).await;
        let begin = r#"error {"code":"BAD_REQUEST","type":"BAD_REQUEST","message":""#;
        assert!(told.len() == 1 && told[0].starts_with(begin), "{told:?}");
        assert!(told[0].ends_with(&format!(r#""details":{{"event":"{name}"}}}}"#)), "{told:?}");
    }
    for arg in [json!("ada"), json!({"token": "x"}), json!({"userId": true})] {
        let told = socket.emit("register_user", arg).await;
        let begin = r#"error {"code":"BAD_REQUEST","message":""#;
        assert!(told.len() == 1 && told[0].starts_with(begin), "{told:?}");
    }
    assert!(socket.emit("joinRoom", json!("x")).await.is_empty());
    assert!(socket.emit("register_user", json!({"userId": "ada", "token": "x"})).await.is_empty());
    assert_eq!(house.hub.presence.of("ada").await[0].dialect, "exechub");
}

#[tokio::test]
async fn the_end_of_the_daemon_is_told_after_what_there_is() {
    let house = House::new();
    let mut socket = house.member("s", "ada").await;
    house.push("ada", "last").await;
    house.hub.shutdown.cancel();
    assert_eq!(socket.names(2).await, ["last", "disconnect"]);
    let Outgoing::Disconnect { reason } = socket.next().await else { panic!("it goes on") };
    assert_eq!(reason, Reason::ServerShuttingDown);
}

#[tokio::test]
async fn tokens_are_asked_for_and_an_invalid_one_ends_the_connection() {
    let house = House::guarded();
    let (ada, service) = (house.token("ada", Role::User), house.token("judge", Role::Service));
    // Shown at registration, as exechub's clients do.
    let mut socket = house.join(client("s1")).await;
    assert_eq!(socket.emit("getConnectionId", json!("ada")).await, ["connectionId null"]);
    let told = socket.emit("register_user", json!({"userId": "ada", "token": ada})).await;
    assert_eq!(told, [""; 0]);
    assert_eq!(socket.emit("getConnectionId", json!("ada")).await, [r#"connectionId "s1""#]);
    house.judged("ada").await;
    assert_eq!(socket.names(4).await, LIFE[..4]);
    // It comes back without one: its private id is the proof.
    let mut socket = house.join(socket.cut("s2")).await;
    assert_eq!(socket.names(8).await, LIFE[4..]);

    for (event, arg, code) in [
        ("register_user", json!({"userId": "ada", "token": "x.y.z"}), "token_malformed"),
        ("register_user", json!({"userId": "bob", "token": ada}), "user_mismatch"),
        ("register_user", json!({"userId": "ada"}), "token_missing"),
        ("setUserId", json!("ada"), "token_missing"),
    ] {
        let mut stranger = house.join(client("s3")).await;
        let told = stranger.emit(event, arg).await;
        let begin = format!(r#"error {{"code":"{code}","message":""#);
        assert!(told[0].starts_with(&begin), "{told:?}");
        assert_eq!(told[1..], ["disconnect server namespace disconnect"]);
    }

    // Shown at the handshake, in each of its forms.
    let bearer = [(AUTHORIZATION, format!("Bearer {ada}").parse().unwrap())];
    let auth = Json::of(&json!({"token": ada}));
    for client in [
        Client { auth, ..client("s4") },
        Client { query: vec![("token".into(), ada.clone())], ..client("s4") },
        Client { headers: bearer.into_iter().collect(), ..client("s4") },
    ] {
        let mut socket = house.join(client).await;
        assert_eq!(socket.emit("setUserId", json!("ada")).await, [""; 0]);
        // What came before the cut was received: the place that it brought said so.
        assert_eq!(socket.names(8).await, LIFE[4..]);
        assert_eq!(socket.emit("setUserId", json!("bob")).await.len(), 2, "only their own");
    }
    let bad = Client { auth: Json::of(&json!({"token": "x"})), ..client("s5") };
    let Err(refused) = house.lobby.connect(bad).await else { panic!("it is let in") };
    let data: Value = serde_json::from_str(refused.data.unwrap().as_str()).unwrap();
    assert_eq!(data, json!({"code": "token_malformed", "message": refused.message}));
    let auth = Json::of(&json!({"token": service}));
    let mut socket = house.join(Client { auth, ..client("s6") }).await;
    assert_eq!(socket.emit("setUserId", json!("bob")).await, [""; 0], "services act for all");
}

#[tokio::test]
async fn a_session_is_not_for_whoever_shows_another_users_token() {
    let house = House::guarded();
    let (ada, bob) = (house.token("ada", Role::User), house.token("bob", Role::User));
    let mut socket = house.join(client("s1")).await;
    socket.emit("register_user", json!({"userId": "ada", "token": ada})).await;
    house.push("ada", "secret").await;
    assert_eq!(socket.names(1).await, ["secret"]);
    let pid = socket.pid.clone();
    let auth = Json::of(&json!({"token": bob}));
    let mut thief = house.join(Client { auth, ..socket.cut("s2") }).await;
    assert_ne!(thief.pid, pid);
    assert_eq!(thief.emit("setUserId", json!("bob")).await, [""; 0]);
    thief.is_idle(&house, "bob").await;
}

#[tokio::test]
async fn a_socket_and_its_session_end_with_the_token() {
    let house = House::guarded();
    let issue = |seconds| house.hub.auth.issue("ada", Role::User, Duration::from_secs(seconds));
    let (brief, long) = (issue(2).unwrap().token, issue(60).unwrap().token);
    let register = async |socket: &mut Socket, token: &str| {
        socket.emit("register_user", json!({"userId": "ada", "token": token})).await
    };
    let mut renewed = house.join(client("s1")).await;
    assert_eq!(register(&mut renewed, &brief).await, [""; 0]);
    assert_eq!(register(&mut renewed, &long).await, [""; 0]);
    let mut ends = house.join(client("s2")).await;
    assert_eq!(register(&mut ends, &brief).await, [""; 0]);
    house.push("ada", "before").await;
    assert_eq!(ends.names(1).await, ["before"]);
    let told = ends.next().await;
    let told = ends.read(told);
    assert!(told[0].starts_with(r#"error {"code":"token_expired","message":""#), "{told:?}");
    // Its client connects again of its own accord, and may show a new one.
    assert_eq!(told[1..], ["disconnect forced close"]);
    house.push("ada", "after").await;
    let back = ends.cut("s3");
    let Err(refused) = house.lobby.connect(back.clone()).await else { panic!("it is let in") };
    assert!(refused.data.unwrap().as_str().contains(r#""code":"token_expired""#));
    let auth = Json::of(&json!({"token": long}));
    let mut back = house.join(Client { auth, ..back }).await;
    assert_eq!(back.names(1).await, ["after"], "where it was");
    assert_eq!(renewed.names(2).await, ["before", "after"]);
    let mut renewed = house.join(renewed.cut("s4")).await;
    renewed.is_idle(&house, "ada").await;
}

#[tokio::test]
async fn a_session_from_before_tokens_were_asked_for_needs_one() {
    let open = House::new();
    let socket = open.member("s1", "ada").await;
    let pid = socket.pid.clone().unwrap();
    let session = open.hub.ledger.session(&pid).await.unwrap().unwrap();
    assert_eq!((session.user.as_str(), session.until), ("ada", None));
    let house = House::guarded();
    house.hub.ledger.keep_session(&pid, &session).await.unwrap();
    let Err(refused) = house.lobby.connect(socket.cut("s2")).await else { panic!("it is let in") };
    assert!(refused.data.unwrap().as_str().contains(r#""code":"token_missing""#));
}

#[tokio::test]
async fn the_figures_tell_of_sockets_events_receipts_and_resumes() {
    let house = House::new();
    let mut socket = house.member("s1", "ada").await;
    house.judged("ada").await;
    socket.names(12).await;
    socket.confirm().await;
    let socket = house.join(socket.cut("s2")).await;
    let figures = house.hub.metrics.hub(1, 0);
    assert_eq!((figures.events, figures.receipts, figures.resumes), (12, 5, 1));
    let open: Vec<_> = figures.connections.iter().map(|open| open.count).collect();
    assert_eq!(open, [1]);
    drop(socket);
    assert!(house.hub.metrics.hub(1, 0).connections.is_empty());
}
