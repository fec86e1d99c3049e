//! Stands between a daemon and its Redis, and lets no word of publish and subscribe through.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

/// How a published message begins on the wire; the answer to SUBSCRIBE begins otherwise.
const MESSAGE: &[u8] = b">3\r\n$7\r\nmessage\r\n";

/// A proxy on a Unix socket of its own. It goes away with the runtime.
pub struct Deaf {
    dir: TempDir,
    swallowed: Arc<AtomicU64>,
}

impl Deaf {
    /// In front of the server at this socket.
    pub fn start(server: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("deaf.sock")).unwrap();
        let swallowed = Arc::new(AtomicU64::new(0));
        let (server, count) = (server.to_owned(), swallowed.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), count.clone()));
            }
        });
        Self { dir, swallowed }
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.dir.path().join("deaf.sock").display())
    }

    /// How many messages did not go through.
    pub fn swallowed(&self) -> u64 {
        self.swallowed.load(Ordering::SeqCst)
    }
}

async fn carry(mut client: UnixStream, server: PathBuf, swallowed: Arc<AtomicU64>) {
    let Ok(mut server) = UnixStream::connect(server).await else { return };
    let (mut request, mut reply) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(length @ 1..) = read else { return };
                if server.write_all(&request[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut reply) => {
                let Ok(length @ 1..) = read else { return };
                if reply[..length].starts_with(MESSAGE) {
                    swallowed.fetch_add(1, Ordering::SeqCst);
                } else if client.write_all(&reply[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
