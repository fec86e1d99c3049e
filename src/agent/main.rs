//! The small program inside a cell: process 1 of the container, and the only one that is trusted.
//!
//! It reads requests from standard input and writes replies to standard output (see `protocol`), and
//! runs the commands it is told, one after another, under their limits (see `command`, `cgroup`,
//! `seccomp`). It is linked statically, so that it runs in any Linux image, even an empty one. When
//! its standard input ends, the daemon is gone, and so is the agent: with process 1 ends the whole
//! container.

mod boxes;
mod cgroup;
mod command;
mod held;
mod laid;
mod native;
mod pair;
#[expect(dead_code, reason = "each side writes what the other reads")]
#[path = "../sandbox/protocol.rs"]
mod protocol;
mod seccomp;
mod spawn;
mod state;
mod steps;
mod sys;
mod watch;

use protocol::{Reply, Request};
use std::{collections::VecDeque, io};
use steps::Steps;

/// The most bytes of requests that are read before they are carried out.
const INCOMING_LIMIT: usize = 1 << 20;

/// Bytes that may wait for the daemon before programs are no longer read from.
const OUTGOING_LIMIT: usize = 32 << 20;

/// Output of a program that is kept back until the program ends: the daemon has no use for it
/// before, and each message costs the engine more than a small program its whole output.
const OUTPUT_KEPT: usize = 64 << 10;

fn main() -> std::process::ExitCode {
    match native::enter(std::env::args()).and_then(|()| serve()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // The daemon reads frames: tell it in its own language, then on the container's log.
            let mut frame = Vec::new();
            Reply::Fault(error.to_string()).encode(&mut frame);
            let _ = sys::write(libc::STDOUT_FILENO, &frame);
            eprintln!("agent: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// The channel to the daemon.
struct Channel {
    incoming: Vec<u8>,
    outgoing: VecDeque<u8>,
    /// Whether nothing but output of a running program waits.
    only_output: bool,
    /// Whether output of the running program is sent as it comes.
    live: bool,
    closed: bool,
}

impl Channel {
    /// Reads what is there and returns the whole requests in it.
    fn receive(&mut self) -> io::Result<Vec<Request>> {
        while let Some(count) = sys::read_more(libc::STDIN_FILENO, &mut self.incoming, sys::PIPE)? {
            self.closed = count == 0;
            if count < sys::PIPE || self.incoming.len() > INCOMING_LIMIT {
                break;
            }
        }
        let mut requests = Vec::new();
        let mut done = 0;
        while let Some((length, kind, fields)) =
            protocol::split(&self.incoming[done..]).map_err(io::Error::other)?
        {
            requests.push(Request::decode(kind, fields).map_err(io::Error::other)?);
            done += length;
        }
        self.incoming.drain(..done);
        Ok(requests)
    }

    fn send(&mut self, reply: &Reply) {
        let mut frame = Vec::new();
        reply.encode(&mut frame);
        self.only_output &= matches!(reply, Reply::Output { .. } | Reply::Said { .. });
        self.outgoing.extend(frame);
    }

    /// Whether there is something to write.
    fn is_due(&self) -> bool {
        let waits = self.only_output && !self.live && self.outgoing.len() < OUTPUT_KEPT;
        !(self.outgoing.is_empty() || waits)
    }

    /// Writes what is due and what the channel takes now.
    fn flush(&mut self) -> io::Result<()> {
        while self.is_due() {
            let (front, _) = self.outgoing.as_slices();
            let Some(count) = sys::write(libc::STDOUT_FILENO, front)? else { break };
            self.outgoing.drain(..count);
            self.only_output |= self.outgoing.is_empty();
        }
        Ok(())
    }
}

fn serve() -> io::Result<()> {
    let mut steps = Steps::open()?;
    let mut channel = Channel {
        incoming: Vec::new(),
        outgoing: VecDeque::new(),
        only_output: true,
        live: false,
        closed: false,
    };
    sys::set_nonblocking(libc::STDIN_FILENO)?;
    sys::set_nonblocking(libc::STDOUT_FILENO)?;
    channel.send(&steps.ready());
    loop {
        for reply in steps.advance()? {
            channel.send(&reply);
        }
        channel.live = steps.is_live();
        channel.flush()?;
        steps.tidy()?;
        let listen = channel.outgoing.len() < OUTGOING_LIMIT;
        if is_called(&steps, channel.is_due(), listen)? {
            for request in channel.receive()? {
                steps.push(request)?;
            }
            if channel.closed {
                return Ok(());
            }
        }
        for reply in steps.attend(listen)? {
            channel.send(&reply);
        }
    }
}

/// Waits until something can be done; whether the daemon has said something.
fn is_called(steps: &Steps, outgoing: bool, listen: bool) -> io::Result<bool> {
    let mut entries = vec![sys::poll_entry(libc::STDIN_FILENO, libc::POLLIN)];
    if outgoing {
        entries.push(sys::poll_entry(libc::STDOUT_FILENO, libc::POLLOUT));
    }
    let timeout = steps.watch(listen, &mut entries);
    // SAFETY: `entries` is valid for its length.
    let count = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, timeout) };
    match sys::check(count) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(entries[0].revents != 0),
    }
}
