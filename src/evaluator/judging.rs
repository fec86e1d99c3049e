//! Judging a submission test by test.

use super::{
    Evaluator,
    building::{Built, Ready, Source},
    court::{Court, JUDGE_LIMITS, Judge},
    run::Wanted,
    testing::{Judged, Runner, Trial},
};
use crate::{
    judge::{
        Checked, EventBody, Facts, JudgeProgram, Language, Limits, Outcome, Own, Plan, Problem,
        Slug, SourceFile, Submission, Task, TestRef, Usage, Verdict,
    },
    problem::StoredProblem,
    sandbox::{Cell, File, Rootfs, SandboxError, Side},
};
use futures_util::future::try_join_all;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// Where the steps of an evaluation go. A closed channel means that nobody records them any more.
pub(super) type Events = mpsc::Sender<EventBody>;

/// Who judges a problem's outputs, and their programs for further cells.
pub(super) struct Hearing {
    pub(super) court: Court,
    ready: Vec<Option<Ready>>,
}

/// A program that is to be judged.
#[derive(Clone)]
pub(super) struct Program<'a> {
    /// What a user sends.
    pub source: &'a str,
    /// Further files of it.
    pub files: Vec<File>,
    /// The file among all of them that is run, where its language's own name is not it.
    pub entry: Option<&'a str>,
}

/// A program in a cell, with those who judge what it writes.
pub(super) struct Bench {
    pub cell: Box<dyn Cell>,
    pub hearing: Hearing,
    pub built: Built,
    /// The program's language, as it is run.
    pub language: Language,
    /// The user's part of it.
    pub own: Arc<Own>,
    pub rootfs: Rootfs,
}

impl Bench {
    /// Everything that must be put into another cell to judge there as well; `None` when something was
    /// not packed.
    pub fn parts(&self) -> Option<Vec<Ready>> {
        self.hearing.ready.iter().cloned().chain([self.built.ready.clone()]).collect()
    }
}

impl Evaluator {
    /// Evaluates one submission; every step goes to `events` as it happens, the verdict is returned.
    /// Dropping the future stops the evaluation and destroys its cell. An error is never the
    /// program's fault; the submission may be evaluated again.
    pub async fn evaluate(
        &self,
        submission: &Submission,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        let internal =
            |why: String| Ok(Outcome::without_tests(Verdict::InternalError, 0, Some(why)));
        let Some(language) = self.languages.find(&submission.language) else {
            return internal(format!("there is no language `{}` any more", submission.language));
        };
        match &submission.task {
            Task::Run { input, args, files, compare } => {
                let problem = match compare {
                    Some(slug) => match self.problem(slug).await? {
                        None => return internal(format!("there is no problem `{slug}` any more")),
                        found => found,
                    },
                    None => None,
                };
                let wanted = Wanted { input, args, files, compare: problem };
                self.run(&submission.source, language, wanted, events).await
            }
            Task::Judge { problem, .. } => match self.problem(problem).await? {
                Some(stored) => self.judge(submission, language, &stored, events).await,
                None => internal(format!("there is no problem `{problem}` any more")),
            },
        }
    }

    /// The version of a problem that is in force now. It is the one of the whole evaluation, whatever comes into force
    /// meanwhile.
    async fn problem(&self, slug: &Slug) -> Result<Option<Arc<StoredProblem>>, SandboxError> {
        self.problems.current(slug).await.map_err(|error| SandboxError::Problem(error.to_string()))
    }

    async fn judge(
        &self,
        submission: &Submission,
        language: &Language,
        stored: &Arc<StoredProblem>,
        events: &Events,
    ) -> Result<Outcome, SandboxError> {
        let problem = &stored.problem;
        let tests = problem.tests.iter().map(|test| test.name.clone()).collect();
        let version = Some(stored.version.clone());
        send(events, EventBody::Running { tests, version }).await;
        let total = problem.tests.len() as u32;
        let files = match &submission.task {
            Task::Judge { files, .. } => files.iter().map(beside).collect(),
            Task::Run { .. } => Vec::new(),
        };
        let program = Program { source: &submission.source, files, entry: None };
        let word = match self.static_word(stored, language, &program).await? {
            Ok(word) => word,
            Err(fault) => {
                return Ok(Outcome::without_tests(Verdict::InternalError, total, Some(fault)));
            }
        };
        let bench = match self.bench(stored, language, program).await? {
            Ok(bench) => bench,
            Err(fault) => {
                return Ok(Outcome::without_tests(Verdict::InternalError, total, Some(fault)));
            }
        };
        let parts = bench.parts();
        let Bench { cell, hearing, built, language, own, rootfs } = bench;
        if let Some(output) = tell_compiled(&built, events).await {
            cell.release().await;
            return Ok(Outcome::without_tests(Verdict::CompileError, total, Some(output)));
        }
        let mut plan = Plan::new(problem);
        if let Some(checked) = &word {
            let word = checked.static_word();
            if let Some(why) = plan.static_fault(word) {
                cell.release().await;
                let fault = format!("the problem's static validator: {why}");
                return Ok(Outcome::without_tests(Verdict::InternalError, total, Some(fault)));
            }
            if plan.ends_with(word) {
                cell.release().await;
                return Ok(rejected(problem, checked));
            }
            plan.record_static(word);
        }
        let runner = runner(&language, &problem.limits, own);
        let trial = |cell| Trial::new(cell, stored.clone(), runner.clone(), hearing.court.clone());
        let mut trials = vec![trial(cell)];
        while let Some(parts) = &parts
            && let Some(mut cell) = self.another_cell(&rootfs, trials.len(), problem)
        {
            for part in parts {
                part.put(cell.as_mut()).await?;
            }
            trials.push(trial(cell));
        }
        let mut outcome = try_all(&mut trials, problem, plan, events).await?;
        if let Some(word) = word.filter(|word| !word.verdict.is_accepted()) {
            outcome.message = word.message.or(outcome.message);
        }
        for trial in trials {
            trial.cell.release().await;
        }
        Ok(outcome)
    }

    /// Builds a program and those who judge what it writes, in a cell of their own. The inner error is the
    /// fault of the problem's own programs.
    pub(super) async fn bench(
        &self,
        stored: &Arc<StoredProblem>,
        language: &Language,
        program: Program<'_>,
    ) -> Result<Result<Bench, String>, SandboxError> {
        let rootfs = self.rootfs(language)?;
        let mut cell = self.sandbox.lease(&rootfs).await?;
        // The problem's own programs first: nobody has been in the cell yet.
        let hearing = match self.hearing(cell.as_mut(), stored, &rootfs).await? {
            Ok(hearing) => hearing,
            Err(fault) => {
                cell.release().await;
                return Ok(Err(fault));
            }
        };
        let (language, built, own) =
            self.build_program(cell.as_mut(), stored, language, program).await?;
        Ok(Ok(Bench { cell, hearing, built, language, own: Arc::new(own), rootfs }))
    }

    /// Builds a user's program with the problem's own code around and beside it; its language, as it is
    /// run, and what of it is the user's.
    pub(super) async fn build_program(
        &self,
        cell: &mut dyn Cell,
        stored: &StoredProblem,
        language: &Language,
        program: Program<'_>,
    ) -> Result<(Language, Built, Own), SandboxError> {
        let (problem, code) = (&stored.problem, program.source);
        let driver = problem.include_for(&language.id).and_then(|own| own.entry.as_ref());
        let stub = problem.stubs.get(&language.id).filter(|_| driver.is_none());
        let Whole { language, text, files, user } = whole(stored, language, program)?;
        let source = Source::new(&language, Side::Program, &text, files);
        let mut built = self.build(cell, source).await?;
        let own = Own { file: user, stub: stub.cloned(), code: code.to_owned() };
        built.translate(&own);
        Ok((language, built, own))
    }

    /// A further cell for the tests of one submission, when that is wanted and one lies idle.
    fn another_cell(
        &self,
        rootfs: &Rootfs,
        cells: usize,
        problem: &Problem,
    ) -> Option<Box<dyn Cell>> {
        let wanted = self.parallel_tests && cells < problem.tests.len();
        wanted.then(|| self.sandbox.lease_idle(rootfs)).flatten()
    }

    /// Builds the problem's own programs, each in a box of its own. The inner error is their fault.
    pub(super) async fn hearing(
        &self,
        cell: &mut dyn Cell,
        stored: &StoredProblem,
        rootfs: &Rootfs,
    ) -> Result<Result<Hearing, String>, SandboxError> {
        let problem = &stored.problem;
        let mut ready = Vec::new();
        let mut judges = [None, None];
        let programs = [
            (&problem.interactor, Side::Interactor, "interactor"),
            (&problem.checker, Side::Checker, "checker"),
        ];
        for (judge, (program, side, who)) in judges.iter_mut().zip(programs) {
            let Some(program) = program else { continue };
            let files = match side {
                Side::Interactor => stored.interactor_files(),
                _ => stored.checker_files(),
            };
            let files = files.map_err(SandboxError::host)?;
            match self.build_judge(cell, program, side, files, rootfs).await? {
                Ok((own, built)) => {
                    *judge = Some(own);
                    ready.push(built.ready);
                }
                Err(why) => return Ok(Err(format!("the problem's {who} {why}"))),
            }
        }
        let court = match judges {
            [None, None] => Court::Compare,
            [None, Some(checker)] => Court::Checker(checker),
            [Some(interactor), checker] => Court::Interactor(interactor, checker),
        };
        Ok(Ok(Hearing { court, ready }))
    }

    pub(super) async fn build_judge(
        &self,
        cell: &mut dyn Cell,
        program: &JudgeProgram,
        side: Side,
        files: Vec<(String, Vec<u8>)>,
        rootfs: &Rootfs,
    ) -> Result<Result<(Judge, Built), String>, SandboxError> {
        let file = |(path, bytes): (String, Vec<u8>)| File::plain(path, bytes);
        if program.is_script() {
            let script = Language::script(files.iter().any(|(name, _)| name == "build"));
            let files = files.into_iter().map(file).collect();
            let source = Source::script(&script, side, files);
            return self.build_own(cell, program, source).await;
        }
        let extension = Path::new(&program.file).extension().unwrap_or_default().to_string_lossy();
        let Some(language) = self.languages.by_extension(&extension) else {
            return Ok(Err(format!("`{}` is in no language that is here", program.file)));
        };
        if self.rootfs(language)? != *rootfs {
            return Ok(Err(format!(
                "is in {}, whose toolchain is not in the same image as the submission's; \
                 use the host's toolchains, or an image that has both",
                language.name
            )));
        }
        let (main, beside): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(name, _)| *name == program.file);
        let Some(text) = main.into_iter().find_map(|(_, bytes)| String::from_utf8(bytes).ok())
        else {
            return Ok(Err(format!("`{}` is no text", program.file)));
        };
        let files = beside.into_iter().map(file).collect();
        let language = language.for_program(&text, Some(&program.file));
        let source = Source::new(&language, side, &text, files);
        self.build_own(cell, program, source).await
    }

    async fn build_own(
        &self,
        cell: &mut dyn Cell,
        program: &JudgeProgram,
        source: Source<'_>,
    ) -> Result<Result<(Judge, Built), String>, SandboxError> {
        let argv = source.language.run_command(JUDGE_LIMITS.memory_bytes >> 20);
        let built = self.build(cell, source).await?;
        if let Some(output) = built.error() {
            return Ok(Err(format!("does not compile:\n{output}")));
        }
        let judge = Judge { argv, args: program.args.clone(), convention: program.convention };
        Ok(Ok((judge, built)))
    }
}

/// A program with everything of the problem around and beside it.
pub(super) struct Whole {
    /// Its language, as it is run.
    pub language: Language,
    /// Its main file.
    pub text: String,
    /// Its other files.
    pub files: Vec<File>,
    /// The name of the file that the user wrote.
    pub user: String,
}

/// Puts the problem's own code around and beside a user's program.
pub(super) fn whole(
    stored: &StoredProblem,
    language: &Language,
    program: Program<'_>,
) -> Result<Whole, SandboxError> {
    let problem = &stored.problem;
    let mut text = problem.program(&language.id, program.source);
    let mut files = program.files;
    let mut entry = program.entry;
    let mut user = None;
    if let Some(include) = problem.include_for(&language.id) {
        let own = stored.include_files(&language.id).map_err(SandboxError::host)?;
        // The problem's files have the last word on their names.
        files.retain(|file| own.iter().all(|(path, _)| *path != file.path));
        files.extend(own.into_iter().map(|(path, bytes)| File::plain(path, bytes)));
        if let Some(driver) = &include.entry {
            let own = |file: &File| file.path == *driver;
            let bytes = files.iter().find(|file| own(file)).map(|file| file.bytes.clone());
            let bytes = bytes.unwrap_or_default();
            let name = include.user.clone();
            let name = name.unwrap_or_else(|| language.for_program(&text, entry).source);
            files.retain(|file| !own(file) && file.path != name);
            files.push(File::plain(name.clone(), text));
            user = Some(name);
            text = String::from_utf8_lossy(&bytes).into_owned();
            entry = Some(driver);
        }
    }
    let language = language.for_program(&text, entry);
    let user = user.unwrap_or_else(|| language.source.clone());
    Ok(Whole { language, text, files, user })
}

/// The outcome of a submission that the static validator rejects.
fn rejected(problem: &Problem, word: &Checked) -> Outcome {
    let mut outcome = Outcome::without_tests(word.verdict, 0, None);
    Plan::new(problem).settle(&mut outcome);
    Outcome { verdict: word.verdict, message: word.message.clone(), ..outcome }
}

/// A file that a user sent.
pub(super) fn beside(file: &SourceFile) -> File {
    File::plain(&file.name, file.content.clone())
}

/// How a program in this language is run under a problem's limits: its runtime has what it needs itself
/// on top.
pub(super) fn runner(language: &Language, limits: &Limits, own: Arc<Own>) -> Runner {
    let limits = language.limits(limits);
    let argv = language.run_command(limits.memory_mib);
    let mut limits = limits.for_run();
    limits.memory_bytes += language.memory.extra_mib << 20;
    Runner { argv, limits, own, exhausted: language.memory.exhausted.clone() }
}

/// A runtime with a heap limit of its own crashes when that is reached, and says so: this is the
/// fact that the kernel states for other programs.
pub(super) fn note_exhausted_memory(facts: &mut Facts, stderr: &[u8], words: Option<&str>) {
    let Some(words) = words else { return };
    let says_so = || String::from_utf8_lossy(stderr).contains(words);
    if !facts.exit.success() && facts.stopped.is_none() && says_so() {
        facts.out_of_memory = true;
    }
}

/// Records what the compiler did; its words when there is no program to run.
pub(super) async fn tell_compiled(built: &Built, events: &Events) -> Option<String> {
    let compiled = built.compiled.as_ref()?;
    let output = &compiled.note.output;
    let event = EventBody::Compiled {
        ok: compiled.ok,
        usage: compiled.note.usage,
        warnings: output.matches("warning:").count() as u32,
        output: output.clone(),
        cached: compiled.cached,
    };
    send(events, event).await;
    built.error().map(str::to_owned)
}

/// The tests of one submission, shared among the cells that run them.
struct Session {
    plan: Plan,
    /// The next test that nobody has taken.
    next: usize,
    /// Whether no more tests are to be taken.
    over: bool,
}

impl Session {
    /// Takes the next test that is still wanted, if there is room for it.
    fn take(&mut self, has_room: impl Fn(usize) -> bool, total: usize) -> Option<usize> {
        while !self.over && self.next < total {
            let index = self.next;
            if !self.plan.wanted(index) {
                self.next += 1;
            } else if has_room(index) {
                self.next += 1;
                return Some(index);
            } else {
                break;
            }
        }
        None
    }
}

/// Runs every test that is wanted; each is told in its turn, whichever cell was faster.
async fn try_all(
    trials: &mut [Trial],
    problem: &Problem,
    plan: Plan,
    events: &Events,
) -> Result<Outcome, SandboxError> {
    let session = Mutex::new(Session { plan, next: 0, over: false });
    let (sender, mut results) = mpsc::channel(problem.tests.len().max(1));
    let cells = trials.iter_mut().map(|trial| work(trial, &session, sender.clone()));
    let work = try_join_all(cells);
    drop(sender);
    let record = async {
        let mut tally = Tally::new(problem);
        let mut waiting = BTreeMap::new();
        while let Some(judged) = results.recv().await {
            let judged: Judged = judged;
            waiting.insert(judged.index, judged);
            for event in tally.settle(&mut waiting, problem, &session) {
                send(events, event).await;
            }
        }
        for event in tally.settle(&mut waiting, problem, &session) {
            send(events, event).await;
        }
        tally
    };
    let (worked, tally) = tokio::join!(work, record);
    worked?;
    Ok(tally.outcome(&lock(&session).plan))
}

/// Keeps one cell busy until no test is left.
async fn work(
    trial: &mut Trial,
    session: &Mutex<Session>,
    results: mpsc::Sender<Judged>,
) -> Result<(), SandboxError> {
    let total = trial.stored.problem.tests.len();
    loop {
        loop {
            let taken = lock(session).take(|index| trial.has_room(index), total);
            let Some(index) = taken else { break };
            trial.send(index).await?;
        }
        let Some(judged) = trial.next().await? else { return Ok(()) };
        // Whoever records is there as long as we are.
        let _ = results.send(judged).await;
    }
}

fn lock(session: &Mutex<Session>) -> std::sync::MutexGuard<'_, Session> {
    // Nothing is left half done while the lock is held.
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The outcome as it grows.
struct Tally {
    outcome: Outcome,
    /// The next test to be told.
    due: usize,
    /// Whether a program of the problem's own failed.
    fault: bool,
}

impl Tally {
    fn new(problem: &Problem) -> Self {
        let total = problem.tests.len() as u32;
        let outcome = Outcome::without_tests(Verdict::Accepted, total, None);
        Self { outcome, due: 0, fault: false }
    }

    /// The events of the tests whose turn it is.
    fn settle(
        &mut self,
        waiting: &mut BTreeMap<usize, Judged>,
        problem: &Problem,
        session: &Mutex<Session>,
    ) -> Vec<EventBody> {
        let mut session = lock(session);
        let mut events = Vec::new();
        while self.due < problem.tests.len() && !self.fault {
            let name = problem.tests[self.due].name.clone();
            let index = self.due as u32 + 1;
            let group = session.plan.group(self.due).map(|group| group.name.clone());
            if let Some(reason) = session.plan.why_not(self.due) {
                waiting.remove(&self.due);
                events.push(EventBody::Skipped { index, name, group, reason });
            } else if let Some(judged) = waiting.remove(&self.due) {
                let Judged { mut verdict, share, usage, mut message, .. } = judged;
                if let Some(fault) = session.plan.fault(self.due, verdict, share) {
                    verdict = Verdict::InternalError;
                    message = Some(fault);
                }
                self.count(
                    TestRef { index, name: name.clone() },
                    verdict,
                    usage,
                    message.as_deref(),
                );
                self.fault = verdict == Verdict::InternalError;
                session.over |= self.fault;
                let points = session.plan.record(self.due, verdict, share);
                events.push(EventBody::Test {
                    index,
                    name,
                    verdict,
                    usage,
                    message,
                    group,
                    points,
                });
            } else {
                break;
            }
            self.due += 1;
        }
        events
    }

    fn count(&mut self, test: TestRef, verdict: Verdict, usage: Usage, message: Option<&str>) {
        let outcome = &mut self.outcome;
        if !verdict.is_accepted() && outcome.failed.is_none() {
            outcome.failed = Some(test.clone());
            outcome.message = message.map(str::to_owned);
        }
        if outcome.slowest.is_none() || usage.cpu_ms > outcome.cpu_ms {
            outcome.slowest = Some(test);
            outcome.cpu_ms = usage.cpu_ms;
        }
        outcome.memory_kib = outcome.memory_kib.max(usage.memory_kib);
    }

    fn outcome(self, plan: &Plan) -> Outcome {
        let mut outcome = self.outcome;
        plan.settle(&mut outcome);
        if outcome.verdict.is_accepted() {
            // What failed does not count, as the problem grades it.
            (outcome.failed, outcome.message) = (None, None);
        }
        if self.fault {
            // Nothing can be said of a submission that could not be judged whole.
            let (total, why) = (outcome.total, outcome.message.take());
            return Outcome {
                failed: outcome.failed,
                ..Outcome::without_tests(Verdict::InternalError, total, why)
            };
        }
        outcome
    }
}

/// Records a step. When nobody listens any more, the caller is about to drop the evaluation.
pub(super) async fn send(events: &Events, event: EventBody) {
    let _ = events.send(event).await;
}
