//! Live streams of real judgements over connections that break.

use crate::house::{House, PATIENCE, Package};
use reqwest::Response;
use sonocode::judge::{Event, EventBody};
use tokio::time::timeout;

const TESTS: u64 = 40;

/// A daemon with a problem of many tests, and a submission for it: `queued`, `started`, `running`,
/// `compiled`, the tests, `finished`.
async fn judging() -> (House, String) {
    let house = House::build().start().await;
    let mut many = Package::new("many");
    for test in 1..=TESTS {
        many = many.test(&format!("{test:02}"), &format!("{test} 1\n"), &format!("{}\n", test + 1));
    }
    house.add(&many).await;
    let id = house.submit("many", "python", "print(sum(map(int, input().split())))").await;
    (house, id)
}

/// Whether this is the whole life, each event once.
#[track_caller]
fn whole(events: &[Event]) {
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=TESTS + 5).collect::<Vec<_>>());
    assert!(matches!(events.last().unwrap().body, EventBody::Finished(_)), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_cut_ten_times_loses_nothing_and_repeats_nothing() {
    let (house, id) = judging().await;
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..10 {
        let after = events.last().map_or(0, |event| event.seq);
        let mut watcher =
            house.watch(&format!("/api/v1/submissions/{id}/events?after={after}")).await;
        for _ in 0..=getrandom::u64().unwrap() % 4 {
            events.push(watcher.next().await.unwrap());
        }
    }
    events.extend(house.events(&id, events.last().unwrap().seq).await);
    whole(&events);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_a_user_that_is_cut_loses_nothing_either() {
    let (house, _) = judging().await;
    let mut events: Vec<Event> = Vec::new();
    while !events.last().is_some_and(|event| event.body.is_final()) {
        let after = events.last().map_or(0, |event| event.pos);
        let mut watcher = house.watch(&format!("/api/v1/events?user=ada&after={after}")).await;
        for _ in 0..=getrandom::u64().unwrap() % 8 {
            events.push(watcher.next().await.unwrap());
            if events.last().unwrap().body.is_final() {
                break;
            }
        }
    }
    whole(&events);
    house.stop().await;
}

/// Server-sent events as they come.
struct Messages {
    response: Response,
    text: String,
}

impl Messages {
    async fn open(house: &House, path: &str, last: Option<&str>) -> Self {
        let mut request = house.http.get(format!("{}{path}", house.url));
        request = request.header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next message as `(id, event, data)`; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, String, String)> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let value = |line: &str| Some(line.strip_prefix(name)?.trim_start().to_owned());
                    message.lines().find_map(value).unwrap_or_default()
                };
                let fields = (field("id:"), field("event:"), field("data:"));
                let length = self.text.len() - rest.len();
                self.text.drain(..length);
                if !fields.1.is_empty() {
                    return Some(fields);
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("no message comes");
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()?).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_go_on_after_the_last_that_was_seen() {
    let (house, id) = judging().await;
    // Browsers keep the address and add the last id.
    let path = format!("/api/v1/submissions/{id}/events?after=0");
    let mut events: Vec<Event> = Vec::new();
    let mut last = None;
    'connections: loop {
        let mut messages = Messages::open(&house, &path, last.as_deref()).await;
        for _ in 0..=getrandom::u64().unwrap() % 8 {
            let (place, kind, data) =
                messages.next().await.expect("the stream ended without `end`");
            if kind == "end" {
                assert_eq!(messages.next().await, None);
                break 'connections;
            }
            let event: Event = serde_json::from_str(&data).unwrap();
            assert_eq!(place, event.seq.to_string());
            assert_eq!(serde_json::to_value(&event.body).unwrap()["type"], kind);
            events.push(event);
            last = Some(place);
        }
    }
    whole(&events);
    house.stop().await;
}
