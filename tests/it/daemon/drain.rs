//! SIGTERM and Ctrl-C: once drains, twice stops at once.

use super::{ENDLESS, RIGHT, SLOW, add_sum};
use crate::{
    house::expect,
    process::{Containers, Serve},
};
use rustix::process::Signal;
use sonocode::judge::{Event, EventBody, State, Verdict};
use std::path::Path;

/// Waits until a submission runs in its cell, with an event after this one.
async fn running(serve: &Serve, id: &str, after: u64) {
    let path = format!("/api/v1/submissions/{id}/events?after={after}");
    let mut journal = serve.house.watch(&path).await;
    // Python has a compiler too; what comes after it is the program itself.
    journal.until(|event| matches!(event.body, EventBody::Compiled { .. })).await;
}

/// Who took a submission up, and for the how many-th time.
fn started(events: &[Event]) -> Vec<(u32, &str)> {
    let start = |event| match event {
        &Event { body: EventBody::Started { attempt, ref worker, .. }, .. } => {
            Some((attempt, worker.as_str()))
        }
        _ => None,
    };
    events.iter().filter_map(start).collect()
}

async fn one_worker(data_dir: &Path, args: &[&str]) -> Serve {
    Serve::start(data_dir, &[&["--workers", "1"], args].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_ends_and_what_waits_is_judged_by_the_next_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let first = one_worker(dir.path(), &[]).await;
    let containers = Containers::of(dir.path());
    add_sum(&first.house).await;
    let runs = first.house.submit("sum", "python", SLOW).await;
    let waits = [
        first.house.submit("sum", "python", RIGHT).await,
        first.house.submit("sum", "python", "print(4)").await,
    ];
    running(&first, &runs, 0).await;
    let mut watcher = first.house.watch("/api/v1/events?after=0").await;
    first.signal(Signal::TERM);
    let said = first.says("draining").await;
    assert!(said.contains("1 running submission") && said.contains("30 s"), "{said}");
    // Whoever watches sees the end before the daemon goes.
    let ended = watcher.until(|event| event.body.is_final()).await;
    assert_eq!(ended.submission.to_string(), runs);
    assert_eq!(watcher.next().await, None, "something happens after the drain");
    let pid = first.pid;
    assert_eq!(first.ended().await.code(), Some(0));
    assert_eq!(containers.names().await, [""; 0]);

    let second = one_worker(dir.path(), &[]).await;
    for (id, verdict) in waits.iter().zip([Verdict::Accepted, Verdict::WrongAnswer]) {
        expect(&second.house.outcome(id).await, verdict);
        let events = second.house.events(id, 0).await;
        assert_eq!(started(&events), [(1, format!("{}-1", second.pid).as_str())]);
    }
    let events = second.house.events(&runs, 0).await;
    assert_eq!(started(&events), [(1, format!("{pid}-1").as_str())]);
    expect(&second.house.outcome(&runs).await, Verdict::Accepted);
    second.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once_and_the_next_start_takes_up_what_ran() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let dir = tempfile::tempdir().unwrap();
        let first = one_worker(dir.path(), &[]).await;
        let containers = Containers::of(dir.path());
        add_sum(&first.house).await;
        let id = first.house.submit("sum", "python", ENDLESS).await;
        running(&first, &id, 0).await;
        first.signal(signal);
        first.says("draining").await;
        first.says("asked to end signal=").await;
        first.signal(signal);
        assert_eq!(first.ended().await.code(), Some(code));

        let second = one_worker(dir.path(), &[]).await;
        second.ready().await;
        assert_eq!(containers.strangers(second.pid).await, [""; 0]);
        let mut journal = second.house.watch(&format!("/api/v1/submissions/{id}/events")).await;
        let again = journal.until(|event| matches!(event.body, EventBody::Requeued { .. })).await;
        let reason = EventBody::Requeued { reason: "daemon restarted".into() };
        assert_eq!(again.body, reason);
        let again = journal.until(|event| matches!(event.body, EventBody::Started { .. })).await;
        let EventBody::Started { attempt, worker, .. } = again.body else { unreachable!() };
        assert_eq!((attempt, worker), (2, format!("{}-1", second.pid)));
        let cancel = format!("/api/v1/submissions/{id}/cancel");
        assert_eq!(second.house.post(&cancel, serde_json::json!({})).await.status, 200);
        second.drain().await;
        assert_eq!(containers.names().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_in_time_goes_back_to_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    let first = one_worker(dir.path(), &["--grace", "0"]).await;
    let containers = Containers::of(dir.path());
    add_sum(&first.house).await;
    let id = first.house.submit("sum", "python", ENDLESS).await;
    running(&first, &id, 0).await;
    let mut watcher = first.house.watch("/api/v1/events?after=0").await;
    first.signal(Signal::INT);
    let back = watcher.until(|event| matches!(event.body, EventBody::Requeued { .. })).await;
    assert_eq!(back.body, EventBody::Requeued { reason: "the daemon stopped".into() });
    assert_eq!(first.ended().await.code(), Some(0));
    assert_eq!(containers.names().await, [""; 0]);

    // Nothing was lost by the stop, so the attempts may go on as often as it takes.
    let second = one_worker(dir.path(), &["--grace", "0"]).await;
    running(&second, &id, back.seq).await;
    let State::Running { worker } = second.house.submission(&id).await.state else {
        panic!("it does not run");
    };
    assert_eq!(worker, format!("{}-1", second.pid));
    second.drain().await;
    assert_eq!(containers.names().await, [""; 0]);
}
