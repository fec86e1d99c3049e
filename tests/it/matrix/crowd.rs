//! Who listens: clients that others wrote, one for each verdict, and a follower of the whole journal. None of them knows how
//! many daemons there are.

use crate::{
    house::{House, Watcher},
    sockets::{
        loss::{Kind, compare, registered},
        others::{Client, Heard, Maker, Over},
        raw::ENDS,
    },
};
use sonocode::judge::Event;
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

/// The pause of a follower that found nobody.
const PAUSE: Duration = Duration::from_millis(50);

/// Which client hears of which verdict.
const LISTENERS: [(&str, Kind); 4] = [
    ("AC", (Maker::Official, Over::WebSocket, false)),
    ("WA", (Maker::Official, Over::WebSocket, true)),
    ("RE", (Maker::Python, Over::WebSocket, true)),
    ("CE", (Maker::Official, Over::WebSocket, false)),
];

/// The clients.
pub struct Crowd {
    listeners: Vec<Listener>,
}

struct Listener {
    user: &'static str,
    kind: Kind,
    /// How many ends it is to hear; `None`: not known yet.
    wanted: watch::Sender<Option<usize>>,
    hearing: JoinHandle<Client>,
}

impl Crowd {
    /// Connects them.
    pub async fn gather(url: &str) -> Self {
        let mut listeners = Vec::new();
        for (user, kind) in LISTENERS {
            let client = registered(kind, url, user).await;
            let wanted = watch::Sender::new(None);
            let hearing = tokio::spawn(hear(client, wanted.subscribe()));
            listeners.push(Listener { user, kind, wanted, hearing });
        }
        Self { listeners }
    }

    /// Waits until each has heard the end of as many submissions as its user has, and compares what it heard with the log.
    /// Returns how often they connected.
    pub async fn compare(self, url: &str, submissions: impl Fn(&str) -> usize) -> usize {
        let mut connects = 0;
        for Listener { user, kind, wanted, hearing } in self.listeners {
            let submissions = submissions(user);
            wanted.send_replace(Some(ENDS.len() * submissions));
            let client = hearing.await.unwrap();
            connects += client.said.iter().filter(|line| line["on"] == "connect").count();
            compare(url, kind, user, &client, submissions).await;
        }
        connects
    }
}

async fn hear(mut client: Client, mut wanted: watch::Receiver<Option<usize>>) -> Client {
    let mut ends = BTreeSet::new();
    loop {
        if wanted.borrow_and_update().is_some_and(|wanted| ends.len() >= wanted) {
            return client;
        }
        let line = tokio::select! {
            line = client.next() => line,
            _ = wanted.changed() => continue,
        };
        if ENDS.iter().any(|end| line["name"] == *end) {
            ends.insert(Heard::of(&line).place);
        }
    }
}

/// The journal as a client follows it that comes back where it was.
pub struct Journal {
    events: mpsc::UnboundedReceiver<(Instant, Event)>,
    following: JoinHandle<()>,
}

impl Journal {
    pub fn follow(url: &str) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let house = House::at(url);
        let following = tokio::spawn(async move {
            let mut last = 0;
            loop {
                let path = format!("/api/v1/events?after={last}");
                let Some(mut watcher) = Watcher::open(&house, &path).await else {
                    sleep(PAUSE).await;
                    continue;
                };
                while let Some(event) = watcher.next().await {
                    last = event.pos;
                    if sender.send((Instant::now(), event)).is_err() {
                        return;
                    }
                }
            }
        });
        Self { events, following }
    }

    /// The next event, and when it came.
    pub async fn next(&mut self) -> (Instant, Event) {
        self.events.recv().await.expect("the follower is gone")
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.following.abort();
    }
}
