//! How fast sockets come, what a connection costs in memory and in processor time.

use crate::{
    crowd::{Board, Crowd},
    report::{Better, Line, Table},
    servers::{self, Peer, Server},
};
use anyhow::Result;
use std::{
    rc::Rc,
    time::{Duration, Instant},
};

/// How long a server may tidy up before its memory is read.
const SETTLE: Duration = Duration::from_secs(2);

/// What was seen of one server with so many sockets.
#[derive(Clone, Copy)]
struct Step {
    rate: f64,
    micros: f64,
    kib: f64,
}

/// Measures.
pub async fn measure(peer: &Peer, quick: bool) -> Result<Table> {
    let sizes: &[usize] = if quick { &[100, 500] } else { &[1_000, 5_000, 10_000] };
    let rounds = if quick { 1 } else { 3 };
    let mut seen: [Vec<Vec<Step>>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        seen[0].push(fill(peer.start().await?, sizes).await?);
        seen[1].push(fill(servers::sonocode().await?, sizes).await?);
    }
    let mut table = Table::new("connects", "Sockets that connect and stay, not registered");
    for (at, size) in sizes.iter().enumerate() {
        let samples = |server: usize, of: fn(&Step) -> f64| -> Vec<f64> {
            seen[server].iter().map(|steps| of(&steps[at])).collect()
        };
        let line = |what: &str, unit, better, of| {
            let what = format!("{what}, up to {size}");
            Line::new(what, unit, better, [samples(0, of), samples(1, of)])
        };
        table.lines.push(line("connects/s", "", Better::More, |step| step.rate));
        table
            .lines
            .push(line("processor time per connect", "µs", Better::Less, |step| step.micros));
        let memory = line("memory per connection", "KiB", Better::Less, |step| step.kib);
        let goal = *size >= 10_000;
        table.lines.push(if goal { memory.at_most(5.0) } else { memory });
    }
    Ok(table)
}

/// Connects more and more sockets to one server.
async fn fill(server: Server, sizes: &[usize]) -> Result<Vec<Step>> {
    let board = Rc::new(Board::default());
    let empty = server.memory_kib()?;
    let mut crowds: Vec<Crowd> = Vec::new();
    let (mut steps, mut connected) = (Vec::new(), 0);
    for &size in sizes {
        let more = size - connected;
        let (began, worked) = (Instant::now(), server.processor_time()?);
        crowds.push(Crowd::gather(server.addr, more, &board, |_| None).await?);
        let took = began.elapsed().as_secs_f64();
        let worked = server.processor_time()?.saturating_sub(worked);
        connected = size;
        tokio::time::sleep(SETTLE).await;
        steps.push(Step {
            rate: more as f64 / took,
            micros: worked.as_secs_f64() * 1e6 / more as f64,
            kib: (server.memory_kib()? - empty) / size as f64,
        });
    }
    server.stop().await?;
    Ok(steps)
}
