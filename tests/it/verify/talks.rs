//! Interactive problems: what was said on both sides, who ended first, and who waits for whom.

use super::{Verified, Verifier};
use crate::house::Package;
use serde_json::json;
use sonocode::{
    judge::{Speaker, Talk, Verdict},
    verify::report::{Severity, Step},
};

/// Guess the number in the input with at most five questions.
const TALK: &str = "import sys
secret = int(open(sys.argv[1]).read())
for _ in range(5):
    line = sys.stdin.readline()
    if not line: sys.exit(43)
    if int(line) < 0: raise ValueError('negative')
    print('lower' if secret < int(line) else 'higher' if secret > int(line) else 'right', flush=True)
    if int(line) == secret: sys.exit(42)
sys.exit(43)
";

const RIGHT: &str = "low, high = 1, 15
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    said = input()
    if said == 'right': break
    if said == 'lower': high = middle - 1
    else: low = middle + 1
";

fn guess() -> Package {
    Package::new("guess")
        .manifest(
            "[limits]\ntime_ms = 1000\nwall_ms = 900000\n\
             [interactor]\nprogram = \"talk.py\"\nconvention = \"icpc\"\n",
        )
        .file("interactor/talk.py", TALK)
        .file("solutions/accepted/main.py", RIGHT)
        .file("solutions/wrong_answer/seven.py", "for _ in range(9): print(7, flush=True); input()")
        .test("01-sample", "8\n", "\n")
        .test("02", "5\n", "\n")
}

/// What was told to be said, by solution and test.
fn talks(verified: &Verified) -> Vec<(usize, usize, Talk)> {
    let talk = |step: &Step| match step {
        Step::Judged { solution, test, talk: Some(talk), .. } => {
            Some((*solution, *test, (**talk).clone()))
        }
        _ => None,
    };
    verified.steps.iter().filter_map(talk).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_told_where_it_matters() {
    let verifier = Verifier::start().await;
    let only = json!({"solutionsOnly": true});
    let verified = verifier.verify_with(&guess(), only.clone()).await;
    assert_eq!(verified.codes(), [""; 0], "{:#?}", verified.findings());
    let told = talks(&verified);
    assert_eq!(told.len(), 2, "only what was not accepted: {told:?}");
    let (solution, _, talk) = told.iter().find(|(_, test, _)| *test == 1).unwrap();
    assert_eq!((*solution, talk.first, talk.deadlock), (1, Speaker::Interactor, false));
    assert_eq!(talk.interactor, "exit code 43");
    let lines: Vec<_> = talk.head.iter().map(|line| (line.from, line.text.as_str())).collect();
    assert_eq!(lines[..2], [(Speaker::Program, "7"), (Speaker::Interactor, "lower")]);
    assert!(talk.tail.is_empty() && lines.len() >= 10, "{lines:?}");
    assert!(talk.head.windows(2).all(|two| two[0].at_ms <= two[1].at_ms), "{talk:?}");

    // All of it on demand, though nothing is run again.
    let all = json!({"solutionsOnly": true, "transcripts": true});
    let all = verifier.verify_with(&guess(), all).await;
    assert_eq!((all.summary.runs, talks(&all).len()), (0, 4));

    // The wrong twins: each finding says who ended first and how, and shows what was said.
    let twin = guess()
        .file("solutions/accepted/stops.py", "print(8, flush=True)\ninput()\nraise SystemExit(3)")
        .file("solutions/accepted/seven.py", "for _ in range(9): print(7, flush=True); input()");
    let twin = verifier.verify_with(&twin, only.clone()).await;
    twin.assert_useful();
    let findings = twin.findings();
    let of = |file: &str| {
        let file = format!("solutions/accepted/{file}");
        *findings.iter().find(|finding| finding.file == file).unwrap()
    };
    assert_eq!(
        (of("seven.py").code.as_str(), of("stops.py").code.as_str()),
        ("solution-verdict", "solution-verdict")
    );
    let message = &of("seven.py").message;
    assert!(message.contains("got WA on 01-sample and on another test (the interactor ended first: exit code 43; the program: "), "{message}");
    let detail = of("seven.py").detail.as_deref().unwrap();
    assert!(detail.contains(" > 7\n") && detail.contains(" < higher\n"), "{detail}");
    let message = &of("stops.py").message;
    assert!(message.contains("got RE on ") && message.contains("exit code 3"), "{message}");

    // An interactor that stumbles: after what?
    let negative =
        guess().file("solutions/wrong_answer/negative.py", "print(-1, flush=True)\ninput()");
    let negative = verifier.verify_with(&negative, only).await;
    let failure = negative.only("judge-failure");
    assert!(failure.message.contains("the interactor ended first: exit code 1"), "{failure:?}");
    let detail = failure.detail.as_deref().unwrap();
    assert!(detail.contains("ValueError: negative") && detail.contains(" > -1\n"), "{detail}");
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_told_and_is_no_slowness() {
    let verifier = Verifier::start().await;
    let unflushed = "import sys\nprint(8)\nsys.stdin.readline()\n";
    let timing = "[timing]\nac_to_time_limit = 2.0\ntime_limit_to_tle = 1.5\n";
    let only = json!({"solutionsOnly": true});
    // It may be what a solution is there to show, and then it says nothing of the time limit.
    let meant =
        guess().manifest(timing).file("solutions/time_limit_exceeded/unflushed.py", unflushed);
    let meant = verifier.verify_with(&meant, only.clone()).await;
    assert_eq!(meant.codes(), [""; 0], "{:#?}", meant.findings());
    let note = meant.only("solution-deadlock");
    assert_eq!(note.severity, Severity::Note);
    assert!(note.message.contains("neither has written anything"), "{note:?}");
    assert!(meant.summary.timing.as_ref().unwrap().upper.is_none(), "{:?}", meant.summary);

    // Else it is wrong. Each says who owes something.
    for (code, words) in [
        (unflushed, "neither has written anything"),
        ("print(8, end='', flush=True)\ninput()", "what the program wrote last, after "),
        (
            "import sys\nprint(1, flush=True)\ninput()\nprint(8)\nsys.stdin.readline()",
            "the program owes an answer, or did not flush it",
        ),
    ] {
        let wrong = guess().file("solutions/accepted/wrong.py", code);
        let wrong = verifier.verify_with(&wrong, only.clone()).await;
        wrong.assert_useful();
        let finding = wrong.only("solution-deadlock");
        assert_eq!(finding.severity, Severity::Error);
        assert!(finding.message.starts_with("got TLE on 01-sample"), "{finding:?}");
        assert!(finding.message.contains(words), "{finding:?}");
        let judged = wrong.steps.iter().any(|step| {
            matches!(step, Step::Judged { verdict: Verdict::TimeLimitExceeded, message: Some(message), .. } if message.contains("did it flush"))
        });
        assert!(judged, "{:?}", wrong.steps);
    }
    verifier.stop().await;
}
