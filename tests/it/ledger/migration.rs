//! Files that older versions wrote.

use super::{LONG, NO_LIMIT, audit::audit, entry, message, outcome, sqlite::File, take};
use sonocode::{
    judge::{State, SubmissionId, Task},
    ledger::{Cursor, Ledger, Session, Whose},
};

/// What the first version wrote: 1 is finished, 2 is a run, 3 to 6 and 8 wait, 7 is held by a worker,
/// and 9 is judged again.
const FIRST: &str = r#"
PRAGMA application_id = 0x736f6e6f;
PRAGMA user_version = 1;
INSERT INTO submissions (id, user, problem, language, created_at, status, priority, queued_at, attempt, fence, worker,
        lease_until, result) VALUES
    (1, 'ada', 'two-sum', 'cpp', 10, 'finished', 1, 10, 1, 1, NULL, NULL,
     '{"verdict":"AC","passed":3,"total":3,"cpu_ms":4,"memory_kib":900}'),
    (2, 'ada', NULL, 'cpp', 20, 'queued', 0, 20, 0, 0, NULL, NULL, NULL),
    (3, 'ada', 'two-sum', 'cpp', 30, 'queued', 1, 30, 0, 0, NULL, NULL, NULL),
    (4, 'ada', 'two-sum', 'cpp', 40, 'queued', 1, 40, 0, 0, NULL, NULL, NULL),
    (5, 'bob', 'two-sum', 'cpp', 50, 'queued', 1, 50, 0, 0, NULL, NULL, NULL),
    (6, 'bob', 'two-sum', 'cpp', 60, 'queued', 1, 60, 0, 0, NULL, NULL, NULL),
    (7, 'eve', 'two-sum', 'cpp', 15, 'running', 1, 15, 1, 1, 'w', 9000000000000000, NULL),
    (8, 'eve', 'two-sum', 'cpp', 80, 'queued', 1, 80, 0, 0, NULL, NULL, NULL),
    (9, 'eve', 'two-sum', 'cpp', 90, 'queued', 2, 90, 0, 0, NULL, NULL, NULL);
INSERT INTO texts SELECT id, 'int main() {}', CASE WHEN problem IS NULL THEN '1 2' END FROM submissions;
INSERT INTO journal (submission, seq, ts, user, body)
    SELECT id, 1, created_at, user,
        '{"type":"queued",' || coalesce('"problem":"' || problem || '",', '') || '"language":"cpp","source_bytes":13}'
    FROM submissions;
INSERT INTO journal (submission, seq, ts, user, body) VALUES
    (1, 2, 10, 'ada', '{"type":"started","attempt":1,"worker":"w","waited_ms":0}'),
    (1, 3, 10, 'ada', '{"type":"finished","verdict":"AC","passed":3,"total":3,"cpu_ms":4,"memory_kib":900}'),
    (7, 2, 15, 'eve', '{"type":"started","attempt":1,"worker":"w","waited_ms":0}'),
    (9, 2, 90, 'eve', '{"type":"rejudged"}');
"#;

#[tokio::test]
async fn a_file_of_the_first_version_is_taken_over() {
    let file = File::new();
    let raw = file.raw();
    raw.execute_batch(include_str!("../../../src/ledger/sqlite/schema.sql")).unwrap();
    raw.execute_batch(FIRST).unwrap();
    drop(raw);

    let ledger = file.ledger();
    let all = audit(&ledger).await;
    assert_eq!((all.counts.queued, all.counts.running, all.counts.finished), (7, 1, 1));
    let run = &all.submissions[1];
    assert!(matches!(&run.task, Task::Run { input, .. } if input == "1 2"), "{run:?}");
    drop(ledger);

    let ledger = file.ledger();
    assert_eq!(ledger.recover().await.unwrap(), 1, "the one that a worker held");
    ledger.submit(entry("bob"), NO_LIMIT).await.unwrap();
    let mut order = Vec::new();
    while let Some(lease) = ledger.lease("w", LONG).await.unwrap() {
        order.push(lease.submission.id.0);
    }
    // The run; then ada, bob and eve in turns; the rejudge last.
    assert_eq!(order, [2, 3, 5, 7, 4, 6, 8, 10, 9]);
    let ended = ledger.rejudge(SubmissionId(1)).await.unwrap();
    assert_eq!(ended.state, State::Queued);
    let lease = take(&ledger, "w").await;
    ledger.finish(&lease, outcome("again")).await.unwrap();
    assert_eq!(ledger.read(&Cursor::All { after: 13 }, 1).await.unwrap()[0].seq, 3);
    audit(&ledger).await;
}

/// The second version has users in turns, and no messages.
#[tokio::test]
async fn a_file_of_the_second_version_is_taken_over() {
    let file = File::new();
    let raw = file.raw();
    raw.execute_batch(include_str!("../../../src/ledger/sqlite/schema.sql")).unwrap();
    raw.execute_batch(FIRST).unwrap();
    raw.execute_batch(include_str!("../../../src/ledger/sqlite/turns.sql")).unwrap();
    raw.pragma_update(None, "user_version", 2).unwrap();
    drop(raw);

    let ledger = file.ledger();
    let all = audit(&ledger).await;
    let last = all.counts.last_pos;
    assert_eq!((all.log.len(), all.last_place), (all.events.len(), last));
    assert_eq!(ledger.post(vec![message(Some("ada"), "t")]).await.unwrap(), [last + 1]);
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    assert_eq!(ledger.last_place().await.unwrap(), last + 2);
    let theirs = ledger.log(&Whose::User("ada".into()), last, 9).await.unwrap();
    assert_eq!(theirs.len(), 2);
    let epoch = ledger.epoch().to_owned();
    audit(&ledger).await;
    drop(ledger);
    assert_eq!(file.ledger().epoch(), epoch, "a log keeps its name");
}

/// A file without an event yet: the first place is given to a message.
#[tokio::test]
async fn an_empty_file_of_the_second_version_is_taken_over() {
    let file = File::new();
    let raw = file.raw();
    raw.execute_batch(include_str!("../../../src/ledger/sqlite/schema.sql")).unwrap();
    raw.execute_batch(include_str!("../../../src/ledger/sqlite/turns.sql")).unwrap();
    raw.pragma_update(None, "application_id", 0x736f_6e6f).unwrap();
    raw.pragma_update(None, "user_version", 2).unwrap();
    drop(raw);
    let ledger = file.ledger();
    assert_eq!(ledger.post(vec![message(None, "t")]).await.unwrap(), [1]);
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    assert_ne!(ledger.epoch(), File::new().ledger().epoch(), "another log has another name");
    assert_eq!(audit(&ledger).await.last_place, 2);
}

/// The fourth version has sessions without an end.
#[tokio::test]
async fn sessions_of_the_fourth_version_are_taken_over() {
    let file = File::new();
    let raw = file.raw();
    for version in [
        include_str!("../../../src/ledger/sqlite/schema.sql"),
        include_str!("../../../src/ledger/sqlite/turns.sql"),
        include_str!("../../../src/ledger/sqlite/log.sql"),
        include_str!("../../../src/ledger/sqlite/chat.sql"),
    ] {
        raw.execute_batch(version).unwrap();
    }
    raw.execute_batch("INSERT INTO sessions (pid, user, used_at) VALUES ('p', 'ada', 10)").unwrap();
    raw.pragma_update(None, "application_id", 0x736f_6e6f).unwrap();
    raw.pragma_update(None, "user_version", 4).unwrap();
    drop(raw);
    let session = file.ledger().session("p").await.unwrap();
    assert_eq!(session, Some(Session { user: "ada".into(), until: None }));
}
