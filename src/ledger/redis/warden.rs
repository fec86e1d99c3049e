//! Wakes the workers when a lease has run out, whoever held it.

use super::{
    client::Client,
    link::State,
    scripts::{Args, REPLIES_KEPT},
};
use crate::ledger::{LedgerError, signals::News};
use std::{sync::Arc, time::Duration};
use tokio::time::{self, Instant};

/// The longest time between two looks: a daemon that is gone by now may have given a lease that ends before all
/// others that were there at the last look.
pub(super) const NAP: Duration = Duration::from_secs(5);

/// Looks after leases until the ledger is closed.
pub(super) async fn watch(client: Arc<Client>) {
    let mut link = client.link.watch();
    // Leases that ran out up to this time have been announced; microseconds since 1970 by the server's clock.
    let mut announced = 0;
    loop {
        let nap = look(&client, &mut announced).await.unwrap_or(NAP);
        // After the connection came back, leases are left to their holders for a while.
        let spared = match &*link.borrow_and_update() {
            State::Up(up) => up.take_over_at().checked_duration_since(Instant::now()),
            State::Down { .. } => None,
        };
        tokio::select! {
            biased;
            () = client.link.closed() => return,
            () = client.short_lease.notified() => {}
            _ = link.changed() => announced = 0,
            () = time::sleep(spared.unwrap_or(nap).min(NAP)) => {
                if spared.is_some() {
                    announced = 0;
                }
            }
        }
    }
}

/// Announces what has run out; returns how long to wait for the next.
async fn look(client: &Client, announced: &mut i64) -> Result<Duration, LedgerError> {
    let args = Args::new().arg(&client.name).arg(REPLIES_KEPT).arg(*announced);
    let mut reply = client.read(&client.scripts.expiry, args).await?;
    let now: i64 = reply.number()?;
    if reply.number::<u64>()? > 0 {
        client.signals.tell(News { journal: true, ..News::default() });
    }
    *announced = now;
    let next = reply.text()?;
    Ok(next.parse::<i64>().map_or(NAP, |next| Duration::from_micros((next - now).max(0) as u64)))
}
