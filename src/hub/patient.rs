//! A connection whose peer must take what is written to it.
//!
//! An HTTP server writes a reply, however long a stream it is, whenever its peer takes some of it. A peer that is
//! there and takes nothing would hold the connection for ever: no error comes of it, and nobody above is asked for
//! more. So the byte stream itself sees to it.

use crate::metrics::Metrics;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// A byte stream.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A byte stream that fails, with [`io::ErrorKind::TimedOut`], when something waits to be written and the peer takes
/// none of it for too long. It is counted as a slow consumer then. One that takes a little now and then is waited for.
pub struct Patient {
    stream: Box<dyn Io>,
    patience: Duration,
    metrics: Metrics,
    state: State,
}

/// How the peer takes what is written.
enum State {
    /// Nothing waits.
    Flows,
    /// Something waits, and the peer has until this timer ends to take some of it.
    Waits(Pin<Box<Sleep>>),
    /// It was cut.
    Cut,
}

impl Patient {
    /// Over a stream whose peer may take nothing for as long as this.
    pub fn over(stream: impl Io + 'static, patience: Duration, metrics: Metrics) -> Self {
        Self { stream: Box::new(stream), patience, metrics, state: State::Flows }
    }

    /// The stream itself, for who watches over the peer in another way.
    pub fn into_inner(self) -> Box<dyn Io> {
        self.stream
    }

    /// Writes, or does whatever else the peer must make room for.
    fn write<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut (dyn Io + 'static)>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "the peer takes nothing");
        if matches!(self.state, State::Cut) {
            return Poll::Ready(Err(late()));
        }
        let written = write(Pin::new(&mut *self.stream), cx);
        if written.is_ready() {
            self.state = State::Flows;
            return written;
        }
        if matches!(self.state, State::Flows) {
            self.state = State::Waits(Box::pin(sleep(self.patience)));
        }
        if let State::Waits(timer) = &mut self.state
            && timer.as_mut().poll(cx).is_ready()
        {
            self.state = State::Cut;
            tracing::debug!("a connection is cut, for its peer takes nothing");
            self.metrics.cut("slow consumer");
            return Poll::Ready(Err(late()));
        }
        Poll::Pending
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(cx, AsyncWrite::poll_shutdown)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // A test may panic.

    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_cut_and_counted() {
        let (near, _far) = duplex(1000);
        let metrics = Metrics::new();
        let mut stream = Patient::over(near, PATIENCE, metrics.clone());
        stream.write_all(&[0; 1000]).await.unwrap();
        // Nothing waits: it may stay so for as long as it likes.
        sleep(10 * PATIENCE).await;
        assert_eq!(metrics.hub(0, 0).cuts, 0);
        let error = stream.write_all(&[0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(stream.shutdown().await.is_err());
        assert_eq!(metrics.hub(0, 0).cuts, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_little_now_and_then_gets_everything() {
        let (near, mut far) = duplex(1000);
        let metrics = Metrics::new();
        let mut stream = Patient::over(near, PATIENCE, metrics.clone());
        let written = tokio::spawn(async move { stream.write_all(&vec![1; 50_000]).await });
        let (mut all, mut some) = (0, [0; 1000]);
        while let Ok(length @ 1..) = far.read(&mut some).await {
            all += length;
            sleep(PATIENCE / 2).await;
        }
        written.await.unwrap().unwrap();
        assert_eq!((all, metrics.hub(0, 0).cuts), (50_000, 0));
    }
}
