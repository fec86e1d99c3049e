//! Languages and where their toolchains come from.

use super::{
    App,
    envelope::{Envelope, Reply, Result},
};
use crate::evaluator::LanguageStatus;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// All languages.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LanguageList {
    /// By id.
    pub languages: Vec<LanguageStatus>,
}

/// Every language and where its toolchain comes from.
#[utoipa::path(get, path = "/api/v1/languages", tag = "languages",
    responses((status = 200, body = Envelope<LanguageList>)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<LanguageList> {
    let languages = app.evaluator.languages_status().await;
    Ok(Reply::ok("languages", LanguageList { languages }))
}
