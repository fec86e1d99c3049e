//! Several daemons that share one Redis.

use crate::{
    house::{Builder, House, Package},
    redis::RedisServer,
};
use serde_json::json;
use sonocode::{config::Secret, judge::EventBody};

async fn house(server: &RedisServer, workers: usize) -> House {
    daemon(server, workers).start().await
}

fn daemon(server: &RedisServer, workers: usize) -> Builder {
    let url = Secret::new(server.url());
    House::build().workers(workers).config(|config| config.redis.url = Some(url))
}

/// A user who listens at one daemon sees the life of what was posted to another and judged by a third.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_takes_another_judges_and_a_third_shows() {
    let (server, dir) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let (taking, showing) = (house(&server, 0).await, house(&server, 0).await);
    let judging = daemon(&server, 1).data_dir(dir.path()).start().await;
    let package = Package::new("sum").test("01", "1 2\n", "3\n");
    taking.add(&package).await;
    let mut watcher = showing.watch("/api/v1/events?user=ada&after=0").await;
    let id = taking.submit("sum", "python", "print(sum(map(int, input().split())))").await;
    let last = watcher.until(|event| event.body.is_final()).await;
    assert_eq!(last.submission.to_string(), id);
    assert!(matches!(&last.body, EventBody::Finished(outcome) if outcome.verdict.code() == "AC"));
    assert_eq!(showing.events(&id, 0).await, taking.events(&id, 0).await);

    // One that goes away takes nothing with it.
    judging.stop().await;
    let waiting = taking.submit("sum", "python", "print(3)").await;
    let _again = daemon(&server, 1).data_dir(dir.path()).start().await;
    assert_eq!(showing.outcome(&waiting).await.verdict.code(), "AC");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_redis_a_daemon_refuses_and_comes_back() {
    let mut server = RedisServer::durable();
    let house = house(&server, 1).await.ready().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let body =
        json!({"userId": "ada", "problemId": "sum", "language": "python", "code": "print(3)"});
    server.kill();
    let refused = house.post("/api/v1/submissions", body.clone()).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.retry_after.is_some(), "{refused:?}");
    assert_eq!(refused.body["error"]["code"], "unavailable");
    let ready = house.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.as_str().unwrap().contains("the ledger cannot be reached"), "{ready:?}");
    server.start_again();
    let accepted = loop {
        let reply = house.post("/api/v1/submissions", body.clone()).await;
        if reply.status != 503 {
            break reply;
        }
    };
    while house.get("/readyz").await.status == 503 {}
    let id = accepted.body["data"]["submission"]["id"].as_str().expect("it was accepted");
    assert_eq!(house.outcome(id).await.verdict.code(), "AC");
}
