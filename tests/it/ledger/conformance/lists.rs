//! Submissions, lists and counts.

use crate::ledger::{LONG, NO_LIMIT, audit::snapshot, custom_run, entry, outcome, take};
use sonocode::{
    judge::{NewSubmission, SourceFile, SubmissionId, Task},
    ledger::{Counts, Cursor, Filter, Ledger, LedgerError, Order},
};
use std::sync::Arc;

/// Nine submissions: 1 finished, 2 cancelled, 5 and the runs 4 and 8 running, the others queued.
async fn fill(ledger: &dyn Ledger) {
    for n in 1..=9 {
        let user = ["ada", "bob", "Ada"][n % 3];
        let mut new = if n % 4 == 0 { custom_run(user) } else { entry(user) };
        if n % 4 == 1 {
            new.task = Task::judge("mst".parse().unwrap());
        }
        ledger.submit(new, NO_LIMIT).await.unwrap();
    }
    ledger.cancel(SubmissionId(2)).await.unwrap();
    for expected in [4, 8, 1, 5] {
        let lease = take(ledger, "w").await;
        assert_eq!(lease.submission.id, SubmissionId(expected));
        if expected == 1 {
            ledger.finish(&lease, outcome("done")).await.unwrap();
        }
    }
}

async fn ids(ledger: &dyn Ledger, filter: Filter) -> Vec<i64> {
    let found = ledger.submissions(&filter).await.unwrap();
    found.into_iter().map(|submission| submission.id.0).collect()
}

pub async fn filters(ledger: Arc<dyn Ledger>) {
    fill(&*ledger).await;
    let user = |name: &str| Some(name.to_owned());
    let problem = |slug: &str| Some(slug.parse().unwrap());
    let status = |word: &str| Some(word.to_owned());
    let any = Filter { limit: 100, ..Filter::default() };
    let cases: Vec<(Filter, &[i64])> = vec![
        (any.clone(), &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (Filter { user: user("ada"), ..any.clone() }, &[3, 6, 9]),
        (Filter { user: user("nobody"), ..any.clone() }, &[]),
        (Filter { problem: problem("mst"), ..any.clone() }, &[1, 5, 9]),
        (Filter { problem: problem("two-sum"), ..any.clone() }, &[2, 3, 6, 7]),
        (Filter { problem: problem("nothing"), ..any.clone() }, &[]),
        (Filter { status: status("queued"), ..any.clone() }, &[3, 6, 7, 9]),
        (Filter { status: status("running"), ..any.clone() }, &[4, 5, 8]),
        (Filter { status: status("finished"), ..any.clone() }, &[1]),
        (Filter { status: status("cancelled"), ..any.clone() }, &[2]),
        (Filter { status: status("Queued"), ..any.clone() }, &[]),
        (Filter { status: status("' OR 1 --"), ..any.clone() }, &[]),
        (Filter { user: user("ada"), status: status("queued"), ..any.clone() }, &[3, 6, 9]),
        (Filter { user: user("ada"), problem: problem("mst"), ..any.clone() }, &[9]),
        (
            Filter {
                user: user("bob"),
                problem: problem("mst"),
                status: status("finished"),
                order: Order::Ascending,
                after: Some(SubmissionId(0)),
                limit: 1,
            },
            &[1],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(ids(&*ledger, filter.clone()).await, expected, "{filter:?}");
    }
}

pub async fn pages(ledger: Arc<dyn Ledger>) {
    fill(&*ledger).await;
    let page =
        |after: i64, limit| Filter { after: Some(SubmissionId(after)), limit, ..Filter::default() };
    assert_eq!(ids(&*ledger, page(0, 4)).await, [1, 2, 3, 4]);
    assert_eq!(ids(&*ledger, page(4, 4)).await, [5, 6, 7, 8]);
    assert_eq!(ids(&*ledger, page(8, 4)).await, [9]);
    assert!(ids(&*ledger, page(9, 4)).await.is_empty());
    assert!(ids(&*ledger, page(0, 0)).await.is_empty());
    assert!(ids(&*ledger, page(i64::MAX, usize::MAX)).await.is_empty());
    assert_eq!(ids(&*ledger, page(i64::MIN, usize::MAX)).await.len(), 9);
    let waiting = Filter { status: Some("queued".into()), ..page(5, 2) };
    assert_eq!(ids(&*ledger, waiting).await, [6, 7]);
    // And from the newest on.
    let newest = Filter { order: Order::Descending, limit: 4, ..Filter::default() };
    let older = |id| Filter { after: Some(SubmissionId(id)), ..newest.clone() };
    assert_eq!(ids(&*ledger, newest.clone()).await, [9, 8, 7, 6]);
    assert_eq!(ids(&*ledger, older(6)).await, [5, 4, 3, 2]);
    assert_eq!(ids(&*ledger, older(2)).await, [1]);
    assert!(ids(&*ledger, older(1)).await.is_empty());
    assert_eq!(ids(&*ledger, older(i64::MAX)).await, [9, 8, 7, 6]);
    assert!(ids(&*ledger, older(i64::MIN)).await.is_empty());
    let waiting = Filter { status: Some("queued".into()), ..older(9) };
    assert_eq!(ids(&*ledger, waiting).await, [7, 6, 3]);
    // A list shows the same as each by its number.
    for submission in snapshot(&*ledger).await.submissions {
        assert_eq!(ledger.submission(submission.id).await.unwrap(), submission);
    }
}

pub async fn unknown_submissions(ledger: Arc<dyn Ledger>) {
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    for id in [2, 0, -1, i64::MAX, i64::MIN].map(SubmissionId) {
        for result in
            [ledger.submission(id).await, ledger.cancel(id).await, ledger.rejudge(id).await]
        {
            assert!(matches!(result, Err(LedgerError::NotFound(unknown)) if unknown == id));
        }
    }
}

pub async fn any_text(ledger: Arc<dyn Ledger>) {
    for text in [
        "",
        "\0",
        "a\0b",
        "ünï\u{1F980}",
        "'; DROP TABLE submissions; --",
        "%_\\\"{}",
        "\u{FEFF}\r\n",
    ] {
        let new = NewSubmission {
            user: text.into(),
            task: Task::Run {
                input: text.into(),
                args: vec![text.into(), "second".into()],
                files: vec![SourceFile { name: "a.h".into(), content: text.into() }],
                compare: Some("two-sum".parse().unwrap()),
            },
            language: text.into(),
            source: text.into(),
        };
        let submission = ledger.submit(new.clone(), NO_LIMIT).await.unwrap();
        assert_eq!(ledger.submission(submission.id).await.unwrap(), submission);
        assert_eq!((&submission.source, &submission.task), (&new.source, &new.task));
        assert_eq!((&submission.user, &submission.language), (&new.user, &new.language));
        let mine = Filter { user: Some(text.into()), limit: 9, ..Filter::default() };
        assert_eq!(ledger.submissions(&mine).await.unwrap(), std::slice::from_ref(&submission));
        let lease = ledger.lease(text, LONG).await.unwrap().unwrap();
        ledger.release(&lease, text).await.unwrap();
        ledger.cancel(submission.id).await.unwrap();
        let cursor = Cursor::User { user: text.into(), after: 0 };
        assert_eq!(ledger.read(&cursor, 9).await.unwrap().len(), 4);
    }
}

pub async fn a_megabyte_of_source(ledger: Arc<dyn Ledger>) {
    let source: String = "\0é\u{1F980} int main() {}\n".chars().cycle().take(1 << 20).collect();
    let input = "0 1\n".repeat(1 << 18);
    let new = NewSubmission { source, task: Task::run(input), ..entry("ada") };
    for _ in 0..3 {
        let submission = ledger.submit(new.clone(), NO_LIMIT).await.unwrap();
        assert!((&submission.source, &submission.task) == (&new.source, &new.task));
        let lease = take(&*ledger, "w").await;
        assert!((&lease.submission.source, &lease.submission.task) == (&new.source, &new.task));
        ledger.finish(&lease, outcome("done")).await.unwrap();
        let ended = ledger.submission(submission.id).await.unwrap();
        assert!((&ended.source, &ended.task) == (&new.source, &new.task));
    }
}

pub async fn counts(ledger: Arc<dyn Ledger>) {
    assert_eq!(ledger.counts().await.unwrap(), Counts::default());
    fill(&*ledger).await;
    let expected = Counts { queued: 4, running: 3, finished: 1, cancelled: 1, last_pos: 15 };
    assert_eq!(ledger.counts().await.unwrap(), expected);
    for id in [1, 2, 3, 5] {
        ledger.rejudge(SubmissionId(id)).await.unwrap();
    }
    let expected = Counts { queued: 7, running: 2, finished: 0, cancelled: 0, last_pos: 19 };
    assert_eq!(ledger.counts().await.unwrap(), expected);
}
