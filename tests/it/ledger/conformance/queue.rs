//! From submit to finish, and the order of the queue.

use crate::ledger::{
    EXPIRED, LONG, NO_LIMIT, audit::audit, custom_run, entry, outcome, take, test,
};
use sonocode::{
    judge::{EventBody, Slug, State, SubmissionId},
    ledger::{Cursor, Filter, Ledger, LedgerError},
};
use std::{collections::BTreeSet, sync::Arc};

pub async fn submit_to_finish(ledger: Arc<dyn Ledger>) {
    let new = entry("ada");
    let submission = ledger.submit(new.clone(), NO_LIMIT).await.unwrap();
    assert_eq!(submission.id, SubmissionId(1));
    assert_eq!((&submission.user, &submission.task), (&new.user, &new.task));
    assert_eq!((&submission.language, &submission.source), (&new.language, &new.source));
    assert_eq!((submission.attempt, &submission.state), (0, &State::Queued));
    assert_eq!(ledger.submission(submission.id).await.unwrap(), submission);

    let lease = take(&*ledger, "w1").await;
    assert_eq!(lease.submission.state, State::Running { worker: "w1".into() });
    assert_eq!(lease.submission.attempt, 1);
    assert_eq!(ledger.submission(submission.id).await.unwrap(), lease.submission);

    let running = EventBody::Running { tests: vec!["1".into(), "2".into()] };
    ledger.append(&lease, vec![running.clone(), test("1")]).await.unwrap();
    ledger.append(&lease, vec![test("2")]).await.unwrap();
    ledger.finish(&lease, outcome("done")).await.unwrap();
    let ended = ledger.submission(submission.id).await.unwrap();
    assert_eq!(ended.state, State::Finished { result: outcome("done") });
    assert_eq!(ended.attempt, 1);

    let events = ledger.read(&Cursor::All { after: 0 }, 100).await.unwrap();
    let bodies: Vec<_> = events.iter().map(|event| event.body.clone()).collect();
    let EventBody::Started { waited_ms, .. } = bodies[1] else { panic!("{bodies:?}") };
    let problem: Slug = "two-sum".parse().unwrap();
    let expected = [
        EventBody::Queued {
            problem: Some(problem),
            language: "cpp".into(),
            source_bytes: new.source.len() as u64,
        },
        EventBody::Started { attempt: 1, worker: "w1".into(), waited_ms },
        running,
        test("1"),
        test("2"),
        EventBody::Finished(outcome("done")),
    ];
    assert_eq!(bodies, expected);
}

/// The numbers in the order in which they are leased, until nothing waits.
async fn leased(ledger: &dyn Ledger) -> Vec<i64> {
    let mut order = Vec::new();
    while let Some(lease) = ledger.lease("w", LONG).await.unwrap() {
        order.push(lease.submission.id.0);
    }
    order
}

pub async fn runs_before_submissions_before_rejudges(ledger: Arc<dyn Ledger>) {
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&*ledger, "w").await;
    ledger.finish(&lease, outcome("old")).await.unwrap();
    assert_eq!(ledger.rejudge(SubmissionId(1)).await.unwrap().state, State::Queued);
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    ledger.submit(custom_run("ada"), NO_LIMIT).await.unwrap();
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    ledger.submit(custom_run("ada"), NO_LIMIT).await.unwrap();
    assert_eq!(leased(&*ledger).await, [3, 5, 2, 4, 1]);
}

pub async fn first_come_first_served(ledger: Arc<dyn Ledger>) {
    for n in 1..=30 {
        let submission = ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
        assert_eq!(submission.id, SubmissionId(n));
    }
    assert_eq!(leased(&*ledger).await, (1..=30).collect::<Vec<_>>());
}

pub async fn a_full_queue_refuses(ledger: Arc<dyn Ledger>) {
    ledger.submit(entry("ada"), 2).await.unwrap();
    ledger.submit(entry("bob"), 2).await.unwrap();
    let refused = ledger.submit(entry("eve"), 2).await.unwrap_err();
    assert!(matches!(refused, LedgerError::QueueFull(2)), "{refused:?}");
    assert!(
        ledger.read(&Cursor::User { user: "eve".into(), after: 0 }, 9).await.unwrap().is_empty()
    );
    assert!(matches!(ledger.submit(entry("eve"), 0).await, Err(LedgerError::QueueFull(_))));

    // One that runs does not wait.
    let lease = take(&*ledger, "w").await;
    ledger.submit(entry("eve"), 2).await.unwrap();
    // What goes back to the queue is never refused, though it is full.
    ledger.release(&lease, "shutdown").await.unwrap();
    assert!(matches!(ledger.submit(entry("eve"), 3).await, Err(LedgerError::QueueFull(3))));
    ledger.cancel(SubmissionId(2)).await.unwrap();
    ledger.submit(entry("eve"), 3).await.unwrap();
}

pub async fn workers_share_the_queue(ledger: Arc<dyn Ledger>) {
    const SUBMISSIONS: i64 = 200;
    const WORKERS: usize = 8;
    let submitting = (0..WORKERS).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for _ in 0..SUBMISSIONS / WORKERS as i64 {
                ledger.submit(entry(&format!("user-{n}")), NO_LIMIT).await.unwrap();
            }
        })
    });
    for task in submitting.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let working = (0..WORKERS).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let worker = format!("w{n}");
            let mut done = Vec::new();
            while let Some(lease) = ledger.lease(&worker, LONG).await.unwrap() {
                ledger.append(&lease, vec![test("a")]).await.unwrap();
                ledger.append(&lease, vec![test("b"), test("c")]).await.unwrap();
                ledger.finish(&lease, outcome(&worker)).await.unwrap();
                done.push(lease.submission.id.0);
            }
            assert!(done.is_sorted(), "each worker sees the queue in its order");
            done
        })
    });
    let mut seen = BTreeSet::new();
    for task in working.collect::<Vec<_>>() {
        for id in task.await.unwrap() {
            assert!(seen.insert(id), "submission {id} was leased twice");
        }
    }
    assert_eq!(seen, (1..=SUBMISSIONS).collect());
    let all = audit(&*ledger).await;
    assert_eq!(all.counts.finished, SUBMISSIONS as u64);
    assert_eq!(all.events.len() as i64, SUBMISSIONS * 6, "queued, started, a, b, c, finished");
}

pub async fn a_released_one_keeps_its_place(ledger: Arc<dyn Ledger>) {
    for _ in 0..3 {
        ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    }
    let first = take(&*ledger, "w1").await;
    let second = take(&*ledger, "w1").await;
    ledger.release(&second, "shutdown").await.unwrap();
    ledger.release(&first, "shutdown").await.unwrap();
    let waiting = Filter { status: Some("queued".into()), limit: 9, ..Filter::default() };
    assert_eq!(ledger.submissions(&waiting).await.unwrap().len(), 3);
    let again = take(&*ledger, "w2").await;
    assert_eq!((again.submission.id, again.submission.attempt), (SubmissionId(1), 2));
    assert_eq!(leased(&*ledger).await, [2, 3]);
}

pub async fn nothing_waits(ledger: Arc<dyn Ledger>) {
    assert_eq!(ledger.lease("w", EXPIRED).await.unwrap(), None);
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    take(&*ledger, "w").await;
    assert_eq!(ledger.lease("w", LONG).await.unwrap(), None);
}
