//! Fences, expiry, cancel, rejudge and lost attempts.

use crate::ledger::{EXPIRED, LONG, NO_LIMIT, custom_run, entry, outcome, take, test};
use sonocode::{
    judge::{EventBody, State, SubmissionId, Verdict},
    ledger::{Cursor, LEASE_EXPIRED, Lease, Ledger, LedgerError, MAX_LOST_ATTEMPTS},
};
use std::{sync::Arc, task::Poll, time::Duration};

const FIRST: SubmissionId = SubmissionId(1);

async fn submit(ledger: &dyn Ledger) {
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
}

/// Leases the next submission for no time at all.
async fn take_expired(ledger: &dyn Ledger, worker: &str) -> Lease {
    ledger.lease(worker, EXPIRED).await.unwrap().expect("something waits")
}

/// The bodies of the first submission's events after the `skip`ped ones.
async fn told(ledger: &dyn Ledger, skip: u64) -> Vec<EventBody> {
    let cursor = Cursor::Submission { id: FIRST, after: skip };
    ledger.read(&cursor, 100).await.unwrap().into_iter().map(|event| event.body).collect()
}

/// Nothing can be written with this lease, and nothing is.
async fn assert_fenced(ledger: &dyn Ledger, lease: &Lease) {
    let before = ledger.counts().await.unwrap();
    let results = [
        ledger.renew(lease, LONG).await,
        ledger.append(lease, vec![test("late")]).await,
        ledger.append(lease, vec![]).await,
        ledger.finish(lease, outcome("late")).await,
        ledger.release(lease, "late").await,
    ];
    for result in results {
        assert!(
            matches!(result, Err(LedgerError::Fenced(id)) if id == lease.submission.id),
            "{result:?}"
        );
    }
    assert_eq!(ledger.counts().await.unwrap(), before, "nothing was written");
}

pub async fn an_expired_lease_is_taken_up(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let lost = take_expired(&*ledger, "w1").await;
    ledger.append(&lost, vec![test("1")]).await.unwrap();
    let lease = take(&*ledger, "w2").await;
    assert_eq!((lease.submission.id, lease.submission.attempt), (FIRST, 2));
    assert_ne!(lease.fence, lost.fence);
    assert_fenced(&*ledger, &lost).await;
    let expected = [
        EventBody::Requeued { reason: LEASE_EXPIRED.into() },
        EventBody::Started { attempt: 2, worker: "w2".into(), waited_ms: 0 },
    ];
    assert_eq!(told(&*ledger, 3).await, expected);
    ledger.finish(&lease, outcome("second")).await.unwrap();
}

pub async fn an_expired_lease_is_its_holders_until_then(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let lease = take_expired(&*ledger, "w1").await;
    ledger.append(&lease, vec![test("1")]).await.unwrap();
    ledger.renew(&lease, LONG).await.unwrap();
    assert_eq!(ledger.lease("w2", LONG).await.unwrap(), None, "it was renewed");
    ledger.renew(&lease, EXPIRED).await.unwrap();
    ledger.finish(&lease, outcome("in time")).await.unwrap();
    assert_eq!(ledger.lease("w2", LONG).await.unwrap(), None, "it was finished");
}

pub async fn expired_leases_keep_the_order(ledger: Arc<dyn Ledger>) {
    for _ in 0..3 {
        submit(&*ledger).await;
    }
    ledger.submit(custom_run("ada"), NO_LIMIT).await.unwrap();
    // 4 is a run; 1 is the first submission. Both run out, 2 and 3 wait.
    let run = take(&*ledger, "w").await;
    let first = take(&*ledger, "w").await;
    ledger.renew(&first, EXPIRED).await.unwrap();
    ledger.renew(&run, EXPIRED).await.unwrap();
    for expected in [4, 1, 2, 3] {
        assert_eq!(take(&*ledger, "w").await.submission.id, SubmissionId(expected));
    }
}

pub async fn renewal(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let lease = take(&*ledger, "w1").await;
    // The end is counted from now and not from the old end; the longest time there is does no harm.
    ledger.renew(&lease, Duration::MAX).await.unwrap();
    ledger.renew(&lease, EXPIRED).await.unwrap();
    let before = ledger.counts().await.unwrap();
    assert_eq!(take(&*ledger, "w2").await.submission.id, FIRST);
    assert_eq!(ledger.counts().await.unwrap().last_pos, before.last_pos + 2);
    assert_fenced(&*ledger, &lease).await;
}

pub async fn cancel_fences(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let lease = take(&*ledger, "w").await;
    assert_eq!(ledger.cancel(FIRST).await.unwrap().state, State::Cancelled);
    assert_fenced(&*ledger, &lease).await;
    assert_eq!(told(&*ledger, 2).await, [EventBody::Cancelled]);
    assert_eq!(ledger.lease("w", LONG).await.unwrap(), None);
}

pub async fn rejudge_fences(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let old = take(&*ledger, "w1").await;
    let queued = ledger.rejudge(FIRST).await.unwrap();
    assert_eq!((queued.state, queued.attempt), (State::Queued, 0));
    assert_fenced(&*ledger, &old).await;
    let lease = take(&*ledger, "w2").await;
    assert_eq!(lease.submission.attempt, 1, "counted anew");
    assert_fenced(&*ledger, &old).await;
    ledger.finish(&lease, outcome("new")).await.unwrap();
    // And one with a verdict.
    let queued = ledger.rejudge(FIRST).await.unwrap();
    assert_eq!((queued.state, queued.attempt), (State::Queued, 0));
    assert_fenced(&*ledger, &lease).await;
}

pub async fn release_fences(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let lease = take(&*ledger, "w").await;
    ledger.release(&lease, "the worker shuts down").await.unwrap();
    assert_fenced(&*ledger, &lease).await;
    let reason = "the worker shuts down".to_owned();
    assert_eq!(told(&*ledger, 2).await, [EventBody::Requeued { reason }]);
    let again = take(&*ledger, "w").await;
    assert_eq!(again.submission.attempt, 2);
    assert_fenced(&*ledger, &lease).await;
}

pub async fn finishing_twice(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let lease = take(&*ledger, "w").await;
    ledger.finish(&lease, outcome("first")).await.unwrap();
    let results = [
        ledger.finish(&lease, outcome("second")).await,
        ledger.append(&lease, vec![test("late")]).await,
        ledger.renew(&lease, LONG).await,
        ledger.release(&lease, "late").await,
    ];
    for result in results {
        assert!(matches!(result, Err(LedgerError::Ended(FIRST, "finished"))), "{result:?}");
    }
    assert_eq!(told(&*ledger, 2).await, [EventBody::Finished(outcome("first"))]);
}

pub async fn a_verdict_that_came_second(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let slow = take_expired(&*ledger, "slow").await;
    let quick = take(&*ledger, "quick").await;
    ledger.finish(&quick, outcome("quick")).await.unwrap();
    assert_fenced(&*ledger, &slow).await;
    let state = ledger.submission(FIRST).await.unwrap().state;
    assert_eq!(state, State::Finished { result: outcome("quick") });
}

pub async fn a_cancelled_one_has_ended(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    submit(&*ledger).await;
    assert_eq!(ledger.cancel(FIRST).await.unwrap().state, State::Cancelled);
    let error = ledger.cancel(FIRST).await.unwrap_err();
    assert!(matches!(error, LedgerError::Ended(FIRST, "cancelled")), "{error:?}");
    let lease = take(&*ledger, "w").await;
    assert_eq!(lease.submission.id, SubmissionId(2), "the cancelled one does not wait");
    ledger.finish(&lease, outcome("done")).await.unwrap();
    let error = ledger.cancel(SubmissionId(2)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Ended(SubmissionId(2), "finished")), "{error:?}");
}

pub async fn rejudging_what_waits(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    submit(&*ledger).await;
    assert_eq!(ledger.rejudge(FIRST).await.unwrap().state, State::Queued);
    assert_eq!(ledger.counts().await.unwrap().queued, 2);
    assert_eq!(take(&*ledger, "w").await.submission.id, SubmissionId(2));
    assert_eq!(take(&*ledger, "w").await.submission.id, FIRST);
    assert_eq!(ledger.lease("w", LONG).await.unwrap(), None, "it waits but once");
}

pub async fn rejudging_what_was_cancelled(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    ledger.cancel(FIRST).await.unwrap();
    ledger.rejudge(FIRST).await.unwrap();
    assert_eq!(told(&*ledger, 1).await, [EventBody::Cancelled, EventBody::Rejudged]);
    let lease = take(&*ledger, "w").await;
    ledger.finish(&lease, outcome("after all")).await.unwrap();
}

pub async fn lost_attempts_end(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    submit(&*ledger).await;
    let mut lost = Vec::new();
    for attempt in 1..=MAX_LOST_ATTEMPTS {
        let lease = take_expired(&*ledger, "w").await;
        assert_eq!((lease.submission.id, lease.submission.attempt), (FIRST, attempt));
        lost.push(lease);
    }
    let other = take(&*ledger, "w").await;
    assert_eq!(other.submission.id, SubmissionId(2), "the queue goes on");
    let ended = ledger.submission(FIRST).await.unwrap();
    let State::Finished { result } = ended.state else { panic!("{ended:?}") };
    assert_eq!(result.verdict, Verdict::InternalError);
    assert!(result.message.as_ref().unwrap().contains("attempts were lost"), "{result:?}");
    let ending =
        [EventBody::Requeued { reason: LEASE_EXPIRED.into() }, EventBody::Finished(result)];
    assert_eq!(told(&*ledger, 2 * u64::from(MAX_LOST_ATTEMPTS)).await, ending);
    for lease in &lost {
        assert_fenced(&*ledger, lease).await;
    }
}

pub async fn a_release_is_no_lost_attempt(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    for attempt in 1..=2 * MAX_LOST_ATTEMPTS {
        let lease = take(&*ledger, "w").await;
        assert_eq!(lease.submission.attempt, attempt);
        ledger.release(&lease, "shutdown").await.unwrap();
    }
    assert_eq!(ledger.counts().await.unwrap().queued, 1);
}

pub async fn a_failed_attempt_is_lost(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    for _ in 0..MAX_LOST_ATTEMPTS {
        let lease = take(&*ledger, "w").await;
        ledger.fail(&lease, "the cell failed").await.unwrap();
        assert_fenced(&*ledger, &lease).await;
    }
    assert_eq!(ledger.lease("w", LONG).await.unwrap(), None);
    let ended = ledger.submission(FIRST).await.unwrap();
    let State::Finished { result } = ended.state else { panic!("{ended:?}") };
    assert_eq!(result.verdict, Verdict::InternalError);
}

pub async fn a_rejudge_forgives_lost_attempts(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    for _ in 0..2 {
        for attempt in 1..=MAX_LOST_ATTEMPTS {
            assert_eq!(take_expired(&*ledger, "w").await.submission.attempt, attempt);
        }
        assert_eq!(ledger.lease("w", LONG).await.unwrap(), None);
        assert_eq!(ledger.counts().await.unwrap().finished, 1);
        ledger.rejudge(FIRST).await.unwrap();
    }
    take(&*ledger, "w").await;
}

pub async fn an_expiry_wakes_workers(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    ledger.lease("w1", Duration::from_millis(30)).await.unwrap().unwrap();
    let mut changed = ledger.changed();
    let lease = loop {
        if let Some(lease) = ledger.lease("w2", LONG).await.unwrap() {
            break lease;
        }
        changed.changed().await.unwrap();
    };
    assert_eq!(lease.submission.attempt, 2);
}

pub async fn an_abandoned_lease_goes_back(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    for _ in 0..20 {
        let mut changed = ledger.changed();
        // The worker asks, gets the lease, and is dropped before it hears of it.
        let mut asking = Box::pin(ledger.lease("gone", LONG));
        if let Poll::Ready(lease) = futures_util::poll!(&mut asking) {
            // It was quicker than that.
            ledger.release(&lease.unwrap().unwrap(), "again").await.unwrap();
            continue;
        }
        changed.changed().await.unwrap();
        drop(asking);
        let lease = loop {
            if let Some(lease) = ledger.lease("w", LONG).await.unwrap() {
                break lease;
            }
            changed.changed().await.unwrap();
        };
        ledger.release(&lease, "again").await.unwrap();
    }
    assert_eq!(ledger.counts().await.unwrap().queued, 1, "and no attempt counts as lost");
}

pub async fn unknown_leases(ledger: Arc<dyn Ledger>) {
    submit(&*ledger).await;
    let lease = take(&*ledger, "w").await;
    let mut unknown = lease.clone();
    unknown.submission.id = SubmissionId(99);
    let results = [
        ledger.renew(&unknown, LONG).await,
        ledger.append(&unknown, vec![test("1")]).await,
        ledger.finish(&unknown, outcome("x")).await,
        ledger.release(&unknown, "x").await,
    ];
    for result in results {
        assert!(matches!(result, Err(LedgerError::NotFound(SubmissionId(99)))), "{result:?}");
    }
    let forged = Lease { fence: lease.fence + 1, ..lease };
    assert_fenced(&*ledger, &forged).await;
}
