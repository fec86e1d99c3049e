//! Validators: on tests, on examples, on damaged inputs.

use super::Verifier;
use crate::house::Package;
use serde_json::json;
use sonocode::verify::report::Severity;

/// Takes exactly `a b` and a line end, with a and b from 0 to 100.
const STRICT: &str = r#"
import re, sys
text = sys.stdin.buffer.read().decode()
if not re.fullmatch(r"(0|[1-9][0-9]{0,2}) (0|[1-9][0-9]{0,2})\n", text):
    print("two numbers in a line", file=sys.stderr)
    sys.exit(3)
if max(map(int, text.split())) > 100:
    print("too large", file=sys.stderr)
    sys.exit(3)
"#;

/// Takes two numbers wherever they are.
const LAX: &str = r"
import sys
try:
    a, b = map(int, sys.stdin.read().split()[:2])
except ValueError:
    sys.exit(3)
sys.exit(0 if max(a, b) <= 10 ** 40 else 3)
";

fn with(validator: &str) -> Package {
    Package::new("sum")
        .manifest("[[validators]]\nname = \"v\"\nprogram = \"check.py\"\n")
        .file("validators/v/check.py", validator)
        .file("valid_input/zero.in", "0 0\n")
        .file("invalid_input/large.in", "101 0\n")
        .test("01-sample", "1 2\n", "3\n")
        .test("02", "100 0\n", "100\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_validator_and_its_twins() {
    let verifier = Verifier::start().await;
    let strict = verifier.verify(&with(STRICT)).await;
    assert_eq!(strict.codes(), [""; 0], "{:#?}", strict.findings());
    let again = verifier.verify(&with(STRICT)).await;
    assert_eq!(again.summary.runs, 0, "nothing has changed");
    assert_eq!(again.summary.cached, strict.summary.runs + strict.summary.cached);

    let none = Package::new("sum").test("01", "1 2\n", "3\n");
    let none = verifier.verify(&none).await;
    assert_eq!(none.only("no-validator").severity, Severity::Note);

    let wrong = with(STRICT).test("03", "5  5\n", "10\n");
    let wrong = verifier.verify(&wrong).await;
    let finding = wrong.only("input-invalid");
    assert_eq!(finding.file, "tests/03.in");
    assert!(finding.message.contains("two numbers in a line"), "{finding:?}");
    wrong.assert_useful();

    let examples = with(STRICT)
        .file("valid_input/zero.in", "00 0\n")
        .file("invalid_input/large.in", "100 0\n");
    let examples = verifier.verify(&examples).await;
    assert_eq!(examples.codes(), ["invalid-input-accepted", "valid-input-refused"]);

    let script = |text: &str| {
        Package::new("sum")
            .manifest(
                "[[validators]]\nname = \"v\"\nprogram = \"check.ctd\"\nconvention = \"icpc\"\n",
            )
            .file("validators/v/check.ctd", text)
            .test("01-sample", "1 2\n", "3\n")
            .test("02", "100 0\n", "100\n")
    };
    let fits = verifier.verify(&script("INT(0, 100) SPACE INT(0, 100) NEWLINE EOF\n")).await;
    assert_eq!(fits.codes(), [""; 0], "{:#?}", fits.findings());
    let narrow = verifier.verify(&script("INT(0, 99) SPACE INT(0, 100) NEWLINE EOF\n")).await;
    assert_eq!(narrow.only("input-invalid").file, "tests/02.in");
    assert!(narrow.only("input-invalid").message.contains("line 1"), "{:#?}", narrow.findings());
    let broken = verifier.verify(&script("INT(0, \n")).await;
    broken.only("validator-build");

    let crash = with("import sys\nsys.exit(1 if sys.stdin.read() == '1 2\\n' else 3)");
    let crash = verifier.verify(&crash).await;
    assert_eq!(crash.only("validator-fails").file, "validators/v/check.py");

    let package = with(STRICT)
        .manifest("[[validators]]\nname = \"c\"\nprogram = \"check.cpp\"\n")
        .file("validators/c/check.cpp", "int main() { return nothing; }");
    let unbuilt = verifier.verify(&package).await;
    assert!(unbuilt.only("validator-build").detail.as_ref().unwrap().contains("nothing"));
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lax_validator_takes_damage() {
    let verifier = Verifier::start().await;
    let package = with(LAX).file("invalid_input/large.in", "x\n");
    let lax = verifier.verify_with(&package, json!({"jobs": 2})).await;
    let damages: Vec<_> = lax
        .findings()
        .into_iter()
        .filter(|finding| finding.code == "validator-takes-damage")
        .map(|finding| finding.message.as_str())
        .collect();
    for words in ["CR LF", "leading zero", "plus sign", "word too many", "30 digits", "two spaces"]
    {
        assert!(damages.iter().any(|message| message.contains(words)), "{words}: {damages:?}");
    }
    for words in ["nothing in them", "letters in the place"] {
        assert!(!damages.iter().any(|message| message.contains(words)), "{words}: {damages:?}");
    }
    // The command of each finding shows that one again, and nothing else.
    let all = lax.findings().into_iter().filter(|f| f.code.starts_with("validator-takes"));
    for finding in all {
        let (_, wanted) = finding.reproduce.split_once(" --mutant ").unwrap();
        let alone =
            verifier.verify_with(&package, json!({"mutant": wanted.trim_matches('\'')})).await;
        assert_eq!(alone.findings(), [finding]);
        assert_eq!((alone.summary.solutions, alone.summary.runs), (0, 0), "{wanted} is known");
    }
    let refused = verifier.verify_with(&package, json!({"mutant": "letters:02", "fresh": true}));
    let refused = refused.await;
    assert!(refused.findings().is_empty() && refused.summary.runs > 0);
    // The last line may be missing where lines do not count.
    let package = Package::new("count")
        .manifest("[[validators]]\nname = \"v\"\nprogram = \"check.py\"\n")
        .file("validators/v/check.py", "import sys\nsys.stdin.read()\n")
        .file("solutions/accepted/main.py", "print(1)\n")
        .test("01", "1\n2\n", "1\n");
    let any = verifier.verify(&package).await;
    assert_eq!(any.only("validator-takes-change").severity, Severity::Note);
    verifier.stop().await;
}
