//! `sonocode problem stress`: a search for an input on which a solution fails.

use super::{
    package::{Package, is_path},
    stored::Copy,
};
use crate::{
    cli::Stress,
    client::Lines,
    command::{
        print_json,
        session::{self, Session},
        source,
    },
    error::{Code, Error},
    judge::Slug,
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
    path::{Component, Path, PathBuf},
};

/// What is shown of an input or an output; `--json` and `--keep` have it whole.
const SHOWN_LINES: usize = 20;
const SHOWN_COLUMNS: usize = 200;
/// Beside a package, a program goes in the request's line, whose length is bounded: in bytes, which may
/// become three each there.
const LONGEST_SOURCE: usize = 16 << 10;

/// Where the problem is.
#[derive(Debug)]
enum Target {
    Stored(Slug),
    Package(PathBuf),
}

pub(super) async fn stress(args: Stress) -> Result<Code, Error> {
    let target = if is_path(&args.problem) {
        Target::Package(args.problem.clone().into())
    } else {
        let slug = args.problem.parse();
        Target::Stored(slug.map_err(|error| Error::Usage(format!("{error}")))?)
    };
    session::with(&args.connect.configuration()?, async |session| {
        if let Some(name) = &args.keep {
            // A search takes its time; that what it finds cannot be kept is told before it.
            may_keep(session, &target, name).await?;
        }
        if let Some(why) = session.settled().await {
            return Err(Error::Judge(why));
        }
        let found = search(session, &args, &target).await?;
        let Some(found) = found else { return Ok(Code::OK) };
        if let Some(name) = &args.keep {
            keep(session, &target, name, &found).await?;
        }
        Ok(Code::FINDINGS)
    })
    .await
}

async fn open(
    session: &Session,
    target: &Target,
    options: &StressOptions,
) -> Result<Lines<StressStep>, Error> {
    let client = session.client();
    match target {
        Target::Stored(slug) => Ok(client.stress(slug, options).await?),
        Target::Package(path) => {
            let sent_along = match &options.solution {
                Some(Candidate::Source { source, .. }) => source.len(),
                _ => 0,
            };
            if sent_along > LONGEST_SOURCE {
                let most = bytes(LONGEST_SOURCE as u64);
                let mend = "put it into the package's solutions/";
                let why = format!(
                    "the program is longer than {most}, which go along with a folder; {mend}"
                );
                return Err(Error::Refused(why));
            }
            let package = Package::open(path)?;
            let (body, bar) = package.body()?;
            let sent = client.stress_package(body, package.name(), options).await;
            bar.clear();
            sent.map_err(|error| match error.into() {
                Error::Invalid { mistakes, .. } => {
                    Error::Invalid { package: path.display().to_string(), mistakes }
                }
                other => other,
            })
        }
    }
}

/// Follows the search to its end.
async fn search(
    session: &Session,
    args: &Stress,
    target: &Target,
) -> Result<Option<Counterexample>, Error> {
    let options = options(session, args).await?;
    let mut steps = open(session, target, &options).await?;
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
        return Err(Error::Other(format!("{}: the search broke off", args.problem)));
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

/// Refuses what cannot become a test: a name that is no path below `tests/`, or is taken.
async fn may_keep(session: &Session, target: &Target, name: &str) -> Result<(), Error> {
    let plain = |part| matches!(part, Component::Normal(_));
    if name.is_empty() || name.ends_with('/') || !Path::new(name).components().all(plain) {
        return Err(Error::Refused(format!("`{name}` cannot be a test: it is no name of a test")));
    }
    let taken = match target {
        Target::Stored(slug) => {
            let detail = session.client().problem(slug).await?;
            detail.tests.iter().any(|test| test.name == name)
        }
        Target::Package(path) if path.join("problem.toml").is_file() => {
            path.join("tests").join(format!("{name}.in")).exists()
        }
        Target::Package(path) => {
            let path = path.display();
            let why = "only a folder in the native form takes a test: add the package, or export it --to native";
            return Err(Error::Refused(format!("{path}: {why}")));
        }
    };
    if taken { Err(exists(&target.name(), name)) } else { Ok(()) }
}

fn exists(problem: &str, name: &str) -> Error {
    Error::Exists(format!("{problem} has a test `{name}` already"))
}

impl Target {
    fn name(&self) -> String {
        match self {
            Self::Stored(slug) => slug.to_string(),
            Self::Package(path) => path.display().to_string(),
        }
    }
}

/// Adds the counterexample to the stored problem, or to the folder, as a test.
async fn keep(
    session: &Session,
    target: &Target,
    name: &str,
    found: &Counterexample,
) -> Result<(), Error> {
    if !found.whole {
        let text = "the counterexample is too long, or no text, to be kept as a test";
        return Err(Error::Refused(text.to_owned()));
    }
    let slug = match target {
        Target::Stored(slug) => slug,
        Target::Package(folder) => {
            write_test(folder, &target.name(), name, found)?;
            say(&format!("kept as test {name} of {}", target.name()));
            return Ok(());
        }
    };
    let copy = Copy::fetch(session, slug).await?;
    write_test(copy.folder(), slug.as_str(), name, found)?;
    let done = copy.replace(session).await?;
    let tests = count(done.problem.problem.tests, "test");
    say(&format!("kept as test {name} of {slug}, which has {tests} now"));
    Ok(())
}

/// Writes input and answer into a package's folder: both, or none.
fn write_test(
    folder: &Path,
    problem: &str,
    name: &str,
    found: &Counterexample,
) -> Result<(), Error> {
    let tests = folder.join("tests");
    let mut written = Vec::new();
    for (extension, text) in [("in", &found.input), ("out", &found.answer)] {
        let path = tests.join(format!("{name}.{extension}"));
        if let Err(error) = write_new(&tests, &path, text) {
            for path in written {
                // What is told is why it was not written.
                let _ = fs::remove_file(path);
            }
            return Err(match error.kind() {
                io::ErrorKind::AlreadyExists => exists(problem, name),
                _ => Error::Refused(format!("`{name}` cannot be a test: {error}")),
            });
        }
        written.push(path);
    }
    Ok(())
}

/// Writes a file that must not be there and must lie in the folder of tests.
fn write_new(tests: &Path, path: &Path, text: &str) -> io::Result<()> {
    let below = path.strip_prefix(tests).map_err(io::Error::other)?;
    let plain = |part| matches!(part, Component::Normal(_));
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
