//! What lies between a client and the hub and is cut now and then.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};

/// The most bytes to a client for which most connections live, and the factors by which some live longer: a handshake
/// takes some 500, a submission some 3,000, and a reply to a poll may hold all that is pending and must come through
/// some day.
const LIFE: u64 = 2_000;
const LONGER: [u64; 4] = [1, 1, 1, 32];

/// Where connections are cut.
#[derive(Clone, Copy, PartialEq)]
pub enum Cut {
    /// After so many bytes, wherever that is.
    Anywhere,
    /// Before a reply to a poll that begins with an event, and nothing of it comes.
    Replies,
}

/// Passes connections on, and cuts each after so many bytes to the client, wherever that is in a frame, or before the reply
/// that goes beyond.
pub struct Proxy {
    pub url: String,
    state: Arc<State>,
}

struct State {
    to: SocketAddr,
    cut: Cut,
    dice: AtomicU64,
    cutting: AtomicBool,
    cuts: AtomicUsize,
}

impl Proxy {
    /// Where each connection is cut follows from the seed. None is, until it is told to.
    pub async fn start(url: &str, cut: Cut, seed: u64) -> Self {
        let to = url.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            to,
            cut,
            dice: AtomicU64::new(seed),
            cutting: AtomicBool::new(false),
            cuts: AtomicUsize::new(0),
        });
        let served = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = served.clone();
                // Whichever side fails, both are closed, which is all that is to happen.
                tokio::spawn(async move { state.pass(client).await.ok() });
            }
        });
        Self { url, state }
    }

    /// Cuts the connections that there are, and every one that comes.
    pub fn cut_from_now_on(&self) {
        self.state.cutting.store(true, Ordering::Relaxed);
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::Relaxed)
    }
}

impl State {
    async fn pass(&self, client: TcpStream) -> std::io::Result<()> {
        let hub = TcpStream::connect(self.to).await?;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_hub, mut to_hub) = hub.into_split();
        tokio::select! {
            ended = copy(&mut from_client, &mut to_hub) => ended.map(drop),
            ended = self.down(&mut from_hub, &mut to_client) => ended,
        }
    }

    async fn down(
        &self,
        from: &mut (impl AsyncReadExt + Unpin),
        to: &mut (impl AsyncWriteExt + Unpin),
    ) -> std::io::Result<()> {
        let longer = LONGER[roll(&self.dice, LONGER.len() as u64) as usize];
        let mut life = roll(&self.dice, LIFE) * longer;
        let mut bytes = [0; 4096];
        loop {
            let read = from.read(&mut bytes).await?;
            if read == 0 {
                return Ok(());
            }
            if !self.cutting.load(Ordering::Relaxed) {
                to.write_all(&bytes[..read]).await?;
                // Spent when it is cut at once.
                life = life.saturating_sub(read as u64);
                continue;
            }
            if self.cuts.load(Ordering::Relaxed) == 0 {
                // A long life may outlast everything that is said, and every client is to be cut.
                life = life.min(LIFE);
            }
            let passed = match self.cut {
                Cut::Anywhere => read.min(life as usize),
                Cut::Replies if read > life as usize && has_event(&bytes[..read]) => 0,
                Cut::Replies => read,
            };
            to.write_all(&bytes[..passed]).await?;
            life = life.saturating_sub(passed as u64);
            if passed < read {
                self.cuts.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
        }
    }
}

fn has_event(reply: &[u8]) -> bool {
    reply.windows(6).any(|bytes| bytes == b"\r\n\r\n42")
}

/// A number below `most`: splitmix64, so that a seed that failed can be tried again.
pub fn roll(dice: &AtomicU64, most: u64) -> u64 {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut z = dice.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % most.max(1)
}

/// The seed of a test: `SONOCODE_TEST_SEED`, random unless it is set. Printed, so that it can be set.
pub fn seed() -> u64 {
    let seed = std::env::var("SONOCODE_TEST_SEED").map_or_else(
        |_| getrandom::u64().unwrap(),
        |text| text.parse().expect("SONOCODE_TEST_SEED: expected a number"),
    );
    eprintln!("SONOCODE_TEST_SEED={seed}");
    seed
}
