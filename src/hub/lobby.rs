//! The namespace `/`: where the clients of all dialects come in.

use super::{
    center::Hub,
    dialect::Dialect,
    limits::Permit,
    member::Member,
    socketio::{Client, Connected, Json, Namespace, Refused},
};
use crate::auth::{Identity, bearer};
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
        let offsets = self.hub.config.offsets && wants_offsets(&client, &said);
        let entrance = Entrance::check(&self.hub, &client, &said)?;
        let mut member =
            Member::new(self.hub.clone(), self.dialects.clone(), &client, offsets, entrance);
        let pid = match &client.resume {
            Some(resume) if offsets => {
                let back = member.come_back(resume).await;
                back.map_err(|error| refused(&client, error.code.as_str(), error.message))?
            }
            _ => None,
        };
        let pid = pid.or_else(|| offsets.then(private_id));
        member.keep_as(pid.clone()).await;
        member.came();
        Ok(Connected { pid, handler: Box::new(member) })
    }
}

/// What a client has proved and holds when it comes in.
pub struct Entrance {
    /// Who it is, where it showed a token at the handshake.
    pub known: Option<Identity>,
    /// That it counts for its address, and later for its user.
    pub permit: Permit,
}

impl Entrance {
    /// Looks at the token, then at the bounds.
    fn check(hub: &Hub, client: &Client, said: &Value) -> Result<Self, Refused> {
        let known = hub
            .auth
            .handshake(token(client, said))
            .map_err(|error| refused(client, error.code.as_str(), error.message))?;
        let peer = client.peer.map(|peer| peer.ip());
        let permit = hub.limits.enter(peer, None).map_err(|excess| {
            hub.metrics.refused(excess.code());
            refused(client, excess.code(), excess.to_string())
        })?;
        Ok(Self { known, permit })
    }
}

/// The answer to a CONNECT that is refused.
fn refused(client: &Client, code: &str, message: String) -> Refused {
    let address = client.peer.map(|peer| peer.to_string()).unwrap_or_default();
    tracing::info!(socket = client.id, address, code, "a socket is not let in");
    let data = Json::of(&json!({ "code": code, "message": message }));
    Refused { message, data: Some(data) }
}

/// The token that a client shows when it connects: with CONNECT, as a bearer, or in its query.
fn token<'a>(client: &'a Client, said: &'a Value) -> Option<&'a str> {
    let header = || {
        let value = client.headers.get(AUTHORIZATION)?.to_str().ok()?;
        bearer(value)
    };
    let query = || client.query.iter().find(|(name, _)| name == "token");
    let found = said["token"].as_str().or_else(header);
    let found = found.or_else(|| query().map(|(_, token)| token.as_str()));
    // Some write the scheme before it in the other places as well.
    found.map(|token| token.strip_prefix("Bearer ").unwrap_or(token))
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
