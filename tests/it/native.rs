//! The native sandbox: what its cells show, what they leave, and who may use it.

use crate::{
    house::{House, PATIENCE, Package, expect},
    process::{Serve, control_groups},
};
use rustix::fs::inotify;
use serde_json::json;
use sonocode::{
    config::SandboxKind,
    daemon,
    judge::{EventBody, Exit, Verdict},
};
use std::{
    fs,
    os::{fd::OwnedFd, unix::fs::chown},
    path::{Path, PathBuf},
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    process::Command,
    time::timeout,
};

/// Somebody without rights: nobody.
const USER: u32 = 65_534;

const RIGHT: &str = "print(sum(map(int, input().split())))";

/// Prints what there is of the host.
const LOOK: &str = r#"
import os
for folder in "/", "/dev", "/etc", "/sys", "/sys/fs", "/run", "/var":
    try: names = sorted(os.listdir(folder))
    except OSError: names = ["none"]
    print(folder, *names)
mounts = [line.split() for line in open("/proc/self/mountinfo")]
writable = [m[4] for m in mounts if "rw" in m[5].split(",")]
print("writable", *sorted(writable))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print("rights", int(status["CapEff"], 16), int(status["CapPrm"], 16), status["NoNewPrivs"].strip())
"#;

fn native() -> crate::house::Builder {
    House::build().config(|config| config.sandbox.kind = SandboxKind::Native)
}

fn sum() -> Package {
    Package::new("sum").test("01", "1 2\n", "3\n").test("02", "5 6\n", "11\n")
}

/// What a program of a custom run printed.
async fn printed(house: &House, code: &str) -> String {
    let reply = house.post("/api/v1/runs", json!({"code": code, "language": "python"})).await;
    let id = reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
    let ran = house.events(&id, 0).await.into_iter().find_map(|event| match event.body {
        EventBody::Ran { exit, stdout, stderr, .. } => Some((exit, stdout, stderr)),
        _ => None,
    });
    let (exit, stdout, stderr) = ran.expect("it did not run");
    assert_eq!(exit, Exit::Code(0), "{stderr}");
    stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_shows_nothing_of_the_host_but_its_toolchains() {
    let dir = tempfile::tempdir().unwrap();
    let house = native().data_dir(dir.path()).start().await;
    let house = house.ready().await;
    let seen = printed(&house, LOOK).await;
    let line = |name: &str| seen.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    for name in ["root", "home", "boot", "mnt", "srv", "opt"] {
        assert!(!line("/ ").split(' ').any(|found| found == name), "{seen}");
    }
    let devices = "/dev fd full mqueue null random shm stderr stdin stdout urandom zero";
    assert_eq!(line("/dev "), devices);
    assert!(!line("/etc ").contains("shadow") && !line("/etc ").contains("hosts"), "{seen}");
    for folder in ["/sys", "/run"] {
        assert_eq!(line(folder), folder, "{seen}");
    }
    assert_eq!(line("writable"), "writable /dev/shm /proc /tmp", "{seen}");
    assert_eq!(line("rights"), "rights 0 0 1");
    let prefix = format!("sonocode-{}-", daemon::owner(dir.path()).unwrap());
    assert!(!control_groups(&prefix).is_empty(), "cells have groups");
    house.stop().await;
    assert_eq!(control_groups(&prefix), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_daemon_leaves_no_control_group() {
    let dir = tempfile::tempdir().unwrap();
    let serve = Serve::start(dir.path(), &["--sandbox", "native"]).await;
    serve.ready().await;
    serve.house.add(&sum()).await;
    let endless = "import os\nos.fork()\nwhile True: pass";
    let id = serve.house.submit("sum", "python", endless).await;
    let mut journal = serve.house.watch(&format!("/api/v1/submissions/{id}/events")).await;
    journal.until(|event| matches!(event.body, EventBody::Compiled { .. })).await;
    let prefix = format!("sonocode-{}-", daemon::owner(dir.path()).unwrap());
    let groups = control_groups(&prefix);
    assert!(!groups.is_empty());
    let removals = removals(&groups);
    serve.kill().await;
    // Nobody sweeps: what the keepers of the cells remove is all.
    let gone = async {
        while !control_groups(&prefix).is_empty() {
            let mut ready = removals.readable().await.unwrap();
            let _ = rustix::io::read(removals.get_ref(), &mut [0; 4096]);
            ready.clear_ready();
        }
    };
    timeout(PATIENCE, gone).await.expect("control groups stay");
}

#[expect(
    deprecated,
    reason = "its successor is unsafe, and an owned descriptor is safe to wait for"
)]
/// Becomes readable when a folder beside one of these is removed.
fn removals(groups: &[String]) -> AsyncFd<OwnedFd> {
    let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
    let watch = inotify::init(flags).unwrap();
    for group in groups {
        let parent = Path::new(group).parent().unwrap();
        inotify::add_watch(&watch, parent, inotify::WatchFlags::DELETE).unwrap();
    }
    AsyncFd::with_interest(watch, Interest::READABLE).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("languages")).unwrap();
    let away = "id = \"away\"\nname = \"Away\"\nextensions = [\"away\"]\nsource = \"main.away\"\n\
                run = [\"away\", \"main.away\"]\nversion = [\"away\"]\n\
                [toolchain]\nhost = [\"away\"]\nimage = \"away:1\"\n";
    fs::write(dir.path().join("languages/away.toml"), away).unwrap();
    let house = native().data_dir(dir.path()).start().await;
    house.add(&sum()).await;
    let outcome = house.judge("sum", "away", "whatever").await;
    expect(&outcome, Verdict::InternalError);
    let message = outcome.message.unwrap();
    assert!(message.contains("away:1") && message.contains("install the language"), "{message}");
    house.stop().await;
}

/// Where control groups have version 2, a user to whom one was given needs no root; with version 1 only
/// root may have cells, and anybody else is told why.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_rights_judges_where_the_kernel_allows_it() {
    let dir = tempfile::tempdir().unwrap();
    chown(dir.path(), Some(USER), Some(USER)).unwrap();
    // The build's folder may be root's alone.
    let program = dir.path().join("sonocode");
    fs::copy(env!("CARGO_BIN_EXE_sonocode"), &program).unwrap();
    let given = Given::new();
    let script = "[ -z \"$1\" ] || echo 0 >\"$1/cgroup.procs\"; shift\n\
                  exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"";
    let mut command = Command::new("sh");
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", dir.path());
    command.args(["-c", script, "sh"]).arg(given.as_ref().map_or(Path::new(""), |g| &g.daemon));
    command.arg(&program).args(["serve", "-v", "--json", "--sandbox", "native"]);
    command.args(["--addr", "127.0.0.1:0", "--workers", "1", "--data-dir"]);
    command.arg(dir.path().join("data")).current_dir(dir.path()).kill_on_drop(true);
    let serve = Serve::spawn(command).await;
    if given.is_none() {
        let told = serve.says("nothing can be judged now").await;
        assert!(told.contains("version 1, which only root may divide"), "{told}");
        serve.drain().await;
        return;
    }
    serve.ready().await;
    let house = &serve.house;
    // Time enough for a machine that is only played.
    let limits = "[limits]\ntime_ms = 30000\nmemory_mib = 64\n";
    house.add(&Package::new("patient").manifest(limits).test("01", "1 2\n", "3\n")).await;
    house.add(&sum()).await;
    expect(&house.judge("patient", "python", RIGHT).await, Verdict::Accepted);
    let greedy = house.judge("patient", "python", "x = bytearray(10**9)").await;
    expect(&greedy, Verdict::MemoryLimitExceeded);
    expect(&house.judge("sum", "python", "while True: pass").await, Verdict::TimeLimitExceeded);
    let seen = printed(house, LOOK).await;
    assert!(seen.contains("rights 0 0 1"), "{seen}");
    assert!(seen.contains("writable /dev/shm /proc /proc /tmp"), "{seen}");
    let status = house.get("/api/v1/status").await.body["data"]["engine"].clone();
    assert!(status["means"].to_string().contains("user namespace"), "{status}");
    serve.drain().await;
}

/// A control group that belongs to the user, with one below it for the daemon; removed when dropped.
struct Given {
    whole: PathBuf,
    daemon: PathBuf,
}

impl Given {
    /// `None` where control groups have version 1.
    fn new() -> Option<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let controllers = fs::read_to_string(root.join("cgroup.controllers")).ok()?;
        let wanted = ["memory", "pids", "cpu"].iter().filter(|name| controllers.contains(**name));
        let wanted: Vec<_> = wanted.map(|name| format!("+{name}")).collect();
        fs::write(root.join("cgroup.subtree_control"), wanted.join(" ")).unwrap();
        let whole = root.join(format!("given-{}", std::process::id()));
        let daemon = whole.join("daemon");
        fs::create_dir_all(&daemon).unwrap();
        for folder in [&whole, &daemon] {
            for name in ["", "cgroup.procs", "cgroup.subtree_control"] {
                chown(folder.join(name), Some(USER), Some(USER)).unwrap();
            }
        }
        Some(Self { whole, daemon })
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.daemon);
        let _ = fs::remove_dir(&self.whole);
    }
}
