//! Daemons that do a part of the work, and machines that only judge.

use super::RIGHT;
use crate::{
    house::{Builder, House, Package, Reply},
    process::{Containers, Process, output, sonocode},
    redis::RedisServer,
};
use serde_json::json;
use sonocode::config::{Roles, Secret};

fn with(server: &RedisServer, roles: &[&str]) -> Builder {
    let (url, roles) = (Secret::new(server.url()), Roles::named(roles.iter().copied()).unwrap());
    House::build().config(|config| {
        config.redis.url = Some(url);
        config.roles = roles;
    })
}

/// What a daemon answers where it lacks a role.
#[track_caller]
fn lacks(reply: &Reply, role: &str) {
    assert_eq!(reply.status, 404, "{reply:?}");
    assert_eq!(reply.body["error"]["code"], "role_missing");
    let message = reply.body["message"].as_str().unwrap();
    assert!(message.contains(&format!("the role {role},")), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_has_its_routes_and_together_they_are_a_judge() {
    let server = RedisServer::start();
    let dir = tempfile::tempdir().unwrap();
    let api = with(&server, &["api"]).data_dir(dir.path()).start().await;
    let hub = with(&server, &["hub"]).start().await;
    let worker = with(&server, &["worker"]).start().await;
    for path in ["/ws", "/socket.io/?EIO=4&transport=polling", "/api/v1/events", "/sendPayload"] {
        lacks(&api.get(path).await, "hub");
        lacks(&worker.get(path).await, "hub");
    }
    for path in ["/", "/openapi.json", "/api/v1/problems", "/api/v1/submissions/1"] {
        lacks(&hub.get(path).await, "api");
        lacks(&worker.get(path).await, "api");
    }
    for house in [&api, &hub, &worker] {
        for path in ["/livez", "/health", "/metrics", "/api/v1/status"] {
            assert_eq!(house.get(path).await.status, 200, "{path}");
        }
    }
    // Who does not judge is ready without an engine and makes no cells.
    for house in [&api, &hub] {
        assert_eq!(house.get("/readyz").await.status, 200);
    }
    let status = api.get("/api/v1/status").await.body;
    assert_eq!(status["data"]["roles"], json!(["api"]));
    assert_eq!(status["data"]["workers"], 0);
    let worker = worker.ready().await;
    assert_eq!(Containers::of(dir.path()).names().await, Vec::<String>::new());

    let body = json!({"userId": "ada", "language": "python", "input": "1 2", "code": RIGHT});
    let posted = api.post("/api/v1/runs", body).await;
    assert_eq!(posted.status, 201, "{posted:?}");
    let id = posted.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
    assert_eq!(hub.outcome(&id).await.verdict.code(), "AC");
    assert_eq!(worker.get("/readyz").await.status, 200);
}

/// A daemon that does not judge verifies problems all the same where there is an engine.
#[tokio::test(flavor = "multi_thread")]
async fn without_workers_an_engine_is_used_where_there_is_one() {
    let house = House::build()
        .config(|config| config.roles = Roles::named(["api", "hub"]).unwrap())
        .start()
        .await
        .ready()
        .await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let reply = house.post("/api/v1/problems/sum/verify", json!({})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.body.to_string().contains("AC"), "{reply:?}");
    house.submit("sum", "python", RIGHT).await;
    let status = house.get("/api/v1/status").await.body;
    assert_eq!(status["data"]["counts"]["queued"], 1, "nobody judges it: {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_judge_what_others_take_and_listen_nowhere() {
    let server = RedisServer::start();
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let taking = with(&server, &["api", "hub"]).start().await;
    let first = Process::worker(dirs[0].path(), &server.url(), &[]).await;
    let second = Process::worker(dirs[1].path(), &server.url(), &["--addr", "127.0.0.1:0"]).await;
    assert_eq!(listening(first.pid), 0);
    assert_eq!(listening(second.pid), 1);
    let told = second.says("/readyz").await;
    let url = told.split("at http://").nth(1).unwrap().split(';').next().unwrap();
    second.ready().await;
    assert_eq!(House::at(&format!("http://{url}")).get("/readyz").await.status, 200);

    // One folder, one worker.
    let mut third = sonocode(dirs[0].path(), &["worker", "--redis", &server.url()]);
    third.arg("--data-dir").arg(dirs[0].path());
    let refused = output(third).await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains(&format!("pid {}", first.pid)), "{words}");

    // Each of them judges, also alone.
    first.ready().await;
    let run = async || {
        let body = json!({"userId": "ada", "language": "python", "input": "1 2", "code": RIGHT});
        let posted = taking.post("/api/v1/runs", body).await;
        let id = posted.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
        assert_eq!(taking.outcome(&id).await.verdict.code(), "AC");
    };
    second.drain().await;
    run().await;
    first.drain().await;
}

#[tokio::test]
async fn a_worker_alone_is_told_what_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    for words in [&["worker"][..], &["serve", "--roles", "worker"]] {
        let refused = output(sonocode(dir.path(), words)).await;
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.contains("--redis") && told.contains("SONOCODE_REDIS_URL"), "{told}");
    }
    assert!(!dir.path().join(".local").exists(), "nothing was written");
}

/// On how many ports a process listens.
fn listening(pid: u32) -> usize {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .map(|target| target.display().to_string())
        .collect();
    let tables = ["tcp", "tcp6"].map(|table| format!("/proc/{pid}/net/{table}"));
    let lines = tables.iter().flat_map(|table| {
        let text = std::fs::read_to_string(table).unwrap_or_default();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    });
    let inode = |line: String| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields[3] == "0A").then(|| format!("socket:[{}]", fields[9]))
    };
    lines.filter_map(inode).filter(|socket| sockets.contains(socket)).count()
}
