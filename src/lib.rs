//! The map of the house is written when the rooms stand.
pub mod api;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod error;
pub mod evaluator;
pub mod health;
pub mod hub;
pub mod judge;
pub mod ledger;
pub mod metrics;
pub mod problem;
pub mod sandbox;
pub mod templates;
pub mod view;
pub mod worker;
