//! `sonocode problem list`.

use crate::{
    cli::Output,
    command::{print_json, session},
    error::{Code, Error},
    view::{
        table::{Cell, Column, table},
        terminal::{print, say},
    },
    wire::ProblemSummary,
};

pub(super) async fn list(args: Output) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        let problems = session.client().problems().await?;
        if args.json {
            problems.iter().try_for_each(print_json)?;
        } else if problems.is_empty() {
            say("there are no problems yet; `sonocode problem add PATH` adds one");
        } else {
            let columns = [
                Column("Slug", false),
                Column("Title", false),
                Column("Difficulty", false),
                Column("Tests", true),
                Column("Tags", false),
            ];
            print(&table(&columns, problems.iter().map(row).collect()))?;
        }
        Ok(Code::OK)
    })
    .await
}

fn row(problem: &ProblemSummary) -> Vec<Cell> {
    vec![
        problem.slug.as_str().into(),
        problem.title.as_str().into(),
        problem.difficulty.to_string().into(),
        problem.tests.to_string().into(),
        problem.tags.join(", ").into(),
    ]
}
