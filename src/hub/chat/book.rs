//! The chat's own index: who may see which entry, which question an answer belongs to, and what became
//! of each message. Made of the log alone, so that a daemon that starts again knows what the last one
//! knew. The texts stay in the ledger.

use super::{
    Person, Refusal,
    frame::{CONTENT_MAX, Draft, EVERYONE, SETTERS, check_client_id, recipient, shown},
    record::{Letter, Said},
};
use crate::judge::{Audience, Message, Slug};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Longest name of a user, in characters.
const USER_MAX: usize = 128;

/// The index. Some 300 bytes for each message.
#[derive(Debug, Default)]
pub struct Book {
    messages: BTreeMap<u64, Line>,
    /// The places that a user or a group gets, ascending.
    shelves: HashMap<String, Vec<u64>>,
    /// What senders called their messages.
    sent: HashMap<(String, String), u64>,
    read: HashSet<(u64, String)>,
    threads: BTreeMap<u64, Thread>,
    /// The question that each message of a thread belongs to.
    roots: HashMap<u64, u64>,
    announcements: Vec<(u64, Option<Slug>)>,
}

/// What is known of a message beside its text.
#[derive(Clone, Debug)]
struct Line {
    from: String,
    to: Audience,
    delivered: bool,
}

/// A question and what followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Who asked.
    pub asker: String,
    /// The problem that it is about.
    pub problem: Option<Slug>,
    /// Answers and further questions, in order.
    pub replies: Vec<u64>,
    /// Whether the last word is an answer.
    pub answered: bool,
    /// Whether an answer went to everyone.
    pub public: bool,
}

impl Book {
    /// Notes an entry and returns who gets it: names of users, and the groups.
    pub fn note(&mut self, message: &Message, said: &Said) -> Vec<String> {
        let pos = message.pos;
        let to = recipient(&message.to).to_owned();
        let mut shelves = vec![to.clone()];
        match said {
            Said::Message(letter) => {
                shelves.push(letter.from.clone());
                // Setters see what others of them answer.
                if letter.thread.is_some_and(|thread| self.is_question(thread)) {
                    shelves.push(SETTERS.to_owned());
                }
                self.note_message(pos, &message.to, letter);
            }
            Said::Delivered(notice) => {
                if let Some(line) = self.messages.get_mut(&notice.message) {
                    line.delivered = true;
                }
            }
            Said::Read(notice) => {
                self.read.insert((notice.message, notice.by.clone()));
                shelves.push(notice.by.clone());
            }
        }
        shelves.sort_unstable();
        shelves.dedup();
        for shelf in &shelves {
            self.shelves.entry(shelf.clone()).or_default().push(pos);
        }
        shelves
    }

    fn note_message(&mut self, pos: u64, to: &Audience, letter: &Letter) {
        if let Some(id) = &letter.client_id {
            self.sent.insert((letter.from.clone(), id.clone()), pos);
        }
        let question = matches!(to, Audience::User(name) if name == SETTERS);
        let root = letter.thread.filter(|root| self.is_question(*root));
        if let Some((root, thread)) = root.and_then(|id| Some((id, self.threads.get_mut(&id)?))) {
            thread.replies.push(pos);
            thread.answered = !question;
            thread.public |= *to == Audience::Everyone;
            self.roots.insert(pos, root);
        } else if question {
            let (asker, problem) = (letter.from.clone(), letter.problem.clone());
            let (replies, answered, public) = (Vec::new(), false, false);
            self.threads.insert(pos, Thread { asker, problem, replies, answered, public });
        } else if *to == Audience::Everyone {
            self.announcements.push((pos, letter.problem.clone()));
        }
        let line = Line { from: letter.from.clone(), to: to.clone(), delivered: false };
        self.messages.insert(pos, line);
    }

    /// The first place after `after` that this person gets.
    pub fn next(&self, person: &Person, after: u64) -> Option<u64> {
        let first =
            |shelf: &Vec<u64>| shelf.get(shelf.partition_point(|&pos| pos <= after)).copied();
        self.shelves_of(person).filter_map(first).min()
    }

    fn shelves_of<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = &'a Vec<u64>> {
        let names = [Some(person.user.as_str()), Some(EVERYONE), person.setter.then_some(SETTERS)];
        names.into_iter().flatten().filter_map(|name| self.shelves.get(name))
    }

    /// Whether this is a question to the setters, with which a thread begins.
    pub fn is_question(&self, id: u64) -> bool {
        self.threads.contains_key(&id)
    }

    /// The message that its sender called so.
    pub fn sent(&self, from: &str, client_id: &str) -> Option<u64> {
        self.sent.get(&(from.to_owned(), client_id.to_owned())).copied()
    }

    /// Messages to this person in `after..=upto` of which no receipt is written: their ids and senders.
    pub fn undelivered(&self, person: &Person, after: u64, upto: u64) -> Vec<(u64, String)> {
        let mut found = Vec::new();
        let mut at = after;
        while let Some(pos) = self.next(person, at).filter(|pos| *pos <= upto) {
            at = pos;
            if let Some(line) = self.messages.get(&pos)
                && !line.delivered
                && line.is_for(person)
            {
                found.push((pos, line.from.clone()));
            }
        }
        found
    }

    /// Whether a receipt is written for this message.
    pub fn is_delivered(&self, id: u64) -> bool {
        self.messages.get(&id).is_some_and(|line| line.delivered)
    }

    /// Whom to tell that this person has read a message; `None` when it is known already. What
    /// went to everyone is between the reader and the log: its sender is not told by each.
    pub fn read(&self, person: &Person, id: u64) -> Result<Option<Audience>, Refusal> {
        let line = self.messages.get(&id).filter(|line| line.is_for(person) || line.is_public());
        let line = line.filter(|line| line.from != person.user);
        let line = line.ok_or_else(|| Refusal::not_found(format!("you have no message {id}")))?;
        if self.read.contains(&(id, person.user.clone())) {
            return Ok(None);
        }
        let told = if line.is_public() { &person.user } else { &line.from };
        Ok(Some(Audience::User(told.clone())))
    }

    /// A question, if this person may see it, with those of its answers that they may see.
    pub fn visible(&self, person: &Person, id: u64) -> Option<Thread> {
        let thread = self.threads.get(&id).filter(|thread| thread.is_open_to(person))?;
        let all = person.answers() || thread.asker == person.user;
        let seen = |id: &&u64| all || self.messages.get(id).is_some_and(Line::is_public);
        let replies = thread.replies.iter().filter(seen).copied().collect();
        Some(Thread { replies, ..thread.clone() })
    }

    /// The questions that this person may see and that are `wanted`, the newest first: at most `limit`
    /// before the one with this id.
    pub fn newest(
        &self,
        person: &Person,
        before: Option<u64>,
        limit: usize,
        wanted: impl Fn(&Thread) -> bool,
    ) -> Vec<(u64, Thread)> {
        let older = self.threads.range(..before.unwrap_or(u64::MAX)).rev();
        let fitting = older.filter(|(_, thread)| thread.is_open_to(person) && wanted(thread));
        let ids = fitting.map(|(id, _)| *id).take(limit);
        ids.filter_map(|id| Some((id, self.visible(person, id)?))).collect()
    }

    /// What was announced to everyone, the newest first: at most `limit` before the one with this id,
    /// those about one problem when it is named.
    pub fn announcements(
        &self,
        problem: Option<&Slug>,
        before: Option<u64>,
        limit: usize,
    ) -> Vec<u64> {
        let before = before.unwrap_or(u64::MAX);
        let fits = |(id, about): &&(u64, Option<Slug>)| {
            *id < before && problem.is_none_or(|slug| about.as_ref() == Some(slug))
        };
        self.announcements.iter().rev().filter(fits).map(|(id, _)| *id).take(limit).collect()
    }

    /// What a message with this `thread` belongs to, if this person may write there.
    fn subject(&self, person: &Person, id: u64) -> Result<Subject<'_>, Refusal> {
        let root = self.roots.get(&id).copied().unwrap_or(id);
        let absent = || Refusal::not_found(format!("you have no message {id}"));
        if let Some(thread) = self.threads.get(&root) {
            let theirs = person.answers() || thread.asker == person.user;
            return if theirs { Ok(Subject::Question(root, thread)) } else { Err(absent()) };
        }
        let line = self.messages.get(&id).ok_or_else(absent)?;
        let partner = if line.from == person.user {
            recipient(&line.to)
        } else if line.is_for(person) {
            &line.from
        } else if line.is_public() {
            SETTERS
        } else {
            return Err(absent());
        };
        Ok(Subject::Message(id, partner.to_owned()))
    }

    /// To whom a draft goes, and as what it is kept; `quote` of an answer to everyone is not filled in.
    pub fn address(&self, person: &Person, draft: Draft) -> Result<(Audience, Letter), Refusal> {
        if draft.content.trim().is_empty() {
            return Err(Refusal::bad_frame("`content` is empty"));
        }
        if draft.content.len() > CONTENT_MAX {
            let (long, most) = (draft.content.len(), CONTENT_MAX);
            return Err(Refusal::too_large(format!(
                "`content` has {long} bytes; the limit is {most}"
            )));
        }
        draft.client_id.as_deref().map_or(Ok(()), check_client_id)?;
        let subject = draft.thread.map(|id| self.subject(person, id)).transpose()?;
        let (root, thread, partner) = match subject {
            None => (None, None, None),
            Some(Subject::Question(id, thread)) => {
                let asks = thread.asker == person.user;
                let partner = if asks { SETTERS.to_owned() } else { thread.asker.clone() };
                (Some(id), Some(thread), Some(partner))
            }
            Some(Subject::Message(id, partner)) => (Some(id), None, Some(partner)),
        };
        let suggested = partner.or_else(|| draft.problem.as_ref().map(|_| SETTERS.to_owned()));
        let to = draft.to.or(suggested);
        let to = to.ok_or_else(|| Refusal::bad_frame("`to` is missing"))?;
        let to = audience(person, to, thread)?;
        let problem = draft.problem.or_else(|| thread.and_then(|thread| thread.problem.clone()));
        let letter = Letter {
            from: person.user.clone(),
            client_id: draft.client_id,
            problem,
            thread: root,
            quote: None,
            content: draft.content,
        };
        Ok((to, letter))
    }
}

/// What a message answers.
enum Subject<'a> {
    /// A question to the setters.
    Question(u64, &'a Thread),
    /// Another message; and to whom the answer goes, unless it says so itself.
    Message(u64, String),
}

/// Checks a recipient.
fn audience(person: &Person, to: String, thread: Option<&Thread>) -> Result<Audience, Refusal> {
    if to == EVERYONE {
        if !person.answers() {
            return Err(Refusal::forbidden("only setters write to everyone"));
        }
        return Ok(Audience::Everyone);
    }
    if to != SETTERS {
        check_user(&to)?;
        if thread.is_some_and(|thread| thread.asker != to) {
            let message = "an answer goes to who asked, to @setters or to @everyone";
            return Err(Refusal::bad_frame(message));
        }
        if thread.is_some() && !person.answers() {
            return Err(Refusal::forbidden("only setters answer"));
        }
    }
    Ok(Audience::User(to))
}

/// Whether somebody may be called so in the chat.
pub(super) fn check_user(name: &str) -> Result<(), Refusal> {
    let long = !(1..=USER_MAX).contains(&name.chars().count());
    if long || name.chars().any(char::is_control) || name.starts_with('@') {
        let rule = "1 to 128 characters, no control characters, and not @ at the beginning";
        return Err(Refusal::bad_frame(format!("`{}` is no user's name: {rule}", shown(name))));
    }
    Ok(())
}

impl Line {
    /// Whether it was sent to this person, alone or with the group, by somebody else.
    fn is_for(&self, person: &Person) -> bool {
        let Audience::User(to) = &self.to else { return false };
        self.from != person.user && (*to == person.user || (person.setter && to == SETTERS))
    }

    fn is_public(&self) -> bool {
        self.to == Audience::Everyone
    }
}

impl Thread {
    /// Whether a person may see its question.
    fn is_open_to(&self, person: &Person) -> bool {
        person.setter || person.trusted || self.asker == person.user || self.public
    }
}
