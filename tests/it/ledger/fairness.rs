//! What fairness means to users, whatever the engine does for it.

use super::{Engine, LONG, NO_LIMIT, custom_run, entry};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sonocode::{
    judge::{Priority, Submission, SubmissionId, Task},
    ledger::{Filter, Ledger},
};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Op {
    Submit { user: usize, run: bool, count: usize },
    Lease,
    Cancel { submission: i64 },
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..5_usize, prop::bool::weighted(0.2), 1..9_usize)
            .prop_map(|(user, run, count)| Op::Submit { user, run, count }),
        6 => Just(Op::Lease),
        1 => (1..60_i64).prop_map(|submission| Op::Cancel { submission }),
    ]
}

/// Who waits, with the turns that others had meanwhile.
#[derive(Default)]
struct Waiting(BTreeMap<(Priority, String), BTreeMap<String, u32>>);

impl Waiting {
    fn served(&mut self, priority: Priority, user: &str, queue: &[Submission]) {
        self.0.remove(&(priority, user.to_owned()));
        self.look(queue);
        for ((waiting, who), others) in &mut self.0 {
            assert!(*waiting >= priority, "{who} waited for {priority:?} as well");
            if *waiting == priority && *who != user {
                let times = others.entry(user.to_owned()).or_default();
                *times += 1;
                assert!(*times <= 1, "{user} was served twice while {who} waited");
            }
        }
    }

    fn look(&mut self, queue: &[Submission]) {
        let waits = |(priority, user): &(Priority, String)| {
            queue.iter().any(|s| s.user == *user && priority_of(s) == *priority)
        };
        self.0.retain(|key, _| waits(key));
        for submission in queue {
            self.0.entry((priority_of(submission), submission.user.clone())).or_default();
        }
    }
}

fn priority_of(submission: &Submission) -> Priority {
    match submission.task {
        Task::Run { .. } => Priority::Run,
        Task::Judge { .. } => Priority::Submission,
    }
}

async fn apply(ledger: &dyn Ledger, waiting: &mut Waiting, op: Op) {
    let queue = || async {
        let queued =
            Filter { status: Some("queued".into()), limit: usize::MAX, ..Filter::default() };
        ledger.submissions(&queued).await.unwrap()
    };
    match op {
        Op::Submit { user, run, count } => {
            let user = format!("user-{user}");
            let new = if run { custom_run(&user) } else { entry(&user) };
            for _ in 0..count {
                ledger.submit(new.clone(), NO_LIMIT).await.unwrap();
            }
            waiting.look(&queue().await);
        }
        Op::Cancel { submission } => {
            let _ = ledger.cancel(SubmissionId(submission)).await; // one that is not there, or has ended
            waiting.look(&queue().await);
        }
        Op::Lease => {
            let before = queue().await;
            let lease = ledger.lease("w", LONG).await.unwrap();
            assert_eq!(lease.is_some(), !before.is_empty());
            let Some(lease) = lease else { return };
            let own = lease.submission;
            let same = |s: &&Submission| s.user == own.user && priority_of(s) == priority_of(&own);
            assert_eq!(before.iter().find(same).map(|s| s.id), Some(own.id), "first come");
            waiting.served(priority_of(&own), &own.user, &queue().await);
        }
    }
}

/// While somebody waits, nobody else is served twice with the same priority, and nobody at all with a
/// lesser one; each user's own are served in their order.
pub fn is_fair<E: Engine>() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases: 30, failure_persistence: None, ..Config::default() };
    let series = proptest::collection::vec(any_op(), 1..60);
    TestRunner::new(config)
        .run(&series, |ops| {
            runtime.block_on(async {
                let opened = E::open().await;
                let mut waiting = Waiting::default();
                for op in ops {
                    apply(&*opened.ledger, &mut waiting, op).await;
                }
            });
            Ok(())
        })
        .unwrap();
}
