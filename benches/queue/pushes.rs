//! Pushes from one instance to another: the POST goes to one daemon, the sockets are at another.

use crate::{
    crowd::{Board, Crowd},
    daemon::Daemon,
    fsync::Fsync,
    posts::{Post, user},
    redis::Redis,
    report::{Line, Table},
};
use anyhow::Result;
use futures_util::future::try_join_all;
use std::{
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

/// Users with a socket each.
const USERS: usize = 100;

/// Kept connections on which pushes come, and requests on their way on each.
const FLOODS: [(usize, usize); 2] = [(64, 1), (32, 8)];

/// Measures. Everything of it runs on one thread.
pub async fn measure(quick: bool) -> Result<Vec<Table>> {
    let (rounds, long) = if quick { (1, 1) } else { (5, 2) };
    let mut table = Table::new(
        "pushes",
        format!("Pushes per second, POST to the sockets of {USERS} users; every push was heard"),
        &[
            "SQLite, one daemon",
            "Redis, the same daemon",
            "Redis, another daemon",
            "Redis beside SQLite",
        ],
    );
    let redis = Redis::start(&Fsync::Everysec.options()).await?;
    let alone = Daemon::start(None).await?;
    let pair = [Daemon::start(Some(&redis.url())).await?, Daemon::start(Some(&redis.url())).await?];
    // Where pushes go, and where their users are.
    let ways =
        [(alone.addr, alone.addr), (pair[0].addr, pair[0].addr), (pair[0].addr, pair[1].addr)];
    let mut crowds = 0;
    for (posts, depth) in FLOODS {
        let mut rates = [const { Vec::new() }; 3];
        for round in 0..=rounds {
            for ((to, at), rates) in ways.iter().zip(&mut rates) {
                // Other users each time: to one who was there before would come what was not receipted then.
                crowds += 1;
                let name = |number| format!("{}-{crowds}", user(number % USERS));
                let board = Rc::new(Board::default());
                let crowd = Crowd::gather(*at, USERS, &board, |number| Some(name(number))).await?;
                let long = Duration::from_secs(long);
                let rate = flood(*to, &board, (posts, depth), name, long).await?;
                drop(crowd);
                if round > 0 {
                    rates.push(rate);
                }
            }
        }
        let what = format!("{posts} connections, {depth} on the way on each");
        table.lines.push(Line::rates(what, rates, None));
    }
    Ok(vec![table])
}

/// Pushes to these users for so long; pushes per second until the last was heard.
async fn flood(
    to: SocketAddr,
    board: &Board,
    (posts, depth): (usize, usize),
    user: impl Fn(usize) -> String,
    long: Duration,
) -> Result<f64> {
    board.clear();
    let posts = try_join_all((0..posts).map(|_| Post::connect(to))).await?;
    let began = Instant::now();
    let more = || began.elapsed() < long;
    let floods =
        posts.into_iter().map(|post| post.flood(board, depth, "/sendPayload", &user, more));
    let sent: usize = try_join_all(floods).await?.into_iter().sum();
    board.all(sent).await?;
    Ok(sent as f64 / began.elapsed().as_secs_f64())
}
