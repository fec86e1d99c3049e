//! `sonocode problem show`.

use crate::{
    cli::Show,
    command::{print_json, session},
    error::{Code, Error},
    judge::{Aggregate, Compare, Convention, Group, JudgeProgram, StopPolicy, TestCase},
    problem::Solution,
    view::{
        table::{Cell, Column, table},
        terminal::print,
        units::{bytes, harmless, millis, one_line, points},
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
         {} · version {}",
        harmless(&problem.title),
        problem.slug,
        problem.difficulty,
        millis(limits.time_ms),
        millis(limits.wall().as_millis() as u64),
        limits.memory_mib,
        limits.output_mib,
        limits.processes,
        judged(problem),
        problem.version.chars().take(12).collect::<String>(),
    );
    let tests =
        [Column("Test", false), Column("", false), Column("Input", true), Column("Answer", true)];
    let mut parts = vec![
        head,
        harmless(problem.description.trim()),
        table(&tests, problem.tests.iter().map(test).collect()),
    ];
    if !problem.groups.is_empty() {
        let columns = [
            Column("Group", false),
            Column("Points", true),
            Column("Score", false),
            Column("Tests", true),
            Column("Requires", false),
        ];
        parts.push(table(&columns, problem.groups.iter().map(group).collect()));
    }
    if !solutions.is_empty() {
        let columns = [Column("Solution", false), Column("Expected", false)];
        let expected = |s: &Solution| {
            let required = s.expectation.required.iter().map(|verdict| verdict.code());
            required.collect::<Vec<_>>().join("/")
        };
        let row = |s: Solution| vec![Cell::from(s.path.as_str()), Cell::from(expected(&s))];
        parts.push(table(&columns, solutions.into_iter().map(row).collect()));
    }
    parts.join("\n\n")
}

/// Who judges, and what follows from a failure.
fn judged(problem: &ProblemDocument) -> String {
    let program = |what: &str, program: &JudgeProgram| {
        let words: Vec<_> =
            [&program.file].into_iter().chain(&program.args).map(|word| one_line(word)).collect();
        let convention = match program.convention {
            Convention::Testlib => "testlib",
            Convention::Icpc => "ICPC",
        };
        format!("{what} {} ({convention})", words.join(" "))
    };
    let mut parts = Vec::new();
    if let Some(interactor) = &problem.interactor {
        parts.push(format!("interactive: {}", program("interactor", interactor)));
    }
    match &problem.checker {
        Some(checker) => parts.push(program("checker", checker)),
        None if problem.interactor.is_some() => {}
        None => parts.push(format!("compared by {}", compare(&problem.compare))),
    }
    if problem.passes > 1 {
        parts.push(format!("at most {} passes", problem.passes));
    }
    if problem.stop == StopPolicy::FirstFailure {
        parts.push("stops at the first failure".to_owned());
    }
    parts.join(" · ")
}

fn group(group: &Group) -> Vec<Cell> {
    let score = match (group.score, group.stop) {
        (Aggregate::Min, true) => "min",
        (Aggregate::Min, false) => "min, all tests run",
        (Aggregate::Sum, false) => "sum",
        (Aggregate::Sum, true) => "sum, stops at a zero",
        (Aggregate::Avg, _) => "mean",
        (Aggregate::Max, _) => "largest",
    };
    let requires: Vec<_> = group.requires.iter().map(|name| one_line(name)).collect();
    [
        one_line(&group.name),
        points(group.points),
        score.to_owned(),
        group.tests.len().to_string(),
        requires.join(", "),
    ]
    .map(Cell::from)
    .into()
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
        Compare::Icpc { .. } => "the ICPC's default validator".to_owned(),
        Compare::Float { absolute, relative } => {
            format!("tokens, numbers within {absolute:e} absolute or {relative:e} relative")
        }
    }
}
