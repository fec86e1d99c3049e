//! Following submissions until they rest, with what may come between: signals, time-outs and a
//! judge that cannot judge.

use super::{
    follow::{News, follow},
    session::Session,
    signals::Signals,
};
use crate::{
    client::Source,
    error::{Code, Ending, Error},
    judge::{Event, EventBody, State, SubmissionId, Verdict},
    view::{View, card::Labels, terminal::say},
};
use futures_util::{StreamExt, stream::select_all};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// What is to be followed, and for how long.
pub(super) struct Watching<'a> {
    /// Where the events come from.
    pub(super) session: &'a Session,
    /// The streams, each after a place.
    pub(super) sources: Vec<(Source, u64)>,
    /// When to give up.
    pub(super) deadline: Option<Instant>,
}

/// How submissions ended, as far as they did.
type Endings = BTreeMap<SubmissionId, Ending>;

impl Watching<'_> {
    /// Hands every event to `show` until every submission rests. The endings are returned; a stream of
    /// many submissions ends only with an error: a signal, the deadline, or a refusal.
    pub(super) async fn until_rest(
        &self,
        signals: &mut Signals,
        show: impl FnMut(&Event) -> Result<(), Error>,
    ) -> Result<Endings, Error> {
        let endings = Mutex::default();
        let stopped = tokio::select! {
            biased;
            signal = signals.next() => Error::Signal(signal),
            result = self.collect(&endings, show) => match result {
                Ok(()) => return Ok(endings.into_inner().unwrap_or_else(PoisonError::into_inner)),
                Err(error) => return Err(error),
            },
            () = elapsed(self.deadline) => Error::Timeout(String::new()),
        };
        let text = self.detached(&endings.into_inner().unwrap_or_else(PoisonError::into_inner));
        Err(match stopped {
            Error::Timeout(_) => Error::Timeout(format!("--timeout has elapsed: {text}")),
            other => {
                say(&text);
                other
            }
        })
    }

    /// The same without an end from outside; what ended is in `endings` whenever this is dropped.
    pub(super) async fn collect(
        &self,
        endings: &Mutex<Endings>,
        mut show: impl FnMut(&Event) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let open = |(source, after): &(Source, u64)| {
            Box::pin(follow(self.session, source.clone(), *after))
        };
        let mut streams = select_all(self.sources.iter().map(open));
        let mut engine = std::pin::pin!(self.session.engine_failure());
        let mut engine_told = false;
        let known = || endings.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let news = tokio::select! {
                biased;
                news = streams.next() => match news {
                    Some(news) => news?,
                    None => return Ok(()),
                },
                why = &mut engine, if !engine_told => {
                    engine_told = true;
                    let unfinished = self.unfinished(&known());
                    self.without_engine(&unfinished, &why).await?;
                    continue;
                }
            };
            match news {
                News::Event(event) => {
                    take(&mut known(), &event);
                    show(&event)?;
                }
                News::Lost(text) => say(&text),
                News::Back => say("the daemon is back"),
                News::Reset(reason) => say(&format!("{reason}; showing everything that it has")),
            }
        }
    }

    /// Ends with an error if a submission waits for an engine that is not there. One that is at rest
    /// already is still shown.
    async fn without_engine(&self, unfinished: &[SubmissionId], why: &str) -> Result<(), Error> {
        let client = self.session.client();
        for &id in unfinished {
            if !client.submission(id).await?.state.is_final() {
                return Err(Error::Judge(format!(
                    "{why}\nsubmission #{id} stays queued: mend the engine, then `sonocode watch {id}`"
                )));
            }
        }
        if self.sources.iter().any(|(source, _)| !source.ends()) {
            say(&format!("the judge cannot judge now: {why}"));
        }
        Ok(())
    }

    fn unfinished(&self, endings: &Endings) -> Vec<SubmissionId> {
        let ids = self.sources.iter().filter_map(|(source, _)| match source {
            Source::Submission(id) => Some(*id),
            Source::User(_) | Source::All => None,
        });
        ids.filter(|id| !endings.contains_key(id)).collect()
    }

    /// What to say when the watching ends before the judging.
    fn detached(&self, endings: &Endings) -> String {
        let ids: Vec<String> = self.unfinished(endings).iter().map(ToString::to_string).collect();
        if ids.is_empty() {
            return "stopped watching".to_owned();
        }
        let state = if self.session.is_own() {
            "still queued, and judged while a daemon runs"
        } else {
            "still judging"
        };
        format!("{state}; sonocode watch {}", ids.join(" "))
    }
}

fn take(endings: &mut Endings, event: &Event) {
    match &event.body {
        EventBody::Finished(outcome) => {
            endings.insert(event.submission, Ending::Judged(outcome.clone()));
        }
        EventBody::Cancelled => {
            endings.insert(event.submission, Ending::Cancelled);
        }
        EventBody::Rejudged => drop(endings.remove(&event.submission)),
        _ => {}
    }
}

/// Follows these submissions in a view and returns the exit code: the first that is not 0, in their
/// order.
pub(super) async fn show(
    watching: &Watching<'_>,
    signals: &mut Signals,
    mut view: View,
    expected: Option<Verdict>,
) -> Result<Code, Error> {
    let result = watching.until_rest(signals, |event| Ok(view.event(event)?)).await;
    view.close();
    let endings = result?;
    for (source, _) in &watching.sources {
        let Source::Submission(id) = source else { continue };
        let ending = match endings.get(id) {
            Some(ending) => Some(ending.clone()),
            // Its last event was before the place at which the watching began.
            None => ending(&watching.session.client().submission(*id).await?.state),
        };
        match ending.map(|ending| ending.code(expected)) {
            None | Some(Code::OK) => {}
            Some(code) => return Ok(code),
        }
    }
    Ok(Code::OK)
}

fn ending(state: &State) -> Option<Ending> {
    match state {
        State::Finished { result } => Some(Ending::Judged(result.clone())),
        State::Cancelled => Some(Ending::Cancelled),
        State::Queued | State::Running { .. } => None,
    }
}

/// Names of the languages, for views. Without them the ids do.
pub(super) async fn labels(session: &Session) -> Labels {
    let languages = session.client().languages().await.unwrap_or_default();
    let languages = languages.into_iter().map(|language| (language.id, language.name)).collect();
    Labels { languages, ..Labels::default() }
}

/// The moment at which `--timeout` elapses.
pub(super) fn deadline(seconds: Option<u64>) -> Option<Instant> {
    seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds.min(u64::from(u32::MAX))))
}

async fn elapsed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
