//! The search itself: make inputs, ask the validators, run both programs, let the problem's own judge
//! compare. `minimize.rs` makes the counterexample smaller.
//!
//! Inputs go through these stages in batches, and each stage has one cell at a time: a search never holds
//! a cell while it waits for another, and submissions come in between.

use super::{
    Candidate, Counterexample, StressOptions, StressStep,
    recipes::{Recipe, recipes},
};
use crate::{
    evaluator::{Attempted, Call, Contender, Evaluator, Sentence, Tool},
    judge::{Convention, JudgeProgram, Limits, Verdict},
    problem::{Solution, StoredProblem},
    sandbox::{Input, SandboxError},
    verify::{asks::Word, guard::Guard, session::blocking},
};
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Inputs that are longer are not tried, in bytes: a counterexample is for people.
const LONGEST: u64 = 4 << 20;
/// An input or an answer is told up to this, in bytes.
const TOLD: usize = 64 << 10;
/// The first batch is small, to find quickly what is found easily; the next ones are larger, up to this.
pub(super) const BATCH: usize = 64;
/// And a batch has no more bytes than this, unless one input alone has.
const BATCH_BYTES: usize = 32 << 20;

/// Why a search cannot go on.
pub(super) enum Trouble {
    /// The package or the request is to blame.
    Package(String),
    /// The judge failed.
    Sandbox(SandboxError),
}

impl From<SandboxError> for Trouble {
    fn from(error: SandboxError) -> Self {
        Self::Sandbox(error)
    }
}

/// Searches for an input on which a solution fails and tells every step; the last is
/// [`StressStep::Done`] or [`StressStep::Failed`]. Dropping the future ends it and destroys its cells.
pub async fn stress(
    evaluator: &Evaluator,
    stored: &Arc<StoredProblem>,
    options: StressOptions,
    steps: mpsc::Sender<StressStep>,
) {
    let step = match run(evaluator, stored, &options, &steps).await {
        Ok(step) => step,
        Err(Trouble::Package(message)) => StressStep::Failed { message },
        Err(Trouble::Sandbox(error)) => StressStep::Failed { message: error.to_string() },
    };
    // When nobody listens any more, there is nobody to tell.
    let _ = steps.send(step).await;
}

async fn run(
    evaluator: &Evaluator,
    stored: &Arc<StoredProblem>,
    options: &StressOptions,
    steps: &mpsc::Sender<StressStep>,
) -> Result<StressStep, Trouble> {
    if options.rounds == 0 && options.seconds == 0 {
        return Err(Trouble::Package("say how long: rounds or seconds".to_owned()));
    }
    let started = Instant::now();
    let search = Search::open(evaluator, stored, options).await?;
    let _ = steps.send(search.begun()).await;
    let (mut rounds, mut refused, mut batch) = (0, 0, 4);
    let deadline = (options.seconds > 0).then(|| started + Duration::from_secs(options.seconds));
    let mut found = None;
    while found.is_none()
        && (options.rounds == 0 || rounds < options.rounds)
        && deadline.is_none_or(|deadline| Instant::now() < deadline)
    {
        let left = if options.rounds == 0 { u64::MAX } else { options.rounds - rounds };
        let calls: Vec<Vec<String>> = (rounds..rounds.saturating_add(left.min(batch as u64)))
            .map(|round| search.call(options.seed, round))
            .collect();
        let inputs = search.inputs(&calls).await?;
        // One batch after the other is as large as it may be.
        let tried = search.differs(&inputs, None).await?;
        refused += tried.refused;
        rounds += inputs.len() as u64;
        batch = (batch * 2).min(BATCH);
        if let Some((at, verdict)) = tried.first {
            found = Some((inputs[at].clone(), verdict, calls[at].clone()));
        }
        let _ = steps.send(StressStep::Tried { rounds, refused }).await;
    }
    let is_found = found.is_some();
    if let Some((input, verdict, generator)) = found {
        let found_bytes = input.len() as u64;
        let small = search.shrink(input, verdict, &generator, steps).await?;
        let example = search.told(&small, generator, found_bytes).await?;
        let _ = steps.send(StressStep::Found(example)).await;
    }
    let elapsed_ms = started.elapsed().as_millis() as u64;
    Ok(StressStep::Done { found: is_found, rounds, refused, elapsed_ms })
}

/// What came of a batch of inputs.
pub(super) struct Tried {
    /// The first on which the program fails, and how.
    pub(super) first: Option<(usize, Verdict)>,
    /// How many a validator refuses, or the right program fails on.
    refused: u64,
}

/// What is searched with.
pub(super) struct Search<'a> {
    evaluator: &'a Evaluator,
    stored: &'a Arc<StoredProblem>,
    recipes: Vec<Recipe>,
    /// The program that may be wrong.
    suspect: Solution,
    /// The one that is right.
    right: Solution,
    /// What the right one may use: it is not what is looked for, and gets time enough.
    generous: Limits,
}

impl<'a> Search<'a> {
    async fn open(
        evaluator: &'a Evaluator,
        stored: &'a Arc<StoredProblem>,
        options: &StressOptions,
    ) -> Result<Self, Trouble> {
        let problem = stored.clone();
        let (solutions, references) =
            blocking(move || Ok((problem.solutions()?, problem.references()?))).await?;
        let suspect = suspect(&solutions, options.solution.as_ref())?;
        let right = match &options.against {
            Some(path) => named(&solutions, path)?,
            None => references.into_iter().next().ok_or_else(|| {
                Trouble::Package("there is no accepted solution to compare with".to_owned())
            })?,
        };
        let problem = stored.clone();
        let (languages, only) = (evaluator.languages().clone(), options.generator.clone());
        let recipes = blocking(move || recipes(&problem, &languages, only.as_deref())).await?;
        if recipes.is_empty() {
            return Err(Trouble::Package(match &options.generator {
                Some(name) => format!("there is no program generators/{name}"),
                None => "the package has no generators; add a program to generators/".to_owned(),
            }));
        }
        let limits = &stored.problem.limits;
        let generous = Limits {
            time_ms: (limits.time_ms * 5).clamp(10_000, 600_000),
            wall_ms: None,
            ..limits.clone()
        };
        Ok(Self { evaluator, stored, recipes, suspect, right, generous })
    }

    /// Generator and arguments of a round.
    fn call(&self, seed: u64, round: u64) -> Vec<String> {
        let many = self.recipes.len() as u64;
        let recipe = &self.recipes[(round % many) as usize];
        let args = recipe.seeded(seed.wrapping_add(round / many));
        [vec![recipe.program.clone()], args].concat()
    }

    fn begun(&self) -> StressStep {
        StressStep::Begun {
            problem: self.stored.problem.slug.clone(),
            solution: self.suspect.path.clone(),
            against: self.right.path.clone(),
            generators: self.recipes.iter().map(Recipe::text).collect(),
        }
    }

    /// Whether nobody can say if an input is valid.
    pub(super) fn has_no_validator(&self) -> bool {
        self.stored.problem.validators.is_empty()
    }

    /// Runs generators, in the order of the calls, until there are bytes enough.
    async fn inputs(&self, calls: &[Vec<String>]) -> Result<Vec<Vec<u8>>, Trouble> {
        let mut inputs: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for recipe in &self.recipes {
            let program = &recipe.program;
            let own = |(at, call): &(usize, &Vec<String>)| {
                call[0] == *program && !inputs.contains_key(at)
            };
            let own: Vec<_> = calls.iter().enumerate().filter(own).collect();
            if own.is_empty() {
                continue;
            }
            let mut tool = self.generator(program).await?;
            let mut bytes = 0;
            for (at, call) in own {
                if bytes > BATCH_BYTES / self.recipes.len() {
                    break;
                }
                let input = generated(&mut tool, call).await?;
                bytes += input.len();
                inputs.insert(at, input);
            }
            tool.release().await;
        }
        // Up to the first that was too much.
        Ok(inputs
            .into_iter()
            .zip(0..)
            .take_while(|((at, _), n)| at == n)
            .map(|((_, i), _)| i)
            .collect())
    }

    pub(super) async fn generator(&self, program: &str) -> Result<Tool, Trouble> {
        let (stored, name) = (self.stored.clone(), program.to_owned());
        let languages = self.evaluator.languages().clone();
        let own = blocking(move || stored.generator_files(&name, &languages)).await?;
        let convention = Convention::Testlib;
        let made = JudgeProgram { file: own.entry, convention, args: Vec::new() };
        let tool = self.evaluator.tool(&made, own.files).await?;
        tool.map_err(|why| Trouble::Package(format!("generators/{program} {why}")))
    }

    /// Looks for the first of these inputs on which the suspect fails, as `wanted` if that is said. After
    /// it, nothing is tried.
    pub(super) async fn differs(
        &self,
        inputs: &[Vec<u8>],
        wanted: Option<Verdict>,
    ) -> Result<Tried, Trouble> {
        let valid = self.valid(inputs).await?;
        let answers = self.answers(inputs, &valid).await?;
        let refused = answers.iter().filter(|answer| answer.is_none()).count() as u64;
        let mut tried = Tried { first: None, refused };
        if answers.iter().all(Option::is_none) {
            return Ok(tried);
        }
        let limits = &self.stored.problem.limits;
        let mut suspect = contender(self.evaluator, self.stored, &self.suspect, limits).await?;
        for (at, (input, answer)) in inputs.iter().zip(&answers).enumerate() {
            let Some(answer) = answer else { continue };
            let Sentence { verdict, message, .. } = suspect.judged(input, answer).await?;
            if verdict == Verdict::InternalError {
                let why = message.unwrap_or_else(|| "the problem's judge failed".to_owned());
                return Err(Trouble::Package(why));
            }
            if !verdict.is_accepted() && wanted.is_none_or(|wanted| verdict == wanted) {
                tried.first = Some((at, verdict));
                break;
            }
        }
        suspect.release().await;
        Ok(tried)
    }

    /// Which inputs every validator takes.
    async fn valid(&self, inputs: &[Vec<u8>]) -> Result<Vec<bool>, Trouble> {
        let mut taken = vec![true; inputs.len()];
        for validator in &self.stored.problem.validators {
            let (problem, name) = (self.stored.clone(), validator.name.clone());
            let files = blocking(move || problem.validator_files(&name)).await?;
            let built = Guard::build(self.evaluator, &validator.program, files).await?;
            let mut guard = built
                .map_err(|why| Trouble::Package(format!("validators/{} {why}", validator.name)))?;
            for (input, taken) in inputs.iter().zip(&mut taken).filter(|(_, taken)| **taken) {
                let input = Input::Bytes(Bytes::copy_from_slice(input));
                let args = validator.program.args.clone();
                *taken = guard.ask(input, args).await? == Word::Yes;
            }
            guard.release().await;
        }
        Ok(taken)
    }

    /// What the right program says to the valid inputs; `None` to others and where it fails, as it may on
    /// one that is not valid.
    async fn answers(
        &self,
        inputs: &[Vec<u8>],
        valid: &[bool],
    ) -> Result<Vec<Option<Vec<u8>>>, Trouble> {
        let mut answers = vec![None; inputs.len()];
        if !valid.contains(&true) {
            return Ok(answers);
        }
        let mut right = contender(self.evaluator, self.stored, &self.right, &self.generous).await?;
        let talks = self.stored.problem.interactor.is_some();
        for ((input, answer), _) in inputs.iter().zip(&mut answers).zip(valid).filter(|it| *it.1) {
            let printed = if talks {
                // There is no answer to a conversation, but the right program must get through it.
                let verdict = right.judged(input, b"").await?.verdict;
                verdict.is_accepted().then(Vec::new)
            } else {
                let printed = right.printed(input, LONGEST).await?;
                printed.verdict.is_accepted().then_some(printed.stdout)
            };
            *answer = printed;
        }
        right.release().await;
        Ok(answers)
    }

    /// A counterexample with what both programs say to it.
    async fn told(
        &self,
        input: &[u8],
        generator: Vec<String>,
        found_bytes: u64,
    ) -> Result<Counterexample, Trouble> {
        let answers = self.answers(&[input.to_vec()], &[true]).await?;
        let answer = answers.into_iter().flatten().next().unwrap_or_default();
        let limits = &self.stored.problem.limits;
        let mut suspect = contender(self.evaluator, self.stored, &self.suspect, limits).await?;
        let Sentence { verdict, message, talk } = suspect.judged(input, &answer).await?;
        let output = match talk {
            Some(talk) => format!("{}\n{}", talk.ends(), talk.transcript()).into_bytes(),
            None => suspect.printed(input, TOLD as u64).await?.stdout,
        };
        suspect.release().await;
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(TOLD)]).into_owned();
        let exact = |bytes: &[u8]| bytes.len() <= TOLD && std::str::from_utf8(bytes).is_ok();
        Ok(Counterexample {
            input: text(input),
            answer: text(&answer),
            output: text(&output),
            verdict,
            message,
            generator,
            found_bytes,
            whole: exact(input) && exact(&answer),
        })
    }
}

/// Runs a generator: its name, then its arguments.
pub(super) async fn generated(tool: &mut Tool, call: &[String]) -> Result<Vec<u8>, Trouble> {
    let stdin = Input::Bytes(Bytes::new());
    let words = call.join(" ");
    let wrong = |why: String| Err(Trouble::Package(format!("generators/{words}: {why}")));
    let args = call[1..].to_vec();
    let mut called = tool.call(Call { args, stdin, keep_stdout: LONGEST }).await?;
    if let Some(crash) = called.crash() {
        return wrong(crash);
    }
    if !called.facts.exit.success() {
        let said = String::from_utf8_lossy(&called.stderr);
        return wrong(format!("{}: {}", called.facts.exit.describe(), said.trim()));
    }
    if called.facts.stdout_bytes > LONGEST {
        let most = LONGEST >> 20;
        return wrong(format!("more than {most} MiB, which is no counterexample for people"));
    }
    called.stdout.bytes().map_err(|error| SandboxError::host(error).into())
}

fn named(solutions: &[Solution], path: &str) -> Result<Solution, Trouble> {
    let found = solutions.iter().find(|solution| solution.path == path);
    found.cloned().ok_or_else(|| {
        let paths: Vec<&str> = solutions.iter().map(|solution| solution.path.as_str()).collect();
        Trouble::Package(format!("there is no solution `{path}`; there are {}", paths.join(", ")))
    })
}

/// The program that may be wrong.
fn suspect(solutions: &[Solution], candidate: Option<&Candidate>) -> Result<Solution, Trouble> {
    match candidate {
        Some(Candidate::Path(path)) => named(solutions, path),
        Some(Candidate::Source { language, source }) => Ok(Solution {
            path: format!("a program in {language}"),
            expectation: crate::judge::Expectation::default(),
            language: Some(language.clone()),
            source: source.clone(),
            files: Vec::new(),
            entry: None,
            time_limit: crate::judge::TimeUse::Ignored,
        }),
        None => {
            let wrong = solutions.iter().find(|solution| !solution.expectation.is_accepted());
            wrong.cloned().ok_or_else(|| {
                Trouble::Package("no solution of the package is to fail; name one".to_owned())
            })
        }
    }
}

async fn contender(
    evaluator: &Evaluator,
    stored: &Arc<StoredProblem>,
    solution: &Solution,
    limits: &Limits,
) -> Result<Contender, Trouble> {
    let Some(language) = solution.language(evaluator.languages()) else {
        return Err(Trouble::Package(format!("{} is in no language that is here", solution.path)));
    };
    let built = evaluator.contender(stored, &language.id, solution, limits).await?;
    built.map_err(|attempted| {
        let path = &solution.path;
        Trouble::Package(match attempted {
            Attempted::Unbuilt(output) => format!("{path} does not compile:\n{output}"),
            Attempted::Fault(why) => why,
            Attempted::NoToolchain(why) => format!("{path}: {why}"),
            Attempted::Judged(_) => format!("{path} was not built"),
        })
    })
}
