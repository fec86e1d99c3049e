//! Problems whose tests are worth points.

use super::Package;
use crate::house::House;
use sonocode::judge::{Score, Verdict};

/// Adds two numbers as long as they are small.
const SMALL: &str = "a, b = map(int, input().split())\nprint(a + b if a < 100 else 0)\n";
const RIGHT: &str = "print(sum(map(int, input().split())))\n";

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_the_later_version() {
    let house = House::build().workers(2).start().await;
    Package::latest("points", "type: scoring\n")
        .test("sample/1", "1 2\n", "3\n")
        .test("secret/1-small/1", "4 5\n", "9\n")
        .test("secret/1-small/2", "7 5\n", "12\n")
        .test("secret/2-large/1", "50 5\n", "55\n")
        .test("secret/2-large/2", "500 5\n", "505\n")
        .test("secret/3-last/1", "6 6\n", "12\n")
        .file("data/secret/1-small/test_group.yaml", "max_score: 30\nrequire_pass: sample\n")
        .file("data/secret/2-large/test_group.yaml", "max_score: 50\nscore_aggregation: sum\n")
        .file(
            "data/secret/3-last/test_group.yaml",
            "max_score: 20\nrequire_pass: [sample, secret/1-small]\n",
        )
        .add(&house)
        .await;
    for (code, points) in
        [(RIGHT, 100.0), (SMALL, 75.0), ("print(9)", 0.0), ("print(int(input()[0]) + 2)", 0.0)]
    {
        let outcome = house.judge("points", "python", code).await;
        assert_eq!(outcome.score, Some(Score { points, max: 100.0 }), "{code}: {outcome:#?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_says_scores() {
    let house = House::build().workers(2).start().await;
    let judge = "import sys\nn = int(sys.stdin.read())\nif n < 0:\n    sys.exit(43)\n\
                 open(sys.argv[3] + sys.argv[4], 'w').write(str(n / 10 if 'multi' in sys.argv[4] else n))\nsys.exit(42)\n";
    Package::latest("free", "type: scoring\n")
        .file("output_validator/judge.py", judge)
        .test("secret/1", "1\n", "")
        .test("secret/2", "2\n", "")
        .file(
            "data/secret/test_group.yaml",
            "max_score: unbounded\noutput_validator_args: [score.txt]\n",
        )
        .file("submissions/accepted/main.py", "print(input())\n")
        .add(&house)
        .await;
    let outcome = house.judge("free", "python", "print(20 * int(input()))").await;
    assert_eq!(outcome.score.unwrap().points, 60.0, "{outcome:#?}");
    Package::latest("part", "type: scoring\n")
        .file("output_validator/judge.py", judge)
        .test("secret/1", "1\n", "")
        .test("secret/2", "2\n", "")
        .file("data/secret/test_group.yaml", "output_validator_args: [score_multiplier.txt]\n")
        .file("submissions/accepted/main.py", "print(10)\n")
        .add(&house)
        .await;
    let outcome = house.judge("part", "python", "print(4 * int(input()))").await;
    assert_eq!(outcome.score, Some(Score { points: 20.0 + 40.0, max: 100.0 }), "{outcome:#?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_graders() {
    let house = House::build().workers(2).start().await;
    Package::legacy("graded", "type: scoring\n")
        .test("sample/1", "1 2\n", "3\n")
        .test("secret/a/1", "4 5\n", "9\n")
        .test("secret/a/2", "7 5\n", "12\n")
        .test("secret/b/1", "50 5\n", "55\n")
        .test("secret/b/2", "500 5\n", "505\n")
        .file(
            "data/testdata.yaml",
            "grader_flags: ignore_sample\non_reject: continue\nrange: 0 100\n",
        )
        .file("data/secret/testdata.yaml", "grader_flags: accept_if_any_accepted\nrange: 0 100\n")
        .file(
            "data/secret/a/testdata.yaml",
            "grader_flags: min\naccept_score: 40\nrange: 0 40\non_reject: break\n",
        )
        .file(
            "data/secret/b/testdata.yaml",
            "grader_flags: min\naccept_score: 60\nrange: 0 60\non_reject: break\n",
        )
        .add(&house)
        .await;
    for (code, points, accepted) in
        [(RIGHT, 100.0, true), (SMALL, 40.0, true), ("print(9)", 0.0, false)]
    {
        let outcome = house.judge("graded", "python", code).await;
        assert_eq!(outcome.score, Some(Score { points, max: 100.0 }), "{code}: {outcome:#?}");
        assert_eq!(outcome.verdict.is_accepted(), accepted, "{code}: {outcome:#?}");
    }
    house.stop().await;
}

/// Rejects, gives all, gives part of, or gives more than its points.
const STATIC: &str = "import sys\ntext = open(sys.argv[2]).read()\n\
    if 'bad' in text: sys.exit(43)\n\
    for word, points in [('half', 10), ('much', 25)]:\n\
    \x20   if word in text: open(sys.argv[3] + 'score.txt', 'w').write(str(points))\n\
    sys.exit(42)\n";

#[tokio::test(flavor = "multi_thread")]
async fn points_of_a_static_validator_count_in_the_sum() {
    let house = House::build().workers(2).start().await;
    Package::latest("fixed", "type: scoring\n")
        .file("static_validator/check.py", STATIC)
        .test("secret/1", "4 5\n", "9\n")
        .test("secret/2", "400 5\n", "405\n")
        .file("data/secret/test_group.yaml", "static_validation_score: 20\n")
        .add(&house)
        .await;
    // (100 - 20) / 2 for each test.
    for (words, code, points) in [
        ("", RIGHT, 100.0),
        ("", SMALL, 60.0),
        ("# half\n", RIGHT, 90.0),
        ("# bad\n", RIGHT, 80.0),
        ("# bad\n", SMALL, 40.0),
    ] {
        let outcome = house.judge("fixed", "python", &format!("{words}{code}")).await;
        let score = Some(Score { points, max: 100.0 });
        assert_eq!(outcome.score, score, "{words}{code}: {outcome:#?}");
    }
    let outcome = house.judge("fixed", "python", &format!("# much\n{RIGHT}")).await;
    assert_eq!(outcome.verdict, Verdict::InternalError, "{outcome:#?}");
    let message = outcome.message.unwrap();
    assert!(message.contains("gives 25 points in score.txt"), "{message}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_points_than_a_test_is_worth_are_the_judges_fault() {
    let house = House::build().workers(2).start().await;
    let judge =
        "import sys\nopen(sys.argv[3] + 'score.txt', 'w').write(sys.stdin.read())\nsys.exit(42)\n";
    Package::latest("most", "type: scoring\n")
        .file("output_validator/judge.py", judge)
        .test("sample/1", "1\n", "")
        .test("secret/1", "1\n", "")
        .test("secret/2", "2\n", "")
        .file("submissions/accepted/main.py", "print(50)\n")
        .add(&house)
        .await;
    let outcome = house.judge("most", "python", "print(25 * int(input()))").await;
    assert_eq!(outcome.score, Some(Score { points: 75.0, max: 100.0 }), "{outcome:#?}");
    let outcome = house.judge("most", "python", "print(26 * int(input()))").await;
    assert_eq!(outcome.verdict, Verdict::InternalError, "{outcome:#?}");
    let message = outcome.message.unwrap();
    assert!(
        message.contains("gives 52 points in score.txt, and the test is worth 50"),
        "{message}"
    );
    house.stop().await;
}
