//! sonocode: the submission as a document, once it is judged.

use super::{Dialect, Emit, End, Story, document};
use crate::judge::{Event, State, Submission};

/// `submission:result` at the end.
pub(super) fn tell(event: &Event, story: &Story, submission: &Submission) -> Option<Emit> {
    let state = match End::of(event)? {
        End::Verdict(outcome) => State::Finished { result: outcome.clone() },
        End::Cancelled => State::Cancelled,
    };
    // As it was then, not as it is now: a rejudge may have come meanwhile.
    let then = Submission { state, attempt: story.attempt(), ..submission.clone() };
    Some(Emit::new("submission:result", &document(Dialect::Sonocode, &then)))
}
