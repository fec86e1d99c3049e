//! What the commands send.

use crate::{
    judge::{Slug, SourceFile},
    wire::ProblemAdded,
};
use serde::Serialize;

/// A submission to send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubmission {
    /// Who sends it; absent: whom the token names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The problem.
    pub problem_id: Slug,
    /// The program's text.
    pub code: String,
    /// The language.
    pub language: String,
    /// Files beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SourceFile>,
}

/// A custom run to send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRun {
    /// Who sends it; absent: whom the token names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The program's text.
    pub code: String,
    /// The language.
    pub language: String,
    /// Standard input of the program.
    pub input: String,
    /// Its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Files beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SourceFile>,
    /// The problem with whose reference solution it is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<Slug>,
}

/// A question, an answer or an announcement to send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewClarification {
    /// Who writes; absent: whom the token names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The text.
    pub content: String,
    /// The problem that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Slug>,
    /// Whether an answer goes to everyone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
}

/// What came of adding a problem.
#[derive(Clone, Debug)]
pub struct Added {
    /// The problem as it is now.
    pub problem: ProblemAdded,
    /// Whether it was there already, the same in everything.
    pub unchanged: bool,
}

/// What is sent to become a problem.
#[derive(Clone, Debug)]
pub struct NewProblem {
    /// Its media type.
    pub media: &'static str,
    /// Its length in bytes.
    pub length: u64,
    /// What it is called where it does not say so itself.
    pub name: Option<String>,
    /// The slug, instead of the one that the package says.
    pub slug: Option<Slug>,
    /// Whether a problem with this slug may be replaced.
    pub force: bool,
}
