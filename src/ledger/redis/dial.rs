//! Connections that the caller makes: over a tunnel of its own, or in a simulated network.

use super::link::CONNECT;
use async_trait::async_trait;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisError, aio::MultiplexedConnection};
use std::{fmt, io};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time,
};

/// A stream of bytes to a Redis and back.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a client takes from the world around it.
#[async_trait]
pub trait Dial: fmt::Debug + Send + Sync + 'static {
    /// A new connection to the server.
    async fn dial(&self) -> io::Result<Box<dyn Stream>>;

    /// A number made by chance, for the pauses between two tries.
    fn chance(&self) -> u32;
}

/// Dials, and greets the server in the client's protocol.
pub(super) async fn connect(
    dial: &dyn Dial,
    settings: &RedisConnectionInfo,
    config: AsyncConnectionConfig,
) -> Result<MultiplexedConnection, RedisError> {
    let whole = async {
        let stream = dial.dial().await?;
        MultiplexedConnection::new_with_config(settings, stream, config).await
    };
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    let (conn, driver) = time::timeout(CONNECT, whole).await.map_err(late)??;
    // It ends with the last handle of the connection.
    tokio::spawn(driver);
    Ok(conn)
}
