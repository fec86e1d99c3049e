//! Problem × source → events, in a cell.

use crate::{
    judge::{EventBody, Languages, Outcome, Submission},
    problem::{Draft, Mistake, ProblemStore},
    sandbox::Sandbox,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Evaluates submissions, and fills in the generated tests of packages.
pub struct Evaluator {
    /// Where programs run.
    pub sandbox: Arc<dyn Sandbox>,
    /// The languages it knows.
    pub languages: Arc<Languages>,
    /// The problems it judges against.
    pub problems: Arc<ProblemStore>,
}

impl Evaluator {
    /// Evaluates one submission; every step goes to `events` as it happens, the verdict is returned.
    /// Dropping the future stops the evaluation and destroys its cell.
    pub async fn evaluate(
        &self,
        _submission: &Submission,
        _events: mpsc::Sender<EventBody>,
    ) -> Outcome {
        todo!()
    }

    /// Runs the generators of a draft and, where answers are missing, its reference solution.
    pub async fn generate(&self, _draft: &mut Draft) -> Result<(), Vec<Mistake>> {
        todo!()
    }
}
