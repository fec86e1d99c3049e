//! A daemon that plays a part: it speaks the contract, judges nothing, and misbehaves when told to.
//!
//! What a program "does" stands in its text: `AC`, `WA`, …, or `HANG` for one that never ends.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        Path, Query, State,
        ws::{
            CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection,
        },
    },
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;
type Params = Query<HashMap<String, String>>;

/// What the fake is told to do wrong, and what it has seen.
#[derive(Default)]
pub struct Part {
    /// Where it says it keeps its data.
    pub data_dir: String,
    /// Submissions to refuse because the queue is full.
    pub full: u32,
    /// Events after which the first connections are cut, one number for each connection.
    pub cuts: Vec<usize>,
    /// `after` of every stream that was opened.
    pub afters: Vec<u64>,
    /// Bodies and queries of what was posted.
    pub posted: Vec<Value>,
    /// Slugs of the problems.
    pub problems: Vec<String>,
    /// Why it cannot judge.
    pub engine_error: Option<String>,
    events: Vec<Vec<Value>>,
    pos: u64,
}

/// The fake, until it is dropped.
pub struct Fake {
    pub addr: SocketAddr,
    part: Arc<Mutex<Part>>,
    _runtime: tokio::runtime::Runtime,
}

impl Fake {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let part = Arc::new(Mutex::new(Part::default()));
        let app = Router::new()
            .route("/readyz", get(|| async { "ready" }))
            .route("/api/v1/status", get(status))
            .route("/api/v1/languages", get(languages))
            .route("/api/v1/submissions", post(submit).get(submissions))
            .route("/api/v1/runs", post(run))
            .route("/api/v1/submissions/{id}", get(submission))
            .route("/api/v1/submissions/{id}/{verb}", post(order))
            .route("/api/v1/submissions/{id}/events", get(events))
            .route("/api/v1/events", get(all_events))
            .route("/api/v1/problems", get(problems).post(add_problem))
            .route("/api/v1/problems/{slug}", get(problem).delete(remove_problem))
            .route("/api/v1/problems/{slug}/solutions", get(solutions))
            .route("/api/v1/problems/{slug}/verify", post(verify))
            .route("/api/v1/problems/{slug}/stress", post(stress))
            .route("/api/v1/problems/{slug}/rename", post(rename))
            .route("/api/v1/verify", post(verify_package))
            .with_state(part.clone());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let addr = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { addr, part, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn part(&self) -> MutexGuard<'_, Part> {
        self.part.lock().unwrap()
    }
}

type Shared = State<Arc<Mutex<Part>>>;

fn yes(status: u16, data: impl Into<Value>) -> Response {
    let data: Value = data.into();
    let body = json!({"success": true, "message": "", "error": {}, "data": data});
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn no(status: u16, code: &str, message: &str, more: Value) -> Response {
    let mut error = json!({"code": code});
    if let (Some(error), Value::Object(more)) = (error.as_object_mut(), more) {
        error.extend(more);
    }
    let body = json!({"success": false, "message": message, "error": error, "data": null});
    let mut response = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
    if status == 429 {
        response.headers_mut().insert("retry-after", "0".parse().unwrap());
    }
    response
}

fn unknown(id: usize) -> Response {
    no(404, "not_found", &format!("there is no submission {id}"), json!({}))
}

async fn status(State(part): Shared) -> Response {
    let part = part.lock().unwrap();
    let engine = json!({"name": "Docker 99", "cgroup_version": 2, "idle_cells": 1, "missing": []});
    yes(
        200,
        json!({
            "version": "0.0.0", "pid": 1, "dataDir": part.data_dir, "ephemeral": false,
            "url": "http://127.0.0.1", "uptimeMs": 61_000, "workers": 2, "busyWorkers": 1,
            "roles": ["api", "hub", "worker"],
            "engine": if part.engine_error.is_none() { engine } else { Value::Null },
            "engineError": part.engine_error,
            "finishedDays": 0,
            "counts": {
                "queued": 3, "running": 1, "finished": 5, "cancelled": 0, "last_pos": part.pos,
            },
            "problems": part.problems.len(),
            "auth": "off",
            "hub": {
                "connections": [], "users": 0, "events": 0, "receipts": 0, "resumes": 0, "cuts": 0,
                "refused": 0, "authFailures": 0,
            },
            "cluster": {
                "members": [], "leases": [], "sockets": 0, "users": 0, "redis": null,
                "waiting": {"runs": 0, "submissions": 3, "rejudges": 0},
            },
        }),
    )
}

async fn languages() -> Response {
    let language = |id: &str, name: &str, extension: &str| {
        json!({
            "id": id, "name": name, "aliases": [format!("{id}-alias")],
            "extensions": [extension], "source": "host", "place": format!("/usr/bin/{id}"),
            "version": format!("{id} 1.0"),
        })
    };
    let languages = [language("cpp", "C++17", "cpp"), language("python", "Python 3", "py")];
    yes(200, json!({ "languages": languages }))
}

async fn submit(State(part): Shared, Json(body): Json<Value>) -> Response {
    let mut part = part.lock().unwrap();
    if part.full > 0 {
        part.full -= 1;
        return no(429, "queue_full", "the queue is full: 7 submissions wait", json!({}));
    }
    part.posted.push(body.clone());
    if body["problemId"] == "nowhere" {
        let fields = json!({"fields": [{"field": "problemId", "message": "unknown"}]});
        return no(404, "not_found", "there is no problem `nowhere`", fields);
    }
    let id = part.take(&body, "judge");
    yes(201, json!({ "submission": part.submission(id) }))
}

async fn run(State(part): Shared, Json(body): Json<Value>) -> Response {
    let mut part = part.lock().unwrap();
    part.posted.push(body.clone());
    let id = part.take(&body, "run");
    yes(201, json!({ "submission": part.submission(id) }))
}

async fn submission(State(part): Shared, Path(id): Path<usize>) -> Response {
    let part = part.lock().unwrap();
    if id > part.events.len() {
        return unknown(id);
    }
    yes(200, part.submission(id))
}

async fn submissions(State(part): Shared, Query(query): Params) -> Response {
    let part = part.lock().unwrap();
    let ids = 1..=part.events.len();
    let mut list: Vec<_> = ids
        .map(|id| part.submission(id))
        .filter(|s| query.get("status").is_none_or(|status| s["status"] == status.as_str()))
        .filter(|s| query.get("user").is_none_or(|user| s["userId"] == user.as_str()))
        .collect();
    if query.get("order").is_some_and(|order| order == "desc") {
        list.reverse();
    }
    list.truncate(query.get("limit").map_or(100, |limit| limit.parse().unwrap()));
    yes(200, json!({ "submissions": list, "next": null }))
}

async fn order(State(part): Shared, Path((id, verb)): Path<(usize, String)>) -> Response {
    let mut part = part.lock().unwrap();
    if id > part.events.len() {
        return unknown(id);
    }
    let ended = part.submission(id)["status"] == "finished";
    match verb.as_str() {
        "cancel" if ended => {
            return no(409, "conflict", &format!("submission {id} is finished already"), json!({}));
        }
        "cancel" => part.push(id, "ada", json!({"type": "cancelled"})),
        _ => {
            part.push(id, "ada", json!({"type": "rejudged"}));
            part.judge(id, "ada", "AC");
        }
    }
    yes(200, part.submission(id))
}

async fn events(
    State(part): Shared,
    Path(id): Path<usize>,
    Query(query): Params,
    upgrade: Upgrade,
) -> Response {
    if id > part.lock().unwrap().events.len() {
        return unknown(id);
    }
    let list = part.lock().unwrap().events[id - 1].clone();
    stream(&part, list, "seq", &query, upgrade.ok())
}

async fn all_events(State(part): Shared, Query(query): Params, upgrade: Upgrade) -> Response {
    let mut list: Vec<Value> = part.lock().unwrap().events.iter().flatten().cloned().collect();
    list.sort_by_key(|event| event["pos"].as_u64());
    list.retain(|event| query.get("user").is_none_or(|user| event["user"] == user.as_str()));
    stream(&part, list, "pos", &query, upgrade.ok())
}

/// Events after a place, in either form.
fn stream(
    part: &Mutex<Part>,
    mut list: Vec<Value>,
    place: &'static str,
    query: &HashMap<String, String>,
    upgrade: Option<WebSocketUpgrade>,
) -> Response {
    let after: u64 = query.get("after").map_or(0, |after| after.parse().unwrap());
    let Some(upgrade) = upgrade else {
        list.retain(|event| event[place].as_u64() > Some(after));
        let next = list.last().map_or(json!(after), |last| last[place].clone());
        return yes(200, json!({ "events": list, "next": next }));
    };
    let mut told = part.lock().unwrap();
    told.afters.push(after);
    let cut = (!told.cuts.is_empty()).then(|| told.cuts.remove(0));
    // An event that was sent already comes again: the client must drop it.
    list.retain(|event| event[place].as_u64() >= Some(after));
    upgrade.on_upgrade(move |socket| play(socket, list, cut, place == "seq"))
}

async fn play(mut socket: WebSocket, list: Vec<Value>, cut: Option<usize>, ends: bool) {
    let newest = list.last().cloned().unwrap_or_default();
    for event in list.into_iter().take(cut.unwrap_or(usize::MAX)) {
        if socket.send(Message::Text(event.to_string().into())).await.is_err() {
            return;
        }
    }
    if cut.is_some() {
        return; // without a word
    }
    if ends && (newest["type"] == "finished" || newest["type"] == "cancelled") {
        let frame = CloseFrame { code: 1000, reason: "".into() };
        let _ = socket.send(Message::Close(Some(frame))).await;
    }
    while let Some(Ok(_)) = socket.recv().await {}
}

impl Part {
    fn push(&mut self, id: usize, user: &str, body: Value) {
        self.pos += 1;
        let seq = self.events[id - 1].len() + 1;
        let mut event = json!({
            "v": 1, "seq": seq, "pos": self.pos, "ts": "2026-01-01T00:00:00Z",
            "submission": id.to_string(), "user": user,
        });
        if let (Some(event), Value::Object(body)) = (event.as_object_mut(), body) {
            event.extend(body);
        }
        self.events[id - 1].push(event);
    }

    /// Accepts a program and plays its whole story at once.
    fn take(&mut self, body: &Value, kind: &str) -> usize {
        let user = body["userId"].as_str().unwrap().to_owned();
        let code = body["code"].as_str().unwrap();
        self.events.push(Vec::new());
        let id = self.events.len();
        let mut queued = json!({
            "type": "queued", "language": body["language"], "source_bytes": code.len(),
        });
        if kind == "judge" {
            queued["problem"] = body["problemId"].clone();
        }
        self.push(id, &user, queued);
        let verdict = code.split_whitespace().next().unwrap_or("AC").to_owned();
        if kind == "judge" {
            self.judge(id, &user, &verdict);
        } else {
            let input = body["input"].as_str().unwrap().to_owned();
            let code = if verdict == "RE" { 3 } else { 0 };
            // A daemon of an earlier version tells the output at the end only.
            if verdict != "OLD" {
                for (stream, text) in
                    [("stdout", "<"), ("stderr", "on stderr"), ("stdout", &format!("{input}>"))]
                {
                    self.push(id, &user, json!({"type": "output", "stream": stream, "text": text}));
                }
            }
            self.push(
                id,
                &user,
                json!({
                    "type": "ran", "exit": {"code": code}, "cpu_ms": 12, "wall_ms": 14,
                    "memory_kib": 3174, "stdout": format!("<{input}>"), "stderr": "on stderr",
                    "truncated": false,
                }),
            );
            if let Some(problem) = body["compare"].as_str() {
                let mut compared = json!({
                    "type": "compared", "same": verdict == "AC", "expected": format!("{problem}\n"),
                });
                if verdict == "WA" {
                    compared["message"] = json!("line 1: expected \"1\", got \"2\"");
                }
                self.push(id, &user, compared);
            }
            let mut ended = outcome(if verdict == "OLD" { "AC" } else { &verdict }, 0);
            if verdict == "RE" {
                ended["message"] = json!("exit code 3: ValueError: no");
            }
            self.push(id, &user, ended);
        }
        id
    }

    fn judge(&mut self, id: usize, user: &str, verdict: &str) {
        let tests = ["01-sample", "02-neg", "03-big"];
        let started = json!({"type": "started", "attempt": 1, "worker": "w1", "waited_ms": 104});
        self.push(id, user, started);
        self.push(id, user, json!({"type": "running", "tests": tests}));
        let compiled = json!({
            "type": "compiled", "ok": verdict != "CE", "cpu_ms": 700, "wall_ms": 840,
            "memory_kib": 90_000, "warnings": 0,
            "output": if verdict == "CE" { "main.cpp:1: error" } else { "" },
        });
        self.push(id, user, compiled);
        let kinds: &[&str] = match verdict {
            "CE" | "IE" => &[],
            "HANG" | "CANCEL" => &["AC"],
            "AC" => &["AC", "AC", "AC"],
            other => &["AC", other, "AC"],
        };
        for (index, kind) in kinds.iter().enumerate() {
            let mut test = json!({
                "type": "test", "index": index + 1, "name": tests[index], "verdict": kind,
                "cpu_ms": 12, "wall_ms": 14, "memory_kib": 3174,
            });
            if *kind == "WA" {
                test["message"] = json!("line 2: expected \"-1\", got \"1\"");
            }
            self.push(id, user, test);
        }
        match verdict {
            "HANG" => {}
            "CANCEL" => self.push(id, user, json!({"type": "cancelled"})),
            verdict => self.push(id, user, outcome(verdict, 3)),
        }
    }

    fn submission(&self, id: usize) -> Value {
        let events = &self.events[id - 1];
        let (first, last) = (&events[0], &events[events.len() - 1]);
        let status = match last["type"].as_str().unwrap() {
            "finished" => json!({"status": "finished", "result": last}),
            "cancelled" => json!({"status": "cancelled"}),
            _ => json!({"status": "running", "worker": "w1"}),
        };
        let mut submission = json!({
            "id": id.to_string(), "userId": first["user"], "kind": "judge",
            "problemId": first["problem"].as_str().unwrap_or("none"),
            "language": first["language"], "code": "…", "createdAt": first["ts"], "attempt": 1,
        });
        if let (Some(submission), Value::Object(status)) = (submission.as_object_mut(), status) {
            submission.extend(status);
        }
        submission
    }
}

fn outcome(verdict: &str, total: u32) -> Value {
    let mut outcome = json!({
        "type": "finished", "verdict": verdict, "passed": 0, "total": total,
        "cpu_ms": 12, "memory_kib": 3174,
    });
    match verdict {
        "AC" => outcome["passed"] = json!(total),
        "CE" | "IE" => {}
        _ => {
            outcome["passed"] = json!(2);
            outcome["failed"] = json!({"index": 2, "name": "02-neg"});
        }
    }
    if total > 0 && outcome["passed"] != 0 {
        outcome["slowest"] = json!({"index": 3, "name": "03-big"});
    }
    if verdict == "IE" {
        outcome["message"] = json!("the cell failed");
    }
    outcome
}

fn summary(slug: &str) -> Value {
    json!({
        "slug": slug, "title": format!("Title of {slug}"), "difficulty": "easy",
        "tags": ["sorting"], "tests": 3, "version": "0123456789abcdef",
    })
}

async fn problems(State(part): Shared) -> Response {
    let list: Vec<_> = part.lock().unwrap().problems.iter().map(|slug| summary(slug)).collect();
    yes(200, json!({ "problems": list }))
}

fn added(slug: &str) -> Value {
    let mut added = summary(slug);
    added["format"] = json!("native");
    added["ignored"] = json!([]);
    added
}

async fn add_problem(State(part): Shared, Query(query): Params, body: Bytes) -> Response {
    let mut part = part.lock().unwrap();
    let mut archive = tar::Archive::new(body.as_ref());
    let names: Vec<String> = archive
        .entries()
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.header().entry_type().is_file())
        .map(|entry| entry.path().unwrap().display().to_string())
        .collect();
    part.posted.push(json!({ "query": query, "files": names }));
    if names.iter().any(|name| name.ends_with("bad.toml")) {
        let mistakes = json!({"mistakes": [
            {"file": "problem.toml", "line": 3, "field": "limits.time_ms", "message": "0 is too low"},
            {"file": "tests/01.out", "message": "is missing"},
        ]});
        return no(422, "invalid_package", "the package has 2 mistakes", mistakes);
    }
    let first = names[0].split('/').next().unwrap().to_owned();
    let slug = query.get("slug").cloned().unwrap_or(first);
    if part.problems.contains(&slug) && query["force"] != "true" {
        if names.iter().any(|name| name.ends_with("same.txt")) {
            return yes(200, added(&slug));
        }
        let message = format!("problem `{slug}` is there; force=true replaces it");
        return no(
            409,
            "conflict",
            &message,
            json!({"fields": [{"field": "slug", "message": "m"}]}),
        );
    }
    part.problems.retain(|known| *known != slug);
    part.problems.push(slug.clone());
    yes(201, added(&slug))
}

async fn problem(State(part): Shared, Path(slug): Path<String>) -> Response {
    if !part.lock().unwrap().problems.contains(&slug) {
        return no(404, "not_found", &format!("there is no problem `{slug}`"), json!({}));
    }
    let mut problem = summary(&slug);
    problem["id"] = json!(slug);
    problem["testCases"] = json!([]);
    problem["codeStubs"] = json!([]);
    problem["description"] = json!("# What is asked\n\nAdd \u{1b}[31mtwo numbers.\n");
    problem["limits"] = json!({"time_ms": 1000, "memory_mib": 256});
    problem["compare"] = json!({"mode": "tokens"});
    problem["passes"] = json!(1);
    problem["stop"] = json!("never");
    problem["groups"] = json!([]);
    problem["tests"] = json!([
        {"name": "01-sample", "sample": true, "input_bytes": 4, "answer_bytes": 2048},
    ]);
    yes(200, problem)
}

async fn remove_problem(State(part): Shared, Path(slug): Path<String>) -> Response {
    let mut part = part.lock().unwrap();
    if !part.problems.contains(&slug) {
        return no(404, "not_found", &format!("there is no problem `{slug}`"), json!({}));
    }
    part.problems.retain(|known| *known != slug);
    yes(200, Value::Null)
}

/// Of `liar` one solution does not get what it should.
async fn solutions(State(part): Shared, Path(slug): Path<String>) -> Response {
    if !part.lock().unwrap().problems.contains(&slug) {
        return no(404, "not_found", &format!("there is no problem `{slug}`"), json!({}));
    }
    let wrong = if slug == "liar" { "AC" } else { "WA" };
    let solutions = json!([
        {"path": "accepted/main.cpp", "expectation": {"required": ["AC"]}, "source": "AC"},
        {"path": "wrong_answer/off.py", "expectation": {"required": ["WA"]}, "source": wrong},
    ]);
    yes(200, json!({ "solutions": solutions }))
}

/// A reply of JSON values, one a line.
fn json_lines(steps: &[Value]) -> Response {
    let lines: String = steps.iter().map(|step| format!("{step}\n")).collect();
    ([("content-type", "application/x-ndjson")], lines).into_response()
}

/// Steps of a verification. Of `liar` one solution does not get what it should; that of `cut` breaks off.
fn steps(slug: &str) -> Vec<Value> {
    let ok = slug != "liar";
    let must = |verdict: &str| json!({"permitted": ["AC", verdict], "required": [verdict]});
    let row = |path: &str, verdict: &str| json!({"path": path, "language": "cpp", "expectation": must(verdict)});
    let judged = |solution: usize, test: usize, verdict: &str| {
        json!({
            "type": "judged", "solution": solution, "test": test, "verdict": verdict, "cpuMs": 12,
            "memoryKib": 3174, "cached": false, "alone": false,
        })
    };
    let settled = |solution: usize, verdict: &str, ok: bool| json!({"type": "settled", "solution": solution, "verdict": verdict, "ok": ok});
    let last = if ok { "WA" } else { "AC" };
    let mut steps = vec![
        json!({
            "type": "begun", "problem": slug, "tests": ["01-sample", "02-neg"],
            "columns": [{"name": "tests", "tests": [0, 1]}],
            "solutions": [row("accepted/main.cpp", "AC"), row("wrong_answer/off.py", "WA")],
        }),
        json!({"type": "phase", "name": "solutions", "total": 4}),
        judged(0, 0, "AC"),
        judged(0, 1, "AC"),
        settled(0, "AC", true),
        judged(1, 0, "AC"),
        judged(1, 1, last),
        settled(1, last, ok),
    ];
    if slug == "cut" {
        return steps;
    }
    if !ok {
        steps.push(json!({
            "type": "found", "code": "solution-verdict", "severity": "error",
            "file": "solutions/wrong_answer/off.py", "message": "must be WA and is AC",
            "mend": "move it", "reproduce": "sonocode problem verify liar",
        }));
    }
    if slug == "doubtful" {
        steps.push(json!({
            "type": "found", "code": "test-duplicate", "severity": "warning",
            "file": "tests/02-neg.in", "message": "is 01-sample again", "mend": "remove it",
            "reproduce": "",
        }));
    }
    steps.push(json!({
        "type": "done", "problem": slug, "agree": if ok { 2 } else { 1 }, "solutions": 2,
        "errors": i32::from(!ok), "warnings": i32::from(slug == "doubtful"), "notes": 0,
        "runs": 4, "cached": 0, "elapsedMs": 310,
    }));
    steps
}

async fn verify(
    State(part): Shared,
    Path(slug): Path<String>,
    Json(options): Json<Value>,
) -> Response {
    let mut part = part.lock().unwrap();
    if !part.problems.contains(&slug) {
        return no(404, "not_found", &format!("there is no problem `{slug}`"), json!({}));
    }
    part.posted.push(json!({ "verify": slug, "options": options }));
    json_lines(&steps(&slug))
}

async fn verify_package(State(part): Shared, Query(query): Params, body: Bytes) -> Response {
    let mut archive = tar::Archive::new(body.as_ref());
    let first = archive.entries().unwrap().next().unwrap().unwrap();
    let path = first.path().unwrap().display().to_string();
    part.lock().unwrap().posted.push(json!({ "package": path, "query": query }));
    if path.contains("bad") {
        let mistakes = json!({"mistakes": [
            {"file": "problem.toml", "line": 3, "field": "limits.time_ms", "message": "0 is too low"},
            {"file": "tests/01.out", "message": "is missing"},
        ]});
        return no(422, "invalid_package", "the package has 2 mistakes", mistakes);
    }
    json_lines(&steps(path.split('/').next().unwrap()))
}

/// A search that finds something unless the right program is `accepted/same.py`.
async fn stress(
    State(part): Shared,
    Path(slug): Path<String>,
    Json(options): Json<Value>,
) -> Response {
    let found = options["against"] != "accepted/same.py";
    part.lock().unwrap().posted.push(json!({ "stress": slug, "options": options }));
    let mut steps = vec![
        json!({
            "type": "begun", "problem": slug, "solution": "wrong_answer/off.py",
            "against": "accepted/main.cpp", "generators": ["gen.py {seed}"],
        }),
        json!({"type": "tried", "rounds": 7, "refused": 1}),
    ];
    if slug == "broken" {
        steps.push(json!({"type": "failed", "message": "no generator makes a valid input"}));
        return json_lines(&steps);
    }
    if found {
        steps.push(json!({
            "type": "found", "input": "1\n-5\n", "answer": "-5\n", "output": "5\u{1b}\n",
            "verdict": "WA", "message": "line 1", "generator": ["gen.py", "7"], "foundBytes": 90,
            "whole": true,
        }));
    }
    steps.push(json!({
        "type": "done", "found": found, "rounds": 7, "refused": 1, "elapsedMs": 1200,
    }));
    json_lines(&steps)
}

async fn rename(
    State(part): Shared,
    Path(slug): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut part = part.lock().unwrap();
    let new = body["slug"].as_str().unwrap().to_owned();
    let Some(at) = part.problems.iter().position(|known| *known == slug) else {
        return no(404, "not_found", &format!("there is no problem `{slug}`"), json!({}));
    };
    part.problems[at].clone_from(&new);
    yes(200, summary(&new))
}
