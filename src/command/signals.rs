//! Ctrl-C and SIGTERM as values.

use crate::error::{Error, Signal};
use tokio::signal::unix::{SignalKind, signal};

/// Listens from its making on, so that a signal that comes early is not lost.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on these signals do nothing but end [`Signals::next`].
    pub(super) fn listen() -> Result<Self, Error> {
        let listen = |kind| {
            signal(kind)
                .map_err(|error| Error::Other(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    /// Does something until it is done or a signal comes.
    pub(super) async fn guard<T>(
        &mut self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            result = work => result,
            signal = self.next() => Err(Error::Signal(signal)),
        }
    }
}

/// SIGHUP, by which a daemon is told to read its files again.
#[derive(Debug)]
pub(super) struct Hangups(tokio::signal::unix::Signal);

impl Hangups {
    /// From now on this signal does nothing but end [`Hangups::next`].
    pub(super) fn listen() -> Result<Self, Error> {
        let signal = signal(SignalKind::hangup());
        signal
            .map(Self)
            .map_err(|error| Error::Other(format!("cannot listen for signals: {error}")))
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        self.0.recv().await;
    }
}
