//! What the doctor looks at.

use super::{Check, State};
use crate::{
    client::Client,
    command::{lock::Lock, session::reachable},
    config::{Config, Loaded, ToolchainSource},
    daemon,
    evaluator::host_toolchain,
    health::{ALLOW_NATIVE, START_ENGINE},
    judge::Language,
    sandbox::{self, Engine, SandboxError},
    view::units::kibibytes,
    wire::StatusReport,
};
use std::{io, net::TcpListener, path::Path};

/// The check whose failure means that nothing can be judged.
pub(super) const ENGINE: &str = "engine";

/// Free space below which nothing is accepted safely, and below which it gets tight.
const LEAST_FREE: u64 = 256 << 20;
const TIGHT_FREE: u64 = 2 << 30;

pub(super) async fn all(loaded: &Loaded) -> Vec<Check> {
    let config = &loaded.config;
    let daemon = match Client::new(
        &format!("{}://{}", config.scheme(), reachable(config.addr)),
        None,
        config.tls.ca.as_deref(),
    ) {
        Ok(client) => client.status().await.ok(),
        Err(_) => None,
    };
    let mut checks = vec![configuration(loaded)];
    let engine = sandbox::probe(&config.sandbox).await;
    let shows_host = engine.as_ref().is_ok_and(|engine| engine.host_toolchains);
    checks.extend(engine_checks(config, engine));
    checks.extend(toolchains(config, shows_host));
    checks.push(disk(&config.data_dir));
    checks.push(data_dir(&config.data_dir));
    checks.push(port(config, daemon.as_ref()));
    checks
}

fn configuration(loaded: &Loaded) -> Check {
    let files = match loaded.files.as_slice() {
        [] => "no files, the defaults".to_owned(),
        files => files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", "),
    };
    match loaded.unknown_variables.as_slice() {
        [] => Check::ok("config", files),
        unknown => {
            let text = format!("{files}; these variables name no key: {}", unknown.join(", "));
            Check::new("config", State::Warn, text, format!("unset {}", unknown.join(" ")))
        }
    }
}

fn engine_checks(config: &Config, probed: Result<Engine, SandboxError>) -> Vec<Check> {
    let engine = match probed {
        Ok(engine) => engine,
        Err(error) => {
            let mend = match error {
                SandboxError::Native(_) => ALLOW_NATIVE,
                _ => START_ENGINE,
            };
            return vec![Check::new(ENGINE, State::Fail, error.to_string(), mend)];
        }
    };
    let kind = config.sandbox.kind.name();
    let mut checks = vec![Check::ok(ENGINE, format!("{} (sandbox.kind = {kind})", engine.name))];
    let version = engine.cgroup_version;
    checks.push(Check::ok("cgroup", format!("version {version}")));
    checks.extend(engine.missing.iter().map(|what| {
        let text = format!("version {version} here does without {what}");
        Check::new("cgroup", State::Warn, text, "a newer kernel, or one with that controller")
    }));
    let walls = engine.means.iter().map(|means| format!("{}: {}", means.what, means.how));
    checks.extend(walls.map(|text| Check::ok("wall", text)));
    checks
}

/// Every language with its toolchain. It is a failure when there is none at all.
fn toolchains(config: &Config, shows_host: bool) -> Vec<Check> {
    let languages = match daemon::languages(config, &config.data_dir) {
        Ok(languages) => languages,
        Err(error) => {
            let mend = "mend or remove the file";
            return vec![Check::new("languages", State::Fail, error.to_string(), mend)];
        }
    };
    let source = match config.sandbox.toolchain {
        ToolchainSource::Auto if !shows_host => ToolchainSource::Image,
        source => source,
    };
    languages.iter().map(|language| toolchain(language, source)).collect()
}

fn toolchain(language: &Language, source: ToolchainSource) -> Check {
    let name = "toolchain";
    let image = &language.toolchain.image;
    match (source, host_toolchain(language)) {
        (ToolchainSource::Auto | ToolchainSource::Host, Some(found)) => {
            let paths: Vec<_> = found.iter().map(|path| path.display().to_string()).collect();
            Check::ok(name, format!("{}: {}", language.name, paths.join(", ")))
        }
        (ToolchainSource::Image, _) => Check::ok(name, format!("{}: image {image}", language.name)),
        (ToolchainSource::Auto, None) => Check::new(
            name,
            State::Warn,
            format!("{}: not on this host; the image {image} will serve", language.name),
            format!("sonocode images {} {}", way_to(image), language.id),
        ),
        (ToolchainSource::Host, None) => Check::new(
            name,
            State::Warn,
            format!("{}: not on this host ({})", language.name, language.toolchain.host.join(", ")),
            "SONOCODE_SANDBOX_TOOLCHAIN=auto sonocode serve",
        ),
    }
}

/// Which command of `sonocode images` brings an image here.
fn way_to(image: &str) -> &'static str {
    if image.starts_with(crate::sandbox::docker::images::OWN) { "build" } else { "pull" }
}

fn disk(dir: &Path) -> Check {
    // The folder may not be there yet.
    let there = dir.ancestors().find(|path| path.exists()).unwrap_or(dir);
    let stat = match rustix::fs::statvfs(there) {
        Ok(stat) => stat,
        Err(error) => {
            let text = format!("{}: {error}", there.display());
            return Check::new("disk", State::Fail, text, "sonocode serve --data-dir DIR");
        }
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let text = format!("{} free at {}", kibibytes(free / 1024), there.display());
    let mend = "docker system prune";
    match free {
        ..LEAST_FREE => Check::new("disk", State::Fail, text, mend),
        LEAST_FREE..TIGHT_FREE => Check::new("disk", State::Warn, text, mend),
        _ => Check::ok("disk", text),
    }
}

fn data_dir(dir: &Path) -> Check {
    let shown = dir.display();
    let lock = Lock::of(dir);
    if let Some(holder) = lock.holder().filter(|_| lock.is_held()) {
        return Check::ok(
            "data",
            format!("{shown}, used by `{}` (pid {})", holder.command, holder.pid),
        );
    }
    let there = dir.ancestors().find(|path| path.exists()).unwrap_or(dir);
    match tempfile::tempfile_in(there) {
        Ok(_) => Check::ok("data", format!("{shown}, free")),
        Err(error) => {
            let text = format!("{shown} cannot be written: {error}");
            Check::new("data", State::Fail, text, "sonocode serve --data-dir DIR")
        }
    }
}

fn port(config: &Config, daemon: Option<&StatusReport>) -> Check {
    let addr = config.addr;
    if let Some(status) = daemon {
        let text = format!("{addr}: sonocode {} (pid {}) answers", status.version, status.pid);
        return Check::ok("port", text);
    }
    match TcpListener::bind(addr) {
        Ok(_) => Check::ok("port", format!("{addr} is free")),
        Err(error) => {
            let text = match error.kind() {
                io::ErrorKind::AddrInUse => format!("{addr} is used by another program"),
                _ => format!("{addr}: {error}"),
            };
            Check::new("port", State::Warn, text, "sonocode serve --addr 127.0.0.1:0")
        }
    }
}
