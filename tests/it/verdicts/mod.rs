//! Every verdict in every language, on a real engine.

mod programs;

use crate::house::{House, Package, expect};
use programs::Programs;
use sonocode::{
    evaluator::host_toolchain,
    judge::{EventBody, Outcome, Verdict},
    templates,
};

/// What a program must get, and its kind for messages.
fn wanted(programs: &Programs) -> [(&'static str, Verdict, &'static str); 10] {
    [
        ("ac", Verdict::Accepted, programs.ac),
        ("wa", Verdict::WrongAnswer, programs.wa),
        ("tle", Verdict::TimeLimitExceeded, programs.tle),
        ("idle", Verdict::TimeLimitExceeded, programs.idle),
        ("mle", Verdict::MemoryLimitExceeded, programs.mle),
        ("re", Verdict::RuntimeError, programs.re),
        ("ole", Verdict::OutputLimitExceeded, programs.ole),
        ("ce", Verdict::CompileError, programs.ce),
        ("deep", Verdict::Accepted, programs.deep),
        ("churn", Verdict::Accepted, programs.churn),
    ]
}

fn mistake(kind: &str, verdict: Verdict, outcome: &Outcome) -> Option<String> {
    let says = |word: &str| outcome.message.as_ref().is_some_and(|text| text.contains(word));
    let right = outcome.verdict == verdict && (kind != "idle" || says("idle"));
    (!right).then(|| format!("{kind}: expected {verdict}, got {outcome:#?}"))
}

/// Every program of a language gets its verdict.
async fn all(programs: &Programs) {
    let house = House::build().workers(2).start().await;
    let package = |slug: &str, time: u32, memory: u32| {
        let limits = format!("[limits]\ntime_ms = {time}\nmemory_mib = {memory}\noutput_mib = 4\n");
        Package::new(slug).manifest(&limits).test("01", "1 2\n", "3\n")
    };
    // What is about memory must not fail for want of time.
    house.add(&package("sum", 2000, 128)).await;
    house.add(&package("deep", 20_000, 512)).await;
    house.add(&package("churn", 20_000, 128)).await;
    house.add(&package("exact", 2000, 128).exact()).await;
    let mut waiting = Vec::new();
    for (kind, verdict, code) in wanted(programs) {
        if !code.is_empty() {
            let problem = match kind {
                "deep" | "churn" => kind,
                "tle" => "exact",
                _ => "sum",
            };
            let id = house.submit(problem, programs.language, code).await;
            waiting.push((kind, verdict, id));
        }
    }
    let mut mistakes = Vec::new();
    for (kind, verdict, id) in waiting {
        let outcome = house.outcome(&id).await;
        println!(
            "{} {kind}: {} {} ms {} KiB",
            programs.language, outcome.verdict, outcome.cpu_ms, outcome.memory_kib
        );
        mistakes.extend(mistake(kind, verdict, &outcome));
    }
    assert!(mistakes.is_empty(), "{}:\n{}", programs.language, mistakes.join("\n"));
    house.stop().await;
}

macro_rules! languages {
    ($($name:ident: $programs:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                all(&programs::$programs).await;
            }
        )*

        const INSTALLED: &[&Programs] = &[$(&programs::$programs),*];
    };
}

// The languages whose toolchains `scripts/test.sh` installs.
languages! {
    c: C,
    cpp17: CPP,
    cpp20: CPP20,
    cpp23: CPP23,
    python: PYTHON,
    pypy: PYPY,
    java: JAVA,
    javascript: JAVASCRIPT,
    typescript: TYPESCRIPT,
    go: GO,
    rust: RUST,
    csharp: CSHARP,
    ruby: RUBY,
}

/// The toolchains of these are so large that they are installed only when asked for.
const LARGE: [&Programs; 2] = [&programs::KOTLIN, &programs::HASKELL];

#[tokio::test(flavor = "multi_thread")]
async fn large_languages_that_are_here() {
    let languages = templates::languages(&[]).unwrap();
    for programs in LARGE {
        let language = languages.find(programs.language).unwrap();
        if host_toolchain(language).is_some() {
            all(programs).await;
        } else {
            println!("{}: not on this machine", programs.language);
        }
    }
}

#[test]
fn no_language_is_forgotten() {
    let mut tested: Vec<_> = INSTALLED.iter().chain(&LARGE).map(|p| p.language).collect();
    tested.sort_unstable();
    assert_eq!(tested.join(", "), templates::languages(&[]).unwrap().ids());
}

/// A language that is nothing but a file in the data directory.
const AWK: &str = r#"
id = "awk"
name = "AWK"
aliases = ["mawk"]
extensions = ["awk"]
source = "main.awk"
run = ["awk", "-f", "main.awk"]
version = ["awk", "-W", "version"]

[toolchain]
host = ["awk"]
image = "debian:12-slim"

[factors]
time = 2.0
memory = 0.5
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_language_of_a_users_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let languages = dir.path().join("languages");
    std::fs::create_dir(&languages).unwrap();
    std::fs::write(languages.join("awk.toml"), AWK).unwrap();
    let house = House::build().data_dir(dir.path()).workers(2).start().await;
    let limits = "[limits]\ntime_ms = 500\nmemory_mib = 64\noutput_mib = 1\n";
    let package = |slug| Package::new(slug).manifest(limits).test("01", "1 2\n", "3\n");
    house.add(&package("sum")).await;
    house.add(&package("exact").exact()).await;
    let known = house.get("/api/v1/languages").await.body["data"]["languages"].clone();
    let own = known.as_array().unwrap().iter().find(|l| l["id"] == "awk").unwrap().clone();
    assert_eq!((&own["source"], &own["place"]), (&"host".into(), &"/usr/bin/awk".into()), "{own}");
    for (verdict, code) in [
        (Verdict::Accepted, "{ print $1 + $2 }"),
        (Verdict::WrongAnswer, "{ print $1 }"),
        (Verdict::RuntimeError, "{ exit 3 }"),
        (Verdict::RuntimeError, "{ print $1 +"),
        (Verdict::OutputLimitExceeded, "{ for (;;) print \"0123456789\" }"),
    ] {
        expect(&house.judge("sum", "mawk", code).await, verdict);
    }
    let slow = house.judge("exact", "AWK", "{ for (;;) i++ }").await;
    expect(&slow, Verdict::TimeLimitExceeded);
    let said = ["more than 1000 ms", "after 3.0 s"];
    let says = |words: &&str| slow.message.as_ref().unwrap().contains(*words);
    assert!(said.iter().any(says), "twice 500 ms: {slow:?}");
    let large = house.judge("sum", "awk", "{ for (;;) a[i++] = \"0123456789\" }").await;
    expect(&large, Verdict::MemoryLimitExceeded);
    assert!(large.message.as_ref().unwrap().contains("32 MiB"), "half of 64 MiB: {large:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_submission_is_in_its_journal() {
    let house = House::with_sum().await;
    let code = "#include <cstdio>\nint main(){int a,b;char c[9];scanf(\"%d%d\",&a,&b);printf(\"%d\",a==5?0:a+b);}";
    let id = house.submit("sum", "CPP", code).await;
    let events = house.events(&id, 0).await;
    let kinds: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_value(&event.body).unwrap()["type"].as_str().unwrap().into())
        .collect();
    assert_eq!(kinds, ["queued", "started", "running", "compiled", "test", "test", "finished"]);
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=7).collect::<Vec<_>>());
    let EventBody::Finished(outcome) = &events[6].body else { panic!("{:?}", events[6]) };
    expect(outcome, Verdict::WrongAnswer);
    assert_eq!((outcome.passed, outcome.total), (1, 2));
    assert_eq!(outcome.failed.as_ref().unwrap().name, "02");
    assert_eq!(outcome.message.as_deref(), Some("line 1: expected \"11\", got \"0\""));
    // A watcher that comes back with the last number it saw gets the rest, once.
    let rest = house.events(&id, 4).await;
    assert_eq!(rest, events[4..]);
    house.stop().await;
}
