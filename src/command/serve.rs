//! `sonocode serve`.

mod banner;
mod detach;

use super::{configuration, running, signals::Signals, text};
use crate::{
    cli::Serve,
    config::{Config, Loaded, Mode},
    daemon,
    error::{Code, Error},
    view::terminal::say,
};
use banner::Banner;
use std::{net::Ipv4Addr, path::PathBuf};
use tokio_util::sync::CancellationToken;

pub(super) async fn serve(args: Serve, verbose: u8) -> Result<Code, Error> {
    if let Some(port) = args.protocol_suite {
        return protocol_suite(port).await;
    }
    if args.detached {
        // A session of its own: the terminal's signals and its end are not ours.
        rustix::process::setsid().map_err(|error| Error::Other(format!("setsid: {error}")))?;
    } else if args.ephemeral && args.data_dir.is_some() {
        let text = "--ephemeral keeps nothing and chooses its own folder; leave --data-dir out";
        return Err(Error::Usage(text.to_owned()));
    }
    let loaded = load(&args)?;
    let mut config = loaded.config.clone();
    if config.auth.mode == Mode::Off && !config.addr.ip().is_loopback() && !args.insecure {
        return Err(Error::Usage(format!(
            "{} can be reached from other machines, and auth.mode is off: whoever reaches it could run \
             programs as anybody; set SONOCODE_AUTH_MODE=required (see `sonocode token`), listen on \
             127.0.0.1, or say --insecure",
            config.addr
        )));
    }
    let ephemeral = ephemeral_dir(&args, &mut config)?;
    if args.detach {
        return detach::detach(&args, &config, ephemeral, verbose).await;
    }
    running::warn_of_unknown(&loaded);
    let mut signals = Signals::listen()?;
    let start = running::start(&config, Some(config.addr), args.ephemeral);
    let daemon = signals.guard(start).await?;
    let addr = daemon.addr.unwrap_or(config.addr);
    Banner::new(&config, addr, args.ephemeral).print(args.json)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        pid = std::process::id(),
        %addr,
        roles = %config.roles,
        data_dir = %config.data_dir.display(),
        workers = config.judges(),
        "started"
    );
    running::until_signalled(daemon, args.grace, &mut signals).await.map(|()| Code::OK)
    // `ephemeral` is dropped here, and its folder with it.
}

/// Serves the official protocol suites until a signal comes.
async fn protocol_suite(port: u16) -> Result<Code, Error> {
    let mut signals = Signals::listen()?;
    let shutdown = CancellationToken::new();
    let addr = (Ipv4Addr::LOCALHOST, port).into();
    let ready = |addr| say(&format!("protocol suites: http://{addr}"));
    let ended = shutdown.clone();
    let stop = async {
        signals.next().await;
        shutdown.cancel();
        std::future::pending().await
    };
    tokio::select! {
        served = daemon::protocol_suite(addr, ended, ready) => {
            served.map(|()| Code::OK).map_err(|error| Error::Other(error.to_string()))
        }
        never = stop => never,
    }
}

fn load(args: &Serve) -> Result<Loaded, Error> {
    configuration([
        ("addr", "--addr", args.addr.clone()),
        ("data_dir", "--data-dir", args.data_dir.as_deref().map(text)),
        ("roles", "--roles", args.roles.clone()),
        ("workers", "--workers", args.workers.clone()),
        ("sandbox.kind", "--sandbox", args.sandbox.clone()),
        ("problems", "--problems", args.problems.as_deref().map(text)),
        ("redis.url", "--redis", args.redis.clone()),
        ("tls.cert", "--tls-cert", args.tls_cert.as_deref().map(text)),
        ("tls.key", "--tls-key", args.tls_key.as_deref().map(text)),
    ])
}

/// Makes the folder of an ephemeral daemon and puts it into the configuration. The background
/// process is told its folder by the one that made it, and removes it at its end.
fn ephemeral_dir(args: &Serve, config: &mut Config) -> Result<Option<Removed>, Error> {
    if !args.ephemeral {
        return Ok(None);
    }
    if args.detached {
        return Ok(Some(Removed(config.data_dir.clone())));
    }
    let dir = tempfile::Builder::new().prefix("sonocode-").tempdir();
    let dir = dir.map_err(|error| Error::Other(format!("no temporary folder: {error}")))?.keep();
    config.data_dir.clone_from(&dir);
    Ok(Some(Removed(dir)))
}

/// A folder that is removed when this is dropped.
struct Removed(PathBuf);

impl Removed {
    /// Leaves it to somebody else.
    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // Nobody is left to be told.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
