//! Ports and data directories that somebody else has already.

use crate::process::{Serve, output, sonocode};
use std::{net::TcpListener, path::Path, process::Output};

/// A `serve` that must not come up: its standard error.
async fn refused(data_dir: &Path, addr: &str) -> String {
    let mut command = sonocode(data_dir, &["serve", "--addr", addr, "--data-dir"]);
    command.arg(data_dir);
    let Output { status, stdout, stderr } = output(command).await;
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stdout.is_empty(), "a banner of a daemon that is not there");
    stderr
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_port_names_the_process_that_has_it() {
    let mine = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = mine.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let told = refused(dir.path(), &addr).await;
    assert!(told.contains(&addr), "{told}");
    assert!(told.contains(&format!("(pid {})", std::process::id())), "{told}");
    assert!(told.contains("--addr"), "{told}");
    // Refused before anything was made.
    assert!(!dir.path().join("ledger.sqlite").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_daemon_and_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let serve = Serve::start(dir.path(), &[]).await;
    let port = serve.house.url.strip_prefix("http://").unwrap();
    let told = refused(dir.path(), "127.0.0.1:0").await;
    for word in [&format!("(pid {})", serve.pid), &serve.house.url, "serve", "sonocode stop"] {
        assert!(told.contains(word), "`{word}` is missing: {told}");
    }
    assert!(told.contains(&dir.path().display().to_string()), "{told}");
    let told = refused(other.path(), port).await;
    assert!(told.contains(&format!("sonocode (pid {})", serve.pid)), "{told}");
    // Neither attempt did the daemon any harm.
    assert_eq!(serve.house.get("/livez").await.body, "ok");
    serve.kill().await;

    // The lock ends with its process, however that ends.
    let serve = Serve::start(dir.path(), &[]).await;
    serve.drain().await;
}
