//! The `sonocode` program: parse, dispatch, and the exit code.

use sonocode::{cli::Cli, command::dispatch};
use std::process::ExitCode;

fn main() -> ExitCode {
    dispatch(Cli::of_process()).into()
}
