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
    /// Begin a problem from a template that verifies at once
    New(New),
    /// Make the tests of a package folder with its generators
    Generate(Generate),
    /// Put a problem to the proof: solutions, time limit, validators, checker and tests
    Verify(Box<Verify>),
    /// Look for a test on which a solution fails
    Stress(Stress),
    /// Edit the manifest and the statement of a stored problem
    Edit(Edit),
    /// Change values of a stored problem
    Set(Set),
    /// Give a problem another slug
    Rename(Rename),
    /// Write a problem in another format
    Export(Export),
    /// Remove problems
    Remove(Remove),
}

/// Options of `problem add`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem add ./problems/two-sum
  sonocode problem add ./problems/*/
  sonocode problem add ./draft --slug two-sum-2
  sonocode problem add ./problems/two-sum --force      replace it
  sonocode problem add 'plus-7$linux.zip' https://example.org/sum.zip problem.json
  sonocode problem add --listen                        take what Competitive Companion posts

The format is seen from the files: native (problem.toml), ICPC and Kattis (problem.yaml), Polygon's full
package (problem.xml), plain tests (1.in with 1.out, 1.ans or 1.a), JSON documents of the seed platforms.
What is not taken over is printed as `note: file: reason`, every mistake as file:line: field: message.
Exit codes: 0 added, 4 no such package or invalid, 5 it exists already and --force was not given.")]
pub struct Add {
    /// Package folders, zip or tar archives, JSON documents, or their addresses (http, https)
    #[arg(required_unless_present = "listen", conflicts_with = "listen", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Wait for problems that the Competitive Companion browser extension posts to this port of this
    /// machine, and add each, until Ctrl-C
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "10043")]
    pub listen: Option<u16>,
    /// End after this many posted problems
    #[arg(long, value_name = "N", requires = "listen", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
    /// The slug; without it the package's own name
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
  sonocode problem show two-sum --statement-lang de
  sonocode problem show two-sum --html > two-sum.html
  sonocode problem show two-sum --json | jq .limits

Exit codes: 0 shown, 4 no such problem or no statement in that language.")]
pub struct Show {
    /// The problem
    #[arg(value_name = "SLUG")]
    pub slug: Slug,
    /// The language of the statement, such as en or de
    #[arg(long, value_name = "LANG")]
    pub statement_lang: Option<String>,
    /// Print the statement as HTML, without anything that could run
    #[arg(long)]
    pub html: bool,
    /// Print the statement as its author wrote it
    #[arg(long, conflicts_with = "html")]
    pub raw: bool,
    /// Print the problem as one JSON object
    #[arg(long, conflicts_with_all = ["html", "raw", "statement_lang"])]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem new`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem new two-cities                          asks what is not said
  sonocode problem new two-cities --template basic --lang python
  sonocode problem new guess --template interactive --dir ./contest
  sonocode problem new --list

basic        an answer for each input, in Python or C++
function     only a function is submitted; hidden code around it reads and prints
interactive  the submission talks to a program
scoring      groups of tests that are worth points
checker      several answers are right; a program says whether one is

Exit codes: 0 made, 2 no such template or language, 5 the folder is there already.")]
pub struct New {
    /// The problem's slug, which is also its folder's name
    #[arg(value_name = "NAME", required_unless_present = "list")]
    pub name: Option<Slug>,
    /// What kind of problem it is
    #[arg(short, long, value_name = "TEMPLATE")]
    pub template: Option<String>,
    /// The language of its programs
    #[arg(short, long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
    /// Its title [default: made of NAME]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The folder in which its folder is made
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// List the templates and their languages
    #[arg(long, exclusive = true)]
    pub list: bool,
    /// Print what was made as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `problem generate`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem generate                   the package in this folder
  sonocode problem generate ./two-cities
  sonocode problem generate ./two-cities --check && echo nothing to do

Writes tests/ of the folder as [generators] says; tests that no generator makes stay as they are.
Exit codes: 0 made, or --check: all as they should be; 1 --check: some differ; 4 the package is
invalid.")]
pub struct Generate {
    /// The package folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Write nothing; only say what would change
    #[arg(long)]
    pub check: bool,
    /// Print each test as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem verify two-sum
  sonocode problem verify ./two-cities                     a folder, not added yet
  sonocode problem verify ./two-cities --watch             again whenever a file changes
  sonocode problem verify --all --jobs 2 --junit report.xml
  sonocode problem verify two-sum --solutions 'wrong_answer/*' --tests '0*'
  sonocode problem verify two-sum --mutant leading-zero:01-sample    what a finding said
  sonocode problem verify two-sum --json | jq 'select(.type == \"found\")'

Exit codes: 0 nothing is wrong, 1 findings, 2 it could not be verified.")]
pub struct Verify {
    /// Problems, by slug, or packages: folders and archives
    #[arg(value_name = "SLUG|PATH", required_unless_present = "all", conflicts_with = "all")]
    pub targets: Vec<String>,
    /// Verify every problem
    #[arg(long)]
    pub all: bool,
    /// Programs at one time [default: the daemon's workers]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Use nothing that was found out earlier
    #[arg(long)]
    pub fresh: bool,
    /// Only solutions that fit; can be given again
    #[arg(long, value_name = "GLOB")]
    pub solutions: Vec<String>,
    /// Only tests that fit; can be given again
    #[arg(long, value_name = "GLOB")]
    pub tests: Vec<String>,
    /// Only the solutions, not validators, checkers and the tests themselves
    #[arg(long)]
    pub solutions_only: bool,
    /// Only one damage to the input of one test, shown to the validators, such as leading-zero:01-sample
    #[arg(long, value_name = "KIND:TEST", conflicts_with_all = ["solutions", "tests", "solutions_only"])]
    pub mutant: Option<String>,
    /// Only one kind of junk beside the answer of one test, shown to the checker, such as nan:01-sample
    #[arg(long, value_name = "KIND:TEST", conflicts_with_all = ["solutions", "tests", "solutions_only"])]
    pub junk: Option<String>,
    /// Show what every solution and the interactor said to each other
    #[arg(long)]
    pub transcripts: bool,
    /// Warnings count as findings too
    #[arg(long)]
    pub strict: bool,
    /// Verify a folder again whenever its files change, until Ctrl-C
    #[arg(short, long, conflicts_with_all = ["all", "junit"])]
    pub watch: bool,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Print each step as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem stress`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem stress two-sum --against accepted/main.cpp
  sonocode problem stress two-sum --solution wrong_answer/last-position.cpp
  sonocode problem stress two-sum --solution ./mine.cpp --seconds 60
  sonocode problem stress two-sum --solution ./mine.cpp --against accepted/main.py --keep 30-found
  sonocode problem stress ./two-cities --keep secret/30-found         a folder, not added yet

Inputs are made by the package's generators with new seeds. What is found is made as small as can be.
Exit codes: 0 no difference, 1 a counterexample (or the search failed), 4 no such problem or
solution, 5 --keep: no such test can be added.")]
pub struct Stress {
    /// The problem, by slug, or a package: a folder or an archive
    #[arg(value_name = "SLUG|PATH")]
    pub problem: String,
    /// The solution in doubt: a file here, or a path below the problem's solutions/ [default: one
    /// that must fail]
    #[arg(short, long, value_name = "SOLUTION")]
    pub solution: Option<String>,
    /// The solution that is right, below the problem's solutions/ [default: its reference]
    #[arg(short, long, value_name = "SOLUTION")]
    pub against: Option<String>,
    /// The program that makes inputs, a path below generators/ [default: all of them in turn]
    #[arg(short, long, value_name = "FILE")]
    pub generator: Option<String>,
    /// The language of a file here; without it the extension decides
    #[arg(short, long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
    /// Give up after so many inputs
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    /// Give up after so many seconds [default: 60, unless there are --rounds]
    #[arg(long, value_name = "SECS", value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: Option<u32>,
    /// The seed of the first input; the same seed finds the same [default: 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Add what is found to the problem, or to the folder, as a test of this name
    #[arg(short, long, value_name = "NAME")]
    pub keep: Option<String>,
    /// Print each step as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem edit`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem edit two-sum
  EDITOR='code --wait' sonocode problem edit two-sum

Opens problem.toml and the statement in $VISUAL or $EDITOR, and adds the problem again if they were
changed. Mistakes are shown, and can be mended in another round.
Exit codes: 0 changed or left as it was, 1 the editor failed, 4 no such problem or left invalid.")]
pub struct Edit {
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

/// Options of `problem set`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem set two-sum limits.time_ms=1500
  sonocode problem set two-sum title='Two sum' difficulty=hard tags=arrays,hashing
  sonocode problem set two-sum compare.mode=float compare.absolute=1e-9
  sonocode problem set two-sum limits.wall_ms=                 takes the key out

Keys are those of problem.toml. Everything else in the file stays as it is, comments too.
Exit codes: 0 changed, 2 not KEY=VALUE or no such key, 4 no such problem, 5 the value is not right.")]
pub struct Set {
    /// The problem
    #[arg(value_name = "SLUG")]
    pub slug: Slug,
    /// Keys and their new values
    #[arg(required = true, value_name = "KEY=VALUE")]
    pub values: Vec<String>,
    /// Print the problem as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem rename`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem rename two-sum pair-sum

Exit codes: 0 renamed, 4 no such problem, 5 the new slug is taken.")]
pub struct Rename {
    /// The problem
    #[arg(value_name = "OLD")]
    pub old: Slug,
    /// Its new slug
    #[arg(value_name = "NEW")]
    pub new: Slug,
    /// Print the problem as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `problem export`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode problem export two-sum --to 2025-09                 into the folder two-sum-2025-09
  sonocode problem export two-sum --to polygon -o two-sum.zip  into a zip archive
  sonocode problem export ./draft --to legacy                  a folder that was not added
  sonocode problem export two-sum --to zip                     our own format, as two-sum.zip

What the format cannot express is told, each thing with its reason. A json export is one document.
Exit codes: 0 written, 4 no such problem or invalid, 5 it is there already and --force was not given.")]
pub struct Export {
    /// A stored problem's slug, or a package folder or archive
    #[arg(value_name = "SLUG|PATH")]
    pub problem: String,
    /// The format
    #[arg(long, value_name = "FORMAT", value_parser = ["native", "2025-09", "legacy", "polygon", "json", "zip"])]
    pub to: String,
    /// Where to write it: a folder, or an archive when it ends in .zip or .tar
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Replace what is there
    #[arg(short, long)]
    pub force: bool,
    /// Print what was written and what was not as one JSON object
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
  sonocode problem remove two-sum knapsack --yes

Asks on a terminal, unless --yes is given. Submissions to a problem that is removed stay.
Exit codes: 0 removed, 4 no such problem, 5 the answer was no.")]
pub struct Remove {
    /// The problems
    #[arg(required = true, value_name = "SLUG")]
    pub slugs: Vec<Slug>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Print each slug that was removed as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}
