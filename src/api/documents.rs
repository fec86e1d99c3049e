//! What is told of a problem: the store's values as the wire's documents.

use crate::{
    judge::TestCase,
    problem::{Listed, StoredProblem},
    wire::{CodeStub, ProblemDocument, ProblemSummary, SampleTest},
};
use std::io;

/// A sample test is shown when its input and its answer are no longer than this, in bytes.
const SAMPLE_MAX: u64 = 64 << 10;

impl From<&StoredProblem> for ProblemSummary {
    fn from(stored: &StoredProblem) -> Self {
        Listed::of(&stored.problem, &stored.version).into()
    }
}

impl From<Listed> for ProblemSummary {
    fn from(listed: Listed) -> Self {
        let Listed { slug, title, difficulty, tags, tests, version } = listed;
        Self { slug, title, difficulty, tags, tests, version }
    }
}

/// Builds the document that users see; reads the samples from the disk.
pub fn document(stored: &StoredProblem) -> io::Result<ProblemDocument> {
    let StoredProblem { problem, version, .. } = stored;
    let shown =
        |test: &&TestCase| test.sample && test.input_bytes.max(test.answer_bytes) <= SAMPLE_MAX;
    let read = |path| -> io::Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
    };
    let sample = |test: &TestCase| -> io::Result<SampleTest> {
        let (input, output) = (stored.input(&test.name), stored.answer(&test.name));
        Ok(SampleTest { input: read(input)?, output: read(output)? })
    };
    let stubs = problem.stubs.iter().map(|(language, stub)| CodeStub {
        language: language.clone(),
        start_snippet: stub.start.clone(),
        user_snippet: stub.user.clone(),
        end_snippet: stub.end.clone(),
    });
    Ok(ProblemDocument {
        id: problem.slug.clone(),
        slug: problem.slug.clone(),
        version: version.clone(),
        title: problem.title.clone(),
        description: problem.statement.clone(),
        difficulty: problem.difficulty,
        tags: problem.tags.clone(),
        languages: problem.languages.clone(),
        limits: problem.limits.clone(),
        compare: problem.compare,
        checker: problem.checker.clone(),
        interactor: problem.interactor.clone(),
        passes: problem.passes,
        stop: problem.stop,
        groups: problem.groups.clone(),
        include: problem.include.clone(),
        validators: problem.validators.clone(),
        static_validator: problem.static_validator.clone(),
        timing: problem.timing,
        statements: problem.statements.clone(),
        about: problem.about.clone(),
        tests: problem.tests.clone(),
        test_cases: problem.tests.iter().filter(shown).map(sample).collect::<io::Result<_>>()?,
        code_stubs: stubs.collect(),
    })
}
