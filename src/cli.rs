//! The command line: clap types only, no behaviour.
#![expect(clippy::doc_markdown, reason = "these docstrings are the help texts, as they are read")]

mod clarify;
mod images;
mod problem;

pub use clarify::{Clarify, ClarifyAnnounce, ClarifyAnswer, ClarifyAsk, ClarifyList, ClarifyWatch};
pub use images::{Images, ImagesBuild, ImagesImport, ImagesList, ImagesPull};
pub use problem::{
    Add, Edit, Export, Generate, New, Problem, Remove, Rename, Set, Show, Stress, Verify,
};

use crate::judge::{Slug, SubmissionId, Verdict};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0   accepted, or --expect met        20  WA   wrong answer
  1   the command failed               21  TLE  time limit exceeded
  2   usage or configuration           22  MLE  memory limit exceeded
  3   daemon unreachable               23  RE   run-time error
  4   something named is not there     24  OLE  output limit exceeded
  5   refused: validation, queue full  25  CE   compile error
  6   the judge's fault (IE, engine)   26  PE   presentation error
  7   --timeout elapsed                27  partial score
  8   cancelled                        30  --expect not met
  130/143  Ctrl-C / SIGTERM";

/// An example and its exit codes, one text for clap.
macro_rules! with_codes {
    ($examples:expr) => {
        concat!($examples, "\n\nExit codes: 0 accepted, 1-8 not the program's fault, 20 WA, 21 TLE, 22 MLE, 23 RE, 24 OLE,\n25 CE, 26 PE, 30 --expect not met; `sonocode --help` lists them all.")
    };
}

/// A local online judge in one process: API, durable queue, Docker evaluator, live verdicts.
#[derive(Debug, Parser)]
#[command(
    name = "sonocode",
    version,
    propagate_version = true,
    after_help = format!("\
Examples:
  sonocode demo                                    see a right and a wrong program judged
  sonocode serve                                   run the daemon
  sonocode problem add ./problems/two-sum          add a problem
  sonocode submit main.cpp --problem two-sum --watch

Every command but `serve` and `worker` works without a daemon too: it then runs one in its own process for as
long as it needs it. `sonocode config show` says which address, data directory and files are used.

{EXIT_CODES}")
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Say more on standard error; twice for everything. RUST_LOG, if set, wins
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Cli {
    /// The command line of this process. Ends it after a request for help and after wrong use.
    pub fn of_process() -> Self {
        Self::parse()
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    Serve(Serve),
    /// Judge on this machine what the daemons of a shared Redis take
    Worker(Worker),
    /// Stop a daemon that runs in the background
    Stop(Stop),
    /// Submit programs to a problem
    Submit(Submit),
    /// List submissions, the newest first
    List(List),
    /// Follow submissions live
    Watch(Watch),
    /// Run a program on your own input
    Run(Run),
    /// Cancel submissions that have no verdict yet
    Cancel(Ids),
    /// Judge submissions again
    Rejudge(Rejudge),
    /// Make, add, verify, list, show and change problems
    #[command(
        subcommand,
        after_help = "\
Examples:
  sonocode problem new two-cities --template basic
  sonocode problem verify ./two-cities
  sonocode problem add ./two-cities
  sonocode problem verify --all"
    )]
    Problem(Problem),
    /// Ask the setters about problems, answer, and tell everyone
    #[command(
        subcommand,
        after_help = "\
Examples:
  sonocode clarify ask two-sum 'Are the indices 0-based?'
  sonocode clarify list --unanswered
  sonocode clarify answer 41 'Yes.' --all
  sonocode clarify watch --setter"
    )]
    Clarify(Clarify),
    /// Show the daemon, its queue and its engine
    #[command(after_help = "\
Examples:
  sonocode status
  sonocode status --json | jq .counts.queued
  sonocode status --url http://127.0.0.1:7878      exit code 3 when it does not answer")]
    Status(Output),
    /// List the languages and where their toolchains come from
    #[command(after_help = "\
Examples:
  sonocode languages
  sonocode languages --json | jq -r 'select(.source != \"missing\") | .id'")]
    Languages(Output),
    /// Pull, list, build and import the images that toolchains come from
    #[command(
        subcommand,
        after_help = "\
Examples:
  sonocode images list
  sonocode images pull java
  sonocode images build cpp
  sonocode images import gcc.tar.gz --lang cpp"
    )]
    Images(Images),
    /// Check what judging needs and say how to mend what is missing
    #[command(after_help = "\
Examples:
  sonocode doctor
  sonocode doctor --json | jq -r 'select(.state == \"fail\") | .mend'

Exit codes: 0 judging works, 6 no container engine, 1 something else is missing.")]
    Doctor(Output),
    /// See a right and a wrong program judged
    Demo(Demo),
    /// Make a token for a user
    Token(Token),
    /// Show the configuration
    #[command(
        subcommand,
        after_help = "\
Examples:
  sonocode config show
  sonocode config show --default"
    )]
    Config(Config),
    /// Print a completion script for a shell
    Completions(Completions),
}

/// Where the daemon is.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Daemon")]
pub struct Connect {
    /// The daemon to use; it must answer, no other is tried [env: SONOCODE_URL]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The data directory to use when a daemon is run in this process [env: SONOCODE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The token to show; without it the data directory's, to the daemon there [env: SONOCODE_TOKEN]
    #[arg(long, value_name = "JWT", hide_env_values = true)]
    pub token: Option<String>,
}

/// Options of `token`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode token --user ada
  sonocode token --user judge --role service --ttl 30d
  SONOCODE_TOKEN=$(sonocode token --user ada --ttl 1h) sonocode submit two-sum main.cpp

It is signed with auth.secret, or with the secret in the data directory, which is made when there is none.
Exit codes: 0 made, 2 usage or configuration, 5 only public keys are configured.")]
pub struct Token {
    /// Who its bearer is
    #[arg(long, value_name = "USER")]
    pub user: String,
    /// What they may do: user, setter, service or admin
    #[arg(long, default_value = "user", value_parser = ["user", "setter", "service", "admin"])]
    pub role: String,
    /// How long it is good for: a number and s, m, h or d
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub ttl: String,
    /// The data directory of the daemon [env: SONOCODE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print it with its end as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `serve`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode serve
  sonocode serve --addr 127.0.0.1:9000 --data-dir ./judge --problems ./problems
  sonocode serve --ephemeral                 keep nothing
  sonocode serve --detach --wait             return when it is ready to judge; see `sonocode stop`
  sonocode serve --redis redis://10.0.0.5 --roles api,hub    take and show; `sonocode worker` judges

Ctrl-C or SIGTERM drains: what runs may finish, the rest stays queued. A second one stops at once.
Standard output has the banner, standard error the log (RUST_LOG or -v for more).
Exit codes: 0 drained, 1 address or data directory in use, 2 usage, 6 --wait: not ready in time.")]
pub struct Serve {
    /// Where to listen [env: SONOCODE_ADDR] [default: 127.0.0.1:7878]
    #[arg(long, value_name = "IP:PORT")]
    pub addr: Option<String>,
    /// Where everything is kept [env: SONOCODE_DATA_DIR] [default: $XDG_DATA_HOME/sonocode]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// What it does, of api, hub and worker [env: SONOCODE_ROLES] [default: api,hub,worker]
    #[arg(long, value_name = "ROLE,…")]
    pub roles: Option<String>,
    /// Evaluations at one time; 0: one for each core [env: SONOCODE_WORKERS]
    #[arg(long, value_name = "N")]
    pub workers: Option<String>,
    /// What programs run in: auto, docker or native [env: SONOCODE_SANDBOX_KIND] [default: auto]
    #[arg(long, value_name = "KIND")]
    pub sandbox: Option<String>,
    /// Add every new or changed package in this folder at start [env: SONOCODE_PROBLEMS]
    #[arg(long, value_name = "DIR")]
    pub problems: Option<PathBuf>,
    /// Share submissions, problems and the queue with other daemons through this Redis [env: SONOCODE_REDIS_URL]
    #[arg(long, value_name = "URL")]
    pub redis: Option<String>,
    /// Keep everything in a temporary folder that is removed at the end
    #[arg(long)]
    pub ephemeral: bool,
    /// Run in the background, with its log in the data directory's serve.log
    #[arg(long)]
    pub detach: bool,
    /// Return only when the daemon is ready to judge
    #[arg(long, requires = "detach")]
    pub wait: bool,
    /// How long --wait waits, in seconds
    #[arg(long, requires = "wait", value_name = "SECS", default_value_t = 120)]
    pub wait_timeout: u64,
    /// How long draining lets running submissions go on, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 30)]
    pub grace: u64,
    /// Listen on an address that other machines reach although no tokens are asked for
    #[arg(long)]
    pub insecure: bool,
    /// Print the banner as one JSON object
    #[arg(long)]
    pub json: bool,
    /// This is the background process that --detach starts.
    #[arg(long, hide = true)]
    pub detached: bool,
    /// Serve the official Engine.IO and Socket.IO protocol suites on this port, and nothing else
    #[arg(long, hide = true, value_name = "PORT", exclusive = true)]
    pub protocol_suite: Option<u16>,
}

/// Options of `worker`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode worker --redis redis://10.0.0.5
  SONOCODE_REDIS_URL=rediss://judge:secret@redis.example sonocode worker --workers 4
  sonocode worker --redis redis://10.0.0.5 --addr 127.0.0.1:9100     with /readyz and /metrics there
  sonocode worker --redis redis://10.0.0.5 --data-dir ./second       a second one on this machine

It listens nowhere unless --addr says so. Ctrl-C or SIGTERM drains: what runs may finish, the rest stays queued for
others. A second one stops at once. Standard error has the log (RUST_LOG or -v for more).
Exit codes: 0 drained, 1 Redis or the data directory cannot be used, 2 usage or no Redis named, 130/143 stopped at
once.")]
pub struct Worker {
    /// The Redis that the daemons share [env: SONOCODE_REDIS_URL]
    #[arg(long, value_name = "URL")]
    pub redis: Option<String>,
    /// Evaluations at one time; 0: one for each core [env: SONOCODE_WORKERS]
    #[arg(long, value_name = "N")]
    pub workers: Option<String>,
    /// Where to listen for health and metrics; nowhere unless it is given
    #[arg(long, value_name = "IP:PORT")]
    pub addr: Option<String>,
    /// Where its own things are kept [env: SONOCODE_DATA_DIR] [default: $XDG_DATA_HOME/sonocode-worker]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// What programs run in: auto, docker or native [env: SONOCODE_SANDBOX_KIND] [default: auto]
    #[arg(long, value_name = "KIND")]
    pub sandbox: Option<String>,
    /// How long draining lets running submissions go on, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 30)]
    pub grace: u64,
    /// Listen on an address that other machines reach although no tokens are asked for
    #[arg(long)]
    pub insecure: bool,
}

/// Options of `stop`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode stop
  sonocode stop --data-dir ./judge --timeout 5

Exit codes: 0 stopped, 4 none runs, 7 still draining after --timeout.")]
pub struct Stop {
    /// The data directory of the daemon to stop [env: SONOCODE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// How long to wait for its end, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 60)]
    pub timeout: u64,
}

/// Options of `submit`.
#[derive(Args, Debug)]
#[command(after_help = with_codes!("\
Examples:
  sonocode submit main.cpp --problem two-sum --watch
  sonocode submit a.cpp b.py c.c -p two-sum --watch      each file is a submission
  sonocode submit slow.cpp -p two-sum --expect TLE       for scripts: 0 when it is TLE
  sonocode submit main.py -p two-sum --watch --json      one event per line
  generate | sonocode submit - --lang cpp -p two-sum
  id=$(sonocode submit main.cpp -p two-sum)              prints the number, does not wait"))]
pub struct Submit {
    /// The programs, each a submission of its own; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A further file of the program (of each, if there are several); can be given again
    #[arg(long = "with", value_name = "FILE")]
    pub with: Vec<PathBuf>,
    /// The problem
    #[arg(short, long, value_name = "SLUG")]
    pub problem: Slug,
    /// The language, by id, name or alias; without it the extension decides
    #[arg(short, long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
    /// Who submits [default: $USER]
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Show what happens until the verdict is there
    #[arg(short, long)]
    pub watch: bool,
    /// One JSON object per line: the events with --watch, else the submissions
    #[arg(long)]
    pub json: bool,
    /// Wait, and end with 0 if every verdict is this one, with 30 if not
    #[arg(long, value_name = "VERDICT")]
    pub expect: Option<Verdict>,
    /// Wait at most this long for the verdicts, then end with 7 (the judge goes on)
    #[arg(long, value_name = "SECS")]
    pub timeout: Option<u64>,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `list`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode list
  sonocode list --user ada --problem two-sum --limit 100
  sonocode list --status queued
  sonocode list --json | jq -r 'select(.result.verdict == \"IE\") | .id'")]
pub struct List {
    /// Only this user's
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Only those for this problem
    #[arg(short, long, value_name = "SLUG")]
    pub problem: Option<Slug>,
    /// Only those in this state
    #[arg(short, long, value_name = "STATUS", value_parser = ["queued", "running", "finished", "cancelled"])]
    pub status: Option<String>,
    /// At most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,
    /// Print the submissions, one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `watch`.
#[derive(Args, Debug)]
#[command(after_help = with_codes!("\
Examples:
  sonocode watch 1042                 what happened and what happens, until the verdict
  sonocode watch 1042 1043
  sonocode watch --user ada           ada's unfinished submissions and every new one
  sonocode watch --all --json | jq .
  sonocode watch --all --after 0      from the beginning of the journal

A lost connection is taken up again; no event is lost or shown twice. Ctrl-C only stops watching."))]
pub struct Watch {
    /// Submissions to follow; without any, those of --user
    #[arg(value_name = "ID", conflicts_with_all = ["user", "all"])]
    pub ids: Vec<SubmissionId>,
    /// Follow one user's submissions, until Ctrl-C [default: $USER]
    #[arg(short, long, value_name = "USER", conflicts_with = "all")]
    pub user: Option<String>,
    /// Follow everybody's submissions, until Ctrl-C
    #[arg(short, long)]
    pub all: bool,
    /// One JSON object per line for each event
    #[arg(long)]
    pub json: bool,
    /// Begin after this event: its `seq` for one ID, its `pos` for --user and --all
    #[arg(long, value_name = "N")]
    pub after: Option<u64>,
    /// Stop watching after this long, with exit code 7
    #[arg(long, value_name = "SECS")]
    pub timeout: Option<u64>,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `run`.
#[derive(Args, Debug)]
#[command(after_help = with_codes!("\
Examples:
  sonocode run main.cpp --input input.txt
  echo 1 2 | sonocode run main.py --input -
  sonocode run main.cpp util.h words.txt -- --fast 3     files beside it, and arguments
  sonocode run main.cpp --input big.txt --compare two-sum
  sonocode run main.cpp > out.txt

Standard output is the program's own, as it prints it; its standard error, its exit, time and memory
go to standard error. --compare ends with 20 when the reference solution prints something else."))]
pub struct Run {
    /// The program; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Files that lie beside it when it is compiled and when it runs
    #[arg(value_name = "EXTRA_FILES")]
    pub files: Vec<PathBuf>,
    /// A file with its standard input, `-` for this command's own; without it, nothing
    #[arg(short, long, value_name = "FILE", visible_alias = "stdin")]
    pub input: Option<PathBuf>,
    /// An argument of the program; can be given again. Those after `--` follow
    #[arg(long = "arg", value_name = "ARG", allow_hyphen_values = true)]
    pub args: Vec<String>,
    /// Arguments of the program
    #[arg(last = true, value_name = "ARGS")]
    pub more_args: Vec<String>,
    /// Give the problem's reference solution the same input, and compare the outputs as the problem
    /// does
    #[arg(short, long, value_name = "PROBLEM")]
    pub compare: Option<Slug>,
    /// The language, by id, name or alias; without it the extension decides
    #[arg(short, long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
    /// Who runs it [default: $USER]
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Print the events, one JSON object per line, instead of the output
    #[arg(long)]
    pub json: bool,
    /// Wait at most this long, then end with 7 (the judge goes on)
    #[arg(long, value_name = "SECS")]
    pub timeout: Option<u64>,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `cancel`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode cancel 1042
  sonocode cancel 1042 1043

Exit codes: 0 cancelled, 4 no such submission, 5 it has its verdict already.")]
pub struct Ids {
    /// The submissions
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<SubmissionId>,
    /// Print the submissions, one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `rejudge`.
#[derive(Args, Debug)]
#[command(after_help = with_codes!("\
Examples:
  sonocode rejudge 1042
  sonocode rejudge 1042 1043 --watch"))]
pub struct Rejudge {
    /// The submissions
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<SubmissionId>,
    /// Show what happens until the new verdict is there
    #[arg(short, long)]
    pub watch: bool,
    /// One JSON object per line: the events with --watch, else the submissions
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of commands that only show something.
#[derive(Args, Debug)]
pub struct Output {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// Options of `demo`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode demo
  sonocode demo --url http://127.0.0.1:7878

Uses a daemon that runs, else one in this process that keeps nothing.
Exit codes: 0 the right program was accepted and the wrong one was not, 6 no engine.")]
pub struct Demo {
    /// Where the daemon is.
    #[command(flatten)]
    pub connect: Connect,
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show what is in force and where each value comes from
    Show(ConfigShow),
}

/// Options of `config show`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode config show
  sonocode config show --default > ~/.config/sonocode/config.toml")]
pub struct ConfigShow {
    /// Show the commented default, which is the reference of every key
    #[arg(long)]
    pub default: bool,
    /// Print what is in force as one JSON object
    #[arg(long, conflicts_with = "default")]
    pub json: bool,
}

/// Options of `completions`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode completions bash > ~/.local/share/bash-completion/completions/sonocode
  sonocode completions zsh > ~/.zfunc/_sonocode
  sonocode completions fish > ~/.config/fish/completions/sonocode.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

impl Completions {
    /// The completion script.
    pub fn script(&self) -> Vec<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "sonocode", &mut script);
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
