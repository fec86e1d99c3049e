//! A cell as the daemon sees it: the other end of the agent's pipes.

use super::{
    Command, File, Input, Ran, SandboxError,
    protocol::{self, CHUNK, Reply, Report, Request, Spec},
};
use crate::judge::{Exit, Facts, Stop};
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
    /// Commands that were sent and have not ended: their names and wall limits.
    pending: VecDeque<(String, Duration)>,
    disk_bytes: u64,
}

impl AgentLink {
    /// Waits for the agent's first word. `disk_mib` bounds each of a program's temporary file systems.
    pub async fn open(pipes: Pipes, disk_mib: u64) -> Result<Self, SandboxError> {
        let disk_bytes = disk_mib << 20;
        let mut link = Self { pipes, received: Vec::new(), pending: VecDeque::new(), disk_bytes };
        link.ready().await?;
        Ok(link)
    }

    /// Wipes the cell; when this returns, nothing of the last submission is left.
    pub async fn reset(&mut self) -> Result<(), SandboxError> {
        self.send(&Request::Reset).await?;
        self.ready().await
    }

    /// Whether every command that was sent has ended.
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether the agent still holds its end. An idle agent says nothing, so anything that can be
    /// read now means the end.
    pub fn is_alive(&mut self) -> bool {
        self.pipes.output.next().now_or_never().is_none()
    }

    /// Writes files into the box.
    pub async fn write(&mut self, files: Vec<File>) -> Result<(), SandboxError> {
        for file in files {
            let whole = [&file.bytes[..]];
            let chunks = file.bytes.chunks(CHUNK).chain(whole.into_iter().filter(|b| b.is_empty()));
            for chunk in chunks {
                let bytes = chunk.to_vec();
                self.send(&Request::Write { name: file.name.clone(), bytes }).await?;
            }
        }
        Ok(())
    }

    /// Sends a command with its input; in one piece, unless the input is long.
    pub async fn begin(&mut self, command: Command) -> Result<(), SandboxError> {
        let mut frames = Vec::new();
        match command.stdin {
            Input::Bytes(bytes) => {
                for chunk in bytes.chunks(CHUNK) {
                    self.send_long(&mut frames).await?;
                    Request::Input(chunk.to_vec()).encode(&mut frames);
                }
            }
            Input::File(path) => {
                let first = move || std::fs::File::open(path).and_then(chunk_of);
                let (mut chunk, mut rest) = blocking(first).await?;
                Request::Input(chunk).encode(&mut frames);
                while let Some(file) = rest {
                    self.send_long(&mut frames).await?;
                    (chunk, rest) = blocking(move || chunk_of(file)).await?;
                    Request::Input(chunk).encode(&mut frames);
                }
            }
        }
        let micros = |time: Duration| time.as_micros() as u64;
        let limits = &command.limits;
        self.pending.push_back((command.argv[0].clone(), limits.wall));
        let spec = Spec {
            cpu_us: micros(limits.cpu),
            wall_us: micros(limits.wall),
            memory_bytes: limits.memory_bytes,
            output_bytes: limits.output_bytes,
            disk_bytes: self.disk_bytes,
            processes: limits.processes,
            writes_box: command.writes_box,
            keep_stdout: command.keep_stdout,
            keep_stderr: command.keep_stderr,
            argv: command.argv,
        };
        Request::Run(spec).encode(&mut frames);
        self.send_bytes(&frames).await
    }

    /// The end of the command that was sent first.
    pub async fn ended(&mut self) -> Result<Ran, SandboxError> {
        let Some((command, wall)) = self.pending.front().cloned() else {
            return Err(SandboxError::Cell("no command was sent".into()));
        };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        loop {
            match self.reply(wall + PATIENCE).await? {
                Reply::Output { stream: 1, bytes } => stdout.extend_from_slice(&bytes),
                Reply::Output { bytes, .. } => stderr.extend_from_slice(&bytes),
                Reply::Ended(report) => {
                    self.pending.pop_front();
                    return Ok(Ran { facts: facts(report), stdout, stderr });
                }
                Reply::StartFailed { errno } => {
                    self.pending.pop_front();
                    let reason = io::Error::from_raw_os_error(errno).to_string();
                    return Err(SandboxError::Start { command, reason });
                }
                Reply::Fault(text) => return Err(SandboxError::Cell(text)),
                Reply::Ready { .. } => {
                    return Err(SandboxError::Cell("the agent is ready too early".into()));
                }
            }
        }
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
