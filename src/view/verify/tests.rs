use super::*;
use crate::{
    judge::{Expectation, Line, Speaker, Talk, Verdict},
    verify::report::{Binding, Column, Row, TimingReport},
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

fn row(path: &str, permitted: &[Verdict], required: &[Verdict]) -> Row {
    let expectation = Expectation {
        permitted: permitted.iter().copied().collect(),
        required: required.iter().copied().collect(),
        ..Expectation::default()
    };
    Row { path: path.into(), language: "cpp".into(), expectation }
}

fn judged(solution: usize, test: usize, verdict: Verdict, cpu_ms: u64) -> Step {
    Step::Judged {
        solution,
        test,
        verdict,
        cpu_ms,
        memory_kib: 3072,
        cached: false,
        alone: false,
        message: None,
        talk: None,
    }
}

fn settled(solution: usize, verdict: Verdict, ok: bool) -> Step {
    Step::Settled { solution, verdict, score: None, ok }
}

fn finding(severity: Severity, file: &str, detail: Option<&str>) -> Finding {
    Finding {
        code: "solution-verdict".into(),
        severity,
        file: file.into(),
        line: Some(3),
        message: "must be WA and is AC".into(),
        mend: "move it".into(),
        reproduce: "sonocode problem verify two-sum".into(),
        detail: detail.map(Into::into),
    }
}

fn summary(errors: usize, warnings: usize) -> Summary {
    let binding = |solution: &str, cpu_ms, margin| Binding {
        solution: solution.into(),
        test: "secret/2".into(),
        cpu_ms,
        margin,
    };
    Summary {
        problem: "two-sum".parse().unwrap(),
        agree: 2,
        solutions: 3,
        errors,
        warnings,
        notes: 0,
        runs: 9,
        cached: 3,
        timing: Some(TimingReport {
            limit_ms: 1000,
            inferred_ms: 2000,
            lower: Some(binding("accepted/main.cpp", 118, 8.47)),
            upper: Some(binding("time_limit_exceeded/slow.cpp", 2000, 2.0)),
            sensitive: true,
        }),
        elapsed_ms: 12_140,
    }
}

fn steps() -> Vec<Step> {
    use Verdict::{Accepted as AC, TimeLimitExceeded as TLE, WrongAnswer as WA};
    let column = |name: &str, tests: &[usize]| Column { name: name.into(), tests: tests.into() };
    vec![
        Step::Begun {
            problem: "two-sum".parse().unwrap(),
            tests: ["sample/1", "secret/1", "secret/2"].map(String::from).into(),
            columns: vec![column("sample", &[0]), column("secret", &[1, 2])],
            solutions: vec![
                row("accepted/main.cpp", &[AC], &[AC]),
                row("time_limit_exceeded/slow.cpp", &[AC, TLE], &[TLE]),
                row("wrong_answer/off.py", &[AC, WA], &[WA]),
                row("wrong_answer/broken.py", &[AC, WA], &[WA]),
            ],
        },
        Step::Phase { name: "solutions".into(), total: 9 },
        judged(0, 0, AC, 2),
        judged(0, 1, AC, 118),
        judged(0, 2, AC, 20),
        settled(0, AC, true),
        judged(1, 0, AC, 2),
        judged(1, 1, AC, 2),
        judged(1, 2, TLE, 2000),
        settled(1, TLE, true),
        judged(2, 0, AC, 12),
        judged(2, 1, AC, 12),
        judged(2, 2, AC, 12),
        settled(2, AC, false),
        Step::Unbuilt {
            solution: 3,
            verdict: Verdict::CompileError,
            message: "line 1".into(),
            ok: false,
        },
        Step::Phase { name: "answers".into(), total: 1 },
        Step::Found(finding(Severity::Warning, "tests/secret/2.in", None)),
        Step::Found(finding(
            Severity::Error,
            "solutions/wrong_answer/off.py",
            Some("line 1\n\u{1b}[31mline 2\n"),
        )),
        Step::Done(summary(1, 1)),
    ]
}

fn shown(form: Form, steps: &[Step]) -> String {
    shown_with(form, steps, false)
}

fn shown_with(form: Form, steps: &[Step], transcripts: bool) -> String {
    let buffer = Buffer::default();
    let view = VerifyView::to(Box::new(buffer.clone()), form);
    let mut view = view.with_transcripts(transcripts);
    for step in steps {
        view.step(step).unwrap();
    }
    String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn in_a_pipe_each_solution_is_a_line() {
    insta::assert_snapshot!(shown(Form::Plain, &steps()), @r"
    ok two-sum accepted/main.cpp (AC): sample AC, secret AC; max 118 ms
    ok two-sum time_limit_exceeded/slow.cpp (TLE): sample AC, secret AC 1 · TLE 1; max 2.00 s
    WRONG two-sum wrong_answer/off.py (WA): sample AC, secret AC; max 12 ms
    WRONG two-sum wrong_answer/broken.py (WA): sample CE, secret CE; max 0 ms
    error[solution-verdict] solutions/wrong_answer/off.py:3: must be WA and is AC
      mend: move it
      reproduce: sonocode problem verify two-sum
      | line 1
      | �[31mline 2
    warning[solution-verdict] tests/secret/2.in:3: must be WA and is AC
      mend: move it
      reproduce: sonocode problem verify two-sum
    time limit 1.00 s; the solutions say 2.00 s
      slowest that must fit: accepted/main.cpp, 118 ms on secret/2 (margin 8.5×)
      fastest that must not: time_limit_exceeded/slow.cpp, 2.00 s on secret/2 (margin 2.0×)
      time-sensitive: another machine may judge otherwise
    two-sum: 2 of 3 solutions as expected · 1 error, 1 warning · 9 runs, 3 known before · 12.1 s
    ");
}

#[test]
fn the_matrix_has_a_row_for_each_solution() {
    let mut matrix = Matrix::default();
    let steps = steps();
    steps[..7].iter().for_each(|step| matrix.apply(step));
    matrix.apply(&judged(1, 1, Verdict::WrongAnswer, 2));
    insta::assert_snapshot!(matrix.table(), @r"
     Solution                      Must be  sample  secret  Max time  Memory
     accepted/main.cpp             AC       AC      AC        118 ms  3.0 MB  ok
     time_limit_exceeded/slow.cpp  TLE      AC      1/2 WA      2 ms  3.0 MB
     wrong_answer/off.py           WA       ·       ·
     wrong_answer/broken.py        WA       ·       ·
    ");
    assert!(!matrix.live(9).contains("accepted/main.cpp"), "what has ended does not move");
    assert_eq!(matrix.live(1).lines().count(), 2, "the one that runs, below the head");
    // Timed again, alone: the new verdict takes the place of the old one.
    steps[7..].iter().for_each(|step| matrix.apply(step));
    matrix.apply(&judged(1, 2, Verdict::Accepted, 900));
    assert!(matrix.table().contains("TLE      AC      AC        900 ms"), "{}", matrix.table());
}

#[test]
fn as_json_the_steps_are_as_they_came() {
    let steps = steps();
    let text = shown(Form::Json, &steps);
    let read: Vec<Step> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, steps);
}

#[test]
fn warnings_fail_only_where_they_are_to() {
    assert!(passed(&summary(0, 0), true) && passed(&summary(0, 1), false));
    assert!(!passed(&summary(0, 1), true) && !passed(&summary(1, 0), false));
}

#[test]
fn a_report_has_a_case_for_each_solution_and_finding() {
    let report = |strict| {
        let mut view = VerifyView::to(Box::new(io::sink()), Form::Plain);
        for step in &steps() {
            view.step(step).unwrap();
        }
        let mut report = Report::new(strict);
        report.add(view.matrix(), view.findings(), view.summary().unwrap());
        report.add_failure("gone", "no such problem");
        let mut xml = Vec::new();
        report.write(&mut xml).unwrap();
        String::from_utf8(xml).unwrap()
    };
    let xml = report(false);
    assert!(xml.contains(r#"tests="5""#) && xml.contains(r#"failures="3""#), "{xml}");
    assert!(xml.contains("must be WA, is CE") && xml.contains("no such problem"), "{xml}");
    assert!(!xml.contains('\u{1b}'), "{xml}");
    assert!(report(true).contains("tests/secret/2.in"), "warnings fail too");
}

#[test]
fn what_must_become_of_a_solution_is_said_in_a_few_words() {
    use Verdict::{Accepted, RuntimeError, WrongAnswer};
    let words = |permitted: &[Verdict], required: &[Verdict]| {
        matrix::must(&row("x", permitted, required).expectation)
    };
    assert_eq!(words(&[], &[]), "anything");
    assert_eq!(words(&[Accepted], &[]), "only AC");
    assert_eq!(words(&[], &[WrongAnswer, RuntimeError]), "WA RE");
    let but: Vec<Verdict> = Verdict::ALL.into_iter().filter(|v| *v != Accepted).collect();
    assert_eq!(words(&[], &but), "not AC");
    let scored = Expectation { score: Some([0.5, 99.0]), ..Expectation::default() };
    assert_eq!(matrix::must(&scored), "0.5..99 points");
}

#[test]
fn transcripts_are_shown_on_demand() {
    let line = |from, at_ms, text: &str| Line { from, at_ms, text: text.into(), open: false };
    let talk = Talk {
        head: vec![line(Speaker::Program, 12, "7"), line(Speaker::Interactor, 1013, "lower\u{1b}")],
        left_out: 0,
        tail: Vec::new(),
        first: Speaker::Interactor,
        program: "signal 13 (SIGPIPE)".into(),
        interactor: "exit code 43".into(),
        deadlock: false,
    };
    let mut steps = steps();
    for step in &mut steps {
        if let Step::Judged { solution: 2, test: 1, talk: said, .. } = step {
            *said = Some(Box::new(talk.clone()));
        }
    }
    let expected = "wrong_answer/off.py on secret/1: AC; the interactor ended first: exit code 43; \
                    the program: signal 13 (SIGPIPE)\n  |   0.012 s > 7\n  |   1.013 s < lower\u{fffd}\n";
    let text = shown_with(Form::Plain, &steps, true);
    assert!(text.contains(expected), "{text}");
    assert!(!shown(Form::Plain, &steps).contains("ended first"));
}
