//! Commands without a daemon: they run one in their own process. And the daemon's own life.

use super::{Done, User, done};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

/// A user without a container engine.
fn without_engine(user: &User, words: &[&str]) -> Done {
    let mut command = user.command(words);
    done(command.env("DOCKER_HOST", "unix:///nowhere.sock").env("SONOCODE_SANDBOX_KIND", "docker"))
}

/// A package whose tests are all there, so that no engine is needed to add it.
fn package(user: &User) {
    user.file("echo/problem.toml", "title = \"Echo\"\n");
    user.file("echo/statement.md", "Print what you read.\n");
    for (name, text) in [("01-sample", "1\n"), ("02-more", "2\n")] {
        user.file(&format!("echo/tests/{name}.in"), text);
        user.file(&format!("echo/tests/{name}.out"), text);
    }
    user.file("echo/solutions/accepted/main.py", "print(input())\n");
}

#[test]
fn without_an_engine_what_is_submitted_stays_queued() {
    let user = User::new();
    package(&user);
    let added = without_engine(&user, &["problem", "add", "echo"]);
    assert_eq!(
        (added.code, added.out.as_str()),
        (0, "added echo: Echo, 2 tests\n"),
        "{}",
        added.err
    );
    assert!(added.err.contains("running one in this process (data in "), "{}", added.err);

    user.file("main.py", "print(input())\n");
    let submitted = without_engine(&user, &["submit", "main.py", "-p", "echo"]);
    assert_eq!((submitted.code, submitted.out.as_str()), (0, "1\n"), "{}", submitted.err);
    assert!(submitted.err.contains("judged while a daemon runs"), "{}", submitted.err);

    let watched = without_engine(&user, &["watch", "1"]);
    assert_eq!(watched.code, 6, "{}", watched.err);
    assert!(watched.err.contains("no container engine"), "{}", watched.err);
    assert!(watched.err.contains("submission #1 stays queued"), "{}", watched.err);

    let cancelled = without_engine(&user, &["cancel", "1"]);
    assert_eq!(cancelled.code, 0, "{}", cancelled.err);
    let watched = without_engine(&user, &["watch", "1"]);
    assert_eq!(watched.code, 8, "what has ended is shown without an engine: {}", watched.err);

    let demo = without_engine(&user, &["demo"]);
    assert_eq!(demo.code, 6, "{}", demo.err);
    let doctor = without_engine(&user, &["doctor", "--json"]);
    assert_eq!(doctor.code, 6, "{}", doctor.out);
    let checks = doctor.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let engine = { checks }.find(|check| check["name"] == "engine").unwrap();
    assert_eq!(engine["state"], "fail");
    assert!(engine["mend"].is_string());
}

#[test]
fn a_daemon_in_the_background_is_found_and_stopped() {
    let user = User::new();
    let words = ["serve", "--detach", "--json", "--addr", "127.0.0.1:0"];
    let started = without_engine(&user, &words);
    assert_eq!(started.code, 0, "{}", started.err);
    let banner: Value = serde_json::from_str(&started.out).unwrap();
    assert!(banner["log"].as_str().unwrap().ends_with("data/serve.log"));

    let status = done(&mut user.command(&["status", "--json"]));
    assert_eq!(status.code, 0, "{}", status.err);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["pid"], banner["pid"], "found by the lock of the data directory");

    let second = without_engine(&user, &["serve", "--addr", "127.0.0.1:0"]);
    assert_eq!(second.code, 1);
    let pid = format!("(pid {})", banner["pid"]);
    assert!(second.err.contains("is in use by") && second.err.contains(&pid), "{}", second.err);
    let other = user.home().join("other").display().to_string();
    let addr = banner["url"].as_str().unwrap().trim_start_matches("http://");
    let words = ["serve", "--detach", "--addr", addr, "--data-dir", &other];
    let third = without_engine(&user, &words);
    assert_eq!(third.code, 1);
    assert!(third.err.contains("did not start") && third.err.contains(&pid), "{}", third.err);

    let stopped = done(&mut user.command(&["stop"]));
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    assert!(stopped.out.contains(&format!("pid {}", banner["pid"])), "{}", stopped.out);
    assert_eq!(done(&mut user.command(&["stop"])).code, 4);
}

#[test]
fn waiting_for_readiness_gives_up_with_the_reason() {
    let user = User::new();
    let words = ["serve", "--ephemeral", "--detach", "--json", "--addr", "127.0.0.1:0"];
    let mut command = user.command(&words);
    command.args(["--wait", "--wait-timeout", "1"]).env("DOCKER_HOST", "unix:///nowhere.sock");
    command.env("SONOCODE_SANDBOX_KIND", "docker");
    let waited = done(&mut command);
    assert_eq!(waited.code, 6);
    assert!(waited.err.contains("no container engine"), "{}", waited.err);
    let banner: Value = serde_json::from_str(&waited.out).unwrap();
    let dir = banner["dataDir"].as_str().unwrap().to_owned();
    assert!(std::path::Path::new(&dir).exists(), "it runs");
    assert_eq!(done(&mut user.command(&["stop", "--data-dir", &dir])).code, 0);
    assert!(!std::path::Path::new(&dir).exists(), "it keeps nothing");
}

#[test]
fn demo_judges_a_right_and_a_wrong_program() {
    let user = User::new();
    let demo = done(&mut user.command(&["demo"]));
    assert_eq!(demo.code, 0, "{}\n{}", demo.out, demo.err);
    assert!(demo.out.contains("#1  AC  ") && demo.out.contains("#2  WA  "), "{}", demo.out);
    assert!(!user.home().join("data").exists(), "it keeps nothing");
}

#[test]
fn when_the_command_that_runs_the_daemon_ends_the_other_takes_over() {
    let user = User::new();
    package(&user);
    assert_eq!(done(&mut user.command(&["problem", "add", "echo"])).code, 0);
    // Burns processor time for a while on the first test, within the limit.
    user.file("slow.py", "import time\nwhile time.process_time() < 0.8: pass\nprint(input())\n");
    let words = ["submit", "slow.py", "-p", "echo", "--watch"];
    let mut first =
        user.process(&words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(first.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("#1  running") {
        assert_ne!(out.read_line(&mut text).unwrap(), 0, "ended early: {text}");
    }
    let mut second = user
        .process(&["watch", "1", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = BufReader::new(second.stdout.take().unwrap());
    let mut events = String::new();
    assert_ne!(seen.read_line(&mut events).unwrap(), 0, "it watches");
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&first),
        rustix::process::Signal::INT,
    )
    .unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(130));
    seen.read_to_string(&mut events).unwrap();
    let mut err = String::new();
    second.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(0), "{events}\n{err}");
    let seqs =
        events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].clone());
    let count = events.lines().count();
    assert!(seqs.eq((1..=count).map(Value::from)), "nothing lost or repeated: {events}");
}
