//! What the daemon tells of its sockets: figures that move, lines of its log, and `sonocode status`.

use crate::{
    house::{House, PATIENCE, Package},
    process::{Serve, output, sonocode},
    sockets::{
        RIGHT,
        others::{Client, Maker, Over, Registers},
        raw::{ENDS, Raw},
        submit,
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// Every figure by its name and labels.
type Figures = BTreeMap<String, f64>;

async fn figures(house: &House) -> Figures {
    let text = house.http.get(format!("{}/metrics", house.url)).send().await.unwrap();
    let text = text.text().await.unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.rsplit_once(' '));
    pairs.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// Waits until a figure is as wanted.
async fn until(house: &House, name: &str, wanted: impl Fn(f64) -> bool) {
    let reached =
        async { while !figures(house).await.get(name).is_some_and(|now| wanted(*now)) {} };
    let reached = tokio::time::timeout(PATIENCE, reached).await;
    reached.unwrap_or_else(|_| panic!("{name} never becomes what is wanted"));
}

/// Waits until a figure has this value.
async fn becomes(house: &House, name: &str, value: f64) {
    until(house, name, |now| now.total_cmp(&value).is_eq()).await;
}

/// Runs a command to its end, which must be good; what it printed.
async fn printed(home: &Path, words: &[&str]) -> String {
    let done = output(sonocode(home, words)).await;
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Sockets over a WebSocket whose user came by `setUserId`.
const WEBSOCKETS: &str = r#"sonocode_hub_connections{transport="websocket",dialect="sonocode"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn figures_logs_and_status_tell_what_happens() {
    let dir = tempfile::tempdir().unwrap();
    let settings = "[auth]\nmode = \"optional\"\n[hub]\nburst = 20\nmax_connections_per_user = 2\n";
    fs::write(dir.path().join("sonocode.toml"), settings).unwrap();
    let serve = Serve::start(dir.path(), &["--workers", "1"]).await;
    let house = &serve.house;
    serve.ready().await;
    let token = fs::read_to_string(dir.path().join("token")).unwrap().trim().to_owned();
    let limits = "[limits]\ntime_ms = 60000\nwall_ms = 120000\n";
    let package = Package::new("sum").manifest(limits).test("01", "1 2\n", "3\n").write();
    let access = ["--url", house.url.as_str(), "--token", token.as_str()];
    let add = ["problem", "add", package.path().to_str().unwrap(), "--slug", "sum"];
    printed(dir.path(), &[&add[..], &access].concat()).await;
    let before = figures(house).await;

    // A client of each transport and a judged submission.
    let mut client =
        Client::start(Maker::Official, Over::Upgrade, &house.url, &Registers::once("ada"));
    client.on("upgrade").await;
    client.connection_id("ada").await;
    let emit = json!(["register_user", {"userId": "bob"}]);
    let registers = Registers { emit, each: false };
    let mut polling = Client::start(Maker::Python, Over::Polling, &house.url, &registers);
    polling.on("connect").await;
    polling.connection_id("bob").await;
    becomes(house, WEBSOCKETS, 1.0).await;
    let pollers = r#"sonocode_hub_connections{transport="polling",dialect="exechub"}"#;
    becomes(house, pollers, 1.0).await;
    let slow = format!("import time\ntime.sleep(3)\n{RIGHT}");
    submit(house, "ada", &slow).await;
    submit(house, "ada", "print(4)").await;
    becomes(house, "sonocode_queue_depth", 1.0).await;
    for _ in 0..2 {
        for end in ENDS {
            client.event(end).await;
        }
    }
    becomes(house, "sonocode_queue_depth", 0.0).await;

    // One comes back, one floods, one is too many, one has a token that is none.
    let mut first = Raw::join(&house.url, Value::Null).await;
    first.register("ada").await;
    let resume = json!({"pid": first.joined["pid"]});
    becomes(house, WEBSOCKETS, 2.0).await;
    drop(first);
    becomes(house, WEBSOCKETS, 1.0).await;
    let back = Raw::join(&house.url, resume).await;
    let mut third = Raw::join(&house.url, Value::Null).await;
    third.emit(&json!(["setUserId", "ada"])).await;
    assert_eq!(third.event().await.unwrap()[1]["code"], "too_many_connections_of_user");
    let mut flood = Raw::join(&house.url, Value::Null).await;
    flood.emit_at_once(&vec![json!(["getConnectionId", "ada"]); 200]).await;
    while flood.event().await.unwrap()[1]["code"] != "rate_limited" {}
    let mut stranger = Raw::open(&house.url).await;
    stranger.say(r#"40{"token":"none"}"#).await;
    let refused = stranger.packet().await.unwrap();
    assert!(refused.starts_with("44") && refused.contains("token_malformed"), "{refused}");

    for name in [
        r#"sonocode_hub_events_total{dialect="sonocode"}"#,
        r#"sonocode_hub_events_total{dialect="exechub"}"#,
        r#"sonocode_hub_events_total{dialect="codewar"}"#,
        "sonocode_hub_event_seconds_count",
        r#"sonocode_hub_event_seconds_bucket{le="60"}"#,
        "sonocode_hub_receipts_total",
        r#"sonocode_hub_resumes_total{outcome="recovered"}"#,
        r#"sonocode_hub_cuts_total{reason="flood"}"#,
        r#"sonocode_auth_failures_total{code="token_malformed"}"#,
        r#"sonocode_hub_refused_total{reason="too_many_connections_of_user"}"#,
        r#"sonocode_verdicts_total{verdict="AC"}"#,
        r#"sonocode_verdicts_total{verdict="WA"}"#,
        "sonocode_judge_seconds_count",
        "sonocode_judge_seconds_sum",
        "sonocode_hub_users",
    ] {
        let old = before.get(name).copied().unwrap_or(0.0);
        until(house, name, |now| now > old).await;
    }

    let status = printed(dir.path(), &[&["status", "--json"], &access[..]].concat()).await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["auth"], "optional");
    let hub = &status["hub"];
    let kinds = hub["connections"].as_array().unwrap();
    let websockets = json!({"transport": "websocket", "dialect": "sonocode", "count": 2});
    let pollers = json!({"transport": "polling", "dialect": "exechub", "count": 1});
    assert!(kinds.contains(&websockets) && kinds.contains(&pollers), "{hub}");
    assert_eq!(hub["users"], 2, "{hub}");
    for figure in ["events", "receipts", "resumes", "cuts", "refused", "authFailures"] {
        assert!(hub[figure].as_u64().unwrap() > 0, "{figure}: {hub}");
    }
    let table = printed(dir.path(), &["status", "--url", &house.url]).await;
    for words in [
        "Tokens      optional\n",
        "Sockets     3 of 2 users: 1 polling (exechub), 2 websocket (sonocode)\n",
        "1 resume, 1 cut, 1 refused, 1 without a right token",
    ] {
        assert!(table.contains(words), "no `{words}`: {table}");
    }

    // The log has each connection's beginning and end.
    let id = client.said.iter().find(|line| line["on"] == "connect").unwrap()["id"].clone();
    drop(back);
    client.close().await;
    let left = serve.says(&format!("a socket has left socket={id}")).await;
    for words in ["user=\"ada\"", "transport=\"websocket\"", "address=\"127.0.0.1:", "seconds="] {
        assert!(left.contains(words), "no {words}: {left}");
    }
    assert!(left.contains("reason=\"client namespace disconnect\""), "{left}");
    for words in ["a socket has come socket=", "a socket is refused", "code=\"rate_limited\""] {
        serve.says(words).await;
    }
    polling.close().await;
    serve.drain().await;
}
