//! The map of the house is written when the rooms stand.
pub mod cli;
pub mod client;
pub mod command;
pub mod config;
pub mod daemon;
pub mod error;
pub mod evaluator;
pub mod health;
pub mod judge;
pub mod ledger;
pub mod problem;
pub mod sandbox;
pub mod templates;
pub mod view;
