//! Packages in number and in size: a listing opens none of them, and tests are never held in memory.

use crate::{
    house::{House, Package},
    process::{Serve, peak},
};
use serde_json::Value;
use std::{fs, io::Write, path::Path};

/// How many problems a large judge has.
const PROBLEMS: usize = 5000;
/// What a daemon may grow to, in KiB, whatever the packages are.
const BOUND: u64 = 128 << 10;

/// Makes thousands of problems of the only one of a data directory: as `current/<slug>` names them, all of
/// one version.
fn multiply(data_dir: &Path) {
    let current = data_dir.join("problems/current");
    let pointer: Value = serde_json::from_slice(&fs::read(current.join("sum")).unwrap()).unwrap();
    for number in 1..PROBLEMS {
        let slug = format!("sum-{number:04}");
        let mut own = pointer.clone();
        own["slug"] = slug.clone().into();
        own["title"] = format!("Sum {number}").into();
        fs::write(current.join(slug), own.to_string()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_problems_are_listed_without_a_look_into_their_packages() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    house.add(&Package::new("sum").test("01-sample", "1 2\n", "3\n")).await;
    house.stop().await;
    multiply(dir.path());
    // Nothing is left in the packages that could be read.
    for version in fs::read_dir(dir.path().join("problems/versions")).unwrap() {
        let version = version.unwrap().path();
        fs::remove_dir_all(&version).unwrap();
        fs::create_dir(&version).unwrap();
    }
    let served = Serve::start(dir.path(), &[]).await;
    let listed = served.house.get("/api/v1/problems").await;
    assert_eq!(listed.status, 200, "{:?}", listed.status);
    let problems = listed.body["data"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), PROBLEMS);
    assert_eq!((&problems[0]["slug"], &problems[0]["tests"]), (&"sum".into(), &1.into()));
    let last = problems.last().unwrap();
    assert_eq!(last["title"], format!("Sum {}", PROBLEMS - 1));
    // One of them by itself is read, and that it is damaged is told, not that it is not there.
    let one = served.house.get("/api/v1/problems/sum-0007").await;
    assert!(!one.status.is_success(), "{one:?}");
    let peak = peak(served.pid);
    assert!(peak < BOUND, "the daemon grew to {peak} KiB");
    served.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_of_a_thousand_long_tests_is_added_and_verified_in_little_memory() {
    const TESTS: usize = 1000;
    const LINE: &str = "all work and no play makes a test long\n";
    let dir = tempfile::tempdir().unwrap();
    let served = Serve::start(dir.path(), &["--workers", "2"]).await;
    served.ready().await;
    let package = Package::new("long")
        .file(
            "solutions/accepted/main.c",
            "#include <stdio.h>\nint main(void) { int n; if (scanf(\"%d\", &n) == 1) printf(\"%d\\n\", n); }\n",
        )
        .write();
    // A program that starts quickly is enough.
    fs::remove_file(package.path().join("solutions/accepted/main.py")).unwrap();
    let tests = package.path().join("tests");
    fs::create_dir_all(&tests).unwrap();
    for number in 0..TESTS {
        // Each is another, so that nothing is kept once for all of them.
        let mut file = fs::File::create(tests.join(format!("{number:04}.in"))).unwrap();
        writeln!(file, "{number}").unwrap();
        file.write_all(LINE.repeat(100_000 / LINE.len()).as_bytes()).unwrap();
        fs::write(tests.join(format!("{number:04}.out")), format!("{number}\n")).unwrap();
    }
    let added = served.add_folder(package.path(), "long").await;
    assert_eq!(added.body["data"]["tests"], TESTS, "{added:?}");
    let url = format!("{}/api/v1/problems/long/verify", served.house.url);
    for (run, runs) in [("first", TESTS as u64), ("second", 0)] {
        let response = served.house.http.post(&url).send().await.unwrap();
        let text = response.text().await.unwrap();
        let done: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        let said = (&done["type"], &done["agree"], &done["errors"]);
        assert_eq!(said, (&"done".into(), &1.into(), &0.into()), "{run}: {done}");
        assert_eq!(done["runs"], runs, "{run}: {done}");
    }
    let peak = peak(served.pid);
    assert!(peak < BOUND, "the daemon grew to {peak} KiB");
    served.drain().await;
}
