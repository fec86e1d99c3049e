//! The integration tests, one crate so that they link once.
#![allow(clippy::unwrap_used)] // a test that cannot go on should panic

mod cli;
mod house;
mod images;
mod ledger;
mod verdicts;
