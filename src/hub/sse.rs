//! Events as server-sent events: `id` is the cursor, `event` the type, `data` the event in JSON.

use crate::{
    judge::{Event, EventBody},
    ledger::LedgerError,
};
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, future::ready, stream};
use std::{convert::Infallible, time::Duration};
use tokio_util::sync::CancellationToken;

/// Time between two comments on a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A response that carries the events; `id` gives each its cursor.
///
/// After the last event comes `event: end`, so that the client knows not to connect again. It does
/// not come when `shutdown` ended the stream, nor after `event: error`, by which a failing ledger is told.
pub fn respond(
    events: impl Stream<Item = Result<Event, LedgerError>> + Send + 'static,
    id: fn(&Event) -> u64,
    shutdown: CancellationToken,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static> {
    let mut failed = false;
    let frames = events.map(Some).chain(stream::iter([None])).filter_map(move |item| {
        ready(match item {
            Some(Ok(event)) => Some(frame(&event, id(&event))),
            Some(Err(error)) => {
                failed = true;
                tracing::error!(%error, "an event stream ends");
                Some(
                    sse::Event::default().event("error").data(r#"{"message":"the ledger failed"}"#),
                )
            }
            None if failed || shutdown.is_cancelled() => None,
            // Browsers pass over an event without data.
            None => Some(sse::Event::default().event("end").data("{}")),
        })
    });
    Sse::new(frames.map(Ok)).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

fn frame(event: &Event, id: u64) -> sse::Event {
    sse::Event::default()
        .id(id.to_string())
        .event(kind(&event.body))
        .json_data(event)
        .expect("an event has string keys and no failing parts")
}

/// The event's `type`, as its JSON form has it.
fn kind(body: &EventBody) -> &'static str {
    match body {
        EventBody::Queued { .. } => "queued",
        EventBody::Started { .. } => "started",
        EventBody::Running { .. } => "running",
        EventBody::Compiled { .. } => "compiled",
        EventBody::Test { .. } => "test",
        EventBody::Output { .. } => "output",
        EventBody::Skipped { .. } => "skipped",
        EventBody::Ran { .. } => "ran",
        EventBody::Compared { .. } => "compared",
        EventBody::Requeued { .. } => "requeued",
        EventBody::Rejudged => "rejudged",
        EventBody::Cancelled => "cancelled",
        EventBody::Finished(_) => "finished",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use crate::judge::{Exit, Outcome, OutputStream, Usage, Verdict};

    #[test]
    fn kinds_are_the_tags_of_the_json_form() {
        let usage = Usage::default();
        let bodies = [
            EventBody::Queued { problem: None, language: String::new(), source_bytes: 0 },
            EventBody::Started { attempt: 1, worker: String::new(), waited_ms: 0 },
            EventBody::Running { tests: Vec::new() },
            EventBody::Compiled {
                ok: true,
                usage,
                warnings: 0,
                output: String::new(),
                cached: false,
            },
            EventBody::Test {
                index: 1,
                name: String::new(),
                verdict: Verdict::Accepted,
                usage,
                message: None,
                group: None,
                points: None,
            },
            EventBody::Skipped {
                index: 2,
                name: String::new(),
                group: None,
                reason: String::new(),
            },
            EventBody::Ran {
                exit: Exit::Code(0),
                usage,
                stdout: String::new(),
                stderr: String::new(),
                truncated: false,
            },
            EventBody::Output { stream: OutputStream::Stdout, text: String::new() },
            EventBody::Compared { same: true, message: None, expected: String::new() },
            EventBody::Requeued { reason: String::new() },
            EventBody::Rejudged,
            EventBody::Cancelled,
            EventBody::Finished(Outcome::without_tests(Verdict::InternalError, 0, None)),
        ];
        for body in bodies {
            assert_eq!(serde_json::to_value(&body).unwrap()["type"], kind(&body));
        }
    }
}
