//! `sonocode status`.

use super::{print_json, session};
use crate::{
    cli::Output,
    config::Role,
    error::{Code, Error},
    view::{
        cluster,
        terminal::print,
        units::{count, harmless, seconds},
    },
    wire::{ClusterReport, HubFigures, StatusReport},
};
use jiff::Timestamp;

pub(super) async fn status(args: Output) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        session.settled().await;
        let status = session.client().status().await?;
        if args.json {
            print_json(&status)?;
        } else {
            print(&text(&status))?;
        }
        Ok(Code::OK)
    })
    .await
}

fn text(status: &StatusReport) -> String {
    let engine = match (&status.engine, &status.engine_error) {
        (Some(engine), _) => {
            let idle = count(engine.idle_cells, "idle cell");
            let missing = match engine.missing.as_slice() {
                [] => String::new(),
                missing => format!("; cannot enforce {}", missing.join(", ")),
            };
            format!("{}, cgroup v{}, {idle}{missing}", engine.name, engine.cgroup_version)
        }
        (None, Some(why)) => format!("none: {why}"),
        (None, None) if !status.roles.iter().any(|role| role == Role::Worker.name()) => {
            "none is needed".to_owned()
        }
        (None, None) => "starting".to_owned(),
    };
    let submissions = match &status.counts {
        Some(counts) => format!(
            "{} queued, {} running, {} finished, {} cancelled",
            counts.queued, counts.running, counts.finished, counts.cancelled
        ),
        None => "not known while Redis is away".to_owned(),
    };
    let kept = if status.ephemeral { " (removed at its end)" } else { "" };
    let mut rows = vec![
        (
            "Daemon",
            format!(
                "{} at {} (pid {}, up {})",
                status.version,
                status.url,
                status.pid,
                seconds(status.uptime_ms, 0)
            ),
        ),
        ("Data", format!("{}{kept}", status.data_dir)),
        ("Roles", status.roles.join(", ")),
        ("Engine", engine),
        ("Workers", format!("{} of {} busy", status.busy_workers, status.workers)),
        ("Submissions", submissions),
        ("Queue", cluster::queue(&status.cluster)),
        ("Problems", status.problems.to_string()),
        ("Tokens", status.auth.clone()),
        ("Sockets", sockets(&status.hub)),
        ("Hub", hub(&status.hub)),
    ];
    if let Some(redis) = &status.cluster.redis {
        rows.push(("Redis", cluster::redis(redis)));
        let ClusterReport { members, sockets, users, .. } = &status.cluster;
        let (members, sockets) =
            (count(members.len(), "member"), count(*sockets as usize, "socket"));
        rows.push((
            "Cluster",
            format!("{members}, {sockets} of {}", count(*users as usize, "user")),
        ));
    }
    let line = |(name, text): &(&str, String)| format!("{name:<12}{}", harmless(text));
    let text = rows.iter().map(line).collect::<Vec<_>>().join("\n");
    text + &cluster::tables(&status.cluster, Timestamp::now())
}

/// Such as `3 of 2 users: 2 websocket (sonocode), 1 polling (exechub)`.
fn sockets(hub: &HubFigures) -> String {
    let all: u64 = hub.connections.iter().map(|kind| kind.count).sum();
    let kinds = hub.connections.iter();
    let kinds = kinds.map(|kind| format!("{} {} ({})", kind.count, kind.transport, kind.dialect));
    match kinds.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "none".to_owned(),
        kinds => format!("{all} of {}: {kinds}", count(hub.users as usize, "user")),
    }
}

fn hub(hub: &HubFigures) -> String {
    format!(
        "{} sent, {}, {}, {} cut, {} refused, {} without a right token",
        count(hub.events as usize, "event"),
        count(hub.receipts as usize, "receipt"),
        count(hub.resumes as usize, "resume"),
        hub.cuts,
        hub.refused,
        hub.auth_failures
    )
}
