//! The namespace `/`: where the clients of all dialects come in.

use super::{
    center::Hub,
    dialect::Dialect,
    member::Member,
    socketio::{Client, Connected, Json, Namespace, Refused},
};
use crate::auth::AuthError;
use async_trait::async_trait;
use axum::http::header::AUTHORIZATION;
use serde_json::{Value, json};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// Lets clients in, and restores those that come back.
pub struct Lobby {
    hub: Arc<Hub>,
    dialects: Arc<[Dialect]>,
}

impl Lobby {
    /// The namespace over a hub.
    pub fn new(hub: Arc<Hub>) -> Self {
        let dialects = hub.config.dialects.as_slice().into();
        Self { hub, dialects }
    }
}

#[async_trait]
impl Namespace for Lobby {
    async fn connect(&self, client: Client) -> Result<Connected, Refused> {
        let said = client.auth.read::<Value>().unwrap_or_default();
        let identity = self.hub.auth.handshake(token(&client, &said)).map_err(refused)?;
        let offsets = self.hub.config.offsets && wants_offsets(&client, &said);
        let mut member = Member::new(self.hub.clone(), self.dialects.clone(), &client, identity);
        member.offsets = offsets;
        let pid = match &client.resume {
            Some(resume) if offsets => member.come_back(resume).await,
            _ => None,
        };
        let pid = pid.or_else(|| offsets.then(private_id));
        member.keep_as(pid.clone()).await;
        tracing::info!(socket = client.id, peer = ?client.peer, user = member.user(), "connected");
        Ok(Connected { pid, handler: Box::new(member) })
    }
}

/// The token that a client shows when it connects: with CONNECT, in its query, or as a bearer.
fn token<'a>(client: &'a Client, said: &'a Value) -> Option<&'a str> {
    let query = || client.query.iter().find(|(name, _)| name == "token");
    let bearer = || {
        let header = client.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    };
    said["token"].as_str().or_else(|| query().map(|(_, token)| token.as_str())).or_else(bearer)
}

fn refused(error: AuthError) -> Refused {
    let data = json!({"code": error.code.as_str()});
    Refused { message: error.message, data: Some(Json::of(&data)) }
}

/// Whether a client takes the place of each event as one more argument. It says `offsets=false` in its query
/// or in what comes with CONNECT when its handlers choke on that; it can then not resume.
fn wants_offsets(client: &Client, said: &Value) -> bool {
    let query = client.query.iter().any(|(name, value)| name == "offsets" && value == "false");
    !query && said["offsets"] != false && said["offsets"] != "false"
}

/// The id by which a client comes back: 128 random bits, for whoever knows it hears the user's events.
fn private_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    hex::encode(bytes)
}
