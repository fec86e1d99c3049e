//! `sonocode problem show`.

use crate::{
    cli::Show,
    command::{print_json, session},
    error::{Code, Error},
    judge::{Compare, TestCase},
    problem::Solution,
    view::{
        table::{Cell, Column, table},
        terminal::print,
        units::{bytes, harmless, millis},
    },
    wire::ProblemDocument,
};

pub(super) async fn show(args: Show) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        let client = session.client();
        let problem = client.problem(&args.slug).await?;
        if args.json {
            print_json(&problem)?;
            return Ok(Code::OK);
        }
        let solutions = client.solutions(&args.slug).await?;
        print(&text(&problem, solutions))?;
        Ok(Code::OK)
    })
    .await
}

fn text(problem: &ProblemDocument, solutions: Vec<Solution>) -> String {
    let tags = match problem.tags.as_slice() {
        [] => String::new(),
        tags => format!(" · {}", tags.join(", ")),
    };
    let limits = &problem.limits;
    let head = format!(
        "{} · {} · {}{tags}\n{} CPU, {} wall · {} MiB memory · {} MiB output · {} processes\n\
         compared by {} · version {}",
        harmless(&problem.title),
        problem.slug,
        problem.difficulty,
        millis(limits.time_ms),
        millis(limits.wall().as_millis() as u64),
        limits.memory_mib,
        limits.output_mib,
        limits.processes,
        compare(&problem.compare),
        problem.version.chars().take(12).collect::<String>(),
    );
    let tests =
        [Column("Test", false), Column("", false), Column("Input", true), Column("Answer", true)];
    let mut parts = vec![
        head,
        harmless(problem.description.trim()),
        table(&tests, problem.tests.iter().map(test).collect()),
    ];
    if !solutions.is_empty() {
        let columns = [Column("Solution", false), Column("Expected", false)];
        let row = |s: Solution| vec![s.path.into(), Cell::from(s.expected)];
        parts.push(table(&columns, solutions.into_iter().map(row).collect()));
    }
    parts.join("\n\n")
}

fn test(test: &TestCase) -> Vec<Cell> {
    let sample = if test.sample { "sample" } else { "" };
    let lengths = [bytes(test.input_bytes), bytes(test.answer_bytes)];
    [test.name.clone(), sample.to_owned()].into_iter().chain(lengths).map(Cell::from).collect()
}

fn compare(compare: &Compare) -> String {
    match compare {
        Compare::Tokens => "tokens".to_owned(),
        Compare::Exact => "every byte".to_owned(),
        Compare::Caseless => "tokens in any case".to_owned(),
        Compare::Lines => "lines in any order".to_owned(),
        Compare::Float { absolute, relative } => {
            format!("tokens, numbers within {absolute:e} absolute or {relative:e} relative")
        }
    }
}
