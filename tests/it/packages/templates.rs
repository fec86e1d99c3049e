//! Every template of `problem new`, in every language: what it makes verifies at once.

use crate::{
    house::{House, slowness},
    process::{output, sonocode},
};
use serde_json::Value;
use sonocode::templates::problems::languages;
use std::{fs, path::Path};

/// Gives the time limit of a package the room that this machine needs.
fn stretch(package: &Path) {
    let path = package.join("problem.toml");
    let text = fs::read_to_string(&path).unwrap();
    let limit = format!("time_ms = {}", 1000 * slowness());
    assert!(text.contains("time_ms = 1000\n"), "{text}");
    fs::write(path, text.replace("time_ms = 1000", &limit)).unwrap();
}

/// Makes a package of a template in each of its languages and verifies it.
async fn verifies(template: &str) {
    let house = House::build().workers(2).start().await.ready().await;
    let home = tempfile::tempdir().unwrap();
    for language in languages(template) {
        let words = ["problem", "new", &language, "--template", template, "--lang", &language];
        let made = output(sonocode(home.path(), &words)).await;
        assert!(made.status.success(), "{made:?}");
        stretch(&home.path().join(&language));
        let folder = format!("./{language}");
        let words =
            ["problem", "verify", &folder, "--strict", "--fresh", "--json", "--url", &house.url];
        let done = output(sonocode(home.path(), &words)).await;
        let steps: Vec<Value> = String::from_utf8(done.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let of = |kind: &str| steps.iter().filter(|step| step["type"] == kind).collect::<Vec<_>>();
        // That a test catches no wrong program is worth knowing, and no more.
        let mut found = of("found");
        found.retain(|finding| finding["severity"] != "note");
        assert!(found.is_empty(), "{template} in {language}: {found:#?}");
        let err = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(0), "{template} in {language}: {err}");
        let summary = of("done")[0];
        assert!(summary["solutions"].as_u64().unwrap() >= 2, "{summary}");
        let rows = of("begun")[0]["solutions"].as_array().unwrap();
        let right = |row: &&Value| row["path"].as_str().unwrap().starts_with("accepted/");
        let (right, wrong): (Vec<_>, Vec<_>) = rows.iter().partition(right);
        assert!(!right.is_empty() && !wrong.is_empty(), "right and wrong ones: {rows:?}");
        let folder = home.path().join(&language);
        for part in ["generators", "validators"] {
            assert!(folder.join(part).is_dir(), "{template} in {language} has no {part}");
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn basic() {
    verifies("basic").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn function() {
    verifies("function").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interactive() {
    verifies("interactive").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scoring() {
    verifies("scoring").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checker() {
    verifies("checker").await;
}
