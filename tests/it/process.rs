//! The real program: as a daemon in a process of its own, and what its containers leave on the engine.

use crate::house::{House, PATIENCE, Reply, sandbox_kind};
use bollard::{
    Docker,
    errors::Error,
    models::EventMessage,
    query_parameters::{
        EventsOptionsBuilder, InspectContainerOptions, ListContainersOptionsBuilder,
    },
};
use futures_util::{StreamExt, stream::BoxStream};
use rustix::process::{Pid, Signal, kill_process};
use sonocode::{config::SandboxKind, daemon, sandbox::docker::LABEL};
use std::{
    collections::HashMap,
    fs,
    io::Seek,
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::watch,
    time::timeout,
};

/// The program with these arguments, in a world of its own: no configuration but what `home` holds.
pub fn sonocode(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sonocode"));
    for (name, _) in std::env::vars() {
        let ours = ["SONOCODE_", "XDG_", "RUST_LOG"];
        if ours.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.env("SONOCODE_SANDBOX_KIND", sandbox_kind().name());
    // Seconds of work that no test of a command waits for.
    command.env("SONOCODE_JUDGING_PRELUDES", "false");
    command.args(args).env("HOME", home).current_dir(home);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub async fn output(mut command: Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("the command never ends").unwrap()
}

/// The most memory that a process ever had, in KiB.
pub fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A `sonocode serve` in a process of its own; killed when dropped.
pub struct Serve {
    /// A client of it.
    pub house: House,
    /// What it printed when it was up.
    pub banner: serde_json::Value,
    pub pid: u32,
    pub process: Process,
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Serve {
    /// Uploads a package folder piece by piece; it must be taken.
    pub async fn add_folder(&self, folder: &Path, slug: &str) -> Reply {
        let mut tar = tempfile::tempfile().unwrap();
        sonocode::problem::pack(folder, &mut tar).unwrap();
        tar.rewind().unwrap();
        let tar = tokio::fs::File::from_std(tar);
        let request =
            self.house.http.post(format!("{}/api/v1/problems?slug={slug}", self.house.url));
        let request = request
            .header("content-type", "application/x-tar")
            .body(reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::new(tar)));
        let reply = Reply::of(request.send().await.unwrap()).await;
        assert!(reply.status.is_success(), "{reply:?}");
        reply
    }

    /// Starts a daemon on a data directory, on a free port and with two workers unless the arguments
    /// say otherwise, and waits until it listens.
    pub async fn start(data_dir: &Path, args: &[&str]) -> Self {
        let mut command = sonocode(data_dir, &["serve", "-v", "--json"]);
        command.arg("--data-dir").arg(data_dir);
        for (name, value) in [("--addr", "127.0.0.1:0"), ("--workers", "2")] {
            if !args.contains(&name) {
                command.args([name, value]);
            }
        }
        command.args(args);
        Self::spawn(command).await
    }

    /// Starts a daemon whose command is complete but for its pipes.
    pub async fn spawn(mut command: Command) -> Self {
        let mut process = Process::spawn(command.stdout(Stdio::piped()));
        let mut stdout = BufReader::new(process.child.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, stdout.next_line()).await.expect("no banner comes").unwrap();
        let line = line.unwrap_or_else(|| panic!("no banner: {:#?}", process.log.lines()));
        let banner: serde_json::Value = serde_json::from_str(&line).unwrap();
        let house = House::at(banner["url"].as_str().unwrap());
        Self { house, banner, pid: process.pid, process, _stdout: stdout }
    }

    /// Waits for a line of its log.
    pub async fn says(&self, words: &str) -> String {
        self.process.says(words).await
    }

    pub async fn ready(&self) {
        self.process.ready().await;
    }

    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for its end.
    pub async fn ended(self) -> ExitStatus {
        self.process.ended().await
    }

    /// As `kill -9` does.
    pub async fn kill(self) {
        self.process.kill().await;
    }

    /// Lets it drain; it must end well.
    pub async fn drain(self) {
        self.process.drain().await;
    }
}

/// A program that runs until it is told to end, such as `sonocode worker`; killed when dropped.
pub struct Process {
    pub pid: u32,
    child: Child,
    log: Log,
}

impl Process {
    /// Starts a command whose standard error is its log.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id().unwrap();
        let log = Log::read(child.stderr.take().unwrap());
        Self { pid, child, log }
    }

    /// Starts a `sonocode worker` with one evaluation at a time and waits until it is up.
    pub async fn worker(data_dir: &Path, redis: &str, args: &[&str]) -> Self {
        let mut command = sonocode(data_dir, &["worker", "--workers", "1", "--redis", redis]);
        command.arg("--data-dir").arg(data_dir).args(args);
        let worker = Self::spawn(&mut command);
        worker.says("(pid ").await;
        worker
    }

    /// Waits for a line of its log.
    pub async fn says(&self, words: &str) -> String {
        self.log.says(words).await
    }

    pub async fn ready(&self) {
        self.says("ready engine=").await;
    }

    /// Its log, which can be read after its end as well.
    pub fn all_it_says(&self) -> Log {
        self.log.clone()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid.cast_signed()).unwrap(), signal).unwrap();
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> ExitStatus {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("it never ends: {:#?}", self.log.lines())).unwrap()
    }

    /// As `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Lets it drain; it must end well.
    pub async fn drain(self) {
        self.signal(Signal::TERM);
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

/// The lines of a process's standard error, as they come.
#[derive(Clone)]
pub struct Log(watch::Receiver<Vec<String>>);

impl Log {
    fn read(from: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (sender, receiver) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut lines = BufReader::new(from).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|all| all.push(line));
            }
        });
        Self(receiver)
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    async fn says(&self, words: &str) -> String {
        let has = |line: &&String| line.contains(words);
        let mut log = self.0.clone();
        let said = timeout(PATIENCE, log.wait_for(|lines| lines.iter().any(|line| has(&line))));
        match said.await {
            Ok(Ok(lines)) => lines.iter().find(has).unwrap().clone(),
            _ => panic!("`{words}` is never said: {:#?}", self.lines()),
        }
    }
}

/// The containers of a data directory's daemons; of the native sandbox, the control groups of cells.
pub struct Containers {
    docker: Docker,
    owner: String,
}

impl Containers {
    pub fn of(data_dir: &Path) -> Self {
        Self::on(Docker::connect_with_defaults().unwrap(), data_dir)
    }

    /// Those on this engine.
    pub fn on(docker: Docker, data_dir: &Path) -> Self {
        Self { docker, owner: daemon::owner(data_dir).unwrap() }
    }

    /// Their names, whatever their state.
    pub async fn names(&self) -> Vec<String> {
        if sandbox_kind() == SandboxKind::Native {
            return control_groups(&format!("sonocode-{}-", self.owner));
        }
        let filters = HashMap::from([("label", vec![format!("{LABEL}={}", self.owner)])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let mut names = Vec::new();
        for found in self.docker.list_containers(Some(options)).await.unwrap() {
            let id = found.id.unwrap();
            // An engine that was killed lists some, dead and without names, that it does not have any more.
            let there = self.docker.inspect_container(&id, None::<InspectContainerOptions>).await;
            if let Err(Error::DockerResponseServerError { status_code: 404, .. }) = there {
                continue;
            }
            names.push(format!(
                "{} {id} ({:?})",
                found.names.unwrap_or_default().join(" "),
                found.state
            ));
        }
        names
    }

    /// What happens to them from now on, such as `create` and `destroy`.
    pub fn news(&self, what: &str) -> News {
        let label = format!("{LABEL}={}", self.owner);
        let filters = HashMap::from([("label", vec![label]), ("event", vec![what.to_owned()])]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let since = format!("{}.{:09}", now.as_secs(), now.subsec_nanos());
        let options = EventsOptionsBuilder::default().since(&since).filters(&filters).build();
        News(self.docker.events(Some(options)).boxed())
    }

    /// Those that this process did not make.
    pub async fn strangers(&self, pid: u32) -> Vec<String> {
        let mut names = self.names().await;
        names.retain(|name| !name.contains(&format!("-{pid}-")));
        names
    }
}

/// The control groups whose names begin like this, wherever cells may have theirs.
pub fn control_groups(prefix: &str) -> Vec<String> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter(|entry| entry.file_type().unwrap().is_dir()).map(|e| e.path()).collect()
    };
    let top = folders(Path::new("/sys/fs/cgroup"));
    let below: Vec<_> = top.iter().flat_map(|folder| folders(folder)).collect();
    let names = top.iter().chain(&below).map(|path| path.display().to_string());
    names.filter(|path| path.rsplit('/').next().unwrap().starts_with(prefix)).collect()
}

/// The engine's news of one kind, from the moment when this was made.
pub struct News(BoxStream<'static, Result<EventMessage, Error>>);

impl News {
    /// The name of the next container that they are about.
    pub async fn next(&mut self) -> String {
        let event = timeout(PATIENCE, self.0.next()).await.expect("nothing happens");
        let actor = event.unwrap().unwrap().actor.unwrap();
        actor.attributes.unwrap()["name"].clone()
    }
}
