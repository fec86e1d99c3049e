//! Clients that others wrote, over each transport: every dialect shows them the life of a submission that is really
//! judged, and nobody else's.

use crate::{
    house::House,
    sockets::{
        RIGHT,
        others::{Client, Maker, Over, Registers},
        raw::ENDS,
        submit,
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// A wrong program: right on the first test only.
const WRONG: &str = "input(); print(3)";

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_over_a_websocket() {
    every_dialect(Maker::Official, Over::WebSocket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_over_polling() {
    every_dialect(Maker::Official, Over::Polling).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_upgrades() {
    every_dialect(Maker::Official, Over::Upgrade).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_over_a_websocket() {
    every_dialect(Maker::Python, Over::WebSocket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_over_polling() {
    every_dialect(Maker::Python, Over::Polling).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_upgrades() {
    every_dialect(Maker::Python, Over::Upgrade).await;
}

async fn every_dialect(maker: Maker, over: Over) {
    let house = House::with_sum().await;
    sonocode_and_codewar(&house, maker, over).await;
    exechub(&house, maker, over).await;
    house.stop().await;
}

/// A client that registers by `setUserId`, beside another user's.
async fn sonocode_and_codewar(house: &House, maker: Maker, over: Over) {
    let mut client = Client::start(maker, over, &house.url, &Registers::once("ada"));
    let mut other = Client::start(maker, over, &house.url, &Registers::once("eve"));
    let socket = client.on("connect").await["id"].clone();
    other.on("connect").await;
    assert_eq!(client.connection_id("ada").await, socket);
    let others = other.connection_id("eve").await;
    assert!(others.is_string() && others != socket, "{others}");
    assert_eq!(client.connection_id("nobody").await, Value::Null);

    let right = submit(house, "ada", RIGHT).await;
    ends(&mut client, 1).await;
    let updates: Vec<Value> = told(&client, "submissionUpdate", &right);
    for update in &updates {
        assert_eq!(update["status"], "IN_PROGRESS", "{update}");
    }
    let tests: Vec<_> = updates.iter().filter_map(|update| update["testCase"].as_u64()).collect();
    assert!(tests.is_sorted() && tests.contains(&1) && tests.contains(&2), "{updates:?}");
    assert_eq!(updates.last().unwrap()["totalTestCases"], 2, "{updates:?}");
    let [complete] = &told(&client, "evaluationComplete", &right)[..] else {
        panic!("not one: {client}")
    };
    assert_eq!(complete["status"], "ACCEPTED", "{complete}");
    assert_eq!(complete["result"]["testCasesPassed"], 2, "{complete}");
    assert_eq!(complete["result"]["totalTestCases"], 2, "{complete}");
    for (field, unit) in [("executionTime", "ms"), ("memoryUsed", "MB")] {
        let text = complete["result"][field].as_str().unwrap();
        let number = text.strip_suffix(unit).unwrap_or_else(|| panic!("{text}"));
        assert!(number.parse::<f64>().is_ok(), "{text}");
    }
    let [result] = &told(&client, "submission:result", &right)[..] else {
        panic!("not one: {client}")
    };
    assert_eq!(result["status"], "Success", "{result}");
    assert_eq!(result["userId"], "ada", "{result}");

    let wrong = submit(house, "ada", WRONG).await;
    ends(&mut client, 2).await;
    let [complete] = &told(&client, "evaluationComplete", &wrong)[..] else {
        panic!("not one: {client}")
    };
    assert_eq!(complete["status"], "WA", "{complete}");
    assert_eq!(complete["result"]["testCasesPassed"], 1, "{complete}");

    custom_run(house, &mut client).await;
    pushes(house, &mut client).await;
    assert_places_grow(&client);

    // A question that is answered tells that all that was to come before has come.
    other.connection_id("eve").await;
    assert_eq!(other.heard(), [], "heard of another user's submissions: {other}");
    client.close().await;
    other.close().await;
}

async fn custom_run(house: &House, client: &mut Client) {
    let run = json!({"userId": "ada", "problemId": "sum", "language": "PYTHON", "code": RIGHT,
        "input": "20 22\n"});
    let reply = house.post("/api/v1/customRun", run).await;
    assert!(reply.status.is_success(), "{reply:?}");
    let complete = client.event("customRunComplete").await["args"][0].clone();
    assert_eq!(complete["output"], "42\n", "{complete}");
    assert_eq!(complete["exitCode"], 0, "{complete}");
    assert_eq!(complete["stderr"], "", "{complete}");
    assert!(complete["executionTime"].as_str().unwrap().ends_with("ms"), "{complete}");
}

/// What other services push, in both forms; a payload arrives with its keys in their order.
async fn pushes(house: &House, client: &mut Client) {
    let payload = json!({"z": 1, "a": [{"y": null, "b": "ü"}], "m": ""});
    let plain = json!({"userId": "ada", "payload": payload});
    let reply = house.post("/sendPayload", plain).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(reply.body, "Payload sent successfully");
    let came = client.event("submissionPayloadResponse").await["args"][0].clone();
    assert_eq!(came.to_string(), payload.to_string());

    let topic =
        json!({"userId": "ada", "topic": "customRunService", "z": 1, "a": {"c": 1, "b": 2}});
    let reply = house.post("/sendPayload", topic).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(reply.body, json!({"message": "Payload sent successfully"}));
    let came = client.event("customRunService").await["args"][0].clone();
    assert_eq!(came.to_string(), r#"{"z":1,"a":{"c":1,"b":2}}"#);

    let result = json!({"userId": "ada", "submissionId": "7", "status": "Success"});
    let reply = house.post("/api/v1/results", result).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let came = client.event("submission:result").await["args"][0].clone();
    assert_eq!(came["submissionId"], "7", "{came}");

    let absent = json!({"userId": "nobody", "payload": 1});
    let reply = house.post("/sendPayload", absent).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{reply:?}");
    assert_eq!(reply.body, "User not connected");
}

/// A client that registers by `register_user`.
async fn exechub(house: &House, maker: Maker, over: Over) {
    let registers = Registers { emit: json!(["register_user", {"userId": "grace"}]), each: false };
    let mut client = Client::start(maker, over, &house.url, &registers);
    let socket = client.on("connect").await["id"].clone();
    assert_eq!(client.connection_id("grace").await, socket);
    // A program that is none has no word of its own here.
    for (code, status) in [(RIGHT, "SUCCESS"), (WRONG, "WA"), ("print(", "RE")] {
        client.said.clear();
        let id = submit(house, "grace", code).await;
        ends(&mut client, 1).await;
        let updates = told(&client, "submission_status_update", &id);
        let first = updates.first().unwrap_or_else(|| panic!("no update: {client}"));
        assert_eq!(first["status"], "PENDING", "{updates:?}");
        let [result] = &told(&client, "execution_result", &id)[..] else {
            panic!("not one: {client}")
        };
        assert_eq!(result["status"], status, "{result}");
        assert!(result.get("result").is_some(), "{result}");
    }
    client.close().await;
}

/// Waits until so many submissions have ended in every dialect.
async fn ends(client: &mut Client, submissions: usize) {
    let ended = |client: &Client| {
        let ends = client.said.iter().filter(|line| ENDS.iter().any(|end| line["name"] == *end));
        ends.count() >= ENDS.len() * submissions
    };
    while !ended(client) {
        client.next().await;
    }
}

/// What the events of a name say of a submission.
fn told(client: &Client, name: &str, id: &str) -> Vec<Value> {
    let events = client.said.iter().filter(|line| line["name"] == name);
    let payloads = events.map(|line| line["args"][0].clone());
    payloads
        .filter(|payload| ["submissionId", "id", "_id"].iter().any(|key| payload[key] == id))
        .collect()
}

fn assert_places_grow(client: &Client) {
    let places: Vec<_> = client.heard().into_iter().map(|heard| heard.place).collect();
    let mut seen = std::collections::BTreeSet::new();
    assert!(places.iter().all(|place| seen.insert(place.clone())), "{places:?}");
    let number = |place: &String| {
        let (_, number) = place.split_once(':').unwrap();
        number.split('.').next().unwrap().parse::<u64>().unwrap()
    };
    let numbers: Vec<_> = places.iter().map(number).collect();
    assert!(numbers.is_sorted(), "{places:?}");
}
