//! A client by hand, for what no library does on purpose: Socket.IO over Engine.IO over a WebSocket, as texts.

use crate::{house::PATIENCE, sockets::others::Heard};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// A connection; pings are answered whenever something is read.
pub struct Raw {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What came with the answer to CONNECT.
    pub joined: Value,
}

impl Raw {
    /// Opens the transport and takes the handshake.
    pub async fn open(url: &str) -> Self {
        let url = url.replace("http:", "ws:");
        let url = format!("{url}/socket.io/?EIO=4&transport=websocket");
        let (socket, _) = connect_async(url).await.unwrap();
        let mut raw = Self { socket, joined: Value::Null };
        let open = raw.packet().await.unwrap();
        assert!(open.starts_with("0{"), "{open}");
        raw
    }

    /// Opens, and joins the default namespace with this payload.
    pub async fn join(url: &str, auth: Value) -> Self {
        let mut raw = Self::open(url).await;
        raw.say(&if auth.is_null() { "40".into() } else { format!("40{auth}") }).await;
        let joined = raw.packet().await.unwrap();
        let joined = joined.strip_prefix("40").unwrap_or_else(|| panic!("refused: {joined}"));
        raw.joined = serde_json::from_str(joined).unwrap();
        raw
    }

    /// Sends a text, whatever it is.
    pub async fn say(&mut self, text: &str) {
        // Whether the peer still listens is seen when something is read.
        let _ = self.socket.send(Message::text(text)).await;
    }

    pub async fn emit(&mut self, event: &Value) {
        self.say(&format!("42{event}")).await;
    }

    /// Sends events in one write.
    pub async fn emit_at_once(&mut self, events: &[Value]) {
        for event in events {
            let _ = self.socket.feed(Message::text(format!("42{event}"))).await;
        }
        let _ = self.socket.flush().await;
    }

    /// Sends bytes past the WebSocket.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.socket.get_mut().write_all(bytes).await;
    }

    /// Waits for the end, which must come.
    pub async fn ends(&mut self, why: &str) {
        let end = async { while self.packet().await.is_some() {} };
        timeout(PATIENCE, end).await.unwrap_or_else(|_| panic!("it goes on after: {why}"));
    }

    /// Waits for the end, which must come with a close frame; its code.
    pub async fn close_code(&mut self) -> u16 {
        let read = async {
            loop {
                if let Message::Close(frame) = self.socket.next().await.unwrap().unwrap() {
                    return frame.expect("no code").code.into();
                }
            }
        };
        timeout(PATIENCE, read).await.expect("it goes on")
    }

    /// The next packet that is no ping; `None` when the connection ended.
    pub async fn packet(&mut self) -> Option<String> {
        let read = async {
            loop {
                match self.socket.next().await? {
                    Ok(Message::Text(text)) if text.as_str() == "2" => self.say("3").await,
                    Ok(Message::Text(text)) => return Some(text.to_string()),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        };
        timeout(PATIENCE, read).await.expect("nothing comes")
    }

    /// The next event, as an array of name and arguments.
    pub async fn event(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.packet().await?.strip_prefix("42") {
                return Some(serde_json::from_str(event).unwrap());
            }
        }
    }

    /// Registers, and waits until that was heard; its own socket id.
    pub async fn register(&mut self, user: &str) -> Value {
        self.emit(&json!(["setUserId", user])).await;
        self.emit(&json!(["getConnectionId", user])).await;
        loop {
            let event = self.event().await.expect("the hub hung up");
            if event[0] == "connectionId" {
                return event[1].clone();
            }
        }
    }
}

/// Everything that a user's log holds, from its beginning, as the hub tells it to one who resumes there; to the
/// end of so many submissions.
pub async fn replay(url: &str, user: &str, epoch: &str, submissions: usize) -> Vec<Heard> {
    let mut first = Raw::join(url, Value::Null).await;
    first.register(user).await;
    let pid = first.joined["pid"].clone();
    assert!(pid.is_string(), "{}", first.joined);
    drop(first);
    let mut again = Raw::join(url, json!({"pid": pid, "offset": format!("{epoch}:0")})).await;
    let (mut heard, mut ends): (Vec<Heard>, usize) = (Vec::new(), 0);
    while ends < ENDS.len() * submissions {
        let event = again.event().await.expect("the hub hung up");
        let (name, args) = (event[0].clone(), event.as_array().unwrap()[1..].to_vec());
        ends += usize::from(ENDS.iter().any(|end| name == *end));
        heard.push(Heard::of(&json!({"name": name, "args": args})));
    }
    heard
}

/// The last event of a submission in each dialect.
pub const ENDS: [&str; 3] = ["submission:result", "execution_result", "evaluationComplete"];
