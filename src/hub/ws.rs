//! Events over a WebSocket: one text frame is one event in JSON.

use super::packet::{Fault, Packet};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{
    FutureExt, Sink, SinkExt, Stream, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Largest message a client may send, in bytes. What it says is not read.
pub const CLIENT_MESSAGE: usize = 64 << 10;

/// Events that are written before the socket is flushed, as far as they are there already.
const BATCH: usize = 64;

/// How long a peer may take to read what there is when the daemon stops.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long a peer may take to answer the closing handshake.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a connection is kept alive.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    /// Time between two pings.
    pub ping: Duration,
    /// A peer that was not heard for this long is dropped, unless it is busy taking what waits for it.
    pub silence: Duration,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { ping: Duration::from_secs(15), silence: Duration::from_secs(45) }
    }
}

/// Why the server ends a connection.
enum Goodbye {
    /// The stream is at its end.
    End,
    /// The daemon stops; the client may connect again.
    Away,
    /// The events broke off.
    Failed(Fault),
}

impl Goodbye {
    fn frame(&self) -> CloseFrame {
        // A close frame's reason holds at most 123 bytes.
        let (code, reason) = match self {
            Self::End => (close_code::NORMAL, "end"),
            Self::Away => (close_code::AWAY, "daemon stops"),
            Self::Failed(Fault::Expired) => (close_code::POLICY, Fault::Expired.words()),
            Self::Failed(fault) => (close_code::ERROR, fault.words()),
        };
        CloseFrame { code, reason: reason.into() }
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With the events.
    End,
    /// The daemon stopped.
    Away,
    /// The peer left.
    Left,
    /// It was cut, for this reason.
    Cut(&'static str),
}

/// Sends the events until they end, the peer leaves or is silent for too long, or a second after
/// `shutdown` fired, within which the events should end.
///
/// Closes with 1000 `end` at the end of the events, 1001 `daemon stops` on shutdown, 1008 when the token has
/// ended and 1011 when the ledger fails. A peer that reads slowly slows only its own stream; that one takes
/// something at all is for the byte stream to see, see [`super::patient`].
pub async fn serve(
    socket: WebSocket,
    events: impl Stream<Item = Result<Packet, Fault>>,
    shutdown: CancellationToken,
    pulse: Pulse,
) -> Ended {
    let (mut sink, mut source) = socket.split();
    let progress = Progress::default();
    let goodbye = tokio::select! {
        biased;
        () = overdue(&shutdown) => Goodbye::Away,
        ended = listen(&mut source, pulse.silence, &progress) => return ended,
        spoken = speak(&mut sink, events, pulse.ping, &progress) => match spoken {
            Ok(Goodbye::End) if shutdown.is_cancelled() => Goodbye::Away,
            Ok(goodbye) => goodbye,
            Err(_) => return Ended::Left,
        },
    };
    if let Goodbye::Failed(Fault::Ledger(error)) = &goodbye {
        tracing::error!(%error, "an event stream ends");
    }
    // A peer that is gone or stalled cannot be told; the connection is dropped in any case.
    let _ = timeout(FAREWELL, part(&mut sink, &mut source, goodbye.frame())).await;
    match goodbye {
        Goodbye::End => Ended::End,
        Goodbye::Away => Ended::Away,
        Goodbye::Failed(fault) => Ended::Cut(fault.code()),
    }
}

/// Waits until a stream should have ended.
async fn overdue(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    sleep(LAST_WORDS).await;
}

/// Says goodbye and hears the peer out, as the closing handshake asks.
async fn part(
    sink: &mut SplitSink<WebSocket, Message>,
    source: &mut SplitStream<WebSocket>,
    frame: CloseFrame,
) {
    if sink.send(Message::Close(Some(frame))).await.is_ok() {
        while let Some(Ok(_)) = source.next().await {}
    }
}

/// How a peer takes what is written to it.
#[derive(Default)]
struct Progress {
    /// Whether something waits until the peer takes it.
    waits: AtomicBool,
    /// Whether it took something that had waited, since it was heard last.
    taken: AtomicBool,
}

impl Progress {
    /// The peer was heard.
    fn heard(&self) {
        self.taken.store(false, Ordering::Relaxed);
    }

    /// Whether a peer that was not heard may be busy: a ping stands behind what waits.
    fn is_busy(&self) -> bool {
        self.waits.load(Ordering::Relaxed) || self.taken.swap(false, Ordering::Relaxed)
    }

    /// Writes. What must wait is done only when the peer takes something; what need not says nothing of the peer.
    async fn of<T>(&self, write: impl Future<Output = T>) -> T {
        let mut write = pin!(write);
        if let Some(written) = (&mut write).now_or_never() {
            return written;
        }
        self.waits.store(true, Ordering::Relaxed);
        let written = write.await;
        self.waits.store(false, Ordering::Relaxed);
        self.taken.store(true, Ordering::Relaxed);
        written
    }
}

/// Reads until the peer has left or was silent for too long. Reading is also what answers its pings.
async fn listen(
    source: &mut SplitStream<WebSocket>,
    silence: Duration,
    progress: &Progress,
) -> Ended {
    loop {
        match timeout(silence, source.next()).await {
            Ok(Some(Ok(_))) => progress.heard(),
            Ok(_) => return Ended::Left,
            Err(_) if progress.is_busy() => {}
            Err(_) => return Ended::Cut("ping timeout"),
        }
    }
}

/// Writes events and pings until the events end.
async fn speak<S: Sink<Message> + Unpin>(
    sink: &mut S,
    events: impl Stream<Item = Result<Packet, Fault>>,
    ping: Duration,
    progress: &Progress,
) -> Result<Goodbye, S::Error> {
    let mut events = pin!(events.ready_chunks(BATCH));
    let mut pings = interval_at(Instant::now() + ping, ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = pings.tick() => progress.of(sink.send(Message::Ping(Vec::new().into()))).await?,
            batch = events.next() => {
                let Some(batch) = batch else { return Ok(Goodbye::End) };
                for event in batch {
                    match event {
                        Ok(packet) => {
                            let message = Message::Text(packet.json.into());
                            progress.of(sink.feed(message)).await?;
                        }
                        Err(fault) => return Ok(Goodbye::Failed(fault)),
                    }
                }
                progress.of(sink.flush()).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use tokio::task::yield_now;

    #[tokio::test]
    async fn only_what_had_to_wait_shows_that_a_peer_is_busy() {
        let progress = Progress::default();
        progress.of(ready(())).await;
        assert!(!progress.is_busy());
        progress.of(yield_now()).await;
        assert!(progress.is_busy() && !progress.is_busy(), "once");
        progress.of(yield_now()).await;
        progress.heard();
        assert!(!progress.is_busy());
        assert!(progress.of(pending::<()>()).now_or_never().is_none());
        assert!(progress.is_busy() && progress.is_busy(), "as long as something waits");
    }
}
