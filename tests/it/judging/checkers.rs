//! Outputs judged by a program of the problem's own, in both conventions.

use crate::house::{House, Package};
use sonocode::judge::{Outcome, Verdict};

/// Accepts any two numbers with the input's sum; the words are testlib's.
const TESTLIB: &str = r#"
import os, sys
n = int(open(sys.argv[1]).read())
out = open(sys.argv[2]).read().split()
answer = open(sys.argv[3]).read().split()
def end(code, text):
    print(text, file=sys.stderr)
    sys.exit(code)
if sys.argv[4:] != ["strict"]: end(3, "FAIL arguments " + repr(sys.argv[4:]))
if sum(map(int, answer)) != n: end(3, "FAIL the answer is wrong")
if out and out[0] == "crash": raise ValueError("the checker stumbles")
if out and out[0] == "loop":
    while True: pass
if len(out) != 2: end(2, "wrong output format expected two numbers")
if out[0] == "half": end(7, "points 0.5 half of it")
if sum(map(int, out)) != n: end(1, "wrong answer sum %d, not %d" % (sum(map(int, out)), n))
open("/tmp/scratch", "w").write("its own place")
end(0, "ok a sum")
"#;

const ICPC: &str = r#"
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <unistd.h>
int main(int count, char **words) {
    std::ifstream in(words[1]), answer(words[2]);
    std::string feedback = words[3], first;
    std::ofstream message(feedback + "judgemessage.txt");
    int n, a, b;
    in >> n >> a;
    answer >> a >> b;
    if (a + b != n || feedback.back() != '/' || count != 5) { std::cerr << "surroundings\n"; return 1; }
    std::cin >> first;
    if (first == "zero") return 0;
    if (first == "abort") { std::cerr << "about to abort\n"; abort(); }
    if (first == "link") {
        message.close();
        remove((feedback + "judgemessage.txt").c_str());
        if (symlink("/etc/passwd", (feedback + "judgemessage.txt").c_str())) return 2;
        return 43;
    }
    std::cin >> b;
    if (std::stoi(first) + b == n) return 42;
    message << "sum " << std::stoi(first) + b << "\n";
    return 43;
}
"#;

fn two_numbers(checker: (&str, &str), convention: &str, args: &str) -> Package {
    Package::new("pair")
        .manifest(&format!(
            "[checker]\nprogram = \"{}\"\nconvention = \"{convention}\"\nargs = [{args}]\n",
            checker.0
        ))
        .file(&format!("checker/{}", checker.0), checker.1)
        .file("solutions/accepted/main.py", "print(0, input())")
        .test("01-sample", "5\n", "2 3\n")
        .test("02", "7\n", "7 0\n")
}

async fn prints(house: &House, text: &str) -> Outcome {
    house.judge("pair", "python", &format!("n = int(input())\nprint({text})")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checker_in_testlibs_convention() {
    let house = House::build().start().await;
    house.add(&two_numbers(("check.py", TESTLIB), "testlib", "\"strict\"")).await;
    for (text, verdict, message) in [
        ("1, n - 1", Verdict::Accepted, None),
        ("n, n", Verdict::WrongAnswer, Some("sum 10, not 5")),
        ("n", Verdict::PresentationError, Some("expected two numbers")),
        ("'crash'", Verdict::InternalError, Some("the checker stumbles")),
        ("'half half'", Verdict::WrongAnswer, Some("half of it")),
    ] {
        let outcome = prints(&house, text).await;
        assert_eq!(outcome.verdict, verdict, "{text}: {outcome:?}");
        let said = outcome.message.unwrap_or_default();
        assert!(message.is_none_or(|words| said.contains(words)), "{text}: {said}");
    }
    // A program that fails of itself is not asked about.
    let outcome = house.judge("pair", "python", "print('crash')\nraise SystemExit(3)").await;
    assert_eq!(outcome.verdict, Verdict::RuntimeError, "{outcome:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checker_in_the_icpcs_convention() {
    let house = House::build().start().await;
    house.add(&two_numbers(("check.cpp", ICPC), "icpc", "\"x\"")).await;
    for (text, verdict, message) in [
        ("1, n - 1", Verdict::Accepted, None),
        ("n, n", Verdict::WrongAnswer, Some("sum 10")),
        ("'zero'", Verdict::InternalError, Some("neither 42 nor 43")),
        ("'abort'", Verdict::InternalError, Some("about to abort")),
    ] {
        let outcome = prints(&house, text).await;
        assert_eq!(outcome.verdict, verdict, "{text}: {outcome:?}");
        let said = outcome.message.unwrap_or_default();
        assert!(message.is_none_or(|words| said.contains(words)), "{text}: {said}");
    }
    // A link in the feedback folder is not followed.
    let outcome = prints(&house, "'link'").await;
    assert_eq!((outcome.verdict, outcome.message), (Verdict::WrongAnswer, None));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checker_that_does_not_compile_is_the_judges_failure() {
    let house = House::build().start().await;
    house.add(&two_numbers(("check.cpp", "int main() { return nothing; }"), "icpc", "")).await;
    let outcome = prints(&house, "1").await;
    assert_eq!(outcome.verdict, Verdict::InternalError);
    let said = outcome.message.unwrap();
    assert!(said.contains("checker does not compile") && said.contains("nothing"), "{said}");
    house.stop().await;
}

/// The program has to double, then to double what it printed; it is told only a number each time.
const TWO_PASSES: &str = r#"
import os, sys
words = sys.stdin.read().split()
seen = int(open(sys.argv[1]).read())
feedback = sys.argv[3]
state = feedback + "state"
if not words or words[0] != str(2 * seen):
    open(feedback + "judgemessage.txt", "w").write("pass of %d: %r" % (seen, words))
    sys.exit(43)
if not os.path.exists(state):
    open(state, "w").write("1")
    open(feedback + "nextpass.in", "w").write("100\n")
elif len(words) > 1 and words[1] == "more":
    open(feedback + "nextpass.in", "w").write("100\n")
sys.exit(42)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_run_again_on_what_the_checker_says() {
    let house = House::build().start().await;
    // The checker compares with the pass's own input only in the first pass: 2 · 5, then 2 · 100 of
    // which the input file says nothing, so it is told by the second pass's failure.
    let package = Package::new("passes")
        .manifest("passes = 2\n[checker]\nprogram = \"check.py\"\nconvention = \"icpc\"\n")
        .file("checker/check.py", TWO_PASSES.replace("str(2 * seen)", "str(2 * int(words[-1]))"))
        .file("solutions/accepted/main.py", "n = int(input())\nprint(2 * n, n)")
        .test("01", "5\n", "\n")
        .test("02", "6\n", "\n");
    house.add(&package).await;
    let outcome = house.judge("passes", "python", "n = int(input())\nprint(2 * n, n)").await;
    assert_eq!((outcome.verdict, outcome.passed), (Verdict::Accepted, 2), "{outcome:?}");
    let first_only = "n = int(input())\nprint(2 * n if n < 50 else 0, n)";
    let outcome = house.judge("passes", "python", first_only).await;
    assert_eq!(outcome.verdict, Verdict::WrongAnswer, "{outcome:?}");
    assert!(outcome.message.unwrap().contains("['0', '100']"));
    let crashes = "n = int(input())\nprint(2 * n, n)\nassert n < 50";
    assert_eq!(house.judge("passes", "python", crashes).await.verdict, Verdict::RuntimeError);
    let package = package.manifest("").file(
        "checker/check.py",
        TWO_PASSES.replace("str(2 * seen)", "words[0]").replace("== \"more\"", "!= \"\""),
    );
    house.add(&package).await;
    let outcome = house.judge("passes", "python", "n = int(input())\nprint(2 * n, n)").await;
    assert_eq!(outcome.verdict, Verdict::InternalError, "{outcome:?}");
    assert!(outcome.message.unwrap().contains("one too many"));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_worth_points() {
    let house = House::build().start().await;
    let mut package = Package::new("points")
        .manifest(
            "[[groups]]\nname = \"small\"\ntests = [\"1*\"]\npoints = 30\nscore = \"min\"\n\
             [[groups]]\nname = \"large\"\ntests = [\"2*\"]\npoints = 70\nscore = \"sum\"\nrequires = [\"small\"]\n",
        )
        .file("solutions/accepted/main.py", "print(input())")
        .test("01-sample", "0\n", "0\n");
    for n in [11, 12, 13, 21, 22] {
        package = package.test(&n.to_string(), &format!("{n}\n"), &format!("{n}\n"));
    }
    house.add(&package).await;
    let wrong_at =
        |numbers: &str| format!("n = int(input())\nprint(-1 if n in ({numbers},) else n)");
    for (numbers, points, verdict, passed) in [
        ("99", 100.0, Verdict::Accepted, 6),
        ("22", 65.0, Verdict::WrongAnswer, 5),
        ("11", 0.0, Verdict::WrongAnswer, 1),
        ("0", 100.0, Verdict::WrongAnswer, 5),
    ] {
        let outcome = house.judge("points", "python", &wrong_at(numbers)).await;
        let score = outcome.score.unwrap();
        assert_eq!((score.points, score.max), (points, 100.0), "{numbers}: {outcome:?}");
        assert_eq!((outcome.verdict, outcome.passed), (verdict, passed), "{numbers}: {outcome:?}");
    }
    house.stop().await;
}
