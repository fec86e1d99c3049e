//! A registry in this process, with one image in it: a Python and a shell, and nothing else.

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
use std::{collections::HashMap, net::SocketAddr, process::Command, sync::Arc};

/// What Python and a shell need of this machine.
const FILES: &str = "cd / && ldd /usr/bin/python3 /bin/sh | grep -o '/[^ ]*[^ :]' | grep -v '/bin/' \
    | sort -u | cut -c2- \
    | tar -c --dereference --hard-dereference --exclude=__pycache__ --exclude=test \
        --exclude=dist-packages --exclude='config-3*' --files-from=- \
        bin/sh usr/bin/python3 usr/lib/python3.* -C \"$1\" mark";

/// The files of that image as a tar archive. No two are the same: an engine that has a layer from
/// another test would not pull it.
pub fn files() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mark"), dir.path().to_str().unwrap()).unwrap();
    let mut shell = Command::new("sh");
    let files = shell.args(["-c", FILES, "sh"]).arg(dir.path()).output().unwrap().stdout;
    assert!(files.len() > 1 << 20, "it is too small: {}", files.len());
    files
}

/// A registry that holds one image, by digest.
pub struct Registry {
    blobs: HashMap<String, (Vec<u8>, &'static str)>,
    manifest: String,
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

impl Registry {
    pub fn new(layer: Vec<u8>) -> Self {
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

    pub async fn serve(self) -> SocketAddr {
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
