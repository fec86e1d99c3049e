//! Packages of every kind, from the upload to the verdicts.

mod comparing;
mod generators;
mod icpc;
mod life;
mod polygon;
mod shipped;
mod stubs;
mod templates;
