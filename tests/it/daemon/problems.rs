//! `serve --problems DIR`.

use crate::{
    house::{Package, expect},
    process::Serve,
};
use serde_json::json;
use sonocode::judge::Verdict;
use std::{fs, path::Path};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn put(folder: &Path, package: &Package) {
    copy(package.write().path(), &folder.join(&package.slug));
}

/// A package whose one test is made by a program.
fn generated(slug: &str) -> Package {
    Package::new(slug)
        .manifest(
            "reference = \"accepted/main.py\"\n[generators]\n01-made = [\"gen.py\", \"20\"]\n",
        )
        .file("generators/gen.py", "import sys\nprint(sys.argv[1], 22)\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_added_at_the_start_if_they_are_new_or_changed() {
    let (dir, packages) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(packages.path(), &Package::new("a-plain").test("01", "1 2\n", "3\n"));
    put(
        packages.path(),
        &Package::new("b-broken").test("01", "1 2\n", "3\n").manifest("tags = 7\n"),
    );
    put(packages.path(), &Package::new("c-changing").test("01", "1 2\n", "3\n"));
    put(packages.path(), &generated("d-made"));
    let crash =
        generated("e-crashing").file("generators/gen.py", "raise SystemExit(\"no luck\")\n");
    put(packages.path(), &crash);
    put(packages.path(), &generated("f-made"));
    fs::write(packages.path().join("README.md"), "Not a package.").unwrap();
    fs::create_dir(packages.path().join("empty")).unwrap();
    let args = ["--problems", packages.path().to_str().unwrap()];

    let first = Serve::start(dir.path(), &args).await;
    first.says("added slug=f-made").await;
    for (mistake, package) in [
        ("problem.toml:2: tags: must be a list of strings", "b-broken"),
        (
            "generators/gen.py: failed when it made `tests/01-made.in`: exit code 1: no luck",
            "e-crashing",
        ),
    ] {
        let said = first.says(mistake).await;
        assert!(said.contains(package), "{said}");
    }
    let list = first.house.get("/api/v1/problems").await.body;
    let slugs = |list: &serde_json::Value| -> Vec<String> {
        let problems = list["data"]["problems"].as_array().unwrap().iter();
        problems.map(|problem| problem["slug"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(slugs(&list), ["a-plain", "c-changing", "d-made", "f-made"]);
    let right = "print(sum(map(int, input().split())))";
    for slug in ["a-plain", "d-made"] {
        expect(&first.house.judge(slug, "python", right).await, Verdict::Accepted);
    }
    expect(&first.house.judge("d-made", "python", "print(41)").await, Verdict::WrongAnswer);
    // What was edited here since is kept, as long as the package is what it was.
    for slug in ["a-plain", "c-changing", "d-made"] {
        let path = format!("/api/v1/problems/{slug}");
        let reply =
            first.house.call(reqwest::Method::PATCH, &path, Some(json!({"title": "Edited"})));
        assert_eq!(reply.await.status, 200);
    }
    first.drain().await;

    put(packages.path(), &Package::new("b-broken").test("01", "1 2\n", "3\n"));
    put(
        packages.path(),
        &Package::new("c-changing").test("01", "1 2\n", "3\n").test("02", "3 4\n", "7\n"),
    );
    // The last of those that are made, so that the others have been made before if they are at all.
    let changed = generated("f-made").file("generators/gen.py", "print(1, 2)\n");
    put(packages.path(), &changed);
    let second = Serve::start(dir.path(), &args).await;
    second.says("added slug=f-made").await;
    let list = second.house.get("/api/v1/problems").await.body;
    let all = ["a-plain", "b-broken", "c-changing", "d-made", "f-made"];
    assert_eq!(slugs(&list), all);
    let titles = list["data"]["problems"].as_array().unwrap().iter();
    let titles: Vec<_> = titles.map(|problem| problem["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Edited", "b-broken", "c-changing", "Edited", "f-made"]);
    expect(&second.house.judge("f-made", "python", "print(3)").await, Verdict::Accepted);
    second.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_is_said_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = crate::process::sonocode(dir.path(), &["serve", "--addr", "127.0.0.1:0"]);
    command.arg("--data-dir").arg(dir.path().join("data"));
    command.arg("--problems").arg(dir.path().join("nothing"));
    let output = crate::process::output(command).await;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("nothing"), "{told}");
}
