//! Cancel and rejudge in every state that a submission can be in.

use super::{RIGHT, act, data, patient, refused};
use crate::{
    house::{House, expect},
    process::Containers,
};
use sonocode::judge::{Event, EventBody, State, Verdict};

const LOOP: &str = "while True: pass";

/// Waits until the submission's program runs, with an event after this one.
async fn running(house: &House, id: &str, after: u64) -> Event {
    let mut journal = house.watch(&format!("/api/v1/submissions/{id}/events?after={after}")).await;
    journal.until(|event| matches!(event.body, EventBody::Compiled { .. })).await
}

fn kinds(events: &[Event]) -> Vec<String> {
    let kind = |event: &Event| serde_json::to_value(&event.body).unwrap()["type"].clone();
    events.iter().map(|event| kind(event).as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_ends_at_once_and_its_cell_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    house.add(&patient()).await;
    let endless = house.submit("sum", "python", LOOP).await;
    let waits = house.submit("sum", "python", LOOP).await;
    let next = house.submit("sum", "python", RIGHT).await;
    running(&house, &endless, 0).await;

    assert_eq!(data(act(&house, &waits, "cancel").await)["status"], "cancelled");
    assert_eq!(kinds(&house.events(&waits, 0).await), ["queued", "cancelled"]);

    let containers = Containers::of(dir.path());
    let before = containers.names().await;
    let mut ended = containers.news("destroy");
    let cancelled = data(act(&house, &endless, "cancel").await);
    assert_eq!(cancelled["status"], "cancelled");
    let told = kinds(&house.events(&endless, 0).await);
    assert_eq!(told, ["queued", "started", "running", "compiled", "cancelled"]);
    // The cell goes with everything that runs in it.
    let gone = ended.next().await;
    assert!(before.iter().any(|name| name.contains(&gone)), "{gone} of {before:?}");

    expect(&house.outcome(&next).await, Verdict::Accepted);
    assert!(!kinds(&house.events(&waits, 0).await).contains(&"started".to_owned()));
    for id in [&endless, &waits, &next] {
        let reply = refused(act(&house, id, "cancel").await, 409, "conflict");
        assert!(reply.body["message"].as_str().unwrap().contains("already"), "{reply:?}");
    }
    assert_eq!(house.submission(&endless).await.state, State::Cancelled);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_is_ended_by_a_cancel() {
    // Compiles for longer than anybody waits.
    const SLOW: &str = "template <int N, int M> struct T { \
        static const long v = T<N - 1, M>::v + T<N - 1, M + (1 << N)>::v; };\n\
        template <int M> struct T<0, M> { static const long v = M; };\n\
        int main() { return T<24, 0>::v; }";
    let dir = tempfile::tempdir().unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    house.add(&patient()).await;
    let compiles = house.submit("sum", "cpp", SLOW).await;
    let mut journal = house.watch(&format!("/api/v1/submissions/{compiles}/events")).await;
    journal.until(|event| matches!(event.body, EventBody::Running { .. })).await;

    let containers = Containers::of(dir.path());
    let mut ended = containers.news("destroy");
    data(act(&house, &compiles, "cancel").await);
    ended.next().await;
    let told = kinds(&house.events(&compiles, 0).await);
    assert_eq!(told, ["queued", "started", "running", "cancelled"]);
    expect(&house.judge("sum", "python", RIGHT).await, Verdict::Accepted);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejudge_begins_again_whatever_the_state() {
    let house = House::build().start().await;
    house.add(&patient()).await;
    let endless = house.submit("sum", "python", LOOP).await;
    let waits = house.submit("sum", "python", RIGHT).await;
    let compiled = running(&house, &endless, 0).await;

    // Waiting: it waits on, behind what was not judged yet.
    assert_eq!(data(act(&house, &waits, "rejudge").await)["status"], "queued");
    let first = house.submit("sum", "python", RIGHT).await;
    // Running: the attempt ends, another begins.
    assert_eq!(data(act(&house, &endless, "rejudge").await)["attempt"], 0);
    expect(&house.outcome(&first).await, Verdict::Accepted);
    let again = running(&house, &endless, compiled.seq).await;
    let told = house.get(&format!("/api/v1/submissions/{endless}/events")).await;
    let told: Vec<Event> = serde_json::from_value(data(told)["events"].clone()).unwrap();
    let life = ["queued", "started", "running", "compiled"];
    let twice = [&life[..], &["rejudged"], &life[1..]].concat();
    assert_eq!(kinds(&told), twice);
    let EventBody::Started { attempt, .. } = told[5].body else { panic!("{told:?}") };
    assert_eq!((attempt, again.seq), (1, 8));

    // Cancelled: it is judged after all.
    data(act(&house, &endless, "cancel").await);
    expect(&house.outcome(&waits).await, Verdict::Accepted);
    data(act(&house, &endless, "rejudge").await);
    running(&house, &endless, again.seq).await;
    data(act(&house, &endless, "cancel").await);

    // Finished: a second verdict.
    data(act(&house, &first, "rejudge").await);
    expect(&house.outcome(&first).await, Verdict::Accepted);
    let told = kinds(&house.events(&first, 0).await);
    assert_eq!(told.iter().filter(|kind| *kind == "finished").count(), 2, "{told:?}");
    assert_eq!(told.last().unwrap(), "finished");
    assert_eq!(house.submission(&first).await.attempt, 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_that_goes_away_ends_what_waits_for_it() {
    let house = House::build().start().await;
    house.add(&patient()).await;
    let endless = house.submit("sum", "python", LOOP).await;
    let waits = house.submit("sum", "python", RIGHT).await;
    running(&house, &endless, 0).await;
    data(house.call(reqwest::Method::DELETE, "/api/v1/problems/sum", None).await);
    data(act(&house, &endless, "cancel").await);
    let outcome = house.outcome(&waits).await;
    expect(&outcome, Verdict::InternalError);
    assert!(outcome.message.as_ref().unwrap().contains("`sum`"), "{outcome:?}");
    refused(act(&house, &waits, "rejudge").await, 404, "not_found");
    house.add(&patient()).await;
    data(act(&house, &waits, "rejudge").await);
    expect(&house.outcome(&waits).await, Verdict::Accepted);
    house.stop().await;
}
