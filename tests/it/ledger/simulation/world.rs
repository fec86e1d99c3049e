//! The network between clients and their Redis, and the clock: requests and replies are lost, come late, or come after their
//! connection is gone.

use super::{
    dice::Dice,
    resp::{self, Command},
    server::Server,
};
use async_trait::async_trait;
use sonocode::ledger::redis::{Dial, Stream};
use std::{
    collections::BTreeMap,
    fmt, future, io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf},
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// When all begins, in microseconds since 1970.
const BEGIN: i64 = 1_800_000_000_000_000;

/// Where replies go, with the time at which they come.
type Replies = mpsc::UnboundedSender<(Instant, Vec<u8>)>;

/// Everything between the clients and the server.
pub struct World {
    pub dice: Dice,
    begin: Instant,
    server: Mutex<Server>,
    state: Mutex<State>,
}

struct State {
    /// One in so many pieces meets a fault; 0: none.
    one_in: usize,
    /// How far the server's clock is from the world's, in microseconds.
    jumped: i64,
    /// Until when nobody answers who is there.
    stopped: Instant,
    /// Until when nobody is there.
    down: Instant,
    /// Grows with every start of the server.
    start: u64,
    /// Until when nothing goes from or to a client.
    away: BTreeMap<String, Instant>,
    connections: Vec<(String, CancellationToken)>,
    /// Who has subscribed.
    ears: Vec<(Replies, String)>,
    /// Of everything that reached the server.
    trace: u64,
}

/// A client's way to the server.
pub struct Way {
    world: Arc<World>,
    client: String,
}

/// One connection.
struct Connection {
    world: Arc<World>,
    client: String,
    cut: CancellationToken,
    /// The start of the server to which it was made.
    start: u64,
}

impl World {
    pub fn new(dice: Dice, server: Server, one_in: usize) -> Arc<Self> {
        let begin = Instant::now();
        let state = State {
            one_in,
            jumped: 0,
            stopped: begin,
            down: begin,
            start: 1,
            away: BTreeMap::new(),
            connections: Vec::new(),
            ears: Vec::new(),
            trace: 0,
        };
        Arc::new(Self { dice, begin, server: Mutex::new(server), state: Mutex::new(state) })
    }

    pub fn way(self: &Arc<Self>, client: &str) -> Arc<Way> {
        Arc::new(Way { world: self.clone(), client: client.to_owned() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn server_time(&self) -> i64 {
        let passed = self.begin.elapsed().as_micros() as i64;
        BEGIN + passed + self.state().jumped
    }

    /// Nothing goes wrong from now on.
    pub fn calm(&self) {
        let mut state = self.state();
        state.one_in = 0;
        let now = Instant::now();
        (state.stopped, state.down) = (now, now);
        state.away.clear();
    }

    /// The server's clock is set.
    pub fn jump(&self, micros: i64) {
        self.state().jumped += micros;
    }

    /// The server answers nobody for so long.
    pub fn stop(&self, time: Duration) {
        self.state().stopped = Instant::now() + time;
    }

    /// A client's network is away for so long.
    pub fn part(&self, client: &str, time: Duration) {
        self.state().away.insert(client.to_owned(), Instant::now() + time);
    }

    /// A client is there no more.
    pub fn kill(&self, client: &str) {
        self.part(client, Duration::from_secs(1 << 20));
        for (of, cut) in &self.state().connections {
            if of == client {
                cut.cancel();
            }
        }
    }

    /// The server ends, loses what it did so shortly before, and is there again after a while.
    pub fn restart(&self, lost: Duration, down: Duration) {
        let lost_from = self.server_time() - lost.as_micros() as i64;
        let lost_from = if lost.is_zero() { i64::MAX } else { lost_from };
        self.server.lock().unwrap().restart(lost_from);
        let mut state = self.state();
        state.start += 1;
        state.down = Instant::now() + down;
        state.ears.clear();
        state.connections.drain(..).for_each(|(_, cut)| cut.cancel());
    }

    /// A number that another run has only if all went the same way.
    pub fn trace(&self) -> u64 {
        self.state().trace
    }

    fn hits(&self) -> bool {
        let one_in = self.state().one_in;
        one_in > 0 && self.dice.one_in(one_in)
    }

    /// When a piece that is sent now comes.
    fn arrival(&self) -> Instant {
        let late = self.hits() && self.dice.one_in(3);
        let longest = if late { 20_000 } else { 4 };
        Instant::now() + self.dice.millis(0..longest)
    }

    /// Waits while the client's network is away.
    async fn reachable(&self, client: &str) {
        loop {
            let until = self.state().away.get(client).copied();
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => return,
            }
        }
    }

    /// Waits while the server is stopped.
    async fn served(&self) {
        loop {
            let until = self.state().stopped;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.client)
    }
}

#[async_trait]
impl Dial for Way {
    async fn dial(&self) -> io::Result<Box<dyn Stream>> {
        self.world.reachable(&self.client).await;
        let cut = CancellationToken::new();
        let start = {
            let mut state = self.world.state();
            if state.down > Instant::now() {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            state.connections.push((self.client.clone(), cut.clone()));
            state.start
        };
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (world, client) = (self.world.clone(), self.client.clone());
        Connection { world, client, cut, start }.carry(theirs);
        Ok(Box::new(ours))
    }

    fn chance(&self) -> u32 {
        self.world.dice.number() as u32
    }
}

impl Connection {
    fn carry(self, stream: DuplexStream) {
        let (from, to) = tokio::io::split(stream);
        let (commands, queue) = mpsc::unbounded_channel();
        let (replies, out) = mpsc::unbounded_channel();
        let own = Arc::new(self);
        tokio::spawn(own.clone().hear(from, commands));
        tokio::spawn(own.clone().deliver(queue, replies));
        tokio::spawn(own.answer(to, out));
    }

    /// Takes commands from the client until one of both ends the connection.
    async fn hear(
        self: Arc<Self>,
        mut from: ReadHalf<DuplexStream>,
        commands: mpsc::UnboundedSender<(Instant, Command)>,
    ) {
        let (mut bytes, mut last) = (Vec::new(), Instant::now());
        loop {
            let read = tokio::select! {
                biased;
                () = self.cut.cancelled() => return,
                read = from.read_buf(&mut bytes) => read.unwrap(),
            };
            if read == 0 {
                self.cut.cancel();
                return;
            }
            while let Some((command, length)) = resp::parse(&bytes) {
                bytes.drain(..length);
                last = last.max(self.world.arrival());
                if commands.send((last, command)).is_err() {
                    return;
                }
                if self.world.hits() {
                    self.cut.cancel();
                }
            }
        }
    }

    /// Brings commands to the server, in their order. What is on its way when the connection ends is lost, or comes late.
    async fn deliver(
        self: Arc<Self>,
        mut queue: mpsc::UnboundedReceiver<(Instant, Command)>,
        replies: Replies,
    ) {
        let world = &self.world;
        let mut late = false;
        while let Some((at, command)) = queue.recv().await {
            sleep_until(at).await;
            if self.cut.is_cancelled() {
                if world.dice.one_in(2) {
                    return;
                }
                if !late {
                    late = true;
                    sleep_until(Instant::now() + world.dice.millis(0..20_000)).await;
                }
            }
            world.reachable(&self.client).await;
            world.served().await;
            // Its end of the connection went with the process.
            if world.state().start != self.start {
                return;
            }
            let reply = self.serve(command, &replies);
            if world.hits() {
                self.cut.cancel(); // the reply is lost
            }
            // Where nobody hears it, what comes behind it comes all the same.
            let _ = replies.send((world.arrival(), reply));
        }
        // Subscribers have no more to say, and hear on.
        self.cut.cancelled().await;
    }

    /// What the server answers.
    fn serve(&self, command: Command, replies: &Replies) -> Vec<u8> {
        let now = self.world.server_time();
        let word = |at: usize| String::from_utf8_lossy(&command[at]).to_uppercase();
        let mut server = self.world.server.lock().unwrap();
        match word(0).as_str() {
            "EVALSHA" => {
                let length = command.len() as u64;
                let answer = server.script(now, command);
                self.note(now, length, &answer.reply);
                self.publish(&answer.published);
                answer.reply
            }
            "SCRIPT" => format!("$40\r\n{}\r\n", server.load(&command[2])).into_bytes(),
            "INFO" => server.info(),
            "HGET" | "HMGET" => server.look(&command),
            "PING" => b"+PONG\r\n".to_vec(),
            "HELLO" => b"%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n".to_vec(),
            "CLIENT" => b"+OK\r\n".to_vec(),
            "SUBSCRIBE" => {
                let channel = String::from_utf8(command[1].clone()).unwrap();
                let mut reply = resp::push(&[b"subscribe", channel.as_bytes(), b""]);
                reply.truncate(reply.len() - 6);
                reply.extend(b":1\r\n");
                self.world.state().ears.push((replies.clone(), channel));
                reply
            }
            other => panic!("{other} is not simulated"),
        }
    }

    fn publish(&self, messages: &[Vec<u8>]) {
        let ears = std::mem::take(&mut self.world.state().ears);
        let heard = ears.into_iter().filter(|(ear, channel)| {
            let said = |message: &Vec<u8>| {
                let push = resp::push(&[b"message", channel.as_bytes(), message]);
                ear.send((self.world.arrival(), push)).is_ok()
            };
            messages.iter().all(said)
        });
        let ears = heard.collect();
        self.world.state().ears = ears;
    }

    fn note(&self, now: i64, length: u64, reply: &[u8]) {
        let mut state = self.world.state();
        let sum = self.client.bytes().map(u64::from).sum::<u64>();
        for part in [now as u64, length, reply.len() as u64, sum] {
            state.trace = (state.trace.rotate_left(7) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    /// Brings replies to the client, in their order.
    async fn answer(
        self: Arc<Self>,
        mut to: WriteHalf<DuplexStream>,
        mut out: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    ) {
        let bring = async {
            while let Some((at, reply)) = out.recv().await {
                sleep_until(at).await;
                self.world.reachable(&self.client).await;
                if to.write_all(&reply).await.is_err() {
                    return;
                }
            }
            future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = self.cut.cancelled() => {}
            () = bring => {}
        }
        // The client hears of the end only when its network is there.
        self.world.reachable(&self.client).await;
        let _ = to.shutdown().await; // it may be gone
    }
}
