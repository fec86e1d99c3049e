//! Tests: twins, idle ones, the only one that catches, bounds that none reaches. Scores and words too.

use super::Verifier;
use crate::house::Package;
use sonocode::verify::report::Severity;

const VALIDATOR: &str = "\
# readInt(0, 100, \"a\")
import re, sys
text = sys.stdin.buffer.read().decode()
sys.exit(0 if re.fullmatch(r\"(0|[1-9][0-9]?|100) (0|[1-9][0-9]?|100)\\n\", text) else 3)
";

/// Wrong where b is not 0.
const DIFFERENCE: &str = "a, b = map(int, input().split())\nprint(a - b)\n";
/// Wrong where a is 9.
const NINE: &str = "a, b = map(int, input().split())\nprint(a + b if a != 9 else 0)\n";

fn sum() -> Package {
    Package::new("sum")
        .manifest("[[validators]]\nname = \"v\"\nprogram = \"check.py\"\n")
        .file("validators/v/check.py", VALIDATOR)
        .file("solutions/wrong_answer/difference.py", DIFFERENCE)
        .test("01-sample", "1 2\n", "3\n")
        .test("02", "9 0\n", "9\n")
        .test("03", "9 5\n", "14\n")
        .test("04", "0 100\n", "100\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tests_are_good_for() {
    let verifier = Verifier::start().await;
    let package = sum().file("solutions/wrong_answer/nine.py", NINE);
    let right = verifier.verify(&package).await;
    assert_eq!(right.findings(), Vec::<&_>::new());

    let twin = verifier.verify(&package.test("05", "9 5\n", "14\n")).await;
    let finding = twin.only("duplicate-test");
    assert_eq!((finding.file.as_str(), finding.severity), ("tests/05.in", Severity::Warning));
    assert!(finding.message.contains("tests/03.in"), "{finding:?}");

    let shown = verifier.verify(&sum().test("05", "1 2\n", "3\n")).await;
    assert_eq!(shown.only("sample-repeated").severity, Severity::Note);

    // Without the second wrong solution nobody fails 02; and 7 0 is failed by nobody in any case.
    let idle = verifier.verify(&sum()).await;
    assert!(idle.only("test-catches-nothing").message.contains("1 of 3 tests"), "{idle:?}");

    let once = "a, b = map(int, input().split())\nprint(a + b if a else 0)\n";
    let once = verifier.verify(&sum().file("solutions/wrong_answer/zero.py", once)).await;
    let finding = once.only("caught-by-one-test");
    assert_eq!(finding.file, "solutions/wrong_answer/zero.py");
    assert!(finding.message.contains("tests/04.in"), "{finding:?}");

    let bound = verifier.verify(&sum().test("04", "0 99\n", "99\n")).await;
    let finding = bound.only("bound-not-reached");
    assert_eq!((finding.file.as_str(), finding.line), ("validators/v/check.py", Some(1)));
    assert!(finding.message.contains("a = 100"), "{finding:?}");
    bound.assert_useful();
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_and_words() {
    let verifier = Verifier::start().await;
    let package = |score: &str, words: &str| {
        let manifest = format!(
            "[[groups]]\nname = \"easy\"\ntests = [\"02\", \"04\"]\npoints = 30\n\
             [[groups]]\nname = \"hard\"\ntests = [\"03\"]\npoints = 70\n\
             [[solutions]]\npath = \"partially_accepted/nine.py\"\nscore = {score}\nmessage = \"{words}\"\n"
        );
        Package::new("sum")
            .manifest(&manifest)
            .test("01-sample", "1 2\n", "3\n")
            .test("02", "8 0\n", "8\n")
            .test("03", "9 5\n", "14\n")
            .test("04", "0 100\n", "100\n")
            .file("solutions/partially_accepted/nine.py", NINE)
    };
    let right = verifier.verify(&package("[30, 30]", "expected")).await;
    assert_eq!(right.codes(), [""; 0], "{:#?}", right.findings());
    let score = verifier.verify(&package("[40, 60]", "expected")).await;
    let finding = score.only("solution-score");
    assert!(finding.message.contains("got 30 points"), "{finding:?}");
    let words = verifier.verify(&package("[30, 30]", "too small")).await;
    assert!(words.only("solution-message").message.contains("too small"));
    verifier.stop().await;
}

/// A language that no machine has.
const NOWHERE: &str = "\
id = \"nowhere\"
name = \"Nowhere\"
extensions = [\"nowhere\"]
source = \"main.nowhere\"
run = [\"no-such-command-is-here\", \"main.nowhere\"]
version = [\"no-such-command-is-here\"]
[toolchain]
host = [\"no-such-command-is-here\"]
image = \"no-such-image\"
";

#[tokio::test(flavor = "multi_thread")]
async fn a_solution_without_a_toolchain_is_told_and_is_no_error() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("languages")).unwrap();
    std::fs::write(data.path().join("languages/nowhere.toml"), NOWHERE).unwrap();
    let house = crate::house::House::build().data_dir(data.path()).config(|config| {
        config.sandbox.toolchain = sonocode::config::ToolchainSource::Host;
    });
    let verifier = Verifier::with(house).await;
    let package = sum().file("solutions/accepted/main.nowhere", "nothing");
    let verified = verifier.verify(&package).await;
    let finding = verified.only("solution-not-run");
    assert_eq!(finding.file, "solutions/accepted/main.nowhere");
    assert_eq!((finding.severity, verified.summary.errors), (Severity::Warning, 0));
    assert_eq!((verified.summary.agree, verified.summary.solutions), (2, 3));
    verifier.stop().await;
}
