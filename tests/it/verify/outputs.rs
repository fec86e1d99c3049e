//! Checkers: on answers, on examples, on junk; and the comparison on examples.

use super::Verifier;
use crate::house::Package;
use serde_json::json;

/// Accepts exactly the one number of the answer, within one.
const STRICT: &str = r#"
import sys
out = open(sys.argv[2], "rb").read().split()
answer = int(open(sys.argv[3]).read())
def end(code, text):
    print(text, file=sys.stderr)
    sys.exit(code)
if len(out) != 1: end(2, "wrong output format one number")
try:
    number = int(out[0].decode("ascii")) if len(out[0]) < 20 else None
except ValueError:
    number = None
if number is None: end(2, "wrong output format a number")
if abs(number - answer) > 1: end(1, "wrong answer %d" % number)
end(0, "ok")
"#;

fn with(checker: &str) -> Package {
    Package::new("near")
        .manifest("[checker]\nprogram = \"check.py\"\n")
        .file("checker/check.py", checker)
        .file("solutions/wrong_answer/far.py", "print(sum(map(int, input().split())) + 2)")
        .file("valid_output/one-off.in", "1 2\n")
        .file("valid_output/one-off.ans", "3\n")
        .file("valid_output/one-off.out", "4\n")
        .file("invalid_output/two-off.in", "1 2\n")
        .file("invalid_output/two-off.ans", "3\n")
        .file("invalid_output/two-off.out", "5\n")
        .test("01-sample", "1 2\n", "3\n")
        .test("02", "50 50\n", "100\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_checker_and_its_twins() {
    let verifier = Verifier::start().await;
    let strict = verifier.verify(&with(STRICT)).await;
    assert_eq!(strict.codes(), [""; 0], "{:#?}", strict.findings());
    let again = verifier.verify(&with(STRICT)).await;
    assert_eq!(again.summary.runs, 0);

    let wrong = with(STRICT).test("02", "50 50\n", "100 1\n").file(
        "checker/check.py",
        STRICT.replace("open(sys.argv[3]).read()", "open(sys.argv[3]).read().split()[0]"),
    );
    let wrong = verifier.verify(&wrong).await;
    assert_eq!(wrong.only("answer-rejected").file, "tests/02.out");
    wrong.assert_useful();

    let examples = with(STRICT)
        .file("valid_output/one-off.out", "5\n")
        .file("invalid_output/two-off.out", "2\n");
    let examples = verifier.verify(&examples).await;
    assert_eq!(examples.codes(), ["invalid-output-accepted", "valid-output-refused"]);

    // It stumbles over what is no number, and never looks at the second word.
    let lax_source = STRICT.replace("len(out) != 1", "False").replace("ValueError", "OSError");
    let lax = verifier.verify(&with(&lax_source)).await;
    let crash = lax.only("checker-crashes-on-junk");
    assert!(crash.message.contains("letters"), "{crash:?}");
    let junk: Vec<_> = lax
        .findings()
        .into_iter()
        .filter(|finding| finding.code == "checker-accepts-junk")
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(junk.iter().any(|message| message.contains("and a word more")), "{junk:?}");
    for finding in lax.findings().into_iter().filter(|finding| finding.code.ends_with("-junk")) {
        let (_, wanted) = finding.reproduce.split_once(" --junk ").unwrap();
        let options = json!({"junk": wanted});
        let alone = verifier.verify_with(&with(&lax_source), options).await;
        let again = alone.only(&finding.code);
        assert_eq!((&again.reproduce, &again.detail), (&finding.reproduce, &finding.detail));
        assert_eq!((alone.findings().len(), alone.summary.runs), (1, 0));
    }

    let fails = with("import sys\nsys.exit(3)");
    let fails = verifier.verify(&fails).await;
    assert!(fails.codes().contains(&"judge-failure"), "{:?}", fails.codes());
    assert!(fails.codes().contains(&"checker-fails"), "{:?}", fails.codes());

    let unbuilt = with(STRICT)
        .manifest("# another program\n")
        .file("checker/check.py", "raise SystemExit(0)");
    assert!(verifier.verify(&unbuilt).await.codes().contains(&"checker-accepts-junk"));
    let unbuilt = Package::new("near")
        .manifest("[checker]\nprogram = \"check.cpp\"\n")
        .file("checker/check.cpp", "int main() { return nothing; }")
        .test("01", "1 2\n", "3\n");
    let unbuilt = verifier.verify(&unbuilt).await;
    let builds = unbuilt.findings().into_iter().filter(|finding| finding.code == "judge-build");
    assert!(builds.clone().count() >= 1 && builds.clone().all(|f| f.file == "checker/check.cpp"));
    assert_eq!(unbuilt.summary.agree, 0);
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_comparison_is_tried_on_examples_too() {
    let verifier = Verifier::start().await;
    let package = Package::new("sum")
        .test("01", "1 2\n", "3\n")
        .file("invalid_output/spaces.in", "1 2\n")
        .file("invalid_output/spaces.ans", "3\n")
        .file("invalid_output/spaces.out", " 3 \n");
    let tokens = verifier.verify(&package).await;
    assert_eq!(tokens.codes(), ["invalid-output-accepted"]);
    let exact = verifier.verify(&package.manifest("[compare]\nmode = \"exact\"\n")).await;
    assert_eq!(exact.codes(), [""; 0], "{:#?}", exact.findings());
    verifier.stop().await;
}
