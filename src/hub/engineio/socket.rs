//! A WebSocket as a transport, with small buffers.

use super::{
    link::Outbox,
    packet::{Frame, Malformed, Message, Packet},
    reason::Reason,
    settings::Settings,
};
use crate::hub::patient::{Io, Patient};
use bytes::Bytes;
use futures_util::{SinkExt, Stream};
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade::downcast};
use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{
                Frame as WireFrame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

/// What is read at one time, in bytes, and kept by every connection for that. Clients of a judge say little.
const READ: usize = 256;

/// What is gathered before it is written, in bytes, as long as there is more.
const WRITE: usize = 4 << 10;

/// Longer messages are sent in fragments of this length, in bytes, so that a long one does not leave a
/// long buffer behind at every connection.
const FRAGMENT: usize = 16 << 10;

/// How long a peer may take for the closing handshake.
const FAREWELL: Duration = Duration::from_secs(2);

/// A WebSocket.
pub(super) struct Socket {
    stream: WebSocketStream<Box<dyn Io>>,
    /// The rest of a message that is sent in fragments.
    rest: Option<Frame>,
    dirty: bool,
}

/// What happened on a transport.
pub(super) enum Happened {
    /// A packet came.
    Packet(Packet),
    /// There is room in the outbox again.
    Room,
}

/// Why a transport ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The peer closed it.
    #[error("the peer is gone")]
    Gone,
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// The peer's packet cannot be read.
    #[error("{0}")]
    Malformed(Malformed),
    /// The peer's message is too long.
    #[error("a message is too long")]
    TooLarge,
}

impl Broken {
    /// The reason for the application.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Gone => Reason::TransportClose,
            Self::Failed(_) => Reason::TransportError,
            Self::Malformed(_) => Reason::ParseError,
            Self::TooLarge => Reason::TooLarge,
        }
    }
}

impl Socket {
    /// Takes the connection over from the HTTP server. Its buffers and its task end with that; only the
    /// stream itself remains.
    pub(super) async fn of(upgraded: hyper::upgrade::Upgraded, settings: &Settings) -> Self {
        let (stream, read): (Box<dyn Io>, Bytes) = match downcast::<TokioIo<Patient>>(upgraded) {
            // The session watches over the peer itself.
            Ok(parts) => (parts.io.into_inner().into_inner(), parts.read_buf),
            Err(upgraded) => (Box::new(TokioIo::new(upgraded)), Bytes::new()),
        };
        Self::over(stream, read, settings).await
    }

    /// Over a byte stream, of which this much was read already.
    pub(super) async fn over(stream: Box<dyn Io>, read: Bytes, settings: &Settings) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(WRITE)
            .max_message_size(Some(settings.max_payload))
            .max_frame_size(Some(settings.max_payload));
        let (role, config) = (Role::Server, Some(config));
        let stream = if read.is_empty() {
            WebSocketStream::from_raw_socket(stream, role, config).await
        } else {
            WebSocketStream::from_partially_read(stream, read.to_vec(), role, config).await
        };
        Self { stream, rest: None, dirty: false }
    }

    /// Writes what is in the outbox, as far as the peer reads, and reads, if there is room for answers.
    /// Cancel safe.
    pub(super) async fn turn(
        &mut self,
        outbox: &mut Outbox,
        bound: usize,
    ) -> Result<Happened, Broken> {
        let full = outbox.bytes() >= bound;
        poll_fn(|cx| {
            let _ = self.poll_write(cx, outbox)?;
            if !full {
                return self.poll_packet(cx).map_ok(Happened::Packet);
            }
            if outbox.bytes() < bound { Poll::Ready(Ok(Happened::Room)) } else { Poll::Pending }
        })
        .await
    }

    /// Writes everything. Cancel safe.
    pub(super) async fn flush(&mut self, outbox: &mut Outbox) -> Result<(), Broken> {
        poll_fn(|cx| self.poll_write(cx, outbox)).await
    }

    /// The next packet, for probes. Cancel safe.
    pub(super) async fn packet(&mut self) -> Result<Packet, Broken> {
        poll_fn(|cx| self.poll_packet(cx)).await
    }

    /// Closes the connection and hears the peer out, as the closing handshake asks.
    pub(super) async fn close(mut self, reason: Reason) {
        let code = match reason {
            Reason::ServerShuttingDown => CloseCode::Away,
            Reason::TooLarge => CloseCode::Size,
            Reason::ParseError | Reason::TransportError => CloseCode::Protocol,
            _ => CloseCode::Normal,
        };
        let frame = CloseFrame { code, reason: reason.as_str().into() };
        let part = async {
            if self.stream.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = poll_fn(|cx| Pin::new(&mut self.stream).poll_next(cx)).await
                {
                }
            }
        };
        // A peer that is gone or stalled cannot be told; the connection is dropped in any case.
        let _ = timeout(FAREWELL, part).await;
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        outbox: &mut Outbox,
    ) -> Poll<Result<(), Broken>> {
        while self.rest.is_some() || !outbox.is_empty() {
            ready!(self.stream.poll_ready_unpin(cx)).map_err(broken)?;
            let (frame, begun) = match self.rest.take() {
                Some(rest) => (rest, true),
                None => match outbox.pop() {
                    Some(frame) => (frame, false),
                    None => break,
                },
            };
            if begun {
                outbox.moves();
            }
            let frame = self.fragment(frame, begun);
            self.stream.start_send_unpin(tungstenite::Message::Frame(frame)).map_err(broken)?;
            self.dirty = true;
        }
        if self.dirty {
            ready!(self.stream.poll_flush_unpin(cx)).map_err(broken)?;
            self.dirty = false;
        }
        Poll::Ready(Ok(()))
    }

    /// The first fragment of a message or of its rest; what remains is kept.
    fn fragment(&mut self, mut frame: Frame, begun: bool) -> WireFrame {
        let kind = match (begun, frame.binary) {
            (true, _) => Data::Continue,
            (false, true) => Data::Binary,
            (false, false) => Data::Text,
        };
        let last = frame.payload.len() <= FRAGMENT;
        if last {
            return WireFrame::message(frame.payload, OpCode::Data(kind), true);
        }
        let head = frame.payload.split_to(FRAGMENT);
        self.rest = Some(frame);
        WireFrame::message(head, OpCode::Data(kind), false)
    }

    fn poll_packet(&mut self, cx: &mut Context<'_>) -> Poll<Result<Packet, Broken>> {
        loop {
            let message = match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                None | Some(Ok(tungstenite::Message::Close(_))) => {
                    return Poll::Ready(Err(Broken::Gone));
                }
                Some(message) => message.map_err(broken)?,
            };
            return Poll::Ready(match message {
                tungstenite::Message::Text(text) => {
                    Packet::from_text(text.as_str()).map_err(Broken::Malformed)
                }
                tungstenite::Message::Binary(bytes) => Ok(Packet::Message(Message::Binary(
                    // The bytes would keep the read buffer alive for as long as they are kept.
                    Bytes::copy_from_slice(&bytes),
                ))),
                // The heartbeat of WebSocket itself is answered by the reader below us.
                _ => continue,
            });
        }
    }
}

fn broken(error: tungstenite::Error) -> Broken {
    use tungstenite::{Error, error::ProtocolError};
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Broken::Gone,
        Error::Io(error) if is_gone(&error) => Broken::Gone,
        Error::Capacity(_) => Broken::TooLarge,
        error => Broken::Failed(error.to_string()),
    }
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
