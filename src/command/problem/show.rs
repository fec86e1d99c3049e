//! `sonocode problem show`.

use crate::{
    cli::Show,
    client::Client,
    command::{print_json, session},
    error::{Code, Error},
    judge::{Aggregate, Compare, Convention, Group, JudgeProgram, StopPolicy, TestCase},
    problem::Solution,
    view::{
        markdown,
        table::{Cell, Column, table},
        terminal::{self, print},
        units::{bytes, harmless, millis, one_line, points},
        verify::must,
    },
    wire::ProblemDocument,
};

/// Columns of a statement on a terminal; longer lines are hard to read.
const READABLE: usize = 100;

pub(super) async fn show(args: Show) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        let client = session.client();
        if args.html || args.raw {
            let format = if args.html { "html" } else { "md" };
            let text = statement(&client, &args, format).await?;
            print(if args.html { &text } else { text.trim_end() })?;
            return Ok(Code::OK);
        }
        let mut problem = client.problem(&args.slug).await?;
        if args.json {
            print_json(&problem)?;
            return Ok(Code::OK);
        }
        if args.statement_lang.is_some() {
            problem.description = statement(&client, &args, "md").await?;
        }
        let solutions = client.solutions(&args.slug).await?;
        print(&text(&problem, solutions))?;
        Ok(Code::OK)
    })
    .await
}

/// The statement in the wanted language.
async fn statement(client: &Client, args: &Show, format: &str) -> Result<String, Error> {
    let bytes = client.statement(&args.slug, args.statement_lang.as_deref(), format).await?;
    let wrong = |_| Error::Other(format!("the statement of {} is no text", args.slug));
    String::from_utf8(bytes.into()).map_err(wrong)
}

fn text(problem: &ProblemDocument, solutions: Vec<Solution>) -> String {
    let statement = if terminal::stdout() {
        markdown::render(problem.description.trim(), terminal::width().min(READABLE))
    } else {
        harmless(problem.description.trim())
    };
    let mut parts = vec![head(problem), statement];
    let about = about(problem);
    if !about.is_empty() {
        parts.push(about.join("\n"));
    }
    let tests =
        [Column("Test", false), Column("", false), Column("Input", true), Column("Answer", true)];
    parts.push(table(&tests, problem.tests.iter().map(test).collect()));
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
        let row = |s: Solution| vec![Cell::from(s.path.as_str()), must(&s.expectation).into()];
        parts.push(table(&columns, solutions.into_iter().map(row).collect()));
    }
    parts.join("\n\n")
}

/// Title, limits and who judges.
fn head(problem: &ProblemDocument) -> String {
    let tags = match problem.tags.as_slice() {
        [] => String::new(),
        tags => format!(" · {}", one_line(&tags.join(", "))),
    };
    let limits = &problem.limits;
    format!(
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
    )
}

/// What is there beside statement and tests, a line each: validators, files beside a submission, what
/// the time limit follows from, further statements, and where the problem comes from.
fn about(problem: &ProblemDocument) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line =
        |label: &str, text: String| lines.push(format!("{label:<11}{}", one_line(&text)));
    for validator in &problem.validators {
        line("validator", format!("{} ({})", validator.name, validator.program.file));
    }
    if let Some(validator) = &problem.static_validator {
        line("static", format!("{} judges the source", validator.program.file));
    }
    for (language, include) in &problem.include {
        let entry = include.entry.as_ref().map(|entry| format!(", {entry} is run"));
        line(
            "include",
            format!("{language}: {}{}", include.files.join(", "), entry.unwrap_or_default()),
        );
    }
    if let Some(timing) = &problem.timing {
        let inferred = if timing.inferred { "worked out; " } else { "" };
        line(
            "timing",
            format!(
                "{inferred}at least {}× the slowest that must fit; {}× the limit is too slow",
                timing.ac_to_time_limit, timing.time_limit_to_tle
            ),
        );
    }
    if !problem.statements.is_empty() {
        let paths: Vec<_> = problem.statements.iter().map(|file| file.path.as_str()).collect();
        line("statements", paths.join(", "));
    }
    let about = &problem.about;
    if !about.authors.is_empty() {
        line("authors", about.authors.join(", "));
    }
    for (label, text) in [
        ("format", &about.format),
        ("source", &about.source),
        ("address", &about.source_url),
        ("licence", &about.license),
        ("rights", &about.rights_owner),
    ] {
        if let Some(text) = text {
            line(label, text.clone());
        }
    }
    lines
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
