//! Builds the agent, the static program that runs inside every cell, and lets the daemon embed it.

use std::{env, path::PathBuf, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=src/agent");
    println!("cargo::rerun-if-changed=src/sandbox/protocol.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    let var = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let target = var("TARGET");
    // A target folder of its own: the outer cargo holds the lock of the usual one.
    let folder = PathBuf::from(var("OUT_DIR")).join("agent");
    let built = Command::new(var("CARGO"))
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "sonocode-agent",
            "--target",
            &target,
        ])
        .arg("--target-dir")
        .arg(&folder)
        // What the outer cargo was told (flags, clippy as a wrapper) is not meant for the agent.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("RUSTC_WRAPPER")
        .env("RUSTFLAGS", "-C target-feature=+crt-static -C relocation-model=static -C panic=abort")
        .status();
    assert!(
        built.as_ref().is_ok_and(std::process::ExitStatus::success),
        "the agent could not be built ({built:?}); it needs the C library as a static archive: \
         `apt-get install libc6-dev` on Debian"
    );
    let agent = folder.join(target).join("release/sonocode-agent");
    println!("cargo::rustc-env=SONOCODE_AGENT={}", agent.display());
}
