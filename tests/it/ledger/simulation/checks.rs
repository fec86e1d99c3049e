//! What must be true at the end, whatever went wrong.

use super::told::Told;
use crate::ledger::audit::{Snapshot, audit};
use sonocode::{
    judge::{Event, EventBody, Priority, Submission, SubmissionId, Verdict},
    ledger::{Ledger, MAX_LOST_ATTEMPTS},
};
use std::collections::{BTreeMap, BTreeSet};

/// Checks it all. `forgets`: the server may have lost what it had promised last.
pub async fn check(ledger: &dyn Ledger, told: &Told, forgets: bool) {
    let all = audit(ledger).await;
    once_each(&all);
    for submission in &all.submissions {
        let events: Vec<_> =
            all.events.iter().filter(|event| event.submission == submission.id).collect();
        of_their_holders(submission, &events, told);
        if !forgets {
            as_told(submission.id, &events, told);
        }
    }
    refused_change_nothing(&all, told);
    if !forgets {
        assert!(told.odd.lock().unwrap().is_empty(), "{:?}", told.odd.lock().unwrap());
        fences_grow(&all, told);
        accepted_are_there(&all, told);
        turns_are_fair(&all);
    }
}

/// Every submission is there once, and has come to rest.
fn once_each(all: &Snapshot) {
    let mut sources = BTreeSet::new();
    for submission in &all.submissions {
        assert!(sources.insert(&submission.source), "{} is there twice", submission.source);
        assert!(submission.state.is_final(), "{submission:?}");
    }
}

fn accepted_are_there(all: &Snapshot, told: &Told) {
    for (id, source) in &*told.accepted.lock().unwrap() {
        let found = all.submissions.iter().find(|submission| submission.id == *id);
        assert_eq!(found.map(|found| &found.source), Some(source), "{id} was accepted");
    }
}

/// What is in the journal of an attempt comes from the worker who held it, and from one evaluation.
fn of_their_holders(submission: &Submission, events: &[&Event], told: &Told) {
    let evaluations = told.evaluations.lock().unwrap();
    let (mut holder, mut number, mut lost) = (None, None, 0);
    for event in events {
        let used = match &event.body {
            EventBody::Started { worker, .. } => {
                (holder, number) = (Some(worker.clone()), None);
                continue;
            }
            EventBody::Requeued { reason } => {
                // What is given back is not lost.
                lost += u32::from(reason != "the worker went away before it began");
                continue;
            }
            EventBody::Rejudged => {
                lost = 0;
                continue;
            }
            EventBody::Ran { usage, .. } => usage.cpu_ms,
            EventBody::Finished(outcome) if outcome.verdict == Verdict::InternalError => {
                assert_eq!(lost, MAX_LOST_ATTEMPTS, "given up too early or too late: {events:#?}");
                continue;
            }
            EventBody::Finished(outcome) => outcome.cpu_ms,
            _ => continue,
        };
        let (worker, source) = &evaluations[used as usize - 1];
        assert_eq!((Some(worker), source), (holder.as_ref(), &submission.source), "{events:#?}");
        assert_eq!(*number.get_or_insert(used), used, "two evaluations in one: {events:#?}");
    }
}

/// What was told of cancels, rejudges and verdicts is what is there.
fn as_told(id: SubmissionId, events: &[&Event], told: &Told) {
    let count = |is: &dyn Fn(&EventBody) -> bool| events.iter().filter(|e| is(&e.body)).count();
    let within = |notes: &BTreeMap<SubmissionId, (usize, usize)>, found: usize| {
        let (did, asked) = notes.get(&id).copied().unwrap_or_default();
        assert!((did..=asked).contains(&found), "{found} of {did} to {asked}: {events:#?}");
    };
    within(&told.cancelled.lock().unwrap(), count(&|body| matches!(body, EventBody::Cancelled)));
    within(&told.rejudged.lock().unwrap(), count(&|body| matches!(body, EventBody::Rejudged)));
    for verdict in told.verdicts.lock().unwrap().iter().filter(|v| v.id == id && v.taken) {
        let is = |body: &EventBody| matches!(body, EventBody::Finished(outcome) if outcome.cpu_ms == verdict.number);
        assert_eq!(count(&is), 1, "{verdict:?} was taken: {events:#?}");
    }
}

fn refused_change_nothing(all: &Snapshot, told: &Told) {
    let refused: BTreeSet<_> =
        told.verdicts.lock().unwrap().iter().filter(|v| !v.taken).map(|v| v.number).collect();
    for event in &all.events {
        if let EventBody::Finished(outcome) = &event.body {
            assert!(!refused.contains(&outcome.cpu_ms), "it was refused: {event:?}");
        }
    }
}

/// Leases were given in the order of their fences, and no fence gave two verdicts.
fn fences_grow(all: &Snapshot, told: &Told) {
    let mut leases: BTreeMap<SubmissionId, BTreeMap<i64, String>> = BTreeMap::new();
    for (id, fence, worker) in &*told.leases.lock().unwrap() {
        let before = leases.entry(*id).or_default().insert(*fence, worker.clone());
        assert_eq!(before, None, "fence {fence} of {id} was given twice");
    }
    for (id, fences) in &leases {
        let mut started = all.events.iter().filter_map(|event| match &event.body {
            EventBody::Started { worker, .. } if event.submission == *id => Some(worker),
            _ => None,
        });
        for (fence, worker) in fences {
            assert!(
                started.any(|s| s == worker),
                "{id}: fence {fence} of {worker} is out of order"
            );
        }
    }
    let mut taken = BTreeSet::new();
    for verdict in told.verdicts.lock().unwrap().iter().filter(|verdict| verdict.taken) {
        assert!(taken.insert((verdict.id, verdict.fence)), "two verdicts: {verdict:?}");
    }
}

/// While somebody waits, nobody else is served twice with the same priority, and nobody with a lesser one. Who lost what
/// they were served with comes again.
fn turns_are_fair(all: &Snapshot) {
    let mut waiting: BTreeMap<SubmissionId, (Priority, &str)> = BTreeMap::new();
    let mut priorities: BTreeMap<SubmissionId, Priority> = BTreeMap::new();
    // For each who waits, how often others were served, less what they lost again.
    let mut served: BTreeMap<(Priority, &str), BTreeMap<&str, i64>> = BTreeMap::new();
    for event in &all.events {
        let (id, user) = (event.submission, event.user.as_str());
        let priority = *priorities.entry(id).or_insert(Priority::Run);
        match &event.body {
            EventBody::Queued { .. } => drop(waiting.insert(id, (priority, user))),
            EventBody::Requeued { .. } => {
                waiting.insert(id, (priority, user));
                for others in served.values_mut() {
                    *others.entry(user).or_default() -= 1;
                }
            }
            EventBody::Rejudged => {
                priorities.insert(id, Priority::Rejudge);
                waiting.insert(id, (Priority::Rejudge, user));
            }
            EventBody::Started { .. } => {
                waiting.remove(&id);
                served.remove(&(priority, user));
                for (urgent, who) in &waiting.values().collect::<BTreeSet<_>>() {
                    assert!(*urgent >= priority, "{who} waited, and {event:?}: {:#?}", all.events);
                    if *urgent == priority && *who != user {
                        let times =
                            served.entry((priority, who)).or_default().entry(user).or_default();
                        *times += 1;
                    }
                }
                for ((_, who), others) in &served {
                    assert!(
                        others.values().all(|times| *times <= 1),
                        "{who} waited, and {event:?}: {:#?}",
                        all.events
                    );
                }
            }
            EventBody::Cancelled | EventBody::Finished(_) => drop(waiting.remove(&id)),
            _ => {}
        }
        served.retain(|key, _| waiting.values().any(|waits| waits == key));
        for waits in waiting.values() {
            served.entry(*waits).or_default();
        }
    }
}
