//! Points: groups in groups, legacy graders, points without a largest number, static validators.

use crate::house::{House, Package, expect};
use sonocode::judge::{Outcome, Verdict};

/// Says the points that the output's second word says, where it is right.
const CHECKER: &str = "import sys\nout = sys.stdin.read().split()\nright = out[:1] == open(sys.argv[2]).read().split()\n\
    if len(out) > 1: open(sys.argv[3] + 'score.txt', 'w').write(out[1])\n\
    sys.exit(42 if right else 43)\n";

fn score(outcome: &Outcome) -> (f64, f64) {
    let score = outcome.score.unwrap_or_else(|| panic!("no score: {outcome:#?}"));
    (score.points, score.max)
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_may_lie_in_groups() {
    let house = House::build().start().await;
    let package = Package::new("nested")
        .manifest(
            "[[groups]]\nname = \"all\"\ntests = []\npoints = 100\n\
             [[groups]]\nname = \"small\"\nparent = \"all\"\ntests = [\"small/*\"]\npoints = 100\n\
             [[groups]]\nname = \"large\"\nparent = \"all\"\ntests = [\"large/*\"]\npoints = 100\nscore = \"sum\"\n",
        )
        .file("solutions/accepted/main.py", "print(input())\n")
        .test("small/1", "1\n", "1\n")
        .test("small/2", "2\n", "2\n")
        .test("large/1", "3\n", "3\n")
        .test("large/2", "4\n", "4\n");
    house.add(&package).await;
    for (code, verdict, points, passed) in [
        ("print(input())", Verdict::Accepted, 100.0, 4),
        ("n = input()\nprint(n if n != '4' else 0)", Verdict::WrongAnswer, 50.0, 3),
        // What is lost in one part cannot be mended in the other.
        ("n = input()\nprint(n if n != '1' else 0)", Verdict::WrongAnswer, 0.0, 0),
    ] {
        let outcome = house.judge("nested", "python", code).await;
        expect(&outcome, verdict);
        assert_eq!((score(&outcome), outcome.passed), ((points, 100.0), passed), "{outcome:#?}");
        assert_eq!(outcome.groups.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn points_without_a_largest_number() {
    let house = House::build().start().await;
    let package = Package::new("free")
        .manifest(
            "[checker]\nprogram = \"check.py\"\nconvention = \"icpc\"\n\
             [[groups]]\nname = \"all\"\ntests = [\"*\"]\nunbounded = true\nscore = \"sum\"\n",
        )
        .file("checker/check.py", CHECKER)
        .file("solutions/accepted/main.py", "print(input(), 7)\n")
        .test("01", "1\n", "1\n")
        .test("02", "2\n", "2\n");
    house.add(&package).await;
    let outcome = house.judge("free", "python", "print(input(), 1000)").await;
    expect(&outcome, Verdict::Accepted);
    assert_eq!(score(&outcome), (2000.0, 2000.0));
    let outcome =
        house.judge("free", "python", "n = input()\nprint(*((n, 5) if n == '1' else (0,)))").await;
    expect(&outcome, Verdict::WrongAnswer);
    assert_eq!(score(&outcome).0, 5.0);
    let outcome = house.judge("free", "python", "print(input())").await;
    expect(&outcome, Verdict::InternalError);
    assert!(
        outcome.message.as_deref().is_some_and(|why| why.contains("score.txt")),
        "{outcome:#?}"
    );
    let outcome = house.judge("free", "python", "print(0, 5)").await;
    expect(&outcome, Verdict::InternalError);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_grader_says_verdict_and_score() {
    let house = House::build().start().await;
    let grader = |name: &str, rest: &str, verdict: &str| {
        format!(
            "[[groups]]\nname = \"{name}\"\n{rest}\nunbounded = true\nscore = \"sum\"\n\
             grader = {{ verdict = \"{verdict}\", accept_score = 10.0, reject_score = -1.0, any_accepted = false, ignore_sample = false }}\n"
        )
    };
    let package = Package::new("graded")
        .manifest(
            &[
                grader("data", "tests = []\nstop = false", "always-accept"),
                grader("a", "parent = \"data\"\ntests = [\"a/*\"]\nstop = true", "worst-error"),
                grader("b", "parent = \"data\"\ntests = [\"b/*\"]\nstop = false", "first-error"),
            ]
            .concat(),
        )
        .file("solutions/accepted/main.py", "print(input())\n")
        .test("a/1", "1\n", "1\n")
        .test("a/2", "2\n", "2\n")
        .test("b/1", "3\n", "3\n")
        .test("b/2", "4\n", "4\n");
    house.add(&package).await;
    let outcome = house.judge("graded", "python", "print(input())").await;
    expect(&outcome, Verdict::Accepted);
    assert_eq!(score(&outcome).0, 40.0);
    // `a` stops at its first failure, `b` goes on, and the whole is accepted whatever they say.
    let code = "n = input()\nif n == '4': 1 / 0\nprint(n if n != '1' and n != '3' else 0)";
    let outcome = house.judge("graded", "python", code).await;
    expect(&outcome, Verdict::Accepted);
    assert_eq!((score(&outcome).0, outcome.failed), (-3.0, None));
    let verdicts: Vec<_> = outcome.groups.iter().map(|group| group.verdict).collect();
    let wa = Some(Verdict::WrongAnswer);
    assert_eq!(verdicts, [Some(Verdict::Accepted), wa, wa]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_static_validator_reads_the_submission() {
    let house = House::build().start().await;
    let validator = "import os, sys\nlanguage, entry, feedback, *args = sys.argv[1:]\n\
        def end(code, text):\n    open(feedback + 'judgemessage.txt', 'w').write(text)\n    sys.exit(code)\n\
        text = open(entry + ('.java' if language == 'java' else '')).read()\n\
        if args != ['strict']: sys.exit(1)\n\
        if 'goto' in text: end(43, 'there is goto in ' + entry + ' in ' + language)\n\
        if 'half' in text: open(feedback + 'score_multiplier.txt', 'w').write('0.5')\n\
        if 'fail' in text: sys.exit(0)\n\
        if sorted(os.listdir()) != [entry + ('.java' if language == 'java' else '')]: end(43, repr(os.listdir()))\n\
        sys.exit(42)\n";
    let package = Package::new("strict")
        .manifest(
            "[static_validator]\nprogram = \"main.py\"\nargs = [\"strict\"]\npoints = 40\n\
             [[groups]]\nname = \"all\"\ntests = [\"*\"]\npoints = 60\n",
        )
        .file("static_validator/main.py", validator)
        .test("01", "1 2\n", "3\n");
    house.add(&package).await;
    let sum = "print(sum(map(int, input().split())))";
    let java = "public class Adder { public static void main(String[] x) { var in = new java.util.Scanner(System.in); System.out.println(in.nextInt() + in.nextInt()); } }";
    for (language, code, verdict, points) in [
        ("python", sum.to_owned(), Verdict::Accepted, 100.0),
        ("java", java.to_owned(), Verdict::Accepted, 100.0),
        ("python", format!("{sum} # half"), Verdict::Accepted, 80.0),
        ("python", "print(4)".to_owned(), Verdict::WrongAnswer, 40.0),
        // It loses the static validator's points, and no others.
        ("python", format!("{sum} # goto"), Verdict::WrongAnswer, 60.0),
    ] {
        let outcome = house.judge("strict", language, &code).await;
        expect(&outcome, verdict);
        assert_eq!(score(&outcome), (points, 100.0), "{code}");
    }
    let outcome = house.judge("strict", "python", &format!("{sum} # goto")).await;
    assert_eq!(outcome.message.as_deref(), Some("there is goto in main.py in python3"));
    assert_eq!((outcome.passed, outcome.failed), (1, None));
    expect(&house.judge("strict", "python", "print( # goto").await, Verdict::CompileError);
    let outcome = house.judge("strict", "python", &format!("{sum} # fail")).await;
    expect(&outcome, Verdict::InternalError);
    assert!(
        outcome.message.as_deref().is_some_and(|why| why.contains("static validator")),
        "{outcome:#?}"
    );
}
