//! A program and an interactor that run at the same time, each reading what the other writes.
//!
//! The agent stands between them and passes the bytes on: so it can count and bound them and tell who
//! said what, and neither is ended by a pipe that the other has left. What is said to one that has
//! ended is dropped; what it said last still arrives.

use crate::{
    cgroup::Group,
    command::Leaving,
    protocol::Reply,
    sys,
    watch::{Piece, Running, Stop, decode},
};
use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
};

/// Bytes that may wait for one side before the other is no longer read from.
const AHEAD: usize = 64 << 10;

/// The protocol's numbers of standard output and standard error of either side.
const STREAMS: [[u8; 2]; 2] = [[1, 2], [3, 5]];

/// What is on its way to the standard input of one side.
struct Feed {
    pipe: Option<OwnedFd>,
    waiting: Vec<u8>,
}

impl Feed {
    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.pipe.is_some() {
            self.waiting.extend_from_slice(bytes);
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        while let (Some(pipe), false) = (&self.pipe, self.waiting.is_empty()) {
            match sys::write(pipe.as_raw_fd(), &self.waiting) {
                Ok(None) => break,
                Ok(Some(count)) => drop(self.waiting.drain(..count)),
                // It does not listen any more.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close(),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn close(&mut self) {
        self.pipe = None;
        self.waiting.clear();
    }
}

/// One side of the conversation.
struct End {
    running: Option<Running>,
    /// What it is told.
    feed: Feed,
    reply: Option<Reply>,
    /// When its program ended.
    ended_ns: Option<u64>,
}

/// The two sides: the program, then the judge.
pub struct Pair {
    ends: [End; 2],
    rejects: i32,
}

impl Pair {
    /// Takes both, which have started, and the pipes to their standard inputs.
    pub fn new(program: (Running, OwnedFd), judge: (Running, OwnedFd), rejects: i32) -> Self {
        let end = |(running, pipe)| End {
            running: Some(running),
            feed: Feed { pipe: Some(pipe), waiting: Vec::new() },
            reply: None,
            ended_ns: None,
        };
        Self { ends: [end(program), end(judge)], rejects }
    }

    /// What is to be waited for.
    pub fn watch(&self, listen: bool, entries: &mut Vec<libc::pollfd>) {
        for (at, end) in self.ends.iter().enumerate() {
            if let Some(running) = &end.running {
                let sources = running.sources(self.listens(at, listen));
                entries.extend(sources.map(|fd| sys::poll_entry(fd, libc::POLLIN)));
            }
            if let (Some(pipe), false) = (&end.feed.pipe, end.feed.waiting.is_empty()) {
                entries.push(sys::poll_entry(pipe.as_raw_fd(), libc::POLLOUT));
            }
        }
    }

    /// Which streams of a side are read now.
    fn listens(&self, at: usize, listen: bool) -> [bool; 2] {
        [listen && self.ends[1 - at].feed.waiting.len() < AHEAD, listen]
    }

    /// When the limits are to be looked at.
    pub fn milliseconds_to_check(&self) -> libc::c_int {
        let running = self.ends.iter().filter_map(|end| end.running.as_ref());
        running.map(Running::milliseconds_to_check).min().unwrap_or(0)
    }

    /// Passes on what was said and looks after both; true when both are gone.
    pub fn attend(
        &mut self,
        listen: bool,
        replies: &mut Vec<Reply>,
        left: &mut Vec<(Group, Leaving)>,
    ) -> io::Result<bool> {
        for at in 0..2 {
            self.attend_one(at, listen, replies, left)?;
        }
        for at in 0..2 {
            self.ends[at].feed.flush()?;
            let speaks = self.ends[1 - at].running.as_ref().is_some_and(Running::speaks);
            if !speaks && self.ends[at].feed.waiting.is_empty() {
                // The end of what one says is the end of what the other hears.
                self.ends[at].feed.close();
            }
        }
        Ok(self.ends.iter().all(|end| end.running.is_none()))
    }

    fn attend_one(
        &mut self,
        at: usize,
        listen: bool,
        replies: &mut Vec<Reply>,
        left: &mut Vec<(Group, Leaving)>,
    ) -> io::Result<()> {
        let listens = self.listens(at, listen);
        let Some(mut running) = self.ends[at].running.take() else { return Ok(()) };
        let gone = running.gone()?;
        let to = &mut self.ends[1 - at].feed;
        let mut sink = |piece: Piece<'_>| pass_on(at, piece, to, replies);
        if gone {
            running.read_rest(&mut sink)?;
        } else {
            running.read_outputs(listens, &mut sink)?;
            running.check()?;
        }
        self.note_end(at, &running)?;
        if gone {
            self.ends[at].feed.close();
            let first = self.is_first(at);
            let (reply, group, init) = running.finish(first)?;
            self.ends[at].reply = Some(reply);
            left.push((group, init));
        } else {
            self.ends[at].running = Some(running);
        }
        Ok(())
    }

    /// Notes when a side's program ended; a rejected program has nothing more to say.
    fn note_end(&mut self, at: usize, running: &Running) -> io::Result<()> {
        let (None, Some((when, status))) = (self.ends[at].ended_ns, running.program_end()) else {
            return Ok(());
        };
        self.ends[at].ended_ns = Some(when);
        let rejected = at == 1 && self.is_first(1) && decode(status) == (self.rejects, 0);
        match &mut self.ends[0].running {
            Some(program) if rejected => program.stop(Stop::Rejected),
            _ => Ok(()),
        }
    }

    /// Whether a side that has ended did so before the other.
    fn is_first(&self, at: usize) -> bool {
        match (self.ends[at].ended_ns, self.ends[1 - at].ended_ns) {
            (Some(own), Some(other)) => own < other,
            // One that was killed with its init has no time of its own; the other still runs or was
            // killed as well.
            _ => self.ends[1 - at].reply.is_none(),
        }
    }

    /// The reports on both, the program's first.
    pub fn finish(self) -> impl Iterator<Item = Reply> {
        self.ends.into_iter().filter_map(|end| end.reply)
    }
}

fn pass_on(
    from: usize,
    piece: Piece<'_>,
    to: &mut Feed,
    replies: &mut Vec<Reply>,
) -> io::Result<()> {
    if piece.stream == 1 {
        to.push(piece.bytes)?;
    }
    if piece.kept > 0 {
        let stream = STREAMS[from][usize::from(piece.stream) - 1];
        replies.push(Reply::Output { stream, bytes: piece.bytes[..piece.kept].to_vec() });
    }
    Ok(())
}
