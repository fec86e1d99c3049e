//! Toolchains from images: pulled from a registry, here a small one in this process, built, and
//! imported from files.

mod commands;
mod registry;

use crate::house::{House, Package, expect};
use registry::{Registry, files};
use sonocode::{config::ToolchainSource, judge::Verdict};
use std::process::Command;

/// A house whose only Python is in this image.
async fn house_with(image: &str) -> House {
    let house = House::build()
        .config(|config| {
            config.sandbox.toolchain = ToolchainSource::Image;
            config.sandbox.images = vec![("python".into(), image.into())];
        })
        .start()
        .await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    house
}

/// Images that are removed at the end, whatever became of the test.
struct Removed(Vec<String>);

impl Drop for Removed {
    fn drop(&mut self) {
        docker(&["rmi", "--force"], &self.0);
    }
}

fn docker(words: &[&str], more: &[String]) -> bool {
    Command::new("docker").args(words).args(more).output().unwrap().status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_image_is_pulled_and_serves() {
    let registry = Registry::new(files()).serve().await;
    let image = format!("{registry}/python:latest");
    let _removed = Removed(vec![image.clone()]);
    let house = house_with(&image).await;
    let code = "import os\nassert not os.path.exists('/usr/bin/gcc')\nprint(sum(map(int, input().split())))";
    for _ in 0..2 {
        expect(&house.judge("sum", "python", code).await, Verdict::Accepted);
    }
    expect(&house.judge("sum", "python", "print(0)").await, Verdict::WrongAnswer);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_had_is_the_judges_fault() {
    // Nothing listens at port 1.
    let image = "127.0.0.1:1/nothing:latest";
    let house = house_with(image).await;
    let outcome = house.judge("sum", "python", "print(3)").await;
    expect(&outcome, Verdict::InternalError);
    assert!(outcome.message.as_ref().unwrap().contains(image), "{outcome:?}");
    house.stop().await;
}
