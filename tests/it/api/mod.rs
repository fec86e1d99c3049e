//! The HTTP API of a whole daemon on a real engine. What needs no engine and no disk is tested beside
//! the API itself.

mod bounds;
mod daemon;
mod problems;
mod runs;
mod states;
mod streams;

use crate::house::{House, Package, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const RIGHT: &str = "print(sum(map(int, input().split())))";

/// The problem `sum` with time for programs that wait.
fn patient() -> Package {
    let limits = "[limits]\ntime_ms = 60000\nwall_ms = 120000\n";
    Package::new("sum").manifest(limits).test("01", "1 2\n", "3\n")
}

/// Does something to a submission that has no body.
async fn act(house: &House, id: &str, action: &str) -> Reply {
    house.call(Method::POST, &format!("/api/v1/submissions/{id}/{action}"), None).await
}

/// A refusal with this status and code; gives it back for more questions.
#[track_caller]
fn refused(reply: Reply, status: u16, code: &str) -> Reply {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.body["error"]["code"], code, "{reply:?}");
    assert_eq!((&reply.body["success"], &reply.body["data"]), (&json!(false), &Value::Null));
    assert!(reply.body["message"].as_str().is_some_and(|text| !text.is_empty()), "{reply:?}");
    reply
}

/// The data of a reply that must be a success.
#[track_caller]
#[allow(clippy::needless_pass_by_value)] // used on replies that nobody keeps
fn data(reply: Reply) -> Value {
    assert!(reply.status.is_success(), "{reply:?}");
    assert_eq!((&reply.body["success"], &reply.body["error"]), (&json!(true), &json!({})));
    reply.body["data"].clone()
}
