//! `kill -9` of the real daemon while it judges: nothing accepted is lost, nothing is judged twice to
//! the end, and no container stays behind.

use crate::{
    house::{House, Package},
    process::{Containers, Serve},
    record::Record,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinHandle};

const KILLS: u64 = 10;

/// How many submissions are in flight at every moment until the kill.
const IN_FLIGHT: usize = 20;

/// A kill comes after so many events at most, counted from the moment when that many are in flight. A
/// submission makes five to seven.
const EVENTS: u64 = 100;

/// Language, verdict and program. The submission's user is its verdict, so that the daemon's own
/// records say what each must get.
const PROGRAMS: [(&str, &str, &str); 10] = [
    ("python", "AC", "print(sum(map(int, input().split())))"),
    (
        "cpp",
        "AC",
        "#include <cstdio>\nint main(){int a,b;scanf(\"%d%d\",&a,&b);printf(\"%d\",a+b);}",
    ),
    ("python", "WA", "print(3)"),
    ("python", "RE", "print(int(input()))"),
    ("cpp", "WA", "#include <cstdio>\nint main(){puts(\"3\");}"),
    ("python", "AC", "import sys; print(sum(int(x) for x in sys.stdin.read().split()))"),
    ("python", "CE", "print("),
    ("cpp", "CE", "int main({}"),
    ("cpp", "RE", "int main(){__builtin_trap();}"),
    ("python", "TLE", "while True: pass"),
];

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_lose_no_submission_and_leave_no_container() {
    let dir = tempfile::tempdir().unwrap();
    let mut serve = Serve::start(dir.path(), &[]).await;
    let containers = Containers::of(dir.path());
    let sum = Package::new("sum").manifest("[limits]\ntime_ms = 400\n");
    let sum = sum.test("01", "1 2\n", "3\n").test("02", "5 6\n", "11\n");
    serve.house.add(&sum).await;
    let mut record = Record::default();
    for kill in 1..=KILLS {
        let events = getrandom::u64().unwrap() % EVENTS;
        eprintln!("kill {kill} comes after {events} events");
        let post = Post::begin(&serve.house).await;
        follow(&mut record, &serve.house, &post, IN_FLIGHT as u64 + events).await;
        serve.kill().await;
        record.accepted.extend(post.end().await);

        // Once more, while the next daemon makes its first cells.
        Serve::start(dir.path(), &[]).await.kill().await;
        serve = Serve::start(dir.path(), &[]).await;
        serve.ready().await;
        assert_eq!(containers.strangers(serve.pid).await, [""; 0], "after kill {kill}");
        wait(&mut record, &serve.house).await;
    }
    let audit = record.audit(&serve.house).await;
    audit.assert_clean();
    assert!(audit.requeued > 0, "no kill ever met a running submission");
    eprintln!("{} submissions, {} judged again", audit.submissions, audit.requeued);
    serve.drain().await;
    assert_eq!(containers.names().await, [""; 0]);
}

/// Sends submissions until the daemon is gone.
struct Post {
    more: mpsc::UnboundedSender<()>,
    accepted: JoinHandle<Vec<String>>,
}

impl Post {
    /// Sends as many as are to be in flight, and then one whenever it is told.
    async fn begin(house: &House) -> Self {
        let mut accepted = Vec::new();
        for program in 0..IN_FLIGHT {
            accepted.extend(submit(&house.http, &house.url, program).await);
        }
        assert_eq!(accepted.len(), IN_FLIGHT);
        let (more, mut wanted) = mpsc::unbounded_channel();
        let (http, url) = (house.http.clone(), house.url.clone());
        let accepted = tokio::spawn(async move {
            while wanted.recv().await.is_some() {
                match submit(&http, &url, accepted.len()).await {
                    Some(id) => accepted.push(id),
                    None => break,
                }
            }
            accepted
        });
        Self { more, accepted }
    }

    /// Those that were accepted.
    async fn end(self) -> Vec<String> {
        drop(self.more);
        self.accepted.await.unwrap()
    }
}

/// The id of a submission that was accepted; `None` when the daemon is gone before it says so.
async fn submit(http: &reqwest::Client, url: &str, program: usize) -> Option<String> {
    let (language, verdict, code) = PROGRAMS[program % PROGRAMS.len()];
    let body = json!({"userId": verdict, "problemId": "sum", "language": language, "code": code});
    let response = http.post(format!("{url}/api/v1/submissions")).json(&body).send().await.ok()?;
    assert_eq!(response.status(), StatusCode::CREATED);
    let reply: Value = response.json().await.ok()?;
    Some(reply["data"]["submission"]["id"].as_str().unwrap().to_owned())
}

/// Reads so many events, and has one more submission sent for each that is finished.
async fn follow(record: &mut Record, house: &House, post: &Post, events: u64) {
    let mut journal = house.watch(&format!("/api/v1/events?after={}", record.last)).await;
    for _ in 0..events {
        if record.note(&journal.next().await.unwrap()) {
            post.more.send(()).unwrap();
        }
    }
}

/// Waits until every submission has its verdict.
async fn wait(record: &mut Record, house: &House) {
    let mut journal = house.watch(&format!("/api/v1/events?after={}", record.last)).await;
    while !record.is_settled() {
        record.note(&journal.next().await.unwrap());
    }
}
