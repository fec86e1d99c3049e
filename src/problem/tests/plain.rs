//! Plain folders of tests, and what no format can be seen in.

use super::{Package, Store, mistakes};
use crate::problem::Draft;
use std::fs;

/// A folder with these files.
fn folder(name: &str, files: &[&str]) -> Package {
    let around = tempfile::tempdir().unwrap();
    let dir = around.path().join(name);
    fs::create_dir(&dir).unwrap();
    files.iter().fold(Package { around, dir }, |package, file| package.put(file, *file))
}

fn names(draft: &Draft) -> Vec<&str> {
    draft.problem.tests.iter().map(|test| test.name.as_str()).collect()
}

#[test]
fn pairs_are_found_by_every_convention() {
    for (files, tests) in [
        (&["1.in", "1.out"][..], &["1"][..]),
        (&["a.in", "a.ans", "b.IN", "b.OUT"], &["a", "b"]),
        (&["input1.txt", "output1.txt", "input10.txt", "output10.txt"], &["01", "10"]),
        (&["input/input00.txt", "output/output00.txt"], &["0"]),
        (&["in/1.in", "out/1.out"], &["1"]),
        (&["input.txt", "output.txt"], &["test"]),
        (&["01", "01.a", "02", "02.a"], &["1", "2"]),
        (
            &["secret/x y.in", "secret/x y.ans", "samples/1.in", "samples/1.ans"],
            &["sample/1", "secret/x_y"],
        ),
        (&["tests/2.in", "tests/2.out", "tests/10.in", "tests/10.out"], &["02", "10"]),
        (&["sample1.in", "sample1.out", "big.in", "big.out"], &["sample1", "big"]),
        (&["v1-2.in", "v1-2.out", "v1-11.in", "v1-11.out"], &["v01-02", "v01-11"]),
    ] {
        let store = Store::new();
        let draft = store.draft(&folder("Some Tests", files));
        assert_eq!(names(&draft), tests, "{files:?}");
        assert_eq!((&*draft.format, &*draft.problem.title), ("files", "Some Tests"));
        assert_eq!(draft.problem.slug.as_str(), "some-tests");
        let told: Vec<String> = draft.ignored.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("nothing proves"), "{told:?}");
        let input = draft.dir.path().join(format!("tests/{}.in", draft.problem.tests[0].name));
        assert!(files.contains(&&*fs::read_to_string(input).unwrap()));
    }
}

#[test]
fn what_is_no_test_is_told() {
    let draft =
        Store::new().draft(&folder("x", &["1.in", "1.out", "sol.cpp", "Makefile", "notes.txt"]));
    let files: Vec<&str> = draft.ignored.iter().map(|ignored| ignored.file.as_str()).collect();
    for file in ["sol.cpp", "Makefile", "notes.txt"] {
        assert!(files.contains(&file), "{files:?}");
    }
}

#[test]
fn partners_are_needed() {
    for (files, file, message) in [
        (&["1.in", "2.in", "2.out"][..], "1.in", "has no answer"),
        (&["1.in", "1.out", "2.ans"], "2.ans", "has no input"),
        (&["1.in", "1.out", "1.ans"], "1.out", "are of the same test"),
        (&["1.in", "1.out", "01.in", "01.out"], "1.in", "would be called `1` too"),
        (&["a b.in", "a b.out", "a_b.in", "a_b.out"], "a_b.in", "would be called"),
    ] {
        let found = mistakes(Store::new().stage_folder(&folder("x", files).dir, None));
        assert_eq!((found.len(), found[0].file.as_str()), (1, file), "{found:#?}");
        assert!(found[0].message.contains(message), "{found:#?}");
    }
}

#[test]
fn every_partner_that_is_missing_is_named() {
    let found =
        mistakes(Store::new().stage_folder(&folder("x", &["1.in", "2.in", "3.out"]).dir, None));
    let files: Vec<&str> = found.iter().map(|mistake| mistake.file.as_str()).collect();
    assert_eq!(files, ["1.in", "2.in", "3.out"]);
}

#[test]
fn what_is_no_package_is_said() {
    for (files, message) in [
        (
            &["a.txt", "b.c"][..],
            "neither problem.toml (native), problem.yaml (ICPC, Kattis) or problem.xml",
        ),
        (&["a/b.zip"], "an archive in it, `a/b.zip`"),
        (&["problem.yaml", "problem.xml"], "both problem.yaml and problem.xml"),
        (&["problem.toml", "problem.yaml"], "both problem.toml and problem.yaml"),
    ] {
        let found = mistakes(Store::new().stage_folder(&folder("x", files).dir, None));
        assert_eq!((found.len(), found[0].file.as_str()), (1, "."), "{found:#?}");
        assert!(found[0].message.contains(message), "{found:#?}");
    }
    let document = r#"{"title": "From JSON", "description": "x", "testCases": [{"input": "1", "output": "2"}]}"#;
    let draft = Store::new().draft(&folder("x", &[]).put("problem.json", document));
    assert_eq!((&*draft.format, draft.problem.slug.as_str()), ("json", "from-json"));
    let found = mistakes(Store::new().stage_folder(&folder("x", &["broken.json"]).dir, None));
    assert_eq!((found[0].file.as_str(), found[0].line), ("broken.json", Some(1)));
}
