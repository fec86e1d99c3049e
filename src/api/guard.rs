//! Lets only requests in that are meant for this daemon.
//!
//! The daemon runs programs for whoever can reach it, so a web page must not be able to. A page of
//! another site carries its `Origin`; a page whose name was rebound to this address carries its own
//! name as `Host`. Programs other than browsers send neither, or may send what they like: against
//! them the address to which the daemon is bound protects.

use super::{
    About, App,
    envelope::{ApiError, Code},
    extract::shorten,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// The middleware: answers 403 to what must not come in.
pub async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match admit(request.headers(), &app.about, &app.cors_origins) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn admit(headers: &HeaderMap, about: &About, origins: &[String]) -> Result<(), ApiError> {
    let bound = about.addr;
    for host in headers.get_all(header::HOST) {
        if !host_is_own(host, bound) {
            let message = format!("`{}` is not this daemon; use {}", show(host), about.url());
            return Err(ApiError::field(Code::Forbidden, "Host", message));
        }
    }
    let host = headers.get(header::HOST);
    for origin in headers.get_all(header::ORIGIN) {
        let configured =
            origins.iter().any(|own| origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()));
        if !configured && !origin_is_own(origin, host, bound) {
            let message = format!(
                "pages of `{}` may not use this daemon; add the origin to cors_origins in its configuration",
                show(origin)
            );
            return Err(ApiError::field(Code::Forbidden, "Origin", message));
        }
    }
    Ok(())
}

/// Whether a Host header means this daemon: a loopback name or address, or the address to which it is
/// bound. A daemon that is bound to every address takes every address, but still no other name: names
/// are what can be rebound. The port does not matter, so that a forwarded port works.
fn host_is_own(host: &HeaderValue, bound: SocketAddr) -> bool {
    authority(host.as_bytes()).is_some_and(|authority| names_us(&authority, bound))
}

fn names_us(authority: &Authority, bound: SocketAddr) -> bool {
    let name = authority.host();
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    match bare.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(ip) => {
            ip.is_loopback() || ip == bound.ip().to_canonical() || bound.ip().is_unspecified()
        }
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// Host and port, without a user's name before it.
fn authority(text: &[u8]) -> Option<Authority> {
    Authority::try_from(text).ok().filter(|authority| !authority.as_str().contains('@'))
}

/// Whether a page was loaded from this daemon: its origin is one of the daemon's own names with the
/// port to which the request goes.
fn origin_is_own(origin: &HeaderValue, host: Option<&HeaderValue>, bound: SocketAddr) -> bool {
    let own = [&b"http://"[..], b"https://"]
        .into_iter()
        .find_map(|scheme| origin.as_bytes().strip_prefix(scheme))
        .and_then(authority);
    let host = host.and_then(|host| authority(host.as_bytes()));
    let (Some(own), Some(host)) = (own, host) else { return false };
    names_us(&own, bound) && own.port_u16() == host.port_u16()
}

fn show(value: &HeaderValue) -> String {
    shorten(&String::from_utf8_lossy(value.as_bytes()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    fn about(bound: &str) -> About {
        About {
            version: "1",
            pid: 1,
            data_dir: "/".into(),
            ephemeral: true,
            addr: bound.parse().unwrap(),
            started: std::time::Instant::now(),
            roles: crate::config::Roles::ALL,
            workers: 1,
            busy: std::sync::Arc::default(),
            late: std::sync::Arc::default(),
        }
    }

    fn admitted(bound: &str, host: Option<&str>, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        let origins = ["https://judge.example".to_owned()];
        admit(&headers, &about(bound), &origins).is_ok()
    }

    #[test]
    fn hosts() {
        let on = |bound, host| admitted(bound, Some(host), None);
        for host in [
            "localhost",
            "localhost:7878",
            "LOCALHOST:1",
            "127.0.0.1",
            "127.9.9.9:80",
            "[::1]:7878",
            "[::1]",
            "[::ffff:127.0.0.1]:7878",
        ] {
            assert!(on("127.0.0.1:7878", host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:7878",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.168.1.5:7878",
            "evil.example@localhost",
            "localhost@evil.example",
            "0.0.0.0:7878",
            "localhost:7878, evil.example",
            "[::1",
            "::1",
        ] {
            assert!(!on("127.0.0.1:7878", host), "{host}");
        }
        assert!(on("192.168.1.5:7878", "192.168.1.5:7878"));
        assert!(!on("192.168.1.5:7878", "192.168.1.6:7878"));
        assert!(on("0.0.0.0:7878", "192.168.1.6:7878"));
        assert!(on("[::]:7878", "[fe80::1]:7878"));
        assert!(!on("0.0.0.0:7878", "evil.example"));
        assert!(admitted("127.0.0.1:7878", None, None));
    }

    #[test]
    fn origins() {
        let from = |origin| admitted("127.0.0.1:7878", Some("localhost:7878"), Some(origin));
        for origin in [
            "http://localhost:7878",
            "http://LOCALHOST:7878",
            "http://127.0.0.1:7878",
            "https://judge.example",
        ] {
            assert!(from(origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://localhost:3000",
            "http://localhost",
            "http://192.168.1.5:7878",
            "http://judge.example",
            "https://judge.example.evil",
            "ftp://localhost:7878",
            "http://evil.example",
            "http://localhost:7878.evil.example",
            "http://localhost:7878@evil",
        ] {
            assert!(!from(origin), "{origin}");
        }
        assert!(!admitted("127.0.0.1:7878", None, Some("http://localhost:7878")));
    }

    #[test]
    fn a_second_header_is_checked_as_well() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(admit(&headers, &about("127.0.0.1:1"), &[]).is_err());
    }
}
