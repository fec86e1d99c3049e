//! Socket.IO clients that others wrote, each in a process of its own: told what to do and heard by lines of JSON.
//! `clients/client.mjs` says what the lines are.

use crate::house::PATIENCE;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// Whose client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Maker {
    /// `socket.io-client` from npm, which takes up a lost connection where it was.
    Official,
    /// `python-socketio` from `PyPI`, which does not.
    Python,
}

/// Which transports it may use.
#[derive(Clone, Copy, Debug)]
pub enum Over {
    WebSocket,
    Polling,
    /// Begins with polling and goes over to a WebSocket.
    Upgrade,
}

impl Over {
    fn transports(self) -> &'static [&'static str] {
        match self {
            Self::WebSocket => &["websocket"],
            Self::Polling => &["polling"],
            Self::Upgrade => &["polling", "websocket"],
        }
    }
}

/// How a client registers: the event and its arguments, and whether on every connect or on the first only.
#[derive(Clone, Debug)]
pub struct Registers {
    pub emit: Value,
    pub each: bool,
}

impl Registers {
    pub fn once(user: &str) -> Self {
        Self { emit: json!(["setUserId", user]), each: false }
    }
}

/// A client that runs; killed when dropped.
pub struct Client {
    maker: Maker,
    _child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    /// Every line so far.
    pub said: Vec<Value>,
}

/// Where `scripts/clients.sh` installs them.
pub fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("socket-clients");
    assert!(
        folder.join("node.lock").exists() && folder.join("python.lock").exists(),
        "socket.io-client and python-socketio are not in {}; mend: scripts/clients.sh",
        folder.display()
    );
    folder
}

impl Client {
    /// Starts it; it connects of its own accord, and again whenever it is cut off.
    pub fn start(maker: Maker, over: Over, url: &str, registers: &Registers) -> Self {
        Self::start_with(maker, over, url, registers, &json!({}))
    }

    /// The same with options of the client, such as `auth`.
    pub fn start_with(
        maker: Maker,
        over: Over,
        url: &str,
        registers: &Registers,
        options: &Value,
    ) -> Self {
        let mut command = match maker {
            Maker::Official => {
                let mut command = Command::new("node");
                let program = include_str!("clients/client.mjs");
                command.args(["--input-type=module", "-e", program, "--"]);
                command
            }
            Maker::Python => {
                let mut command = Command::new(installed().join("python/bin/python"));
                command.args(["-c", include_str!("clients/client.py")]);
                command
            }
        };
        let told = json!({
            "url": url,
            "transports": over.transports(),
            "register": registers.emit,
            "each": registers.each,
            "options": options,
        });
        // What a program in no file imports is looked for where it runs.
        command.arg(told.to_string()).current_dir(installed());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{command:?}: {error}; mend: scripts/clients.sh");
        });
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { maker, _child: child, stdin, stdout, said: Vec::new() }
    }

    /// The next line.
    pub async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.stdout.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("{:?} says nothing more: {self}", self.maker));
        let line = line.unwrap().unwrap_or_else(|| panic!("{:?} ended: {self}", self.maker));
        let line: Value = serde_json::from_str(&line).unwrap();
        self.said.push(line.clone());
        line
    }

    /// The next line that is wanted.
    pub async fn until(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let line = self.next().await;
            if wanted(&line) {
                return line;
            }
        }
    }

    /// The next line of this kind, such as `connect`.
    pub async fn on(&mut self, what: &str) -> Value {
        self.until(|line| line["on"] == what).await
    }

    /// The next event of this name.
    pub async fn event(&mut self, name: &str) -> Value {
        self.until(|line| line["on"] == "event" && line["name"] == name).await
    }

    pub async fn emit(&mut self, event: Value) {
        self.tell(&json!({"emit": event})).await;
    }

    /// Asks under which socket a user is known; that tells as well that all it said before was heard.
    pub async fn connection_id(&mut self, user: &str) -> Value {
        self.emit(json!(["getConnectionId", user])).await;
        self.event("connectionId").await["args"][0].clone()
    }

    /// Disconnects for good.
    pub async fn close(&mut self) {
        self.tell(&json!({"close": true})).await;
        self.on("disconnect").await;
    }

    async fn tell(&mut self, order: &Value) {
        self.stdin.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    }

    /// Every event so far but the answers to questions.
    pub fn heard(&self) -> Vec<Heard> {
        let events = self.said.iter().filter(|line| line["on"] == "event");
        events.filter(|line| line["name"] != "connectionId").map(Heard::of).collect()
    }
}

impl std::fmt::Display for Client {
    /// The last lines, for a test that fails.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = self.said.len().saturating_sub(30);
        self.said[last..].iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

/// An event as a client heard it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub name: String,
    /// As text, so that the order of keys counts.
    pub args: String,
    /// Its place, the last argument.
    pub place: String,
}

impl Heard {
    pub fn of(line: &Value) -> Self {
        let args = line["args"].as_array().unwrap();
        let (place, args) = args.split_last().unwrap_or_else(|| panic!("no place: {line}"));
        let place = place.as_str().unwrap_or_else(|| panic!("no place: {line}"));
        let args = json!(args).to_string();
        Self { name: line["name"].as_str().unwrap().into(), args, place: place.into() }
    }
}
