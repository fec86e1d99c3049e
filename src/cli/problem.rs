//! The options of `problem …`.

use super::{Connect, Output};
use crate::judge::Slug;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `problem …`
#[derive(Debug, Subcommand)]
pub enum Problem {
    /// Add problem packages
    Add(Add),
    /// List the problems
    #[command(after_help = "\
Examples:
  sonocode problem list
  sonocode problem list --json | jq -r .slug")]
    List(Output),
    /// Show a problem: statement, limits, tests, solutions
    Show(Show),
    /// Remove problems
    Remove(Remove),
    /// Judge every solution of a problem and compare with the verdict it must get
    Verify(Verify),
}

/// Options of `problem add`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem add ./problems/two-sum
  sonocode problem add ./problems/*/
  sonocode problem add ./draft --slug two-sum-2
  sonocode problem add ./problems/two-sum --force      replace it

Every mistake is printed as file:line: field: message.
Exit codes: 0 added, 4 no such folder or invalid, 5 it exists already and --force was not given.")]
pub struct Add {
    /// Package folders
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The slug; without it the folder's name
    #[arg(long, value_name = "SLUG")]
    pub slug: Option<Slug>,
    /// Replace a problem that exists already
    #[arg(short, long)]
    pub force: bool,
    /// Print what was added, one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem show`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem show two-sum
  sonocode problem show two-sum --json | jq .limits")]
pub struct Show {
    /// The problem
    #[arg(value_name = "SLUG")]
    pub slug: Slug,
    /// Print the problem as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem remove`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem remove two-sum
  sonocode problem remove two-sum knapsack

Submissions to a problem that is removed stay.
Exit codes: 0 removed, 4 no such problem.")]
pub struct Remove {
    /// The problems
    #[arg(required = true, value_name = "SLUG")]
    pub slugs: Vec<Slug>,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem verify two-sum
  sonocode problem verify --all --jobs 2
  sonocode problem verify two-sum --json | jq 'select(.ok | not)'

Exit codes: 0 every solution got its verdict, 4 no such problem, 30 one did not.")]
pub struct Verify {
    /// The problems
    #[arg(value_name = "SLUG", required_unless_present = "all", conflicts_with = "all")]
    pub slugs: Vec<Slug>,
    /// Verify every problem
    #[arg(long)]
    pub all: bool,
    /// Solutions in flight at one time [default: the daemon's workers]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Print each solution as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}
