//! `sonocode problem verify`: solutions, limits, validators, checkers and tests put to the proof.
//!
//! Exit codes are its own: 0 when nothing is wrong, 1 with findings, 2 when it could not be verified.

mod changes;

use super::package::{Package, is_path};
use crate::{
    cli::Verify,
    client::{ClientError, Lines},
    command::session::{self, Session},
    error::{Code, Error},
    judge::Slug,
    problem::{Mistake, slugify},
    verify::report::{Finding, Options, Severity, Step, Summary},
    view::{
        Form,
        terminal::{complain, say},
        verify::{Report, VerifyView, passed},
    },
};
use changes::Changes;
use std::path::PathBuf;

/// What is to be verified.
#[derive(Debug)]
enum Target {
    Stored(Slug),
    Folder(PathBuf),
}

pub(super) async fn verify(args: Verify) -> Result<Code, Error> {
    let work = async {
        let loaded = args.connect.configuration()?;
        session::with(&loaded, async |session| obey(&args, session).await).await
    };
    work.await.map_err(|error| match error {
        error @ (Error::Signal(_) | Error::Closed) => error,
        error => Error::Unverified(error.to_string()),
    })
}

async fn obey(args: &Verify, session: &Session) -> Result<Code, Error> {
    let targets = targets(args, session).await?;
    if args.watch {
        return watch(args, session, &targets).await;
    }
    let mut report = args.junit.as_ref().map(|_| Report::new(args.strict));
    let mut code = Code::OK;
    for target in &targets {
        match one(args, session, target, report.as_mut()).await {
            Ok(true) => {}
            Ok(false) => code = worse(code, Code::FINDINGS),
            Err(error @ (Error::Unreachable(_) | Error::Closed)) => return Err(error),
            // The others can still be verified.
            Err(error) => {
                if let Some(report) = &mut report {
                    report.add_failure(&target.name(), &error.to_string());
                }
                complain(&error.to_string());
                code = Code::UNVERIFIED;
            }
        }
    }
    if let (Some(report), Some(path)) = (report, &args.junit) {
        let failed = |error| Error::Other(format!("{}: {error}", path.display()));
        report.write(std::fs::File::create(path).map_err(failed)?).map_err(failed)?;
    }
    Ok(code)
}

fn worse(one: Code, other: Code) -> Code {
    if other.0 > one.0 { other } else { one }
}

impl Target {
    fn name(&self) -> String {
        match self {
            Self::Stored(slug) => slug.to_string(),
            Self::Folder(path) => path.display().to_string(),
        }
    }
}

/// Stored problems by slug, packages by path. A word that is no stored slug but a folder here is that
/// folder.
async fn targets(args: &Verify, session: &Session) -> Result<Vec<Target>, Error> {
    let client = session.client();
    if args.all {
        let problems = client.problems().await?.into_iter();
        return Ok(problems.map(|problem| Target::Stored(problem.slug)).collect());
    }
    let mut targets = Vec::new();
    for word in &args.targets {
        let path = PathBuf::from(word);
        let slug = if is_path(word) { None } else { word.parse::<Slug>().ok() };
        targets.push(match slug {
            None => Target::Folder(path),
            Some(_) if args.watch && path.is_dir() => Target::Folder(path),
            Some(slug) => match client.problem(&slug).await {
                Err(ClientError::Refused(refusal)) if refusal.status == 404 && path.is_dir() => {
                    say(&format!("{slug} is not stored; verifying the folder {word}"));
                    Target::Folder(path)
                }
                other => other.map(|_| Target::Stored(slug))?,
            },
        });
    }
    Ok(targets)
}

/// Verifies one problem and says whether it passed.
async fn one(
    args: &Verify,
    session: &Session,
    target: &Target,
    report: Option<&mut Report>,
) -> Result<bool, Error> {
    let mut view = VerifyView::new(Form::choose(args.json)).with_transcripts(args.transcripts);
    let summary = match run(args, session, target, &mut view).await {
        // Mistakes of a package are findings of its verification.
        Err(Error::Invalid { package, mistakes }) => {
            let Some(slug) = slug_of(target) else {
                return Err(Error::Invalid { package, mistakes });
            };
            for finding in mistakes.into_iter().map(|mistake| found(mistake, target)) {
                view.step(&Step::Found(finding))?;
            }
            let errors = view.findings().len();
            let summary = unread(slug, errors);
            view.step(&Step::Done(summary.clone()))?;
            Ok(summary)
        }
        other => other,
    };
    view.close();
    let summary = summary?;
    if let Some(report) = report {
        report.add(view.matrix(), view.findings(), &summary);
    }
    Ok(passed(&summary, args.strict))
}

async fn run(
    args: &Verify,
    session: &Session,
    target: &Target,
    view: &mut VerifyView,
) -> Result<Summary, Error> {
    if let Some(why) = session.settled().await {
        return Err(Error::Judge(why));
    }
    let mut steps = open(args, session, target).await?;
    while let Some(step) = steps.next().await? {
        view.step(&step)?;
        if let Step::Failed { message } = step {
            return Err(Error::Judge(format!("{}: {message}", target.name())));
        }
    }
    let broken = || Error::Other(format!("{}: the verification broke off", target.name()));
    view.summary().cloned().ok_or_else(broken)
}

async fn open(args: &Verify, session: &Session, target: &Target) -> Result<Lines<Step>, Error> {
    let only = |said: &Option<String>| said.as_deref().map(str::parse).transpose();
    let options = Options {
        jobs: args.jobs.map_or(0, usize::from),
        solutions: args.solutions.clone(),
        tests: args.tests.clone(),
        fresh: args.fresh,
        solutions_only: args.solutions_only,
        mutant: only(&args.mutant).map_err(Error::Usage)?,
        junk: only(&args.junk).map_err(Error::Usage)?,
        transcripts: args.transcripts,
        subject: match target {
            Target::Stored(_) => String::new(),
            Target::Folder(path) => path.display().to_string(),
        },
    };
    let client = session.client();
    match target {
        Target::Stored(slug) => Ok(client.verify(slug, &options).await?),
        Target::Folder(path) => {
            let package = Package::open(path)?;
            let (body, bar) = package.body()?;
            let sent = client.verify_package(body, package.name(), &options).await;
            bar.clear();
            Ok(sent?)
        }
    }
}

/// Verifies again whenever a file of a folder changes, until a signal comes.
async fn watch(args: &Verify, session: &Session, targets: &[Target]) -> Result<Code, Error> {
    let folder = |target: &Target| match target {
        Target::Folder(path) if path.is_dir() => Ok(path.clone()),
        other => Err(Error::Usage(format!("--watch needs a folder, and {} is none", other.name()))),
    };
    let folders: Vec<PathBuf> = targets.iter().map(folder).collect::<Result<_, _>>()?;
    // Listened to before the first verification, so that no change is lost meanwhile.
    let mut changes = Changes::listen(&folders)?;
    let mut wanted: Vec<usize> = (0..targets.len()).collect();
    loop {
        for target in wanted.drain(..).map(|at| &targets[at]) {
            match one(args, session, target, None).await {
                Ok(_) => {}
                Err(error @ (Error::Unreachable(_) | Error::Closed)) => return Err(error),
                Err(error) => complain(&error.to_string()),
            }
        }
        say("waiting for changes; Ctrl-C ends it");
        for (at, path) in changes.next().await? {
            say(&format!("changed: {}", path.display()));
            if !wanted.contains(&at) {
                wanted.push(at);
            }
        }
    }
}

/// The slug that a package's name makes, if it makes one.
fn slug_of(target: &Target) -> Option<Slug> {
    let path = match target {
        Target::Stored(slug) => return Some(slug.clone()),
        Target::Folder(path) => std::path::absolute(path).ok()?,
    };
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    slugify(&name?.to_string_lossy())
}

fn found(mistake: Mistake, target: &Target) -> Finding {
    let field = mistake.field.map(|field| format!("{field}: ")).unwrap_or_default();
    Finding {
        code: "package-invalid".to_owned(),
        severity: Severity::Error,
        file: mistake.file,
        line: mistake.line,
        message: format!("{field}{}", mistake.message),
        mend: "mend the package; docs/problems.md says what may be there".to_owned(),
        reproduce: format!("sonocode problem verify {}", quoted(&target.name())),
        detail: None,
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The summary of a package that could not be read.
fn unread(problem: Slug, errors: usize) -> Summary {
    Summary {
        problem,
        agree: 0,
        solutions: 0,
        errors,
        warnings: 0,
        notes: 0,
        runs: 0,
        cached: 0,
        timing: None,
        elapsed_ms: 0,
    }
}
