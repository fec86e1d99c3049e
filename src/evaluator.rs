//! Problem × source → events, in a cell.

use crate::{
    judge::{EventBody, Languages, Outcome, Submission},
    problem::{Draft, Mistake, ProblemStore},
    sandbox::Sandbox,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Evaluates submissions, and fills in the generated tests of packages.
pub struct Evaluator {
    /// Where programs run.
    pub sandbox: Arc<dyn Sandbox>,
    /// The languages it knows.
    pub languages: Arc<Languages>,
    /// The problems it judges against.
    pub problems: Arc<ProblemStore>,
}

impl Evaluator {
    /// Evaluates one submission; every step goes to `events` as it happens, the verdict is returned.
    /// Dropping the future stops the evaluation and destroys its cell.
    pub async fn evaluate(
        &self,
        _submission: &Submission,
        _events: mpsc::Sender<EventBody>,
    ) -> Outcome {
        todo!()
    }

    /// Runs the generators of a draft and, where answers are missing, its reference solution.
    pub async fn generate(&self, _draft: &mut Draft) -> Result<(), Vec<Mistake>> {
        todo!()
    }

    /// Every language and where its toolchain comes from, by id.
    pub async fn languages_status(&self) -> Vec<LanguageStatus> {
        todo!()
    }
}

/// A language as this machine can run it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct LanguageStatus {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Other names it is known by.
    pub aliases: Vec<String>,
    /// File name extensions, without the dot.
    pub extensions: Vec<String>,
    /// Where its toolchain comes from.
    pub source: ToolchainOrigin,
    /// The first line its version command printed; `null` where there is no toolchain.
    pub version: Option<String>,
    /// What mends a missing toolchain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Where a language's toolchain comes from on this machine.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ToolchainOrigin {
    /// The host's own.
    Host,
    /// A container image.
    Image,
    /// Neither is there.
    Missing,
}
