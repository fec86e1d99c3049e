//! A cell as the daemon sees it: the other end of the agent's pipes.

use super::{
    Command, File, Happening, Held, Input, SandboxError, Side, Stream,
    protocol::{self, CHUNK, Reply, Report, Request, Spec},
};
use crate::judge::{Exit, Facts, Speaker, Stop};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use std::{
    collections::VecDeque,
    io::{self, Read},
    pin::Pin,
    time::Duration,
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time,
};

/// How long the agent may be silent beyond a command's wall limit before its cell is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Standard input and output of an agent.
pub struct Pipes {
    /// Requests go here.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// Replies come from here.
    pub output: BoxStream<'static, io::Result<Bytes>>,
}

/// A conversation with one agent.
pub struct AgentLink {
    pipes: Pipes,
    received: Vec<u8>,
    /// What was asked for and has not been answered.
    pending: VecDeque<Asked>,
    disk_bytes: u64,
    /// Held files so far; names the next.
    held: u32,
}

/// Something that will be answered.
#[derive(Clone)]
struct Asked {
    /// What is run, or asked for.
    what: String,
    /// How long it may take.
    wall: Duration,
}

impl AgentLink {
    /// Waits for the agent's first word. `disk_mib` bounds each of a program's temporary file systems.
    pub async fn open(pipes: Pipes, disk_mib: u64) -> Result<Self, SandboxError> {
        let disk_bytes = disk_mib << 20;
        let (received, pending) = (Vec::new(), VecDeque::new());
        let mut link = Self { pipes, received, pending, disk_bytes, held: 0 };
        link.ready().await?;
        Ok(link)
    }

    /// Wipes the cell; when this returns, nothing of the last submission is left.
    pub async fn reset(&mut self) -> Result<(), SandboxError> {
        self.send(&Request::Reset).await?;
        self.ready().await
    }

    /// Whether everything that was asked for has been answered.
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether the agent still holds its end. An idle agent says nothing, so anything that can be
    /// read now means the end.
    pub fn is_alive(&mut self) -> bool {
        self.pipes.output.next().now_or_never().is_none()
    }

    /// See [`super::Cell::write`].
    pub async fn write(&mut self, side: Side, files: Vec<File>) -> Result<(), SandboxError> {
        let mut frames = Vec::new();
        for file in files {
            let whole = [&file.bytes[..]];
            let chunks = file.bytes.chunks(CHUNK).chain(whole.into_iter().filter(|b| b.is_empty()));
            for chunk in chunks {
                self.send_long(&mut frames).await?;
                let (path, bytes) = (file.path.clone(), chunk.to_vec());
                let executable = file.executable;
                Request::Write { side, path, executable, bytes }.encode(&mut frames);
            }
        }
        self.send_bytes(&frames).await
    }

    /// See [`super::Cell::lay`].
    pub async fn lay(&mut self, side: Side, files: Vec<File>) -> Result<(), SandboxError> {
        let mut frames = Vec::new();
        for file in files {
            let whole = [&file.bytes[..]];
            let chunks = file.bytes.chunks(CHUNK).chain(whole.into_iter().filter(|b| b.is_empty()));
            for chunk in chunks {
                self.send_long(&mut frames).await?;
                let (path, bytes) = (file.path.clone(), chunk.to_vec());
                Request::Lay { side, path, bytes }.encode(&mut frames);
            }
        }
        self.send_bytes(&frames).await
    }

    /// See [`super::Cell::lift`].
    pub async fn lift(&mut self) -> Result<(), SandboxError> {
        self.send(&Request::Lift).await
    }

    /// See [`super::Cell::restore`].
    pub async fn restore(&mut self, packed: &[u8]) -> Result<(), SandboxError> {
        self.send_bytes(packed).await
    }

    /// See [`super::Cell::reserve`].
    pub fn reserve(&mut self) -> Held {
        self.held += 1;
        Held(self.held)
    }

    /// See [`super::Cell::hold`].
    pub async fn hold(&mut self, content: Input) -> Result<Held, SandboxError> {
        let mut frames = Vec::new();
        let held = self.put(content, &mut frames).await?;
        self.send_bytes(&frames).await?;
        Ok(held)
    }

    /// See [`super::Cell::forget`].
    pub async fn forget(&mut self, held: Held) -> Result<(), SandboxError> {
        self.send(&Request::Forget { number: held.0 }).await
    }

    /// Puts the frames that hold a file into `frames`; sends them when they are long.
    async fn put(&mut self, content: Input, frames: &mut Vec<u8>) -> Result<Held, SandboxError> {
        if let Input::Held(held) = content {
            return Ok(held);
        }
        let held = self.reserve();
        let frame = |bytes: Vec<u8>| Request::Hold { number: held.0, bytes };
        match content {
            Input::Held(_) => {}
            Input::Bytes(bytes) if bytes.is_empty() => frame(Vec::new()).encode(frames),
            Input::Bytes(bytes) => {
                for chunk in bytes.chunks(CHUNK) {
                    self.send_long(frames).await?;
                    frame(chunk.to_vec()).encode(frames);
                }
            }
            Input::File(path) => {
                let first = move || std::fs::File::open(path).and_then(chunk_of);
                let (mut chunk, mut rest) = blocking(first).await?;
                frame(chunk).encode(frames);
                while let Some(file) = rest {
                    self.send_long(frames).await?;
                    (chunk, rest) = blocking(move || chunk_of(file)).await?;
                    frame(chunk).encode(frames);
                }
            }
        }
        Ok(held)
    }

    /// See [`super::Cell::begin`]. Command and input travel in one piece, unless the input is long.
    pub async fn begin(&mut self, command: Command) -> Result<(), SandboxError> {
        let mut frames = Vec::new();
        let input = command.stdin.clone();
        let own = !matches!(input, Input::Held(_));
        let stdin = self.put(input, &mut frames).await?;
        self.expect(&command);
        let spec = Spec { stdin: stdin.0, ..spec(command, self.disk_bytes) };
        Request::Run(spec).encode(&mut frames);
        if own {
            Request::Forget { number: stdin.0 }.encode(&mut frames);
        }
        self.send_bytes(&frames).await
    }

    /// See [`super::Cell::interact`].
    pub async fn interact(
        &mut self,
        program: Command,
        judge: Command,
        rejects: i32,
    ) -> Result<(), SandboxError> {
        self.expect(&program);
        self.expect(&judge);
        let (program, judge) = (spec(program, self.disk_bytes), spec(judge, self.disk_bytes));
        self.send(&Request::Interact { program, judge, rejects }).await
    }

    /// See [`super::Cell::fetch`].
    pub async fn fetch(
        &mut self,
        name: &str,
        limit: u64,
        into: Option<Held>,
    ) -> Result<(), SandboxError> {
        let hold = into.map_or(0, |held| held.0);
        self.pending.push_back(Asked { what: name.to_owned(), wall: Duration::ZERO });
        self.send(&Request::Fetch { name: name.to_owned(), limit, hold }).await
    }

    /// See [`super::Cell::pack`].
    pub async fn pack(&mut self, side: Side, limit: u64) -> Result<(), SandboxError> {
        self.pending.push_back(Asked { what: "pack".to_owned(), wall: Duration::ZERO });
        self.send(&Request::Pack { side, limit }).await
    }

    /// See [`super::Cell::next`].
    pub async fn next(&mut self) -> Result<Happening, SandboxError> {
        let Some(asked) = self.pending.front().cloned() else {
            return Err(SandboxError::Cell("nothing was asked for".into()));
        };
        let happening = match self.reply(asked.wall + PATIENCE).await? {
            Reply::Output { stream, bytes } => {
                let stream = stream_of(stream)?;
                return Ok(Happening::Output { stream, bytes: bytes.into() });
            }
            Reply::Said { stream, at_us, bytes } => {
                let (by, at) = (speaker_of(stream)?, Duration::from_micros(at_us));
                return Ok(Happening::Said { by, at, bytes: bytes.into() });
            }
            Reply::Ended(report) => Happening::Ended { facts: facts(report), first: report.first },
            Reply::Fetched { size } => Happening::Fetched(size),
            Reply::StartFailed { errno } => {
                self.pending.pop_front();
                let reason = io::Error::from_raw_os_error(errno).to_string();
                return Err(SandboxError::Start { command: asked.what, reason });
            }
            Reply::Fault(text) => return Err(SandboxError::Cell(text)),
            Reply::Ready { .. } => {
                return Err(SandboxError::Cell("the agent is ready too early".into()));
            }
        };
        self.pending.pop_front();
        Ok(happening)
    }

    fn expect(&mut self, command: &Command) {
        let what = command.argv[0].clone();
        self.pending.push_back(Asked { what, wall: command.limits.wall });
    }

    async fn ready(&mut self) -> Result<(), SandboxError> {
        match self.reply(PATIENCE).await? {
            Reply::Ready { .. } => Ok(()),
            Reply::Fault(text) => Err(SandboxError::Cell(text)),
            other => Err(SandboxError::Cell(format!("expected ready, got {other:?}"))),
        }
    }

    async fn send(&mut self, request: &Request) -> Result<(), SandboxError> {
        let mut frame = Vec::new();
        request.encode(&mut frame);
        self.send_bytes(&frame).await
    }

    /// Sends what has gathered, if it is long.
    async fn send_long(&mut self, frames: &mut Vec<u8>) -> Result<(), SandboxError> {
        if frames.len() >= CHUNK {
            self.send_bytes(frames).await?;
            frames.clear();
        }
        Ok(())
    }

    async fn send_bytes(&mut self, frames: &[u8]) -> Result<(), SandboxError> {
        let sent = async {
            self.pipes.input.write_all(frames).await?;
            self.pipes.input.flush().await
        };
        sent.await
            .map_err(|error| SandboxError::Cell(format!("the agent does not listen: {error}")))
    }

    async fn reply(&mut self, patience: Duration) -> Result<Reply, SandboxError> {
        loop {
            let broken = |error: protocol::Malformed| SandboxError::Cell(error.to_string());
            if let Some((length, kind, fields)) = protocol::split(&self.received).map_err(broken)? {
                let reply = Reply::decode(kind, fields).map_err(broken)?;
                self.received.drain(..length);
                return Ok(reply);
            }
            let chunk = time::timeout(patience, self.pipes.output.next())
                .await
                .map_err(|_| SandboxError::Cell("the agent is silent".into()))?
                .ok_or_else(|| SandboxError::Cell("the container ended".into()))?;
            let chunk = chunk.map_err(|error| SandboxError::Cell(error.to_string()))?;
            self.received.extend_from_slice(&chunk);
        }
    }
}

/// A command in the protocol's units, without its input.
fn spec(command: Command, disk_bytes: u64) -> Spec {
    let micros = |time: Duration| time.as_micros() as u64;
    let limits = &command.limits;
    Spec {
        cpu_us: micros(limits.cpu),
        wall_us: micros(limits.wall),
        memory_bytes: limits.memory_bytes,
        output_bytes: limits.output_bytes,
        disk_bytes,
        keep_stdout: command.keep_stdout,
        keep_stderr: command.keep_stderr,
        processes: limits.processes,
        side: command.side,
        writes_box: command.writes_box,
        live: command.live,
        fresh_feedback: command.fresh_feedback,
        stdin: 0,
        hold_stdout: command.hold_stdout.map_or(0, |held| held.0),
        shown: command.shown.iter().map(|held| held.0).collect(),
        argv: command.argv,
    }
}

fn stream_of(number: u8) -> Result<Stream, SandboxError> {
    Ok(match number {
        1 => Stream::Stdout,
        2 => Stream::Stderr,
        4 => Stream::Fetched,
        5 => Stream::JudgeStderr,
        _ => return Err(SandboxError::Cell(format!("the agent knows a stream {number}"))),
    })
}

fn speaker_of(number: u8) -> Result<Speaker, SandboxError> {
    match number {
        1 => Ok(Speaker::Program),
        3 => Ok(Speaker::Interactor),
        _ => Err(SandboxError::Cell(format!("the agent knows a speaker {number}"))),
    }
}

/// Runs what may wait for a disk where that holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, SandboxError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other).and_then(|result| result).map_err(SandboxError::host)
}

/// The next bytes of a file, and the file if there may be more.
fn chunk_of(mut file: std::fs::File) -> io::Result<(Vec<u8>, Option<std::fs::File>)> {
    let mut chunk = Vec::new();
    file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
    let more = chunk.len() == CHUNK;
    Ok((chunk, more.then_some(file)))
}

fn facts(report: Report) -> Facts {
    Facts {
        exit: match report.signal {
            0 => Exit::Code(report.code),
            signal => Exit::Signal(signal),
        },
        stopped: match report.stopped {
            1 => Some(Stop::Cpu),
            2 => Some(Stop::Wall),
            3 => Some(Stop::Output),
            4 => Some(Stop::Memory),
            5 => Some(Stop::Rejected),
            6 => Some(Stop::Idle),
            _ => None,
        },
        cpu: Duration::from_micros(report.cpu_us),
        wall: Duration::from_micros(report.wall_us),
        memory_bytes: report.memory_bytes,
        stdout_bytes: report.stdout_bytes,
        stderr_bytes: report.stderr_bytes,
        out_of_memory: report.out_of_memory,
    }
}
