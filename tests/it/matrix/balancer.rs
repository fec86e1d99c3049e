//! What stands before several daemons: it gives each connection to the next one that takes it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// A load balancer as simple as can be: it does not know what passes through it.
pub struct Balancer {
    pub url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Where the daemons are now; `None`: this one is down.
    backends: Mutex<Vec<Option<SocketAddr>>>,
    next: AtomicUsize,
}

impl Balancer {
    /// Before so many daemons, all of which are down.
    pub async fn start(backends: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state =
            Arc::new(State { backends: Mutex::new(vec![None; backends]), ..State::default() });
        let served = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = served.clone();
                tokio::spawn(async move { state.pass(client).await });
            }
        });
        Self { url, state }
    }

    /// A daemon is at this address now, or nowhere.
    pub fn place(&self, number: usize, url: Option<&str>) {
        let addr = url.map(|url| url.trim_start_matches("http://").parse().unwrap());
        self.state.backends.lock().unwrap()[number] = addr;
    }
}

impl State {
    async fn pass(&self, mut client: TcpStream) {
        let backends = self.backends.lock().unwrap().clone();
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for tried in 0..backends.len() {
            let Some(addr) = backends[(first + tried) % backends.len()] else { continue };
            if let Ok(mut daemon) = TcpStream::connect(addr).await {
                // Whichever side fails, both are closed.
                let _ = copy_bidirectional(&mut client, &mut daemon).await;
                return;
            }
        }
    }
}
