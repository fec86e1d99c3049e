//! What the commands send.

use crate::judge::Slug;
use serde::Serialize;

/// A submission to send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubmission {
    /// Who sends it.
    pub user_id: String,
    /// The problem.
    pub problem_id: Slug,
    /// The program's text.
    pub code: String,
    /// The language.
    pub language: String,
}

/// A custom run to send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRun {
    /// Who sends it.
    pub user_id: String,
    /// The program's text.
    pub code: String,
    /// The language.
    pub language: String,
    /// Standard input of the program.
    pub input: String,
}
