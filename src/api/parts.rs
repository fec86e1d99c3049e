//! Which route needs which role of the daemon.

use super::{
    App,
    envelope::{ApiError, Code},
};
use crate::config::{Role, Roles};
use axum::routing::{MethodRouter, any};
use std::{future::ready, sync::Arc};

/// Routes that every daemon has: probes and figures.
const ALWAYS: [&str; 5] = ["/livez", "/readyz", "/health", "/metrics", "/api/v1/status"];

/// Routes of the role `hub`: sockets, streams and pushes. All others are those of `api`.
const HUB: [&str; 8] = [
    "/socket.io",
    "/socket.io/",
    "/ws",
    "/api/v1/events",
    "/api/v1/submissions/{id}/events",
    "/sendPayload",
    "/api/v1/results",
    "/api/v1/messages/{id}",
];

/// The role without which a daemon does not have a route.
fn role(path: &str) -> Option<Role> {
    match path {
        path if ALWAYS.contains(&path) => None,
        path if HUB.contains(&path) => Some(Role::Hub),
        _ => Some(Role::Api),
    }
}

/// A route as a daemon with these roles has it. Where it lacks the role it says so, so that nobody takes it for an
/// older version.
pub(super) fn present(
    path: &str,
    methods: MethodRouter<Arc<App>>,
    roles: Roles,
) -> MethodRouter<Arc<App>> {
    match role(path) {
        Some(role) if !roles.has(role) => any(move || ready(absent(role, roles))),
        _ => methods,
    }
}

fn absent(role: Role, roles: Roles) -> ApiError {
    let message = format!(
        "this daemon does not have the role {}, which this needs, only {roles}; ask one that has it, or start this one \
         with --roles {roles},{}",
        role.name(),
        role.name(),
    );
    ApiError::new(Code::RoleMissing, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_that_is_named_is_there() {
        let routes: Vec<&str> = super::super::routes().into_iter().map(|(path, _)| path).collect();
        for path in ALWAYS.iter().chain(&HUB).filter(|path| !path.starts_with("/socket.io")) {
            assert!(routes.contains(path), "{path}");
        }
    }
}
