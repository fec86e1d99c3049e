//! Pure values and rules of judging: no tokio, no I/O, no clock.
//!
//! Everything else in the program speaks in these types. A [`Submission`] asks for a [`Problem`]
//! to be solved in a [`Language`]; the sandbox reports [`Facts`]; [`verdict_of`] turns facts and
//! [`Limits`] into a [`Verdict`]; every step becomes an [`Event`] in the submission's journal. A
//! [`Message`] is what else is sent to a user; both are an [`Entry`] of one log.

mod checker;
pub mod checktestdata;
mod compare;
mod event;
mod expectation;
mod facts;
mod interaction;
mod language;
mod limits;
mod message;
mod pattern;
mod places;
mod problem;
mod score;
mod submission;
mod talk;
mod traceback;
mod verdict;

pub use checker::{Checked, Convention, JudgeProgram, Said, Share};
pub use compare::Compare;
pub use event::{Event, EventBody, Outcome, OutputStream, TestRef, Usage};
pub use expectation::{Expectation, PartExpectation, TimeUse};
pub use facts::{Exit, Facts, Stop, verdict_of};
pub use interaction::{Interaction, interaction};
pub use language::{
    Factors, Language, LanguageError, Languages, Prelude, RuntimeMemory, Substitutions, Toolchain,
};
pub use limits::{Limits, RunLimits};
pub use message::{Audience, Channel, Entry, Message, NewMessage};
pub use pattern::fits;
pub use problem::{
    About, Difficulty, Include, Problem, Slug, SlugError, StatementFile, StatementFormat,
    StaticValidator, Stub, TestCase, Timing, Validator,
};
pub use score::{
    Aggregate, Grader, GraderVerdict, Group, GroupResult, Plan, Score, StaticWord, StopPolicy,
};
pub use submission::{
    NewSubmission, ParseIdError, Priority, SourceFile, State, Submission, SubmissionId, Task,
    user_mistake,
};
pub use talk::{Line, Recorder, Speaker, Talk};
pub use traceback::Own;
pub use verdict::{ParseVerdictError, Verdict};
