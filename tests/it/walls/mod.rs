//! The walls of the house: which room may know which, and which room is the one door to which crate.

mod paths;

use paths::{Named, paths};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Every room and those that it may know beside itself. Imports point one way.
const ROOMS: &[(&str, &[&str])] = &[
    ("judge", &[]),
    ("config", &[]),
    ("auth", &["config"]),
    ("cli", &["judge"]),
    ("templates", &["judge"]),
    ("problem", &["judge"]),
    ("ledger", &["judge"]),
    ("sandbox", &["judge", "config"]),
    ("wire", &["judge", "ledger", "problem", "sandbox"]),
    ("evaluator", &["judge", "config", "problem", "sandbox", "wire"]),
    ("verify", &["judge", "config", "problem", "sandbox", "evaluator"]),
    ("health", &["sandbox"]),
    ("worker", &["judge", "ledger", "evaluator", "sandbox", "health"]),
    ("metrics", &["judge", "ledger", "wire"]),
    ("hub", &["judge", "config", "ledger", "auth", "metrics"]),
    (
        "api",
        &[
            "judge",
            "config",
            "auth",
            "ledger",
            "problem",
            "sandbox",
            "evaluator",
            "health",
            "hub",
            "metrics",
            "verify",
            "wire",
        ],
    ),
    ("cluster", &["judge", "problem", "ledger", "hub", "wire", "api"]),
    (
        "daemon",
        &[
            "judge",
            "config",
            "auth",
            "cluster",
            "wire",
            "templates",
            "ledger",
            "problem",
            "sandbox",
            "evaluator",
            "health",
            "worker",
            "hub",
            "metrics",
            "api",
        ],
    ),
    ("error", &["judge", "config", "problem"]),
    ("client", &["judge", "problem", "error", "verify", "wire"]),
    ("view", &["judge", "error", "verify", "wire"]),
    (
        "command",
        &[
            "judge",
            "config",
            "auth",
            "templates",
            "cli",
            "problem",
            "ledger",
            "sandbox",
            "evaluator",
            "health",
            "daemon",
            "error",
            "wire",
            "client",
            "verify",
            "view",
        ],
    ),
    ("main", &["cli", "command"]),
];

/// Outside crates that have one door: the files and rooms that may name them.
const DOORS: &[(&str, &[&str])] = &[
    ("bollard", &["sandbox/docker.rs", "sandbox/docker/"]),
    ("jsonwebtoken", &["auth.rs", "auth/"]),
    ("rusqlite", &["ledger/sqlite.rs", "ledger/sqlite/"]),
    ("redis", &["ledger/redis.rs", "ledger/redis/"]),
    ("clap", &["cli.rs", "cli/"]),
    ("clap_complete", &["cli.rs", "command/completions.rs"]),
    ("indicatif", &["view/"]),
    ("colored", &["view/"]),
    ("comfy_table", &["view/"]),
    ("quick_junit", &["view/"]),
    ("notify", &["command/problem/verify/"]),
    ("toml_edit", &["problem/edit.rs"]),
    ("tokio_tungstenite", &["client.rs", "client/", "hub/engineio/", "hub/chat/"]),
    ("reqwest", &["client.rs", "client/"]),
    ("axum", &["api/", "hub/", "daemon/http.rs"]),
    ("tower_http", &["api/"]),
    ("metrics_exporter_prometheus", &["metrics.rs"]),
];

/// What a room must not name at all, by the beginning of a path.
const NEVER: &[(&str, &[&str])] = &[
    (
        "judge",
        &["tokio", "tokio_util", "futures_util", "std::fs", "std::net", "std::process", "std::env"],
    ),
    ("view", &["tokio::net", "std::net", "std::os::unix::net", "hyper"]),
    // Events go to the ledger, and whoever watches reads them there.
    ("worker", &["tokio::sync::broadcast"]),
];

/// A source file: its path below `src/` and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module that a file is, such as `["api", "problems"]`.
    fn module(&self) -> Vec<&str> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let mut module: Vec<&str> = stem.split('/').collect();
        module.pop_if(|last| ["mod", "lib"].contains(last));
        module
    }

    fn room(&self) -> &str {
        self.module().first().copied().unwrap_or("lib")
    }

    /// The room that a path leads to, if it leads into this crate.
    fn target<'p>(&'p self, path: &'p [String]) -> Option<&'p str> {
        let mut module = match path[0].as_str() {
            "crate" | "sonocode" => Vec::new(),
            "self" | "super" => self.module(),
            _ => return None,
        };
        for word in path {
            match word.as_str() {
                "crate" | "sonocode" | "self" => {}
                "super" => _ = module.pop(),
                word => module.push(word),
            }
        }
        module.first().copied()
    }

    /// Everything in it that goes through a wall.
    fn breaches(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for Named { line, path } in paths(&self.text) {
            if let Some(why) = self.breach(&path) {
                breaches.push(format!("src/{}:{line}: `{}`: {why}", self.path, path.join("::")));
            }
        }
        breaches
    }

    fn breach(&self, path: &[String]) -> Option<String> {
        let room = self.room();
        if let Some(target) = self.target(path) {
            let known = entry(ROOMS, room).unwrap_or_default();
            let is_room = entry(ROOMS, target).is_some();
            let may = room == "lib" || target == room || known.contains(&target);
            return (is_room && !may).then(|| format!("{room} must not know {target}"));
        }
        let doors = entry(DOORS, &path[0]).unwrap_or_default();
        if !doors.is_empty() && !doors.iter().any(|door| self.path.starts_with(door)) {
            return Some(format!("the one door to {} is {}", path[0], doors.join(", ")));
        }
        let never = entry(NEVER, room).unwrap_or_default();
        let named = path.join("::") + "::";
        let never = never.iter().find(|never| named.starts_with(&format!("{never}::")))?;
        Some(format!("{room} must not use {never}"))
    }
}

fn entry(
    table: &'static [(&str, &'static [&'static str])],
    name: &str,
) -> Option<&'static [&'static str]> {
    table.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

/// Every source of the program but its tests; the agent is a program of its own.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let full = entry.unwrap().path();
            let path = full.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let stem = full.file_stem().unwrap().to_str().unwrap();
            let is_test = stem == "tests" || stem.ends_with("_tests");
            if full.is_dir() && !is_test && path != "agent" {
                folders.push(full);
            } else if !is_test && full.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source { path, text: fs::read_to_string(full).unwrap() });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

#[test]
fn no_room_goes_through_a_wall() {
    let sources = sources();
    assert!(sources.len() > 100, "only {} sources were found", sources.len());
    let breaches: Vec<String> = sources.iter().flat_map(Source::breaches).collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn every_room_has_its_walls_and_every_door_is_used() {
    let sources = sources();
    let rooms: BTreeSet<&str> = sources.iter().map(Source::room).filter(|r| *r != "lib").collect();
    let walled: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(rooms, walled);
    // In the order of the table every room knows only those above it: so there is no way back.
    for (at, (room, known)) in ROOMS.iter().enumerate() {
        for known in *known {
            assert!(ROOMS[..at].iter().any(|(above, _)| above == known), "{room} knows {known}");
        }
    }
    for (name, _) in DOORS {
        let names =
            |source: &Source| paths(&source.text).iter().any(|named| named.path[0] == *name);
        assert!(sources.iter().any(names), "nothing uses {name}");
    }
}

#[test]
fn a_breach_is_seen_in_every_form() {
    let breaches =
        |path: &str, text: &str| Source { path: path.into(), text: text.into() }.breaches();
    for (path, text) in [
        ("judge/verdict.rs", "use tokio::sync::watch;"),
        ("judge/mod.rs", "fn f() { std::fs::read(\"x\"); }"),
        ("judge/mod.rs", "use std::{fmt, net::{self}};"),
        ("judge/mod.rs", "use crate::problem::Draft;"),
        ("hub/mod.rs", "use crate::{judge::Event, worker::Worker};"),
        ("hub/ws.rs", "fn f() { super::super::worker::LEASE; }"),
        ("worker.rs", "use super::hub;"),
        ("worker.rs", "type T = crate::hub::Tail;"),
        ("view/live.rs", "use crate::client::Client;"),
        ("view/mod.rs", "use tokio::{net::TcpStream, time};"),
        ("view/mod.rs", "fn f() -> reqwest::Body { todo!() }"),
        ("ledger/mod.rs", "use rusqlite::Connection;"),
        ("sandbox/pool.rs", "use bollard as docker;"),
        ("command/run.rs", "#[derive(clap::Args)] struct A;"),
        ("main.rs", "use sonocode::daemon::Daemon;"),
    ] {
        let found = breaches(path, text);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
        assert!(found[0].starts_with(&format!("src/{path}:1: `")), "{found:?}");
    }
    for (path, text) in [
        ("judge/mod.rs", "// use tokio::fs;\nuse super::judge::Verdict; use std::io;"),
        ("judge/mod.rs", "#[cfg(test)]\nmod tests { use std::fs; }"),
        ("ledger/sqlite/rows.rs", "use super::super::{Lease, sqlite}; use crate::judge::Event;"),
        ("ledger/sqlite/rows.rs", "use rusqlite::Row; const SQL: &str = \"bollard::x\";"),
        ("worker.rs", "use self::hub::x; mod hub;"),
        ("lib.rs", "pub use crate::worker::Worker;"),
    ] {
        assert_eq!(breaches(path, text), [""; 0], "{path}: {text}");
    }
}
