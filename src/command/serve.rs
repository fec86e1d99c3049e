//! `sonocode serve`.

mod banner;
mod detach;

use super::{
    configuration,
    session::{on_pull, reachable},
    signals::Signals,
    text,
};
use crate::{
    cli::Serve,
    client::Client,
    config::{Config, Loaded, Mode},
    daemon::{self, Daemon, DaemonError, Options},
    error::{Code, Error},
    view::{live::Downloads, terminal::say, units::count},
};
use banner::Banner;
use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};
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
    let mut config = loaded.config;
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
    for name in &loaded.unknown_variables {
        tracing::warn!(
            "{name} names no key of the configuration; `sonocode config show` lists them"
        );
    }
    let mut signals = Signals::listen()?;
    let daemon = signals.guard(start(&args, &config)).await?;
    Banner::new(&config, daemon.addr, args.ephemeral).print(args.json)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        pid = std::process::id(),
        addr = %daemon.addr,
        data_dir = %config.data_dir.display(),
        workers = config.worker_count(),
        "started"
    );
    let signal = signals.next().await;
    tracing::info!(?signal, grace = args.grace, "asked to end");
    drain(daemon, &args, &mut signals).await.map(|()| {
        tracing::info!("ended");
        Code::OK
    })
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
        ("workers", "--workers", args.workers.clone()),
        ("sandbox.kind", "--sandbox", args.sandbox.clone()),
        ("problems", "--problems", args.problems.as_deref().map(text)),
        ("redis.url", "--redis", args.redis.clone()),
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

async fn start(args: &Serve, config: &Config) -> Result<Daemon, Error> {
    let options = Options {
        addr: config.addr,
        data_dir: config.data_dir.clone(),
        ephemeral: args.ephemeral,
        workers: config.worker_count(),
        problems: config.problems.clone(),
        config: config.clone(),
        on_pull: on_pull(Arc::new(Downloads::default())),
    };
    Daemon::start(options).await.map_err(|error| {
        let mend = match &error {
            DaemonError::Language(_) => return Error::Usage(error.to_string()),
            DaemonError::AddrInUse { .. } => {
                "; --addr takes another address, and port 0 any that is free"
            }
            DaemonError::Locked { .. } => {
                "; `sonocode stop` ends a daemon, and --data-dir takes another folder"
            }
            DaemonError::Other(_) => "",
        };
        Error::Other(format!("{error}{mend}"))
    })
}

/// Drains, saying what it waits for. A second signal ends it at once.
async fn drain(daemon: Daemon, args: &Serve, signals: &mut Signals) -> Result<(), Error> {
    let client = Client::new(&format!("http://{}", reachable(daemon.addr)))?;
    let running = client.status().await.map_or(0, |status| status.counts.running as usize);
    if running > 0 {
        say(&format!(
            "draining: {} may go on for {} s, what waits stays queued; again to stop at once",
            count(running, "running submission"),
            args.grace
        ));
    }
    tokio::select! {
        () = daemon.shutdown(Duration::from_secs(args.grace)) => Ok(()),
        signal = signals.next() => Err(Error::Signal(signal)),
    }
}
