//! Every dialect through submissions that are really judged: what each user's sockets are told, and nobody else's.

use crate::{
    house::{House, PATIENCE, Package},
    sockets::{RIGHT, raw::Raw, submit},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sonocode::config::Dialect;
use std::path::Path;

/// Right on the first test only.
const WRONG: &str = "input(); print(3)";

/// The numbers of the socket's events that belong to one submission, to its last one.
async fn life(socket: &mut Raw, id: &str) -> Vec<Value> {
    let mut told = Vec::new();
    loop {
        let event = socket.event().await.expect("the hub hung up");
        let data = &event[1];
        let whose = [&data["submissionId"], &data["_id"], &data["runId"]];
        let details = [&data["details"]["submissionId"], &data["details"]["runId"]];
        assert!(whose.into_iter().chain(details).any(|own| own == id), "not of #{id}: {event}");
        let end = event[0] == "evaluationComplete" || event[0] == "customRunComplete";
        told.push(event);
        if end {
            return told;
        }
    }
}

/// The statuses of the events with a name, in order.
fn statuses(told: &[Value], name: &str) -> Vec<String> {
    let named = told.iter().filter(|event| event[0] == name);
    named.map(|event| event[1]["status"].as_str().unwrap().to_owned()).collect()
}

/// The data of the one event with a name.
fn only<'a>(told: &'a [Value], name: &str) -> &'a Value {
    let named: Vec<_> = told.iter().filter(|event| event[0] == name).collect();
    assert_eq!(named.len(), 1, "{name}: {told:#?}");
    &named[0][1]
}

/// Whether nothing waits for a socket: what it asks for comes next.
async fn hears_nothing(socket: &mut Raw, user: &str) {
    socket.emit(&json!(["getConnectionId", user])).await;
    let event = socket.event().await.expect("the hub hung up");
    assert_eq!(event[0], "connectionId", "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_in_the_words_of_each_dialect() {
    let house = House::with_sum().await;
    let slow = Package::new("slow").exact().manifest("[limits]\ntime_ms = 300\n");
    house.add(&slow.test("1", "1 2\n", "3\n").test("2", "5 6\n", "11\n")).await;
    let mut ada = Raw::join(&house.url, Value::Null).await;
    ada.register("ada").await;
    let mut eve = Raw::join(&house.url, Value::Null).await;
    eve.register("eve").await;

    for (problem, language, code, sonocode, codewar, passed) in [
        ("sum", "python", RIGHT, "Success", "ACCEPTED", 2),
        ("sum", "python", WRONG, "WA", "WA", 1),
        ("sum", "python", "raise SystemExit(3)", "RE", "ERROR", 0),
        ("sum", "c", "int main( {", "RE", "ERROR", 0),
        ("slow", "python", "while True: pass", "TLE", "TLE", 0),
    ] {
        let body =
            json!({"userId": "ada", "problemId": problem, "language": language, "code": code});
        let reply = house.post("/api/v1/submissions", body).await;
        let id = reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
        let told = life(&mut ada, &id).await;

        let result = only(&told, "submission:result");
        assert_eq!((&result["status"], &result["code"]), (&json!(sonocode), &json!(code)));
        assert_eq!(result["problemId"], problem);
        let compiles = result["result"]["verdict"] != "CE";

        let updates = statuses(&told, "submission_status_update");
        let (last, before) = updates.split_last().unwrap();
        assert_eq!(*last, sonocode.to_uppercase());
        assert!(before.len() >= 2 && before.iter().all(|word| word == "PENDING"), "{updates:?}");
        let result = only(&told, "execution_result");
        assert_eq!(result["status"], sonocode.to_uppercase());
        assert_eq!(result["result"]["testCasesPassed"], passed);

        let updates = told.iter().filter(|event| event[0] == "submissionUpdate");
        let tests: Vec<_> = updates.map(|event| event[1]["testCase"].as_u64().unwrap()).collect();
        assert_eq!(tests[..2], [0, 0], "queued, compiling");
        assert!(tests[2..].iter().copied().eq(1..=tests.len() as u64 - 2), "{tests:?}");
        assert_eq!(tests.len() > 2, compiles, "{tests:?}");
        let complete = only(&told, "evaluationComplete");
        assert_eq!(complete["status"], codewar);
        assert_eq!(complete["result"]["testCasesPassed"], passed);
        assert_eq!(complete["result"]["totalTestCases"], 2);
        let time = complete["result"]["executionTime"].as_str().unwrap();
        assert!(time.strip_suffix("ms").is_some_and(|ms| ms.parse::<u64>().is_ok()), "{time}");
        let memory = complete["result"]["memoryUsed"].as_str().unwrap();
        assert!(memory.strip_suffix("MB").is_some_and(|mb| mb.parse::<u64>().is_ok()), "{memory}");
        let errors: Vec<_> = told.iter().filter(|event| event[0] == "error").collect();
        assert_eq!(errors.is_empty(), compiles, "{errors:?}");
        if let [error] = errors[..] {
            assert_eq!(error[1]["type"], "COMPILATION_ERROR");
            let output = error[1]["details"]["output"].as_str().unwrap();
            assert!(output.contains("main.c"), "the compiler's words: {output}");
        }
    }
    hears_nothing(&mut eve, "eve").await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_runs_rejudges_and_cancels() {
    let house = House::build().config(|config| config.dialect = Dialect::Codewar).start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let mut ada = Raw::join(&house.url, Value::Null).await;
    ada.register("ada").await;

    let run = json!({
        "problemId": "sum", "userId": "ada", "language": "PYTHON", "input": "Hello World",
        "code": "import sys; print(input()); print('oh', file=sys.stderr); sys.exit(3)",
    });
    let reply = house.post("/api/v1/customRun", run).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    let id = reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
    let told = life(&mut ada, &id).await;
    let mut complete = only(&told, "customRunComplete").clone();
    let time = complete["executionTime"].take();
    assert!(time.as_str().unwrap().ends_with("ms"), "{time}");
    let expected = json!({
        "runId": id, "output": "Hello World\n", "stderr": "oh\n", "exitCode": 3,
        "executionTime": null,
    });
    assert_eq!((told.len(), complete), (1, expected));

    let id = submit(&house, "ada", RIGHT).await;
    let first = life(&mut ada, &id).await;
    let reply = house.post(&format!("/api/v1/submissions/{id}/rejudge"), json!({})).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let second = life(&mut ada, &id).await;
    let names = |told: &[Value]| told.iter().map(|event| event[0].clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
    assert_eq!(only(&second, "evaluationComplete")["status"], "ACCEPTED");

    // One that runs for ever, as far as this test is concerned.
    let slow = Package::new("slow").exact().manifest("[limits]\ntime_ms = 60000\n");
    house.add(&slow.test("1", "1 2\n", "3\n")).await;
    let body =
        json!({"userId": "ada", "problemId": "slow", "language": "python", "code": "while 1: 0"});
    let reply = house.post("/api/v1/submissions", body).await;
    let id = reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
    let reply = house.post(&format!("/api/v1/submissions/{id}/cancel"), json!({})).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let told = life(&mut ada, &id).await;
    assert_eq!(only(&told, "submission:result")["status"], "CANCELLED");
    assert_eq!(only(&told, "execution_result")["status"], "CANCELLED");
    assert_eq!(only(&told, "error")["type"], "CANCELLED");
    assert_eq!(only(&told, "evaluationComplete")["status"], "ERROR");
    house.stop().await;
}

async fn daemon(dir: &Path, workers: usize) -> House {
    House::build().workers(workers).data_dir(dir).start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_that_registers_once_keeps_its_user_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody works here yet.
    let house = daemon(dir.path(), 0).await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let mut socket = Raw::join(&house.url, Value::Null).await;
    socket.register("ada").await;
    let id = submit(&house, "ada", RIGHT).await;
    let event = socket.event().await.unwrap();
    assert_eq!(
        (&event[0], &event[1]["submissionId"]),
        (&json!("submission_status_update"), &json!(id))
    );
    let (pid, offset) = (socket.joined["pid"].clone(), event[2].clone());
    house.stop().await;
    socket.ends("the daemon has stopped").await;

    let house = daemon(dir.path(), 1).await;
    let resume = json!({"pid": pid, "offset": offset});
    let mut socket = Raw::join(&house.url, resume).await;
    assert_eq!(socket.joined["pid"], pid, "it is recovered");
    let told = life(&mut socket, &id).await;
    assert_eq!(told[0][0], "submissionUpdate", "the rest of what was queued, once: {told:#?}");
    assert_eq!(told[0][1]["testCase"], 0);
    assert_eq!(statuses(&told, "submission_status_update"), ["PENDING", "PENDING", "SUCCESS"]);
    only(&told, "submission:result");
    hears_nothing(&mut socket, "ada").await;

    // The ping after an event is answered by any client, which proves that it has the event.
    let body = json!({"userId": "ada", "payload": {"z": 1, "a": 2}});
    let pushed = house.http.post(format!("{}/sendPayload", house.url)).json(&body);
    let pushed = pushed.send().await.unwrap();
    assert_eq!(pushed.status(), StatusCode::OK);
    let message = pushed.headers()["x-message-id"].to_str().unwrap().to_owned();
    let event = socket.event().await.unwrap();
    assert_eq!(
        (&event[0], event[1].to_string()),
        (&json!("submissionPayloadResponse"), r#"{"z":1,"a":2}"#.into())
    );
    let delivered = async {
        let path = format!("/api/v1/messages/{message}");
        while house.get(&path).await.body["data"]["status"] != "delivered" {
            hears_nothing(&mut socket, "ada").await;
        }
    };
    tokio::time::timeout(PATIENCE, delivered).await.expect("it is never delivered");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dialects_routes_answer_a_plain_client() {
    for (dialect, status, id, word) in [
        (Dialect::Sonocode, 201, "/data/submission/_id", "Success"),
        (Dialect::Exechub, 200, "/response/submission/_id", "SUCCESS"),
        (Dialect::Codewar, 201, "/data/_id", "AC"),
    ] {
        let house = House::build().config(|config| config.dialect = dialect).start().await;
        house.add(&Package::new("sum").test("01-sample", "1 2\n", "3\n")).await;
        // As a front end asks, without a word of what it accepts.
        let plain = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
        let call = async |method: Method, path: &str, body: Value| {
            let request = plain.request(method, format!("{}{path}", house.url)).json(&body);
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        };
        let body = json!({"userId": "1", "problemId": "sum", "language": "PYTHON", "code": RIGHT});
        let (got, reply) = call(Method::POST, "/api/v1/submission", body).await;
        assert_eq!(got, status, "{reply}");
        let id = reply.pointer(id).and_then(Value::as_str).unwrap().to_owned();
        house.outcome(&id).await;
        let (_, shown) = call(Method::GET, &format!("/api/v1/submission/{id}"), json!({})).await;
        assert_eq!(shown["data"]["status"], word);
        // What is on the wire by HTTP is on the wire of the sockets.
        let mut socket = Raw::join(&house.url, Value::Null).await;
        socket.emit(&json!(["setUserId", "1"])).await;
        assert_eq!(only(&life(&mut socket, &id).await, "submission:result")["_id"], id);
        house.stop().await;
    }
}
