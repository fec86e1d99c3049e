//! ICPC and Kattis packages from the upload to the verdicts.

mod judges;
mod scores;
mod tests;

use crate::house::{House, Reply};
use std::{collections::BTreeMap, path::Path};

/// A package of the formats, written to a folder when it is uploaded.
pub struct Package {
    slug: String,
    files: BTreeMap<String, String>,
}

impl Package {
    /// A package of `2025-09` with a statement, an accepted submission and an input validator.
    pub fn latest(slug: &str, yaml: &str) -> Self {
        let head = "problem_format_version: 2025-09\nuuid: 8ee7605a-da18-8ca0-1c75-fc0ad9c6be71\nname: A task\n";
        Self::new(slug, &format!("{head}{yaml}"), "statement")
    }

    /// A package of `legacy`, likewise.
    pub fn legacy(slug: &str, yaml: &str) -> Self {
        Self::new(slug, &format!("name: A task\n{yaml}"), "problem_statement")
    }

    fn new(slug: &str, yaml: &str, statement: &str) -> Self {
        Self { slug: slug.to_owned(), files: BTreeMap::new() }
            .file("problem.yaml", yaml)
            .file(&format!("{statement}/problem.en.tex"), "Solve it.\n")
            .file("input_validators/valid.py", "raise SystemExit(42)\n")
            .file("submissions/accepted/main.py", "print(sum(map(int, input().split())))\n")
    }

    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    pub fn test(self, name: &str, input: &str, answer: &str) -> Self {
        self.file(&format!("data/{name}.in"), input).file(&format!("data/{name}.ans"), answer)
    }

    fn write(&self, folder: &Path) {
        for (path, text) in &self.files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    /// Uploads it.
    pub async fn upload(&self, house: &House) -> Reply {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        let mut tar = Vec::new();
        sonocode::problem::pack(folder.path(), &mut tar).unwrap();
        let url = format!("{}/api/v1/problems?slug={}", house.url, self.slug);
        let request = house.http.post(url).header("content-type", "application/x-tar").body(tar);
        Reply::of(request.send().await.unwrap()).await
    }

    /// Uploads it; it must be taken.
    pub async fn add(&self, house: &House) -> Reply {
        let reply = self.upload(house).await;
        assert!(reply.status.is_success(), "{reply:?}");
        reply
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reply_says_the_format_and_what_was_ignored_and_mistakes_change_nothing() {
    let house = House::build().start().await;
    let package =
        Package::legacy("told", "").test("secret/1", "1 2\n", "3\n").file("slides.txt", "x");
    let reply = package.add(&house).await;
    assert_eq!(reply.body["data"]["format"], "legacy", "{reply:?}");
    let ignored = reply.body["data"]["ignored"].as_array().unwrap();
    assert!(ignored.iter().any(|note| note["file"] == "slides.txt"), "{ignored:?}");

    let wrong =
        Package::latest("wrong", "limits: {memory: much}\ntype: odd\n").test("secret/1", "", "");
    let reply = wrong.upload(&house).await;
    assert_eq!(reply.body["error"]["code"], "invalid_package", "{reply:?}");
    let mistakes = reply.body["error"]["mistakes"].as_array().unwrap();
    let told: Vec<_> = mistakes.iter().map(|m| (m["line"].as_u64(), m["field"].as_str())).collect();
    assert_eq!(told, [(Some(4), Some("limits.memory")), (Some(5), Some("type"))]);
    assert_eq!(house.get("/api/v1/problems/wrong").await.status, 404);
    house.stop().await;
}
