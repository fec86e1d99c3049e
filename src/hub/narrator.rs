//! Entries of the log as the events of the dialects.

use super::{
    dialect::{Dialect, Emit, Story, needs_submission, tell},
    socketio::Json,
};
use crate::{
    judge::{Channel, Entry, Event, Message, SubmissionId},
    ledger::{Cursor, Ledger, LedgerError},
};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// Events of a journal read at one time.
const PAGE: usize = 256;

/// Stories that are kept; more are made again when they are needed.
const STORIES: usize = 32;

/// Tells one reader of the log what happens, in the words of the dialects.
///
/// It keeps the stories of the submissions that are under way, so that it need not read a journal again for
/// each of its events. What it says never depends on that: a story that it does not have it reads.
pub struct Narrator {
    ledger: Arc<dyn Ledger>,
    dialects: Arc<[Dialect]>,
    stories: HashMap<SubmissionId, Story>,
}

impl Narrator {
    /// A narrator that knows nothing yet.
    pub fn new(ledger: Arc<dyn Ledger>, dialects: Arc<[Dialect]>) -> Self {
        Self { ledger, dialects, stories: HashMap::new() }
    }

    /// The events that an entry becomes, in order; none for what these clients are not told. When the future
    /// is dropped, the same entry can be told again.
    pub async fn tell(&mut self, entry: &Entry) -> Result<Vec<Emit>, LedgerError> {
        match entry {
            Entry::Event(event) => self.event(event).await,
            Entry::Message(message) => Ok(pushed(message).into_iter().collect()),
        }
    }

    async fn event(&mut self, event: &Event) -> Result<Vec<Emit>, LedgerError> {
        let id = event.submission;
        let known = self.stories.get_mut(&id).filter(|story| story.seq() + 1 == event.seq);
        if let Some(story) = known {
            story.add(event);
        } else if self.stories.get(&id).is_none_or(|story| story.seq() != event.seq) {
            let story = self.read(event).await?;
            if self.stories.len() >= STORIES {
                self.stories.clear();
            }
            self.stories.insert(id, story);
        }
        let Some(story) = self.stories.get(&id) else { return Ok(Vec::new()) };
        let submission = if needs_submission(&self.dialects, event, story) {
            Some(self.ledger.submission(id).await?)
        } else {
            None
        };
        let emits = tell(&self.dialects, event, story, submission.as_ref());
        if event.body.is_final() {
            self.stories.remove(&id);
        }
        Ok(emits)
    }

    /// The story of an event's submission, up to the event.
    async fn read(&self, event: &Event) -> Result<Story, LedgerError> {
        let mut story = Story::default();
        while story.seq() + 1 < event.seq {
            let cursor = Cursor::Submission { id: event.submission, after: story.seq() };
            let page = self.ledger.read(&cursor, PAGE).await?;
            if page.is_empty() {
                break;
            }
            page.iter()
                .take_while(|earlier| earlier.seq < event.seq)
                .for_each(|one| story.add(one));
        }
        story.add(event);
        Ok(story)
    }
}

/// A pushed message is dialect already; the chat's are for its own sockets.
fn pushed(message: &Message) -> Option<Emit> {
    if message.channel != Channel::Push {
        return None;
    }
    match Json::parse(&message.payload) {
        Ok(data) => Some(Emit { name: Cow::Owned(message.topic.clone()), data }),
        Err(error) => {
            tracing::error!(pos = message.pos, "a message in the log is no JSON: {error}");
            None
        }
    }
}
