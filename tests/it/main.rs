//! The integration tests, one crate so that they link once.
#![allow(clippy::unwrap_used)] // a test that cannot go on should panic

mod api;
mod attacks;
mod carrier;
mod cli;
mod cluster;
mod crash;
mod daemon;
mod engine;
mod flood;
mod house;
mod images;
mod judging;
mod ledger;
mod matrix;
mod measure;
mod native;
mod packages;
mod process;
mod record;
mod redis;
mod sockets;
mod stub;
mod verdicts;
mod verify;
mod walls;
