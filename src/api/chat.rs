//! The chat's WebSocket.

use super::{
    App, envelope::ApiError, events::bad_upgrade, extract::Params, peer::Peer, person::Visitor,
};
use crate::hub::{
    chat::{self, Visit},
    place::Place,
    presence,
};
use axum::{
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    response::Response,
};
use std::sync::Arc;
use utoipa::IntoParams;

/// Who comes to the chat, and where they stand.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct ChatParams {
    /// The user, where nobody is asked for a token. With a token, its user.
    #[param(rename = "userId")]
    user_id: Option<String>,
    /// `setter` hears the questions, where nobody is asked for a token. With a token, its role counts;
    /// `user` leaves the questions out.
    role: Option<String>,
    /// A token, for clients that cannot send headers.
    token: Option<String>,
    /// The last place seen, `epoch:pos`. Absent: what is pending comes.
    after: Option<String>,
}

/// The chat: messages between users, and questions to the setters. `docs/chat.md` lists its frames.
#[utoipa::path(get, path = "/ws", tag = "clarifications", params(ChatParams),
    responses(
        (status = 101, description = "WebSocket"),
        (status = 400, body = super::envelope::Failure),
        (status = 401, description = "A token is missing or not good", body = super::envelope::Failure),
        (status = 403, body = super::envelope::Failure),
        (status = 429, description = "Too many connections", body = super::envelope::Failure),
        (status = 503, description = "The daemon stops", body = super::envelope::Failure),
    ))]
pub async fn socket(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    mut params: Params,
    peer: Peer,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let user = params.text("userId");
    let role = params.text("role");
    let setter = match role.as_deref() {
        None => None,
        Some("user") => Some(false),
        Some("setter") => Some(true),
        Some(_) => {
            params.mistakes.add("role", "is neither user nor setter");
            None
        }
    };
    let place = "a place, such as 5f0c9a1be2d34788:1042";
    let after = params.parse::<Place>("after", place);
    params.mistakes.finish(Some(()))?;
    let person = visitor.guest(&app, user, setter)?;
    let until = visitor.until();
    let upgrade = upgrade.map_err(|error| bad_upgrade(&error))?;
    let seat = peer.seat(&app, &person.user, "websocket", presence::CHAT)?;
    let largest = usize::try_from(app.hub.config.max_payload()).unwrap_or(usize::MAX);
    let held = app.sockets.token();
    Ok(upgrade.max_message_size(largest).max_frame_size(largest).on_upgrade(async move |socket| {
        let _held = held;
        let (hub, connection) = (Arc::clone(&seat.hub), seat.connection().clone());
        hub.presence.register(&connection).await;
        chat::serve(socket, seat, Visit { person, after, until }).await;
        hub.presence.remove(&connection.user, &connection.socket).await;
    }))
}
