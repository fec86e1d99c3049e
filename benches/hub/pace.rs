//! A beat that is finer than the runtime's timer of a millisecond.

use std::{
    thread,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Beats so many times, at this rate, from a thread of its own that sleeps in between. What comes late comes at
/// once; none is left out.
pub fn beat(per_second: u32, count: usize) -> mpsc::UnboundedReceiver<()> {
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let began = Instant::now();
        for number in 0..count as u32 {
            let due = began + Duration::from_secs(1) * number / per_second;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    receiver
}
