//! As many pushes a second as a hub takes, from the POST to the sockets.

use crate::{
    both,
    crowd::{Board, Crowd},
    posts::{Post, user},
    report::{Better, Line, Table},
    servers::{Peer, Server},
};
use anyhow::Result;
use futures_util::future::try_join_all;
use std::{
    rc::Rc,
    time::{Duration, Instant},
};

/// Users with a socket each.
const USERS: usize = 100;

/// Kept connections on which pushes come, and requests on their way on each: as HTTP clients do it, which wait for
/// the reply, and as one who pushes much can do it.
const FLOODS: [(usize, usize); 2] = [(64, 1), (32, 8)];

/// Measures.
pub async fn measure(peer: &Peer, quick: bool) -> Result<Table> {
    let (rounds, long) = if quick { (2, 1) } else { (5, 3) };
    let servers = both(peer).await?;
    let board = Rc::new(Board::default());
    let mut crowds = Vec::new();
    for server in &servers {
        crowds.push(Crowd::gather(server.addr, USERS, &board, |number| Some(user(number))).await?);
    }
    let title =
        format!("`POST /sendPayload` to the sockets of {USERS} users; every push was heard");
    let mut table = Table::new("pushes", title);
    for (posts, depth) in FLOODS {
        let (mut rates, mut micros) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for round in 0..=rounds {
            for (at, server) in servers.iter().enumerate() {
                let seen = flood(server, &board, (posts, depth), Duration::from_secs(long)).await;
                let (rate, micro) = seen?;
                // The first round only warms up.
                if round > 0 {
                    rates[at].push(rate);
                    micros[at].push(micro);
                }
            }
        }
        let how = format!("{posts} connections, {depth} on the way on each");
        let line = Line::new(format!("pushes/s, {how}"), "", Better::More, rates);
        let plain = depth == 1;
        let line = if plain { line.ratio_at_least(6.0) } else { line };
        table.lines.push(line.at_least(25_000.0));
        let what = format!("processor time per push, {how}");
        table.lines.push(Line::new(what, "µs", Better::Less, micros));
    }
    for server in servers {
        server.stop().await?;
    }
    Ok(table)
}

/// Pushes for so long: pushes per second until the last was heard, and the server's µs for each.
async fn flood(
    server: &Server,
    board: &Board,
    (posts, depth): (usize, usize),
    long: Duration,
) -> Result<(f64, f64)> {
    board.clear();
    let posts = try_join_all((0..posts).map(|_| Post::connect(server.addr))).await?;
    let (began, worked) = (Instant::now(), server.processor_time()?);
    let more = || began.elapsed() < long;
    let floods = posts
        .into_iter()
        .map(|post| post.flood(board, depth, "/sendPayload", |n| user(n % USERS), more));
    let sent: usize = try_join_all(floods).await?.into_iter().sum();
    board.all(sent).await?;
    let took = began.elapsed().as_secs_f64();
    let worked = server.processor_time()?.saturating_sub(worked).as_secs_f64();
    Ok((sent as f64 / took, worked * 1e6 / sent as f64))
}
