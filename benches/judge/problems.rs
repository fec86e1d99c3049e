//! Packages in size and in number: added, verified and listed by commands, as a setter does it.

use crate::{
    Bench,
    bare::{self, Bare},
    figures::{Count, Line, Table},
    house::House,
    memory::memory,
    programs,
};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{TryStreamExt, stream};
use serde_json::json;
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Programs at one time, in the daemon as well as bare.
const WORKERS: usize = 2;
/// Requests at one time, where problems are added in number.
const REQUESTS: usize = 8;
/// What the daemon may grow to, in MiB.
const MOST: f64 = 100.0;

/// How much of everything there is.
struct Size {
    /// Tests of the large package.
    tests: usize,
    /// Bytes of each of them.
    bytes: usize,
    /// Problems that are listed.
    problems: usize,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Table> {
    let size = if bench.quick {
        Size { tests: 100, bytes: 100_000, problems: 500 }
    } else {
        Size { tests: 1000, bytes: 1_000_000, problems: 5000 }
    };
    let mut large = Large::default();
    let package = tempfile::tempdir()?;
    write(package.path(), &size)?;
    for _ in 0..bench.rounds(3, 1) {
        large.round(bench, package.path(), &size).await?;
    }
    drop(package);
    let many = Many::measure(bench, &size).await?;
    let total = size.tests * size.bytes / 1_000_000;
    let (tests, problems) = (size.tests, size.problems);
    let known = "verified again, beside reading its files once";
    let listed = format!("{problems} problems listed over HTTP, beside reading as many files");
    let shown = "the same by `problem list --json`, beside reading as many files";
    Ok(Table {
        name: "problems",
        title: format!(
            "A package of {tests} tests and {total} MB, and {problems} small problems, with {WORKERS} workers"
        ),
        quantiles: [10, 50],
        lines: vec![
            Line::new("added, beside `tar c`, `tar x` and `sync`", &large.unpacked, &large.added),
            Line::new("verified, beside the same runs bare", &large.ran, &large.verified),
            Line::new(known, &large.read, &large.known),
            Line::new(listed, &many.read, &many.listed),
            Line::new(shown, &many.read, &many.shown),
        ],
        counts: vec![
            Count::new("the most memory with the package", large.peak, "MiB").at_most(MOST),
            Count::new("the most memory with the problems", many.peak, "MiB").at_most(MOST),
            Count::new("time for each problem that is added over HTTP", many.each * 1e3, "ms"),
        ],
    })
}

/// Seconds that were spent on the large package, a sample per round.
#[derive(Default)]
struct Large {
    unpacked: Vec<f64>,
    added: Vec<f64>,
    ran: Vec<f64>,
    verified: Vec<f64>,
    read: Vec<f64>,
    known: Vec<f64>,
    peak: f64,
}

impl Large {
    /// A daemon that has never seen the package, and a copy of it.
    async fn round(&mut self, bench: &Bench, package: &Path, size: &Size) -> Result<()> {
        let house = House::start_apart(bench, WORKERS).await?;
        house.ready().await?;
        let pid = house.pid().context("the daemon has ended")?;
        let path = package.to_str().context("a path that is no text")?;

        self.unpacked.push(unpacked(package)?.as_secs_f64());
        let began = Instant::now();
        house.command(&["problem", "add", path, "--slug", "large"]).await?;
        self.added.push(began.elapsed().as_secs_f64());

        self.ran.push(ran(package)?.as_secs_f64());
        self.verified.push(verified(&house, size.tests).await?);
        self.read.push(read(&package.join("tests"))?.as_secs_f64());
        self.known.push(verified(&house, 0).await?);

        self.peak = self.peak.max(memory(pid, "VmHWM:")?);
        house.stop().await
    }
}

/// Many small problems.
struct Many {
    read: Vec<f64>,
    listed: Vec<f64>,
    shown: Vec<f64>,
    /// Seconds for each that was added.
    each: f64,
    peak: f64,
}

impl Many {
    async fn measure(bench: &Bench, size: &Size) -> Result<Self> {
        let house = House::start_apart(bench, WORKERS).await?;
        let pid = house.pid().context("the daemon has ended")?;
        let folder = tempfile::tempdir()?;
        let test = (programs::SUM_INPUT, programs::SUM_ANSWER);
        let began = Instant::now();
        stream::iter((0..size.problems).map(Ok::<_, anyhow::Error>))
            .try_for_each_concurrent(REQUESTS, async |number| {
                house.add(&format!("sum-{number}"), json!({}), test, 1).await
            })
            .await?;
        let each = began.elapsed().as_secs_f64() / size.problems as f64;
        for number in 0..size.problems {
            fs::write(folder.path().join(number.to_string()), format!("Problem {number}\n"))?;
        }
        let mut many =
            Self { read: Vec::new(), listed: Vec::new(), shown: Vec::new(), each, peak: 0.0 };
        for _ in 0..bench.rounds(12, 3) {
            many.read.push(read(folder.path())?.as_secs_f64());
            let began = Instant::now();
            let listed = house.problems().await?;
            many.listed.push(began.elapsed().as_secs_f64());
            ensure!(listed == size.problems, "{listed} problems are listed");
            let began = Instant::now();
            house.command(&["problem", "list", "--json"]).await?;
            many.shown.push(began.elapsed().as_secs_f64());
        }
        many.peak = memory(pid, "VmHWM:")?;
        house.stop().await?;
        Ok(many)
    }
}

/// Writes the large package; no two of its tests are the same.
fn write(folder: &Path, size: &Size) -> Result<()> {
    for (path, text) in [
        ("problem.toml", "title = \"Large\"\n[limits]\ntime_ms = 5000\n"),
        ("statement.md", "# Large\n\nPrint the sum of all bytes.\n"),
        ("solutions/accepted/main.cpp", programs::SUM_OF_BYTES),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(path, text)?;
    }
    let tests = folder.join("tests");
    fs::create_dir(&tests)?;
    let line = "0123456789 and so on until it is long enough\n";
    for number in 0..size.tests {
        let mut input = format!("{number}\n");
        input.push_str(&line.repeat(size.bytes / line.len()));
        let sum: u64 = input.bytes().map(u64::from).sum();
        fs::write(tests.join(format!("{number:04}.in")), input)?;
        fs::write(tests.join(format!("{number:04}.out")), format!("{sum}\n"))?;
    }
    Ok(())
}

/// Packs a folder, unpacks it elsewhere, and waits until it is on the disk.
fn unpacked(folder: &Path) -> Result<Duration> {
    let to = tempfile::tempdir()?;
    let began = Instant::now();
    let mut packing = Command::new("tar")
        .arg("--create")
        .arg("--directory")
        .arg(folder)
        .arg(".")
        .stdout(Stdio::piped())
        .spawn()?;
    let archive = packing.stdout.take().context("a child without its pipe")?;
    let unpacked = Command::new("tar")
        .arg("--extract")
        .arg("--directory")
        .arg(to.path())
        .stdin(archive)
        .status()?;
    ensure!(unpacked.success() && packing.wait()?.success(), "`tar` failed");
    let synced = Command::new("sync").arg("--file-system").arg(to.path()).status()?;
    ensure!(synced.success(), "`sync` failed");
    Ok(began.elapsed())
}

/// Compiles the package's solution and runs it on every test.
fn ran(package: &Path) -> Result<Duration> {
    let began = Instant::now();
    let bare = Bare::compile(&bare::language("cpp")?, programs::SUM_OF_BYTES, "")?;
    let mut inputs = fs::read_dir(package.join("tests"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    inputs.retain(|path| path.extension().is_some_and(|extension| extension == "in"));
    thread::scope(|scope| {
        let parts = inputs.chunks(inputs.len().div_ceil(WORKERS).max(1));
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| answered(&bare, part))).collect();
        let ended = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => bail!("a thread failed"),
        });
        ended.collect::<Result<Vec<()>>>()
    })?;
    Ok(began.elapsed())
}

/// Runs the solution on some of the tests, whose answers it must print.
fn answered(bare: &Bare, inputs: &[PathBuf]) -> Result<()> {
    for input in inputs {
        let mut child = bare.start(&[], File::open(input)?.into(), Stdio::piped())?;
        let mut output = String::new();
        child.stdout.take().context("a child without its pipe")?.read_to_string(&mut output)?;
        bare::ended(&child)?;
        let answer = fs::read_to_string(input.with_extension("out"))?;
        ensure!(output == answer, "{}: {output}", input.display());
    }
    Ok(())
}

/// Verifies the package, in seconds; so many runs must be needed.
async fn verified(house: &House, runs: usize) -> Result<f64> {
    let began = Instant::now();
    let said = house.command(&["problem", "verify", "large", "--json"]).await?;
    let took = began.elapsed().as_secs_f64();
    let said = String::from_utf8(said)?;
    let done: serde_json::Value = serde_json::from_str(said.lines().last().unwrap_or_default())?;
    ensure!(done["runs"] == runs && done["agree"] == 1, "{done}");
    Ok(took)
}

/// Reads the files of a folder.
fn read(folder: &Path) -> Result<Duration> {
    let began = Instant::now();
    for entry in fs::read_dir(folder)? {
        fs::read(entry?.path())?;
    }
    Ok(began.elapsed())
}
