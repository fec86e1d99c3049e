//! Counts verdicts as the journal tells them.

use super::tail;
use crate::{
    judge::{EventBody, SubmissionId},
    ledger::{Cursor, Ledger, LedgerError},
    metrics::Metrics,
};
use futures_util::StreamExt;
use jiff::Timestamp;
use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Counts every verdict that is committed after the place `after` in the journal, and how long each
/// evaluation took from its first step, until `shutdown`.
///
/// The daemon runs this beside the API, from the place where the journal stood at its start.
pub async fn count_verdicts(
    metrics: Metrics,
    ledger: Arc<dyn Ledger>,
    after: u64,
    shutdown: CancellationToken,
) -> Result<(), LedgerError> {
    let mut events = pin!(tail(ledger, Cursor::All { after }, shutdown));
    // Those that are being evaluated: bounded by the workers.
    let mut began: HashMap<SubmissionId, Timestamp> = HashMap::new();
    while let Some(event) = events.next().await {
        let event = event?;
        match &event.body {
            EventBody::Finished(outcome) => {
                let took = began
                    .remove(&event.submission)
                    .and_then(|began| Duration::try_from(event.ts.duration_since(began)).ok());
                metrics.judged(outcome, took);
            }
            EventBody::Queued { .. } | EventBody::Requeued { .. } | EventBody::Cancelled => {
                began.remove(&event.submission);
            }
            _ => _ = began.entry(event.submission).or_insert(event.ts),
        }
    }
    Ok(())
}
