//! Peers that take little or nothing, by a clock of their own.

#![allow(clippy::unwrap_used)] // A test may panic.

use super::{super::polling::REQUESTS, *};
use crate::hub::engineio::{Message, packet::Text};
use axum::body::Bytes;
use futures_util::StreamExt;
use std::future::pending;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{mpsc, oneshot},
    time::sleep,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

/// What the streams in these tests hold, in bytes.
const PIPE: usize = 4 << 10;

/// The longest of the messages, in bytes: many fragments.
const LONG: usize = 300 << 10;

/// Has something to say: a long message and then short ones.
struct Source {
    said: usize,
    total: usize,
    ended: Option<oneshot::Sender<Reason>>,
}

fn text(number: usize) -> String {
    format!("{number}:{}", "x".repeat(if number == 0 { LONG } else { 1000 }))
}

impl Link for Source {
    async fn message(&mut self, _: Message, _: &mut Outbox) -> Result<(), Reason> {
        Ok(())
    }

    async fn ready(&mut self) {
        if self.said == self.total {
            pending::<()>().await;
        }
    }

    async fn take(&mut self, outbox: &mut Outbox) -> Result<(), Reason> {
        outbox.message(Message::Text(Text::from(&*text(self.said))));
        self.said += 1;
        Ok(())
    }

    async fn closed(&mut self, reason: Reason) {
        let _ = self.ended.take().unwrap().send(reason);
    }
}

fn settings() -> Settings {
    Settings { send_buffer: 16 << 10, ..Settings::default() }
}

/// Serves a peer, and tells how it ends.
fn serve(settings: Settings, carrier: Carrier, total: usize) -> oneshot::Receiver<Reason> {
    let (ended, end) = oneshot::channel();
    let session = Session {
        link: Source { said: 0, total, ended: Some(ended) },
        outbox: Outbox::default(),
        carrier,
        heart: Heart::new(&settings, Instant::now()),
        settings: Arc::new(settings),
        ticket: None,
    };
    tokio::spawn(Box::new(session).run());
    end
}

async fn over(stream: DuplexStream, settings: &Settings) -> Carrier {
    Carrier::Socket(Box::new(Socket::over(Box::new(stream), Bytes::new(), settings).await))
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_polls_is_cut_as_a_slow_consumer() {
    let (_requests, requests) = mpsc::channel(REQUESTS);
    let end = serve(settings(), Carrier::Polling(Polling::new(requests)), usize::MAX);
    assert_eq!(end.await.unwrap(), Reason::SlowConsumer);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_cut_as_a_slow_consumer() {
    let (near, _far) = duplex(PIPE);
    let end = serve(settings(), over(near, &settings()).await, usize::MAX);
    assert_eq!(end.await.unwrap(), Reason::SlowConsumer);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_silent_while_there_is_room_is_none() {
    let (near, _far) = duplex(PIPE);
    let settings = Settings { send_buffer: 2 * LONG, ..settings() };
    let carrier = over(near, &settings).await;
    let end = serve(settings, carrier, 2);
    assert_eq!(end.await.unwrap(), Reason::PingTimeout);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_gets_everything() {
    const TOTAL: usize = 100;
    let settings = Settings { ping_interval: Duration::from_secs(3600), ..settings() };
    // All of it takes many times as long as a peer may take nothing.
    let pause = settings.send_timeout / 10;
    let ((near, mut far), (mut read, reader)) = (duplex(PIPE), duplex(PIPE));
    let end = serve(settings.clone(), over(near, &settings).await, TOTAL);
    tokio::spawn(async move {
        let mut some = [0; PIPE];
        while let Ok(length @ 1..) = far.read(&mut some).await {
            sleep(pause).await;
            if read.write_all(&some[..length]).await.is_err() {
                return;
            }
        }
    });
    let mut peer = WebSocketStream::from_raw_socket(reader, Role::Client, None).await;
    for number in 0..TOTAL {
        let message = peer.next().await.unwrap().unwrap();
        assert_eq!(message.into_text().unwrap().as_str(), format!("4{}", text(number)));
    }
    drop(peer);
    // It is found gone when something is said to it.
    assert_eq!(end.await.unwrap(), Reason::TransportClose);
}
