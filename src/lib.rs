//! The map of the house is written when the rooms stand.
pub mod cli;
pub mod config;
pub mod daemon;
pub mod error;
pub mod evaluator;
pub mod judge;
pub mod ledger;
pub mod problem;
pub mod sandbox;
pub mod view;
