//! `watch`: history, lost connections, time-outs and signals.

use super::{User, done, fake::Fake};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Stdio},
};

fn submit(user: &User, fake: &Fake, verdict: &str) {
    user.file("main.cpp", verdict);
    let words = ["submit", "main.cpp", "-p", "two-sum", "--url", &fake.url()];
    assert_eq!(done(&mut user.command(&words)).code, 0);
}

fn seqs(out: &str) -> Vec<u64> {
    let event = |line| serde_json::from_str::<Value>(line).unwrap();
    out.lines().map(|line| event(line)["seq"].as_u64().unwrap()).collect()
}

#[test]
fn history_is_shown_and_decides_the_exit_code() {
    let (user, fake) = (User::new(), Fake::start());
    submit(&user, &fake, "WA");
    submit(&user, &fake, "AC");
    let done = done(&mut user.command(&["watch", "2", "1", "--url", &fake.url()]));
    assert_eq!(done.code, 20, "{}", done.err);
    assert!(done.out.contains("#1  WA") && done.out.contains("#2  AC"), "{}", done.out);
}

#[test]
fn a_lost_connection_loses_and_repeats_nothing() {
    let (user, fake) = (User::new(), Fake::start());
    submit(&user, &fake, "WA");
    // Cut after three events, then at once, then after one more.
    fake.part().cuts = vec![3, 0, 2];
    let done = done(&mut user.command(&["watch", "1", "--json", "--url", &fake.url()]));
    assert_eq!(done.code, 20, "{}", done.err);
    assert_eq!(seqs(&done.out), (1..=8).collect::<Vec<_>>());
    assert_eq!(fake.part().afters, [0, 3, 3, 4], "the cursor is asked for");
    // Two losses: the second connection brought nothing, so it belongs to the first.
    let lost = done.err.matches("lost the daemon").count();
    assert!((1..=3).contains(&lost), "{}", done.err);
    assert!(done.err.contains("the daemon is back"), "{}", done.err);
}

#[test]
fn after_begins_later() {
    let (user, fake) = (User::new(), Fake::start());
    submit(&user, &fake, "AC");
    let words = ["watch", "1", "--after", "6", "--json", "--url", &fake.url()];
    assert_eq!(seqs(&done(&mut user.command(&words)).out), [7, 8]);
    submit(&user, &fake, "WA");
    let words = ["watch", "2", "--after", "8", "--url", &fake.url()];
    let nothing = done(&mut user.command(&words));
    assert_eq!(nothing.out, "");
    assert_eq!(nothing.code, 20, "the verdict counts though its event was seen before");
}

#[test]
fn a_user_is_followed_from_what_is_unfinished() {
    let (user, fake) = (User::new(), Fake::start());
    submit(&user, &fake, "AC");
    submit(&user, &fake, "HANG");
    submit(&user, &fake, "WA");
    let words = ["watch", "--user", "ada", "--json", "--timeout", "1", "--url", &fake.url()];
    let ended = done(&mut user.command(&words));
    assert_eq!(ended.code, 7, "{}", ended.err);
    let event = |line| serde_json::from_str::<Value>(line).unwrap();
    let shown: Vec<_> = ended.out.lines().map(|line| event(line)["submission"].clone()).collect();
    assert_eq!(shown, ["2"; 5]);
    let words = ["watch", "--user", "eve", "--json", "--timeout", "1", "--url", &fake.url()];
    assert_eq!(done(&mut user.command(&words)).out, "", "somebody else's are not shown");
    let words =
        ["watch", "--all", "--after", "0", "--json", "--timeout", "1", "--url", &fake.url()];
    let all = done(&mut user.command(&words));
    assert_eq!(all.out.lines().count(), 8 + 5 + 8);
}

#[test]
fn a_time_out_says_how_to_go_on() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "HANG");
    let words = ["submit", "main.cpp", "-p", "x", "--timeout", "1", "--url", &fake.url()];
    let done = done(&mut user.command(&words));
    assert_eq!(done.code, 7);
    assert!(done.err.contains("still judging; sonocode watch 1\n"), "{}", done.err);
}

/// Starts a command and waits until the first test's line is there.
fn at_the_first_test(user: &User, words: &[&str]) -> (Child, String) {
    let mut child =
        user.process(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("test 1/3") {
        assert_ne!(out.read_line(&mut text).unwrap(), 0, "ended early: {text}");
    }
    (child, text)
}

#[test]
fn signals_detach() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "HANG");
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let words = ["submit", "main.cpp", "-p", "x", "--watch", "--url", &fake.url()];
        let (mut child, _) = at_the_first_test(&user, &words);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(err.contains("still judging; sonocode watch "), "{err}");
    }
}
