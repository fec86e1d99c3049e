//! `sonocode problem verify`: every solution must get the verdict that its folder says.

use crate::{
    cli::Verify,
    client::{NewSubmission, Source},
    command::{
        print_json,
        session::{self, Session},
        submit::patiently,
        watching::Watching,
    },
    error::{Code, Ending, Error},
    judge::{Slug, Verdict},
    problem::Solution,
    view::{
        live::Bar,
        table::{Cell, Column, Tone, table},
        terminal::{print, say},
        units::{kibibytes, millis, one_line},
    },
    wire::LanguageStatus,
};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};

/// The user in whose name solutions are submitted.
const USER: &str = "verify";

pub(super) async fn verify(args: Verify) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| obey(&args, session).await).await
}

async fn obey(args: &Verify, session: &Session) -> Result<Code, Error> {
    let client = session.client();
    let slugs = if args.all {
        client.problems().await?.into_iter().map(|problem| problem.slug).collect()
    } else {
        args.slugs.clone()
    };
    let languages = client.languages().await?;
    let mut work = Vec::new();
    for slug in &slugs {
        let solutions = client.solutions(slug).await?;
        if solutions.is_empty() {
            say(&format!("{slug} has no solutions"));
        }
        work.extend(solutions.into_iter().map(|solution| (slug.clone(), solution)));
    }
    let jobs = match args.jobs {
        Some(jobs) => jobs.into(),
        None => client.status().await?.workers.max(1),
    };
    let bar = Bar::steps(work.len() as u64, "Verifying");
    let judged =
        work.into_iter().map(|(slug, solution)| judge(session, slug, solution, &languages));
    // In the order of the work, however they end.
    let mut judged = stream::iter(judged).buffered(jobs);
    let mut rows = Vec::new();
    while let Some(row) = judged.next().await {
        let row = row.inspect_err(|_| bar.clear())?;
        bar.advance(1);
        bar.message(&format!("{} wrong", rows.iter().filter(|row: &&Row| !row.ok).count()));
        if args.json {
            print_json(&row)?;
        }
        rows.push(row);
    }
    bar.clear();
    if !args.json {
        for slug in &slugs {
            let own: Vec<&Row> = rows.iter().filter(|row| row.problem == *slug).collect();
            if !own.is_empty() {
                print(&matrix(slug, &own))?;
            }
        }
    }
    Ok(if rows.iter().all(|row| row.ok) { Code::OK } else { Code::UNEXPECTED })
}

/// What came of one solution.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    problem: Slug,
    path: String,
    language: String,
    expected: Verdict,
    /// `None` when it was refused or cancelled; then `message` says why.
    got: Option<Verdict>,
    passed: u32,
    total: u32,
    cpu_ms: u64,
    memory_kib: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<crate::judge::SubmissionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    ok: bool,
}

async fn judge(
    session: &Session,
    problem: Slug,
    solution: Solution,
    languages: &[LanguageStatus],
) -> Result<Row, Error> {
    let (_, extension) = solution.path.rsplit_once('.').unwrap_or_default();
    let extension = extension.to_owned();
    let language = languages.iter().find(|language| language.has_extension(&extension));
    let mut row = Row {
        problem: problem.clone(),
        path: solution.path,
        language: language.map_or_else(String::new, |language| language.id.clone()),
        expected: solution.expectation.required.first().copied().unwrap_or(Verdict::Accepted),
        got: None,
        passed: 0,
        total: 0,
        cpu_ms: 0,
        memory_kib: 0,
        submission: None,
        message: None,
        ok: false,
    };
    if language.is_none() {
        row.message = Some(format!("no language has the extension `.{extension}`"));
        return Ok(row);
    }
    let new = NewSubmission {
        user_id: USER.to_owned(),
        problem_id: problem,
        code: solution.source,
        language: row.language.clone(),
        files: Vec::new(),
    };
    let client = session.client();
    let submission = match patiently(&client, None, async |client| client.submit(&new).await).await
    {
        Ok(submission) => submission,
        Err(Error::Refused(text)) => {
            row.message = Some(text);
            return Ok(row);
        }
        Err(error) => return Err(error),
    };
    row.submission = Some(submission.id);
    let sources = vec![(Source::Submission(submission.id), 0)];
    let watching = Watching { session, sources, deadline: None };
    let endings = Mutex::default();
    watching.collect(&endings, |_| Ok(())).await?;
    let mut endings = endings.into_inner().unwrap_or_else(PoisonError::into_inner);
    match endings.remove(&submission.id) {
        Some(Ending::Judged(outcome)) => {
            row.ok = outcome.verdict == row.expected;
            row.got = Some(outcome.verdict);
            (row.passed, row.total) = (outcome.passed, outcome.total);
            (row.cpu_ms, row.memory_kib) = (outcome.cpu_ms, outcome.memory_kib);
            row.message = outcome.message;
        }
        Some(Ending::Cancelled) | None => row.message = Some("cancelled".to_owned()),
    }
    Ok(row)
}

/// The table of one problem, and why solutions failed that should not have.
fn matrix(slug: &Slug, rows: &[&Row]) -> String {
    let columns = [
        Column("Solution", false),
        Column("Language", false),
        Column("Expected", false),
        Column("Got", false),
        Column("Tests", true),
        Column("Max time", true),
        Column("Memory", true),
        Column("", false),
    ];
    let agree = rows.iter().filter(|row| row.ok).count();
    let head = format!("{slug}: {agree} of {} agree", rows.len());
    let table = table(&columns, rows.iter().map(|row| cells(row)).collect());
    let wrong = rows.iter().filter(|row| !row.ok).map(|row| {
        let got = row.got.map_or("nothing", Verdict::code);
        let why = one_line(row.message.as_deref().unwrap_or("no message"));
        format!(" ✗ {}: expected {}, got {got}: {why}", row.path, row.expected)
    });
    [head, table].into_iter().chain(wrong).chain([String::new()]).collect::<Vec<_>>().join("\n")
}

fn cells(row: &Row) -> Vec<Cell> {
    let (mark, tone) = if row.ok { ("ok", Tone::Good) } else { ("✗", Tone::Bad) };
    vec![
        row.path.as_str().into(),
        row.language.as_str().into(),
        Cell::from(row.expected.code()),
        row.got.map_or_else(|| Cell::new("--", Tone::Bad), Cell::from),
        format!("{}/{}", row.passed, row.total).into(),
        millis(row.cpu_ms).into(),
        kibibytes(row.memory_kib).into(),
        Cell::new(mark, tone),
    ]
}
