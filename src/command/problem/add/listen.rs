//! `problem add --listen`: takes what the Competitive Companion browser extension posts.
//!
//! It speaks as much HTTP as the extension does: one request on a connection, with its length. Only
//! extensions and programs of this machine are heard: a page of the web that tries to post says its
//! `Origin`, and a name that was made to lead here is another `Host`.

use crate::error::Error;
use std::{collections::HashMap, io, net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

/// The longest head and the longest problem, in bytes.
const MAX_HEAD: u64 = 32 << 10;
const MAX_BODY: usize = 64 << 20;
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(30);
/// Problems that wait to be added, and connections at one time.
const WAITING: usize = 16;
const CONNECTIONS: usize = 64;

/// A posted problem and who waits to hear what came of it.
pub(super) struct Post {
    /// The JSON text.
    pub(super) body: Vec<u8>,
    stream: TcpStream,
    origin: Option<String>,
}

impl Post {
    /// Tells the extension what came of it. One that has gone does not mind.
    pub(super) async fn answer(mut self, added: bool) {
        let status = if added { "201 Created" } else { "422 Unprocessable Content" };
        let _ = reply(&mut self.stream, status, self.origin.as_deref()).await;
    }
}

/// Listens on a port of this machine. Posts come from the receiver until the set of tasks is dropped.
pub(super) async fn listen(port: u16) -> Result<(u16, mpsc::Receiver<Post>, JoinSet<()>), Error> {
    let cannot = |error: io::Error| {
        Error::Other(format!("cannot listen on port {port} of this machine: {error}"))
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(cannot)?;
    let port = listener.local_addr().map_err(cannot)?.port();
    let (posts, receiver) = mpsc::channel(WAITING);
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(listener, posts));
    Ok((port, receiver, tasks))
}

async fn accept(listener: TcpListener, posts: mpsc::Sender<Post>) {
    let mut requests = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if requests.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let posts = posts.clone();
                    requests.spawn(async move {
                        // Who sends nothing that can be read is not waited for.
                        if let Ok(Ok(Some(post))) = timeout(ARRIVAL, request(stream)).await {
                            let _ = posts.send(post).await;
                        }
                    });
                }
                Err(error) => tracing::debug!(%error, "a connection was lost"),
            },
            Some(_) = requests.join_next() => {}
        }
    }
}

/// Reads a request and answers it, unless it is a post: that is answered when it was added.
async fn request(stream: TcpStream) -> io::Result<Option<Post>> {
    let mut stream = BufReader::new(stream);
    let Some((method, headers)) = head(&mut stream).await? else {
        reply(stream.get_mut(), "400 Bad Request", None).await?;
        return Ok(None);
    };
    let header = |name: &str| headers.get(name).map(String::as_str);
    let origin = header("origin").map(str::to_owned);
    let heard = header("host").is_some_and(is_local) && origin.as_deref().is_none_or(is_extension);
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    let status = match (method.as_str(), length) {
        _ if !heard => "403 Forbidden",
        ("OPTIONS", _) => "204 No Content",
        ("POST", Some(length)) if length <= MAX_BODY => {
            if header("expect").is_some() {
                stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            return Ok(Some(Post { body, stream: stream.into_inner(), origin }));
        }
        ("POST", Some(_)) => "413 Content Too Large",
        ("POST", None) => "411 Length Required",
        _ => "405 Method Not Allowed",
    };
    reply(stream.get_mut(), status, origin.as_deref().filter(|_| heard)).await?;
    Ok(None)
}

/// The method and the headers, their names in lower case; `None` when it is no request.
async fn head(
    stream: &mut BufReader<TcpStream>,
) -> io::Result<Option<(String, HashMap<String, String>)>> {
    let mut lines = stream.take(MAX_HEAD);
    let mut first = None;
    let mut headers = HashMap::new();
    loop {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).await?;
        let Some(line) = line.strip_suffix(b"\n") else { return Ok(None) };
        let Ok(line) = std::str::from_utf8(line) else { return Ok(None) };
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(first.map(|method| (method, headers)));
        }
        if first.is_none() {
            let Some((method, rest)) = line.split_once(' ') else { return Ok(None) };
            if !rest.contains(" HTTP/1.") {
                return Ok(None);
            }
            first = Some(method.to_owned());
        } else {
            let Some((name, value)) = line.split_once(':') else { return Ok(None) };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
}

/// Whether a host is this machine.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["localhost", "127.0.0.1"].contains(&name)
}

/// Whether it is an extension that posts.
fn is_extension(origin: &str) -> bool {
    ["chrome-extension://", "moz-extension://", "safari-web-extension://"]
        .iter()
        .any(|scheme| origin.starts_with(scheme))
}

async fn reply(stream: &mut TcpStream, status: &str, origin: Option<&str>) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n");
    if let Some(origin) = origin {
        head.push_str(&format!(
            "Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Methods: POST\r\n\
             Access-Control-Allow-Headers: Content-Type\r\nAccess-Control-Allow-Private-Network: true\r\n\
             Vary: Origin\r\n"
        ));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    /// What is answered to a text, as far as it is answered by itself.
    async fn answered(port: u16, text: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    }

    #[tokio::test]
    async fn only_extensions_and_programs_of_this_machine_are_heard() {
        let (port, mut posts, tasks) = listen(0).await.unwrap();
        for (text, status) in [
            ("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}", "403"),
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "403"),
            (
                "POST / HTTP/1.1\r\nHost: localhost:1\r\nOrigin: https://evil.example\r\nContent-Length: 2\r\n\r\n{}",
                "403",
            ),
            (
                "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n",
                "403",
            ),
            ("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", "411"),
            ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", "413"),
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
            ("rubbish\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nno header\r\n\r\n", "400"),
        ] {
            let reply = answered(port, text).await;
            assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{text}: {reply}");
            assert!(!reply.contains("Allow-Origin"), "{reply}");
        }
        let preflight =
            "OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nOrigin: moz-extension://x\r\n\r\n";
        let reply = answered(port, preflight).await;
        assert!(reply.starts_with("HTTP/1.1 204"), "{reply}");
        assert!(reply.contains("Access-Control-Allow-Origin: moz-extension://x\r\n"), "{reply}");

        for (added, status) in [(true, "201"), (false, "422")] {
            let text = "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: chrome-extension://y\r\nContent-Length: 2\r\n\r\n{}";
            let client = tokio::spawn(async move { answered(port, text).await });
            let post = posts.recv().await.unwrap();
            assert_eq!(post.body, b"{}");
            post.answer(added).await;
            let reply = client.await.unwrap();
            assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{reply}");
            assert!(reply.contains("chrome-extension://y"), "{reply}");
        }
        drop(tasks);
    }
}
