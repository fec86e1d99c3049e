use super::*;
use crate::judge::{
    EventBody, Exit, GroupResult, Outcome, OutputStream, Score, TestRef, Usage, Verdict,
};
use std::sync::{Arc, Mutex};

/// A buffer that outlives the view which writes to it.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn usage(cpu_ms: u64, wall_ms: u64, memory_kib: u64) -> Usage {
    Usage { cpu_ms, wall_ms, memory_kib }
}

fn test(
    index: u32,
    name: &str,
    verdict: Verdict,
    usage: Usage,
    message: Option<&str>,
) -> EventBody {
    EventBody::Test {
        index,
        name: name.into(),
        verdict,
        usage,
        message: message.map(Into::into),
        group: None,
        points: None,
    }
}

fn queued() -> EventBody {
    let problem = Some("two-sum".parse().unwrap());
    EventBody::Queued { problem, language: "cpp".into(), source_bytes: 1229 }
}

fn started() -> EventBody {
    EventBody::Started { attempt: 1, worker: "w1".into(), waited_ms: 104 }
}

fn wrong() -> Vec<EventBody> {
    let tests = ["01-sample", "7-neg", "13-big"].map(String::from).to_vec();
    vec![
        queued(),
        started(),
        EventBody::Running { tests, version: None },
        EventBody::Compiled {
            ok: true,
            usage: usage(700, 840, 90_000),
            warnings: 2,
            output: "main.cpp:1: warning".into(),
            cached: false,
        },
        test(1, "01-sample", Verdict::Accepted, usage(12, 14, 3174), None),
        test(
            2,
            "7-neg",
            Verdict::WrongAnswer,
            usage(9, 11, 3072),
            Some("line 2: expected \"-1\", got \"1\""),
        ),
        test(3, "13-big", Verdict::Accepted, usage(412, 420, 18_637), None),
        EventBody::Finished(Outcome {
            verdict: Verdict::WrongAnswer,
            passed: 2,
            total: 3,
            failed: Some(TestRef { index: 2, name: "7-neg".into() }),
            slowest: Some(TestRef { index: 3, name: "13-big".into() }),
            cpu_ms: 412,
            memory_kib: 18_637,
            message: Some("line 2: expected \"-1\", got \"1\"".into()),
            score: None,
            groups: Vec::new(),
        }),
    ]
}

fn show(form: Form, tagged: bool, bodies: Vec<EventBody>) -> String {
    colored::control::set_override(false);
    let labels = Labels {
        languages: [("cpp".into(), "C++17".into())].into(),
        files: [(SubmissionId(1042), "main.cpp".into())].into(),
    };
    let buffer = Buffer::default();
    let mut view = View::to(Box::new(buffer.clone()), form, labels, tagged);
    for (seq, body) in (1..).zip(bodies) {
        view.event(&Event {
            v: 1,
            seq,
            pos: seq,
            ts: jiff::Timestamp::UNIX_EPOCH,
            submission: SubmissionId(1042),
            user: "ada".into(),
            body,
        })
        .unwrap();
    }
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_form_of_a_terminal_is_the_documented_one() {
    insta::assert_snapshot!(show(Form::Pretty, false, wrong()), @r#"
     Submitted  #1042  two-sum  C++17  main.cpp (1.2 KB)
      Compiled  0.84 s  2 warnings
           AC   01-sample     12 ms   3.1 MB
           WA   7-neg          9 ms   3.0 MB   line 2: expected "-1", got "1"
           AC   13-big       412 ms  18.2 MB
    ────────────
            WA  on test 2 · 2/3 · max 412 ms (13-big) · 18.2 MB · waited 0.1 s
    "#);
}

#[test]
fn several_at_once_say_whose_each_line_is() {
    insta::assert_snapshot!(show(Form::Pretty, true, wrong()), @r#"
     Submitted  #1042  two-sum  C++17  main.cpp (1.2 KB)
      Compiled  #1042  0.84 s  2 warnings
           AC   #1042  01-sample     12 ms   3.1 MB
           WA   #1042  7-neg          9 ms   3.0 MB   line 2: expected "-1", got "1"
           AC   #1042  13-big       412 ms  18.2 MB
    ────────────
            WA  #1042  on test 2 · 2/3 · max 412 ms (13-big) · 18.2 MB · waited 0.1 s
    "#);
}

#[test]
fn the_form_of_a_pipe_has_one_line_for_each_event() {
    let text = show(Form::Plain, false, wrong());
    insta::assert_snapshot!(text, @r#"
    #1042  submitted  two-sum  C++17  main.cpp (1.2 KB)
    #1042  started  by w1 after 0.1 s
    #1042  running  3 tests
    #1042  compiled  0.84 s  2 warnings
    #1042  test 1/3  AC  01-sample  12 ms  3.1 MB
    #1042  test 2/3  WA  7-neg  9 ms  3.0 MB  line 2: expected "-1", got "1"
    #1042  test 3/3  AC  13-big  412 ms  18.2 MB
    #1042  WA  on test 2 · 2/3 · max 412 ms (13-big) · 18.2 MB · waited 0.1 s
    "#);
    assert_eq!(text.lines().count(), wrong().len());
}

#[test]
fn json_is_the_wire_form() {
    let text = show(Form::Json, false, wrong());
    for line in text.lines() {
        serde_json::from_str::<Event>(line).unwrap();
    }
    assert_eq!(
        text.lines().nth(5).unwrap(),
        r#"{"v":1,"seq":6,"pos":6,"ts":"1970-01-01T00:00:00Z","submission":"1042","user":"ada","type":"test","index":2,"name":"7-neg","verdict":"WA","cpu_ms":9,"wall_ms":11,"memory_kib":3072,"message":"line 2: expected \"-1\", got \"1\""}"#
    );
}

#[test]
fn compilers_are_quoted_but_cannot_drive_the_terminal() {
    let bodies = || {
        vec![
            queued(),
            started(),
            EventBody::Compiled {
                ok: false,
                usage: usage(300, 310, 50_000),
                warnings: 0,
                output: "main.cpp:3:5: \x1b[31merror\x1b[0m\r\n  3 | int\n".into(),
                cached: false,
            },
            EventBody::Finished(Outcome::without_tests(Verdict::CompileError, 3, None)),
        ]
    };
    insta::assert_snapshot!(show(Form::Pretty, false, bodies()), @r"
     Submitted  #1042  two-sum  C++17  main.cpp (1.2 KB)
        Failed  to compile, after 0.31 s
        main.cpp:3:5: �[31merror�[0m
          3 | int
    ────────────
            CE  does not compile · 0/3 · waited 0.1 s
    ");
    insta::assert_snapshot!(show(Form::Plain, false, bodies()), @r"
    #1042  submitted  two-sum  C++17  main.cpp (1.2 KB)
    #1042  started  by w1 after 0.1 s
    #1042  failed to compile  0.31 s
    | main.cpp:3:5: �[31merror�[0m
    |   3 | int
    #1042  CE  does not compile · 0/3 · waited 0.1 s
    ");
}

#[test]
fn every_other_event() {
    let run = EventBody::Ran {
        exit: Exit::Signal(11),
        usage: usage(3, 4, 2048),
        stdout: "1\n2".into(),
        stderr: "oops".into(),
        truncated: true,
    };
    let bodies = || {
        vec![
            EventBody::Queued { problem: None, language: "zig".into(), source_bytes: 5 },
            started(),
            EventBody::Running { tests: Vec::new(), version: None },
            EventBody::Requeued { reason: "the worker\nstopped".into() },
            EventBody::Started { attempt: 2, worker: "w2".into(), waited_ms: 0 },
            EventBody::Output { stream: OutputStream::Stdout, text: "1\n".into() },
            run.clone(),
            EventBody::Compared { same: true, message: None, expected: "1".into() },
            EventBody::Compared {
                same: false,
                message: Some("line\n1".into()),
                expected: "1".into(),
            },
            EventBody::Finished(Outcome::without_tests(
                Verdict::InternalError,
                0,
                Some("the cell failed".into()),
            )),
            EventBody::Rejudged,
            EventBody::Cancelled,
        ]
    };
    insta::assert_snapshot!(show(Form::Pretty, false, bodies()), @r"
     Submitted  #1042  custom run  zig  main.cpp (5 B)
      Requeued  the worker stopped
           Ran  signal 11 (SIGSEGV) · 3 ms · 2.0 MB, output cut
        1
        2
        oops
      Compared  same as the reference
      Compared  differs: line 1
    ────────────
            IE  the judge failed · waited 0.0 s
        the cell failed
      Rejudged
    ────────────
     Cancelled  custom run  zig  main.cpp (5 B)
    ");
    insta::assert_snapshot!(show(Form::Plain, false, bodies()), @r"
    #1042  submitted  custom run  zig  main.cpp (5 B)
    #1042  started  by w1 after 0.1 s
    #1042  running
    #1042  requeued  the worker stopped
    #1042  started  by w2 after 0.0 s, attempt 2
    #1042  ran  signal 11 (SIGSEGV)  3 ms  2.0 MB  output cut
    | 1
    | 2
    | oops
    #1042  compared  same as the reference
    #1042  compared  differs: line 1
    #1042  IE  the judge failed · waited 0.0 s
    | the cell failed
    #1042  rejudged
    #1042  cancelled
    ");
}

#[test]
fn a_program_that_slept_shows_the_wall_time() {
    let slept = test(1, "1", Verdict::TimeLimitExceeded, usage(2, 3004, 1024), None);
    insta::assert_snapshot!(show(Form::Pretty, false, vec![slept]), @"       TLE  1              2 ms   1.0 MB   3.00 s of wall time");
}

#[test]
fn the_test_that_runs_is_the_one_after_the_last_that_ended() {
    let mut card = Card::default();
    let mut seen = Vec::new();
    for (seq, body) in (1..).zip(wrong()) {
        let event = Event {
            v: 1,
            seq,
            pos: seq,
            ts: jiff::Timestamp::UNIX_EPOCH,
            submission: SubmissionId(1),
            user: String::new(),
            body,
        };
        card.apply(&event, &Labels::default());
        seen.push((card.phase, card.current_test().unwrap_or("").to_owned()));
    }
    let expected = [
        (Phase::Queued, ""),
        (Phase::Preparing, ""),
        (Phase::Preparing, ""),
        (Phase::Running, "01-sample"),
        (Phase::Running, "7-neg"),
        (Phase::Running, "13-big"),
        (Phase::Running, ""),
        (Phase::Ended, ""),
    ];
    assert_eq!(seen, expected.map(|(phase, test)| (phase, test.to_owned())));
    assert_eq!((card.done, card.failed), (3, 1));
}

#[test]
fn a_later_attempt_counts_anew() {
    let mut card = Card::default();
    let again = [EventBody::Requeued { reason: String::new() }, started()];
    for (seq, body) in (1..).zip(wrong().into_iter().chain(again)) {
        let event = Event {
            v: 1,
            seq,
            pos: seq,
            ts: jiff::Timestamp::UNIX_EPOCH,
            submission: SubmissionId(1),
            user: String::new(),
            body,
        };
        card.apply(&event, &Labels::default());
    }
    assert_eq!((card.done, card.failed, card.ending.is_none()), (0, 0, true));
}

#[test]
fn tables_in_a_pipe_are_aligned_words() {
    colored::control::set_override(false);
    let columns = [table::Column("Slug", false), table::Column("Tests", true)];
    let rows = vec![vec!["two-sum".into(), "30".into()], vec!["a".into(), "5".into()]];
    insta::assert_snapshot!(table::table(&columns, rows), @r"
     Slug     Tests
     two-sum     30
     a            5
    ");
}

#[test]
fn groups_and_points() {
    let names = ["01-sample", "02-a", "03-a", "04-b", "05-c"].map(String::from).to_vec();
    let of = |body: EventBody, name: &str, earned: Option<f64>| match body {
        EventBody::Test { index, name: test, verdict, usage, message, .. } => EventBody::Test {
            index,
            name: test,
            verdict,
            usage,
            message,
            group: Some(name.into()),
            points: earned,
        },
        other => other,
    };
    let used = usage(12, 14, 3174);
    let result = |name: &str, verdict, points, max, passed, skipped, total| GroupResult {
        name: name.into(),
        verdict,
        points,
        max,
        passed,
        skipped,
        total,
    };
    let bodies = || {
        vec![
            queued(),
            EventBody::Running { tests: names.clone(), version: None },
            test(1, "01-sample", Verdict::Accepted, used, None),
            of(test(2, "02-a", Verdict::Accepted, used, None), "small", Some(15.0)),
            of(test(3, "03-a", Verdict::WrongAnswer, used, Some("close")), "small", Some(7.5)),
            EventBody::Skipped {
                index: 4,
                name: "04-b".into(),
                group: Some("large".into()),
                reason: "group small failed".into(),
            },
            EventBody::Skipped {
                index: 5,
                name: "05-c".into(),
                group: None,
                reason: "test 3 failed".into(),
            },
            EventBody::Finished(Outcome {
                score: Some(Score { points: 22.5, max: 100.0 }),
                groups: vec![
                    result("small", Some(Verdict::WrongAnswer), 22.5, 30.0, 1, 0, 2),
                    result("large", None, 0.0, 70.0, 0, 1, 1),
                ],
                passed: 2,
                failed: Some(TestRef { index: 3, name: "03-a".into() }),
                ..Outcome::without_tests(Verdict::WrongAnswer, 5, None)
            }),
        ]
    };
    insta::assert_snapshot!(show(Form::Pretty, false, bodies()), @r"
     Submitted  #1042  two-sum  C++17  main.cpp (1.2 KB)
           AC   01-sample     12 ms   3.1 MB
         Group  small
           AC   02-a          12 ms   3.1 MB   15 points
           WA   03-a          12 ms   3.1 MB   7.5 points, close
         Group  large
           –    04-b       group small failed
           –    05-c       test 3 failed
    ────────────
                22.5/30 points  small  WA  1/2 tests
                0/70 points  large  not run  0/1 tests
            WA  on test 3 · 2/5 · 22.5/100 points · waited 0.0 s
    ");
    insta::assert_snapshot!(show(Form::Plain, false, bodies()), @r"
    #1042  submitted  two-sum  C++17  main.cpp (1.2 KB)
    #1042  running  5 tests
    #1042  test 1/5  AC  01-sample  12 ms  3.1 MB
    #1042  test 2/5 of small  AC  02-a  12 ms  3.1 MB  15 points
    #1042  test 3/5 of small  WA  03-a  12 ms  3.1 MB  7.5 points, close
    #1042  test 4/5 of large  skipped  04-b  group small failed
    #1042  test 5/5  skipped  05-c  test 3 failed
    #1042  WA  on test 3 · 2/5 · 22.5/100 points · waited 0.0 s
    | 22.5/30 points  small  WA  1/2 tests
    | 0/70 points  large  not run  0/1 tests
    ");
}
