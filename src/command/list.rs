//! `sonocode list`.

use super::{print_json, session};
use crate::{
    cli::List,
    error::{Code, Error},
    judge::{Slug, State, Submission},
    view::{
        table::{Cell, Column, Tone, table},
        terminal::{print, say},
        units::{count, kibibytes, millis},
    },
};

pub(super) async fn list(args: List) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        let filters = [
            ("user", args.user.as_deref()),
            ("problem", args.problem.as_ref().map(Slug::as_str)),
            ("status", args.status.as_deref()),
        ];
        let query: Vec<_> =
            filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let submissions = session.client().newest(&query, args.limit).await?;
        if args.json {
            submissions.iter().try_for_each(print_json)?;
        } else if submissions.is_empty() {
            say("there are no such submissions");
        } else {
            let columns = [
                Column("Id", true),
                Column("Sent", false),
                Column("User", false),
                Column("Problem", false),
                Column("Language", false),
                Column("State", false),
                Column("Tests", true),
                Column("Max time", true),
                Column("Memory", true),
            ];
            print(&table(&columns, submissions.iter().map(row).collect()))?;
            if submissions.len() == usize::from(args.limit) {
                say(&format!(
                    "the newest {}; --limit shows more",
                    count(submissions.len(), "submission")
                ));
            }
        }
        Ok(Code::OK)
    })
    .await
}

fn row(submission: &Submission) -> Vec<Cell> {
    let problem = submission.problem().map_or("custom run", Slug::as_str);
    let sent = submission.created_at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut row: Vec<Cell> = vec![
        submission.id.to_string().into(),
        sent.into(),
        submission.user.as_str().into(),
        problem.into(),
        submission.language.as_str().into(),
    ];
    row.extend(match &submission.state {
        State::Queued => alone("queued"),
        State::Running { .. } => alone("running"),
        State::Cancelled => alone("cancelled"),
        State::Finished { result } => {
            let tests = match result.total {
                0 => String::new(),
                total => format!("{}/{total}", result.passed),
            };
            [
                result.verdict.into(),
                tests.into(),
                millis(result.cpu_ms).into(),
                kibibytes(result.memory_kib).into(),
            ]
        }
    });
    row
}

/// A state without figures.
fn alone(state: &str) -> [Cell; 4] {
    [Cell::new(state, Tone::Plain), Cell::default(), Cell::default(), Cell::default()]
}
