//! Verification of a problem: every solution, validator, checker and test put to the proof.
//!
//! [`verify`] runs in the daemon, through the same evaluator and the same cells as submissions, but not
//! through their queue: a solution is judged on every test, and nothing is recorded in the ledger. What
//! happens goes out as [`report::Step`]s. docs/verify.md lists all findings.
//!
//! ```text
//! solutions ─→ timing (pairs near the limit, alone) ─→ expectations ─→ cases
//! validators ─→ mutations                answers ─→ fuzz
//! ```

mod answers;
mod asks;
mod bounds;
mod cache;
mod cases;
mod expect;
mod fuzz;
mod guard;
mod inputs;
mod mutate;
mod only;
pub mod report;
mod session;
mod solutions;
pub mod stress;
mod timing;

use crate::{evaluator::Evaluator, problem::StoredProblem, sandbox::SandboxError};
use report::{Options, Step, Summary};
use session::Session;
use std::{sync::Arc, time::Instant};
use tokio::sync::mpsc;

/// Verifies a problem and tells every step; the last is [`Step::Done`] or [`Step::Failed`]. `workers`:
/// programs at one time, where the options do not say. Dropping the future ends it and destroys its cells.
pub async fn verify(
    evaluator: &Evaluator,
    stored: &Arc<StoredProblem>,
    options: Options,
    workers: usize,
    steps: mpsc::Sender<Step>,
) {
    let jobs = if options.jobs == 0 { workers } else { options.jobs };
    let session = Session::new(evaluator, stored.clone(), options, jobs, steps);
    if let Some(message) = only::unknown(&session) {
        return session.tell(Step::Failed { message }).await;
    }
    let step = match phases(&session).await {
        Ok(summary) => Step::Done(summary),
        Err(error) => Step::Failed { message: error.to_string() },
    };
    session.tell(step).await;
}

async fn phases(session: &Session<'_>) -> Result<Summary, SandboxError> {
    let started = Instant::now();
    let options = &session.options;
    if options.mutant.is_some() || options.junk.is_some() {
        solutions::none(session).await;
        if options.mutant.is_some() {
            inputs::one(session).await?;
        }
        if options.junk.is_some() {
            answers::one(session).await?;
        }
        return Ok(summary(session, None, started));
    }
    let judged = solutions::judge(session).await?;
    if !options.solutions_only {
        inputs::validate(session).await?;
        // A checker that cannot be built has been told of.
        if !judged.is_broken() {
            answers::judge(session).await?;
        }
        cases::examine(session, &judged).await?;
    }
    Ok(summary(session, Some(judged), started))
}

fn summary(
    session: &Session<'_>,
    judged: Option<solutions::JudgedSolutions>,
    started: Instant,
) -> Summary {
    let [notes, warnings, errors] = session.counts();
    let (runs, cached) = session.run_counts();
    let judged = judged.map(|judged| (judged.agree, judged.subjects.len(), judged.timing));
    let (agree, solutions, timing) = judged.unwrap_or_default();
    Summary {
        problem: session.stored.problem.slug.clone(),
        agree,
        solutions,
        errors,
        warnings,
        notes,
        runs,
        cached,
        timing,
        elapsed_ms: started.elapsed().as_millis() as u64,
    }
}
