//! `sonocode watch`.

use super::{
    session::{self, Session},
    signals::Signals,
    watching::{Watching, deadline, labels, show},
};
use crate::{
    cli::Watch,
    client::Source,
    error::{Code, Error},
    judge::{Event, SubmissionId},
    view::{Form, View},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn watch(args: Watch) -> Result<Code, Error> {
    session::with_signals(&args.connect.configuration()?, async |session, signals| {
        obey(&args, session, signals).await
    })
    .await
}

async fn obey(args: &Watch, session: &Session, signals: &mut Signals) -> Result<Code, Error> {
    let deadline = deadline(args.timeout);
    let labels = labels(session).await;
    let many = args.ids.len() != 1;
    let mut view = View::new(Form::choose(args.json), labels, many);
    if !args.ids.is_empty() {
        let after = args.after.unwrap_or(0);
        let mut seen = BTreeSet::new();
        let ids = args.ids.iter().filter(|id| seen.insert(**id));
        let sources = ids.map(|id| (Source::Submission(*id), after)).collect();
        return show(&Watching { session, sources, deadline }, signals, view, None).await;
    }
    // Without a name a daemon shows what the token's bearer may see.
    let user = if args.all { None } else { session.user(args.user.clone()) };
    let source = user.map_or(Source::All, Source::User);
    let after = if let Some(after) = args.after {
        after
    } else {
        let (past, after) = signals.guard(unfinished(session, &source)).await?;
        past.iter().try_for_each(|event| view.event(event))?;
        after
    };
    let watching = Watching { session, sources: vec![(source, after)], deadline };
    let result = watching.until_rest(signals, |event| Ok(view.event(event)?)).await;
    view.close();
    result.map(|_| Code::OK)
}

/// The events so far of submissions that are not at rest, and the place after which more will come.
async fn unfinished(session: &Session, source: &Source) -> Result<(Vec<Event>, u64), Error> {
    let client = session.client();
    let user = if let Source::User(user) = source { Some(user.as_str()) } else { None };
    let counts = client.status().await?.counts;
    let away = || Error::Refused("the daemon's Redis is away; try again in a moment".to_owned());
    let mut after = counts.ok_or_else(away)?.last_pos;
    for status in ["queued", "running"] {
        if let Some(first) = client.first(user, status).await? {
            let (journal, _) = client.page(&Source::Submission(first.id), 0).await?;
            let beginning = journal.first().map_or(after, |event| event.pos.saturating_sub(1));
            after = after.min(beginning);
        }
    }
    let mut past = BTreeMap::<SubmissionId, Vec<Event>>::new();
    loop {
        let (events, next) = client.page(source, after).await?;
        if next == after {
            break;
        }
        after = next;
        for event in events {
            past.entry(event.submission).or_default().push(event);
        }
    }
    Ok((without_ended(past), after))
}

/// The events of submissions that are not at rest, in the order of the journal.
fn without_ended(past: BTreeMap<SubmissionId, Vec<Event>>) -> Vec<Event> {
    let running = |events: &Vec<Event>| events.last().is_some_and(|last| !last.body.is_final());
    let mut events: Vec<Event> = past.into_values().filter(running).flatten().collect();
    events.sort_by_key(|event| event.pos);
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::EventBody;

    #[test]
    fn what_has_ended_is_not_shown_again() {
        let event = |id, pos, body| Event {
            v: 1,
            seq: pos,
            pos,
            ts: jiff::Timestamp::UNIX_EPOCH,
            submission: SubmissionId(id),
            user: "ada".into(),
            body,
        };
        let started = || EventBody::Running { tests: Vec::new(), version: None };
        let past = [
            (SubmissionId(1), vec![event(1, 1, started()), event(1, 4, EventBody::Cancelled)]),
            (SubmissionId(2), vec![event(2, 2, started()), event(2, 5, started())]),
            (
                SubmissionId(3),
                vec![event(3, 3, EventBody::Cancelled), event(3, 6, EventBody::Rejudged)],
            ),
        ];
        let shown: Vec<u64> = without_ended(past.into()).iter().map(|event| event.pos).collect();
        assert_eq!(shown, [2, 3, 5, 6]);
    }
}
