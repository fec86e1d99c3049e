//! `POST /sendPayload` by hand, over connections that are kept and on which requests do not wait for replies.

use crate::crowd::Board;
use anyhow::{Context, Result, ensure};
use std::{cell::Cell, net::SocketAddr, rc::Rc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// A kept connection of one who pushes.
pub struct Post {
    addr: SocketAddr,
    pub write: OwnedWriteHalf,
    pub read: Replies,
}

/// The replies of a connection.
pub struct Replies {
    stream: OwnedReadHalf,
    bytes: Vec<u8>,
}

impl Post {
    /// Connects.
    pub async fn connect(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        Ok(Self { addr, write, read: Replies { stream: read, bytes: Vec::new() } })
    }

    /// Keeps so many requests on their way until `more` says that it is enough, then waits for the last reply; the n-th
    /// push is for the user whom `user` names. How many were sent.
    pub async fn flood(
        mut self,
        board: &Board,
        depth: usize,
        path: &str,
        user: impl Fn(usize) -> String,
        more: impl Fn() -> bool,
    ) -> Result<usize> {
        let (mut sent, mut waiting) = (0, 0);
        loop {
            let mut out = Vec::new();
            while waiting < depth && more() {
                let number = board.send();
                out.extend(request(self.addr, path, &user(number), number));
                waiting += 1;
                sent += 1;
            }
            if waiting == 0 {
                return Ok(sent);
            }
            self.write.write_all(&out).await?;
            waiting -= self.read.some().await?;
        }
    }
}

impl Replies {
    /// Waits for replies; how many there were at once. Each must be 200.
    pub async fn some(&mut self) -> Result<usize> {
        loop {
            let mut count = 0;
            while let Some(length) = whole(&self.bytes)? {
                self.bytes.drain(..length);
                count += 1;
            }
            if count > 0 {
                return Ok(count);
            }
            ensure!(self.stream.read_buf(&mut self.bytes).await? > 0, "the hub hung up on a push");
        }
    }

    /// Counts replies until they end.
    pub async fn count(mut self, counter: Rc<Cell<usize>>) -> Result<()> {
        loop {
            counter.set(counter.get() + self.some().await?);
        }
    }
}

/// The n-th user of a crowd.
pub fn user(number: usize) -> String {
    format!("user-{number}")
}

/// A push of about 200 bytes of JSON, as an evaluator sends it.
pub fn request(addr: SocketAddr, path: &str, user: &str, number: usize) -> Vec<u8> {
    let body = format!(
        r#"{{"userId":"{user}","payload":{{"n":{number},"submissionId":"66f2a8c0e4b0a1{number:010}","status":"SUCCESS","response":{{"output":"1 2 3 4 5 6 7 8 9 10","executionTime":"120ms","memoryUsed":"25MB"}}}}}}"#
    );
    format!(
        "POST {path} HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\nContent-Length: \
         {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The length of the first reply, when it is whole.
fn whole(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    let all = || String::from_utf8_lossy(bytes);
    ensure!(head.starts_with("HTTP/1.1 200"), "a push was refused: {}", all());
    let named = |line: &&str| line.to_ascii_lowercase().starts_with("content-length:");
    let length = head.lines().find(named).with_context(|| format!("no length: {head}"))?;
    let length: usize = length["content-length:".len()..].trim().parse()?;
    let whole = end + 4 + length;
    Ok((bytes.len() >= whole).then_some(whole))
}
