//! What programs do in the simulated world: they take its time, and tell which evaluation they were.

use super::{dice::Dice, told::Told, world::World};
use crate::stub::{Programs, Step, ended, printed};
use sonocode::sandbox::{Command, SandboxError};
use std::{sync::Arc, time::Duration};

/// The programs that one worker runs.
pub struct Runs {
    pub world: Arc<World>,
    pub told: Arc<Told>,
    pub worker: String,
}

/// How long an evaluation takes: most are short, some longer than a lease.
fn length(dice: &Dice) -> Duration {
    if dice.one_in(5) { dice.millis(5_000..25_000) } else { dice.millis(5..3_000) }
}

impl Programs for Runs {
    fn run(&self, source: &str, _: &Command) -> Vec<Step> {
        let dice = &self.world.dice;
        let number = self.told.evaluates(&self.worker, source);
        let end = if dice.one_in(12) {
            Err(SandboxError::Cell("it broke".into()))
        } else {
            Ok(ended(source.len(), Duration::from_millis(number)))
        };
        vec![(length(dice) / 2, Ok(printed(source))), (length(dice), end)]
    }
}
