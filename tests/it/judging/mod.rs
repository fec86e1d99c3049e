//! How submissions are judged, beyond one program's verdict.

mod building;
mod checkers;
mod interactive;
mod large;
mod parallel;
