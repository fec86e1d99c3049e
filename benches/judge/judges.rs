//! What a test costs when a program of the problem's own judges it.

use crate::{
    Bench,
    bare::{self, Bare},
    figures::{Line, Table},
    house::{CACHED, House},
    programs,
};
use anyhow::{Context, Result};
use sonocode::judge::{Event, EventBody};
use std::{
    fs::{self, File},
    io::pipe,
    process::Stdio,
    time::{Duration, Instant},
};

/// Tests of each submission.
const TESTS: usize = 20;

/// How the same is done bare.
type Run<'a> = &'a (dyn Fn() -> Result<Duration> + Sync);

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let language = bare::language("cpp")?;
    let compile = |source, input| Bare::compile(&language, source, input);
    let sum = compile(programs::SUM_CPP, programs::SUM_INPUT)?;
    let checker = compile(programs::CHECKER, programs::SUM_ANSWER)?;
    let guess = compile(programs::GUESS, "")?;
    let interactor = compile(programs::INTERACTOR, programs::SECRET)?;
    let house = House::start(bench, 1, CACHED).await?;
    house.add_sum(TESTS).await?;
    let test = (programs::SUM_INPUT, programs::SUM_ANSWER);
    house.add_package("checked", &package("checker", programs::CHECKER, test)).await?;
    let test = (programs::SECRET, "");
    house.add_package("guess", &package("interactor", programs::INTERACTOR, test)).await?;
    house.ready().await?;
    let mut watcher = house.watch().await?;
    let mut lines = Vec::new();
    let compared = || Ok(sum.run()?.wall);
    let checked_after = || checked(&sum, &checker);
    let talk = || talked(&guess, &interactor);
    let kinds: [(&str, &str, &str, Run<'_>); 3] = [
        ("comparison", "sum", programs::SUM_CPP, &compared),
        ("checker in C++", "checked", programs::SUM_CPP, &checked_after),
        ("interactor in C++, ten questions", "guess", programs::GUESS, &talk),
    ];
    for (what, slug, source, run) in kinds {
        let (mut direct, mut judge) = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(20, 6) {
            let began = Instant::now();
            for _ in 0..TESTS {
                run()?;
            }
            direct.push(began.elapsed().as_secs_f64() / TESTS as f64);
            house.submit(slug, "cpp", source).await?;
            judge.push(per_test(&watcher.accepted(1).await?)?);
        }
        lines.push(Line::new(what, &direct, &judge));
    }
    house.stop().await?;
    Ok(Table {
        name: "judges",
        title: "One test by who judges it, without compilation, beside the same programs run bare"
            .into(),
        quantiles: [10, 50],
        lines,
        counts: Vec::new(),
    })
}

/// A package with equal tests and a program of its own that judges.
fn package<'a>(kind: &str, judge: &'a str, test: (&'a str, &'a str)) -> Vec<(String, &'a str)> {
    let manifest = match kind {
        "checker" => "title = \"Checked\"\n[checker]\nprogram = \"main.cpp\"\n",
        _ => "title = \"Guess\"\n[interactor]\nprogram = \"main.cpp\"\n",
    };
    let mut files = vec![
        ("problem.toml".to_owned(), manifest),
        ("statement.md".to_owned(), "Measured.\n"),
        ("solutions/accepted/main.py".to_owned(), programs::SUM_PYTHON),
        (format!("{kind}/main.cpp"), judge),
    ];
    for number in 1..=TESTS {
        files.push((format!("tests/{number:02}.in"), test.0));
        files.push((format!("tests/{number:02}.out"), test.1));
    }
    files
}

/// Seconds from one test's verdict to the next one's, in the mean.
fn per_test(events: &[Event]) -> Result<f64> {
    let tests = events.iter().filter(|event| matches!(event.body, EventBody::Test { .. }));
    let times: Vec<_> = tests.map(|event| event.ts).collect();
    let (first, last) = (times.first().context("no tests")?, times.last().context("no tests")?);
    Ok(last.duration_since(*first).as_secs_f64() / (times.len() - 1) as f64)
}

/// A program, and then a checker of what it printed.
fn checked(program: &Bare, checker: &Bare) -> Result<Duration> {
    let began = Instant::now();
    let (input, output) = (program.file("input"), program.file("output"));
    let printed = File::create(&output)?;
    bare::ended(&program.start(&[], File::open(&input)?.into(), printed.into())?)?;
    // The checker's own input file is the answer.
    let words = [&*input, &*output, &*checker.file("input")];
    bare::ended(&checker.start(&words, Stdio::null(), Stdio::null())?)?;
    Ok(began.elapsed())
}

/// A program and an interactor, connected by pipes.
fn talked(program: &Bare, interactor: &Bare) -> Result<Duration> {
    let began = Instant::now();
    let ((to_program, judge_says), (to_judge, program_says)) = (pipe()?, pipe()?);
    let (secret, log) = (interactor.file("input"), interactor.file("log"));
    let program = program.start(&[], to_program.into(), program_says.into())?;
    let judge = interactor.start(&[&secret, &log, &secret], to_judge.into(), judge_says.into())?;
    bare::ended(&program)?;
    bare::ended(&judge)?;
    fs::remove_file(log)?;
    Ok(began.elapsed())
}
