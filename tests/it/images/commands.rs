//! `sonocode images`.

use super::{Removed, docker, files, house_with, registry::Registry};
use crate::{
    cli::{Done, User, done},
    house::expect,
};
use serde_json::Value;
use sonocode::judge::Verdict;
use std::{fs, io::Write};

/// A program that only runs where there is no compiler, which is in no cell with the host's files.
const INSIDE: &str =
    "import os\nassert not os.path.exists('/usr/bin/gcc')\nprint(sum(map(int, input().split())))";

/// `sonocode images …` with this image for Python.
fn images(user: &User, python: &str, words: &[&str]) -> Done {
    let mut command = user.command(&["images"]);
    let setting = format!("python={python}");
    done(command.args(words).env("SONOCODE_SANDBOX_IMAGES", setting))
}

/// What `images list` says of Python.
fn listed(user: &User, python: &str) -> Value {
    let list = images(user, python, &["list", "--json"]);
    assert_eq!(list.code, 0, "{}", list.err);
    let rows = list.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.into_iter().find(|row| row["language"] == "python").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_pulled_and_listed() {
    let registry = Registry::new(files()).serve().await;
    let image = format!("{registry}/python");
    let _removed = Removed(vec![image.clone()]);
    let user = User::new();
    let before = listed(&user, &image);
    assert_eq!((&before["image"], &before["bytes"]), (&image.as_str().into(), &Value::Null));
    let pulled = images(&user, &image, &["pull", "python3"]);
    assert_eq!(pulled.code, 0, "{}", pulled.err);
    assert!(pulled.out.starts_with(&format!("pulled {image} (python), ")), "{}", pulled.out);
    assert!(pulled.err.contains(&format!("pulling {image}")), "{}", pulled.err);
    let after = listed(&user, &image);
    assert!(after["bytes"].as_u64().unwrap() > 1 << 20, "{after}");
    assert!(after["id"].as_str().unwrap().starts_with("sha256:"), "{after}");
    let again = images(&user, &image, &["pull", "py", "--json"]);
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!((&again["id"], &again["languages"][0]), (&after["id"], &"python".into()));
    let table = images(&user, &image, &["list"]).out;
    assert!(table.lines().any(|line| line.contains("python") && line.ends_with("MB")), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_pulled_when_it_is_first_needed() {
    let registry = Registry::new(files()).serve().await;
    let image = format!("{registry}/python:latest");
    let _removed = Removed(vec![image.clone()]);
    let user = User::new();
    user.file("main.py", INSIDE);
    user.file("input", "1 2");
    let command = |words: &[&str]| {
        let mut command = user.command(words);
        command
            .env("SONOCODE_SANDBOX_TOOLCHAIN", "image")
            .env("SONOCODE_SANDBOX_IMAGES", format!("python={image}"));
        done(&mut command)
    };
    let languages = command(&["languages", "--json"]).out;
    let rows = languages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let python = rows.into_iter().find(|row| row["id"] == "python").unwrap();
    assert_eq!((&python["source"], &python["place"]), (&"image".into(), &image.as_str().into()));
    let ran = command(&["run", "main.py", "--stdin", "input"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "3\n"), "{}", ran.err);
    assert!(ran.err.contains(&format!("pulling {image}")), "{}", ran.err);
    let again = command(&["run", "main.py", "--stdin", "input"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(!again.err.contains("pulling"), "{}", again.err);
}

#[test]
fn what_cannot_be_pulled_is_told() {
    let user = User::new();
    // Nothing listens at port 1.
    let nowhere = "127.0.0.1:1/python";
    let failed = images(&user, nowhere, &["pull", "python"]);
    assert_eq!(failed.code, 6);
    assert!(failed.err.contains(&format!("image {nowhere}: ")), "{}", failed.err);
    let own = images(&user, "sonocode/none", &["pull", "python"]);
    assert_eq!(own.code, 6);
    assert!(own.err.contains("`sonocode images build none`"), "{}", own.err);
    let unknown = images(&user, nowhere, &["pull", "brainfuck"]);
    assert_eq!(unknown.code, 4);
    assert!(unknown.err.contains("there is no language `brainfuck`"), "{}", unknown.err);
    let mut nothing = user.command(&["images", "pull"]);
    let nothing = done(nothing.env("SONOCODE_SANDBOX_TOOLCHAIN", "host"));
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""));
    assert!(nothing.err.contains("every image that is needed"), "{}", nothing.err);
    let setting = done(user.command(&["images", "list"]).env("SONOCODE_SANDBOX_IMAGES", "zig=zig"));
    assert_eq!(setting.code, 2);
    assert!(
        setting.err.contains("`sandbox.images`: there is no language `zig`"),
        "{}",
        setting.err
    );
    let engine =
        done(user.command(&["images", "list"]).env("SONOCODE_SANDBOX_DOCKER_HOST", "unix:///none"));
    assert_eq!(engine.code, 6, "{}", engine.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_built_upon_another() {
    let registry = Registry::new(files()).serve().await;
    let base = format!("{registry}/base");
    let image = format!("sonocode-test/built-{}", registry.port());
    let _removed = Removed(vec![image.clone(), base.clone()]);
    let user = User::new();
    let dockerfile = "ARG BASE=none\nFROM ${BASE}\nENV MARK=built\nRUN echo $MARK > /mark\n";
    user.file("data/languages/python.Dockerfile", dockerfile);
    let printed = images(&user, &image, &["build", "python", "--print"]);
    assert_eq!((printed.code, printed.out.as_str()), (0, dockerfile));
    let words = ["build", "py", "--base", &base, "--tag", &image, "--network", "none"];
    let built = images(&user, "other", &words);
    assert_eq!(built.code, 0, "{}", built.err);
    assert!(built.out.starts_with(&format!("built {image}, ")), "{}", built.out);
    assert!(built.err.contains("| Step 1/4 : ARG BASE"), "{}", built.err);
    assert!(built.err.contains(&format!("images = [\"python={image}\"]")), "{}", built.err);
    let house = house_with(&image).await;
    let code = format!("assert open('/mark').read() == 'built\\n'\n{INSIDE}");
    expect(&house.judge("sum", "python", &code).await, Verdict::Accepted);
    house.stop().await;
}

#[test]
fn a_build_that_fails_is_told() {
    let user = User::new();
    user.file("data/languages/python.Dockerfile", "FROM scratch\nNONSENSE\n");
    let failed = images(&user, "x", &["build", "python"]);
    assert_eq!(failed.code, 6);
    assert!(failed.err.contains("NONSENSE"), "{}", failed.err);
    let language = "id = \"zz\"\nname = \"Z\"\nextensions = []\nsource = \"z\"\nrun = [\"z\"]\nversion = [\"z\"]\ntoolchain = { host = [\"z\"], image = \"z\" }";
    user.file("data/languages/zz.toml", language);
    let none = images(&user, "x", &["build", "zz"]);
    assert_eq!(none.code, 4);
    assert!(none.err.contains("data/languages/zz.Dockerfile"), "{}", none.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_imported_from_files() {
    let user = User::new();
    let image = format!("sonocode-test/imported-{}", std::process::id());
    let other = format!("{image}:saved");
    let _removed = Removed(vec![image.clone(), other.clone()]);
    let plain = user.home().join("files.tar");
    fs::write(&plain, files()).unwrap();
    let plain = plain.to_str().unwrap();
    let nameless = images(&user, &image, &["import", plain]);
    assert_eq!(nameless.code, 2);
    assert!(nameless.err.contains("--lang"), "{}", nameless.err);
    let imported = images(&user, &image, &["import", plain, "--lang", "python"]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    assert!(imported.out.starts_with(&format!("imported {image}:latest, ")), "{}", imported.out);
    let house = house_with(&image).await;
    expect(&house.judge("sum", "python", INSIDE).await, Verdict::Accepted);
    house.stop().await;
    // Saved, lost, and brought back: packed, and under another name.
    let saved = user.home().join("saved.tar");
    let saved = saved.to_str().unwrap();
    assert!(docker(&["save", "-o", saved], &[format!("{image}:latest")]));
    assert!(docker(&["rmi"], std::slice::from_ref(&image)));
    let packed = format!("{saved}.gz");
    let mut gzip = flate2::write::GzEncoder::new(
        fs::File::create(&packed).unwrap(),
        flate2::Compression::fast(),
    );
    gzip.write_all(&fs::read(saved).unwrap()).unwrap();
    gzip.finish().unwrap();
    let loaded = images(&user, &image, &["import", &packed, "--tag", &other, "--json"]);
    assert_eq!(loaded.code, 0, "{}", loaded.err);
    let loaded: Value = serde_json::from_str(&loaded.out).unwrap();
    assert_eq!(loaded["image"], other.as_str());
    let under_its_own = images(&user, &image, &["import", saved]);
    assert_eq!(under_its_own.code, 0, "{}", under_its_own.err);
    assert!(
        under_its_own.out.contains(&format!("imported {image}:latest")),
        "{}",
        under_its_own.out
    );
    assert_eq!(listed(&user, &image)["id"], loaded["id"]);
}

#[test]
fn what_cannot_be_imported_is_told() {
    let user = User::new();
    let text = user.file("notes.txt", "no archive");
    for (file, why) in
        [(text.to_str().unwrap(), "no tar archive"), ("nothing-here", "No such file")]
    {
        let failed = images(&user, "x", &["import", file, "--tag", "sonocode-test/x"]);
        assert_eq!(failed.code, 4, "{}", failed.err);
        assert!(failed.err.contains(file) && failed.err.contains(why), "{}", failed.err);
    }
}
