//! `problem verify` on a real daemon: packages that are right, and twins with one thing wrong whose finding
//! is known by its code.

mod cases;
mod codes;
mod inputs;
mod outputs;
mod solutions;
mod stress;
mod talks;
mod timing;

use crate::house::{Builder, House, Package};
use futures_util::StreamExt;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sonocode::verify::report::{Finding, Severity, Step, Summary};

/// A daemon with two workers and a cache of its own.
pub struct Verifier {
    pub house: House,
    _cache: tempfile::TempDir,
}

/// A verification that came to its end.
#[derive(Debug)]
pub struct Verified {
    pub steps: Vec<Step>,
    pub summary: Summary,
}

impl Verifier {
    pub async fn start() -> Self {
        Self::with(House::build().workers(2)).await
    }

    pub async fn with(builder: Builder) -> Self {
        let cache = tempfile::tempdir().unwrap();
        let dir = cache.path().to_owned();
        let house = builder.config(|config| config.cache_dir = dir).start().await.ready().await;
        Self { house, _cache: cache }
    }

    /// Verifies a package that is not added.
    pub async fn verify(&self, package: &Package) -> Verified {
        self.verify_with(package, json!({})).await
    }

    pub async fn verify_with(&self, package: &Package, options: Value) -> Verified {
        let folder = package.write();
        let mut tar = Vec::new();
        sonocode::problem::pack(folder.path(), &mut tar).unwrap();
        let request = self.house.http.post(format!("{}/api/v1/verify", self.house.url));
        let request = request
            .query(&[("slug", package.slug.as_str()), ("options", &options.to_string())])
            .header("content-type", "application/x-tar")
            .body(tar);
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), read(response).await);
        assert_eq!(status, StatusCode::OK, "{text}");
        Verified::of(&text)
    }

    /// Verifies a problem of the store.
    pub async fn verify_stored(&self, slug: &str, options: Value) -> Verified {
        let url = format!("{}/api/v1/problems/{slug}/verify", self.house.url);
        let response = self.house.http.post(url).json(&options).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        Verified::of(&read(response).await)
    }

    pub async fn stop(self) {
        self.house.stop().await;
    }
}

pub async fn read(response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

impl Verified {
    fn of(text: &str) -> Self {
        let steps: Vec<Step> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let Some(Step::Done(summary)) = steps.last().cloned() else {
            panic!("it ended with {:?}", steps.last());
        };
        Self { steps, summary }
    }

    pub fn findings(&self) -> Vec<&Finding> {
        let mut found = Vec::new();
        for step in &self.steps {
            if let Step::Found(finding) = step {
                found.push(finding);
            }
        }
        found
    }

    /// The codes of all findings that are no notes.
    pub fn codes(&self) -> Vec<&str> {
        let findings = self.findings().into_iter();
        let mut codes: Vec<&str> = findings
            .filter(|finding| finding.severity > Severity::Note)
            .map(|finding| finding.code.as_str())
            .collect();
        codes.sort_unstable();
        codes
    }

    /// The only finding of this code.
    #[track_caller]
    pub fn only(&self, code: &str) -> &Finding {
        let found: Vec<_> =
            self.findings().into_iter().filter(|finding| finding.code == code).collect();
        assert_eq!(found.len(), 1, "{code} in {:#?}", self.findings());
        found[0]
    }

    /// Whether every finding can be acted upon.
    #[track_caller]
    pub fn assert_useful(&self) {
        for finding in self.findings() {
            let told = [&finding.file, &finding.message, &finding.mend];
            assert!(told.iter().all(|text| !text.is_empty()), "{finding:?}");
            assert!(!finding.mend.contains('\n'), "{finding:?}");
            assert!(finding.reproduce.starts_with("sonocode problem "), "{finding:?}");
        }
    }
}
