//! Toolchains from images: pulled from a registry, here a small one in this process.

use crate::house::{House, Package, expect};
use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use sonocode::{config::ToolchainSource, judge::Verdict};
use std::{collections::HashMap, net::SocketAddr, process::Command, sync::Arc};

/// What Python needs of this machine, as a layer of an image that holds nothing else.
const PYTHON: &str = "cd / && ldd /usr/bin/python3 | grep -o '/[^ ]*' | cut -c2- \
    | tar -c --dereference --hard-dereference --exclude=__pycache__ --exclude=test \
        --exclude=dist-packages --exclude='config-3*' --files-from=- \
        usr/bin/python3 usr/lib/python3.*";

/// A registry that holds one image, by digest.
struct Registry {
    blobs: HashMap<String, (Vec<u8>, &'static str)>,
    manifest: String,
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

impl Registry {
    fn new(layer: Vec<u8>) -> Self {
        let config = json!({
            "architecture": if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" },
            "os": "linux",
            "config": {"Env": ["PATH=/usr/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
        });
        let config = config.to_string().into_bytes();
        let part = |kind: &str, bytes: &[u8]| json!({"mediaType": kind, "size": bytes.len(), "digest": digest(bytes)});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": part("application/vnd.docker.container.image.v1+json", &config),
            "layers": [part("application/vnd.docker.image.rootfs.diff.tar", &layer)],
        });
        let manifest_bytes = manifest.to_string().into_bytes();
        let manifest = digest(&manifest_bytes);
        let kind = "application/vnd.docker.distribution.manifest.v2+json";
        let blobs = HashMap::from([
            (digest(&config), (config, "application/octet-stream")),
            (digest(&layer), (layer, "application/octet-stream")),
            (manifest.clone(), (manifest_bytes, kind)),
        ]);
        Self { blobs, manifest }
    }

    async fn serve(self) -> SocketAddr {
        let app = Router::new()
            .route("/v2/", get(|| async { "{}" }))
            .route(
                "/v2/{name}/{kind}/{reference}",
                get(|state, path| async { Self::blob(state, path) }),
            )
            .with_state(Arc::new(self));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        addr
    }

    fn blob(
        State(registry): State<Arc<Self>>,
        Path((_, _, reference)): Path<(String, String, String)>,
    ) -> Response {
        let wanted = if reference == "latest" { &registry.manifest } else { &reference };
        let Some((bytes, kind)) = registry.blobs.get(wanted) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let headers = [
            (header::CONTENT_TYPE, *kind),
            (header::HeaderName::from_static("docker-content-digest"), wanted),
        ];
        (headers, Body::from(bytes.clone())).into_response()
    }
}

/// A house whose only Python is in this image.
async fn house_with(image: &str) -> (tempfile::TempDir, House) {
    let dir = tempfile::tempdir().unwrap();
    let languages = dir.path().join("languages");
    std::fs::create_dir(&languages).unwrap();
    let file = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/templates/languages/python.toml"
    ));
    let file = file.unwrap().replace("python:3.12-slim", image);
    assert!(file.contains(image));
    std::fs::write(languages.join("python.toml"), file).unwrap();
    let house = House::build()
        .data_dir(dir.path())
        .config(|config| config.sandbox.toolchain = ToolchainSource::Image)
        .start()
        .await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    (dir, house)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_image_is_pulled_and_serves() {
    let layer = Command::new("sh").args(["-c", PYTHON]).output().unwrap().stdout;
    assert!(layer.len() > 1 << 20, "the layer is too small: {}", layer.len());
    let registry = Registry::new(layer).serve().await;
    let image = format!("{registry}/python:latest");
    let (_dir, house) = house_with(&image).await;
    let code = "import os\nassert not os.path.exists('/usr/bin/gcc')\nprint(sum(map(int, input().split())))";
    for _ in 0..2 {
        expect(&house.judge("sum", "python", code).await, Verdict::Accepted);
    }
    expect(&house.judge("sum", "python", "print(0)").await, Verdict::WrongAnswer);
    house.stop().await;
    let removed = Command::new("docker").args(["rmi", "--force", &image]).output().unwrap();
    assert!(removed.status.success(), "{removed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_had_is_the_judges_fault() {
    // Nothing listens at port 1.
    let image = "127.0.0.1:1/nothing:latest";
    let (_dir, house) = house_with(image).await;
    let outcome = house.judge("sum", "python", "print(3)").await;
    expect(&outcome, Verdict::InternalError);
    assert!(outcome.message.as_ref().unwrap().contains(image), "{outcome:?}");
    house.stop().await;
}
