//! Many sockets, and the board on which they note what they hear.

use crate::{PATIENCE, socket::Socket};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, stream};
use std::{cell::RefCell, net::SocketAddr, rc::Rc, time::Instant};
use tokio::{sync::Notify, task::JoinHandle};

/// How many handshakes are on their way at once.
const HANDSHAKES: usize = 64;

/// When each push was sent, and how long it took to be heard.
#[derive(Default)]
pub struct Board {
    sent: RefCell<Vec<Instant>>,
    heard: RefCell<Vec<f64>>,
    lost: RefCell<Option<String>>,
    news: Notify,
}

impl Board {
    /// Notes that a push is sent now; its number.
    pub fn send(&self) -> usize {
        let mut sent = self.sent.borrow_mut();
        sent.push(Instant::now());
        sent.len() - 1
    }

    /// Forgets everything, for another round.
    pub fn clear(&self) {
        self.sent.borrow_mut().clear();
        self.heard.borrow_mut().clear();
    }

    /// How many receipts there were.
    pub fn count(&self) -> usize {
        self.heard.borrow().len()
    }

    /// Waits until there are so many receipts: seconds from sending to hearing, in the order of arrival.
    pub async fn all(&self, count: usize) -> Result<Vec<f64>> {
        let enough = async {
            while self.count() < count && self.lost.borrow().is_none() {
                self.news.notified().await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, enough).await;
        if let Some(why) = &*self.lost.borrow() {
            bail!("a socket was lost: {why}");
        }
        ended.with_context(|| format!("only {} of {count} arrived", self.count()))?;
        ensure!(self.count() == count, "{} arrived, {count} were sent", self.count());
        Ok(self.heard.borrow().clone())
    }

    fn hear(&self, text: &[u8]) {
        let Some(number) = number(text) else { return };
        let sent = self.sent.borrow()[number];
        self.heard.borrow_mut().push(sent.elapsed().as_secs_f64());
        self.news.notify_one();
    }
}

/// The number of a push, which is the first thing in its payload.
fn number(text: &[u8]) -> Option<usize> {
    let mark = br#"{"n":"#;
    let at = text.windows(mark.len()).position(|bytes| bytes == mark)? + mark.len();
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

/// Sockets that listen; cut when dropped.
pub struct Crowd {
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Crowd {
    /// Connects so many sockets; the n-th is of the user whom `user` names, or of nobody.
    pub async fn gather(
        addr: SocketAddr,
        count: usize,
        board: &Rc<Board>,
        user: impl Fn(usize) -> Option<String>,
    ) -> Result<Self> {
        let mut sockets = stream::iter((0..count).map(|number| {
            let user = user(number);
            async move {
                let mut socket = Socket::connect(addr).await?;
                if let Some(user) = user {
                    socket.register(&user).await?;
                }
                anyhow::Ok(socket)
            }
        }))
        .buffer_unordered(HANDSHAKES);
        let mut crowd = Self { tasks: Vec::with_capacity(count) };
        while let Some(socket) = sockets.next().await {
            let (socket, board) = (socket?, board.clone());
            crowd.tasks.push(tokio::task::spawn_local(async move {
                let ended = socket.listen(|text| board.hear(text)).await;
                let why =
                    ended.err().map_or_else(|| "it ended".to_owned(), |error| error.to_string());
                *board.lost.borrow_mut() = Some(why);
                board.news.notify_one();
            }));
        }
        Ok(crowd)
    }
}
