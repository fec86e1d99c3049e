//! The options of `clarify …`.

use super::Connect;
use crate::judge::Slug;
use clap::{Args, Subcommand};

/// `clarify …`
#[derive(Debug, Subcommand)]
pub enum Clarify {
    /// Ask the setters about a problem
    Ask(ClarifyAsk),
    /// Answer a question, privately or to everyone
    Answer(ClarifyAnswer),
    /// List questions with their answers, and announcements
    List(ClarifyList),
    /// Tell everyone
    Announce(ClarifyAnnounce),
    /// Follow questions, answers and announcements live
    Watch(ClarifyWatch),
}

/// Options of `clarify ask`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode clarify ask two-sum 'Are the indices 0-based?'
  sonocode clarify ask two-sum - < question.txt
  id=$(sonocode clarify ask two-sum 'May numbers repeat?' --json | jq -r .id)

Exit codes: 0 asked (it is durable), 4 no such problem, 5 refused.")]
pub struct ClarifyAsk {
    /// The problem
    #[arg(value_name = "PROBLEM")]
    pub problem: Slug,
    /// The question; `-` is standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// Who asks [default: $USER]
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Print the question as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `clarify answer`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode clarify answer 41 'Yes, 0-based.'              to who asked
  sonocode clarify answer 41 'Yes, 0-based.' --all        to everyone, with the question

Exit codes: 0 answered, 4 no such question, 5 refused: only setters answer where tokens are asked for.")]
pub struct ClarifyAnswer {
    /// The question
    #[arg(value_name = "ID")]
    pub id: String,
    /// The answer; `-` is standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// Answer to everyone
    #[arg(short, long)]
    pub all: bool,
    /// Who answers [default: $USER]
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Print the question with its answers as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `clarify list`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode clarify list
  sonocode clarify list --problem two-sum --unanswered
  sonocode clarify list --user ada                        what ada may see
  sonocode clarify list --unanswered --json | jq -r .id")]
pub struct ClarifyList {
    /// Only those about this problem
    #[arg(short, long, value_name = "SLUG")]
    pub problem: Option<Slug>,
    /// Only questions whose last word is no answer
    #[arg(long)]
    pub unanswered: bool,
    /// As this user sees them
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// At most this many, the newest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub limit: u16,
    /// Print each as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `clarify announce`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode clarify announce 'The contest is extended by ten minutes.'
  sonocode clarify announce 'The second sample was wrong.' --problem two-sum

Exit codes: 0 sent, 4 no such problem, 5 refused: only setters announce where tokens are asked for.")]
pub struct ClarifyAnnounce {
    /// The text; `-` is standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: String,
    /// The problem that it is about
    #[arg(short, long, value_name = "SLUG")]
    pub problem: Option<Slug>,
    /// Who announces [default: $USER]
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Print it as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `clarify watch`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode clarify watch                                  what is for you
  sonocode clarify watch --setter                         every question too
  sonocode clarify watch --json | jq -r 'select(.type == \"NEW_MESSAGE\") | .content'

Begins with what you have not received yet. A lost connection is taken up again; nothing is lost or
shown twice. Ends with Ctrl-C (130).")]
pub struct ClarifyWatch {
    /// Hear the questions to the setters
    #[arg(short, long)]
    pub setter: bool,
    /// Who watches [default: $USER]
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Begin after this place, as frames have it
    #[arg(long, value_name = "PLACE")]
    pub after: Option<String>,
    /// Print the frames, one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}
