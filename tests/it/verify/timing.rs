//! The time limit from both sides. Programs here use CPU time by their own clock, so that a machine that
//! is busy makes them no slower in what counts.

use super::Verifier;
use crate::house::Package;
use serde_json::json;
use sonocode::{judge::Verdict, verify::report::Step};

/// A program that is right and uses so many milliseconds of CPU time.
fn takes(ms: u32) -> String {
    let seconds = f64::from(ms) / 1000.0;
    format!(
        "import time\nprint(sum(map(int, input().split())))\nwhile time.process_time() < {seconds}: pass\n"
    )
}

/// Limits of 1000 ms and the usual factors.
fn package(solutions: &[(&str, u32)]) -> Package {
    let package = Package::new("sum")
        .exact()
        .manifest("[limits]\ntime_ms = 1000\n[timing]\nresolution_ms = 100\n")
        .test("01", "1 2\n", "3\n");
    solutions.iter().fold(package, |package, (path, ms)| {
        package.file(&format!("solutions/{path}.py"), takes(*ms))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_fits_and_its_twins() {
    let verifier = Verifier::start().await;
    let only = json!({"solutionsOnly": true});
    let check = async |solutions: &[(&str, u32)]| {
        verifier.verify_with(&package(solutions), only.clone()).await
    };
    let right = check(&[("accepted/slow", 300), ("time_limit_exceeded/late", 2500)]).await;
    assert_eq!(right.codes(), [""; 0], "{:#?}", right.findings());
    let timing = right.summary.timing.unwrap();
    assert_eq!((timing.limit_ms, timing.sensitive), (1000, false));
    assert!((600..=1000).contains(&timing.inferred_ms), "{timing:?}");
    let (lower, upper) = (timing.lower.unwrap(), timing.upper.unwrap());
    assert_eq!((lower.solution.as_str(), lower.test.as_str()), ("accepted/slow.py", "01"));
    assert!(lower.cpu_ms >= 300 && lower.margin > 2.0, "{lower:?}");
    assert_eq!(upper.solution, "time_limit_exceeded/late.py");
    assert!(upper.margin >= 1.5, "{upper:?}");

    let tight = check(&[("accepted/slow", 700), ("time_limit_exceeded/late", 4000)]).await;
    let finding = tight.only("time-limit-tight");
    assert!(finding.message.contains("accepted/slow.py"), "{finding:?}");
    let needed = tight.summary.timing.as_ref().unwrap().inferred_ms;
    assert!(needed >= 1400, "{needed}");
    let set = format!("sonocode problem set sum limits.time_ms={needed}");
    assert!(finding.mend.contains(&set), "{finding:?}");
    tight.assert_useful();

    let loose = check(&[("time_limit_exceeded/late", 1300)]).await;
    assert!(loose.only("time-limit-loose").message.contains("late.py"));

    let neither = check(&[("accepted/slow", 700), ("time_limit_exceeded/late", 1300)]).await;
    assert_eq!(neither.codes(), ["time-limit-impossible"]);
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_near_the_limit_runs_again_alone_and_is_told() {
    let verifier = Verifier::start().await;
    let only = json!({"solutionsOnly": true});
    let near = package(&[("accepted/near", 930), ("accepted/over", 1060)]);
    let near = verifier.verify_with(&near, only.clone()).await;
    let notes: Vec<_> = near
        .findings()
        .into_iter()
        .filter(|finding| finding.code == "time-sensitive")
        .map(|finding| finding.file.as_str())
        .collect();
    assert_eq!(notes, ["solutions/accepted/near.py", "solutions/accepted/over.py"]);
    // It is over the limit, but so little that this says nothing of another machine.
    assert!(!near.codes().contains(&"solution-verdict"), "{:?}", near.codes());
    let alone = near.steps.iter().filter(|step| matches!(step, Step::Judged { alone: true, .. }));
    assert_eq!(alone.count(), 2);
    let late = near.steps.iter().any(|step| {
        matches!(step, Step::Settled { verdict: Verdict::TimeLimitExceeded, ok: true, .. })
    });
    assert!(late, "the verdict is the one that it got");

    // Far over the limit is far from right.
    let over = verifier.verify_with(&package(&[("accepted/over", 1400)]), only).await;
    assert!(over.codes().contains(&"solution-verdict"), "{:?}", over.codes());
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_not_written_down_follows_from_the_solutions() {
    let verifier = Verifier::start().await;
    let package = Package::new("sum")
        .exact()
        .manifest("[timing]\ninferred = true\nresolution_ms = 100\n")
        .test("01", "1 2\n", "3\n")
        .file("solutions/accepted/main.py", takes(230))
        .file("solutions/time_limit_exceeded/late.py", takes(1500));
    let inferred = verifier.verify_with(&package, json!({"solutionsOnly": true})).await;
    let timing = inferred.summary.timing.clone().unwrap();
    assert!((500..=700).contains(&timing.limit_ms), "{timing:?}");
    assert_eq!(timing.limit_ms % 100, 0);
    let finding = inferred.only("time-limit-inferred");
    let set = format!("sonocode problem set sum limits.time_ms={}", timing.limit_ms);
    assert!(finding.mend.contains(&set), "{finding:?}");
    // The note, the summary and the solutions' times say the same limit.
    assert!(finding.message.contains(&format!("; {} ms follows", timing.limit_ms)), "{finding:?}");
    assert_eq!(timing.inferred_ms, timing.limit_ms);
    assert_eq!(inferred.codes(), [""; 0], "{:#?}", inferred.findings());
    verifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_runs_again_what_it_touches_and_nothing_else() {
    let verifier = Verifier::start().await;
    let package = || {
        Package::new("sum")
            .manifest(
                "[[validators]]\nname = \"v\"\nprogram = \"v.py\"\n[checker]\nprogram = \"c.py\"\n",
            )
            .file("validators/v/v.py", "import sys\nsys.exit(0 if sys.stdin.read() > '' else 3)\n")
            .file("checker/c.py", "import sys\na, b = (open(p).read().split() for p in sys.argv[2:4])\nsys.exit(a != b)\n")
            .file("solutions/wrong_answer/zero.py", "print(0)\n")
            .test("01-sample", "1 2\n", "3\n")
            .test("02", "3 4\n", "7\n")
            .test("03", "5 6\n", "11\n")
    };
    let first = verifier.verify(&package()).await;
    let all = first.summary.runs;
    let runs = async |package: Package| verifier.verify(&package).await.summary;
    let same = runs(package()).await;
    assert_eq!((same.runs, same.cached), (0, all));
    // A comment in a solution: that solution on its three tests.
    let edited = runs(package().file("solutions/wrong_answer/zero.py", "print(0) # it is\n")).await;
    assert_eq!(edited.runs, 3, "{edited:?}");
    // What nobody runs: nothing.
    let told = runs(package().file("statement.md", "# Another\n")).await;
    assert_eq!(told.runs, 0, "{told:?}");
    // One more test: each of the two solutions, the validator and the checker see it once, damages and junk
    // are made of it, and what is known of the others stays known.
    let more = runs(package().test("04", "7 8\n", "15\n")).await;
    assert!(more.runs >= 4 && more.cached >= all, "{more:?} {all}");
    // The validator: it is asked again about everything, and no solution runs.
    let asked = |steps: &[Step]| {
        steps.iter().filter(|step| matches!(step, Step::Judged { cached: false, .. })).count()
    };
    let stricter = package().file("validators/v/v.py", "import sys\nsys.stdin.read()\n");
    let stricter = verifier.verify(&stricter).await;
    assert!(stricter.summary.runs > 3 && asked(&stricter.steps) == 0, "{:?}", stricter.summary);
    verifier.stop().await;
}
