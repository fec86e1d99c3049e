//! Input validators on every input, on the package's own examples of good and bad ones, and on damaged
//! ones.

use super::{
    asks::{Ask, Asked, Word},
    mutate::{Damage, Mutant, mutants},
    only::{self, shown},
    report::{Finding, Severity},
    session::{Session, blocking, finding, quoted},
};
use crate::{
    problem::InputUnit,
    sandbox::{Input, SandboxError},
};
use std::collections::BTreeMap;

const NONE: (&str, Severity) = ("no-validator", Severity::Note);
const BUILD: (&str, Severity) = ("validator-build", Severity::Error);
const INVALID: (&str, Severity) = ("input-invalid", Severity::Error);
const FAILS: (&str, Severity) = ("validator-fails", Severity::Error);
const REFUSED: (&str, Severity) = ("valid-input-refused", Severity::Error);
const ACCEPTED: (&str, Severity) = ("invalid-input-accepted", Severity::Error);
const GRAVE: (&str, Severity) = ("validator-takes-damage", Severity::Warning);
const SLIGHT: (&str, Severity) = ("validator-takes-change", Severity::Note);

/// From so many inputs, the shortest, damaged ones are made.
const DAMAGED: usize = 8;
/// And only from those that are no longer, in bytes.
const DAMAGED_BYTES: u64 = 64 << 10;

/// A validator and where it is.
struct Watched {
    file: String,
    asked: Asked,
}

/// Asks the validators about everything.
pub(super) async fn validate(session: &Session<'_>) -> Result<(), SandboxError> {
    let stored = session.stored.clone();
    let units = blocking(move || stored.unit_tests()).await?.inputs;
    let guards = guards(session).await?;
    if guards.is_empty() {
        let message = "no program says which inputs are valid";
        let mend = "add validators/NAME/validate.py and [[validators]] to problem.toml";
        session.find(finding(NONE, "problem.toml", message, mend, session.command())).await;
        return Ok(());
    }
    let steps = guards.len() * (session.tests().len() + units.len());
    session.phase("validators", steps as u64).await;
    let mut refused = vec![false; units.len()];
    let mut broken = false;
    for guard in &guards {
        broken |= !examine(session, guard, &units, &mut refused).await?;
    }
    if broken {
        return Ok(());
    }
    for (unit, refused) in units.iter().zip(refused) {
        if !unit.valid && !refused {
            let file = format!("{}.in", unit.name);
            let message = "no validator refuses it";
            let mend = "let a validator refuse it, or move it to valid_input/";
            session.find(finding(ACCEPTED, file, message, mend, session.command())).await;
        }
    }
    damage(session, &guards).await
}

/// Shows the validators one damaged input again, and tells what all of them take.
pub(super) async fn one(session: &Session<'_>) -> Result<(), SandboxError> {
    let guards = guards(session).await?;
    damage(session, &guards).await
}

async fn guards(session: &Session<'_>) -> Result<Vec<Watched>, SandboxError> {
    let stored = session.stored.clone();
    blocking(move || {
        let guard = |validator: &crate::judge::Validator| {
            Ok(Watched {
                file: format!("validators/{}/{}", validator.name, validator.program.file),
                asked: Asked::Validator {
                    program: validator.program.clone(),
                    files: stored.validator_files(&validator.name)?,
                },
            })
        };
        stored.problem.validators.iter().map(guard).collect()
    })
    .await
}

/// Asks one validator about the tests and the examples; false when it cannot be built.
async fn examine(
    session: &Session<'_>,
    guard: &Watched,
    units: &[InputUnit],
    refused: &mut [bool],
) -> Result<bool, SandboxError> {
    let stored = &session.stored;
    let test = |&at: &usize| {
        let test = &stored.problem.tests[at];
        Ask::Valid(Input::File(stored.input(&test.name)), test.validator_args.clone())
    };
    let unit = |unit: &InputUnit| Ask::Valid(Input::File(unit.input.clone()), None);
    let asks = session.tests().iter().map(test).chain(units.iter().map(unit)).collect();
    let words = match guard.asked.all(session, asks).await? {
        Ok(words) => words,
        Err(why) => {
            session.find(unbuilt(session, &guard.file, &why)).await;
            return Ok(false);
        }
    };
    let (tests, others) = words.split_at(session.tests().len());
    for (&at, word) in session.tests().iter().zip(tests) {
        let name = session.test(at);
        let own = format!("{} --tests {}", session.command(), quoted(name));
        match word {
            Word::Yes => {}
            Word::No(why) => {
                let message = format!("{} refuses it: {why}", guard.file);
                let mend = "mend the input or the validator";
                let file = format!("tests/{name}.in");
                session.find(finding(INVALID, file, message, mend, own)).await;
            }
            Word::Fault(why) => {
                let message = format!("failed on tests/{name}.in: {why}");
                let mend = "a validator must say valid or invalid of every input";
                session.find(finding(FAILS, guard.file.clone(), message, mend, own)).await;
            }
        }
    }
    for ((unit, word), refused) in units.iter().zip(others).zip(refused) {
        // A validator that stumbles over a bad input has not taken it.
        *refused |= *word != Word::Yes;
        if let (true, Word::No(why) | Word::Fault(why)) = (unit.valid, word) {
            let message = format!("{} refuses it: {why}", guard.file);
            let mend = "mend the validator, or move it to invalid_input/";
            let file = format!("{}.in", unit.name);
            session.find(finding(REFUSED, file, message, mend, session.command())).await;
        }
    }
    Ok(true)
}

/// The finding that a program cannot be built.
fn unbuilt(session: &Session<'_>, file: &str, why: &str) -> Finding {
    let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
    Finding {
        detail: (!rest.is_empty()).then(|| rest.to_owned()),
        ..finding(
            BUILD,
            file,
            first,
            "mend the program, or install its toolchain",
            session.command(),
        )
    }
}

/// Damages some of the inputs and tells which damages all validators take.
async fn damage(session: &Session<'_>, guards: &[Watched]) -> Result<(), SandboxError> {
    let mut made = damaged(session).await?;
    only::keep(session, session.options.mutant.as_ref(), &mut made, |mutant| mutant.damage.name());
    session.phase("mutations", (guards.len() * made.len()) as u64).await;
    let mut taken = vec![true; made.len()];
    for guard in guards {
        let ask = |(at, mutant): &(usize, Mutant)| {
            let args = session.stored.problem.tests[*at].validator_args.clone();
            Ask::Valid(Input::Bytes(mutant.bytes.clone().into()), args)
        };
        let asks = made.iter().map(ask).collect();
        let words = match guard.asked.all(session, asks).await? {
            Ok(words) => words,
            Err(why) => {
                // A whole verification has told of it when it asked about the tests.
                if session.options.mutant.is_some() {
                    session.find(unbuilt(session, &guard.file, &why)).await;
                }
                return Ok(());
            }
        };
        for (taken, word) in taken.iter_mut().zip(words) {
            *taken &= word == Word::Yes;
        }
    }
    // Of each kind, the first is told.
    let mut kinds: BTreeMap<Damage, (usize, &Mutant)> = BTreeMap::new();
    for ((at, mutant), taken) in made.iter().zip(taken) {
        if taken {
            kinds.entry(mutant.damage).or_insert((*at, mutant));
        }
    }
    for (damage, (at, mutant)) in kinds {
        let code = if damage.is_grave() { GRAVE } else { SLIGHT };
        let example = session.test(at);
        let message =
            format!("takes inputs with {}, such as a changed tests/{example}.in", damage.words());
        let mend = "read the input strictly, character by character, up to its end";
        let this = format!("{}:{example}", damage.name());
        let own = format!("{} --mutant {}", session.command(), quoted(&this));
        let found = finding(code, guards[0].file.clone(), message, mend, own);
        session.find(Finding { detail: Some(shown(&mutant.bytes)), ..found }).await;
    }
    Ok(())
}

/// Damaged inputs with the tests that they are made of. Those that are a test's own input are left out.
async fn damaged(session: &Session<'_>) -> Result<Vec<(usize, Mutant)>, SandboxError> {
    let problem = &session.stored.problem;
    let mut tests: Vec<usize> = session.tests().to_vec();
    tests.retain(|&at| problem.tests[at].input_bytes <= DAMAGED_BYTES);
    tests.sort_by_key(|&at| (problem.tests[at].input_bytes, at));
    tests.truncate(DAMAGED);
    tests.extend(only::further(session, session.options.mutant.as_ref(), &tests));
    let stored = session.stored.clone();
    blocking(move || {
        let mut inputs = Vec::new();
        for at in tests {
            inputs.push((at, std::fs::read(stored.input(&stored.problem.tests[at].name))?));
        }
        let made = inputs.iter().flat_map(|(at, input)| {
            mutants(input).into_iter().map(|mutant| (*at, mutant)).collect::<Vec<_>>()
        });
        let own = |mutant: &Mutant| inputs.iter().any(|(_, input)| *input == mutant.bytes);
        Ok(made.filter(|(_, mutant)| !own(mutant)).collect())
    })
    .await
}
