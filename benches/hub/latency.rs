//! How long a push takes from the POST to the socket, at a steady rate.

use crate::{
    both,
    crowd::{Board, Crowd},
    pace,
    posts::{Post, request, user},
    report::{Better, Line, Table},
    servers::{Peer, Server},
    table::quantile,
};
use anyhow::Result;
use futures_util::future::try_join_all;
use std::{cell::Cell, rc::Rc};
use tokio::io::AsyncWriteExt;

/// Users with a socket each.
const USERS: usize = 100;

/// Kept connections on which pushes come, in turns.
const POSTS: usize = 16;

/// Pushes a second.
const RATES: [u32; 2] = [500, 2_000];

/// Measures.
pub async fn measure(peer: &Peer, quick: bool) -> Result<Table> {
    let (rounds, seconds) = if quick { (1, 1) } else { (5, 5) };
    let servers = both(peer).await?;
    let board = Rc::new(Board::default());
    let mut crowds = Vec::new();
    for server in &servers {
        crowds.push(Crowd::gather(server.addr, USERS, &board, |number| Some(user(number))).await?);
    }
    let title = format!("From the POST to the socket, {USERS} users, medians of {rounds} rounds");
    let mut table = Table::new("latency", title);
    for rate in RATES {
        let mut seen = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
        for round in 0..=rounds {
            for (at, server) in servers.iter().enumerate() {
                let mut heard = steady(server, &board, rate, rate as usize * seconds).await?;
                heard.sort_by(f64::total_cmp);
                // The first round only warms up.
                for (percent, samples) in [50, 99].into_iter().zip(&mut seen[at]) {
                    if round > 0 {
                        samples.push(quantile(&heard, percent) * 1e3);
                    }
                }
            }
        }
        let [node, ours] = seen;
        let [[node50, node99], [ours50, ours99]] = [node, ours];
        let line = |percent: &str, samples| {
            Line::new(format!("{percent} at {rate}/s"), "ms", Better::Less, samples)
        };
        table.lines.push(line("p50", [node50, ours50]));
        let high = line("p99", [node99, ours99]);
        table.lines.push(if rate == 2_000 { high.at_most(0.6) } else { high });
    }
    for server in servers {
        server.stop().await?;
    }
    Ok(table)
}

/// Pushes at this rate, whether replies come or not: seconds from each POST to its socket.
async fn steady(server: &Server, board: &Board, rate: u32, count: usize) -> Result<Vec<f64>> {
    board.clear();
    let posts = try_join_all((0..POSTS).map(|_| Post::connect(server.addr))).await?;
    let replies = Rc::new(Cell::new(0));
    let (mut writers, mut readers) = (Vec::new(), Vec::new());
    for post in posts {
        writers.push(post.write);
        readers.push(tokio::task::spawn_local(post.read.count(replies.clone())));
    }
    let mut beat = pace::beat(rate, count);
    let mut at = 0;
    while beat.recv().await.is_some() {
        let number = board.send();
        let request = request(server.addr, "/sendPayload", &user(number % USERS), number);
        writers[at].write_all(&request).await?;
        at = (at + 1) % POSTS;
    }
    let heard = board.all(count).await?;
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(heard)
}
