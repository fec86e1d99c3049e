//! Solutions: verdicts, scores, words, and what was known before.

use super::Verifier;
use crate::house::Package;
use reqwest::StatusCode;
use serde_json::json;
use sonocode::{
    judge::Verdict,
    verify::report::{Severity, Step},
};

const RIGHT: &str = "print(sum(map(int, input().split())))\n";
const DIFFERENCE: &str = "a, b = map(int, input().split())\nprint(a - b)\n";

/// Add two numbers: a right solution and a wrong one.
fn sum() -> Package {
    Package::new("sum")
        .test("01-sample", "1 2\n", "3\n")
        .test("02", "5 0\n", "5\n")
        .file("solutions/wrong_answer/difference.py", DIFFERENCE)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_is_right_and_its_twins() {
    let verifier = Verifier::start().await;
    let right = verifier.verify_with(&sum(), json!({"solutionsOnly": true})).await;
    assert_eq!(right.codes(), [""; 0], "{:#?}", right.findings());
    assert_eq!((right.summary.agree, right.summary.solutions, right.summary.runs), (2, 2, 4));
    let Step::Begun { tests, columns, solutions, .. } = &right.steps[0] else {
        panic!("{:?}", right.steps[0]);
    };
    assert_eq!((tests.len(), columns.len(), solutions.len()), (2, 2, 2));
    let judged: Vec<_> = right
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Judged { solution, test, verdict, cached: false, .. } => {
                Some((*solution, *test, *verdict))
            }
            _ => None,
        })
        .collect();
    for expected in [
        (0, 0, Verdict::Accepted),
        (0, 1, Verdict::Accepted),
        (1, 0, Verdict::WrongAnswer),
        (1, 1, Verdict::Accepted),
    ] {
        assert!(judged.contains(&expected), "{expected:?} in {judged:?}");
    }

    // Nothing has changed, so nothing is run; an edit runs what it touched.
    let again = verifier.verify_with(&sum(), json!({"solutionsOnly": true})).await;
    assert_eq!((again.summary.runs, again.summary.cached, again.summary.agree), (0, 4, 2));
    let edited = sum().test("02", "6 0\n", "6\n");
    let edited = verifier.verify_with(&edited, json!({"solutionsOnly": true})).await;
    assert_eq!((edited.summary.runs, edited.summary.cached), (2, 2));
    let fresh = verifier.verify_with(&sum(), json!({"solutionsOnly": true, "fresh": true})).await;
    assert_eq!((fresh.summary.runs, fresh.summary.cached), (4, 0));

    let twin = sum().file("solutions/accepted/other.py", DIFFERENCE);
    let twin = verifier.verify(&twin).await;
    let finding = twin.only("solution-verdict");
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(finding.file, "solutions/accepted/other.py");
    assert!(finding.message.contains("got WA on 01-sample"), "{}", finding.message);
    assert_eq!(
        finding.reproduce,
        "sonocode problem verify sum --solutions accepted/other.py --tests 01-sample"
    );
    twin.assert_useful();

    let twin = sum().file("solutions/wrong_answer/right.py", RIGHT);
    let twin = verifier.verify(&twin).await;
    let finding = twin.only("solution-missing-verdict");
    assert_eq!(finding.file, "solutions/wrong_answer/right.py");

    let twin = sum().file("solutions/accepted/broken.cpp", "int main() { return nothing; }");
    let twin = verifier.verify(&twin).await;
    let finding = twin.only("solution-compile");
    assert!(finding.detail.as_ref().unwrap().contains("nothing"), "{finding:?}");
    let unbuilt = twin.steps.iter().any(|step| {
        matches!(step, Step::Unbuilt { verdict, ok: false, .. }
            if *verdict == Verdict::CompileError)
    });
    assert!(unbuilt);

    // Some of the tests only: what is missing there may be elsewhere.
    let some = json!({"tests": ["02"], "solutions": ["wrong_answer/*"]});
    let some = verifier.verify_with(&sum(), some).await;
    assert_eq!((some.codes(), some.summary.solutions), (vec![], 1));
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_checked_and_problems_must_be_there() {
    let verifier = Verifier::start().await;
    let house = &verifier.house;
    let reply = house.post("/api/v1/problems/none/verify", json!({})).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    house.add(&sum()).await;
    let wrong = json!({"jobs": "many"});
    let reply = house.post("/api/v1/problems/sum/verify", wrong).await;
    assert_eq!((reply.status, reply.fields()), (StatusCode::BAD_REQUEST, vec!["jobs"]));
    let stored = verifier.verify_stored("sum", json!({"jobs": 1})).await;
    assert_eq!(stored.summary.agree, 2);
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_that_judges_say() {
    let verifier = Verifier::start().await;
    let only = json!({"solutionsOnly": true});
    let fixed = |score: u32| {
        let manifest = format!(
            "[static_validator]\nprogram = \"s.py\"\npoints = 40\n\
             [[groups]]\nname = \"all\"\ntests = [\"*\"]\npoints = 60\nscore = \"sum\"\n\
             [[solutions]]\npath = \"partially_accepted/half.py\"\nscore = [{score}, {score}]\n"
        );
        let check = "import sys\ntext = open(sys.argv[2]).read()\n\
                     if 'half' in text: open(sys.argv[3] + 'score.txt', 'w').write('15')\nsys.exit(42)\n";
        sum()
            .manifest(&manifest)
            .file("static_validator/s.py", check)
            .file("solutions/partially_accepted/half.py", &*format!("# half\n{DIFFERENCE}"))
    };
    let right = verifier.verify_with(&fixed(45), only.clone()).await;
    assert_eq!(right.codes(), [""; 0], "{:#?}", right.findings());
    let score = |solution: usize| {
        right.steps.iter().find_map(|step| match step {
            Step::Settled { solution: own, score, .. } if *own == solution => *score,
            _ => None,
        })
    };
    assert_eq!((score(0), score(1)), (Some([100.0, 100.0]), Some([45.0, 100.0])));
    // What is known of the static validator is known the second time.
    let again = verifier.verify_with(&fixed(45), only.clone()).await;
    assert_eq!((again.codes(), again.summary.runs), (vec![], 0), "{:#?}", again.findings());
    let twin = verifier.verify_with(&fixed(30), only.clone()).await;
    assert!(
        twin.only("solution-score").message.contains("got 45 points"),
        "{:#?}",
        twin.findings()
    );

    let most = |points: u32| {
        let judge = format!(
            "import sys\nright = sys.stdin.read().split() == open(sys.argv[2]).read().split()\n\
             if right: open(sys.argv[3] + 'score.txt', 'w').write('{points}')\n\
             sys.exit(42 if right else 43)\n"
        );
        sum()
            .manifest(
                "[checker]\nprogram = \"c.py\"\nconvention = \"icpc\"\n\
                 [[groups]]\nname = \"all\"\ntests = [\"*\"]\npoints = 60\nscore = \"sum\"\n",
            )
            .file("checker/c.py", &*judge)
    };
    let right = verifier.verify_with(&most(30), only.clone()).await;
    assert_eq!(right.codes(), [""; 0], "{:#?}", right.findings());
    let twin = verifier.verify_with(&most(31), only).await;
    assert!(twin.codes().contains(&"judge-failure"), "{:#?}", twin.findings());
    assert!(twin.findings()[0].message.contains("gives 31 points"), "{:#?}", twin.findings());
    verifier.stop().await;
}
