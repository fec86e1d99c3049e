//! Two daemons, two workers and one Redis, each in a process of its own, and what can happen to them.

use super::{Fault, balancer::Balancer, net::Net};
use crate::{
    engine::Engine,
    house::{House, Package},
    process::{Containers, Process, Serve, sonocode},
    redis::RedisServer,
    sockets::{loss::quiet_port, proxy::roll},
};
use bollard::Docker;
use rustix::process::Signal;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{process::Command, time::sleep};

/// How long a lease holds. Short, because everything waits for it; the mechanism is the same.
pub const LEASE: Duration = Duration::from_secs(3);

/// How long the network stays cut at most: longer than a lease, and than the longest wait for an answer.
const CUT: Duration = Duration::from_secs(10);

/// How long a part stays down at most before it is started again.
const DOWN: Duration = Duration::from_millis(500);

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Takes submissions.
    Api,
    /// Tells of them.
    Hub,
    /// Both.
    Daemon,
    Worker,
}

/// A process of the cluster, which may be dead.
struct Part {
    role: Role,
    dir: PathBuf,
    net: Option<Net>,
    running: Option<Running>,
}

enum Running {
    Daemon(Box<Serve>),
    Worker(Box<Process>),
}

impl Part {
    /// Its process, which must live.
    fn process(&self) -> &Process {
        match self.running.as_ref().unwrap() {
            Running::Daemon(serve) => &serve.process,
            Running::Worker(worker) => worker,
        }
    }
}

/// The cluster.
pub struct Cluster {
    pub fault: Fault,
    redis: RedisServer,
    /// The port at which Redis listens beside its socket.
    port: u16,
    engine: Option<Engine>,
    parts: Vec<Part>,
    /// Before those that take submissions.
    pub api: Balancer,
    /// Before those that tell of them.
    pub hub: Balancer,
    _home: TempDir,
}

impl Cluster {
    pub async fn start(fault: Fault, dice: &AtomicU64) -> Self {
        let home = tempfile::tempdir().unwrap();
        let daemons: &[Role] = match fault {
            Fault::Hub => &[Role::Api, Role::Hub, Role::Hub],
            _ => &[Role::Daemon, Role::Daemon],
        };
        let roles = daemons.iter().chain(&[Role::Worker, Role::Worker]);
        let part = |(number, role): (usize, &Role)| {
            let dir = home.path().join(number.to_string());
            std::fs::create_dir(&dir).unwrap();
            let net = (fault == Fault::Cut).then(Net::new);
            Part { role: *role, dir, net, running: None }
        };
        let parts: Vec<_> = roles.enumerate().map(part).collect();
        let port = quiet_port(dice);
        let redis = redis(fault, &parts, port);
        let engine = (fault == Fault::Engine).then(Engine::new);
        if let Some(engine) = &engine {
            engine.start();
        }
        let (api, hub) = (Balancer::start(parts.len()).await, Balancer::start(parts.len()).await);
        let mut cluster = Self { fault, redis, port, engine, parts, api, hub, _home: home };
        for number in 0..cluster.parts.len() {
            cluster.begin(number).await;
        }
        let sum = Package::new("sum").manifest("[limits]\ntime_ms = 2000\n");
        let sum = sum.test("01", "1 2\n", "3\n").test("02", "5 6\n", "11\n");
        cluster.house().add(&sum).await;
        cluster
    }

    /// A client of the first daemon that takes submissions.
    pub fn house(&self) -> &House {
        let taking = self.parts.iter().find(|part| matches!(part.role, Role::Api | Role::Daemon));
        match taking.unwrap().running.as_ref().unwrap() {
            Running::Daemon(serve) => &serve.house,
            Running::Worker(_) => unreachable!("workers take nothing"),
        }
    }

    /// Starts a part (again), and waits until it does its work.
    async fn begin(&mut self, number: usize) {
        let mut command = self.command(&self.parts[number]);
        let part = &mut self.parts[number];
        if part.role == Role::Worker {
            let worker = Process::spawn(&mut command);
            worker.ready().await;
            part.running = Some(Running::Worker(Box::new(worker)));
            return;
        }
        let serve = Serve::spawn(command).await;
        let url = Some(serve.house.url.as_str());
        if matches!(part.role, Role::Api | Role::Daemon) {
            self.api.place(number, url);
        }
        if matches!(part.role, Role::Hub | Role::Daemon) {
            self.hub.place(number, url);
        }
        part.running = Some(Running::Daemon(Box::new(serve)));
    }

    fn command(&self, part: &Part) -> Command {
        let addr = part.net.as_ref().map_or("127.0.0.1".into(), Net::addr) + ":0";
        let mut args = match part.role {
            Role::Worker => vec!["worker", "--workers", "2"],
            Role::Api => vec!["--roles", "api"],
            Role::Hub => vec!["--roles", "hub"],
            Role::Daemon => vec!["--roles", "api,hub"],
        };
        if part.role != Role::Worker {
            args.splice(0..0, ["serve", "--json", "--addr", &addr, "--insecure"]);
        }
        args.extend(["-v", "--data-dir", part.dir.to_str().unwrap()]);
        let mut command = sonocode(&part.dir, &args);
        let redis = match &part.net {
            Some(net) => format!("redis://{}:{}", net.gateway(), self.port),
            None => self.redis.url(),
        };
        command.env("SONOCODE_REDIS_URL", redis);
        command.env("SONOCODE_JUDGING_LEASE_SECS", LEASE.as_secs().to_string());
        if let Some(engine) = &self.engine {
            command.env("SONOCODE_SANDBOX_DOCKER_HOST", engine.host());
            command.env("SONOCODE_SANDBOX_KIND", "docker");
        }
        match &part.net {
            Some(net) => within(net, &command),
            None => command,
        }
    }

    /// Does to one of its parts what is to be done, and heals it but for [`Fault::Stop`].
    pub async fn strike(&mut self, dice: &AtomicU64) -> Struck {
        let mut struck = Struck(None);
        match self.fault {
            Fault::Daemon => self.kill(Role::Daemon, dice).await,
            Fault::Hub => self.kill(Role::Hub, dice).await,
            Fault::Worker => self.kill(Role::Worker, dice).await,
            Fault::Redis | Fault::Everysec => {
                self.redis.kill();
                sleep(random(dice, DOWN)).await;
                self.redis.start_again();
            }
            Fault::Engine => {
                let engine = self.engine.as_ref().unwrap();
                engine.kill();
                sleep(random(dice, DOWN)).await;
                engine.start();
            }
            Fault::Stop => {
                let number = self.one(Role::Worker, dice);
                self.parts[number].process().signal(Signal::STOP);
                struck = Struck(Some(number));
            }
            Fault::Cut => {
                let number = roll(dice, self.parts.len() as u64) as usize;
                let net = self.parts[number].net.as_ref().unwrap();
                net.cut(self.port);
                sleep(random(dice, CUT)).await;
                net.heal(self.port);
            }
        }
        struck
    }

    /// Lets a part go on that was stopped, once others have done its work.
    pub fn mend(&self, struck: &Struck) {
        if let Some(number) = struck.0 {
            self.parts[number].process().signal(Signal::CONT);
        }
    }

    async fn kill(&mut self, role: Role, dice: &AtomicU64) {
        let number = self.one(role, dice);
        match self.parts[number].running.take().unwrap() {
            Running::Daemon(serve) => serve.kill().await,
            Running::Worker(worker) => worker.kill().await,
        }
        self.api.place(number, None);
        self.hub.place(number, None);
        sleep(random(dice, DOWN)).await;
        self.begin(number).await;
    }

    fn one(&self, role: Role, dice: &AtomicU64) -> usize {
        let numbers = (0..self.parts.len()).filter(|number| self.parts[*number].role == role);
        let numbers: Vec<_> = numbers.collect();
        numbers[roll(dice, numbers.len() as u64) as usize]
    }

    /// The submissions that wait, run or are leased, as Redis has it.
    pub fn under_way(&self) -> BTreeSet<String> {
        let ids = ["is:queued", "is:running", "leased"]
            .map(|key| self.redis.cli(&["ZRANGE", &format!("{{sonocode}}:{key}"), "0", "-1"]));
        let ids = ids.iter().flat_map(|ids| ids.lines()).filter(|id| !id.is_empty());
        ids.map(str::to_owned).collect()
    }

    /// Whether Redis has this submission.
    pub fn knows(&self, id: &str) -> bool {
        self.redis.cli(&["EXISTS", &format!("{{sonocode}}:s:{id}")]) == "1"
    }

    /// What is left over although nothing is under way: containers of the dead.
    pub async fn strays(&self) -> Vec<String> {
        let mut strays = Vec::new();
        // What died with the engine the engine removes in its own time; the end tells.
        let workers = |part: &&Part| part.role == Role::Worker && self.engine.is_none();
        for part in self.parts.iter().filter(workers) {
            strays.extend(self.containers(&part.dir).strangers(part.process().pid).await);
        }
        strays
    }

    fn containers(&self, dir: &Path) -> Containers {
        match &self.engine {
            Some(engine) => {
                let (host, version) = (engine.host(), bollard::API_DEFAULT_VERSION);
                Containers::on(Docker::connect_with_unix(&host, 60, version).unwrap(), dir)
            }
            None => Containers::of(dir),
        }
    }

    /// Lets all of it drain; returns what it leaves behind.
    pub async fn drain(mut self) -> Vec<String> {
        let mut left = Vec::new();
        for number in (0..self.parts.len()).rev() {
            let containers = self.containers(&self.parts[number].dir);
            let log = self.parts[number].process().all_it_says();
            match self.parts[number].running.take().unwrap() {
                Running::Daemon(serve) => serve.drain().await,
                Running::Worker(worker) => worker.drain().await,
            }
            let names = containers.names().await;
            if !names.is_empty() {
                eprintln!("{names:?} are left of a worker that said {:#?}", log.lines());
            }
            left.extend(names);
        }
        if let Some(engine) = &self.engine {
            engine.stop();
        }
        left
    }
}

/// The part that is stopped, if one is.
pub struct Struck(Option<usize>);

/// A Redis that has every write on the disk before it answers, but for that kind; seen from every namespace.
fn redis(fault: Fault, parts: &[Part], port: u16) -> RedisServer {
    let port = port.to_string();
    let fsync = if fault == Fault::Everysec { "everysec" } else { "always" };
    let mut options = vec!["--save", "", "--appendonly", "yes", "--appendfsync", fsync];
    let gateways: Vec<_> =
        parts.iter().filter_map(|part| Some(part.net.as_ref()?.gateway())).collect();
    if !gateways.is_empty() {
        options.extend(["--port", &port, "--protected-mode", "no", "--bind"]);
        options.extend(gateways.iter().map(String::as_str));
    }
    RedisServer::with(&options)
}

/// The same command in a namespace.
fn within(net: &Net, command: &Command) -> Command {
    let command = command.as_std();
    let [enter, option] = net.entering();
    let mut within = Command::new(enter);
    within.arg(option).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => within.env(name, value),
            None => within.env_remove(name),
        };
    }
    within.current_dir(command.get_current_dir().unwrap());
    within.stdin(std::process::Stdio::null()).kill_on_drop(true);
    within
}

fn random(dice: &AtomicU64, most: Duration) -> Duration {
    Duration::from_millis(roll(dice, most.as_millis() as u64))
}
