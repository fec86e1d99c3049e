//! `serve --detach`: the daemon as a background process.
//!
//! This process starts itself again with `--detached`. The child's standard output is a pipe on which
//! its banner comes as one line of JSON once it listens, so there is nothing to poll: the line is the
//! news, and the pipe's end without it is the failure. Its log goes to `serve.log` in the data
//! directory.

use super::{Banner, Removed};
use crate::{
    cli::Serve,
    client::Client,
    command::text,
    config::Config,
    error::{Code, Error},
    view::live::Bar,
};
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::Path,
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// How often the daemon is asked whether it is ready: HTTP has no event for it.
const ASK: Duration = Duration::from_millis(200);

pub(super) async fn detach(
    args: &Serve,
    config: &Config,
    ephemeral: Option<Removed>,
    verbose: u8,
) -> Result<Code, Error> {
    let log = config.data_dir.join("serve.log");
    let told = |error: std::io::Error| Error::Other(format!("{}: {error}", log.display()));
    fs::create_dir_all(&config.data_dir).map_err(told)?;
    let file = File::options().create(true).append(true).open(&log).map_err(told)?;
    let before = file.metadata().map_err(told)?.len();
    let mut child = spawn(args, config, file, verbose).map_err(told)?;
    let Some(mut banner) = banner(&mut child).await else {
        let status = child.wait().await.map_err(told)?;
        let why = tail(&log, before).unwrap_or_else(|| format!("it ended with {status}"));
        return Err(Error::Other(format!("the daemon did not start: {why}")));
    };
    // From here on the folder is the daemon's to remove.
    if let Some(folder) = ephemeral {
        folder.keep();
    }
    banner.log = Some(text(&log));
    banner.print(args.json)?;
    if args.wait {
        wait(args, &banner, &mut child).await?;
    }
    Ok(Code::OK)
}

fn spawn(args: &Serve, config: &Config, log: File, verbose: u8) -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--detached", "--json"]);
    command.arg("--addr").arg(config.addr.to_string());
    command.arg("--data-dir").arg(&config.data_dir);
    command.arg("--roles").arg(config.roles.to_string());
    command.arg("--workers").arg(config.workers.to_string());
    command.arg("--sandbox").arg(config.sandbox.kind.name());
    command.arg("--grace").arg(args.grace.to_string());
    if let Some(problems) = &config.problems {
        command.arg("--problems").arg(problems);
    }
    if args.ephemeral {
        command.arg("--ephemeral");
    }
    if args.insecure {
        command.arg("--insecure");
    }
    if let Some(url) = &config.redis.url {
        // Not as an option: everyone on the machine can see those.
        command.env("SONOCODE_REDIS_URL", url.expose());
    }
    command.args((0..verbose).map(|_| "-v"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()
}

/// The child's banner; `None` when it ended without one.
async fn banner(child: &mut Child) -> Option<Banner> {
    let mut line = String::new();
    BufReader::new(child.stdout.take()?).read_line(&mut line).await.ok()?;
    serde_json::from_str(&line).ok()
}

/// The last words of the log since a place.
fn tail(log: &Path, from: u64) -> Option<String> {
    let mut text = String::new();
    let mut file = File::open(log).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    file.read_to_string(&mut text).ok()?;
    let last = text.lines().rfind(|line| !line.trim().is_empty())?;
    Some(last.trim_start_matches("error: ").to_owned())
}

/// Waits until the daemon is ready to judge.
async fn wait(args: &Serve, banner: &Banner, child: &mut Child) -> Result<(), Error> {
    let client = Client::new(&banner.url)?;
    let bar = Bar::spinner("Waiting", "until it is ready to judge");
    let mut why = "it does not answer".to_owned();
    let ready = async {
        loop {
            match client.ready().await {
                Ok(Ok(())) => return,
                Ok(Err(reason)) => why = reason,
                Err(error) => why = error.to_string(),
            }
            tokio::time::sleep(ASK).await;
        }
    };
    let result = tokio::select! {
        () = ready => Ok(()),
        _ = child.wait() => {
            Err(Error::Other(format!("the daemon ended; see {}", banner.log.as_deref().unwrap_or("its log"))))
        }
        () = tokio::time::sleep(Duration::from_secs(args.wait_timeout)) => Err(Error::Judge(String::new())),
    };
    bar.clear();
    match result {
        Err(Error::Judge(_)) => Err(Error::Judge(format!(
            "the daemon runs but is not ready after {} s: {why}",
            args.wait_timeout
        ))),
        other => other,
    }
}
