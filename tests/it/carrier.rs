//! Stands between a client and its Redis, and does to what passes what a test wants.

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

/// What becomes of a piece of data.
pub enum Fate {
    Passes,
    /// It goes nowhere, and the connection goes on.
    IsSwallowed,
    /// It goes nowhere, and the connection is closed on both sides.
    EndsAll,
}

/// Which way a piece goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    There,
    /// To the client.
    Back,
}

/// A proxy on a Unix socket of its own. It goes away with the runtime.
pub struct Carrier(TempDir);

impl Carrier {
    /// In front of the server at this socket. Each piece of data meets what `meets` says of it.
    pub fn start(
        server: &Path,
        meets: impl Fn(Way, &[u8]) -> Fate + Clone + Send + 'static,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("carrier.sock")).unwrap();
        let server = server.to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), meets.clone()));
            }
        });
        Self(dir)
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.0.path().join("carrier.sock").display())
    }
}

/// Carries one connection until somebody ends it or its fate does.
async fn carry(mut client: UnixStream, server: PathBuf, meets: impl Fn(Way, &[u8]) -> Fate) {
    // A server that is away refuses the client by the end of its connection.
    let Ok(mut server) = UnixStream::connect(server).await else { return };
    let (mut request, mut reply) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let (way, read) = tokio::select! {
            read = client.read(&mut request) => (Way::There, read),
            read = server.read(&mut reply) => (Way::Back, read),
        };
        let Ok(length @ 1..) = read else { return };
        let (piece, to) = match way {
            Way::There => (&request[..length], &mut server),
            Way::Back => (&reply[..length], &mut client),
        };
        match meets(way, piece) {
            Fate::Passes if to.write_all(piece).await.is_err() => return,
            Fate::Passes | Fate::IsSwallowed => {}
            Fate::EndsAll => return,
        }
    }
}
