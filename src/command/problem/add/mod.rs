//! `sonocode problem add`.

mod listen;
mod source;

use crate::{
    cli::Add,
    client::{Added, Client, ClientError, NewProblem, download, is_address},
    command::{
        print_json,
        session::{self, Session},
    },
    error::{Code, Error, Signal},
    judge::Slug,
    problem::{Mistake, PackError},
    view::{
        live::Bar,
        terminal::{ask, can_ask, complain, print, say},
        units::{count, harmless},
    },
};
use futures_util::StreamExt;
use serde::Serialize;
pub(super) use source::Source;
use std::{
    io::{Seek, Write},
    path::Path,
    time::Duration,
};
use tokio_util::io::ReaderStream;

/// How often a daemon of somebody else's that has no engine yet is asked again to run a package's
/// generators. Of our own we know.
const ATTEMPTS: u32 = 3;

/// The longest package that is fetched from an address, in bytes.
const MAX_DOWNLOAD: u64 = 1 << 30;

pub(super) async fn add(args: Add) -> Result<Code, Error> {
    let one = args.paths.len() == 1 || (args.listen.is_some() && args.count == Some(1));
    if args.slug.is_some() && !one {
        let message = "--slug names one problem; give one PATH with it, or --listen --count 1";
        return Err(Error::Usage(message.to_owned()));
    }
    if let Some(port) = args.listen {
        return session::with_signals(&args.connect.configuration()?, async |session, signals| {
            let taken = signals.guard(take(session, port, &args)).await;
            match taken {
                // That is how it is ended.
                Err(Error::Signal(Signal::Interrupt)) => Ok(Code::OK),
                other => other,
            }
        })
        .await;
    }
    session::with(&args.connect.configuration()?, async |session| {
        let mut failures = Vec::new();
        for path in &args.paths {
            match add_one(session, path, &args).await {
                Ok(done) => tell(&args, &done)?,
                // The others may be right; the last failure is told by `main`.
                Err(error @ (Error::Unreachable(_) | Error::Closed)) => return Err(error),
                Err(error) => {
                    tell_mistakes(&args, path, &error)?;
                    failures.push(error);
                }
            }
        }
        let last = failures.pop();
        for error in &failures {
            complain(&error.to_string());
        }
        last.map_or(Ok(Code::OK), Err)
    })
    .await
}

/// Takes problems that a browser extension posts, and adds each.
async fn take(session: &Session, port: u16, args: &Add) -> Result<Code, Error> {
    let (port, mut posts, _listening) = listen::listen(port).await?;
    say(&format!("listening on 127.0.0.1:{port} for Competitive Companion; Ctrl-C ends it"));
    let mut left = args.count;
    while left != Some(0) {
        let Some(mut post) = posts.recv().await else { break };
        let added = post_one(session, std::mem::take(&mut post.body), args).await;
        post.answer(added.is_ok()).await;
        match added {
            Ok(done) => tell(args, &done)?,
            Err(error @ (Error::Unreachable(_) | Error::Closed)) => return Err(error),
            // The next may be right.
            Err(error) => {
                tell_mistakes(args, Path::new(POSTED), &error)?;
                complain(&error.to_string());
            }
        }
        left = left.map(|left| left - 1);
    }
    Ok(Code::OK)
}

/// What a posted problem is called.
const POSTED: &str = "the posted problem";

async fn post_one(session: &Session, body: Vec<u8>, args: &Add) -> Result<Added, Error> {
    let wrong = |error: PackError| Error::NotFound(format!("{POSTED}: {error}"));
    let file = tempfile::tempfile().and_then(|mut file| {
        file.write_all(&body)?;
        file.rewind()?;
        Ok(file)
    });
    let source = file.map_err(PackError::from).and_then(|file| Source::of(file, None));
    send_all(session, POSTED, &source.map_err(wrong)?, args.slug.as_ref(), args.force).await
}

async fn add_one(session: &Session, path: &Path, args: &Add) -> Result<Added, Error> {
    let name = path.display().to_string();
    let source = open(path).await?;
    let added = send_all(session, &name, &source, args.slug.as_ref(), args.force).await;
    match added {
        Err(Error::Exists(text)) if !args.force => {
            // What the daemon says further is for programs that speak HTTP.
            let text = text.split(';').next().unwrap_or_default();
            let question = format!("{name}: {text}. Replace it?");
            if can_ask() && ask(&question) {
                return send_all(session, &name, &source, args.slug.as_ref(), true).await;
            }
            Err(Error::Exists(format!("{name}: {text}; --force replaces it")))
        }
        other => other,
    }
}

/// What a PATH is: a folder or a file, or what is at an address.
async fn open(path: &Path) -> Result<Source, Error> {
    let name = path.display().to_string();
    let failed = |error: PackError| match error {
        PackError::Refused(mistakes) => Error::Invalid { package: name.clone(), mistakes },
        // Not there, no package, or it changed while it was read.
        error => Error::NotFound(format!("{name}: {error}")),
    };
    let Some(address) = path.to_str().filter(|path| is_address(path)) else {
        return Source::open(path).map_err(failed);
    };
    let bar = Bar::download(address);
    let fetched = download(address, MAX_DOWNLOAD, |count, total| {
        bar.length(total.unwrap_or(count));
        bar.position(count);
    })
    .await;
    bar.clear();
    let fetched = fetched.map_err(|why| Error::NotFound(format!("{name}: {why}")))?;
    Source::of(fetched.file, fetched.name.as_deref()).map_err(failed)
}

fn tell(args: &Add, done: &Added) -> Result<(), Error> {
    if args.json {
        return print_json(&done.problem);
    }
    print(&added(done))?;
    for ignored in &done.problem.ignored {
        print(&format!("note: {}", harmless(&ignored.to_string())))?;
    }
    Ok(())
}

/// With `--json`, the mistakes of a package are data too.
fn tell_mistakes(args: &Add, path: &Path, error: &Error) -> Result<(), Error> {
    let Error::Invalid { mistakes, .. } = error else { return Ok(()) };
    let package = path.display().to_string();
    if args.json { print_json(&Wrong { package, mistakes }) } else { Ok(()) }
}

/// A package that was not added, as `--json` prints it.
#[derive(Serialize)]
struct Wrong<'a> {
    package: String,
    mistakes: &'a [Mistake],
}

/// `added two-sum: Two sum, 29 tests`, and the format where it is not our own.
pub(in crate::command) fn added(done: &Added) -> String {
    let Added { problem, unchanged } = done;
    let verb = if *unchanged { "unchanged" } else { "added" };
    let format = match problem.format.as_str() {
        // A daemon of an older version does not say it.
        "native" | "" => String::new(),
        format => format!(", format {}", harmless(format)),
    };
    let problem = &problem.problem;
    let (slug, title) = (&problem.slug, harmless(&problem.title));
    format!("{verb} {slug}: {title}, {}{format}", count(problem.tests, "test"))
}

/// Adds a package: a folder, an archive, a document, or what is at an address.
pub(in crate::command) async fn add_folder(
    session: &Session,
    path: &Path,
    slug: Option<&Slug>,
    force: bool,
) -> Result<Added, Error> {
    send_all(session, &path.display().to_string(), &open(path).await?, slug, force).await
}

async fn send_all(
    session: &Session,
    name: &str,
    source: &Source,
    slug: Option<&Slug>,
    force: bool,
) -> Result<Added, Error> {
    session.settled().await;
    let mut left = if session.is_own() { 1 } else { ATTEMPTS };
    let client = session.client();
    let failed = |error: std::io::Error| Error::Other(format!("{name}: {error}"));
    let new = NewProblem {
        media: source.media,
        length: source.file.metadata().map_err(failed)?.len(),
        name: source.name.clone(),
        slug: slug.cloned(),
        force,
    };
    loop {
        left -= 1;
        let file = tokio::fs::File::from_std(source.file.try_clone().map_err(failed)?);
        let sent = send(&client, file, name, &new).await;
        let refusal = match &sent {
            Ok(_) => None,
            Err(error) => error.refusal().filter(|r| r.status == 503 && left > 0),
        };
        let Some(pause) = refusal.map(|r| r.retry_after.unwrap_or(Duration::from_secs(2))) else {
            return sent.map_err(|error| named(error.into(), name));
        };
        // The package has generators and the engine is not there yet.
        tokio::time::sleep(pause).await;
    }
}

async fn send(
    client: &Client,
    mut file: tokio::fs::File,
    name: &str,
    new: &NewProblem,
) -> Result<Added, ClientError> {
    tokio::io::AsyncSeekExt::rewind(&mut file)
        .await
        .map_err(|error| ClientError::Lost(format!("{name}: {error}")))?;
    let bar = Bar::upload(new.length, name);
    let shown = bar.clone();
    let mut left = new.length;
    let stream = ReaderStream::with_capacity(file, 1 << 16).inspect(move |chunk| {
        let bytes = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        shown.advance(bytes);
        left = left.saturating_sub(bytes);
        if left == 0 {
            shown.spin("Checking");
        }
    });
    let sent = client.add_problem(new, stream).await;
    bar.clear();
    sent
}

/// Names the package in a failure.
fn named(error: Error, name: &str) -> Error {
    match error {
        Error::Invalid { mistakes, .. } => Error::Invalid { package: name.to_owned(), mistakes },
        Error::Judge(text) => Error::Judge(format!("{name}: {text}")),
        Error::NotFound(text) => Error::NotFound(format!("{name}: {text}")),
        other => other,
    }
}
