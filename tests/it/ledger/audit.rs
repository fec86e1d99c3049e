//! What must be true of every ledger at every time: the journal tells the state.

use sonocode::{
    judge::{Entry, Event, EventBody, State, Submission, Verdict},
    ledger::{Counts, Cursor, Filter, Ledger, Waiting, Whose},
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that can be read from a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub submissions: Vec<Submission>,
    pub events: Vec<Event>,
    pub counts: Counts,
    /// Events and messages.
    pub log: Vec<Entry>,
    pub last_place: u64,
    /// What each user of the log has received.
    pub received: BTreeMap<String, u64>,
}

/// Reads everything, page by page.
pub async fn snapshot(ledger: &dyn Ledger) -> Snapshot {
    let mut submissions: Vec<Submission> = Vec::new();
    loop {
        let after = submissions.last().map(|last| last.id);
        let page =
            ledger.submissions(&Filter { after, limit: 50, ..Filter::default() }).await.unwrap();
        if page.is_empty() {
            break;
        }
        submissions.extend(page);
    }
    let events = drain(ledger, &mut Cursor::All { after: 0 }).await;
    let log = log(ledger, &Whose::All).await;
    let mut received = BTreeMap::new();
    for user in log.iter().filter_map(Entry::user) {
        received.insert(user.to_owned(), ledger.received(user).await.unwrap());
    }
    let counts = ledger.counts().await.unwrap();
    let last_place = ledger.last_place().await.unwrap();
    Snapshot { submissions, events, counts, log, last_place, received }
}

/// A whole log, page by page.
async fn log(ledger: &dyn Ledger, whose: &Whose) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map_or(0, Entry::pos);
        let page = ledger.log(whose, after, 100).await.unwrap();
        if page.is_empty() {
            return entries;
        }
        entries.extend(page);
    }
}

/// Reads from a cursor to the present end, page by page.
pub async fn drain(ledger: &dyn Ledger, cursor: &mut Cursor) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let page = ledger.read(cursor, 100).await.unwrap();
        let Some(last) = page.last() else { return events };
        cursor.advance(last);
        events.extend(page);
    }
}

/// Checks a ledger in which nothing happens at the moment, and returns what is in it.
pub async fn audit(ledger: &dyn Ledger) -> Snapshot {
    let all = snapshot(ledger).await;
    check_journal(&all);
    check_states(&all);
    check_cursors(ledger, &all).await;
    check_log(ledger, &all).await;
    check_queue(ledger, &all).await;
    all
}

/// The log is the journal and the messages in one order, and a user's is the part that is theirs.
async fn check_log(ledger: &dyn Ledger, all: &Snapshot) {
    let mut last = 0;
    let mut events = Vec::new();
    for entry in &all.log {
        assert!(entry.pos() > last, "places grow: {entry:?}");
        last = entry.pos();
        match entry {
            Entry::Event(event) => events.push(event.clone()),
            Entry::Message(message) => {
                let found = ledger.message(message.pos).await.unwrap();
                assert_eq!(found.as_ref(), Some(message));
            }
        }
    }
    assert_eq!(events, all.events);
    assert!(all.last_place >= last);
    for (user, received) in &all.received {
        assert!(*received <= all.last_place, "{user} has what is not written");
        let theirs = |entry: &&Entry| entry.user().is_none_or(|of| of == user);
        let expected: Vec<_> = all.log.iter().filter(theirs).cloned().collect();
        assert_eq!(log(ledger, &Whose::User(user.clone())).await, expected);
    }
}

/// What waits and what is held is what the submissions say.
async fn check_queue(ledger: &dyn Ledger, all: &Snapshot) {
    let rejudged: BTreeSet<_> = all
        .events
        .iter()
        .filter(|event| event.body == EventBody::Rejudged)
        .map(|event| event.submission)
        .collect();
    let (mut waiting, mut held) = (Waiting::default(), Vec::new());
    for submission in &all.submissions {
        match &submission.state {
            State::Queued if rejudged.contains(&submission.id) => waiting.rejudges += 1,
            State::Queued if submission.problem().is_none() => waiting.runs += 1,
            State::Queued => waiting.submissions += 1,
            State::Running { worker } => {
                held.push((submission.id, worker.clone(), submission.attempt));
            }
            State::Finished { .. } | State::Cancelled => {}
        }
    }
    let queue = ledger.queue(10_000).await.unwrap();
    assert_eq!(queue.waiting, waiting);
    let told = queue.held.into_iter().map(|held| (held.submission, held.worker, held.attempt));
    assert_eq!(told.collect::<Vec<_>>(), held);
}

fn check_journal(all: &Snapshot) {
    let mut last_seq = BTreeMap::new();
    let mut last_pos = 0;
    for event in &all.events {
        assert!(event.pos > last_pos, "places grow: {event:?}");
        last_pos = event.pos;
        let seq = last_seq.entry(event.submission).or_insert(0);
        *seq += 1;
        assert_eq!(event.seq, *seq, "no gap and nothing twice: {event:?}");
        assert_eq!(event.v, 1);
    }
    assert_eq!(all.counts.last_pos, last_pos);
}

fn check_states(all: &Snapshot) {
    let mut by_submission: BTreeMap<_, Vec<&Event>> = BTreeMap::new();
    for event in &all.events {
        by_submission.entry(event.submission).or_default().push(event);
    }
    assert_eq!(by_submission.len(), all.submissions.len(), "each has a journal, and no one else");
    let mut counts = Counts { last_pos: all.counts.last_pos, ..Counts::default() };
    for submission in &all.submissions {
        let events = &by_submission[&submission.id];
        assert!(events.iter().all(|event| event.user == submission.user));
        check_told(submission, events);
        *match submission.state {
            State::Queued => &mut counts.queued,
            State::Running { .. } => &mut counts.running,
            State::Finished { .. } => &mut counts.finished,
            State::Cancelled => &mut counts.cancelled,
        } += 1;
    }
    assert_eq!(all.counts, counts);
}

/// Follows a submission through its journal; it must end in the state that is stored.
fn check_told(submission: &Submission, events: &[&Event]) {
    let first = events[0];
    let EventBody::Queued { problem, language, source_bytes } = &first.body else {
        panic!("the first event of {} is {first:?}", submission.id)
    };
    assert_eq!(
        (problem.as_ref(), language, *source_bytes),
        (submission.problem(), &submission.language, submission.source.len() as u64)
    );
    assert_eq!(first.ts, submission.created_at);
    let (mut state, mut attempt, mut queued) = (State::Queued, 0, first.ts);
    for event in &events[1..] {
        state = match (&state, &event.body) {
            (State::Queued, EventBody::Started { attempt: number, worker, waited_ms }) => {
                attempt += 1;
                assert_eq!(*number, attempt, "{event:?}");
                let waited = (event.ts.as_microsecond() - queued.as_microsecond()) / 1000;
                assert_eq!(*waited_ms as i64, waited.max(0), "{event:?}");
                State::Running { worker: worker.clone() }
            }
            (
                State::Running { .. },
                EventBody::Running { .. }
                | EventBody::Compiled { .. }
                | EventBody::Test { .. }
                | EventBody::Skipped { .. }
                | EventBody::Output { .. }
                | EventBody::Ran { .. }
                | EventBody::Compared { .. },
            ) => state,
            (State::Running { .. }, EventBody::Requeued { .. }) => {
                queued = event.ts;
                State::Queued
            }
            (_, EventBody::Rejudged) => {
                (attempt, queued) = (0, event.ts);
                State::Queued
            }
            (State::Queued | State::Running { .. }, EventBody::Cancelled) => State::Cancelled,
            (State::Running { .. }, EventBody::Finished(result)) => {
                State::Finished { result: result.clone() }
            }
            // Given up after too many lost attempts.
            (State::Queued, EventBody::Finished(result))
                if result.verdict == Verdict::InternalError =>
            {
                State::Finished { result: result.clone() }
            }
            (state, _) => panic!("{event:?} cannot follow on {state:?}"),
        };
    }
    assert_eq!((&state, attempt), (&submission.state, submission.attempt), "{events:#?}");
}

/// The cursors of one submission and of one user give the same events as that of all.
async fn check_cursors(ledger: &dyn Ledger, all: &Snapshot) {
    let chosen = |keep: &dyn Fn(&Event) -> bool| {
        all.events.iter().filter(|event| keep(event)).cloned().collect::<Vec<_>>()
    };
    for Submission { id, .. } in &all.submissions {
        let told = drain(ledger, &mut Cursor::Submission { id: *id, after: 0 }).await;
        assert_eq!(told, chosen(&|event| event.submission == *id));
    }
    let mut users: Vec<_> = all.submissions.iter().map(|submission| &submission.user).collect();
    users.sort();
    users.dedup();
    for user in users {
        let told = drain(ledger, &mut Cursor::User { user: user.clone(), after: 0 }).await;
        assert_eq!(told, chosen(&|event| event.user == *user));
    }
}
