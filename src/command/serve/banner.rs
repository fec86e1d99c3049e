//! What `serve` says when it is up: every URL, and where data is kept.

use crate::{
    command::{print_json, session::reachable},
    config::{Config, Roles},
    error::Error,
    ledger::redis::Address,
    view::{terminal::print, units::harmless},
};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::Path};

/// The banner, as `--json` prints it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Banner {
    pub(super) url: String,
    pub(super) pid: u32,
    version: String,
    api: String,
    events: String,
    openapi: String,
    ready: String,
    metrics: String,
    data_dir: String,
    ephemeral: bool,
    /// The Redis that other daemons share with this one, without its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redis: Option<String>,
    /// What it does, as `--roles` takes it; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roles: Option<String>,
    workers: usize,
    /// What programs run in, as configured; which it is, `sonocode status` says once it is known.
    sandbox: String,
    /// The log of a daemon in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log: Option<String>,
}

impl Banner {
    pub(super) fn new(config: &Config, addr: SocketAddr, ephemeral: bool) -> Self {
        let addr = reachable(addr);
        let url = format!("{}://{addr}", config.scheme());
        let socket = url.replacen("http", "ws", 1);
        Self {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            api: format!("{url}/api/v1"),
            events: format!("{socket}/api/v1/events"),
            openapi: format!("{url}/openapi.json"),
            ready: format!("{url}/readyz"),
            metrics: format!("{url}/metrics"),
            data_dir: super::text(&config.data_dir),
            ephemeral,
            redis: config.redis.url.as_ref().and_then(|url| {
                Address::parse(url.expose()).ok().map(|address| address.to_string())
            }),
            roles: (config.roles != Roles::ALL).then(|| config.roles.to_string()),
            workers: config.judges(),
            sandbox: config.sandbox.kind.name().to_owned(),
            log: None,
            url,
        }
    }

    pub(super) fn print(&self, json: bool) -> Result<(), Error> {
        if json { print_json(self) } else { Ok(print(&self.text())?) }
    }

    fn text(&self) -> String {
        let kept = if self.ephemeral { "removed at the end" } else { "kept" };
        let end = match &self.log {
            Some(_) if Path::new(&self.data_dir) == Config::default().data_dir => {
                "sonocode stop".to_owned()
            }
            Some(_) => format!("sonocode stop --data-dir {}", self.data_dir),
            None => "Ctrl-C drains, twice stops at once".to_owned(),
        };
        let mut rows = vec![
            ("URL", self.url.clone()),
            ("API", self.api.clone()),
            ("Events", self.events.clone()),
            ("OpenAPI", self.openapi.clone()),
            ("Ready", self.ready.clone()),
            ("Metrics", self.metrics.clone()),
            ("Data", format!("{} ({kept})", self.data_dir)),
            ("Workers", self.workers.to_string()),
            ("Sandbox", self.sandbox.clone()),
            ("End", end),
        ];
        rows.extend(self.roles.clone().map(|roles| ("Roles", roles)));
        rows.extend(self.redis.clone().map(|redis| ("Redis", redis)));
        rows.extend(self.log.clone().map(|log| ("Log", log)));
        let head = format!("sonocode {} (pid {})", self.version, self.pid);
        let line = |(name, value): (&str, String)| format!("\n  {name:<9}{}", harmless(&value));
        rows.into_iter().map(line).fold(head, |text, line| text + &line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_every_url_and_says_where_data_is_kept() {
        let config = Config { data_dir: "/data".into(), workers: 2, ..Config::default() };
        let addr = "0.0.0.0:7878".parse().unwrap();
        let mut banner = Banner::new(&config, addr, false);
        banner.pid = 7;
        insta::assert_snapshot!(banner.text().replace(env!("CARGO_PKG_VERSION"), "V"), @r"
        sonocode V (pid 7)
          URL      http://127.0.0.1:7878
          API      http://127.0.0.1:7878/api/v1
          Events   ws://127.0.0.1:7878/api/v1/events
          OpenAPI  http://127.0.0.1:7878/openapi.json
          Ready    http://127.0.0.1:7878/readyz
          Metrics  http://127.0.0.1:7878/metrics
          Data     /data (kept)
          Workers  2
          Sandbox  auto
          End      Ctrl-C drains, twice stops at once
        ");
        let back: Banner = serde_json::from_value(serde_json::to_value(&banner).unwrap()).unwrap();
        assert_eq!(back.text(), banner.text());
    }
}
