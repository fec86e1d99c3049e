//! Every answer must pass the problem's own judge; examples of good and bad outputs must be told apart;
//! and junk must neither crash a checker nor be accepted.

use super::{
    asks::{Ask, Asked, Word},
    fuzz::{Junk, junk},
    only::{self, shown},
    report::{Finding, Severity},
    session::{Session, blocking, finding, quoted},
};
use crate::{
    problem::OutputUnit,
    sandbox::{Input, SandboxError},
};
use std::collections::BTreeMap;

const BUILD: (&str, Severity) = ("judge-build", Severity::Error);
const ANSWER: (&str, Severity) = ("answer-rejected", Severity::Error);
const FAILS: (&str, Severity) = ("checker-fails", Severity::Error);
const REFUSED: (&str, Severity) = ("valid-output-refused", Severity::Error);
const ACCEPTED: (&str, Severity) = ("invalid-output-accepted", Severity::Error);
const CRASHES: (&str, Severity) = ("checker-crashes-on-junk", Severity::Error);
const JUNK: (&str, Severity) = ("checker-accepts-junk", Severity::Warning);

/// Junk is made beside so many answers, the shortest ones.
const FUZZED: usize = 4;
/// And only beside those that are no longer, in bytes.
const FUZZED_BYTES: u64 = 64 << 10;

/// Asks the problem's judge about answers, examples and junk.
pub(super) async fn judge(session: &Session<'_>) -> Result<(), SandboxError> {
    let Some(judge) = Judge::open(session).await? else { return Ok(()) };
    let stored = session.stored.clone();
    let units = blocking(move || stored.unit_tests()).await?.outputs;
    let tests = if judge.is_program { session.tests() } else { &[] };
    if tests.is_empty() && units.is_empty() {
        return Ok(());
    }
    session.phase("answers", (tests.len() + units.len()) as u64).await;
    if !judge.answers(session, tests, &units).await? || !judge.is_program {
        return Ok(());
    }
    judge.fuzz(session).await
}

/// Shows the checker one kind of junk again.
pub(super) async fn one(session: &Session<'_>) -> Result<(), SandboxError> {
    match Judge::open(session).await?.filter(|judge| judge.is_program) {
        Some(judge) => judge.fuzz(session).await,
        None => Ok(()),
    }
}

/// Who judges outputs, and where that is said.
struct Judge {
    file: String,
    /// Whether it is a program of the package, and not our comparison.
    is_program: bool,
    asked: Asked,
}

impl Judge {
    /// Who judges outputs of this problem; `None` where nobody does, because programs talk with them or are run
    /// several times: who judges that cannot be asked about a file.
    async fn open(session: &Session<'_>) -> Result<Option<Self>, SandboxError> {
        let problem = &session.stored.problem;
        if problem.interactor.is_some() || problem.passes > 1 {
            return Ok(None);
        }
        let stored = session.stored.clone();
        let files = blocking(move || stored.checker_files()).await?;
        let checker = problem.checker.clone().map(|program| Asked::Checker { program, files });
        let file = problem.checker.as_ref().map(|program| format!("checker/{}", program.file));
        Ok(Some(Self {
            file: file.unwrap_or_else(|| "problem.toml".to_owned()),
            is_program: checker.is_some(),
            asked: checker.unwrap_or(Asked::Compare(problem.compare)),
        }))
    }

    /// Asks about answers and examples; false when the program cannot be built.
    async fn answers(
        &self,
        session: &Session<'_>,
        tests: &[usize],
        units: &[OutputUnit],
    ) -> Result<bool, SandboxError> {
        let stored = &session.stored;
        let test = |&at: &usize| {
            let test = &stored.problem.tests[at];
            let answer = Input::File(stored.answer(&test.name));
            let files = [Input::File(stored.input(&test.name)), answer.clone(), answer];
            Ask::Accepted(Box::new(files), test.judge_args.clone())
        };
        let unit = |unit: &OutputUnit| {
            let files = [&unit.input, &unit.output, &unit.answer];
            Ask::Accepted(Box::new(files.map(|path| Input::File(path.clone()))), None)
        };
        let asks = tests.iter().map(test).chain(units.iter().map(unit)).collect();
        let words = match self.asked.all(session, asks).await? {
            Ok(words) => words,
            Err(why) => {
                session.find(self.unbuilt(session, &why)).await;
                return Ok(false);
            }
        };
        let (of_tests, of_units) = words.split_at(tests.len());
        for (&at, word) in tests.iter().zip(of_tests) {
            let name = session.test(at);
            let own = format!("{} --tests {}", session.command(), quoted(name));
            match word {
                Word::Yes => {}
                Word::No(why) => {
                    let message = format!("{} does not accept it: {why}", self.file);
                    let mend = "mend the answer or the checker";
                    let file = format!("tests/{name}.out");
                    session.find(finding(ANSWER, file, message, mend, own)).await;
                }
                Word::Fault(why) => {
                    let message = format!("failed on tests/{name}.out: {why}");
                    let mend = "a checker must say accepted or rejected of every output";
                    session.find(finding(FAILS, self.file.clone(), message, mend, own)).await;
                }
            }
        }
        for (unit, word) in units.iter().zip(of_units) {
            if let Some(found) = self.unit(session, unit, word) {
                session.find(found).await;
            }
        }
        Ok(true)
    }

    fn unit(&self, session: &Session<'_>, unit: &OutputUnit, word: &Word) -> Option<Finding> {
        let file = format!("{}.out", unit.name);
        let own = session.command();
        match (unit.valid, word) {
            (true, Word::Yes) | (false, Word::No(_)) => None,
            (_, Word::Fault(why)) => {
                let message = format!("failed on {file}: {why}");
                let mend = "a checker must say accepted or rejected of every output";
                Some(finding(FAILS, self.file.clone(), message, mend, own))
            }
            (true, Word::No(why)) => {
                let message = format!("{} does not accept it: {why}", self.file);
                let mend = "mend the checker, or move it to invalid_output/";
                Some(finding(REFUSED, file, message, mend, own))
            }
            (false, Word::Yes) => {
                let message = format!("{} accepts it", self.file);
                let mend = "mend the checker, or move it to valid_output/";
                Some(finding(ACCEPTED, file, message, mend, own))
            }
        }
    }

    fn unbuilt(&self, session: &Session<'_>, why: &str) -> Finding {
        let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
        Finding {
            detail: (!rest.is_empty()).then(|| rest.to_owned()),
            ..finding(
                BUILD,
                self.file.clone(),
                first,
                "mend the program; nothing can be judged without it",
                session.command(),
            )
        }
    }

    /// Asks about junk beside the shortest answers.
    async fn fuzz(&self, session: &Session<'_>) -> Result<(), SandboxError> {
        let mut made = fuzzed(session).await?;
        only::keep(session, session.options.junk.as_ref(), &mut made, |junk| junk.kind);
        session.phase("fuzz", made.len() as u64).await;
        let stored = &session.stored;
        let ask = |(at, junk): &(usize, Junk)| {
            let test = &stored.problem.tests[*at];
            let output = Input::Bytes(junk.bytes.clone().into());
            let [input, answer] =
                [stored.input(&test.name), stored.answer(&test.name)].map(Input::File);
            Ask::Accepted(Box::new([input, output, answer]), test.judge_args.clone())
        };
        let asks = made.iter().map(ask).collect();
        let words = match self.asked.all(session, asks).await? {
            Ok(words) => words,
            Err(why) => {
                session.find(self.unbuilt(session, &why)).await;
                return Ok(());
            }
        };
        let own = |(at, junk): &(usize, Junk)| {
            let this = format!("{}:{}", junk.kind, session.test(*at));
            format!("{} --junk {}", session.command(), quoted(&this))
        };
        let mut crashes: Vec<(&(usize, Junk), &str)> = Vec::new();
        let mut accepted: BTreeMap<&str, &(usize, Junk)> = BTreeMap::new();
        for (asked, word) in made.iter().zip(&words) {
            match word {
                Word::Yes => _ = accepted.entry(asked.1.name).or_insert(asked),
                Word::No(_) => {}
                Word::Fault(why) => crashes.push((asked, why)),
            }
        }
        if let Some((first, why)) = crashes.first() {
            let mut names: Vec<&str> = Vec::new();
            for ((_, junk), _) in &crashes {
                if !names.contains(&junk.name) {
                    names.push(junk.name);
                }
            }
            let message = format!("fails on outputs such as {}", names.join(", "));
            let mend = "reject what cannot be read; a checker must not fail on any output";
            let found = finding(CRASHES, self.file.clone(), message, mend, own(first));
            session.find(Finding { detail: Some((*why).to_owned()), ..found }).await;
        }
        for (name, asked) in accepted {
            let (at, junk) = asked;
            let test = session.test(*at);
            let message = format!("accepts {name} as an output for tests/{test}.in");
            let mend = "read the output strictly and to its end";
            let found = finding(JUNK, self.file.clone(), message, mend, own(asked));
            session.find(Finding { detail: Some(shown(&junk.bytes)), ..found }).await;
        }
        Ok(())
    }
}

/// Junk with the tests whose answers it stands beside.
async fn fuzzed(session: &Session<'_>) -> Result<Vec<(usize, Junk)>, SandboxError> {
    let problem = &session.stored.problem;
    let mut tests: Vec<usize> = session.tests().to_vec();
    tests.retain(|&at| problem.tests[at].answer_bytes <= FUZZED_BYTES);
    tests.sort_by_key(|&at| (problem.tests[at].answer_bytes, at));
    tests.truncate(FUZZED);
    tests.extend(only::further(session, session.options.junk.as_ref(), &tests));
    let stored = session.stored.clone();
    blocking(move || {
        let mut made = Vec::new();
        for at in tests {
            let answer = std::fs::read(stored.answer(&stored.problem.tests[at].name))?;
            made.extend(junk(&answer).into_iter().map(|junk| (at, junk)));
        }
        Ok(made)
    })
    .await
}
