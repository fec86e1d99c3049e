//! Stands between a client and its Redis, and loses and delays what goes through.

use futures_util::future::join_all;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// A proxy on a Unix socket of its own. It goes away with the runtime.
pub struct Proxy {
    dir: TempDir,
    faults: Arc<Faults>,
}

struct Faults {
    /// One in so many pieces meets a fault; 0: none.
    one_in: AtomicU64,
    dice: AtomicU64,
    /// Requests that went through.
    through: watch::Sender<u64>,
    replies_lost: AtomicU64,
    late: Mutex<Vec<JoinHandle<()>>>,
}

impl Proxy {
    /// In front of the server at this socket; without faults at first.
    pub fn start(server: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("proxy.sock")).unwrap();
        let faults = Arc::new(Faults {
            one_in: AtomicU64::new(0),
            dice: AtomicU64::new(7),
            through: watch::Sender::new(0),
            replies_lost: AtomicU64::new(0),
            late: Mutex::default(),
        });
        let (server, told) = (server.to_owned(), faults.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), told.clone()));
            }
        });
        Self { dir, faults }
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.dir.path().join("proxy.sock").display())
    }

    /// From now on one in so many pieces of data is lost with its connection, or comes late.
    pub fn disturb(&self, one_in: u64) {
        self.faults.one_in.store(one_in, Ordering::SeqCst);
    }

    /// No more faults; returns once all that was late has come, with how many replies were lost and how many
    /// requests were late.
    pub async fn calm(&self) -> (u64, usize) {
        self.disturb(0);
        self.faults.through.send_modify(|n| *n += 1000);
        let late = std::mem::take(&mut *self.faults.late.lock().unwrap());
        let count = late.len();
        join_all(late).await.into_iter().for_each(Result::unwrap);
        (self.faults.replies_lost.load(Ordering::SeqCst), count)
    }
}

impl Faults {
    fn hits(&self) -> bool {
        let one_in = self.one_in.load(Ordering::SeqCst);
        let step = |n: u64| {
            Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
        };
        let rolled = self.dice.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step).unwrap();
        one_in > 0 && (rolled >> 33).is_multiple_of(one_in)
    }
}

/// Carries one connection until somebody ends it or a fault does.
async fn carry(mut client: UnixStream, server: PathBuf, faults: Arc<Faults>) {
    // A server that is away refuses the client by the end of its connection.
    let Ok(mut server) = UnixStream::connect(server).await else { return };
    let (mut request, mut reply) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(length @ 1..) = read else { return };
                if faults.hits() {
                    let request = request[..length].to_vec();
                    let late = tokio::spawn(deliver_late(server, request, faults.clone()));
                    faults.late.lock().unwrap().push(late);
                    return; // the client's end of it is closed
                }
                if server.write_all(&request[..length]).await.is_err() {
                    return;
                }
                faults.through.send_modify(|n| *n += 1);
            }
            read = server.read(&mut reply) => {
                let Ok(length @ 1..) = read else { return };
                if faults.hits() {
                    faults.replies_lost.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if client.write_all(&reply[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A request that reaches the server after its client has given it up and asked again elsewhere.
async fn deliver_late(mut server: UnixStream, request: Vec<u8>, faults: Arc<Faults>) {
    let mut through = faults.through.subscribe();
    let after = *through.borrow() + 6;
    through.wait_for(|now| *now >= after).await.unwrap();
    server.write_all(&request).await.unwrap();
    // It has been done when it is answered.
    let mut answer = [0; 1 << 12];
    assert!(server.read(&mut answer).await.unwrap() > 0);
}
