//! What the dialects must know of a submission beyond one event: folded from its journal alone.

use crate::judge::{Event, EventBody, Exit, Usage};

/// The journal of one submission up to some event. The same events always make the same story, so that it
/// can be thrown away and made again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// The number of the last event in it; 0 for none.
    seq: u64,
    /// Whether it is a custom run.
    is_run: bool,
    /// Which attempt this is.
    attempt: u32,
    /// Tests of the problem, once they are known.
    total: u32,
    /// What a custom run did, once it has run.
    ran: Option<Ran>,
}

/// How a custom run went.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ran {
    pub(super) exit: Exit,
    pub(super) usage: Usage,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Story {
    /// Takes the next event in.
    pub fn add(&mut self, event: &Event) {
        self.seq = event.seq;
        match &event.body {
            EventBody::Queued { problem, .. } => self.is_run = problem.is_none(),
            EventBody::Started { attempt, .. } => {
                self.attempt = *attempt;
                self.begin();
            }
            EventBody::Requeued { .. } | EventBody::Rejudged => self.begin(),
            EventBody::Running { tests, .. } => self.total = tests.len() as u32,
            EventBody::Ran { exit, usage, stdout, stderr, .. } => {
                self.ran = Some(Ran {
                    exit: *exit,
                    usage: *usage,
                    stdout: stdout.clone(),
                    stderr: stderr.clone(),
                });
            }
            EventBody::Compiled { .. }
            | EventBody::Test { .. }
            | EventBody::Skipped { .. }
            | EventBody::Output { .. }
            | EventBody::Compared { .. }
            | EventBody::Cancelled
            | EventBody::Finished(_) => {}
        }
    }

    /// The number of the last event that it knows; 0 for none.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether it is that of a custom run.
    pub fn is_run(&self) -> bool {
        self.is_run
    }

    /// How often a worker had taken it up since a person last queued it.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Tests of the problem; 0 until an attempt has begun.
    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// What the custom run did, if it came to that.
    pub(super) fn ran(&self) -> Option<&Ran> {
        self.ran.as_ref()
    }

    /// Nothing of an earlier attempt counts any more. The number of tests stays until another is known.
    fn begin(&mut self) {
        self.ran = None;
    }
}
