//! One client: Socket.IO 5 over Engine.IO 4 over a WebSocket, by hand and with no buffer of its own worth naming.

use crate::frames::{self, Frame};
use anyhow::{Context, Result, bail, ensure};
use std::{cell::RefCell, io, net::SocketAddr};
use tokio::{io::AsyncWriteExt, net::TcpStream};

thread_local! {
    /// What all sockets of the one thread read into.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

/// A connection that has said CONNECT and was answered.
pub struct Socket {
    stream: TcpStream,
    /// The beginning of a frame whose end was not read yet.
    rest: Vec<u8>,
}

impl Socket {
    /// Connects to the default namespace, WebSocket only.
    pub async fn connect(addr: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(addr).await.context("the hub refuses connections")?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {addr}\r\nConnection: \
             Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
             c29ub2NvZGUtaHViLWJlbg==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut socket = Self { stream, rest: Vec::new() };
        socket.upgraded().await?;
        // The handshake is answered before CONNECT is said, as official clients do.
        socket.until(b"0{").await?;
        socket.say(b"40").await?;
        socket.until(b"40{").await?;
        Ok(socket)
    }

    /// Emits an event whose JSON array is this.
    pub async fn emit(&mut self, array: &str) -> Result<()> {
        self.say(format!("42{array}").as_bytes()).await
    }

    /// Registers a user and waits until the hub says that it knows the socket.
    pub async fn register(&mut self, user: &str) -> Result<()> {
        self.emit(&format!(r#"["setUserId","{user}"]"#)).await?;
        loop {
            self.emit(&format!(r#"["getConnectionId","{user}"]"#)).await?;
            // Node's hub writes to Redis meanwhile and may answer null; a front end would ask again.
            if !self.until(br#"42["connectionId","#).await?.ends_with(b"null]") {
                return Ok(());
            }
        }
    }

    /// Reads events for ever and tells of each; ends when the hub goes away.
    pub async fn listen(mut self, mut heard: impl FnMut(&[u8])) -> Result<()> {
        loop {
            self.read(|text| {
                heard(text);
                false
            })
            .await?;
        }
    }

    async fn say(&mut self, text: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(&frames::masked(true, text)).await?)
    }

    /// Waits for a text that begins like this, and returns it. Others are answered or left.
    async fn until(&mut self, begin: &[u8]) -> Result<Vec<u8>> {
        let mut found = None;
        while found.is_none() {
            let found = &mut found;
            self.read(|text| {
                let is = text.starts_with(begin);
                if is {
                    *found = Some(text.to_vec());
                }
                is
            })
            .await?;
        }
        Ok(found.unwrap_or_default())
    }

    /// The reply to the upgrade.
    async fn upgraded(&mut self) -> Result<()> {
        loop {
            let end = self.rest.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8_lossy(&self.rest[..end]).into_owned();
                ensure!(head.starts_with("HTTP/1.1 101"), "no upgrade: {head}");
                self.rest.drain(..end + 4);
                return Ok(());
            }
            self.fill().await?;
        }
    }

    /// Hands over every text that is there; when there is none yet, waits for more bytes. Stops early when the
    /// one who hears has enough.
    async fn read(&mut self, mut heard: impl FnMut(&[u8]) -> bool) -> Result<()> {
        let (mut taken, mut answers, mut enough) = (0, Vec::new(), false);
        while !enough && let Some((frame, length)) = frames::first(&self.rest[taken..])? {
            taken += length;
            match frame {
                Frame::Text(b"2") => answers.extend(frames::masked(true, b"3")),
                Frame::Text(text) => enough = heard(text),
                Frame::Ping(body) => answers.extend(frames::masked(false, body)),
                Frame::Other => {}
                Frame::Close => bail!("the hub closed a socket"),
            }
        }
        self.rest.drain(..taken);
        if self.rest.is_empty() {
            // Ten thousand of them are kept.
            self.rest = Vec::new();
        }
        if !answers.is_empty() {
            self.stream.write_all(&answers).await?;
        }
        if taken == 0 { self.fill().await } else { Ok(()) }
    }

    /// Waits for bytes and takes what is there.
    async fn fill(&mut self) -> Result<()> {
        loop {
            self.stream.readable().await?;
            let read = SCRATCH.with_borrow_mut(|scratch| {
                let read = self.stream.try_read(scratch)?;
                self.rest.extend_from_slice(&scratch[..read]);
                io::Result::Ok(read)
            });
            match read {
                Ok(0) => bail!("the hub hung up"),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
