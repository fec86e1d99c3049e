//! Connections that are cut anywhere, and a daemon that is killed between a verdict and its delivery: every client
//! ends with every event, once and in order.
//!
//! What each ought to have heard is not worked out here: a socket that resumes at the beginning of the user's log
//! hears all of it, and what the client heard must be the same, packet by packet.

use crate::{
    house::{House, PATIENCE, Package},
    process::Serve,
    sockets::{
        RIGHT,
        others::{Client, Heard, Maker, Over, Registers},
        proxy::{Cut, Proxy, roll, seed},
        raw::{ENDS, replay},
        submit,
    },
};
use sonocode::judge::EventBody;
use std::{collections::BTreeSet, net::TcpListener, sync::atomic::AtomicU64};
use tokio::{task::JoinHandle, time::timeout};

/// A kind of client: whose, over what, and whether it registers on every connect or once and never again.
pub type Kind = (Maker, Over, bool);

/// Every kind.
const KINDS: [Kind; 6] = [
    (Maker::Official, Over::WebSocket, false),
    (Maker::Official, Over::Polling, false),
    (Maker::Official, Over::Upgrade, false),
    (Maker::Official, Over::WebSocket, true),
    (Maker::Python, Over::WebSocket, true),
    (Maker::Python, Over::Polling, true),
];

/// How often the daemon is killed, and what each user submits before.
const KILLS: usize = 4;
const BEFORE_A_KILL: usize = 2;

/// How many submissions all clients have together whose connections are cut: `SONOCODE_TEST_SUBMISSIONS`, 48
/// unless it is set.
fn submissions() -> usize {
    let text = std::env::var("SONOCODE_TEST_SUBMISSIONS").unwrap_or_else(|_| "48".into());
    text.parse().unwrap_or_else(|_| panic!("SONOCODE_TEST_SUBMISSIONS={text}: expected a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_lose_nothing() {
    let dice = AtomicU64::new(seed());
    let house = House::build().workers(2).start().await;
    house.add(&sum()).await;
    let each = submissions().div_ceil(KINDS.len());
    let mut cut = Vec::new();
    for (at, kind) in KINDS.into_iter().enumerate() {
        // python-engineio 4.15 never comes back when the body of a reply is cut (its reader waits for errors that
        // aiohttp does not raise there, and dies), nor when what it sends is cut right after a handshake.
        let place = match kind {
            (Maker::Python, Over::Polling, _) => Cut::Replies,
            _ => Cut::Anywhere,
        };
        let proxy = Proxy::start(&house.url, place, roll(&dice, u64::MAX)).await;
        let user = user(at);
        let client = registered(kind, &proxy.url, &user).await;
        proxy.cut_from_now_on();
        for number in 0..each {
            submit(&house, &user, &program(number)).await;
        }
        cut.push((proxy, hear(client, each)));
    }
    for (at, (proxy, hearing)) in cut.into_iter().enumerate() {
        let client = hearing.await.unwrap();
        eprintln!("{:?}: {} cuts, {} packets", KINDS[at], proxy.cuts(), client.heard().len());
        assert!(proxy.cuts() > 0, "{:?} was never cut", KINDS[at]);
        compare(&house.url, KINDS[at], &user(at), &client, each).await;
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let addr = format!("127.0.0.1:{}", quiet_port(&AtomicU64::new(seed())));
    let mut serve = Serve::start(dir.path(), &["--addr", &addr]).await;
    let url = serve.house.url.clone();
    serve.house.add(&sum()).await;
    let mut hearing = Vec::new();
    for (at, kind) in KINDS.into_iter().enumerate() {
        let client = registered(kind, &url, &user(at)).await;
        hearing.push(hear(client, KILLS * BEFORE_A_KILL));
    }
    let mut last = 0;
    for kill in 0..KILLS {
        for number in 0..BEFORE_A_KILL {
            for at in 0..KINDS.len() {
                submit(&serve.house, &user(at), &program(kill + number)).await;
            }
        }
        // The verdict is in the ledger, and is on its way to the sockets or about to be.
        let mut journal = serve.house.watch(&format!("/api/v1/events?after={last}")).await;
        let verdict = journal.until(|event| matches!(event.body, EventBody::Finished(_))).await;
        serve.kill().await;
        last = verdict.pos;
        serve = Serve::start(dir.path(), &["--addr", &addr]).await;
    }
    for (at, hearing) in hearing.into_iter().enumerate() {
        let client = hearing.await.unwrap();
        let connects = client.said.iter().filter(|line| line["on"] == "connect").count();
        eprintln!("{:?}: {connects} connects, {} packets", KINDS[at], client.heard().len());
        assert!(connects > 1, "{:?} never noticed", KINDS[at]);
        let submissions = KILLS * BEFORE_A_KILL;
        compare(&url, KINDS[at], &user(at), &client, submissions).await;
    }
    serve.drain().await;
}

fn user(at: usize) -> String {
    format!("user-{at}")
}

/// One test, so that judging is quick.
fn sum() -> Package {
    Package::new("sum").test("01", "1 2\n", "3\n")
}

/// Right, wrong and not a program at all, in turns.
fn program(number: usize) -> String {
    let program = [RIGHT, "print(4)", RIGHT, "print("][number % 4];
    format!("{program}\n# {number}\n")
}

/// A client whose user the hub knows. It asks for its socket too, as front ends do.
pub async fn registered((maker, over, each): Kind, url: &str, user: &str) -> Client {
    let registers = Registers { each, ..Registers::once(user) };
    let mut client = Client::start(maker, over, url, &registers);
    client.on("connect").await;
    assert!(client.connection_id(user).await.is_string());
    client
}

/// Reads until so many submissions have ended in every dialect.
fn hear(mut client: Client, submissions: usize) -> JoinHandle<Client> {
    tokio::spawn(async move {
        let mut ends = BTreeSet::new();
        while ends.len() < ENDS.len() * submissions {
            let line = client.next().await;
            if ENDS.iter().any(|end| line["name"] == *end) {
                ends.insert(Heard::of(&line).place);
            }
        }
        client
    })
}

/// Compares what a client heard with the whole log of its user.
pub async fn compare(url: &str, kind: Kind, user: &str, client: &Client, submissions: usize) {
    let heard = client.heard();
    let (epoch, _) = heard[0].place.split_once(':').unwrap();
    let whole = timeout(PATIENCE, replay(url, user, epoch, submissions)).await;
    let whole = whole.expect("the log never ends");
    let heard = match kind.0 {
        Maker::Official => heard,
        // It cannot say where it was. What it had not yet said that it had when it was cut off is sent again, under
        // the same place, by which whoever cares tells.
        Maker::Python => first_of_each_place(heard),
    };
    let differ = heard.iter().zip(&whole).position(|(heard, whole)| heard != whole);
    if let Some(differ) = differ {
        panic!(
            "{kind:?} differs at {differ}:\nheard {:#?}\nlog   {:#?}\n{client}",
            heard[differ], whole[differ]
        );
    }
    assert_eq!(heard.len(), whole.len(), "{kind:?}: {client}");
}

fn first_of_each_place(heard: Vec<Heard>) -> Vec<Heard> {
    let mut seen = BTreeSet::new();
    heard.into_iter().filter(|heard| seen.insert(heard.place.clone())).collect()
}

/// A free port that no client gets for its own end. One that connects again and again to a port of those, while
/// nobody listens there, is connected to itself some day.
pub fn quiet_port(dice: &AtomicU64) -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| 20_000 + roll(dice, 10_000) as u16).find(free).unwrap()
}
