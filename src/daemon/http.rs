//! Serving HTTP on a port.

use crate::api::{self, App};
use axum::serve::ListenerExt;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers requests until `ended` fires, and those that came before it to their ends.
pub(super) async fn serve(listener: TcpListener, app: App, ended: CancellationToken) {
    let app = api::router(app).into_make_service_with_connect_info::<SocketAddr>();
    // Replies are small and must not wait for the next one; where this fails they only wait.
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    let serve = axum::serve(listener, app).with_graceful_shutdown(ended.cancelled_owned());
    if let Err(error) = serve.await {
        tracing::error!(%error, "the HTTP server ended");
    }
}
