//! `sonocode status`.

use super::{print_json, session};
use crate::{
    cli::Output,
    config::Role,
    error::{Code, Error},
    view::{
        terminal::print,
        units::{count, harmless, seconds},
    },
    wire::{HubFigures, StatusReport},
};

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
    let counts = &status.counts;
    let kept = if status.ephemeral { " (removed at its end)" } else { "" };
    let rows = [
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
        (
            "Submissions",
            format!(
                "{} queued, {} running, {} finished, {} cancelled",
                counts.queued, counts.running, counts.finished, counts.cancelled
            ),
        ),
        ("Problems", status.problems.to_string()),
        ("Tokens", status.auth.clone()),
        ("Sockets", sockets(&status.hub)),
        ("Hub", hub(&status.hub)),
    ];
    let line = |(name, text): &(&str, String)| format!("{name:<12}{}", harmless(text));
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
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
