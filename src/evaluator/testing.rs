//! One test after another in one cell: the program, and whoever judges what it wrote.
//!
//! Tests are sent before the last has ended, so that the cell never waits for the daemon. What the
//! program wrote is compared here, a piece at a time, or stays in the cell for the problem's checker,
//! which runs beside it in a box of its own. Only multi-pass problems wait for each step.

use super::{
    KEEP_TEXT,
    court::{Court, Judge},
    judging::note_exhausted_memory,
    message, usage,
};
use crate::{
    judge::{
        Checked, Facts, Interaction, Own, Recorder, RunLimits, Share, Talk, Usage, Verdict,
        interaction, verdict_of,
    },
    problem::StoredProblem,
    sandbox::{Cell, Command, File, Happening, Held, Input, Ran, SandboxError, Side, Stream},
};
use std::{
    collections::VecDeque,
    fs,
    io::{self, BufReader},
    sync::Arc,
};

/// How many tests are on their way to the cell or in it at one time.
const WINDOW: usize = 3;

/// How many bytes of input are on their way at one time, unless one test alone has more.
const WINDOW_BYTES: u64 = 16 << 20;

/// The longest input of a further pass, and output of an interactor for a checker, in bytes.
const HANDED_ON: u64 = 64 << 20;

/// How a program is run.
#[derive(Clone, Debug)]
pub(super) struct Runner {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// What it may use.
    pub limits: RunLimits,
    /// The user's part of it.
    pub own: Arc<Own>,
    /// The words on standard error by which a runtime says that its own heap limit was reached.
    pub exhausted: Option<String>,
}

/// A test that was judged.
#[derive(Debug)]
pub(super) struct Judged {
    /// Its place among the problem's tests, from 0.
    pub index: usize,
    /// IE when the problem's own program failed.
    pub verdict: Verdict,
    /// What part of the test's points was earned, where a checker says so.
    pub share: Option<Share>,
    pub usage: Usage,
    pub message: Option<String>,
    /// What program and interactor said to each other, if that was to be kept.
    pub talk: Option<Talk>,
}

/// A cell with a program in it, and the tests that are under way there.
pub(super) struct Trial {
    pub cell: Box<dyn Cell>,
    pub stored: Arc<StoredProblem>,
    pub runner: Runner,
    pub court: Court,
    /// Whether what program and interactor say to each other is kept.
    transcripts: bool,
    sent: VecDeque<Sent>,
}

/// A test that was sent.
struct Sent {
    index: usize,
    bytes: u64,
    pass: Pass,
}

/// What the passes of a test have in common.
struct Pass {
    /// The test's place among the problem's tests.
    index: usize,
    /// Its answer, held for whoever judges.
    answer: Option<Held>,
}

/// How a pass ended.
struct Ended {
    facts: Facts,
    stderr: Vec<u8>,
    /// The word of whoever judges; an error is a fault of the problem's own program, which it names.
    checked: Result<Checked, String>,
    /// Whether there is another pass.
    again: bool,
    talk: Option<Talk>,
}

impl Trial {
    pub fn new(
        cell: Box<dyn Cell>,
        stored: Arc<StoredProblem>,
        runner: Runner,
        court: Court,
    ) -> Self {
        Self { cell, stored, runner, court, transcripts: false, sent: VecDeque::new() }
    }

    /// The same, keeping what program and interactor say to each other.
    pub fn with_transcripts(self) -> Self {
        Self { transcripts: true, ..self }
    }

    /// Whether a test may be sent now.
    pub fn has_room(&self, index: usize) -> bool {
        let ahead: u64 = self.sent.iter().map(|sent| sent.bytes).sum();
        let problem = &self.stored.problem;
        let (window, bytes) =
            if problem.passes > 1 { (1, 0) } else { (WINDOW, problem.tests[index].input_bytes) };
        self.sent.is_empty() || (self.sent.len() < window && ahead + bytes <= WINDOW_BYTES)
    }

    /// Sends a test.
    pub async fn send(&mut self, index: usize) -> Result<(), SandboxError> {
        let test = &self.stored.problem.tests[index];
        let (input, bytes) = (Input::File(self.stored.input(&test.name)), test.input_bytes);
        let answer = if matches!(self.court, Court::Compare) {
            None
        } else {
            let answer = Input::File(self.stored.answer(&test.name));
            Some(self.cell.hold(answer).await?)
        };
        let pass = Pass { index, answer };
        self.begin(input, &pass, true).await?;
        self.sent.push_back(Sent { index, bytes, pass });
        Ok(())
    }

    /// The test that was sent first, judged; `None` when none is under way.
    pub async fn next(&mut self) -> Result<Option<Judged>, SandboxError> {
        let Some(Sent { index, pass, .. }) = self.sent.pop_front() else { return Ok(None) };
        let mut ended = self.end(index).await?;
        let mut used = usage(&ended.facts);
        let mut passes = 1;
        while ended.again && self.stands(&ended) {
            passes += 1;
            if passes > self.stored.problem.passes {
                ended.checked =
                    Err(format!("checker: it asks for pass {passes}, which is one too many"));
                break;
            }
            let input = self.cell.reserve();
            self.cell.fetch("nextpass.in", HANDED_ON, Some(input)).await?;
            self.cell.fetched().await?;
            self.begin(Input::Held(input), &pass, false).await?;
            self.cell.forget(input).await?;
            ended = self.end(index).await?;
            used = worse(used, usage(&ended.facts));
        }
        if let Some(answer) = pass.answer {
            self.cell.forget(answer).await?;
        }
        Ok(Some(self.judged(index, ended, used)))
    }

    /// What the program did of itself. An interactor's word has it in it.
    fn own(&self, facts: &Facts) -> Verdict {
        match self.court {
            Court::Interactor(..) => Verdict::Accepted,
            _ => verdict_of(facts, &self.runner.limits, &Checked::accepted()),
        }
    }

    /// Whether a pass was accepted. A program that fails has failed, whatever the judge makes of its output.
    fn stands(&self, ended: &Ended) -> bool {
        let accepted = |word: &Checked| word.verdict.is_accepted();
        self.own(&ended.facts).is_accepted() && ended.checked.as_ref().is_ok_and(accepted)
    }

    fn judged(&self, index: usize, ended: Ended, usage: Usage) -> Judged {
        let Ended { facts, stderr, checked, talk, .. } = ended;
        let Runner { limits, own: part, .. } = &self.runner;
        let own = self.own(&facts);
        let (verdict, share, message) = match checked {
            Ok(word) if own.is_accepted() => {
                let failed = || message::test(word.verdict, &facts, &stderr, limits, part);
                let message = word.message.or_else(failed);
                (word.verdict, word.fraction, message)
            }
            Err(fault) if own.is_accepted() => {
                (Verdict::InternalError, None, Some(format!("the problem's {fault}")))
            }
            // A program that failed of itself left nothing that could be judged.
            _ => (own, None, message::test(own, &facts, &stderr, limits, part)),
        };
        Judged { index, verdict, share, usage, message, talk }
    }

    /// Begins one pass: everything up to the judge's last word is sent.
    async fn begin(
        &mut self,
        input: Input,
        pass: &Pass,
        fresh_feedback: bool,
    ) -> Result<(), SandboxError> {
        let test = &self.stored.problem.tests[pass.index];
        let Runner { argv, limits, .. } = &self.runner;
        let argv = [&argv[..], &test.args].concat();
        let program = Command { keep_stderr: KEEP_TEXT, ..Command::new(argv, limits.clone()) };
        let court = self.court.with_args(test.judge_args.as_deref());
        let files = beside(&self.stored, pass.index).await?;
        let has_files = !files.is_empty();
        let cell = self.cell.as_mut();
        if has_files {
            cell.lay(Side::Program, files).await?;
        }
        let Some(answer) = pass.answer else {
            let keep_stdout = limits.output_bytes;
            cell.begin(Command { stdin: input, keep_stdout, ..program }).await?;
            return if has_files { cell.lift().await } else { Ok(()) };
        };
        let own = !matches!(input, Input::Held(_));
        let input = cell.hold(input).await?;
        match court {
            Court::Compare => {}
            Court::Checker(judge) => {
                let output = cell.reserve();
                let (stdin, hold_stdout) = (Input::Held(input), Some(output));
                cell.begin(Command { stdin, hold_stdout, ..program }).await?;
                if has_files {
                    cell.lift().await?;
                }
                let command = judge.check([input, output, answer], fresh_feedback);
                cell.begin(command).await?;
                judge.ask(cell).await?;
                cell.forget(output).await?;
            }
            Court::Interactor(judge, checker) => {
                let mut command = judge.talk([input, answer], &self.runner.limits, fresh_feedback);
                let mut program = program;
                if self.transcripts {
                    program.keep_stdout = program.limits.output_bytes;
                    command.keep_stdout = command.limits.output_bytes;
                }
                cell.interact(program, command, judge.rejects()).await?;
                if has_files {
                    cell.lift().await?;
                }
                judge.ask(cell).await?;
                if let Some(checker) = checker {
                    let output = cell.reserve();
                    cell.fetch("tout", HANDED_ON, Some(output)).await?;
                    cell.begin(checker.check([input, output, answer], false)).await?;
                    checker.ask(cell).await?;
                    cell.forget(output).await?;
                }
            }
        }
        if own {
            cell.forget(input).await?;
        }
        Ok(())
    }

    /// Waits for the end of one pass.
    async fn end(&mut self, index: usize) -> Result<Ended, SandboxError> {
        match self.court.clone() {
            Court::Compare => self.end_compared(index).await,
            Court::Checker(judge) => {
                let ran = self.end_of_program().await?;
                let (checked, again) = judge.word(self.cell.as_mut()).await?;
                Ok(Ended { facts: ran.facts, stderr: ran.stderr, checked, again, talk: None })
            }
            Court::Interactor(judge, checker) => self.end_interaction(&judge, checker).await,
        }
    }

    async fn end_of_program(&mut self) -> Result<Ran, SandboxError> {
        let mut ran = self.cell.ended().await?;
        note_exhausted_memory(&mut ran.facts, &ran.stderr, self.runner.exhausted.as_deref());
        Ok(ran)
    }

    async fn end_compared(&mut self, index: usize) -> Result<Ended, SandboxError> {
        let Ran { facts, mut stdout, stderr } = self.end_of_program().await?;
        let mut checked = Checked::accepted();
        if verdict_of(&facts, &self.runner.limits, &checked).is_accepted() {
            let stored = self.stored.clone();
            // Answers and outputs may be large: neither reading nor comparing holds up other tasks.
            let compared = tokio::task::spawn_blocking(move || -> io::Result<Checked> {
                let test = &stored.problem.tests[index];
                let answer = BufReader::new(fs::File::open(stored.answer(&test.name))?);
                let compare = test.compare.unwrap_or(stored.problem.compare);
                compare.check(stdout.reader()?, answer)
            });
            checked = match compared.await {
                Ok(result) => result.map_err(SandboxError::host)?,
                Err(panic) => {
                    return Err(SandboxError::Cell(format!("the comparison failed: {panic}")));
                }
            };
        }
        Ok(Ended { facts, stderr, checked: Ok(checked), again: false, talk: None })
    }

    async fn end_interaction(
        &mut self,
        judge: &Judge,
        checker: Option<Judge>,
    ) -> Result<Ended, SandboxError> {
        let mut talk = Heard::default();
        let ((mut facts, _), (judge_facts, judge_ended_first)) = (
            talk.end_of_one(self.cell.as_mut()).await?,
            talk.end_of_one(self.cell.as_mut()).await?,
        );
        note_exhausted_memory(&mut facts, &talk.stderr, self.runner.exhausted.as_deref());
        let left = judge.left(self.cell.as_mut()).await?;
        let word = interaction(&Interaction {
            program: &facts,
            limits: &self.runner.limits,
            judge: &judge_facts,
            judge_ended_first,
            convention: judge.convention,
            said: left.said(judge_facts.exit, &talk.judge_stderr),
        });
        let mut said = (word.map_err(|fault| format!("interactor: {fault}")), left.next_pass);
        if let Some(checker) = checker {
            self.cell.fetched().await?;
            let (last, next) = checker.word(self.cell.as_mut()).await?;
            if matches!(&said.0, Ok(word) if word.verdict.is_accepted()) {
                said = (last, said.1 || next);
            }
        }
        let (stderr, recorder) = (talk.stderr, talk.recorder);
        let talk = self.transcripts;
        let talk = talk.then(|| recorder.finish(&facts, &judge_facts, judge_ended_first));
        Ok(Ended { facts, stderr, checked: said.0, again: said.1, talk })
    }
}

/// The files that lie beside the program in a test.
async fn beside(stored: &Arc<StoredProblem>, index: usize) -> Result<Vec<File>, SandboxError> {
    let test = &stored.problem.tests[index];
    if test.files.is_empty() {
        return Ok(Vec::new());
    }
    let (own, name) = (stored.clone(), test.name.clone());
    let read = tokio::task::spawn_blocking(move || own.test_files(&name)).await;
    let files = read.map_err(io::Error::other).and_then(|read| read);
    let files = files.map_err(SandboxError::host)?;
    Ok(files.into_iter().map(|(path, bytes)| File::plain(path, bytes)).collect())
}

/// The most of what two passes used: limits are those of each.
fn worse(one: Usage, other: Usage) -> Usage {
    Usage {
        cpu_ms: one.cpu_ms.max(other.cpu_ms),
        wall_ms: one.wall_ms.max(other.wall_ms),
        memory_kib: one.memory_kib.max(other.memory_kib),
    }
}

/// What was said on both sides.
#[derive(Default)]
struct Heard {
    stderr: Vec<u8>,
    judge_stderr: Vec<u8>,
    recorder: Recorder,
}

impl Heard {
    /// Gathers what is said until one side's report comes: its facts, and whether it ended first.
    async fn end_of_one(&mut self, cell: &mut dyn Cell) -> Result<(Facts, bool), SandboxError> {
        loop {
            match cell.next().await? {
                Happening::Output { stream: Stream::Stderr, bytes } => self.stderr.extend(bytes),
                Happening::Output { stream: Stream::JudgeStderr, bytes } => {
                    self.judge_stderr.extend(bytes);
                }
                Happening::Output { .. } => {}
                Happening::Said { by, at, bytes } => self.recorder.hear(by, at, &bytes),
                Happening::Ended { facts, first } => return Ok((facts, first)),
                Happening::Fetched(_) => {
                    return Err(SandboxError::Cell("a file came in place of a report".into()));
                }
            }
        }
    }
}
