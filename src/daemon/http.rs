//! Serving HTTP on a port, with TLS or without.

use super::tls::{Certificate, TlsListener};
use crate::{
    api::{self, App},
    hub::patient::{Io, Patient},
    metrics::Metrics,
};
use axum::serve::{Listener, ListenerExt};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers requests until `ended` fires, and those that came before it to their ends.
pub(super) async fn serve(
    listener: TcpListener,
    app: App,
    certificate: Option<Arc<Certificate>>,
    ended: CancellationToken,
) {
    // Replies are small and must not wait for the next one; where this fails they only wait.
    let served = match certificate {
        None => answer(listener.tap_io(|stream| _ = stream.set_nodelay(true)), app, ended).await,
        Some(certificate) => match TlsListener::over(listener, certificate) {
            Ok(listener) => {
                let listener = listener.tap_io(|stream| _ = stream.get_ref().0.set_nodelay(true));
                answer(listener, app, ended).await
            }
            Err(error) => Err(error),
        },
    };
    if let Err(error) = served {
        tracing::error!(%error, "the HTTP server ended");
    }
}

async fn answer<L>(listener: L, app: App, ended: CancellationToken) -> io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
    L::Io: Io + 'static,
{
    let (patience, metrics) = (app.hub.config.send_timeout(), app.metrics.clone());
    // The tap does nothing: axum tells addresses of its own listeners only.
    let listener = Patiently { listener, patience, metrics }.tap_io(|_| {});
    let app = api::router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(ended.cancelled_owned()).await
}

/// Takes connections whose peers must take what is written to them.
struct Patiently<L> {
    listener: L,
    patience: Duration,
    metrics: Metrics,
}

impl<L> Listener for Patiently<L>
where
    L: Listener<Addr = SocketAddr>,
    L::Io: Io + 'static,
{
    type Io = Patient;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Patient, SocketAddr) {
        let (stream, peer) = self.listener.accept().await;
        (Patient::over(stream, self.patience, self.metrics.clone()), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
