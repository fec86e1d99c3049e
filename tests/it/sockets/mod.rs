//! The socket hub, as clients meet it.

mod attacks;
mod chat;
mod dialects;
mod drain;
mod foreign;
pub mod loss;
mod observed;
pub mod others;
mod protocol;
pub mod proxy;
pub mod raw;
mod readme;
mod tokens;

use crate::house::House;
use reqwest::StatusCode;
use serde_json::json;

/// A right program for `sum`.
const RIGHT: &str = "print(sum(map(int, input().split())))";

/// Submits to `sum` as a user; the id.
async fn submit(house: &House, user: &str, code: &str) -> String {
    let body = json!({"userId": user, "problemId": "sum", "language": "python", "code": code});
    let reply = house.post("/api/v1/submissions", body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned()
}
