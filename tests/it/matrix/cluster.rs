//! Two daemons, two workers and one Redis, each in a process of its own, and what can happen to them.

use super::{Fault, SHELL, balancer::Balancer, net::Net, store::Store};
use crate::{
    engine::Engine,
    house::{House, Package},
    process::{Containers, Process, Serve, sonocode},
    sockets::{loss::quiet_port, proxy::roll},
};
use bollard::Docker;
use rustix::process::Signal;
use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

/// How long a lease holds. Short, because everything waits for it; the mechanism is the same.
pub const LEASE: Duration = Duration::from_secs(3);

/// How long the network stays cut at most: longer than a lease, and than the longest wait for an answer.
const CUT: Duration = Duration::from_secs(10);

/// By then a worker has looked at its engine again: it does every ten seconds, and this machine is busy.
const LOOKED_AT: Duration = Duration::from_secs(30);

/// So many bytes at most are missing at the end of a file that was torn: what a few submissions wrote.
const TORN: u64 = 3000;

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
    /// All of it, without Redis.
    Alone,
}

impl Role {
    /// Whether it takes submissions.
    fn takes(self) -> bool {
        matches!(self, Self::Api | Self::Daemon | Self::Alone)
    }

    /// Whether it tells of them.
    fn tells(self) -> bool {
        matches!(self, Self::Hub | Self::Daemon | Self::Alone)
    }

    /// Whether it judges them.
    fn judges(self) -> bool {
        matches!(self, Self::Worker | Self::Alone)
    }
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
    pub store: Store,
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
        let roles: &[Role] = match fault {
            Fault::Hub => &[Role::Api, Role::Hub, Role::Hub, Role::Worker, Role::Worker],
            Fault::Sqlite | Fault::SqliteEngine => &[Role::Alone],
            _ => &[Role::Daemon, Role::Daemon, Role::Worker, Role::Worker],
        };
        let part = |(number, role): (usize, &Role)| {
            let dir = home.path().join(number.to_string());
            std::fs::create_dir_all(dir.join("languages")).unwrap();
            std::fs::write(dir.join("languages/shell.toml"), SHELL).unwrap();
            let net = (fault == Fault::Cut).then(Net::new);
            Part { role: *role, dir, net, running: None }
        };
        let parts: Vec<_> = roles.iter().enumerate().map(part).collect();
        let port = quiet_port(dice);
        let store = if roles == [Role::Alone] {
            Store::Sqlite(parts[0].dir.join("ledger.sqlite"))
        } else {
            let gateways = parts.iter().filter_map(|part| Some(part.net.as_ref()?.gateway()));
            Store::redis(fault, &gateways.collect::<Vec<_>>(), port)
        };
        let own = matches!(fault, Fault::Engine | Fault::SqliteEngine);
        let engine = own.then(Engine::new);
        if let Some(engine) = &engine {
            engine.start();
        }
        let (api, hub) = (Balancer::start(parts.len()).await, Balancer::start(parts.len()).await);
        let mut cluster = Self { fault, store, port, engine, parts, api, hub, _home: home };
        for number in 0..cluster.parts.len() {
            cluster.begin(number).await;
        }
        let sum = Package::new("sum").manifest("[limits]\ntime_ms = 2000\n");
        let sum = sum.test("01", "1 2\n", "3\n").test("02", "5 6\n", "11\n");
        cluster.house().add(&sum).await;
        if fault == Fault::Torn {
            // The problem is not torn away.
            let server = cluster.store.server();
            server.rewritten().await;
            server.cli(&["BGREWRITEAOF"]);
            server.rewritten().await;
        }
        cluster
    }

    /// A client of the first daemon that takes submissions.
    pub fn house(&self) -> &House {
        let taking = self.parts.iter().find(|part| part.role.takes());
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
        if part.role.takes() {
            self.api.place(number, url);
        }
        if part.role.tells() {
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
            Role::Alone => vec!["--workers", "2"],
        };
        if part.role != Role::Worker {
            args.splice(0..0, ["serve", "--json", "--addr", &addr, "--insecure"]);
        }
        args.extend(["-v", "--data-dir", part.dir.to_str().unwrap()]);
        let mut command = sonocode(&part.dir, &args);
        if let Store::Redis(server) = &self.store {
            let url = match &part.net {
                Some(net) => format!("redis://{}:{}", net.gateway(), self.port),
                None => server.url(),
            };
            command.env("SONOCODE_REDIS_URL", url);
        }
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
            Fault::Sqlite => self.kill(Role::Alone, dice).await,
            Fault::Redis | Fault::Everysec | Fault::Torn => {
                let server = self.store.server();
                server.kill();
                if self.fault == Fault::Torn {
                    server.tear(roll(dice, TORN));
                }
                sleep(random(dice, DOWN)).await;
                server.start_again();
                if self.fault == Fault::Torn {
                    // Two cuts within that time are one too many.
                    server.rewritten().await;
                }
            }
            Fault::Engine | Fault::SqliteEngine => {
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

    /// Waits until every daemon says that it is ready: one that was cut off may not have noticed yet that it is not any more.
    pub async fn whole(&self) {
        for part in &self.parts {
            if let Running::Daemon(serve) = part.running.as_ref().unwrap() {
                while serve.house.get("/readyz").await.status == 503 {
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// What is left over although nothing is under way: containers of the dead. One that an engine makes after its worker
    /// died goes when the next worker looks; no more than that is waited for.
    pub async fn strays(&self) -> Vec<String> {
        let mut strays = self.strangers().await;
        let began = Instant::now();
        while !strays.is_empty() && began.elapsed() < LOOKED_AT {
            sleep(Duration::from_millis(200)).await;
            strays = self.strangers().await;
        }
        strays
    }

    /// Containers that no living part has made.
    async fn strangers(&self) -> Vec<String> {
        let mut strangers = Vec::new();
        // What died with the engine the engine removes in its own time; the end tells.
        let judging = |part: &&Part| part.role.judges() && self.engine.is_none();
        for part in self.parts.iter().filter(judging) {
            strangers.extend(self.containers(&part.dir).strangers(part.process().pid).await);
        }
        strangers
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
        left.extend(self.store.presence().await);
        left
    }
}

/// The part that is stopped, if one is.
pub struct Struck(Option<usize>);

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
