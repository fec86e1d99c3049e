//! The map of `sonocode`: a local online judge in one process.
//!
//! `sonocode serve` is the whole judge stack: an HTTP API, a durable queue, workers that judge
//! programs in containers, and live streams of every step. Where several share one Redis, each may do a
//! part of that ([`config::Roles`]). Every other command is a client of it, and
//! runs the same daemon in its own process for as long as it needs one when none answers.
//!
//! # Two ideas carry the design
//!
//! **The ledger is the truth.** Submissions, their event journal and the queue are one thing in one
//! place ([`ledger`]), because they must agree after a crash. A queue entry is a submission whose
//! journal has no end yet; a watcher is a cursor into the journal, so that replay and live tail are the
//! same read. "Verdict recorded" and "job done" are one transaction.
//!
//! **The sandbox reports facts, one pure function makes verdicts.** A [`sandbox::Cell`] says what
//! happened; [`judge::verdict_of`] decides. Only the worker may say "internal error", and it never
//! means the program's fault.
//!
//! # The straight line
//!
//! ```text
//! submit ─HTTP→ api ─→ ledger.submit        (Queued, id returned; durable before the reply)
//!                         │ lease
//! worker ─→ evaluator ─→ cell (compile, run, check) ─→ facts ─→ verdict_of
//!                         │ append(event…) … finish(verdict)          one attempt = one fence
//! hub    ←─ ledger.read(cursor) ─→ sockets ─→ client ─→ view ─→ exit code
//! ```
//!
//! Nothing calls backward. Worker and hub never know each other: the hub is woken by
//! [`ledger::Ledger::changed`] and reads. Cancel and rejudge are events like any other, and fence a
//! running attempt off.
//!
//! # Rooms
//!
//! | room | what is in it | knows |
//! | --- | --- | --- |
//! | [`judge`] | pure values and rules: submission, problem, language, limits, facts, verdict, event, compare, checker, interaction, talk, score | nothing |
//! | [`problem`] | packages on disk ⇄ `judge::Problem`: the native reader; `import`, which makes native packages of all others, and `export`, the way back; the store of versions, and the trait of what daemons share of it | judge |
//! | [`ledger`] | the trait and its SQLite engine | judge |
//! | [`sandbox`] | the traits `Sandbox` and `Cell`; one warm pool over Docker or this machine's kernel, the agent's protocol | judge |
//! | `agent/` | the static program inside a cell (a crate of its own, embedded by `build.rs`) | the protocol |
//! | [`evaluator`] | problem × source → events, in cells; checkers and interactors; custom runs; generated tests; toolchains, kept programs, preludes | judge, problem, sandbox |
//! | [`verify`] | a problem put to the proof: solutions, time limit, validators, checkers, tests; what was found out is kept by content; the search for counterexamples | judge, problem, evaluator |
//! | [`worker`] | lease → evaluate → append → finish | ledger, evaluator |
//! | [`health`] | whether there is an engine, watched for the daemon's whole life | sandbox |
//! | [`auth`] | tokens, identities, roles and what each may do | config |
//! | [`hub`] | journal and messages → WebSocket, server-sent events and Socket.IO (packets as pure values, sessions, namespaces, dialects); presence | ledger |
//! | [`api`], [`metrics`] | axum routes, one file per resource; OpenAPI from the same types; figures | ledger, problem, evaluator, verify, hub |
//! | [`cluster`] | what daemons and workers share over one Redis beside the ledger: presence, members, the catalogue of problems and their packages | ledger, problem, hub, api |
//! | [`daemon`] | chooses engines and wires the parts; lock, port, drain | everything above |
//! | [`wire`] | the documents that travel between API and commands | judge |
//! | [`client`] | HTTP and WebSocket client of the commands | judge, verify, wire |
//! | [`view`] | events and steps → terminal: live, plain, JSON lines, `JUnit`; Markdown | judge, verify, wire |
//! | [`command`] | one verb, one file | client, view, daemon |
//! | [`cli`], [`config`], [`error`], [`templates`] | clap types; layered configuration; exit codes; embedded files, problems to begin with among them | |
//!
//! Each outside crate has one door: bollard in `sandbox/docker.rs`, SQLite in `ledger/sqlite`, redis in `ledger/redis`, clap in
//! `cli.rs`, indicatif and colored in `view/`. `tests/it/walls.rs` holds these walls.
//!
//! # How a test is run
//!
//! A cell is a container, or namespaces of our own making, with the [agent](sandbox::protocol) as process
//! 1, spoken to over its standard input and output. The daemon sends the next tests before the last has
//! ended; the agent prepares the next command's namespaces and file systems while the present one runs.
//! Submission, checker and interactor have a box each; files that pass from one to the other are held in
//! the agent's memory. `docs/sandbox.md` says what the walls of a cell are and why they hold,
//! `docs/evaluator.md` how a verdict comes about.
//!
//! # How a problem comes in and is verified
//!
//! ```text
//! folder, zip, JSON ─→ staging ─→ detect ─→ importer ─→ native package ─→ the one reader ─→ draft
//!                                                        generators, in cells ─→ tests ─┘    │
//!                                        verify ←─ evaluator ─→ steps, findings ←────────────┤
//!                                                             store: versions, tests by content
//!                                                             depot: catalogue and archives for other daemons
//! ```
//!
//! Everything becomes a native package, so that there is one reader, one judge and one verification. A
//! verification does not go through the queue: it asks the evaluator itself, streams its steps to whoever
//! asked, and ends when they go away.
//!
//! # What is deliberately absent
//!
//! * No state that is polled: readers wait for the ledger's word. Only the engine is asked from time to
//!   time, because engines do not tell when they come.
//! * No path that untrusted code could have written is ever opened by the daemon; bytes come through the
//!   agent.
//! * No shell: programs, arguments and inputs travel as bytes in frames.
//! * No globals: a process may hold several daemons, and the tests do.

pub mod api;
pub mod auth;
pub mod cli;
pub mod client;
pub mod cluster;
pub mod command;
pub mod config;
pub mod daemon;
pub mod error;
pub mod evaluator;
pub mod health;
pub mod hub;
pub mod judge;
pub mod ledger;
pub mod metrics;
pub mod problem;
pub mod sandbox;
pub mod templates;
pub mod verify;
pub mod view;
pub mod wire;
pub mod worker;
