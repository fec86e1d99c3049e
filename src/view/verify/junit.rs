//! Verifications as a `JUnit` report, which CI systems show.

use super::{Matrix, findings, matrix::must};
use crate::verify::report::{Finding, Severity, Summary};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::{io, time::Duration};

/// A report, with a suite for each problem: a case for each solution and for each finding that is about
/// something else.
#[derive(Debug)]
pub struct Report {
    report: quick_junit::Report,
    strict: bool,
}

impl Report {
    /// A report without problems. With `strict`, warnings fail too.
    pub fn new(strict: bool) -> Self {
        Self { report: quick_junit::Report::new("sonocode problem verify"), strict }
    }

    /// A verification that came to its end.
    pub fn add(&mut self, matrix: &Matrix, findings: &[Finding], summary: &Summary) {
        let mut suite = TestSuite::new(summary.problem.as_str());
        suite.set_time(Duration::from_millis(summary.elapsed_ms));
        let file = |path: &str| format!("solutions/{path}");
        for state in matrix.rows() {
            let path = file(&state.row.path);
            let own: Vec<_> = findings.iter().filter(|f| f.file == path && self.fails(f)).collect();
            let holds = state.settled.is_none_or(|(_, ok)| ok) && own.is_empty();
            let status = if holds {
                TestCaseStatus::success()
            } else {
                let said: Vec<_> = own.iter().map(|f| findings::text(f, false)).collect();
                let verdict = state.settled.map_or("nothing", |(verdict, _)| verdict.code());
                let wanted = must(&state.row.expectation);
                failure("solution", &format!("must be {wanted}, is {verdict}"), &said.join("\n"))
            };
            let mut case = TestCase::new(path, status);
            case.set_classname(summary.problem.as_str());
            case.set_time(Duration::from_millis(state.slowest()));
            suite.add_test_case(case);
        }
        let is_solution =
            |f: &Finding| matrix.rows().iter().any(|state| file(&state.row.path) == f.file);
        for finding in findings.iter().filter(|f| self.fails(f) && !is_solution(f)) {
            let status = failure(&finding.code, &finding.message, &findings::text(finding, false));
            let mut case = TestCase::new(format!("{} {}", finding.code, finding.file), status);
            case.set_classname(summary.problem.as_str());
            suite.add_test_case(case);
        }
        // Of a problem without solutions too, something must tell whether it passed.
        if suite.test_cases.is_empty() {
            suite.add_test_case(TestCase::new("package", TestCaseStatus::success()));
        }
        self.report.add_test_suite(suite);
    }

    /// A verification that could not be made, or a package that could not be read.
    pub fn add_failure(&mut self, problem: &str, why: &str) {
        let mut suite = TestSuite::new(problem);
        suite.add_test_case(TestCase::new("package", failure("package", why, why)));
        self.report.add_test_suite(suite);
    }

    /// Writes it as XML.
    pub fn write(&self, out: impl io::Write) -> io::Result<()> {
        self.report.serialize(out).map_err(io::Error::other)
    }

    fn fails(&self, finding: &Finding) -> bool {
        finding.severity == Severity::Error || self.strict && finding.severity == Severity::Warning
    }
}

fn failure(kind: &str, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message).set_description(text);
    status
}
