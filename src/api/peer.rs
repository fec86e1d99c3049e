//! Where a request comes from, and the seat that a live connection takes for it.

use super::{
    App,
    envelope::{ApiError, Code},
};
use crate::hub::{
    engineio::new_id,
    limits::Excess,
    presence::Connection,
    seat::{Seat, Unwelcome},
};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use jiff::Timestamp;
use std::{convert::Infallible, net::SocketAddr};

/// The address of who sends a request, if the server knows it.
pub struct Peer(Option<SocketAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0)))
    }
}

impl Peer {
    /// Takes a seat for a connection that stays; `user` is empty where it is nobody's.
    pub fn seat(
        &self,
        app: &App,
        user: &str,
        transport: &'static str,
        dialect: &'static str,
    ) -> Result<Seat, ApiError> {
        let connection = Connection {
            socket: new_id(),
            user: user.to_owned(),
            transport,
            dialect,
            address: self.0.map(|peer| peer.to_string()).unwrap_or_default(),
            since: Timestamp::now(),
            instance: app.hub.presence.instance().to_owned(),
        };
        Ok(Seat::take(&app.hub, connection, self.0.map(|peer| peer.ip()))?)
    }
}

impl From<Unwelcome> for ApiError {
    fn from(unwelcome: Unwelcome) -> Self {
        let code = match unwelcome {
            Unwelcome::Draining => Code::Draining,
            Unwelcome::Excess(Excess::User(_)) => Code::TooManyConnectionsOfUser,
            Unwelcome::Excess(Excess::Address(_)) => Code::TooManyConnectionsOfAddress,
        };
        Self::new(code, unwelcome.to_string())
    }
}
