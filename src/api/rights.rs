//! Who may do what: one table of every route, and the layer that holds it.

use super::{
    App,
    envelope::{ApiError, Code},
    extract::lists,
};
use crate::auth::{AuthCode, AuthError, Identity, Mode, Need, bearer};
use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    http::{HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{convert::Infallible, net::SocketAddr, sync::Arc};

/// What every method of every route needs. A test sees to it that none is left out.
pub(super) const RIGHTS: &[(&str, &str, Need)] = &[
    ("GET", "/", Need::Nothing),
    ("GET", "/livez", Need::Nothing),
    ("GET", "/readyz", Need::Figures),
    ("GET", "/health", Need::Figures),
    ("GET", "/metrics", Need::Figures),
    ("GET", "/openapi.json", Need::Nothing),
    ("GET", "/api/v1/status", Need::Status),
    ("GET", "/api/v1/languages", Need::User),
    ("GET", "/api/v1/submissions", Need::User),
    ("POST", "/api/v1/submissions", Need::User),
    ("POST", "/api/v1/submission", Need::User),
    ("GET", "/api/v1/submissions/getMany", Need::User),
    ("GET", "/api/v1/submissions/user/{id}", Need::User),
    ("GET", "/api/v1/submissions/{id}", Need::User),
    ("GET", "/api/v1/submission/{id}", Need::User),
    ("POST", "/api/v1/submissions/{id}/cancel", Need::User),
    ("POST", "/api/v1/submissions/{id}/rejudge", Need::Setter),
    ("GET", "/api/v1/submissions/{id}/events", Need::User),
    ("GET", "/api/v1/events", Need::User),
    ("POST", "/api/v1/runs", Need::User),
    ("POST", "/api/v1/customRun", Need::User),
    // Pushes reach any user.
    ("POST", "/api/v1/results", Need::Service),
    ("GET", "/api/v1/messages/{id}", Need::Service),
    ("POST", "/sendPayload", Need::Service),
    ("GET", "/sendPayload", Need::Service),
    ("GET", "/api/v1/problems", Need::User),
    ("GET", "/api/v1/problems/getMany", Need::User),
    ("GET", "/api/v1/problem/{slug}", Need::User),
    ("GET", "/api/v1/problems/{slug}", Need::User),
    ("GET", "/api/v1/problems/{slug}/statement", Need::User),
    ("POST", "/api/v1/problems", Need::Setter),
    ("PUT", "/api/v1/problems/{slug}", Need::Setter),
    ("PATCH", "/api/v1/problems/{slug}", Need::Setter),
    ("DELETE", "/api/v1/problems/{slug}", Need::Setter),
    ("POST", "/api/v1/problems/{slug}/rename", Need::Setter),
    // Hidden tests and solutions.
    ("GET", "/api/v1/problems/{slug}/solutions", Need::Setter),
    ("GET", "/api/v1/problems/{slug}/package", Need::Setter),
    ("POST", "/api/v1/export", Need::Setter),
    ("POST", "/api/v1/problems/{slug}/verify", Need::Setter),
    ("POST", "/api/v1/problems/{slug}/stress", Need::Setter),
    ("POST", "/api/v1/stress", Need::Setter),
    ("POST", "/api/v1/verify", Need::Setter),
    ("POST", "/api/v1/generate", Need::Setter),
    // The hub asks at CONNECT and when a user is registered; clients of the seeds show no token before.
    ("GET", "/socket.io", Need::Nothing),
    ("POST", "/socket.io", Need::Nothing),
    ("GET", "/socket.io/", Need::Nothing),
    ("POST", "/socket.io/", Need::Nothing),
    ("GET", "/ws", Need::User),
    ("GET", "/api/v1/clarifications", Need::User),
    ("POST", "/api/v1/clarifications", Need::User),
    // Whose it is, and who may answer, is for the chat to say.
    ("GET", "/api/v1/clarifications/{id}", Need::User),
    ("POST", "/api/v1/clarifications/{id}/answers", Need::User),
    ("POST", "/api/v1/announcements", Need::Setter),
];

/// What a request needs. A method that a route does not have is answered so that anybody may hear it.
fn need(method: &Method, route: &str) -> Need {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let found = RIGHTS.iter().find(|(of, path, _)| (*of, *path) == (method, route));
    match found {
        Some((_, _, need)) => *need,
        None if RIGHTS.iter().any(|(_, path, _)| *path == route) => Need::Nothing,
        // Forgotten: closed rather than open.
        None => Need::Setter,
    }
}

/// The middleware: finds out who asks, and answers 401 or 403 to those who may not.
pub async fn check(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    // Where there is nothing there is nothing to guard.
    if let (false, Some(route)) = (app.auth.mode() == Mode::Off, route) {
        match admit(&app, &request, route.as_str()) {
            Ok(identity) => _ = identity.map(|identity| request.extensions_mut().insert(identity)),
            Err(error) => {
                tracing::info!(code = %error.code, route = route.as_str(), "a request is not let in");
                return ApiError::from(error).into_response();
            }
        }
    }
    next.run(request).await
}

fn admit(app: &App, request: &Request, route: &str) -> Result<Option<Identity>, AuthError> {
    let need = need(request.method(), route);
    // Sockets show theirs to the hub, which answers in their own way.
    if route.starts_with("/socket.io") {
        return Ok(None);
    }
    let identity = match token(request)? {
        Some(token) => Some(app.auth.verify(&token)?),
        None => None,
    };
    app.auth.allow(need, identity.as_ref(), is_local(request))?;
    Ok(identity)
}

/// The token of a request: `Authorization: Bearer`, or `?token=` where a browser cannot send headers, which
/// is for `WebSockets` and server-sent events.
fn token(request: &Request) -> Result<Option<String>, AuthError> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let malformed = || {
            let message = "the header Authorization is not `Bearer` and a token";
            AuthError::new(AuthCode::TokenMalformed, message)
        };
        let token = value.to_str().ok().and_then(bearer).ok_or_else(malformed)?;
        return Ok(Some(token.to_owned()));
    }
    let headers = request.headers();
    let streams = lists(headers, &header::UPGRADE, "websocket")
        || lists(headers, &header::ACCEPT, "text/event-stream");
    let query = request.uri().query().filter(|_| streams && request.method() == Method::GET);
    let mut pairs = query.into_iter().flat_map(|query| query.split('&'));
    // The characters of a token need no escapes.
    let token = pairs.find_map(|pair| pair.strip_prefix("token="));
    Ok(token.filter(|token| !token.is_empty()).map(str::to_owned))
}

/// Whether a request comes from this machine, and not through a proxy on it.
fn is_local(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
        && !forwarded.iter().any(|name| request.headers().contains_key(*name))
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let code = if error.code.is_forbidden() { Code::Forbidden } else { Code::Unauthorized };
        Self::new(code, error.message).because(error.code)
    }
}

/// The value of `WWW-Authenticate` in a reply with this reason.
pub(super) fn challenge(reason: Option<AuthCode>) -> HeaderValue {
    HeaderValue::from_static(match reason {
        None | Some(AuthCode::TokenMissing) => r#"Bearer realm="sonocode""#,
        Some(_) => r#"Bearer realm="sonocode", error="invalid_token""#,
    })
}

/// Who asks, where a token was shown.
#[derive(Clone, Debug, Default)]
pub struct Caller(pub Option<Identity>);

impl Caller {
    /// Who asks, from what [`check`] found out.
    pub fn of(extensions: &axum::http::Extensions) -> Self {
        Self(extensions.get::<Identity>().cloned())
    }

    /// `Err` when this is somebody else's.
    pub fn owns(&self, user: &str) -> Result<(), ApiError> {
        match &self.0 {
            Some(identity) => Ok(identity.clone().act_for(user).map(drop)?),
            None => Ok(()),
        }
    }

    /// The one user of whom this caller may see things; `None`: all.
    pub fn confined(&self) -> Option<&str> {
        let identity = self.0.as_ref().filter(|identity| !identity.role.acts_for_all())?;
        Some(&identity.user)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
