//! `sonocode worker`: a daemon that only judges what others take, over the Redis that they share.

use super::{configuration, running, signals::Signals, text};
use crate::{
    cli::Worker,
    config::{Config, Loaded, Mode, Origin, Roles},
    error::{Code, Error},
    ledger::redis::Address,
    view::{terminal::say, units::count},
};
use std::net::SocketAddr;

pub(super) async fn worker(args: Worker) -> Result<Code, Error> {
    let loaded = load(&args)?;
    running::warn_of_unknown(&loaded);
    let config = config(&loaded);
    // Its own address is the one on the command line: the configured one is where daemons listen that take work.
    let addr = args.addr.is_some().then_some(config.addr);
    if let Some(addr) = addr.filter(|addr| !addr.ip().is_loopback()) {
        refuse_open(&config, addr, args.insecure)?;
    }
    let mut signals = Signals::listen()?;
    let daemon = signals.guard(running::start(&config, addr, false)).await?;
    say(&told(&config, daemon.addr));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        pid = std::process::id(),
        data_dir = %config.data_dir.display(),
        workers = config.worker_count(),
        "started"
    );
    running::until_signalled(daemon, args.grace, &mut signals).await.map(|()| Code::OK)
}

fn load(args: &Worker) -> Result<Loaded, Error> {
    configuration([
        ("addr", "--addr", args.addr.clone()),
        ("data_dir", "--data-dir", args.data_dir.as_deref().map(text)),
        ("workers", "--workers", args.workers.clone()),
        ("sandbox.kind", "--sandbox", args.sandbox.clone()),
        ("redis.url", "--redis", args.redis.clone()),
    ])
}

/// What is configured, for a worker: a folder beside that of a daemon, which may run on this machine too.
fn config(loaded: &Loaded) -> Config {
    let mut config = loaded.config.clone();
    config.roles = Roles::WORKER;
    if *loaded.origin("data_dir") == Origin::Default {
        let mut name = config.data_dir.file_name().unwrap_or_default().to_owned();
        name.push("-worker");
        config.data_dir.set_file_name(name);
    }
    config
}

/// Figures say what is judged here: they are for this machine, or for whoever shows a token.
fn refuse_open(config: &Config, addr: SocketAddr, insecure: bool) -> Result<(), Error> {
    if config.auth.mode != Mode::Off || insecure {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{addr} can be reached from other machines, and auth.mode is off: whoever reaches it could read the \
         figures; set SONOCODE_AUTH_MODE=required (see `sonocode token`), listen on 127.0.0.1, or say --insecure"
    )))
}

/// What a worker says of itself when it is up.
fn told(config: &Config, addr: Option<SocketAddr>) -> String {
    let url = config.redis.url.as_ref();
    let redis = url.and_then(|url| Address::parse(url.expose()).ok());
    let redis = redis.map(|redis| redis.to_string()).unwrap_or_default();
    let probes = addr.map(|addr| format!("; /readyz and /metrics at http://{addr}"));
    format!(
        "worker {} (pid {}): judges {} at one time for the daemons at {redis} (namespace {}), data in {}{}; Ctrl-C \
         drains, twice stops at once",
        env!("CARGO_PKG_VERSION"),
        std::process::id(),
        count(config.worker_count(), "submission"),
        config.redis.namespace,
        config.data_dir.display(),
        probes.unwrap_or_default()
    )
}
