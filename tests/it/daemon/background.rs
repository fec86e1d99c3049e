//! Daemons in the background, and daemons that keep nothing.

use super::{RIGHT, add_sum};
use crate::{
    house::{House, expect},
    process::{Containers, Serve, output, sonocode},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sonocode::judge::Verdict;
use std::path::{Path, PathBuf};

/// Runs a command that must end well; what it printed.
async fn printed(home: &Path, args: &[&str]) -> String {
    let output = output(sonocode(home, args)).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// A daemon that outlives the command that started it; killed when dropped.
struct Background {
    banner: Value,
    pid: i32,
}

impl Background {
    async fn start(home: &Path, args: &[&str]) -> Self {
        let serve = ["serve", "--detach", "--wait", "--json", "--addr", "127.0.0.1:0"];
        let banner: Value =
            serde_json::from_str(&printed(home, &[&serve, args].concat()).await).unwrap();
        let pid = i32::try_from(banner["pid"].as_i64().unwrap()).unwrap();
        Self { banner, pid }
    }

    fn text(&self, key: &str) -> &str {
        self.banner[key].as_str().unwrap()
    }

    /// A dead process may wait for its new parent to notice.
    fn runs(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        stat.is_ok_and(|stat| stat.contains("(sonocode)") && !stat.contains("(sonocode) Z"))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if self.runs() {
            let _ = kill_process(Pid::from_raw(self.pid).unwrap(), Signal::KILL);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_in_the_background_is_ready_then_stopped() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let data = data.to_str().unwrap();
    let daemon = Background::start(home.path(), &["--data-dir", data]).await;
    let house = House::at(daemon.text("url"));
    assert_eq!(house.get("/readyz").await.status, 200);
    let status = printed(home.path(), &["status", "--json", "--data-dir", data]).await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["pid"], daemon.pid);
    assert_eq!(status["dataDir"], data);
    assert_eq!(status["url"], daemon.text("url"));
    add_sum(&house).await;
    expect(&house.judge("sum", "python", RIGHT).await, Verdict::Accepted);
    assert!(PathBuf::from(daemon.text("log")).is_file());

    let containers = Containers::of(Path::new(data));
    assert!(!containers.names().await.is_empty());
    let stopped = printed(home.path(), &["stop", "--data-dir", data]).await;
    assert!(stopped.contains(&format!("stopped (pid {})", daemon.pid)), "{stopped}");
    assert!(!daemon.runs());
    assert_eq!(containers.names().await, [""; 0]);
    let again = output(sonocode(home.path(), &["stop", "--data-dir", data])).await;
    assert_eq!(again.status.code(), Some(4), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_background_daemon_that_cannot_start_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let serve = Serve::start(dir.path(), &[]).await;
    let mut second =
        sonocode(dir.path(), &["serve", "--detach", "--addr", "127.0.0.1:0", "--data-dir"]);
    second.arg(dir.path());
    let second = output(second).await;
    let told = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("(pid {})", serve.pid)), "{told}");
    serve.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_daemon_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let tmp = tempfile::tempdir().unwrap();
    let left = || std::fs::read_dir(tmp.path()).unwrap().count();
    let mut command = sonocode(home.path(), &["serve", "-v", "--json", "--ephemeral"]);
    command.args(["--addr", "127.0.0.1:0", "--workers", "1"]).env("TMPDIR", tmp.path());
    let serve = Serve::spawn(command).await;
    assert_eq!(serve.banner["ephemeral"], true);
    let data = PathBuf::from(serve.banner["dataDir"].as_str().unwrap());
    assert!(data.starts_with(tmp.path()), "{}", data.display());
    let containers = Containers::of(&data);
    add_sum(&serve.house).await;
    expect(&serve.house.judge("sum", "python", RIGHT).await, Verdict::Accepted);
    assert_eq!(left(), 1);
    serve.drain().await;
    assert_eq!(left(), 0);
    assert_eq!(containers.names().await, [""; 0]);
    // Nor was anything put where a lasting daemon would have put it; what can be made again is kept for
    // the next.
    let left = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.eq([".cache"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_daemon_in_the_background_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let daemon = Background::start(home.path(), &["--ephemeral", "--workers", "1"]).await;
    let data = PathBuf::from(daemon.text("dataDir"));
    let containers = Containers::of(&data);
    assert!(data.join("serve.log").is_file());
    printed(home.path(), &["stop", "--data-dir", data.to_str().unwrap()]).await;
    assert!(!data.exists());
    assert_eq!(containers.names().await, [""; 0]);
}
