//! Stands between a client and its Redis, and loses and delays what goes through.

use crate::carrier::{Carrier, Fate, Way};
use futures_util::future::join_all;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::watch,
    task::JoinHandle,
};

/// A proxy with faults.
pub struct Proxy {
    carrier: Carrier,
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
        let faults = Arc::new(Faults {
            one_in: AtomicU64::new(0),
            dice: AtomicU64::new(7),
            through: watch::Sender::new(0),
            replies_lost: AtomicU64::new(0),
            late: Mutex::default(),
        });
        let (told, server_too) = (faults.clone(), server.to_owned());
        let carrier = Carrier::start(server, move |way, piece| told.meets(way, piece, &server_too));
        Self { carrier, faults }
    }

    pub fn url(&self) -> String {
        self.carrier.url()
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

    /// A request comes late, when its client has long lost its connection; a reply never does.
    fn meets(self: &Arc<Self>, way: Way, piece: &[u8], server: &Path) -> Fate {
        match (self.hits(), way) {
            (true, Way::There) => {
                let late = deliver_late(server.to_owned(), piece.to_vec(), self.clone());
                self.late.lock().unwrap().push(tokio::spawn(late));
                return Fate::EndsAll;
            }
            (true, Way::Back) => {
                self.replies_lost.fetch_add(1, Ordering::SeqCst);
                return Fate::EndsAll;
            }
            (false, Way::There) => self.through.send_modify(|n| *n += 1),
            (false, Way::Back) => {}
        }
        Fate::Passes
    }
}

/// A request that reaches the server after its client has given it up and asked again elsewhere.
async fn deliver_late(server: PathBuf, request: Vec<u8>, faults: Arc<Faults>) {
    let mut through = faults.through.subscribe();
    let after = *through.borrow() + 6;
    through.wait_for(|now| *now >= after).await.unwrap();
    let mut server = UnixStream::connect(server).await.unwrap();
    server.write_all(&request).await.unwrap();
    // It has been done when it is answered.
    let mut answer = [0; 1 << 12];
    assert!(server.read(&mut answer).await.unwrap() > 0);
}
