//! How submissions are judged, beyond one program's verdict.

mod building;
mod checkers;
mod files;
mod interactive;
mod large;
mod parallel;
mod scoring;
mod starved;
