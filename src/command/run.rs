//! `sonocode run`.

use super::{
    session::{self, Session},
    signals::Signals,
    source::{one_stdin, program, read},
    submit::patiently,
    user,
    watching::{Watching, deadline},
};
use crate::{
    cli::Run,
    client::{NewRun, Source},
    error::{Code, Error},
    judge::{Event, EventBody, Exit, Outcome, Usage, Verdict},
    view::{
        Form, View,
        card::Labels,
        live::Bar,
        terminal::say,
        units::{harmless, kibibytes, millis},
        verdict::paint,
    },
};
use std::io::{IsTerminal, Write};
use tokio::time::Instant;

pub(super) async fn run(args: Run) -> Result<Code, Error> {
    one_stdin(&[&args.file].into_iter().chain(&args.stdin).collect::<Vec<_>>())?;
    let deadline = deadline(args.timeout);
    session::with_signals(&args.connect.configuration()?, async |session, signals| {
        obey(&args, session, signals, deadline).await
    })
    .await
}

async fn obey(
    args: &Run,
    session: &Session,
    signals: &mut Signals,
    deadline: Option<Instant>,
) -> Result<Code, Error> {
    let (new, name) = signals.guard(prepare(args, session)).await?;
    let client = session.client();
    let sent = patiently(&client, deadline, async |client| client.run(&new).await);
    let submission = signals.guard(sent).await?;
    let sources = vec![(Source::Submission(submission.id), 0)];
    let watching = Watching { session, sources, deadline };
    let mut screen = Screen::new(args.json, &name);
    let result = watching.until_rest(signals, |event| screen.show(event)).await;
    screen.spinner.clear();
    let endings = result?;
    Ok(endings.get(&submission.id).map_or(Code::FAILED, |ending| ending.code(None)))
}

/// Reads the program and its input: what is to be sent, and the file's name.
async fn prepare(args: &Run, session: &Session) -> Result<(NewRun, String), Error> {
    let languages = session.client().languages().await?;
    let program = program(&args.file, args.lang.as_deref(), &languages).await?;
    let input = match &args.stdin {
        Some(path) => read(path).await?,
        None => String::new(),
    };
    let new = NewRun {
        user_id: user(args.user.clone()),
        code: program.code,
        language: program.language,
        input,
    };
    Ok((new, program.name))
}

/// Where the run is shown: its output on standard output, all else on standard error.
struct Screen {
    /// The events as JSON instead.
    json: Option<View>,
    /// Turns until there is something to show.
    spinner: Bar,
    ran: Option<(Exit, Usage)>,
}

impl Screen {
    fn new(json: bool, name: &str) -> Self {
        let json = json.then(|| View::new(Form::Json, Labels::default(), false));
        Self { json, spinner: Bar::spinner("Running", name), ran: None }
    }

    fn show(&mut self, event: &Event) -> Result<(), Error> {
        if let Some(view) = &mut self.json {
            return Ok(view.event(event)?);
        }
        match &event.body {
            EventBody::Compiled { ok, warnings, output, .. } if !ok || *warnings > 0 => {
                say(harmless(output).trim_end());
            }
            EventBody::Ran { exit, usage, stdout, stderr, truncated } => {
                self.spinner.clear();
                self.ran = Some((*exit, *usage));
                output(stdout, stderr)?;
                if *truncated {
                    say("(the output was longer; the rest is not kept)");
                }
            }
            EventBody::Finished(outcome) => {
                self.spinner.clear();
                say(&summary(outcome, self.ran));
            }
            EventBody::Cancelled => say("cancelled"),
            _ => {}
        }
        Ok(())
    }
}

/// Writes what the program wrote, as it is.
fn output(stdout: &str, stderr: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(stdout.as_bytes())?;
    out.flush()?;
    let unfinished = !stdout.is_empty() && !stdout.ends_with('\n') && out.is_terminal();
    let mut err = std::io::stderr().lock();
    if unfinished {
        err.write_all(b"\n")?;
    }
    err.write_all(stderr.as_bytes())?;
    if !stderr.is_empty() && !stderr.ends_with('\n') {
        err.write_all(b"\n")?;
    }
    Ok(())
}

/// `AC  exit code 0 · 12 ms CPU, 14 ms wall · 3.1 MB`.
fn summary(outcome: &Outcome, ran: Option<(Exit, Usage)>) -> String {
    let exit = ran.map(|(exit, _)| exit.describe());
    let figures = ran.map(|(_, usage)| {
        let (cpu, wall) = (millis(usage.cpu_ms), millis(usage.wall_ms));
        format!("{cpu} CPU, {wall} wall · {}", kibibytes(usage.memory_kib))
    });
    let message = match outcome.verdict {
        // What the compiler said was shown as it was.
        Verdict::CompileError => Some("does not compile".to_owned()),
        // The message of a crash is the exit.
        _ => outcome.message.as_deref().map(harmless).filter(|m| exit.as_ref() != Some(m)),
    };
    let parts = [exit, figures, message];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let verdict = if std::io::stderr().is_terminal() {
        paint(outcome.verdict, outcome.verdict.code()).to_string()
    } else {
        outcome.verdict.code().to_owned()
    };
    format!("{verdict}  {text}").trim_end().to_owned()
}
