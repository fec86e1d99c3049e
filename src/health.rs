//! Whether programs can be run now: watched from the daemon's start to its end.

use crate::sandbox::{Engine, Sandbox, SandboxError};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    time,
};
use tokio_util::sync::CancellationToken;

/// How often an engine that is away is looked for: an engine does not tell when it comes.
const LOOK_FOR: Duration = Duration::from_secs(1);

/// How often an engine that is there is looked at.
const LOOK_AT: Duration = Duration::from_secs(10);

/// What mends a missing engine.
pub const START_ENGINE: &str = "start it (`systemctl start docker`), or install one: `scripts/engine.sh start` \
     or `apt-get install docker.io`";

/// What lets the native sandbox be used.
pub const ALLOW_NATIVE: &str = "mend that, or start a container engine (`systemctl start docker`) \
     and set `sandbox.kind` to `docker`";

/// What is known of the container engine. It changes while the daemon runs: an engine may come or go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The engine has not answered yet since the daemon started.
    Starting,
    /// Cells can be made.
    Ready(Engine),
    /// They cannot.
    Unavailable {
        /// What is wrong.
        reason: String,
        /// What mends it: a sentence or a command.
        mend: String,
    },
}

impl Health {
    /// The engine, if cells can be made.
    pub fn engine(&self) -> Option<&Engine> {
        match self {
            Self::Ready(engine) => Some(engine),
            Self::Starting | Self::Unavailable { .. } => None,
        }
    }

    /// Why no cells can be made and what mends it; `None` when they can.
    pub fn complaint(&self) -> Option<String> {
        match self {
            Self::Ready(_) => None,
            Self::Starting => Some("the container engine has not answered yet; wait".to_owned()),
            Self::Unavailable { reason, mend } => Some(format!("{reason}; {mend}")),
        }
    }

    fn unavailable(error: &SandboxError) -> Self {
        let mend = match error {
            SandboxError::NoEngine(_) => START_ENGINE,
            SandboxError::Native(_) => ALLOW_NATIVE,
            _ => "`sonocode doctor` says more",
        };
        Self::Unavailable { reason: error.to_string(), mend: mend.to_owned() }
    }
}

/// A task that looks after an engine, and what it sees.
pub struct Watch {
    /// What was seen last.
    pub health: watch::Receiver<Health>,
    sender: watch::Sender<Health>,
    sandbox: Arc<dyn Sandbox>,
    recheck: Arc<Notify>,
    judges: bool,
    end: CancellationToken,
}

/// Makes the task; it looks at once when `recheck` is notified, and ends with `end`. Where nothing `judges`, no
/// cells are kept warm, and it is no trouble when there is no engine.
pub fn watch(
    sandbox: Arc<dyn Sandbox>,
    recheck: Arc<Notify>,
    judges: bool,
    end: CancellationToken,
) -> Watch {
    let (sender, health) = watch::channel(Health::Starting);
    Watch { health, sender, sandbox, recheck, judges, end }
}

impl Watch {
    /// Looks until the end.
    pub async fn run(self) {
        loop {
            let seen = tokio::select! {
                () = self.end.cancelled() => return,
                seen = self.look() => seen,
            };
            let seen = match seen {
                Ok(engine) => Health::Ready(engine),
                Err(error) => Health::unavailable(&error),
            };
            let needed = self.judges && seen.engine().is_none();
            let pause = if needed { LOOK_FOR } else { LOOK_AT };
            self.publish(seen);
            tokio::select! {
                () = self.end.cancelled() => return,
                () = self.recheck.notified() => {}
                () = time::sleep(pause) => {}
            }
        }
    }

    /// The engine answers, and cells of it are warm if they are needed.
    async fn look(&self) -> Result<Engine, SandboxError> {
        if self.judges {
            self.sandbox.health().await?;
            self.sandbox.warm().await?;
        }
        self.sandbox.health().await
    }

    /// Tells of a change, and logs it once.
    fn publish(&self, seen: Health) {
        let turned =
            std::mem::discriminant(&*self.sender.borrow()) != std::mem::discriminant(&seen);
        match &seen {
            Health::Ready(engine) if turned => tracing::info!(engine = %engine.name, "ready"),
            Health::Unavailable { reason, .. } if turned && !self.judges => {
                tracing::info!(%reason, "problems cannot be verified here");
            }
            Health::Unavailable { reason, mend } if turned => {
                tracing::warn!(%reason, %mend, "nothing can be judged now");
            }
            _ => {}
        }
        self.sender.send_replace(seen);
    }
}
