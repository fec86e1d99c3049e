//! The integration tests, one crate so that they link once.
#![allow(clippy::unwrap_used)] // a test that cannot go on should panic

mod api;
mod attacks;
mod cli;
mod cluster;
mod crash;
mod daemon;
mod house;
mod images;
mod judging;
mod ledger;
mod measure;
mod native;
mod packages;
mod process;
mod redis;
mod sockets;
mod verdicts;
mod verify;
mod walls;
