//! `sonocode problem stress`: a search for an input on which a solution fails.

use super::stored::Copy;
use crate::{
    cli::Stress,
    command::{
        print_json,
        session::{self, Session},
        source,
    },
    error::{Code, Error},
    verify::stress::{Candidate, Counterexample, StressOptions, StressStep},
    view::{
        live::Bar,
        terminal::{print, say},
        units::{bytes, count, harmless, one_line, seconds},
    },
};
use std::{
    fs,
    io::{self, Write},
    path::Path,
};

/// What is shown of an input or an output; `--json` and `--keep` have it whole.
const SHOWN_LINES: usize = 20;
const SHOWN_COLUMNS: usize = 200;

pub(super) async fn stress(args: Stress) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        if let Some(why) = session.settled().await {
            return Err(Error::Judge(why));
        }
        let found = search(session, &args).await?;
        let Some(found) = found else { return Ok(Code::OK) };
        if let Some(name) = &args.keep {
            keep(session, &args, name, &found).await?;
        }
        Ok(Code::FINDINGS)
    })
    .await
}

/// Follows the search to its end.
async fn search(session: &Session, args: &Stress) -> Result<Option<Counterexample>, Error> {
    let options = options(session, args).await?;
    let client = session.client();
    let mut steps = client.stress(&args.slug, &options).await?;
    let bar = Bar::spinner("Searching", "");
    let mut found = None;
    let ended = loop {
        let Some(step) = steps.next().await? else { break None };
        if args.json {
            print_json(&step)?;
        }
        match step {
            StressStep::Begun { solution, against, generators, .. } => {
                let generators = one_line(&generators.join(", "));
                bar.message(&format!("{solution} against {against}, inputs of {generators}"));
            }
            StressStep::Tried { rounds, refused } => {
                bar.message(&format!("{rounds} inputs, {refused} refused"));
            }
            StressStep::Shrinking { tried, bytes: length } => {
                bar.message(&format!("smaller: {} after {tried} tries", bytes(length)));
            }
            StressStep::Found(example) => found = Some(example),
            StressStep::Done { rounds, refused, elapsed_ms, .. } => {
                break Some((rounds, refused, elapsed_ms));
            }
            StressStep::Failed { message } => return Err(Error::Other(message)),
        }
    };
    bar.clear();
    let Some((rounds, refused, elapsed_ms)) = ended else {
        return Err(Error::Other(format!("{}: the search broke off", args.slug)));
    };
    if !args.json {
        let tried = format!(
            "{}, {refused} refused, {}",
            count(rounds as usize, "input"),
            seconds(elapsed_ms, 1)
        );
        print(&match &found {
            None => format!("no difference ({tried})"),
            Some(example) => format!("{}\n({tried})", text(example)),
        })?;
    }
    Ok(found)
}

async fn options(session: &Session, args: &Stress) -> Result<StressOptions, Error> {
    let solution = match &args.solution {
        None => None,
        Some(path) if Path::new(path).is_file() => {
            let languages = session.client().languages().await?;
            let program =
                source::program(Path::new(path), args.lang.as_deref(), &languages).await?;
            Some(Candidate::Source { language: program.language, source: program.code })
        }
        Some(path) => Some(Candidate::Path(path.clone())),
    };
    let default = StressOptions::default();
    let seconds = match (args.seconds, args.rounds) {
        (Some(seconds), _) => seconds.into(),
        (None, Some(_)) => 0,
        (None, None) => default.seconds,
    };
    Ok(StressOptions {
        solution,
        against: args.against.clone(),
        generator: args.generator.clone(),
        rounds: args.rounds.map_or(0, u64::from),
        seconds,
        seed: args.seed.unwrap_or(default.seed),
    })
}

/// A counterexample as text: verdict, why, input, answer and output.
fn text(example: &Counterexample) -> String {
    let why = example.message.as_deref().map(|why| format!(": {}", one_line(why)));
    let made = one_line(&example.generator.join(" "));
    let mut parts = vec![
        format!("{}{}", example.verdict, why.unwrap_or_default()),
        format!("made by {made}, at first {}", bytes(example.found_bytes)),
    ];
    for (label, text) in
        [("input", &example.input), ("answer", &example.answer), ("output", &example.output)]
    {
        parts.push(format!("{label}:\n{}", excerpt(text)));
    }
    parts.join("\n")
}

/// The first lines, indented.
fn excerpt(text: &str) -> String {
    let text = harmless(text);
    let cut = |line: &str| -> String {
        let line: String = line.chars().take(SHOWN_COLUMNS).collect();
        format!("  {line}")
    };
    let mut lines: Vec<String> = text.lines().take(SHOWN_LINES).map(cut).collect();
    let left = text.lines().count().saturating_sub(SHOWN_LINES);
    if left > 0 {
        lines.push(format!("  … {left} more"));
    }
    if lines.is_empty() { "  (nothing)".to_owned() } else { lines.join("\n") }
}

/// Adds the counterexample to the stored problem as a test.
async fn keep(
    session: &Session,
    args: &Stress,
    name: &str,
    found: &Counterexample,
) -> Result<(), Error> {
    if !found.whole {
        let text = "the counterexample is too long, or no text, to be kept as a test";
        return Err(Error::Refused(text.to_owned()));
    }
    let copy = Copy::fetch(session, &args.slug).await?;
    let tests = copy.folder().join("tests");
    for (extension, text) in [("in", &found.input), ("out", &found.answer)] {
        let path = tests.join(format!("{name}.{extension}"));
        write_new(&tests, &path, text).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Error::Exists(format!("{} has a test `{name}` already", args.slug))
            }
            _ => Error::Refused(format!("`{name}` cannot be a test: {error}")),
        })?;
    }
    let done = copy.replace(session).await?;
    let tests = count(done.problem.problem.tests, "test");
    say(&format!("kept as test {name} of {}, which has {tests} now", args.slug));
    Ok(())
}

/// Writes a file that must not be there and must lie in the folder of tests.
fn write_new(tests: &Path, path: &Path, text: &str) -> io::Result<()> {
    let below = path.strip_prefix(tests).map_err(io::Error::other)?;
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    if !below.components().all(plain) {
        return Err(io::Error::other("it leads out of tests/"));
    }
    fs::create_dir_all(path.parent().unwrap_or(tests))?;
    fs::File::create_new(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn a_test_is_written_once_and_only_below_tests() {
        let dir = tempfile::tempdir().unwrap();
        let tests = dir.path().join("tests");
        write_new(&tests, &tests.join("secret/30.in"), "1\n").unwrap();
        let again = write_new(&tests, &tests.join("secret/30.in"), "2\n").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        for outside in ["../x.in", "/x.in"] {
            assert!(write_new(&tests, &tests.join(outside), "").is_err(), "{outside}");
        }
        assert!(!dir.path().join("x.in").exists());
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(excerpt(""), "  (nothing)");
        assert_eq!(excerpt("a\n\nb\n"), "  a\n  \n  b");
        let long = excerpt(&"1\n".repeat(25));
        assert!(long.ends_with("\n  … 5 more") && long.lines().count() == 21, "{long}");
    }
}
