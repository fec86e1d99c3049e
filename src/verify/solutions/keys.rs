//! What decides the outcome of a run, as digests: of a test, and of a solution with all that judges it.

use super::Subject;
use crate::{
    problem::StoredProblem,
    sandbox::{Input, SandboxError},
    verify::{
        cache::Key,
        session::{Session, blocking},
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// The digests of tests, by place.
pub(in crate::verify) struct TestKeys(BTreeMap<usize, Key>);

impl TestKeys {
    /// Reads the wanted tests' files, a piece at a time.
    pub(in crate::verify) async fn read(
        session: &Session<'_>,
        tests: &[usize],
    ) -> Result<Self, SandboxError> {
        let mut keys = BTreeMap::new();
        for &at in tests {
            keys.insert(at, of_test(session, at).await?);
        }
        Ok(Self(keys))
    }

    /// The digest of a test.
    pub(in crate::verify) fn of(&self, test: usize) -> &Key {
        &self.0[&test]
    }
}

async fn of_test(session: &Session<'_>, at: usize) -> Result<Key, SandboxError> {
    let (stored, name) = (session.stored.clone(), session.test(at).to_owned());
    let input = session.digest(&Input::File(stored.input(&name))).await?;
    let answer = session.digest(&Input::File(stored.answer(&name))).await?;
    let test = &session.stored.problem.tests[at];
    let said = serde_json::to_string(&(&test.args, &test.judge_args, &test.compare));
    let files = blocking(move || Ok(of_files(&stored.test_files(&name)?))).await?;
    Ok(Key::of_texts([&input, &answer, &said.unwrap_or_default(), files.as_str()]))
}

/// The digest of files with their names.
pub(in crate::verify) fn of_files(files: &[(String, Vec<u8>)]) -> Key {
    Key::of(files.iter().flat_map(|(name, bytes)| [name.as_bytes(), &bytes[..]]))
}

/// The digest of those who judge a problem's outputs and of the limits apart from time.
pub(in crate::verify) async fn of_judges(stored: &Arc<StoredProblem>) -> Result<Key, SandboxError> {
    let stored = stored.clone();
    blocking(move || {
        let problem = &stored.problem;
        let limits = (
            problem.limits.memory_mib,
            problem.limits.output_mib,
            problem.limits.processes,
            problem.limits.wall_ms.map(|wall| (wall, problem.limits.time_ms)),
        );
        let judges = (
            &problem.compare,
            &problem.checker,
            &problem.interactor,
            &problem.static_validator,
            problem.passes,
            limits,
        );
        let said = serde_json::to_vec(&judges)?;
        let checker = of_files(&stored.checker_files()?);
        let interactor = of_files(&stored.interactor_files()?);
        let static_validator = of_files(&stored.static_validator_files()?);
        let folders = [&checker, &interactor, &static_validator].map(|key| key.as_str().as_bytes());
        Ok(Key::of([&said[..]].into_iter().chain(folders)))
    })
    .await
}

/// The digest of a solution with all that decides what becomes of it beside the test; `None` when it
/// cannot be run here.
pub(super) async fn of_subject(
    session: &Session<'_>,
    subject: &Subject,
    judges: &Key,
) -> Result<Option<Key>, SandboxError> {
    let Some(language) = &subject.language else { return Ok(None) };
    let Some(ground) = session.evaluator.ground(language) else { return Ok(None) };
    let (stored, id) = (session.stored.clone(), language.clone());
    let include = blocking(move || Ok(of_files(&stored.include_files(&id)?))).await?;
    let solution = &subject.solution;
    let program = session.stored.problem.program(language, &solution.source);
    let entry = serde_json::to_string(&(&solution.entry, &session.stored.problem.include))
        .unwrap_or_default();
    Ok(Some(Key::of_texts([
        "solution",
        &ground,
        &program,
        of_files(&solution.files).as_str(),
        &entry,
        include.as_str(),
        judges.as_str(),
    ])))
}
