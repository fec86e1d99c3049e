//! Packages of every kind, from the upload to the verdicts.

mod comparing;
mod generators;
mod icpc;
mod life;
mod many;
mod polygon;
mod shipped;
mod stubs;
mod templates;
