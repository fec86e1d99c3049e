//! The journal and its readers.

use crate::ledger::{NO_LIMIT, audit::drain, entry, outcome, take, test};
use sonocode::{
    judge::{
        Event, EventBody, Exit, GroupResult, Outcome, OutputStream, Score, SubmissionId, TestRef,
        Usage, Verdict,
    },
    ledger::{Cursor, Ledger, LedgerError},
};
use std::sync::Arc;

const ALL: Cursor = Cursor::All { after: 0 };

/// Three submissions of two users with a few events each.
async fn fill(ledger: &dyn Ledger) -> Vec<Event> {
    for user in ["ada", "bob", "ada"] {
        ledger.submit(entry(user), NO_LIMIT).await.unwrap();
    }
    for _ in 0..2 {
        let lease = take(ledger, "w").await;
        ledger.append(&lease, vec![test("1"), test("2")]).await.unwrap();
        ledger.finish(&lease, outcome("done")).await.unwrap();
    }
    ledger.cancel(SubmissionId(3)).await.unwrap();
    ledger.read(&ALL, usize::MAX).await.unwrap()
}

pub async fn events_of_every_kind_survive(ledger: Arc<dyn Ledger>) {
    let usage = Usage { cpu_ms: 840, wall_ms: u64::MAX, memory_kib: 0 };
    let text = "\u{0}\r\n\t\"ü\u{1F980}\u{FFFD}\\".to_owned();
    let bodies = vec![
        EventBody::Compiled { ok: false, usage, warnings: 2, output: text.clone(), cached: true },
        EventBody::Running {
            tests: vec![text.clone(), String::new()],
            version: Some(text.clone()),
        },
        EventBody::Running { tests: vec![], version: None },
        EventBody::Test {
            index: 7,
            name: "7-neg".into(),
            verdict: Verdict::WrongAnswer,
            usage,
            message: Some(text.clone()),
            group: Some(text.clone()),
            points: Some(1.0 / 3.0),
        },
        EventBody::Skipped { index: 8, name: "8".into(), group: None, reason: text.clone() },
        EventBody::Ran {
            exit: Exit::Signal(11),
            usage,
            stdout: text.clone(),
            stderr: String::new(),
            truncated: true,
        },
        EventBody::Ran {
            exit: Exit::Code(-1),
            usage,
            stdout: String::new(),
            stderr: "x".repeat(1 << 20),
            truncated: false,
        },
        EventBody::Output { stream: OutputStream::Stderr, text: text.clone() },
        EventBody::Compared { same: false, message: Some(text.clone()), expected: text.clone() },
        EventBody::Compared { same: true, message: None, expected: String::new() },
    ];
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&*ledger, "w").await;
    ledger.append(&lease, bodies.clone()).await.unwrap();
    let outcome = Outcome {
        failed: Some(TestRef { index: 7, name: "7-neg".into() }),
        slowest: Some(TestRef { index: 1, name: text.clone() }),
        cpu_ms: u64::MAX,
        score: Some(Score { points: 0.1 + 0.2, max: 100.0 }),
        groups: vec![GroupResult {
            name: text.clone(),
            verdict: None,
            points: 0.0,
            max: 100.0,
            passed: 0,
            skipped: 3,
            total: 3,
        }],
        ..outcome(&text)
    };
    ledger.finish(&lease, outcome.clone()).await.unwrap();
    let cursor = Cursor::Submission { id: SubmissionId(1), after: 2 };
    let read = ledger.read(&cursor, 100).await.unwrap();
    let read: Vec<_> = read.into_iter().map(|event| event.body).collect();
    assert_eq!(read[..bodies.len()], bodies);
    assert_eq!(read[bodies.len()..], [EventBody::Finished(outcome)]);
}

pub async fn appending_nothing(ledger: Arc<dyn Ledger>) {
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&*ledger, "w").await;
    ledger.append(&lease, vec![]).await.unwrap();
    assert_eq!(ledger.read(&ALL, 100).await.unwrap().len(), 2);
}

pub async fn state_events_cannot_be_appended(ledger: Arc<dyn Ledger>) {
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let lease = take(&*ledger, "w").await;
    let before = ledger.read(&ALL, 100).await.unwrap();
    let bodies = [
        before[0].body.clone(),
        before[1].body.clone(),
        EventBody::Requeued { reason: "x".into() },
        EventBody::Rejudged,
        EventBody::Cancelled,
        EventBody::Finished(outcome("x")),
    ];
    for body in bodies {
        let refused = ledger.append(&lease, vec![test("1"), body]).await.unwrap_err();
        assert!(refused.to_string().contains("cannot be appended"), "{refused}");
    }
    assert_eq!(ledger.read(&ALL, 100).await.unwrap(), before);
}

pub async fn cursors_page(ledger: Arc<dyn Ledger>) {
    let all = fill(&*ledger).await;
    let of = |keep: &dyn Fn(&&Event) -> bool| all.iter().filter(keep).cloned().collect::<Vec<_>>();
    let cases = [
        (ALL, all.clone()),
        (Cursor::User { user: "ada".into(), after: 0 }, of(&|event| event.user == "ada")),
        (Cursor::User { user: "ADA".into(), after: 0 }, vec![]),
        (
            Cursor::Submission { id: SubmissionId(2), after: 0 },
            of(&|event| event.submission == SubmissionId(2)),
        ),
    ];
    for (start, expected) in cases {
        assert!(ledger.read(&start, 0).await.unwrap().is_empty());
        for size in 1..=expected.len() + 1 {
            let mut cursor = start.clone();
            let mut paged = Vec::new();
            loop {
                let page = ledger.read(&cursor, size).await.unwrap();
                assert!(page.len() <= size);
                let Some(last) = page.last() else { break };
                cursor.advance(last);
                paged.extend(page);
            }
            assert_eq!(paged, expected, "{start:?} in pages of {size}");
        }
    }
}

pub async fn replay_equals_the_live_tail(ledger: Arc<dyn Ledger>) {
    const SUBMISSIONS: usize = 40;
    let starts = [
        ALL,
        Cursor::User { user: "ada".into(), after: 0 },
        Cursor::Submission { id: SubmissionId(1), after: 0 },
    ];
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let tails = starts.clone().map(|mut cursor| {
        let ledger = ledger.clone();
        let endings = if matches!(cursor, Cursor::Submission { .. }) { 1 } else { SUBMISSIONS };
        tokio::spawn(async move {
            let mut changed = ledger.changed();
            let mut seen: Vec<Event> = Vec::new();
            while seen.iter().filter(|event| event.body.is_final()).count() < endings {
                let page = ledger.read(&cursor, 7).await.unwrap();
                match page.last() {
                    Some(last) => cursor.advance(last),
                    None => changed.changed().await.unwrap(),
                }
                seen.extend(page);
            }
            seen
        })
    });
    let workers = [1, 2, 3].map(|_| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let mut changed = ledger.changed();
            while ledger.counts().await.unwrap().finished < SUBMISSIONS as u64 {
                let Some(lease) = ledger.lease("w", crate::ledger::LONG).await.unwrap() else {
                    changed.changed().await.unwrap();
                    continue;
                };
                ledger.append(&lease, vec![test("1")]).await.unwrap();
                ledger.append(&lease, vec![test("2"), test("3")]).await.unwrap();
                ledger.finish(&lease, outcome("done")).await.unwrap();
            }
        })
    });
    for _ in 1..SUBMISSIONS {
        ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    }
    for worker in workers {
        worker.await.unwrap();
    }
    for (mut start, tail) in starts.into_iter().zip(tails) {
        assert_eq!(tail.await.unwrap(), drain(&*ledger, &mut start).await);
    }
}

pub async fn a_commit_wakes_a_reader(ledger: Arc<dyn Ledger>) {
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let mut changed = ledger.changed();
    assert!(!changed.has_changed().unwrap(), "only what comes after");

    let waiting = tokio::spawn({
        let ledger = ledger.clone();
        let mut changed = ledger.changed();
        async move {
            let cursor = Cursor::Submission { id: SubmissionId(1), after: 1 };
            loop {
                if let Some(event) = ledger.read(&cursor, 1).await.unwrap().pop() {
                    return event;
                }
                changed.changed().await.unwrap();
            }
        }
    });
    let lease = take(&*ledger, "w").await;
    assert!(matches!(waiting.await.unwrap().body, EventBody::Started { .. }));
    // Whoever hears of success can rely on it that all others have been woken.
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    ledger.append(&lease, vec![test("1")]).await.unwrap();
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    ledger.finish(&lease, outcome("done")).await.unwrap();
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    ledger.rejudge(SubmissionId(1)).await.unwrap();
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    ledger.cancel(SubmissionId(1)).await.unwrap();
    assert!(changed.has_changed().unwrap());
}

pub async fn nothing_waits_wakes_nobody(ledger: Arc<dyn Ledger>) {
    let changed = ledger.changed();
    for _ in 0..3 {
        assert_eq!(ledger.lease("w", crate::ledger::LONG).await.unwrap(), None);
    }
    assert!(ledger.cancel(SubmissionId(1)).await.is_err());
    assert!(!changed.has_changed().unwrap(), "or idle workers would wake each other for ever");
}

pub async fn unknown_submissions_have_no_journal(ledger: Arc<dyn Ledger>) {
    fill(&*ledger).await;
    for (id, after) in [(4, 0), (99, 7), (0, 0), (-1, 0), (i64::MAX, 0), (i64::MIN, 0)] {
        let id = SubmissionId(id);
        let error = ledger.read(&Cursor::Submission { id, after }, 9).await.unwrap_err();
        assert!(matches!(error, LedgerError::NotFound(found) if found == id), "{error:?}");
    }
    let nobody = Cursor::User { user: "nobody".into(), after: 0 };
    assert!(ledger.read(&nobody, 9).await.unwrap().is_empty());
}

pub async fn cursors_beyond_the_end(ledger: Arc<dyn Ledger>) {
    let all = fill(&*ledger).await;
    for after in [all.last().unwrap().pos, 1 << 40, i64::MAX as u64, u64::MAX] {
        for cursor in [
            Cursor::All { after },
            Cursor::User { user: "ada".into(), after },
            Cursor::Submission { id: SubmissionId(1), after },
        ] {
            assert!(ledger.read(&cursor, usize::MAX).await.unwrap().is_empty(), "{cursor:?}");
        }
    }
}
