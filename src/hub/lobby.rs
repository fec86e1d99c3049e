//! The namespace `/`: where the clients of all dialects come in.

use super::{
    center::Hub,
    dialect::Dialect,
    member::Member,
    socketio::{Client, Connected, Namespace, Refused},
};
use async_trait::async_trait;
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
        let offsets = self.hub.config.offsets && wants_offsets(&client);
        let mut member = Member::new(self.hub.clone(), self.dialects.clone(), &client, offsets);
        let pid = match &client.resume {
            Some(resume) if offsets => member.come_back(resume).await,
            _ => None,
        };
        let pid = pid.or_else(|| offsets.then(private_id));
        member.keep_as(pid.clone()).await;
        tracing::debug!(socket = client.id, peer = ?client.peer, recovered = member.user().is_some(), "a socket connects");
        Ok(Connected { pid, handler: Box::new(member) })
    }
}

/// Whether a client takes the place of each event as one more argument. It says `offsets=false` in its query
/// or in what comes with CONNECT when its handlers choke on that; it can then not resume.
fn wants_offsets(client: &Client) -> bool {
    let query = client.query.iter().any(|(name, value)| name == "offsets" && value == "false");
    let auth = client
        .auth
        .read::<serde_json::Value>()
        .is_ok_and(|auth| auth["offsets"] == false || auth["offsets"] == "false");
    !query && !auth
}

/// The id by which a client comes back: 128 random bits, for whoever knows it hears the user's events.
fn private_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    hex::encode(bytes)
}
