//! Whether a program near the time limit gets the same verdict every time.

use crate::{
    Bench,
    bare::{self, Bare},
    figures::{Count, Table},
    house::{CACHED, House, Watcher},
    load::Load,
    programs,
};
use anyhow::{Context, Result};
use serde_json::json;
use sonocode::judge::{EventBody, Verdict};
use std::{fs, thread};

/// The time limit, in milliseconds.
const LIMIT: u32 = 500;

/// Parts of the limit that the programs use, and their verdicts.
const PROGRAMS: [(f64, Verdict); 2] = [(0.8, Verdict::Accepted), (1.2, Verdict::TimeLimitExceeded)];

/// A submission that is judged again and again.
struct Subject {
    id: String,
    /// Of the limit, in percent.
    percent: f64,
    expected: Verdict,
}

/// What was seen of one subject.
#[derive(Default)]
struct Seen {
    flips: u32,
    /// The least and the most CPU time, in milliseconds.
    cpu_ms: Option<(u64, u64)>,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let rejudges = bench.rounds(100, 20);
    let house = House::start(bench, thread::available_parallelism()?.get(), CACHED).await?;
    house.ready().await?;
    let mut watcher = house.watch().await?;
    let subjects = submit(&house).await?;
    watcher.finished(subjects.len()).await?;
    let spinning = Load::twice()?;
    let mut counts = Vec::new();
    for threads in [0, spinning] {
        let load = Load::of(threads);
        let seen = rejudge(&house, &mut watcher, &subjects, rejudges).await?;
        drop(load);
        let load = if threads == 0 { "nothing else" } else { "the spinning threads" };
        for (Subject { percent, .. }, seen) in subjects.iter().zip(seen) {
            let what = format!("{percent} % of the limit, beside {load}: flips in {rejudges}");
            counts.push(Count::new(what, seen.flips.into(), "").at_most(0.0));
            let Some((least, most)) = seen.cpu_ms.filter(|_| *percent < 100.0) else { continue };
            for (what, cpu_ms) in [("least", least), ("most", most)] {
                let part = cpu_ms as f64 / f64::from(LIMIT) * 100.0;
                counts.push(Count::new(format!("its {what} CPU time, of the limit"), part, "%"));
            }
        }
    }
    house.stop().await?;
    Ok(Table {
        name: "flips",
        title: format!(
            "Verdicts of programs near a limit of {LIMIT} ms, compiled once, judged at the same time and again \
             {rejudges} times, without and with {spinning} spinning threads"
        ),
        quantiles: [50, 90],
        lines: Vec::new(),
        counts,
    })
}

/// Adds a problem for each program and submits to it.
async fn submit(house: &House) -> Result<Vec<Subject>> {
    let language = bare::language("cpp")?;
    let bare = Bare::compile(&language, programs::SPIN, "100000000")?;
    let mut times = Vec::new();
    for _ in 0..9 {
        times.push(bare.run()?.cpu.as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let round = times[times.len() / 2] / 1e8;
    let mut subjects = Vec::new();
    for (part, expected) in PROGRAMS {
        let input = format!("{:.0}\n", f64::from(LIMIT) * 1e-3 * part / round);
        fs::write(bare.file("input"), &input)?;
        let answer = String::from_utf8(bare.run_for_output()?.1)?;
        let percent = part * 100.0;
        let slug = format!("near-{percent:.0}");
        house.add(&slug, json!({"time_ms": LIMIT}), (&input, &answer), 1).await?;
        let id = house.submit(&slug, "cpp", programs::SPIN).await?;
        subjects.push(Subject { id, percent, expected });
    }
    Ok(subjects)
}

async fn rejudge(
    house: &House,
    watcher: &mut Watcher,
    subjects: &[Subject],
    rejudges: usize,
) -> Result<Vec<Seen>> {
    let mut all: Vec<Seen> = subjects.iter().map(|_| Seen::default()).collect();
    for _ in 0..rejudges {
        for subject in subjects {
            house.rejudge(&subject.id).await?;
        }
        for event in watcher.finished(subjects.len()).await? {
            let EventBody::Finished(outcome) = event.body else { continue };
            let id = event.submission.to_string();
            let at = subjects.iter().position(|subject| subject.id == id);
            let at = at.context("a submission that is not ours")?;
            let seen = &mut all[at];
            seen.flips += u32::from(outcome.verdict != subjects[at].expected);
            let (least, most) = seen.cpu_ms.unwrap_or((outcome.cpu_ms, outcome.cpu_ms));
            seen.cpu_ms = Some((least.min(outcome.cpu_ms), most.max(outcome.cpu_ms)));
        }
    }
    Ok(all)
}
