//! One push to a thousand sockets.

use crate::{
    both,
    crowd::{Board, Crowd},
    posts::{Post, request},
    report::{Better, Line, Table},
    servers::{Peer, Server},
    table::quantile,
};
use anyhow::Result;
use std::rc::Rc;
use tokio::io::AsyncWriteExt;

/// Whose sockets they all are.
const USER: &str = "crowd";

/// Measures.
pub async fn measure(peer: &Peer, quick: bool) -> Result<Table> {
    let (rounds, sockets) = if quick { (5, 100) } else { (100, 1_000) };
    let servers = both(peer).await?;
    let board = Rc::new(Board::default());
    let mut crowds = Vec::new();
    for server in &servers {
        crowds.push(Crowd::gather(server.addr, sockets, &board, |_| Some(USER.to_owned())).await?);
    }
    let mut seen = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    for round in 0..rounds + 5 {
        for (at, server) in servers.iter().enumerate() {
            let heard = once(server, &board, sockets).await?;
            // The first rounds only warm up.
            if round >= 5 {
                for (percent, samples) in [50, 100].into_iter().zip(&mut seen[at]) {
                    samples.push(quantile(&heard, percent) * 1e3);
                }
            }
        }
    }
    for server in servers {
        server.stop().await?;
    }
    let title = format!("One push to {sockets} sockets of a user, medians of {rounds} rounds");
    let mut table = Table::new("fanout", title);
    let [[node50, node_last], [ours50, ours_last]] = seen;
    table.lines.push(Line::new("half have heard", "ms", Better::Less, [node50, ours50]));
    let last = Line::new("the last has heard", "ms", Better::Less, [node_last, ours_last]);
    table.lines.push(if quick { last } else { last.at_most(10.0) });
    Ok(table)
}

/// Seconds from the POST to each receipt, in order.
async fn once(server: &Server, board: &Board, sockets: usize) -> Result<Vec<f64>> {
    board.clear();
    let mut post = Post::connect(server.addr).await?;
    let request = request(server.addr, server.fan_out, USER, board.send());
    post.write.write_all(&request).await?;
    post.read.some().await?;
    let mut heard = board.all(sockets).await?;
    heard.sort_by(f64::total_cmp);
    Ok(heard)
}
