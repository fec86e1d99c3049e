//! One verb, one file; this one starts them and tells how they ended.

mod cancel;
mod clarify;
mod completions;
mod config;
mod demo;
mod doctor;
mod follow;
mod images;
mod languages;
mod list;
mod lock;
mod problem;
mod rejudge;
mod run;
mod running;
mod serve;
mod session;
mod signals;
mod source;
mod status;
mod stop;
mod submit;
mod token;
mod watch;
mod watching;
mod worker;

use crate::{
    cli::{Cli, Command, Connect},
    config::{Loaded, Sources},
    error::{Code, Error},
    view::terminal,
};
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// Does what the command line says.
pub fn dispatch(cli: Cli) -> Code {
    terminal::settle_colours();
    let _quiet = terminal::Quiet::begin();
    log(&cli);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return told(Err(Error::Other(format!("cannot start: {error}")))),
    };
    let code = told(runtime.block_on(obey(cli)));
    // A second Ctrl-C must not wait for what still runs.
    runtime.shutdown_background();
    code
}

async fn obey(cli: Cli) -> Result<Code, Error> {
    let verbose = cli.verbose;
    match cli.command {
        Command::Serve(args) => serve::serve(args, verbose).await,
        Command::Worker(args) => worker::worker(args).await,
        Command::Stop(args) => stop::stop(args).await,
        Command::Submit(args) => submit::submit(args).await,
        Command::List(args) => list::list(args).await,
        Command::Watch(args) => watch::watch(args).await,
        Command::Run(args) => run::run(args).await,
        Command::Cancel(args) => cancel::cancel(args).await,
        Command::Rejudge(args) => rejudge::rejudge(args).await,
        Command::Problem(problem) => problem::problem(problem).await,
        Command::Clarify(clarify) => Box::pin(clarify::clarify(clarify)).await,
        Command::Status(args) => status::status(args).await,
        Command::Languages(args) => languages::languages(args).await,
        Command::Images(images) => images::images(images).await,
        Command::Doctor(args) => doctor::doctor(args).await,
        Command::Demo(args) => demo::demo(args).await,
        Command::Token(args) => token::token(&args),
        Command::Config(crate::cli::Config::Show(args)) => config::show(&args),
        Command::Completions(args) => completions::completions(&args),
    }
}

fn told(result: Result<Code, Error>) -> Code {
    result.unwrap_or_else(|error| {
        if let Some(message) = error.message() {
            terminal::complain(&message);
        }
        error.code()
    })
}

/// Sends the log to standard error: the daemon's news for `serve` and `worker`, only failures for a command that
/// runs a daemon of its own, since its output is what the user asked for.
fn log(cli: &Cli) {
    let serves = matches!(cli.command, Command::Serve(_) | Command::Worker(_));
    let level = match (cli.verbose, serves) {
        (0, true) => "info",
        (0, false) => "error",
        (1, _) => "sonocode=debug,info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()))
        .with_writer(terminal::Stderr::default)
        .init();
}

/// Reads the configuration with these flags over it: key, flag, text.
fn configuration(
    flags: impl IntoIterator<Item = (&'static str, &'static str, Option<String>)>,
) -> Result<Loaded, Error> {
    let given = flags.into_iter().filter_map(|(key, flag, text)| Some((key, flag, text?)));
    Ok(Loaded::read(&Sources::of_process(given.collect())?)?)
}

impl Connect {
    /// The configuration with these options over it.
    fn configuration(&self) -> Result<Loaded, Error> {
        configuration([
            ("url", "--url", self.url.clone()),
            ("data_dir", "--data-dir", self.data_dir.as_deref().map(text)),
            ("token", "--token", self.token.clone()),
            ("tls.ca", "--tls-ca", self.tls_ca.as_deref().map(text)),
        ])
    }
}

/// A path as configuration has it.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Who uses the commands: `--user`, else the login name.
fn user(given: Option<String>) -> String {
    let variable = |name| std::env::var(name).ok().filter(|name| !name.is_empty());
    given
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .unwrap_or_else(|| "anonymous".to_owned())
}

/// A value as one line of JSON on standard output.
fn print_json(value: &impl serde::Serialize) -> Result<(), Error> {
    let text = serde_json::to_string(value).map_err(|error| Error::Other(error.to_string()))?;
    Ok(terminal::print(&text)?)
}
