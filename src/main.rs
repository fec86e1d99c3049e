//! The `sonocode` program: parse, dispatch, and the exit code.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    sonocode::command::dispatch(sonocode::cli::Cli::parse()).into()
}
