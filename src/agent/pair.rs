//! A program and an interactor that run at the same time, each reading what the other writes.
//!
//! The agent stands between them and passes the bytes on: so it can count and bound them and tell who
//! said what, and neither is ended by a pipe that the other has left. What is said to one that has
//! ended is dropped; what it said last still arrives.
//!
//! The program hears the end of what the interactor says when that has closed its standard output or has
//! ended; the interactor hears the program's end only, as on Kattis and in `BAPCtools`: a program that
//! closes its output and then crashes or hangs has crashed or hung, and was not rejected. One that is about
//! to end closes its files before anybody is told of its end: then its partner hears of neither before the
//! end is known, so that nobody ends of what he has heard and seems to have been the first.
//!
//! When each waits to hear something, nothing is on its way to either, and that has been so for a while,
//! it will be so for ever, and both are ended.

use crate::{
    cgroup::Group,
    command::{Leaving, Setting},
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

/// For how long both must have waited for each other before they are ended.
const STILL_NS: u64 = 1_000_000_000;
/// How long nothing must have been said before it is looked whether they wait, and between two looks.
const LOOK_NS: u64 = 100_000_000;

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
    /// Whether its partner was told that it says no more.
    is_silent: bool,
}

impl End {
    /// Whether its partner is to hear that it says no more.
    fn has_said_all(&mut self, setting: &Setting) -> io::Result<bool> {
        let Some(running) = &self.running else { return Ok(true) };
        if running.speaks() || self.is_silent {
            return Ok(self.is_silent);
        }
        let may_stay = running.spec().side.is_judge();
        self.is_silent =
            running.program_end().is_some() || (may_stay && !running.is_ending(setting)?);
        Ok(self.is_silent)
    }

    /// Whether it waits for what it has not been told yet, and nothing is on its way to it.
    fn waits_to_hear(&self, setting: &Setting) -> io::Result<bool> {
        let (Some(running), Some(pipe)) = (&self.running, &self.feed.pipe) else {
            return Ok(false);
        };
        let delivered = self.feed.waiting.is_empty() && sys::unread(pipe.as_raw_fd())? == 0;
        Ok(delivered && running.waits_to_hear(setting)?)
    }
}

/// The two sides: the program, then the judge.
pub struct Pair {
    ends: [End; 2],
    rejects: i32,
    started_ns: u64,
    /// Since when both are known to wait for each other.
    still_ns: Option<u64>,
    /// When to look next whether they do.
    next_look_ns: u64,
}

impl Pair {
    /// Takes both, which have started, and the pipes to their standard inputs.
    pub fn new(program: (Running, OwnedFd), judge: (Running, OwnedFd), rejects: i32) -> Self {
        let end = |(running, pipe)| End {
            running: Some(running),
            feed: Feed { pipe: Some(pipe), waiting: Vec::new() },
            reply: None,
            ended_ns: None,
            is_silent: false,
        };
        let started_ns = sys::now_ns();
        let next_look_ns = started_ns + LOOK_NS;
        let ends = [end(program), end(judge)];
        Self { ends, rejects, started_ns, still_ns: None, next_look_ns }
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
        setting: &Setting,
        replies: &mut Vec<Reply>,
        left: &mut Vec<(Group, Leaving)>,
    ) -> io::Result<bool> {
        for at in 0..2 {
            self.attend_one(at, listen, setting, replies, left)?;
        }
        for at in 0..2 {
            self.ends[at].feed.flush()?;
            let feed = &self.ends[at].feed;
            if feed.pipe.is_some()
                && feed.waiting.is_empty()
                && self.ends[1 - at].has_said_all(setting)?
            {
                // The end of what one says is the end of what the other hears.
                self.ends[at].feed.close();
            }
        }
        if listen {
            self.look_for_silence(setting)?;
        }
        Ok(self.ends.iter().all(|end| end.running.is_none()))
    }

    /// Ends both when each has waited for the other long enough.
    fn look_for_silence(&mut self, setting: &Setting) -> io::Result<()> {
        let now = sys::now_ns();
        if now < self.next_look_ns {
            return Ok(());
        }
        self.next_look_ns = now + LOOK_NS;
        for end in &self.ends {
            if !end.waits_to_hear(setting)? {
                self.still_ns = None;
                return Ok(());
            }
        }
        if now - *self.still_ns.get_or_insert(now) < STILL_NS {
            return Ok(());
        }
        for end in &mut self.ends {
            if let Some(running) = &mut end.running {
                running.stop(Stop::Idle)?;
            }
        }
        Ok(())
    }

    fn attend_one(
        &mut self,
        at: usize,
        listen: bool,
        setting: &Setting,
        replies: &mut Vec<Reply>,
        left: &mut Vec<(Group, Leaving)>,
    ) -> io::Result<()> {
        let listens = self.listens(at, listen);
        let Some(mut running) = self.ends[at].running.take() else { return Ok(()) };
        let gone = running.gone()?;
        let to = &mut self.ends[1 - at].feed;
        let (still, next_look) = (&mut self.still_ns, &mut self.next_look_ns);
        let started_ns = self.started_ns;
        let mut sink = |piece: Piece<'_>| {
            let now = sys::now_ns();
            if piece.stream == 1 && !piece.bytes.is_empty() {
                (*still, *next_look) = (None, now + LOOK_NS);
            }
            pass_on(at, (now - started_ns) / 1000, piece, to, replies)
        };
        if gone {
            running.read_rest(&mut sink)?;
        } else {
            running.read_outputs(listens, &mut sink)?;
            running.check(setting)?;
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
    at_us: u64,
    piece: Piece<'_>,
    to: &mut Feed,
    replies: &mut Vec<Reply>,
) -> io::Result<()> {
    if piece.stream == 1 {
        to.push(piece.bytes)?;
    }
    if piece.kept > 0 {
        let stream = STREAMS[from][usize::from(piece.stream) - 1];
        let bytes = piece.bytes[..piece.kept].to_vec();
        replies.push(match piece.stream {
            1 => Reply::Said { stream, at_us, bytes },
            _ => Reply::Output { stream, bytes },
        });
    }
    Ok(())
}
