//! From the start of a daemon to its first verdict.

use crate::{
    Bench,
    client::Client,
    figures::{Line, Table},
    house::{House, PLAIN},
    programs,
};
use anyhow::Result;
use std::time::Instant;

/// Measures; `None` without a `docker` client to compare with.
pub async fn measure(bench: &Bench) -> Result<Option<Table>> {
    let Some(client) = Client::find() else { return Ok(None) };
    let (mut container, mut ready, mut verdict) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds(12, 5) {
        container.push(client.run_once()?.as_secs_f64());
        let began = Instant::now();
        let house = House::start(bench, 1, PLAIN).await?;
        let judged = async {
            let mut watcher = house.watch().await?;
            house.add_sum(1).await?;
            house.submit("sum", "python", programs::SUM_PYTHON).await?;
            watcher.accepted(1).await?;
            anyhow::Ok(began.elapsed())
        };
        let answers = async {
            house.ready().await?;
            anyhow::Ok(began.elapsed())
        };
        let (judged, answers) = tokio::try_join!(judged, answers)?;
        ready.push(answers.as_secs_f64());
        verdict.push(judged.as_secs_f64());
        house.stop().await?;
    }
    Ok(Some(Table {
        name: "startup",
        title: "A daemon with one worker, beside `docker run --detach` of one empty container"
            .into(),
        quantiles: [10, 50],
        lines: vec![
            Line::new("until `/readyz` says 200", &container, &ready),
            Line::new("until the first verdict (Python, one test)", &container, &verdict),
        ],
        counts: Vec::new(),
    }))
}
