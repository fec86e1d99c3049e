//! How submissions are judged, beyond one program's verdict.

mod building;
mod large;
mod parallel;
