//! Values ⇄ what is kept in Redis.

use super::{
    LedgerError, Session,
    value::{Items, broken},
};
use crate::judge::{
    Audience, Channel, Entry, Event, Message, NewSubmission, Slug, SourceFile, State, Submission,
    SubmissionId, Task,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt::Display};

/// What of a submission is long and never changes, as JSON in one key.
#[derive(Serialize, Deserialize)]
struct Texts<'a> {
    source: Cow<'a, str>,
    /// Standard input of a custom run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    args: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "<[SourceFile]>::is_empty")]
    files: Cow<'a, [SourceFile]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compare: Option<Cow<'a, Slug>>,
}

/// The texts of a new submission, as they are stored.
pub(super) fn texts(new: &NewSubmission) -> Result<String, LedgerError> {
    let source = Cow::Borrowed(new.source.as_str());
    let none = || Cow::Borrowed(&[][..]);
    json(&match &new.task {
        Task::Judge { files, .. } => {
            Texts { source, input: None, args: none(), files: Cow::Borrowed(files), compare: None }
        }
        Task::Run { input, args, files, compare } => Texts {
            source,
            input: Some(Cow::Borrowed(input)),
            args: Cow::Borrowed(args),
            files: Cow::Borrowed(files),
            compare: compare.as_ref().map(Cow::Borrowed),
        },
    })
}

/// Reads a row of `head.lua`.
pub(super) fn submission(mut row: Items) -> Result<Submission, LedgerError> {
    let number: i64 = row.number()?;
    let at = |error: &dyn Display| broken(&format!("submission {number}"), error);
    let user = row.text()?;
    let problem = row.maybe()?;
    let language = row.text()?;
    let created_at = time(row.number()?).map_err(|error| at(&error))?;
    let attempt = row.number()?;
    let status = row.text()?;
    let worker = row.maybe()?;
    let texts = row.text()?;
    let Texts { source, input, args, files, compare } =
        serde_json::from_str(&texts).map_err(|error| at(&error))?;
    let files = files.into_owned();
    let task = match problem {
        Some(slug) => Task::Judge { problem: slug.parse().map_err(|error| at(&error))?, files },
        None => Task::Run {
            input: input.unwrap_or_default().into_owned(),
            args: args.into_owned(),
            files,
            compare: compare.map(Cow::into_owned),
        },
    };
    let state = match status.as_str() {
        "queued" => State::Queued,
        "running" => State::Running { worker: worker.unwrap_or_default() },
        "finished" => {
            let result = serde_json::from_str(&row.text()?).map_err(|error| at(&error))?;
            State::Finished { result }
        }
        _ => State::Cancelled,
    };
    let (id, source) = (SubmissionId(number), source.into_owned());
    Ok(Submission { id, user, task, language, source, created_at, attempt, state })
}

/// Reads an entry of the log: place, `s`, `q`, `t`, `u` and `b`. Returns the length of the last as well.
pub(super) fn entry(mut items: Items) -> Result<(Entry, usize), LedgerError> {
    let pos: u64 = items.number()?;
    let at = |error: &dyn Display| broken(&format!("the entry at place {pos}"), error);
    let source = items.text()?;
    let second = items.text()?;
    let ts = time(items.number()?).map_err(|error| at(&error))?;
    let (user, body) = (items.text()?, items.text()?);
    let length = body.len();
    if let Ok(number) = source.parse() {
        let event = Event {
            v: 1,
            seq: second.parse().map_err(|error| at(&error))?,
            pos,
            ts,
            submission: SubmissionId(number),
            user,
            body: serde_json::from_str(&body).map_err(|error| at(&error))?,
        };
        return Ok((Entry::Event(event), length));
    }
    let (name, to) = match source.strip_suffix('*') {
        Some(name) => (name, Audience::Everyone),
        None => (source.as_str(), Audience::User(user)),
    };
    let channel = Channel::ALL.into_iter().find(|channel| channel.name() == name);
    let channel = channel.ok_or_else(|| at(&format!("`{name}` is no channel")))?;
    let message = Message { pos, ts, to, channel, topic: second, payload: body };
    Ok((Entry::Message(message), length))
}

/// A session as it is stored: when its token ends, in microseconds since 1970 or nothing, a space, and the user.
pub(super) fn from_session(session: &Session) -> String {
    let until = session.until.map(|until| until.as_microsecond().to_string());
    format!("{} {}", until.unwrap_or_default(), session.user)
}

/// Reads what [`from_session`] wrote.
pub(super) fn session(text: &str) -> Result<Session, LedgerError> {
    let at = |error: &dyn Display| broken("a session", error);
    let (until, user) = text.split_once(' ').ok_or_else(|| at(&"it has no space"))?;
    let until = match until {
        "" => None,
        until => {
            let until = until.parse().map_err(|error| at(&error))?;
            Some(time(until).map_err(|error| at(&error))?)
        }
    };
    Ok(Session { user: user.to_owned(), until })
}

/// How [`entry`] knows a message and whom it is for.
pub(super) fn mark(channel: Channel, to: &Audience) -> String {
    let everyone = if to.user().is_none() { "*" } else { "" };
    format!("{}{everyone}", channel.name())
}

/// A value as it is stored.
pub(super) fn json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| broken("what is to be stored", error))
}

fn time(microseconds: i64) -> Result<Timestamp, jiff::Error> {
    Timestamp::from_microsecond(microseconds)
}
