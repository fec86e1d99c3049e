//! Events as server-sent events: `id` is the place, `event` the type, `data` the event in JSON.

use super::packet::{Fault, Packet};
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, future::ready, stream};
use serde_json::json;
use std::{convert::Infallible, time::Duration};
use tokio_util::sync::CancellationToken;

/// Time between two comments on a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A response that carries the events. They are asked for as the peer takes them: nothing is kept for it
/// beyond what its stream has read. That one takes something at all is for the byte stream to see, see
/// [`super::patient`].
///
/// First comes how long the client is to wait before it connects again, another time for each. After the last
/// event comes `event: end`, so that the client knows not to connect again. It does not come when `shutdown` ended
/// the stream, nor after `event: error`, by which a failing ledger and the end of a token are told.
pub fn respond(
    events: impl Stream<Item = Result<Packet, Fault>> + Send + 'static,
    shutdown: CancellationToken,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static> {
    let mut failed = false;
    let frames = events.map(Some).chain(stream::iter([None])).filter_map(move |item| {
        ready(match item {
            Some(Ok(packet)) => Some(frame(packet)),
            Some(Err(fault)) => {
                failed = true;
                if let Fault::Ledger(error) = &fault {
                    tracing::error!(%error, "an event stream ends");
                }
                let data = json!({ "code": fault.code(), "message": fault.words() });
                Some(sse::Event::default().event("error").data(data.to_string()))
            }
            None if failed || shutdown.is_cancelled() => None,
            // Browsers pass over an event without data.
            None => Some(sse::Event::default().event("end").data("{}")),
        })
    });
    let retry = stream::iter([sse::Event::default().retry(super::jitter())]);
    Sse::new(retry.chain(frames).map(Ok)).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

fn frame(Packet { id, kind, json }: Packet) -> sse::Event {
    sse::Event::default().id(id).event(kind).data(json)
}
