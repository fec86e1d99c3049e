//! `sonocode run`.

use super::{
    session::{self, Session},
    signals::Signals,
    source::{one_stdin, program, read},
    submit::patiently,
    watching::{Watching, deadline},
};
use crate::{
    cli::Run,
    client::{NewRun, Source},
    error::{Code, Error},
    judge::{Event, EventBody, Exit, Outcome, OutputStream, SourceFile, Usage, Verdict},
    view::{
        Form, View,
        card::Labels,
        live::Bar,
        terminal::say,
        units::{count, harmless, kibibytes, millis},
        verdict::paint,
    },
};
use std::{
    io::{IsTerminal, Write},
    path::Path,
};
use tokio::time::Instant;

/// How many lines of the reference solution's output are shown beside a difference.
const EXPECTED_LINES: usize = 10;

pub(super) async fn run(args: Run) -> Result<Code, Error> {
    one_stdin(&[&args.file].into_iter().chain(&args.files).chain(&args.input).collect::<Vec<_>>())?;
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

/// Reads the program, its files and its input: what is to be sent, and the program's name.
async fn prepare(args: &Run, session: &Session) -> Result<(NewRun, String), Error> {
    let languages = session.client().languages().await?;
    let program = program(&args.file, args.lang.as_deref(), &languages).await?;
    let mut files = Vec::new();
    for path in &args.files {
        files.push(beside(path).await?);
    }
    let input = match &args.input {
        Some(path) => read(path).await?,
        None => String::new(),
    };
    let new = NewRun {
        user_id: session.user(args.user.clone()),
        code: program.code,
        language: program.language,
        input,
        args: args.args.iter().chain(&args.more_args).cloned().collect(),
        files,
        compare: args.compare.clone(),
    };
    Ok((new, program.name))
}

/// A file to lie beside the program, under its own name.
pub(super) async fn beside(path: &Path) -> Result<SourceFile, Error> {
    let Some(name) = path.file_name().filter(|_| path.as_os_str() != "-") else {
        let shown = path.display();
        return Err(Error::Usage(format!("`{shown}` names no file to lie beside the program")));
    };
    let name = name.to_string_lossy().into_owned();
    Ok(SourceFile { name, content: read(path).await? })
}

/// Where the run is shown: its output on standard output, all else on standard error.
struct Screen {
    /// The events as JSON instead.
    json: Option<View>,
    /// Turns until there is something to show.
    spinner: Bar,
    printed: Printed,
    ran: Option<(Exit, Usage)>,
}

/// What was written to each stream as the program's own: whether anything was, and whether it ended
/// its last line.
#[derive(Default)]
struct Printed {
    stdout: Option<bool>,
    stderr: Option<bool>,
}

impl Screen {
    fn new(json: bool, name: &str) -> Self {
        let json = json.then(|| View::new(Form::Json, Labels::default(), false));
        let (spinner, printed) = (Bar::spinner("Running", name), Printed::default());
        Self { json, spinner, printed, ran: None }
    }

    fn show(&mut self, event: &Event) -> Result<(), Error> {
        if let Some(view) = &mut self.json {
            return Ok(view.event(event)?);
        }
        match &event.body {
            EventBody::Compiled { ok, warnings, output, .. } if !ok || *warnings > 0 => {
                say(harmless(output).trim_end());
            }
            EventBody::Output { stream, text } => {
                self.spinner.clear();
                self.printed.write(*stream, text)?;
            }
            EventBody::Ran { exit, usage, stdout, stderr, truncated } => {
                self.spinner.clear();
                self.ran = Some((*exit, *usage));
                // A daemon of an earlier version tells the output only here.
                if self.printed.nothing() {
                    self.printed.write(OutputStream::Stdout, stdout)?;
                    self.printed.write(OutputStream::Stderr, stderr)?;
                }
                self.printed.end_lines()?;
                if *truncated {
                    say("(the output was longer; the rest is not kept)");
                }
            }
            EventBody::Compared { same, message, expected } => {
                say(&comparison(*same, message.as_deref(), expected));
            }
            EventBody::Requeued { reason } => {
                self.printed.end_lines()?;
                say(&format!("interrupted ({}); it begins again", harmless(reason)));
            }
            EventBody::Finished(outcome) => {
                self.spinner.clear();
                say(&summary(outcome, self.ran));
            }
            EventBody::Cancelled => {
                self.printed.end_lines()?;
                say("cancelled");
            }
            _ => {}
        }
        Ok(())
    }
}

impl Printed {
    fn nothing(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    /// Writes what the program wrote, as it is and where it wrote it.
    fn write(&mut self, stream: OutputStream, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let ended = Some(text.ends_with('\n'));
        match stream {
            OutputStream::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()?;
                self.stdout = ended;
            }
            OutputStream::Stderr => {
                std::io::stderr().lock().write_all(text.as_bytes())?;
                self.stderr = ended;
            }
        }
        Ok(())
    }

    /// Ends the lines that the program left unfinished, as far as they stand before ours.
    fn end_lines(&mut self) -> Result<(), Error> {
        let printed = std::mem::take(self);
        let on_terminal = printed.stdout == Some(false) && std::io::stdout().is_terminal();
        if on_terminal || printed.stderr == Some(false) {
            std::io::stderr().lock().write_all(b"\n")?;
        }
        Ok(())
    }
}

/// What came of `--compare`.
fn comparison(same: bool, message: Option<&str>, expected: &str) -> String {
    if same {
        return "the reference solution prints the same".to_owned();
    }
    let message = harmless(message.unwrap_or_default());
    let expected = harmless(expected);
    let all = expected.lines().count();
    let first = format!("the reference solution prints something else: {message}");
    let lines = expected.lines().take(EXPECTED_LINES);
    let lines = lines.map(|line| format!("| {}", line.chars().take(200).collect::<String>()));
    let rest = (all > EXPECTED_LINES).then(|| all - EXPECTED_LINES);
    let rest = rest.map(|more| format!("| … and {} more", count(more, "line")));
    std::iter::once(first).chain(lines).chain(rest).collect::<Vec<_>>().join("\n")
}

/// `AC  exit code 0 · 12 ms CPU, 14 ms wall · 3.1 MB`.
fn summary(outcome: &Outcome, ran: Option<(Exit, Usage)>) -> String {
    let exit = ran.map(|(exit, _)| exit.describe());
    let figures = ran.map(|(_, usage)| {
        let (cpu, wall) = (millis(usage.cpu_ms), millis(usage.wall_ms));
        format!("{cpu} CPU, {wall} wall · {}", kibibytes(usage.memory_kib))
    });
    let message = match outcome.verdict {
        // What the compiler said was shown as it was, and so was the comparison.
        Verdict::CompileError => Some("does not compile".to_owned()),
        Verdict::WrongAnswer => None,
        _ => {
            outcome.message.as_deref().map(harmless).and_then(|text| beyond(exit.as_deref(), &text))
        }
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

/// What a message says beyond the exit: that of a crash begins with it.
fn beyond(exit: Option<&str>, message: &str) -> Option<String> {
    let rest = exit.and_then(|exit| message.strip_prefix(exit)).unwrap_or(message);
    let rest = rest.trim_start_matches([':', ' ']);
    (!rest.is_empty()).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_is_said_once() {
        let beyond = |message| beyond(Some("exit code 3"), message);
        assert_eq!(beyond("exit code 3"), None);
        assert_eq!(beyond("exit code 3: ValueError: x").as_deref(), Some("ValueError: x"));
        assert_eq!(beyond("idle: still there").as_deref(), Some("idle: still there"));
    }

    #[test]
    fn a_difference_is_shown_with_the_beginning_of_what_is_expected() {
        assert!(comparison(true, None, "x").ends_with("prints the same"));
        let lines: String = (1..=12).map(|n| n.to_string() + "\n").collect();
        let text = comparison(false, Some("line 1: expected \"1\", got \"2\""), &lines);
        assert!(text.starts_with("the reference solution prints something else: line 1"), "{text}");
        assert!(text.ends_with("| 10\n| … and 2 lines more"), "{text}");
        assert!(comparison(false, Some("m"), "1\n").ends_with("m\n| 1"));
    }
}
