//! Where Socket.IO is mounted.

use super::App;
use crate::{
    config::HubConfig,
    hub::{
        Lobby, engineio,
        seat::Unwelcome,
        socketio::{self, Namespace, Namespaces},
    },
};
use axum::{http::StatusCode, middleware::map_response, response::Response, routing::MethodRouter};
use std::{future::ready, sync::Arc, time::Duration};

/// What answers every request to `/socket.io/`.
pub(super) fn socket_io(app: &App) -> MethodRouter<Arc<App>> {
    let lobby: Arc<dyn Namespace> = Arc::new(Lobby::new(app.hub.clone()));
    let namespaces = Namespaces::from([("/".to_owned(), lobby)]);
    let service = socketio::service(namespaces, settings(app, &app.hub.config));
    // The only reason for which a handshake is put off.
    let metrics = app.metrics.clone();
    service.layer(map_response(move |response: Response| {
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            metrics.refused(Unwelcome::Draining.code());
        }
        ready(response)
    }))
}

fn settings(app: &App, config: &HubConfig) -> socketio::Settings {
    let engine = engineio::Settings {
        ping_interval: Duration::from_millis(config.ping_interval_ms),
        ping_timeout: Duration::from_millis(config.ping_timeout_ms),
        max_payload: usize::try_from(config.max_payload()).unwrap_or(usize::MAX),
        send_buffer: config.send_buffer(),
        send_timeout: config.send_timeout(),
        shared: app.hub.presence.is_shared(),
        draining: app.hub.draining.clone(),
        shutdown: app.shutdown.clone(),
        tracker: app.sockets.clone(),
        ..engineio::Settings::default()
    };
    socketio::Settings { engine, connect_timeout: Duration::from_millis(config.connect_timeout_ms) }
}
