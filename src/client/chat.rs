//! One connection to the chat.

use super::{Client, ClientError, events::Socket};
use serde_json::Value;
use std::fmt;

/// Who takes part.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Their name; absent: whom the token names.
    pub user: Option<String>,
    /// Whether they hear what is for the setters.
    pub setter: bool,
}

/// An open connection. What the daemon sends is answered for by the library: a receipt goes back for
/// each frame that was read.
pub struct Chat(Socket);

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chat")
    }
}

impl Chat {
    pub(super) async fn open(
        client: &Client,
        guest: &Guest,
        after: Option<&str>,
    ) -> Result<Self, ClientError> {
        let mut url = client.socket_at("ws");
        if let Some(user) = &guest.user {
            url.query_pairs_mut().append_pair("userId", user);
        }
        if guest.setter {
            url.query_pairs_mut().append_pair("role", "setter");
        }
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        Socket::open(client, &url).await.map(Self)
    }

    /// The next frame; `None` when the daemon closed in good order.
    pub async fn next(&mut self) -> Result<Option<Value>, ClientError> {
        let Some(text) = self.0.next().await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| {
            ClientError::Foreign(format!("the daemon sent a frame that is no JSON: {error}"))
        })
    }
}
