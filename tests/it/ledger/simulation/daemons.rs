//! Daemons of the simulated world: each a real client of the server with real workers, that may be stopped and killed.

use super::{
    cell::Runs,
    told::{Told, Witness},
    world::World,
};
use crate::stub::{Cells, engine};
use sonocode::{
    config::Config,
    evaluator::Evaluator,
    health::Health,
    judge::{Language, Languages},
    ledger::redis::{Address, RedisLedger},
    problem::{ProblemStore, Problems},
    worker::Worker,
};
use std::{
    future::Future,
    path::Path,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, Sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// A daemon.
pub struct Daemon {
    pub name: String,
    pub ledger: Arc<RedisLedger>,
    stopped: Stopped,
    /// One: several would be woken in an order that is not ours.
    worker: JoinHandle<()>,
}

/// Until when a worker stands still.
type Stopped = Arc<Mutex<Instant>>;

/// How long a worker's lease holds.
const LEASE: Duration = Duration::from_secs(15);

/// What all daemons have in common.
pub struct Site {
    pub world: Arc<World>,
    pub told: Arc<Told>,
    languages: Arc<Languages>,
    problems: Arc<Problems>,
    config: Config,
}

impl Site {
    /// `dir` is for what nobody uses here.
    pub fn new(world: Arc<World>, dir: &Path) -> Self {
        let mut languages = Languages::default();
        let text = r#"
            id = "cpp"
            name = "No language"
            source = "main"
            extensions = ["none"]
            run = ["none"]
            version = ["none"]
            toolchain = { host = ["none"], image = "none:1" }"#;
        languages.insert(Language::parse(text).unwrap());
        let languages = Arc::new(languages);
        let store = ProblemStore::open(dir, languages.clone()).unwrap();
        let problems = Arc::new(Problems::embedded(store));
        let config = Config { cache_dir: dir.join("cache"), ..Config::default() };
        Self { world, told: Arc::default(), languages, problems, config }
    }

    /// Connects, as often as it takes.
    pub async fn client(&self, name: &str) -> Arc<RedisLedger> {
        loop {
            let address = Address::dialled(self.world.way(name), name);
            if let Ok(ledger) = RedisLedger::open(address, "test").await {
                return Arc::new(ledger);
            }
            tokio::time::sleep(self.world.dice.millis(100..2_000)).await;
        }
    }

    /// Starts a daemon with a worker.
    pub async fn daemon(&self, name: &str) -> Daemon {
        let ledger = self.client(name).await;
        let (stopped, worker) = self.worker(name.to_owned(), ledger.clone());
        Daemon { name: name.to_owned(), ledger, stopped, worker }
    }

    fn worker(&self, name: String, ledger: Arc<RedisLedger>) -> (Stopped, JoinHandle<()>) {
        let (world, told) = (self.world.clone(), self.told.clone());
        let cells = Cells(Arc::new(Runs { world, told: self.told.clone(), worker: name.clone() }));
        let (languages, problems) = (self.languages.clone(), self.problems.clone());
        let evaluator = Evaluator::new(Arc::new(cells), languages, problems, &self.config);
        let (health_sender, health) = watch::channel(Health::Ready(engine()));
        let worker = Worker {
            name,
            ledger: Arc::new(Witness { ledger, told }),
            lease: LEASE,
            evaluator: Arc::new(evaluator),
            health,
            recheck: Arc::default(),
            busy: Arc::default(),
            late: Arc::default(),
            drain: CancellationToken::new(),
            stop: CancellationToken::new(),
        };
        let stopped = Stopped::new(Mutex::new(Instant::now()));
        let run = async move {
            let _engine = health_sender;
            worker.run().await;
        };
        let run = Stoppable { inner: Box::pin(run), stopped: stopped.clone(), wake: None };
        (stopped, tokio::spawn(run))
    }
}

impl Daemon {
    /// Its worker stands still until then.
    pub fn stop(&self, until: Instant) {
        *self.stopped.lock().unwrap() = until;
    }

    /// Ends it as `kill -9` does: nothing of it reaches anybody any more.
    pub fn kill(self, world: &World) {
        world.kill(&self.name);
        self.worker.abort();
    }
}

/// A future that stands still for a time, as a process that is stopped.
struct Stoppable {
    inner: Pin<Box<dyn Future<Output = ()> + Send>>,
    stopped: Stopped,
    wake: Option<Pin<Box<Sleep>>>,
}

impl Future for Stoppable {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let until = *self.stopped.lock().unwrap();
        if until > Instant::now() {
            let wake = self.wake.insert(Box::pin(sleep_until(until)));
            if pin!(wake).poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        self.inner.as_mut().poll(context)
    }
}
