//! Why a connection or a namespace ended.

use std::fmt;

/// Why a connection, or one namespace of it, ended. The words are those of the official server, so that
/// logs and figures read alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The peer closed the connection or is gone.
    TransportClose,
    /// The transport failed, or the peer broke its rules: a request overlapped another, a heartbeat had
    /// the wrong direction.
    TransportError,
    /// A ping was not answered in time.
    PingTimeout,
    /// A packet could not be read.
    ParseError,
    /// A message is longer than the payload that was agreed upon. No word of the official server, which
    /// counts it among the errors of the transport.
    TooLarge,
    /// The client left the namespace.
    ClientNamespace,
    /// The server ended the namespace. Official clients do not come back by themselves.
    ServerNamespace,
    /// The server stops. Official clients connect again.
    ServerShuttingDown,
    /// The server closed the connection. Official clients connect again.
    ForcedClose,
    /// The client joined no namespace in time.
    ForcedServerClose,
    /// As much waited for the peer as may, and it took nothing for a while. No word of the official server, which
    /// knows no bound. Official clients connect again and resume.
    SlowConsumer,
}

impl Reason {
    /// The words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::TooLarge => "payload too large",
            Self::ClientNamespace => "client namespace disconnect",
            Self::ServerNamespace => "server namespace disconnect",
            Self::ServerShuttingDown => "server shutting down",
            Self::ForcedClose => "forced close",
            Self::ForcedServerClose => "forced server close",
            Self::SlowConsumer => "slow consumer",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
