//! A Docker engine of the test's own, beside the one that every test uses.

use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;

/// The script of this repository that runs a second engine, with everything in one folder.
pub struct Engine(tempfile::TempDir);

impl Engine {
    pub fn new() -> Self {
        // A socket's path may have 107 bytes, and containerd's are deep in this folder.
        Self(tempfile::Builder::new().prefix("sc").rand_bytes(4).tempdir_in("/tmp").unwrap())
    }

    pub fn host(&self) -> String {
        format!("unix://{}/docker.sock", self.0.path().display())
    }

    fn script(&self, command: &str) -> std::process::Command {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/engine.sh");
        let mut script = std::process::Command::new(path);
        script.arg(command).env("SONOCODE_ENGINE_DIR", self.0.path());
        script
    }

    pub fn start(&self) {
        let output = self.script("start").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Ends it as a power cut would; what runs its containers lives on.
    pub fn kill(&self) {
        let pid = std::fs::read_to_string(self.0.path().join("docker.pid")).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }

    pub fn stop(&self) {
        let output = self.script("stop").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.script("stop").output();
    }
}
