//! `sonocode submit`.

use super::{
    print_json,
    run::beside,
    session::{self, Session},
    signals::Signals,
    source::{Program, one_stdin, program},
    watching::{Watching, deadline, labels, show},
};
use crate::{
    cli::Submit,
    client::{Client, ClientError, NewSubmission, Source},
    error::{Code, Error},
    judge::{SourceFile, Submission},
    view::{
        Form, View,
        terminal::{print, say},
    },
};
use std::time::Duration;
use tokio::time::Instant;

/// How often a full queue is asked again when no `--timeout` says how long to be patient.
const ATTEMPTS: u32 = 10;

pub(super) async fn submit(args: Submit) -> Result<Code, Error> {
    one_stdin(&args.files.iter().chain(&args.with).collect::<Vec<_>>())?;
    let deadline = deadline(args.timeout);
    session::with_signals(&args.connect.configuration()?, async |session, signals| {
        obey(&args, session, signals, deadline).await
    })
    .await
}

async fn obey(
    args: &Submit,
    session: &Session,
    signals: &mut Signals,
    deadline: Option<Instant>,
) -> Result<Code, Error> {
    let programs = signals.guard(programs(args, session)).await?;
    let mut files = Vec::new();
    for path in &args.with {
        files.push(signals.guard(beside(path)).await?);
    }
    let mut submissions = Vec::new();
    for program in programs {
        let sent = signals.guard(send(args, session, (&program, &files), deadline)).await;
        let submission = sent.inspect_err(|_| tell_of(&submissions))?;
        if !waits(args) {
            tell(args, &submission)?;
        }
        submissions.push((submission, program.name));
    }
    if !waits(args) {
        if session.is_own() {
            let ids =
                submissions.iter().map(|(s, _)| s.id.to_string()).collect::<Vec<_>>().join(" ");
            say(&format!(
                "judged while a daemon runs: `sonocode serve`, or `sonocode watch {ids}`"
            ));
        }
        return Ok(Code::OK);
    }
    let mut labels = labels(session).await;
    let sources = submissions.iter().map(|(s, _)| (Source::Submission(s.id), 0)).collect();
    labels.files = submissions.into_iter().map(|(s, name)| (s.id, name)).collect();
    let view = View::new(Form::choose(args.json), labels, args.files.len() > 1);
    show(&Watching { session, sources, deadline }, signals, view, args.expect).await
}

/// Every file is read before the first is sent.
async fn programs(args: &Submit, session: &Session) -> Result<Vec<Program>, Error> {
    let languages = session.client().languages().await?;
    let mut programs = Vec::new();
    for file in &args.files {
        programs.push(program(file, args.lang.as_deref(), &languages).await?);
    }
    Ok(programs)
}

/// Whether the verdicts are waited for.
fn waits(args: &Submit) -> bool {
    args.watch || args.expect.is_some() || args.timeout.is_some()
}

fn tell(args: &Submit, submission: &Submission) -> Result<(), Error> {
    if args.json { print_json(submission) } else { Ok(print(&submission.id.to_string())?) }
}

/// After a failure: what was sent before it is not taken back.
fn tell_of(submissions: &[(Submission, String)]) {
    if !submissions.is_empty() {
        let ids: Vec<_> = submissions.iter().map(|(s, _)| format!("#{}", s.id)).collect();
        say(&format!("submitted before the failure: {}", ids.join(", ")));
    }
}

async fn send(
    args: &Submit,
    session: &Session,
    (program, files): (&Program, &[SourceFile]),
    deadline: Option<Instant>,
) -> Result<Submission, Error> {
    let new = NewSubmission {
        user_id: session.user(args.user.clone()),
        problem_id: args.problem.clone(),
        code: program.code.clone(),
        language: program.language.clone(),
        files: files.to_vec(),
    };
    let sent =
        patiently(&session.client(), deadline, async |client| client.submit(&new).await).await;
    sent.map_err(|error| match error {
        Error::NotFound(text) => {
            Error::NotFound(format!("{text}; `sonocode problem list` shows what there is"))
        }
        other => other,
    })
}

/// Sends something that a full queue may refuse: again and again as its `Retry-After` says, until
/// the deadline, or without one a few times.
pub(super) async fn patiently<T>(
    client: &Client,
    deadline: Option<Instant>,
    send: impl AsyncFn(&Client) -> Result<T, ClientError>,
) -> Result<T, Error> {
    let mut attempt = 0_u32;
    loop {
        attempt += 1;
        let error = match send(client).await {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        let full = error.refusal().filter(|r| r.status == 429 || r.code == "queue_full");
        let Some(refusal) = full else { return Err(error.into()) };
        let pause = refusal.retry_after.unwrap_or(Duration::from_secs(1));
        let over = deadline.map_or(attempt >= ATTEMPTS, |at| Instant::now() + pause > at);
        if over {
            return Err(Error::Refused(format!("{error}; gave up after {attempt} attempt(s)")));
        }
        if attempt == 1 {
            say(&format!("{error}; trying again every {} s", pause.as_secs_f32()));
        }
        tokio::time::sleep(pause).await;
    }
}
