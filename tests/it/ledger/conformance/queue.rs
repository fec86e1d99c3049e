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

    let running = EventBody::Running { tests: vec!["1".into(), "2".into()], version: None };
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

/// Submits one of each of these users and gives their numbers.
async fn submit_each(ledger: &dyn Ledger, users: impl IntoIterator<Item = &str>) -> Vec<i64> {
    let mut numbers = Vec::new();
    for user in users {
        numbers.push(ledger.submit(entry(user), NO_LIMIT).await.unwrap().id.0);
    }
    numbers
}

pub async fn a_hundred_of_one_user_hold_nobody_up(ledger: Arc<dyn Ledger>) {
    submit_each(&*ledger, ["ada"; 100]).await;
    submit_each(&*ledger, ["bob"]).await;
    let order = leased(&*ledger).await;
    assert_eq!(order[..4], [1, 101, 2, 3]);
    assert_eq!(order[4..], (4..=100).collect::<Vec<_>>());

    // And one who comes when many of the hundred are done, and comes again each time.
    submit_each(&*ledger, ["ada"; 100]).await;
    for _ in 0..50 {
        take(&*ledger, "w").await;
    }
    for _ in 0..10 {
        let own = submit_each(&*ledger, ["eve"]).await;
        let next = [take(&*ledger, "w").await, take(&*ledger, "w").await];
        let users = next.each_ref().map(|lease| lease.submission.user.as_str());
        assert_eq!(users, ["ada", "eve"], "neither holds the other up");
        assert_eq!(next[1].submission.id.0, own[0]);
    }
}

pub async fn users_take_turns(ledger: Arc<dyn Ledger>) {
    // 1 to 3 are ada's, 4 and 5 bob's, 6 to 9 eve's; then one more of each.
    submit_each(&*ledger, ["ada", "ada", "ada", "bob", "bob", "eve", "eve", "eve", "eve"]).await;
    submit_each(&*ledger, ["eve", "bob", "ada"]).await;
    assert_eq!(leased(&*ledger).await, [1, 4, 6, 2, 5, 7, 3, 11, 8, 12, 9, 10]);
}

pub async fn a_cancelled_one_costs_its_user_no_turn(ledger: Arc<dyn Ledger>) {
    submit_each(&*ledger, ["ada", "ada", "bob", "bob", "eve"]).await;
    ledger.cancel(SubmissionId(1)).await.unwrap();
    ledger.cancel(SubmissionId(5)).await.unwrap();
    submit_each(&*ledger, ["eve"]).await;
    assert_eq!(leased(&*ledger).await, [2, 3, 6, 4]);
}

pub async fn turns_are_taken_within_each_priority(ledger: Arc<dyn Ledger>) {
    submit_each(&*ledger, ["ada", "ada", "bob"]).await;
    for _ in 0..3 {
        ledger.submit(custom_run("ada"), NO_LIMIT).await.unwrap();
    }
    ledger.submit(custom_run("eve"), NO_LIMIT).await.unwrap();
    // The runs 4 to 7, all before the submissions; one of them is judged again, after all others.
    assert_eq!(take(&*ledger, "w").await.submission.id, SubmissionId(4));
    ledger.rejudge(SubmissionId(4)).await.unwrap();
    ledger.rejudge(SubmissionId(2)).await.unwrap();
    assert_eq!(leased(&*ledger).await, [7, 5, 6, 1, 3, 2, 4]);
}

pub async fn released_ones_get_their_turns_back(ledger: Arc<dyn Ledger>) {
    submit_each(&*ledger, ["ada", "ada", "ada", "bob", "bob", "eve"]).await;
    let mut held = Vec::new();
    for expected in [1, 4, 6, 2] {
        held.push(take(&*ledger, "w").await);
        assert_eq!(held[held.len() - 1].submission.id, SubmissionId(expected));
    }
    // In any order.
    for n in [2, 0, 3, 1] {
        ledger.release(&held[n], "shutdown").await.unwrap();
    }
    assert_eq!(leased(&*ledger).await, [1, 4, 6, 2, 5, 3]);
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
                done.push((lease.submission.user, lease.submission.id.0));
            }
            let of = |user: usize| {
                let user = format!("user-{user}");
                done.iter().filter(move |(who, _)| *who == user)
            };
            let in_order = (0..WORKERS).all(|user| of(user).is_sorted());
            assert!(in_order, "each worker sees each user's in their order: {done:?}");
            done
        })
    });
    let mut seen = BTreeSet::new();
    for task in working.collect::<Vec<_>>() {
        for (_, id) in task.await.unwrap() {
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
