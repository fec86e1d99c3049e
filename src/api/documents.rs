//! What is told of a problem.

use crate::{
    judge::{Compare, Difficulty, Limits, Slug, TestCase},
    problem::{Solution, StoredProblem},
};
use serde::{Deserialize, Serialize};
use std::io;
use utoipa::ToSchema;

/// A sample test is shown when its input and its answer are no longer than this, in bytes.
const SAMPLE_MAX: u64 = 64 << 10;

/// A problem in a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemSummary {
    /// Its short name.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// Topics.
    pub tags: Vec<String>,
    /// How many tests it has.
    pub tests: usize,
    /// Digest of everything in the package.
    pub version: String,
}

impl From<&StoredProblem> for ProblemSummary {
    fn from(stored: &StoredProblem) -> Self {
        let StoredProblem { problem, version, .. } = stored;
        Self {
            slug: problem.slug.clone(),
            title: problem.title.clone(),
            difficulty: problem.difficulty,
            tags: problem.tags.clone(),
            tests: problem.tests.len(),
            version: version.clone(),
        }
    }
}

/// All problems.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemList {
    /// By slug.
    pub problems: Vec<ProblemSummary>,
}

/// A problem as users see it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDocument {
    /// The slug, under the name that the seed systems give it.
    pub id: Slug,
    /// Its short name.
    pub slug: Slug,
    /// Digest of everything in the package.
    pub version: String,
    /// Its title.
    pub title: String,
    /// The statement in Markdown, as the setter wrote it; to be sanitised before it becomes HTML.
    pub description: String,
    /// How hard it is said to be.
    pub difficulty: Difficulty,
    /// Topics.
    pub tags: Vec<String>,
    /// The limits of each test.
    pub limits: Limits,
    /// How outputs are compared.
    pub compare: Compare,
    /// All tests, without their bytes.
    pub tests: Vec<TestCase>,
    /// The samples; those longer than 64 KiB are left out.
    pub test_cases: Vec<SampleTest>,
    /// Code around the user's own; empty where the user writes a whole program.
    pub code_stubs: Vec<CodeStub>,
}

/// A test that is shown as an example.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SampleTest {
    /// Its input.
    pub input: String,
    /// The answer.
    pub output: String,
}

/// Code around the user's own in one language.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeStub {
    /// The language's id.
    pub language: String,
    /// Put before the user's code.
    pub start_snippet: String,
    /// What the user starts from.
    pub user_snippet: String,
    /// Put after the user's code.
    pub end_snippet: String,
}

/// The solutions that come with a problem.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SolutionList {
    /// By path.
    pub solutions: Vec<Solution>,
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
        limits: problem.limits.clone(),
        compare: problem.compare,
        tests: problem.tests.clone(),
        test_cases: problem.tests.iter().filter(shown).map(sample).collect::<io::Result<_>>()?,
        code_stubs: stubs.collect(),
    })
}
