//! The commands as processes, against a daemon that plays a part.

mod add;
mod clarify;
mod fake;
mod help;
mod list;
mod live;
mod own;
mod problems;
mod run;
mod serve;
mod submit;
mod token;
mod watch;

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A user with an empty home and working directory, in which the commands run.
pub struct User {
    home: TempDir,
}

impl User {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// A command of this user: `sonocode` and these words.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::from_std(self.process(words));
        // Nothing here takes long; a command that hangs must not hang the suite.
        command.timeout(std::time::Duration::from_secs(60));
        command
    }

    /// The same, to be held as a process.
    pub fn process(&self, words: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sonocode"));
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("USER", "ada")
            // No daemon of the machine is ever meant.
            .env("SONOCODE_ADDR", "127.0.0.1:1")
            // Without an engine, nothing else is to run programs.
            .env("SONOCODE_SANDBOX_KIND", crate::house::sandbox_kind().name())
            .env("SONOCODE_DATA_DIR", self.home().join("data"))
            .current_dir(self.home());
        command
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file below the home and gives its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// What a finished command wrote and how it ended.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn done(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
