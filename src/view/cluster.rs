//! The daemons and workers that share a ledger, for `sonocode status`.

use super::{
    table::{Cell, Column, Tone, table},
    units::{bytes, count, seconds},
};
use crate::wire::{ClusterReport, LeaseReport, Member, RedisReport};
use jiff::Timestamp;

/// What waits, such as `1 run, 3 submissions, 0 rejudges`.
pub fn queue(cluster: &ClusterReport) -> String {
    match &cluster.waiting {
        Some(waiting) => [
            count(waiting.runs as usize, "run"),
            count(waiting.submissions as usize, "submission"),
            count(waiting.rejudges as usize, "rejudge"),
        ]
        .join(", "),
        None => "not known while Redis is away".to_owned(),
    }
}

/// Where the Redis is, and how it does.
pub fn redis(redis: &RedisReport) -> String {
    let lasts = seconds(redis.lasts_ms, 0);
    let state = match &redis.trouble {
        Some(trouble) => format!("away for {lasts}: {trouble}"),
        None => format!("up for {lasts}"),
    };
    let version = redis.version.as_ref().map(|version| format!(", Redis {version}"));
    let memory = redis.used_memory.map(|memory| format!(", {} used", bytes(memory)));
    format!(
        "{} {state}{}{}, {}",
        redis.address,
        version.unwrap_or_default(),
        memory.unwrap_or_default(),
        count(redis.reconnects as usize, "reconnect")
    )
}

/// Members and leases as tables; nothing for a daemon alone.
pub fn tables(cluster: &ClusterReport, now: Timestamp) -> String {
    let mut text = String::new();
    if !cluster.members.is_empty() {
        let columns = [
            Column("Member", false),
            Column("Roles", false),
            Column("Version", false),
            Column("Address", false),
            Column("Up", true),
            Column("Busy", true),
            Column("Sockets", true),
            Column("Users", true),
            Column("Late", true),
            Column("State", false),
        ];
        let rows = cluster.members.iter().map(|one| member(one, now)).collect();
        text.push_str(&format!("\n\n{}", table(&columns, rows)));
    }
    if cluster.redis.is_some() && !cluster.leases.is_empty() {
        let columns = [
            Column("Submission", true),
            Column("Worker", false),
            Column("Attempt", true),
            Column("Held for", true),
            Column("Lease", true),
        ];
        let rows = cluster.leases.iter().map(lease).collect();
        text.push_str(&format!("\n\n{}", table(&columns, rows)));
    }
    text
}

fn member(member: &Member, now: Timestamp) -> Vec<Cell> {
    let up = now.duration_since(member.since).as_millis();
    let state =
        if member.draining { Cell::new("drains", Tone::Warn) } else { Cell::new("up", Tone::Good) };
    vec![
        member.name.as_str().into(),
        member.roles.join(",").into(),
        member.version.as_str().into(),
        member.url.as_deref().unwrap_or("none").into(),
        seconds(u64::try_from(up).unwrap_or(0), 0).into(),
        format!("{}/{}", member.busy, member.workers).into(),
        member.sockets.to_string().into(),
        member.users.to_string().into(),
        member.late_verdicts.to_string().into(),
        state,
    ]
}

fn lease(lease: &LeaseReport) -> Vec<Cell> {
    let left = match lease.left_ms {
        0 => Cell::new("ran out", Tone::Bad),
        left => seconds(left, 0).into(),
    };
    vec![
        lease.submission.to_string().into(),
        lease.worker.as_str().into(),
        lease.attempt.to_string().into(),
        seconds(lease.age_ms, 1).into(),
        left,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judge::SubmissionId, ledger::Waiting};

    fn cluster() -> ClusterReport {
        let member = |name: &str, draining: bool| Member {
            name: name.into(),
            roles: vec!["api".into(), "hub".into()],
            version: "0.1.0".into(),
            host: "one".into(),
            pid: 7,
            url: (!draining).then(|| "http://10.0.0.1:7878".into()),
            since: Timestamp::UNIX_EPOCH,
            workers: 4,
            busy: 1,
            sockets: 12,
            users: 9,
            late_verdicts: 2,
            draining,
        };
        let lease = |left_ms| LeaseReport {
            submission: SubmissionId(42),
            worker: "one-7-1".into(),
            attempt: 2,
            age_ms: 1500,
            left_ms,
        };
        ClusterReport {
            members: vec![member("one-7", false), member("two-8", true)],
            leases: vec![lease(9000), lease(0)],
            waiting: Some(Waiting { runs: 1, submissions: 3, rejudges: 0 }),
            sockets: 24,
            users: 18,
            redis: Some(RedisReport {
                address: "redis://10.0.0.9:6379".into(),
                up: true,
                trouble: None,
                lasts_ms: 5000,
                reconnects: 1,
                version: Some("7.0.15".into()),
                used_memory: Some(3 << 20),
            }),
        }
    }

    fn words(text: &str) -> Vec<Vec<&str>> {
        text.lines().map(|line| line.split_whitespace().collect()).collect()
    }

    #[test]
    fn what_waits_and_where_redis_is() {
        let mut cluster = cluster();
        assert_eq!(queue(&cluster), "1 run, 3 submissions, 0 rejudges");
        cluster.waiting = None;
        assert_eq!(queue(&cluster), "not known while Redis is away");
        let mut report = cluster.redis.unwrap();
        assert_eq!(
            redis(&report),
            "redis://10.0.0.9:6379 up for 5 s, Redis 7.0.15, 3.0 MB used, 1 reconnect"
        );
        (report.trouble, report.version, report.used_memory) = (Some("refused".into()), None, None);
        assert_eq!(redis(&report), "redis://10.0.0.9:6379 away for 5 s: refused, 1 reconnect");
    }

    #[test]
    fn members_and_leases_have_a_line_each() {
        colored::control::set_override(false);
        let text = tables(&cluster(), Timestamp::from_second(60).unwrap());
        let lines = words(&text);
        let has = |line: &str| lines.contains(&line.split(' ').collect());
        assert!(has("one-7 api,hub 0.1.0 http://10.0.0.1:7878 60 s 1/4 12 9 2 up"), "{text}");
        assert!(has("two-8 api,hub 0.1.0 none 60 s 1/4 12 9 2 drains"), "{text}");
        assert!(has("42 one-7-1 2 1.5 s 9 s"), "{text}");
        assert!(has("42 one-7-1 2 1.5 s ran out"), "{text}");
        assert_eq!(tables(&ClusterReport::default(), Timestamp::UNIX_EPOCH), "");
    }
}
