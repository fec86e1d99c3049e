//! `submit`, `cancel`, `rejudge` and the small commands.

use super::{User, done, fake::Fake};
use serde_json::Value;

#[test]
fn without_watch_it_prints_the_number() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "AC");
    let words = ["submit", "main.cpp", "--problem", "two-sum", "--url", &fake.url()];
    let first = done(&mut user.command(&words));
    assert_eq!((first.code, first.out.as_str(), first.err.as_str()), (0, "1\n", ""));
    let body = &fake.part().posted[0];
    assert_eq!(body["userId"], "ada");
    assert_eq!((&body["problemId"], &body["language"]), (&"two-sum".into(), &"cpp".into()));
    assert_eq!(body["code"], "AC");
}

#[test]
fn as_json_it_prints_the_submission() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.py", "WA");
    let words = ["submit", "main.py", "-p", "two-sum", "--json", "--user", "eve"];
    let done = done(user.command(&words).env("SONOCODE_URL", fake.url()));
    let submission: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((&submission["id"], &submission["userId"]), (&"1".into(), &"eve".into()));
    assert_eq!(done.out.lines().count(), 1);
}

#[test]
fn every_verdict_has_its_exit_code() {
    let (user, fake) = (User::new(), Fake::start());
    for (verdict, code) in [
        ("AC", 0),
        ("WA", 20),
        ("TLE", 21),
        ("MLE", 22),
        ("RE", 23),
        ("OLE", 24),
        ("CE", 25),
        ("PE", 26),
        ("IE", 6),
        ("CANCEL", 8),
    ] {
        user.file("main.cpp", verdict);
        let words = ["submit", "main.cpp", "-p", "two-sum", "--watch", "--url", &fake.url()];
        let done = done(&mut user.command(&words));
        assert_eq!(done.code, code, "{verdict}: {}", done.err);
        assert!(!done.out.contains(['\r', '\u{1b}']), "{verdict}: {}", done.out);
    }
}

#[test]
fn the_plain_form() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "WA");
    let words = ["submit", "main.cpp", "-p", "two-sum", "--watch", "--url", &fake.url()];
    let done = done(&mut user.command(&words));
    insta::assert_snapshot!(done.out, @r#"
    #1  submitted  two-sum  C++17  main.cpp (2 B)
    #1  started  by w1 after 0.1 s
    #1  running  3 tests
    #1  compiled  0.84 s
    #1  test 1/3  AC  01-sample  12 ms  3.1 MB
    #1  test 2/3  WA  02-neg  12 ms  3.1 MB  line 2: expected "-1", got "1"
    #1  test 3/3  AC  03-big  12 ms  3.1 MB
    #1  WA  on test 2 · 2/3 · max 12 ms (03-big) · 3.1 MB · waited 0.1 s
    "#);
    assert_eq!(done.err, "");
}

#[test]
fn the_json_form_is_the_journal() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "WA");
    let words = ["submit", "main.cpp", "-p", "two-sum", "--watch", "--json", "--url", &fake.url()];
    let done = done(&mut user.command(&words));
    let events: Vec<Value> = done.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = ["queued", "started", "running", "compiled", "test", "test", "test", "finished"];
    assert_eq!(kinds, expected);
    assert!(events.iter().zip(1..).all(|(event, seq)| event["seq"] == seq));
    assert_eq!(done.code, 20);
}

#[test]
fn colours_are_forced_or_not() {
    let (user, fake) = (User::new(), Fake::start());
    let words = ["problem", "verify", "ok", "--url", &fake.url()];
    fake.part().problems.push("ok".into());
    let forced = done(user.command(&words).env("CLICOLOR_FORCE", "1"));
    assert!(forced.out.contains('\u{1b}'), "{}", forced.out);
    let without = done(user.command(&words).env("NO_COLOR", "1"));
    assert!(!without.out.contains('\u{1b}'), "{}", without.out);
}

#[test]
fn expectations_decide_the_exit_code() {
    let (user, fake) = (User::new(), Fake::start());
    for (verdict, expected, code) in [
        ("TLE", "TLE", 0),
        ("TLE", "tle", 0),
        ("AC", "WA", 30),
        ("WA", "AC", 30),
        ("IE", "AC", 6),
        ("CANCEL", "AC", 8),
    ] {
        user.file("main.cpp", verdict);
        let words = ["submit", "main.cpp", "-p", "x", "--expect", expected, "--url", &fake.url()];
        let done = done(&mut user.command(&words));
        assert_eq!(done.code, code, "{verdict} {expected}: {}", done.err);
    }
}

#[test]
fn of_several_files_the_first_that_fails_decides() {
    let (user, fake) = (User::new(), Fake::start());
    for (name, verdict) in [("a.cpp", "AC"), ("b.cpp", "TLE"), ("c.py", "WA")] {
        user.file(name, verdict);
    }
    let words = ["submit", "a.cpp", "b.cpp", "c.py", "-p", "x", "--watch", "--url", &fake.url()];
    let done = done(&mut user.command(&words));
    assert_eq!(done.code, 21, "{}", done.err);
    for line in ["#1  AC ", "#2  TLE ", "#3  WA ", "#3  submitted  x  Python 3  c.py"] {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
}

#[test]
fn standard_input_needs_its_language() {
    let (user, fake) = (User::new(), Fake::start());
    let words = ["submit", "-", "-p", "x", "--watch", "--url", &fake.url()];
    let without = done(user.command(&words).write_stdin("AC"));
    assert_eq!(without.code, 2, "{}", without.err);
    let with = done(user.command(&words).args(["--lang", "C++17"]).write_stdin("RE"));
    assert_eq!(with.code, 23, "{}", with.err);
}

#[test]
fn what_is_not_there_is_4() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "AC");
    user.file("main.rs", "AC");
    user.file("empty.cpp", "");
    for (words, text) in [
        (&["submit", "none.cpp", "-p", "x"][..], "none.cpp: No such file"),
        (&["submit", "main.rs", "-p", "x"], "known are .cpp (cpp), .py (python)"),
        (&["submit", "empty.cpp", "-p", "x"], "empty"),
        (&["submit", "main.cpp", "-p", "x", "--lang", "zig"], "there are cpp, python"),
        (&["submit", "main.cpp", "-p", "nowhere"], "there is no problem `nowhere`"),
        (&["watch", "77"], "there is no submission 77"),
        (&["cancel", "77"], "there is no submission 77"),
        (&["problem", "show", "x"], "there is no problem `x`"),
        (&["problem", "remove", "x"], "there is no problem `x`"),
        (&["problem", "add", "x"], "x: no such file or folder"),
        (&["problem", "add", "main.cpp"], "main.cpp: "),
        (&["run", "none.cpp"], "none.cpp: No such file"),
    ] {
        let done = done(user.command(words).args(["--url", &fake.url()]));
        assert_eq!(done.code, 4, "{words:?}: {}", done.err);
        assert!(done.err.contains(text), "{words:?}: {}", done.err);
    }
}

#[test]
fn a_full_queue_is_tried_again_and_then_refused() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "AC");
    let words = ["submit", "main.cpp", "-p", "x", "--url", &fake.url()];
    fake.part().full = 3;
    let patient = done(&mut user.command(&words));
    assert_eq!((patient.code, patient.out.as_str()), (0, "1\n"));
    assert_eq!(patient.err.matches("the queue is full").count(), 1, "{}", patient.err);
    fake.part().full = u32::MAX;
    let refused = done(&mut user.command(&words));
    assert_eq!((refused.code, refused.out.as_str()), (5, ""));
    assert!(refused.err.contains("gave up after 10 attempt(s)"), "{}", refused.err);
}

#[test]
fn cancel_and_rejudge() {
    let (user, fake) = (User::new(), Fake::start());
    let url = fake.url();
    user.file("wrong.cpp", "WA");
    user.file("hang.cpp", "HANG");
    done(&mut user.command(&["submit", "wrong.cpp", "hang.cpp", "-p", "x", "--url", &url]));
    let ended = done(&mut user.command(&["cancel", "1", "--url", &url]));
    assert_eq!(ended.code, 5);
    assert!(ended.err.contains("submission 1 is finished already"), "{}", ended.err);
    let cancelled = done(&mut user.command(&["cancel", "#2", "--url", &url]));
    assert_eq!((cancelled.code, cancelled.out.as_str()), (0, "#2 cancelled\n"));
    let again = done(&mut user.command(&["rejudge", "1", "--watch", "--url", &url]));
    assert_eq!(again.code, 0, "the new verdict counts: {}", again.out);
    assert!(again.out.contains("#1  rejudged\n"), "{}", again.out);
}

#[test]
fn status_and_languages() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().data_dir = "/data".into();
    let status = done(&mut user.command(&["status", "--url", &fake.url()]));
    insta::assert_snapshot!(status.out, @r"
    Daemon      0.0.0 at http://127.0.0.1 (pid 1, up 61 s)
    Data        /data
    Roles       api, hub, worker
    Engine      Docker 99, cgroup v2, 1 idle cell
    Workers     1 of 2 busy
    Submissions 3 queued, 1 running, 5 finished, 0 cancelled
    Queue       0 runs, 3 submissions, 0 rejudges
    Problems    0
    Tokens      off
    Sockets     none
    Hub         0 events sent, 0 receipts, 0 resumes, 0 cut, 0 refused, 0 without a right token
    ");
    let languages = done(&mut user.command(&["languages", "--url", &fake.url()]));
    insta::assert_snapshot!(languages.out, @r"
     Id      Name      Also          Files  Toolchain  Where            Version
     cpp     C++17     cpp-alias     .cpp   host       /usr/bin/cpp     cpp 1.0
     python  Python 3  python-alias  .py    host       /usr/bin/python  python 1.0
    ");
    fake.part().engine_error = Some("no engine; start it".into());
    let status = done(&mut user.command(&["status", "--url", &fake.url()]));
    assert!(status.err.contains("cannot judge now: no engine; start it"), "{}", status.err);
    assert!(status.out.contains("Engine      none: no engine; start it"), "{}", status.out);
}

#[test]
fn a_daemon_is_found_by_the_lock_of_its_data_directory() {
    let (user, fake) = (User::new(), Fake::start());
    let data = user.home().join("data");
    fake.part().data_dir = data.display().to_string();
    let lock = format!(r#"{{"pid":1,"command":"sonocode submit","addr":"{}"}}"#, fake.addr);
    user.file("data/lock", &lock);
    user.file("main.cpp", "AC");
    let done = done(&mut user.command(&["submit", "main.cpp", "-p", "x", "--watch"]));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

#[test]
fn a_daemon_is_found_at_the_configured_address() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().data_dir = user.home().join("data").display().to_string();
    let addr = fake.addr.to_string();
    let done = done(user.command(&["languages"]).env("SONOCODE_ADDR", addr));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}
