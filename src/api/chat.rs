//! The chat's WebSocket.

use super::{
    App,
    envelope::{ApiError, Code},
    extract::Params,
    person::Visitor,
};
use crate::hub::{
    chat::{self, Manner, Visit},
    place::Place,
    presence::{self, Connection},
};
use axum::{
    Extension,
    extract::{ConnectInfo, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    response::Response,
};
use jiff::Timestamp;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use utoipa::IntoParams;

/// Frames a second that a connection may send for long, and at once after a pause.
const RATE: u32 = 20;
const BURST: u32 = 100;

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
    ))]
pub async fn socket(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    mut params: Params,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
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
    let upgrade = upgrade.map_err(|error| {
        ApiError::new(Code::BadRequest, format!("this is no valid WebSocket upgrade: {error}"))
    })?;
    let config = &app.hub.config;
    let manner = Manner {
        ping: Duration::from_millis(config.ping_interval_ms),
        silence: Duration::from_millis(config.ping_interval_ms + config.ping_timeout_ms),
        pending: Duration::from_secs(config.pending_hours.saturating_mul(3600)),
        rate: RATE,
        burst: BURST,
    };
    let largest = usize::try_from(config.max_payload()).unwrap_or(usize::MAX);
    let held = (app.metrics.stream_client("chat"), app.sockets.token());
    let address = peer.map(|Extension(ConnectInfo(peer))| peer.to_string()).unwrap_or_default();
    let instance = app.about.pid.to_string();
    let (hub, shutdown) = (Arc::clone(&app.hub), app.shutdown.clone());
    Ok(upgrade.max_message_size(largest).max_frame_size(largest).on_upgrade(async move |socket| {
        let _held = held;
        let visit = Visit::new(person, after, until);
        let connection = Connection {
            socket: visit.socket.clone(),
            user: visit.person.user.clone(),
            transport: "websocket",
            dialect: presence::CHAT,
            address,
            since: Timestamp::now(),
            instance,
        };
        hub.presence.register(&connection).await;
        chat::serve(socket, hub.chat.clone(), visit, manner, shutdown).await;
        hub.presence.remove(&connection.user, &connection.socket).await;
    }))
}
