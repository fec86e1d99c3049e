//! What `serve` and `worker` share: a daemon's start, with what mends a failure, and its end.

use super::{
    session::on_pull,
    signals::{Hangups, Signals},
};
use crate::{
    config::{Config, Loaded},
    daemon::{Daemon, DaemonError, Options},
    error::Error,
    view::{live::Downloads, terminal::say, units::count},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// Starts the daemon of a configuration, which listens at `addr` if there is one.
pub(super) async fn start(
    config: &Config,
    addr: Option<SocketAddr>,
    ephemeral: bool,
) -> Result<Daemon, Error> {
    let options = Options {
        addr,
        data_dir: config.data_dir.clone(),
        ephemeral,
        workers: config.worker_count(),
        problems: config.problems.clone(),
        config: config.clone(),
        sandbox: None,
        on_pull: on_pull(Arc::new(Downloads::default())),
    };
    Daemon::start(options).await.map_err(|error| {
        let mend = match &error {
            DaemonError::Language(_) | DaemonError::Settings(_) => {
                return Error::Usage(error.to_string());
            }
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

/// Waits for a signal and drains, saying what it waits for. A second signal ends it at once. With TLS, SIGHUP reads the
/// certificate again and ends nothing.
pub(super) async fn until_signalled(
    daemon: Daemon,
    grace: u64,
    signals: &mut Signals,
) -> Result<(), Error> {
    let mut hangups = daemon.has_certificate().then(Hangups::listen).transpose()?;
    let signal = loop {
        let hangup = async {
            match &mut hangups {
                Some(hangups) => hangups.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = signals.next() => break signal,
            () = hangup => daemon.renew_certificate(),
        }
    };
    tracing::info!(?signal, grace, "asked to end");
    // Before it is said: whoever reads that may rely on it.
    daemon.drain();
    if daemon.busy() > 0 {
        say(&format!(
            "draining: {} may go on for {grace} s, what waits stays queued; again to stop at once",
            count(daemon.busy(), "running submission"),
        ));
    }
    tokio::select! {
        () = daemon.shutdown(Duration::from_secs(grace)) => {
            tracing::info!("ended");
            Ok(())
        }
        signal = signals.next() => Err(Error::Signal(signal)),
    }
}

/// Tells of variables that look like keys and are none.
pub(super) fn warn_of_unknown(loaded: &Loaded) {
    for name in &loaded.unknown_variables {
        tracing::warn!(
            "{name} names no key of the configuration; `sonocode config show` lists them"
        );
    }
}
