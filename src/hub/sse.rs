//! Events as server-sent events: `id` is the place, `event` the type, `data` the event in JSON.

use super::packet::Packet;
use crate::ledger::LedgerError;
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, future::ready, stream};
use std::{convert::Infallible, time::Duration};
use tokio_util::sync::CancellationToken;

/// Time between two comments on a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A response that carries the events. They are asked for as the peer takes them: nothing is kept for it
/// beyond what its stream has read.
///
/// After the last event comes `event: end`, so that the client knows not to connect again. It does
/// not come when `shutdown` ended the stream, nor after `event: error`, by which a failing ledger is told.
pub fn respond(
    events: impl Stream<Item = Result<Packet, LedgerError>> + Send + 'static,
    shutdown: CancellationToken,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static> {
    let mut failed = false;
    let frames = events.map(Some).chain(stream::iter([None])).filter_map(move |item| {
        ready(match item {
            Some(Ok(packet)) => Some(frame(packet)),
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

fn frame(Packet { id, kind, json }: Packet) -> sse::Event {
    sse::Event::default().id(id).event(kind).data(json)
}
