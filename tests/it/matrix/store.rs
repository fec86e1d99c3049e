//! What keeps the queue and the journal of a cluster, looked at behind everybody's back.

use super::Fault;
use crate::{house::PATIENCE, redis::RedisServer};
use rusqlite::Connection;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// How long what a part said may outlive it at most: 25 seconds, and as many again for a machine that is busy.
const BELIEVED: Duration = Duration::from_secs(50);

/// Redis, or the file of a daemon that needs none.
pub enum Store {
    Redis(RedisServer),
    Sqlite(PathBuf),
}

impl Store {
    /// A Redis that has every write on the disk before it answers, but for that kind; at these addresses beside its
    /// socket, if there are any.
    pub fn redis(fault: Fault, addresses: &[String], port: u16) -> Self {
        let port = port.to_string();
        let fsync = if fault.may_lose() { "everysec" } else { "always" };
        let mut options = vec!["--save", "", "--appendonly", "yes", "--appendfsync", fsync];
        if !addresses.is_empty() {
            options.extend(["--port", &port, "--protected-mode", "no", "--bind"]);
            options.extend(addresses.iter().map(String::as_str));
        }
        Self::Redis(RedisServer::with(&options))
    }

    /// The server, which must be one.
    pub fn server(&mut self) -> &mut RedisServer {
        match self {
            Self::Redis(server) => server,
            Self::Sqlite(_) => unreachable!("no such fault without Redis"),
        }
    }

    /// The submissions that wait, run or are leased.
    pub fn under_way(&self) -> BTreeSet<String> {
        match self {
            Self::Redis(server) => ["is:queued", "is:running", "leased"]
                .iter()
                .flat_map(|key| members(server, &format!("{{sonocode}}:{key}")))
                .collect(),
            Self::Sqlite(file) => {
                let held = "status IN ('queued', 'running') OR lease_until IS NOT NULL";
                submissions(file, held).into_iter().collect()
            }
        }
    }

    /// Whether it has this submission.
    pub fn knows(&self, id: &str) -> bool {
        match self {
            Self::Redis(server) => server.cli(&["EXISTS", &format!("{{sonocode}}:s:{id}")]) == "1",
            Self::Sqlite(file) => !submissions(file, &format!("id = {id}")).is_empty(),
        }
    }

    /// What is still said of daemons, workers and sockets although all of them are gone. What a part said that was killed
    /// is waited for as long as it may be believed.
    pub async fn presence(&self) -> Vec<String> {
        let Self::Redis(server) = self else { return Vec::new() };
        let mut left = Vec::new();
        let gone = async {
            loop {
                left = server
                    .cli(&["--scan", "--pattern", "{sonocode}:at:*"])
                    .lines()
                    .flat_map(|key| members(server, key))
                    .chain(members(server, "{sonocode}:members"))
                    .collect();
                if left.is_empty() {
                    return;
                }
                sleep(Duration::from_millis(500)).await;
            }
        };
        let _ = timeout(BELIEVED, gone).await;
        left
    }
}

fn members(server: &RedisServer, key: &str) -> Vec<String> {
    let members = server.cli(&["ZRANGE", key, "0", "-1"]);
    members.lines().filter(|member| !member.is_empty()).map(str::to_owned).collect()
}

/// The numbers of those of which this holds.
fn submissions(file: &Path, what: &str) -> Vec<String> {
    let ledger = Connection::open(file).unwrap();
    ledger.busy_timeout(PATIENCE).unwrap();
    let ids = format!("SELECT CAST(id AS TEXT) FROM submissions WHERE {what}");
    let mut ids = ledger.prepare(&ids).unwrap();
    ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
