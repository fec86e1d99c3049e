//! The search for a counterexample.

use super::{Verifier, read};
use crate::house::{House, Package};
use serde_json::{Value, json};
use sonocode::verify::stress::{Counterexample, StressStep};

const GENERATOR: &str = "\
import random, sys
random.seed(sys.argv[-1])
n = int(sys.argv[1])
print(n)
print(*(random.randint(-1000, 1000) for _ in range(n)))
";

const VALIDATOR: &str = r#"
import re, sys
lines = sys.stdin.read().split("\n")
number = re.compile(r"0|-?[1-9][0-9]{0,3}")
ok = len(lines) == 3 and lines[2] == "" and re.fullmatch("[1-9][0-9]?", lines[0])
words = lines[1].split(" ") if ok else []
sys.exit(0 if ok and len(words) == int(lines[0]) and all(map(number.fullmatch, words)) else 3)
"#;

const RIGHT: &str = "input()\nprint(max(map(int, input().split())))\n";
/// Wrong where every number is below 0.
const FROM_ZERO: &str = "input()\nprint(max(0, *map(int, input().split())))\n";

fn largest() -> Package {
    Package::new("largest")
        .manifest(
            "[generators]\n02 = [\"gen.py\", \"2\", \"7\"]\n\
             [[validators]]\nname = \"v\"\nprogram = \"check.py\"\n",
        )
        .file("generators/gen.py", GENERATOR)
        .file("validators/v/check.py", VALIDATOR)
        .file("solutions/accepted/main.py", RIGHT)
        .file("solutions/wrong_answer/from-zero.py", FROM_ZERO)
        .file("tests/02.out", "0\n")
        .test("01-sample", "1\n-5\n", "-5\n")
}

async fn stress(house: &House, options: Value) -> Vec<StressStep> {
    let url = format!("{}/api/v1/problems/largest/stress", house.url);
    let response = house.http.post(url).json(&options).send().await.unwrap();
    assert!(response.status().is_success(), "{response:?}");
    let text = read(response).await;
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn found(steps: &[StressStep]) -> &Counterexample {
    let found = steps.iter().find_map(|step| match step {
        StressStep::Found(example) => Some(example),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{steps:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counterexample_is_found_and_made_small() {
    // One worker: the search never holds two cells.
    let verifier = Verifier::with(House::build().workers(1)).await;
    let house = &verifier.house;
    house.add(&largest()).await;
    let steps = stress(house, json!({"rounds": 200, "seconds": 120, "seed": 5})).await;
    let example = found(&steps);
    assert_eq!(example.input, "1\n-1\n", "{steps:?}");
    assert_eq!((example.answer.trim(), example.output.trim()), ("-1", "0"));
    assert!(example.whole && example.found_bytes > example.input.len() as u64);
    assert_eq!(example.generator[0], "gen.py");
    let StressStep::Begun { solution, against, generators, .. } = &steps[0] else {
        panic!("{steps:?}");
    };
    assert_eq!(
        (solution.as_str(), against.as_str()),
        ("wrong_answer/from-zero.py", "accepted/main.py")
    );
    assert_eq!(generators, &["gen.py 2 {seed}"]);
    assert!(matches!(steps.last(), Some(StressStep::Done { found: true, .. })));

    // A program that is right is not found wrong, and a program may be sent along.
    let right =
        json!({"rounds": 12, "seconds": 0, "solution": {"language": "python", "source": RIGHT}});
    let steps = stress(house, right).await;
    let last = steps.last().unwrap();
    assert!(
        matches!(last, StressStep::Done { found: false, rounds: 12, refused: 0, .. }),
        "{last:?}"
    );

    // Without a validator only the generator's arguments get smaller.
    let package = Package::new("largest")
        .manifest("[generators]\n02 = [\"gen.py\", \"3\", \"7\"]\n")
        .file("generators/gen.py", GENERATOR)
        .file("solutions/accepted/main.py", RIGHT)
        .file("tests/02.out", "0\n")
        .test("01-sample", "1\n-5\n", "-5\n");
    house.add(&package).await;
    let from_zero = json!({"language": "python", "source": FROM_ZERO});
    let steps = stress(house, json!({"rounds": 200, "seed": 1, "solution": from_zero})).await;
    let example = found(&steps);
    assert!(example.input.starts_with("1\n-"), "{example:?}");

    for (wrong, why) in [
        (json!({"solution": "accepted/none.py"}), "no solution `accepted/none.py`"),
        (json!({"generator": "none.py", "solution": "accepted/main.py"}), "generators/none.py"),
        (json!({"rounds": 0, "seconds": 0}), "how long"),
    ] {
        let steps = stress(house, wrong).await;
        let Some(StressStep::Failed { message }) = steps.last() else { panic!("{steps:?}") };
        assert!(message.contains(why), "{message}");
    }
    verifier.stop().await;
}
