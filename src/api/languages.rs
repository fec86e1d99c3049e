//! Languages and where their toolchains come from.

use super::{
    App,
    envelope::{Envelope, Reply, Result},
};
use crate::wire::LanguageList;
use axum::extract::State;
use std::sync::Arc;

/// Every language and where its toolchain comes from.
#[utoipa::path(get, path = "/api/v1/languages", tag = "languages",
    responses((status = 200, body = Envelope<LanguageList>)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<LanguageList> {
    let languages = app.evaluator.languages_status().await;
    Ok(Reply::ok("languages", LanguageList { languages }))
}
