//! `clarify`: asked, answered, listed, announced and watched.

use super::{User, done};
use crate::house::{House, PATIENCE, Package};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
};

/// A command that goes on, and its lines; killed when it is dropped.
struct Running(Child, Receiver<String>);

impl Running {
    fn start(user: &User, words: &[&str]) -> Self {
        let mut child = user.process(words).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self(child, receiver)
    }

    /// The next line that is a message in JSON.
    fn message(&self) -> Value {
        loop {
            let line = self.1.recv_timeout(PATIENCE).expect("no line comes");
            let frame: Value = serde_json::from_str(&line).unwrap();
            if ["NEW_MESSAGE", "MESSAGE_SENT"].contains(&frame["type"].as_str().unwrap()) {
                return frame;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_watched_and_answered() {
    let house = House::build().start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let url = house.url.clone();
    let talk = move || {
        let user = User::new();
        let run = |words: &[&str]| {
            let words = [words, &["--url", &url]].concat();
            done(&mut user.command(&words))
        };
        let words = ["clarify", "watch", "--setter", "--user", "root", "--json", "--url", &url];
        let setter = Running::start(&user, &words);

        let asked = run(&["clarify", "ask", "sum", "May they be\nnegative?"]);
        assert_eq!(asked.code, 0, "{}", asked.err);
        let id = asked.out.trim().strip_prefix('#').unwrap().strip_suffix(" asked").unwrap();
        let heard = setter.message();
        assert_eq!((&heard["messageId"], &heard["from"]), (&id.into(), &"ada".into()));

        let open = run(&["clarify", "list", "--unanswered", "--problem", "sum", "--json"]);
        let open: Value = serde_json::from_str(&open.out).unwrap();
        assert_eq!((&open["id"], &open["answered"]), (&id.into(), &false.into()));
        let others = run(&["clarify", "list", "--user", "eve"]);
        assert_eq!((others.out.as_str(), others.code), ("", 0));
        assert!(others.err.contains("no such clarifications"), "{}", others.err);

        let reply = format!("#{id}");
        let answered = run(&["clarify", "answer", &reply, "No.", "--user", "root"]);
        assert_eq!(answered.out, format!("#{id} answered to ada\n"), "{}", answered.err);
        let all = run(&["clarify", "answer", id, "Never.", "--all", "--user", "root"]);
        assert_eq!(all.out, format!("#{id} answered to everyone\n"), "{}", all.err);
        assert_eq!(setter.message()["content"], "No.");
        assert_eq!(setter.message()["quote"], "May they be\nnegative?");
        let told = run(&["clarify", "announce", "Lunch at noon.", "--user", "root"]);
        assert!(told.out.ends_with(" announced\n"), "{} {}", told.out, told.err);

        let list = run(&["clarify", "list"]);
        let lines: Vec<&str> = list.out.lines().collect();
        assert!(lines[0].starts_with(&format!("#{id} sum · ada · ")), "{}", list.out);
        assert!(lines[0].ends_with(" · answered"), "{}", list.out);
        assert_eq!(lines[1..3], ["    May they be", "    negative?"]);
        assert!(lines[5].contains("▸ root, to everyone · "), "{}", list.out);
        assert_eq!(lines.last(), Some(&"    Lunch at noon."));
        assert_eq!(run(&["clarify", "list", "--unanswered"]).out, "");

        // Begun later, and it has what came before.
        let late = Running::start(&user, &["clarify", "watch", "--json", "--url", &url]);
        assert_eq!(late.message()["messageId"], id);

        for (words, code) in [
            (&["clarify", "ask", "none", "x"][..], 4),
            (&["clarify", "ask", "sum", "  "], 2),
            (&["clarify", "ask", "Not A Slug", "x"], 2),
            (&["clarify", "answer", "999999", "x"], 4),
            (&["clarify", "answer", "x", "x"], 2),
            (&["clarify", "announce", &"x".repeat(20_000)], 5),
            (&["clarify", "list", "--limit", "0"], 2),
        ] {
            let refused = run(words);
            assert_eq!(
                (refused.code, refused.out.as_str()),
                (code, ""),
                "{words:?} {}",
                refused.err
            );
        }
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
    house.stop().await;
}

#[test]
fn without_a_daemon_the_command_runs_one_and_what_was_said_stays() {
    let user = User::new();
    let told = done(user.command(&["clarify", "announce", "-"]).write_stdin("Hello.\n"));
    assert_eq!(told.code, 0, "{}", told.err);
    let list = done(&mut user.command(&["clarify", "list", "--json"]));
    let list: Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!((&list["content"], &list["from"]), (&"Hello.".into(), &"ada".into()));
}
