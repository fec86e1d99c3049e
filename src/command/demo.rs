//! `sonocode demo`: a shipped problem, a right and a wrong program, both watched.

use super::{
    problem::{add_folder, added},
    session::Session,
    signals::Signals,
    submit::patiently,
    watching::{Watching, labels},
};
use crate::{
    cli::Demo,
    client::{NewSubmission, Source},
    error::{Code, Ending, Error},
    judge::{Slug, Verdict},
    view::{
        Form, View,
        card::Labels,
        terminal::{print, say},
    },
    wire::LanguageStatus,
};
use rust_embed::RustEmbed;
use std::{fs, path::Path};

/// The problem that is shown.
#[derive(RustEmbed)]
#[folder = "problems/two-sum"]
struct Package;

const SLUG: &str = "two-sum";

pub(super) async fn demo(args: Demo) -> Result<Code, Error> {
    let failed = |error: std::io::Error| Error::Other(format!("no temporary folder: {error}"));
    let dir = tempfile::Builder::new().prefix("sonocode-demo-").tempdir().map_err(failed)?;
    let package = dir.path().join(SLUG);
    unpack(&package).map_err(failed)?;
    let loaded = args.connect.configuration()?;
    let mut signals = Signals::listen()?;
    let data = dir.path().join("data");
    let session = signals.guard(Session::open_ephemeral(&loaded, &data)).await?;
    let result = show(&session, &mut signals, &package).await;
    session.close(result.is_ok()).await;
    result
}

fn unpack(to: &Path) -> std::io::Result<()> {
    for name in Package::iter() {
        let file = Package::get(&name).ok_or(std::io::ErrorKind::NotFound)?;
        let path = to.join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap_or(to))?;
        fs::write(path, &file.data)?;
    }
    Ok(())
}

async fn show(session: &Session, signals: &mut Signals, package: &Path) -> Result<Code, Error> {
    if let Some(why) = signals.guard(async { Ok(session.settled().await) }).await? {
        return Err(Error::Judge(why));
    }
    let client = session.client();
    step(&format!("sonocode problem add problems/{SLUG}"))?;
    match signals.guard(add_folder(session, package, None, false)).await {
        Ok(done) => print(&added(&done))?,
        // Somebody's own version of it is left alone.
        Err(Error::Exists(_)) => print("it is there already")?,
        Err(error) => return Err(error),
    }
    let languages = client.languages().await?;
    let labels = labels(session).await;
    for verdict in [Verdict::Accepted, Verdict::WrongAnswer] {
        let (name, code, language) = solution(verdict, &languages)?;
        print("")?;
        step(&format!("sonocode submit {name} --problem {SLUG} --watch"))?;
        let labels = labels.clone();
        let ending = judge(session, signals, (name, code, language), labels).await?;
        match ending {
            Some(Ending::Judged(outcome)) if outcome.verdict == verdict => {}
            Some(ending) if ending.code(None) == Code::JUDGE => return Ok(Code::JUDGE),
            _ => {
                say(&format!("this should have been {verdict}"));
                return Ok(Code::UNEXPECTED);
            }
        }
    }
    print("\nThe right program was accepted and the wrong one was not: the judge works.")?;
    Ok(Code::OK)
}

fn step(command: &str) -> Result<(), Error> {
    Ok(print(&format!("$ {command}"))?)
}

/// The first solution with this verdict whose language is there: name, text, language. C++ is
/// preferred, then Python.
fn solution(
    verdict: Verdict,
    languages: &[LanguageStatus],
) -> Result<(String, String, String), Error> {
    let folder = format!("{}/", verdict.folder().unwrap_or_default());
    let there =
        |id: &str| languages.iter().find(|language| language.id == id && language.is_there());
    for language in ["cpp", "python", "c", "javascript", "java"].into_iter().filter_map(there) {
        let found = Package::iter().find(|name| {
            let path = name.strip_prefix("solutions/").and_then(|path| path.strip_prefix(&folder));
            path.and_then(|path| path.rsplit_once('.'))
                .is_some_and(|(_, e)| language.has_extension(e))
        });
        if let Some((name, file)) = found.and_then(|name| Some((Package::get(&name)?, name))) {
            let (file, name) = (name, file);
            let code = String::from_utf8_lossy(&file.data).into_owned();
            return Ok((name.into_owned(), code, language.id.clone()));
        }
    }
    Err(Error::Judge(
        "no language of the demo has a toolchain here; `sonocode doctor` says more".into(),
    ))
}

async fn judge(
    session: &Session,
    signals: &mut Signals,
    (name, code, language): (String, String, String),
    mut labels: Labels,
) -> Result<Option<Ending>, Error> {
    let slug: Slug = SLUG.parse().map_err(|error| Error::Other(format!("{error}")))?;
    let files = Vec::new();
    let new =
        NewSubmission { user_id: Some("demo".to_owned()), problem_id: slug, code, language, files };
    let client = session.client();
    let submission = patiently(&client, None, async |client| client.submit(&new).await);
    let submission = signals.guard(submission).await?;
    labels.files.insert(submission.id, name);
    let mut view = View::new(Form::choose(false), labels, false);
    let sources = vec![(Source::Submission(submission.id), 0)];
    let watching = Watching { session, sources, deadline: None };
    let endings = watching.until_rest(signals, |event| Ok(view.event(event)?)).await;
    view.close();
    Ok(endings?.remove(&submission.id))
}
