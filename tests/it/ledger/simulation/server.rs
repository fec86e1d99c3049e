//! A real redis-server in a simulated world: it runs the real scripts, by the world's clock, and may forget what it did last.
//!
//! Only two words of the scripts are others: `TIME` is read from a list, and what is published goes into one, because a
//! subscriber of its own would hear it at no certain time.

use super::resp::{self, Command};
use std::{
    collections::{HashMap, HashSet},
    io::{BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
};

/// What is asked and what is asked instead.
const CHANGED: [(&str, &str); 2] = [
    ("redis.call('TIME')", "redis.call('LRANGE', 'clock', 0, 1)"),
    ("redis.call('PUBLISH', prefix .. 'news', ", "redis.call('RPUSH', 'published', "),
];

/// The server, with one connection to it.
pub struct Server {
    conn: BufReader<UnixStream>,
    /// The names of scripts as clients know them, and as they are changed.
    names: HashMap<String, String>,
    /// Those that clients have loaded since its last start.
    loaded: HashSet<String>,
    /// What was run since it was empty.
    done: Vec<(i64, Command)>,
    info: Vec<u8>,
}

/// What a script did.
pub struct Answer {
    pub reply: Vec<u8>,
    /// What it published.
    pub published: Command,
}

impl Server {
    pub fn connect(socket: &Path) -> Self {
        let conn = BufReader::new(UnixStream::connect(socket).unwrap());
        let (names, loaded, done) = (HashMap::new(), HashSet::new(), Vec::new());
        let mut server = Self { conn, names, loaded, done, info: Vec::new() };
        server.info = server.ask(&[b"INFO"]);
        server
    }

    pub fn info(&self) -> Vec<u8> {
        self.info.clone()
    }

    /// Another world begins.
    pub fn clear(&mut self) {
        self.ask(&[b"FLUSHALL"]);
        self.loaded.clear();
        self.done.clear();
    }

    /// It ends and starts again; what it did from this time on is lost.
    pub fn restart(&mut self, lost_from: i64) {
        self.loaded.clear();
        let kept = self.done.iter().position(|(at, _)| *at >= lost_from);
        let Some(kept) = kept else { return };
        self.ask(&[b"FLUSHALL"]);
        let done = std::mem::take(&mut self.done);
        for (at, command) in done.into_iter().take(kept) {
            self.run(at, command);
        }
    }

    /// Takes a script; returns its name.
    pub fn load(&mut self, text: &[u8]) -> String {
        let text = std::str::from_utf8(text).unwrap();
        let name = self.load_as(text);
        if !self.names.contains_key(&name) {
            let changed =
                CHANGED.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
            assert!(!changed.contains("'TIME'") && !changed.contains("'PUBLISH'"), "{changed}");
            let other = self.load_as(&changed);
            self.names.insert(name.clone(), other);
        }
        self.loaded.insert(name.clone());
        name
    }

    fn load_as(&mut self, text: &str) -> String {
        let reply = self.ask(&[b"SCRIPT", b"LOAD", text.as_bytes()]);
        String::from_utf8(reply).unwrap().split("\r\n").nth(1).unwrap().to_owned()
    }

    /// Runs an `EVALSHA` at this time, in microseconds since 1970.
    pub fn script(&mut self, now: i64, command: Command) -> Answer {
        if !self.loaded.contains(std::str::from_utf8(&command[1]).unwrap()) {
            let reply = b"-NOSCRIPT No matching script.\r\n".to_vec();
            return Answer { reply, published: Vec::new() };
        }
        self.run(now, command)
    }

    fn run(&mut self, now: i64, command: Command) -> Answer {
        let name = &self.names[std::str::from_utf8(&command[1]).unwrap()];
        let (seconds, micros) = ((now / 1_000_000).to_string(), (now % 1_000_000).to_string());
        let mut words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        words[1] = name.as_bytes();
        let mut bytes = Vec::new();
        resp::write(&mut bytes, &[b"DEL", b"clock", b"published"]);
        resp::write(&mut bytes, &[b"RPUSH", b"clock", seconds.as_bytes(), micros.as_bytes()]);
        resp::write(&mut bytes, &words);
        resp::write(&mut bytes, &[b"LRANGE", b"published", b"0", b"-1"]);
        self.conn.get_mut().write_all(&bytes).unwrap();
        let mut replies = [(); 4].map(|()| resp::read(&mut self.conn));
        let reply = std::mem::take(&mut replies[2]);
        assert_ne!(reply[0], b'-', "{}", String::from_utf8_lossy(&reply));
        let (published, _) = resp::parse(&replies[3]).unwrap();
        self.done.push((now, command));
        Answer { reply, published }
    }

    /// Answers a command that changes nothing.
    pub fn look(&mut self, command: &Command) -> Vec<u8> {
        let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        self.ask(&words)
    }

    fn ask(&mut self, words: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        resp::write(&mut bytes, words);
        self.conn.get_mut().write_all(&bytes).unwrap();
        resp::read(&mut self.conn)
    }
}
