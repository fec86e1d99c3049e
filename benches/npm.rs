//! Programs for Node that benchmarks compare with, installed from their lock files below `target/`.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Installs what is in a folder of the repository, unless it is there; returns where it is. `program` is copied beside it.
pub fn install(from: &str, name: &str, program: &str) -> Result<PathBuf> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&to)?;
    let lock = fs::read(from.join("package-lock.json"))?;
    // What npm leaves when it has done everything.
    let done = to.join("node_modules/.package-lock.json");
    let same = fs::read(to.join("package-lock.json")).is_ok_and(|old| old == lock);
    for name in ["package.json", "package-lock.json", program] {
        fs::copy(from.join(name), to.join(name))?;
    }
    if !(same && done.exists()) {
        // It keeps to the lock file as `npm ci` does, which refuses one without optional packages of other platforms.
        let install = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&to)
            .status()
            .context("no `npm` here: apt-get install npm")?;
        ensure!(install.success(), "`npm install` in {} failed", to.display());
    }
    Ok(to)
}
