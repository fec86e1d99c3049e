//! A rolling restart: two daemons and two workers, ended and replaced one after another under load.

use super::RIGHT;
use crate::{
    house::{PATIENCE, Package, http},
    process::{Process, Serve},
    redis::RedisServer,
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use sonocode::judge::{Event, EventBody};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// Clients that submit and watch all the while.
const CLIENTS: usize = 3;

/// What stands between clients and daemons: it asks one after another, and once more where one refuses.
struct Balancer {
    urls: [String; 2],
    http: reqwest::Client,
    next: AtomicUsize,
}

impl Balancer {
    /// Two daemons, one of which is to be asked first.
    fn turn(&self) -> [&str; 2] {
        let first = self.next.fetch_add(1, Ordering::Relaxed) % 2;
        [&self.urls[first], &self.urls[1 - first]]
    }

    /// Submits; the first daemon may be away, and the second then is not.
    async fn submit(&self, user: &str) -> String {
        let body = json!({"userId": user, "problemId": "sum", "language": "python", "code": RIGHT});
        let mut said = Vec::new();
        for url in self.turn() {
            let request = self.http.post(format!("{url}/api/v1/submissions")).json(&body);
            match request.timeout(PATIENCE).send().await {
                Ok(response) if response.status() == 201 => {
                    let body: Value = response.json().await.unwrap();
                    return body["data"]["submission"]["id"].as_str().unwrap().to_owned();
                }
                Ok(response) => said.push(response.status().to_string()),
                Err(error) => said.push(format!("{error:?}")),
            }
        }
        panic!("{user} was refused twice: {said:?}");
    }

    /// Reads the events after a place from one daemon, to the last one or until the stream breaks off.
    async fn read(&self, url: &str, id: &str, events: &mut Vec<Event>) -> Result<(), String> {
        let after = events.last().map_or(0, |event| event.seq);
        let url = url.replace("http:", "ws:");
        let url = format!("{url}/api/v1/submissions/{id}/events?after={after}");
        let (mut socket, _) = connect_async(url).await.map_err(|error| error.to_string())?;
        while let Some(message) = socket.next().await {
            match message {
                Ok(Message::Text(text)) => events.push(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// All events of a submission. Whenever the stream breaks off it is opened again, at the other daemon if need be.
    async fn watch(&self, id: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while !events.last().is_some_and(|event: &Event| event.body.is_final()) {
            let [first, second] = self.turn();
            if let Err(one) = self.read(first, id, &mut events).await
                && let Err(two) = self.read(second, id, &mut events).await
            {
                panic!("#{id} cannot be watched: {one}, {two}");
            }
        }
        events
    }
}

/// Submits and watches until it is told to end; returns how many had their verdict.
async fn client(balancer: Arc<Balancer>, user: String, end: Arc<AtomicBool>) -> usize {
    let mut judged = 0;
    while !end.load(Ordering::Relaxed) {
        let id = balancer.submit(&user).await;
        let events = tokio::time::timeout(PATIENCE, balancer.watch(&id)).await;
        let events = events.unwrap_or_else(|_| panic!("#{id} never ends"));
        let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>(), "#{id}: {events:#?}");
        let verdicts: Vec<&EventBody> =
            events.iter().map(|event| &event.body).filter(|body| body.is_final()).collect();
        assert!(
            matches!(verdicts[..], [EventBody::Finished(outcome)] if outcome.verdict.code() == "AC"),
            "#{id}: {events:#?}"
        );
        judged += 1;
    }
    judged
}

async fn daemon(dir: &Path, redis: &str, packages: &str, addr: &str) -> Serve {
    let args = ["--redis", redis, "--roles", "api,hub", "--problems", packages, "--addr", addr];
    Serve::start(dir, &args).await
}

async fn worker(dir: &TempDir, redis: &str) -> Process {
    // Where `--problems` is: a worker reads the project's file in its working directory.
    let worker = Process::worker(dir.path(), redis, &[]).await;
    worker.ready().await;
    worker
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_is_seen_by_nobody_who_tries_twice() {
    let server = RedisServer::start();
    let package = Package::new("sum").test("01", "1 2\n", "3\n").write().keep();
    let packages = tempfile::tempdir().unwrap();
    std::fs::rename(package, packages.path().join("sum")).unwrap();
    let folder = packages.path().to_str().unwrap();
    let dirs = [(); 4].map(|()| tempfile::tempdir().unwrap());
    for dir in &dirs[2..] {
        let config = format!("problems = {folder:?}\n");
        std::fs::write(dir.path().join("sonocode.toml"), config).unwrap();
    }
    let redis = server.url();
    let mut daemons = Vec::new();
    for dir in &dirs[..2] {
        daemons.push(daemon(dir.path(), &redis, folder, "127.0.0.1:0").await);
    }
    let mut workers = vec![worker(&dirs[2], &redis).await, worker(&dirs[3], &redis).await];

    let urls = [0, 1].map(|n: usize| daemons[n].house.url.clone());
    let balancer = Arc::new(Balancer { urls, http: http(), next: AtomicUsize::new(0) });
    let end = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| tokio::spawn(client(balancer.clone(), format!("user-{n}"), end.clone())))
        .collect();

    for n in 0..2 {
        let addr = balancer.urls[n].strip_prefix("http://").unwrap();
        daemons.remove(0).drain().await;
        daemons.push(daemon(dirs[n].path(), &redis, folder, addr).await);
        workers.remove(0).drain().await;
        workers.push(worker(&dirs[2 + n], &redis).await);
    }
    end.store(true, Ordering::Relaxed);
    for client in clients {
        assert!(client.await.unwrap() > 0);
    }
    // Also those whose answer was lost on the way.
    let counts =
        async || daemons[0].house.get("/api/v1/status").await.body["data"]["counts"].clone();
    let rest = async {
        while let Some(left) =
            Some(counts().await).filter(|c| c["queued"] != 0 || c["running"] != 0)
        {
            assert!(left["last_pos"].is_u64());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, rest).await.expect("something is never judged");
    for worker in workers {
        worker.drain().await;
    }
}
