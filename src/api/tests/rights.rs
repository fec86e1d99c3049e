//! Tokens on the API: who may do what.

use super::{super::*, *};
use crate::{
    api::rights::RIGHTS,
    auth::{AuthConfig, Mode, Need, Role, Secret},
};
use axum::extract::ConnectInfo;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

impl House {
    /// A house that asks for tokens.
    pub(super) fn guarded(mode: Mode) -> Self {
        let mut house = Self::new();
        let secret = Some(Secret::new("a secret of these tests, long enough"));
        let config = AuthConfig { mode, secret, leeway_secs: 0, ..AuthConfig::default() };
        house.app.auth = Arc::new(Auth::open(&config, &house.app.about.data_dir).unwrap());
        house.app.hub = Hub::guarded(
            house.ledger.clone(),
            Arc::new(Memory::default()),
            HubConfig::default(),
            house.app.auth.clone(),
            house.app.metrics.clone(),
            house.app.shutdown.clone(),
        );
        house
    }

    pub(super) fn token(&self, user: &str, role: Role) -> String {
        self.app.auth.issue(user, role, Duration::from_secs(60)).unwrap().token
    }

    /// Sends a request with a token, if there is one.
    async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut request = request(method, path, body);
        let headers = request.headers_mut();
        headers.insert("content-type", "application/json".parse().unwrap());
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        self.send(request).await
    }
}

/// A path of a route with values for its parameters.
fn filled(route: &str) -> String {
    let route = route.replace("user/{id}", "user/ada");
    route.replace("{id}", "1").replace("{slug}", "nothing")
}

#[tokio::test]
async fn the_table_has_every_method_of_every_route() {
    let house = House::new();
    let mut paths: Vec<&str> = routes().iter().map(|(path, _)| *path).collect();
    paths.extend(["/socket.io", "/socket.io/"]);
    let mut there = BTreeSet::new();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = house.send(request(method, &filled(path), "")).await;
            // Socket.IO answers methods itself, and has two.
            let io = path.starts_with("/socket.io") && !["GET", "POST"].contains(&method);
            if answer.status != StatusCode::METHOD_NOT_ALLOWED && !io {
                there.insert((method, path));
            }
        }
    }
    let table: BTreeSet<_> = RIGHTS.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(table.len(), RIGHTS.len(), "a line is there twice");
    let missing: Vec<_> = there.difference(&table).collect();
    let unknown: Vec<_> = table.difference(&there).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}

#[tokio::test]
async fn every_role_at_every_route() {
    for mode in [Mode::Required, Mode::Optional] {
        let house = House::guarded(mode);
        for (method, path, need) in RIGHTS {
            // Nobody at all, from elsewhere.
            let nobody = house.call(method, &filled(path), None, Value::Null).await.status;
            let open = match need {
                Need::Nothing => true,
                Need::User => mode == Mode::Optional,
                _ => false,
            };
            assert_eq!(nobody != 401, open, "{mode:?} {method} {path}: {nobody}");
            for role in Role::ALL {
                let token = house.token("ada", role);
                let answer = house.call(method, &filled(path), Some(&token), Value::Null).await;
                let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
                let refused = body["error"]["reason"] == "role_too_small";
                let may = match need {
                    Need::Nothing | Need::User | Need::Status => true,
                    Need::Setter => [Role::Setter, Role::Admin].contains(&role),
                    Need::Service | Need::Figures => [Role::Service, Role::Admin].contains(&role),
                };
                assert_eq!(refused, !may, "{mode:?} {method} {path} {role}: {}", answer.text);
                assert_eq!(answer.status == 403, !may, "{method} {path} {role}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn health_and_figures_are_open_on_this_machine_only() {
    let house = House::guarded(Mode::Required);
    let send = async |path: &str, peer: &str, forwarded: bool| {
        let mut request = request("GET", path, "");
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        if forwarded {
            request.headers_mut().insert("x-forwarded-for", "10.0.0.1".parse().unwrap());
        }
        house.send(request).await.status
    };
    for path in ["/metrics", "/health", "/readyz", "/api/v1/status"] {
        for peer in ["127.0.0.1:5", "[::1]:5", "[::ffff:127.0.0.1]:5"] {
            assert_ne!(send(path, peer, false).await, 401, "{path} {peer}");
            assert_eq!(send(path, peer, true).await, 401, "through a proxy: {path} {peer}");
        }
        assert_eq!(send(path, "10.0.0.1:5", false).await, 401, "{path}");
    }
    assert_eq!(send("/livez", "10.0.0.1:5", true).await, 200);
    assert_eq!(send("/api/v1/problems", "127.0.0.1:5", false).await, 401);
}

#[tokio::test]
async fn refusals_say_why_and_how() {
    let house = House::guarded(Mode::Required);
    let answer = house.call("GET", "/api/v1/problems", None, Value::Null).await;
    assert_eq!(answer.error(401, "unauthorized")["reason"], "token_missing");
    assert_eq!(answer.headers["www-authenticate"], r#"Bearer realm="sonocode""#);
    let answer = house.call("GET", "/api/v1/problems", Some("none"), Value::Null).await;
    assert_eq!(answer.error(401, "unauthorized")["reason"], "token_malformed");
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
    let mut basic = request("GET", "/api/v1/problems", "");
    basic.headers_mut().insert("authorization", "Basic YTpi".parse().unwrap());
    house.send(basic).await.error(401, "unauthorized");
    // An address that is none says nothing else to strangers, and a wrong method is one.
    house.call("GET", "/nowhere", None, Value::Null).await.error(404, "not_found");
    house.call("DELETE", "/api/v1/runs", None, Value::Null).await.error(405, "method_not_allowed");
    let failures: u64 = house.app.auth.failures().map(|(_, count)| count).sum();
    assert_eq!(failures, 2);
    assert!(house.app.metrics.hub(0, failures).auth_failures == 2);
}

#[tokio::test]
async fn where_browsers_cannot_send_headers_the_query_has_the_token() {
    let house = House::guarded(Mode::Required);
    let id = house.submission("ada").await;
    // Ended, so that the stream ends.
    house.ledger.end(id, outcome(Verdict::Accepted));
    let token = house.token("ada", Role::User);
    for (accept, status) in [("text/event-stream", 200), ("application/json", 401)] {
        let path = format!("/api/v1/submissions/{id}/events?token={token}&after=0");
        let mut request = request("GET", &path, "");
        request.headers_mut().insert("accept", accept.parse().unwrap());
        assert_eq!(house.send(request).await.status, status, "{accept}");
    }
}

#[tokio::test]
async fn a_user_submits_and_reads_as_themself() {
    let house = House::guarded(Mode::Required);
    let (ada, bob) = (house.token("ada", Role::User), house.token("bob", Role::Setter));
    let service = house.token("judge", Role::Service);
    let run = |user: Value| json!({"userId": user, "code": "x", "language": "c"});
    let post =
        async |token: &str, user| house.call("POST", "/api/v1/runs", Some(token), run(user)).await;
    let data = post(&ada, Value::Null).await.data(201);
    assert_eq!(data["submission"]["userId"], "ada", "the token's user, not anonymous");
    post(&ada, json!("ada")).await.data(201);
    let answer = post(&ada, json!("bob")).await;
    assert_eq!(answer.blamed(403, "forbidden"), ["userId"]);
    assert_eq!(post(&service, json!("bob")).await.data(201)["submission"]["userId"], "bob");

    let get =
        async |token: &str, path: &str| house.call("GET", path, Some(token), Value::Null).await;
    for path in ["/api/v1/submissions/1", "/api/v1/submission/1", "/api/v1/submissions/1/events"] {
        get(&ada, path).await.data(200);
        get(&service, path).await.data(200);
        assert_eq!(get(&bob, path).await.error(403, "forbidden")["reason"], "user_mismatch");
    }
    get(&bob, "/api/v1/submissions/getMany?ids=3").await.data(200);
    get(&bob, "/api/v1/submissions/getMany?ids=1,3").await.error(403, "forbidden");
    get(&bob, "/api/v1/submissions/user/ada").await.error(403, "forbidden");
    let cancel = "/api/v1/submissions/1/cancel";
    house.call("POST", cancel, Some(&bob), Value::Null).await.error(403, "forbidden");
    house.call("POST", cancel, Some(&ada), Value::Null).await.data(200);

    let count = |data: &Value, name: &str| data[name].as_array().unwrap().len();
    assert_eq!(count(&get(&ada, "/api/v1/submissions").await.data(200), "submissions"), 2);
    assert_eq!(count(&get(&service, "/api/v1/submissions").await.data(200), "submissions"), 3);
    let others = get(&ada, "/api/v1/submissions?user=bob").await;
    assert_eq!(others.blamed(403, "forbidden"), ["user"]);
    let events = get(&ada, "/api/v1/events").await.data(200);
    let events = events["events"].as_array().unwrap();
    assert!(!events.is_empty() && events.iter().all(|event| event["user"] == "ada"), "{events:?}");
    get(&ada, "/api/v1/events?user=bob").await.error(403, "forbidden");
}

#[tokio::test]
async fn without_a_token_optional_believes_names_and_with_one_binds() {
    let house = House::guarded(Mode::Optional);
    let run = json!({"userId": "bob", "code": "x", "language": "c"});
    house.call("POST", "/api/v1/runs", None, run.clone()).await.data(201);
    house.call("GET", "/api/v1/submissions/1", None, Value::Null).await.data(200);
    let ada = house.token("ada", Role::User);
    house.call("POST", "/api/v1/runs", Some(&ada), run).await.error(403, "forbidden");
    house
        .call("GET", "/api/v1/submissions/1", Some(&ada), Value::Null)
        .await
        .error(403, "forbidden");
    house
        .call("GET", "/api/v1/submissions/1", Some("bad"), Value::Null)
        .await
        .error(401, "unauthorized");
}

#[tokio::test]
async fn pages_of_configured_origins_may_ask_first_and_show_tokens() {
    let house = House::guarded(Mode::Required);
    let preflight = async |path: &str, origin: &str| {
        let mut request = request("OPTIONS", path, "");
        for (name, value) in [
            ("host", "localhost:7878"),
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        house.send(request).await
    };
    for path in RIGHTS.iter().map(|(_, path, _)| filled(path)).collect::<BTreeSet<_>>() {
        let path = path.as_str();
        let answer = preflight(path, "https://judge.example").await;
        assert_eq!(answer.status, 200, "{path}: no token is asked for a preflight");
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_lowercase();
        assert_eq!(header("access-control-allow-origin"), "https://judge.example");
        assert_eq!(header("access-control-allow-credentials"), "true");
        assert!(header("access-control-allow-headers").contains("authorization"));
        let methods = header("access-control-allow-methods");
        for method in RIGHTS.iter().filter(|(_, of, _)| filled(of) == path).map(|(m, ..)| m) {
            assert!(methods.contains(&method.to_lowercase()), "{method} {path}: {methods}");
        }
        for origin in ["https://evil.example", "https://judge.example.evil", "null"] {
            let answer = preflight(path, origin).await;
            assert_eq!(answer.status, 403, "{path} {origin}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"));
        }
    }
    // A refusal can be read by the page that asked.
    let mut request = request("GET", "/api/v1/problems", "");
    request.headers_mut().insert("origin", "https://judge.example".parse().unwrap());
    let answer = house.send(request).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://judge.example");
}
