//! The whole life of a problem, as a setter lives it: by commands, against a daemon.

use crate::{
    house::House,
    process::{output, sonocode},
};
use serde_json::Value;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// A setter with a folder to work in and a daemon.
struct Setter {
    home: TempDir,
    house: House,
}

/// How a command ended and what it printed.
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl Setter {
    async fn new() -> Self {
        let house = House::build().workers(2).start().await.ready().await;
        Self { home: tempfile::tempdir().unwrap(), house }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs `sonocode` with these words.
    async fn run(&self, line: &str) -> Done {
        self.run_with(line, &[]).await
    }

    /// The same with variables.
    async fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> Done {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = sonocode(self.home.path(), &words);
        command.env("SONOCODE_URL", &self.house.url).envs(variables.iter().copied());
        let done = output(command).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = done.status.code().unwrap();
        Done { code, out: text(done.stdout), err: text(done.stderr) }
    }

    /// Runs a command that must succeed, and gives what it printed.
    #[track_caller]
    fn well(&self, line: &str) -> impl Future<Output = String> {
        self.ends(line, 0)
    }

    /// Runs a command that must end with this code, and gives what it printed.
    async fn ends(&self, line: &str, code: i32) -> String {
        let done = self.run(line).await;
        assert_eq!(done.code, code, "{line}:\n{}\n{}", done.out, done.err);
        done.out
    }

    /// What was found when a package was verified, by code, and its summary.
    async fn verify(&self, words: &str, code: i32) -> (Vec<Value>, Value) {
        let out = self.ends(&format!("problem verify {words} --json"), code).await;
        let steps: Vec<Value> =
            out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (found, rest): (Vec<_>, Vec<_>) =
            steps.into_iter().partition(|step| step["type"] == "found");
        (found, rest.last().unwrap().clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_new_to_removed() {
    let setter = Setter::new().await;
    setter.well("problem new far-apart --template basic --lang python").await;
    let package = setter.path("far-apart");

    // Tests are made, and the same again.
    setter.ends("problem generate far-apart --check", 1).await;
    let made = setter.well("problem generate far-apart").await;
    assert!(
        made.contains("new tests/secret/05-large.in (") && made.contains("12 files written"),
        "{made}"
    );
    assert_eq!(
        setter.well("problem generate far-apart --check").await,
        "0 files differ, 12 as they were\n"
    );
    let first = package.join("tests/secret/01-one.in");
    fs::write(&first, "1\n99\n").unwrap();
    let differ = setter.ends("problem generate far-apart --check", 1).await;
    assert!(differ.contains("changed tests/secret/01-one.in ("), "{differ}");
    assert!(differ.ends_with("1 file differs, 11 as they were\n"), "{differ}");
    setter.well("problem generate far-apart").await;

    // It verifies; a second time nothing is run; a wrong twin is found.
    let (found, summary) = setter.verify("./far-apart --strict --fresh", 0).await;
    assert!(found.is_empty() && summary["runs"].as_u64().unwrap() > 0, "{found:?} {summary}");
    let (_, summary) = setter.verify("./far-apart", 0).await;
    assert_eq!(summary["runs"], 0, "{summary}");
    let wrong = package.join("solutions/wrong_answer/neighbours.py");
    let accepted = package.join("solutions/accepted/neighbours.py");
    fs::rename(&wrong, &accepted).unwrap();
    let (found, _) = setter.verify("./far-apart", 1).await;
    let file = "solutions/accepted/neighbours.py";
    assert!(found.iter().any(|f| f["severity"] == "error" && f["file"] == file), "{found:#?}");
    fs::rename(&accepted, &wrong).unwrap();

    // It is added and judged.
    let added = setter.well("problem add far-apart").await;
    assert!(added.starts_with("added far-apart: Far apart, 8 tests"), "{added}");
    let judged =
        setter.well("submit far-apart/solutions/accepted/main.py -p far-apart --expect AC").await;
    assert!(judged.contains("AC  8/8"), "{judged}");

    // Its values are changed and its name.
    setter.well("problem set far-apart limits.time_ms=1500 tags=one,two").await;
    let shown = setter.well("problem show far-apart --json").await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["limits"]["time_ms"], &shown["tags"][1]), (&1500.into(), &"two".into()));
    assert_eq!(shown["validators"][0]["name"], "input");
    setter.ends("problem set far-apart limits.time_ms=0", 5).await;
    setter.well("problem rename far-apart wide-apart").await;
    // The old slug leads to it.
    let old = setter.well("problem show far-apart --json").await;
    assert_eq!(serde_json::from_str::<Value>(&old).unwrap()["slug"], "wide-apart");
    let text = setter.well("problem show wide-apart").await;
    assert!(text.contains("validator  input (validate.py)"), "{text}");
    let (_, summary) = setter.verify("wide-apart", 0).await;
    assert_eq!(summary["agree"], 4, "{summary}");
    assert_eq!(setter.well("problem remove wide-apart").await, "removed wide-apart\n");
    setter.ends("problem show wide-apart", 4).await;
    setter.ends("problem show far-apart", 4).await;
    setter.house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_changes_a_stored_problem() {
    let setter = Setter::new().await;
    setter.well("problem new far-apart --template basic --lang python").await;
    setter.well("problem add far-apart").await;
    let edit = async |editor: &str| {
        setter.run_with("problem edit far-apart", &[("VISUAL", ""), ("EDITOR", editor)]).await
    };
    let same = edit("true").await;
    assert_eq!(
        (same.code, same.out.as_str()),
        (0, "far-apart is left as it was\n"),
        "{}",
        same.err
    );
    let changed = edit("sed -i s/easy/hard/").await;
    assert_eq!(changed.code, 0, "{}", changed.err);
    assert!(changed.out.starts_with("changed far-apart: Far apart, 8 tests"), "{}", changed.out);
    let shown = setter.well("problem show far-apart --json").await;
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["difficulty"], "hard");
    // What is wrong is told, kept for the user, and changes nothing.
    let wrong = edit("sed -i s/hard/brutal/").await;
    assert_eq!(wrong.code, 4, "{}", wrong.err);
    assert!(wrong.err.contains("`brutal` is none of easy, medium and hard"), "{}", wrong.err);
    assert!(wrong.err.contains("far-apart is left as it was"), "{}", wrong.err);
    let kept = wrong.err.split("what you wrote is in ").nth(1).unwrap().split(',').next().unwrap();
    assert!(fs::read_to_string(format!("{kept}/problem.toml")).unwrap().contains("brutal"));
    fs::remove_dir_all(kept).unwrap();
    let shown = setter.well("problem show far-apart --json").await;
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["difficulty"], "hard");
    let failed = edit("false").await;
    assert_eq!(failed.code, 1, "{}", failed.err);
    assert!(failed.err.contains("the editor `false` failed"), "{}", failed.err);
    setter.house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_added_again() {
    let setter = Setter::new().await;
    setter.well("problem new far-apart --template basic --lang python").await;
    setter.well("problem add far-apart").await;
    let (_, before) = setter.verify("far-apart", 0).await;
    for format in ["native", "2025-09"] {
        setter.well(&format!("problem export far-apart --to {format} -o out-{format}")).await;
        let slug = format!("again-{format}");
        let words = format!("problem add out-{format} --slug {slug} --json");
        let added: Value = serde_json::from_str(&setter.well(&words).await).unwrap();
        assert!(added["format"].as_str().unwrap().contains(format), "{added}");
        let (_, after) = setter.verify(&slug, 0).await;
        assert_eq!(after["agree"], before["agree"], "{format}: {after}");
    }
    setter.house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counterexample_is_found_and_becomes_a_test() {
    let setter = Setter::new().await;
    setter.well("problem new far-apart --template basic --lang python").await;
    setter.well("problem add far-apart").await;
    let wrong = "--solution wrong_answer/neighbours.py --rounds 20 --keep secret/07-found";
    // In the store: what is found is small, and fails the same program for ever.
    let found = setter.ends(&format!("problem stress far-apart {wrong}"), 1).await;
    assert!(found.starts_with("WA") && found.contains("input:\n  3\n"), "{found}");
    let shown = setter.well("problem show far-apart --json").await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let tests = shown["tests"].as_array().unwrap();
    let kept = tests.iter().find(|test| test["name"] == "secret/07-found");
    assert!(kept.unwrap()["input_bytes"].as_u64().unwrap() < 20, "{tests:#?}");
    let only = "--solutions wrong_answer/neighbours.py --tests secret/07-found --solutions-only";
    let (found, _) = setter.verify(&format!("far-apart {only}"), 0).await;
    assert!(found.iter().all(|finding| finding["severity"] != "error"), "{found:#?}");
    // A name that is taken is told before anything is searched: no step is printed.
    let taken = setter.run(&format!("problem stress far-apart {wrong} --json")).await;
    assert_eq!((taken.code, taken.out.as_str()), (5, ""), "{}", taken.err);
    assert!(taken.err.contains("has a test `secret/07-found` already"), "{}", taken.err);
    let out = "problem stress far-apart --rounds 2 --keep ../out";
    assert_eq!(setter.run(out).await.code, 5);
    let right = "problem stress far-apart --solution accepted/main.py --rounds 3";
    let none = setter.well(right).await;
    assert!(none.starts_with("no difference (3 inputs"), "{none}");

    // In a folder that was not added in this form: the test is two files of it.
    let folder = setter.path("far-apart");
    setter.ends(&format!("problem stress ./far-apart {wrong}"), 1).await;
    let read = |name: &str| fs::read_to_string(folder.join("tests/secret").join(name)).unwrap();
    assert!(read("07-found.in").starts_with("3\n") && !read("07-found.out").is_empty());
    assert_eq!(setter.run(&format!("problem stress ./far-apart {wrong}")).await.code, 5);
    setter.verify("./far-apart", 0).await;
    // A program of one's own, against a folder.
    let mine = setter.path("mine.py");
    fs::copy(folder.join("solutions/wrong_answer/neighbours.py"), mine).unwrap();
    let own = setter.ends("problem stress ./far-apart --solution mine.py --rounds 20", 1).await;
    assert!(own.starts_with("WA"), "{own}");
    setter.house.stop().await;
}
