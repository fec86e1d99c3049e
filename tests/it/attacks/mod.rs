//! Hostile programs against a real engine. Each gets its exact verdict, leaves nothing behind, and the
//! next submission in the same cell is unaffected.

mod table;

use crate::house::{House, PATIENCE, Package, expect};
use rustix::{
    fs::inotify,
    process::{Pid, PidfdFlags, pidfd_open},
};
use serde_json::json;
use sonocode::judge::{EventBody, Exit, Outcome, Usage, Verdict};
use std::{
    collections::BTreeSet,
    fs,
    net::{TcpListener, UdpSocket},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Instant,
};
use table::{Attack, Figures, Problem};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::timeout,
};

/// Looks for what others left; without a `main`.
const LOOK: &str = include_str!("programs/look.c");

/// What came of a submission.
struct Seen {
    outcome: Outcome,
    /// What its tests used.
    usage: Vec<Usage>,
    messages: Vec<Option<String>>,
    verdicts: Vec<Verdict>,
    compiler: String,
}

async fn house() -> House {
    let house = House::build().workers(1).start().await;
    for problem in Problem::ALL {
        let package = |slug: &str| {
            Package::new(slug).manifest(problem.limits()).test("01", "1\n", "refused\n")
        };
        house.add(&package(problem.slug())).await;
        house.add(&package(&exact(problem)).exact()).await;
    }
    house
}

/// The problem with the same limits, of time as well, on however slow a machine.
fn exact(problem: Problem) -> String {
    format!("{}-exact", problem.slug())
}

async fn judge(house: &House, problem: &str, language: &str, source: &str) -> Seen {
    let id = house.submit(problem, language, source).await;
    let (mut usage, mut messages, mut verdicts) = (Vec::new(), Vec::new(), Vec::new());
    let mut compiler = String::new();
    for event in house.events(&id, 0).await {
        match event.body {
            EventBody::Test { verdict, usage: used, message, .. } => {
                usage.push(used);
                messages.push(message);
                verdicts.push(verdict);
            }
            EventBody::Compiled { output, .. } => compiler = output,
            EventBody::Finished(outcome) => {
                return Seen { outcome, usage, messages, verdicts, compiler };
            }
            // The judge itself must never stumble over a program, not even to try again.
            EventBody::Requeued { reason } => panic!("#{id}: {reason}"),
            _ => {}
        }
    }
    panic!("#{id} has no outcome");
}

/// Runs a program that looks around: what it finds, and the cell it was in.
async fn probe(house: &House) -> (String, String) {
    let code = format!("{LOOK}{}", include_str!("programs/probe.c"));
    let reply = house.post("/api/v1/runs", json!({"code": code, "language": "c"})).await;
    let id = reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
    for event in house.events(&id, 0).await {
        if let EventBody::Ran { exit, stdout, .. } = event.body {
            assert_eq!(exit, Exit::Code(0));
            let (found, cell) = stdout.rsplit_once("in ").unwrap();
            return (found.trim().to_owned(), cell.trim().to_owned());
        }
    }
    panic!("the probe #{id} did not run");
}

/// What is wrong with what came of an attack.
fn faults(attack: &Attack, seen: &Seen) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("{}: {what}: {:#?} {:?}", attack.file, seen.outcome, seen.usage));
        }
    };
    check(seen.outcome.verdict == attack.verdict, &format!("expected {}", attack.verdict));
    let message = seen.outcome.message.as_deref().unwrap_or_default();
    check(message.contains(attack.says), &format!("the message should say `{}`", attack.says));
    check(message.len() < 200 << 10, "the message is too long");
    for used in &seen.usage {
        match attack.figures {
            Figures::Any => {}
            // Not up to the backstop: a few looks of the agent, on all processors of a busy machine.
            Figures::Burned => check((500..2000).contains(&used.cpu_ms), "500 ms of CPU time"),
            Figures::Idle => check(used.cpu_ms < used.wall_ms.max(1000) / 10, "idle"),
            Figures::Full => {
                check((120 << 10..=128 << 10).contains(&used.memory_kib), "128 MiB of memory");
            }
        }
    }
    faults
}

/// Judges every attack on one daemon with one worker, so that the same cells serve all, and looks
/// around after each.
async fn withstand(house: &House, attacks: &[Attack], language: Option<&str>) {
    let mut wrong = Vec::new();
    let (_, first) = probe(house).await;
    let (mut cells, mut last, mut same) = (BTreeSet::from([first.clone()]), first, 0);
    for attack in attacks {
        let started = Instant::now();
        let language = language.unwrap_or(attack.language());
        let problem = match attack.figures {
            Figures::Burned => exact(attack.problem),
            _ => attack.problem.slug().into(),
        };
        let seen = judge(house, &problem, language, attack.source).await;
        let took = started.elapsed().as_secs_f64();
        let used = seen.usage.first().copied().unwrap_or_default();
        println!(
            "{:28} {:3}  {:5} ms CPU {:7} KiB {took:6.2} s",
            attack.file, seen.outcome.verdict, used.cpu_ms, used.memory_kib
        );
        wrong.extend(faults(attack, &seen));
        let (found, cell) = probe(house).await;
        if found != "clean" {
            wrong.push(format!("after {}, a program found {found}", attack.file));
        }
        same += usize::from(cell == last);
        last.clone_from(&cell);
        cells.insert(cell);
    }
    println!("{same} of {} attacks in the cell of the probes around them", attacks.len());
    // A cell that fails is replaced by a new one: two wait, and a third may have been made at start.
    if cells.len() > 3 {
        wrong.push(format!("cells did not outlive the attacks: {cells:?}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_their_verdict_and_leave_nothing() {
    let house = house().await;
    withstand(&house, table::PROGRAMS, None).await;
    withstand(&house, table::MACHINE_CALLS, None).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compilers_are_bounded_like_programs() {
    let house = house().await;
    withstand(&house, table::COMPILE_BOMBS, None).await;
    let host = fs::read_to_string("/etc/passwd").unwrap();
    let spy = include_str!("programs/compile_include_passwd.c");
    let seen = judge(&house, "small", "c", spy).await;
    for user in host.lines().filter(|line| !line.starts_with("root:")) {
        assert!(!seen.compiler.contains(user), "{}", seen.compiler);
    }
    house.stop().await;
}

/// A language whose compiler is the program: what it leaves of itself is the box.
const MAKER: &str = r#"
id = "maker"
name = "Maker"
extensions = ["maker"]
source = "main.py"
compile = ["python3", "main.py"]
run = ["./main"]
version = ["python3", "--version"]
[toolchain]
host = ["python3"]
image = "python:3.12-slim"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn compilers_that_run_code_are_no_way_in() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("languages")).unwrap();
    fs::write(dir.path().join("languages/maker.toml"), MAKER).unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    let small = Package::new("small").manifest(Problem::Small.limits());
    house.add(&small.test("01", "1\n", "refused\n")).await;
    withstand(&house, table::COMPILERS_THAT_RUN_CODE, Some("maker")).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_from_test_to_test() {
    let house = house().await;
    let mut package = Package::new("tests").manifest(Problem::Small.limits());
    for number in 1..=6 {
        let odd = if number % 2 == 1 { "1\n" } else { "2\n" };
        package = package.test(&format!("{number:02}"), odd, "clean\n");
    }
    house.add(&package).await;
    let source = format!("{LOOK}{}", include_str!("programs/leave.c"));
    for _ in 0..5 {
        let seen = judge(&house, "tests", "c", &source).await;
        assert_eq!(seen.outcome.verdict, Verdict::Accepted, "{:?}", seen.messages);
        assert_eq!(probe(&house).await.0, "clean");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_cannot_be_reached() {
    let house = house().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let datagrams = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    datagrams.set_nonblocking(true).unwrap();
    let source = format!("#define PORT {port}\n{}", include_str!("programs/network.c"));
    let seen = judge(&house, "small", "c", &source).await;
    expect(&seen.outcome, Verdict::Accepted);
    assert!(listener.accept().is_err(), "a connection came");
    assert!(datagrams.recv(&mut [0; 16]).is_err(), "a datagram came");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    let secret = format!("answer-of-this-test:{:?}", Instant::now());
    let secret = secret.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != ':', "");
    let limits = Problem::Roomy.limits();
    let package = Package::new("secret").manifest(limits).test("01", "1\n", &secret);
    house.add(&package.test("02", "2\n", &secret)).await;
    let seen = judge(&house, "secret", "c", include_str!("programs/read_answers.c")).await;
    expect(&seen.outcome, Verdict::WrongAnswer);
    for message in seen.messages.iter().flatten() {
        assert!(message.ends_with("got \"nothing\""), "{message}");
    }
    // The compiler does not find it either, though it is told the place.
    let place = find(dir.path(), &secret).expect("the answer is in the data directory");
    let code = include_str!("programs/compile_answers.c").replace("PATH", place.to_str().unwrap());
    let seen = judge(&house, "secret", "c", &code).await;
    expect(&seen.outcome, Verdict::CompileError);
    assert!(!seen.compiler.contains(&secret), "{}", seen.compiler);
    house.stop().await;
}

/// The file below a folder that holds exactly this.
fn find(folder: &Path, content: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() {
            return find(&path, content);
        }
        (fs::read(&path).ok()? == content.as_bytes()).then_some(path)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_end_is_told() {
    let house = House::build().start().await;
    let codes = (0..256).map(|code| (code, format!("exit code {code}")));
    let signals = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 31, 34, 64];
    let signals = signals.map(|signal| (-signal, format!("signal {signal}")));
    let ends: Vec<(i32, String)> = codes.chain(signals).collect();
    let mut package = Package::new("ends").manifest(Problem::Small.limits());
    for (number, (end, _)) in ends.iter().enumerate() {
        package = package.test(&format!("{number:03}"), &format!("{end}\n"), "\n");
    }
    house.add(&package).await;
    let seen = judge(&house, "ends", "c", include_str!("programs/exit_code.c")).await;
    expect(&seen.outcome, Verdict::RuntimeError);
    assert_eq!(seen.verdicts.len(), ends.len());
    for ((end, told), (verdict, message)) in
        ends.iter().zip(seen.verdicts.iter().zip(&seen.messages))
    {
        if *end == 0 {
            assert_eq!(*verdict, Verdict::Accepted);
            continue;
        }
        assert_eq!(*verdict, Verdict::RuntimeError, "{told}");
        let message = message.as_deref().unwrap();
        assert!(message == told || message.starts_with(&format!("{told} (")), "{message}: {told}");
    }
    house.stop().await;
}

/// With a memory limit beyond the cell's own, the kernel would end the agent in the program's place:
/// such a limit is refused, and the greatest that is not refused holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_no_cell_can_keep_is_refused() {
    let house = House::build().config(|c| c.sandbox.cell_memory_mib = 640).start().await;
    for (slug, mib) in [("fits", 320), ("larger", 321)] {
        let limits = format!("[limits]\nmemory_mib = {mib}\n");
        house.add(&Package::new(slug).manifest(&limits).test("01", "1\n", "refused\n")).await;
    }
    let nameless = include_str!("programs/memory_nameless.c");
    let seen = judge(&house, "larger", "c", nameless).await;
    expect(&seen.outcome, Verdict::InternalError);
    let message = seen.outcome.message.unwrap();
    assert!(message.contains("sandbox.cell_memory_mib"), "{message}");
    for _ in 0..3 {
        expect(&judge(&house, "fits", "c", nameless).await.outcome, Verdict::MemoryLimitExceeded);
    }
    house.stop().await;
}

/// With thousands of processes at work, the agent still gets its turn.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_bomb_does_not_hold_up_the_agent() {
    let house = House::build().start().await;
    let limits = "[limits]\nmemory_mib = 1024\nprocesses = 2000\nwall_ms = 120000\n";
    let package = Package::new("wide").manifest(limits).exact();
    house.add(&package.test("01", "1\n", "refused\n")).await;
    for bomb in [include_str!("programs/fork_bomb.c"), include_str!("programs/thread_bomb.c")] {
        let seen = judge(&house, "wide", "c", bomb).await;
        expect(&seen.outcome, Verdict::TimeLimitExceeded);
        // Held up until the backstop, it would use more than a hundred seconds; to end thousands of
        // processes takes a busy machine some.
        assert!(seen.usage[0].cpu_ms < 30_000, "{:?}", seen.usage);
        assert_eq!(probe(&house).await.0, "clean");
    }
    house.stop().await;
}

/// A file of every Debian that nobody opens while tests run; cells see the host's own.
const SIGN: &str = "/usr/share/base-passwd/passwd.master";

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_program_is_gone() {
    let house = house().await;
    let sign = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&sign, SIGN, inotify::WatchFlags::OPEN).unwrap();
    let code = include_str!("programs/cancelled.c").replace("SIGN", SIGN);
    let id = house.submit("roomy", "c", &code).await;
    readable(sign).await;
    let running = processes_named("cancelled-test");
    assert_eq!(running.len(), 2, "program and child");
    let ends: Vec<OwnedFd> =
        running.iter().map(|pid| pidfd_open(*pid, PidfdFlags::empty()).unwrap()).collect();
    house.post(&format!("/api/v1/submissions/{id}/cancel"), json!({})).await;
    for end in ends {
        readable(end).await;
    }
    let events = house.events(&id, 0).await;
    assert_eq!(events.last().unwrap().body, EventBody::Cancelled);
    assert_eq!(probe(&house).await.0, "clean");
    house.stop().await;
}

/// Waits until there is something to read: of a process's descriptor, its end.
#[expect(
    deprecated,
    reason = "its successor is unsafe, and an owned descriptor is safe to wait for"
)]
async fn readable(fd: OwnedFd) {
    let fd = AsyncFd::with_interest(fd, Interest::READABLE).unwrap();
    timeout(PATIENCE, fd.readable()).await.expect("it never comes").unwrap().retain_ready();
}

/// The processes of this machine with a name.
fn processes_named(name: &str) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let named = |pid: &i32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
    };
    pids.filter(named).filter_map(Pid::from_raw).collect()
}
