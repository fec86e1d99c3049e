//! Verification of a problem: every solution, validator, checker and test put to the proof.

pub mod report;
pub mod stress;
