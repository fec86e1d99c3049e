//! The life of a daemon: its start, its end, what it shares with others and what it does without an
//! engine.

mod background;
mod drain;
mod engine;
mod places;
mod problems;
mod roles;
mod rolling;
mod shared;

use crate::house::{House, Package};

/// The problem `sum` with one test and time for programs that wait.
async fn add_sum(house: &House) {
    let limits = "[limits]\ntime_ms = 60000\nwall_ms = 120000\n";
    house.add(&Package::new("sum").manifest(limits).test("01", "1 2\n", "3\n")).await;
}

/// A right program.
const RIGHT: &str = "print(sum(map(int, input().split())))";

/// A right program that takes a second.
const SLOW: &str = "import time\ntime.sleep(1)\nprint(sum(map(int, input().split())))";

/// A program that takes longer than any test waits.
const ENDLESS: &str = "import time\ntime.sleep(100)";
