//! What tests are worth: `[[groups]]`.

use super::{Placed, Reader, Value};
use crate::judge::{Aggregate, Grader, GraderVerdict};

const LONGEST_GROUP: usize = 64;
const MOST_GROUPS: usize = 1000;

/// A group as the file says it, before its tests are known.
#[derive(Debug)]
pub(in crate::problem) struct GroupSpec {
    pub(in crate::problem) name: Placed,
    /// Names of tests, or patterns of them with `*` and `?`.
    pub(in crate::problem) tests: Vec<Placed>,
    pub(in crate::problem) points: f64,
    pub(in crate::problem) score: Aggregate,
    pub(in crate::problem) requires: Vec<Placed>,
    pub(in crate::problem) stop: bool,
    pub(in crate::problem) parent: Option<Placed>,
    pub(in crate::problem) unbounded: bool,
    pub(in crate::problem) grader: Option<Grader>,
}

impl Reader<'_> {
    pub(super) fn groups(&mut self, value: &Value<'_>) -> Vec<GroupSpec> {
        let tables = self.tables(value, "groups", MOST_GROUPS);
        tables.into_iter().filter_map(|item| self.group(item)).collect()
    }

    fn group(&mut self, value: &Value<'_>) -> Option<GroupSpec> {
        let (mut name, mut points, mut stop, mut grader) = (None, None, None, None);
        let (mut parent, mut unbounded, mut score) = (None, false, Aggregate::Min);
        let (mut tests, mut requires) = (Vec::new(), Vec::new());
        let table = self.table(value, "groups")?;
        let known = [
            "name",
            "tests",
            "points",
            "score",
            "requires",
            "stop",
            "parent",
            "unbounded",
            "grader",
        ];
        for (key, field, value) in self.known(value, "groups", &known) {
            let line = self.line(&value.span());
            match key {
                "name" => {
                    name = self.label(value, &field, LONGEST_GROUP).map(|name| (name, line));
                }
                "tests" => tests = self.strings(value, &field),
                "requires" => requires = self.strings(value, &field),
                "points" => points = self.at_least(value, &field, 0.0),
                "score" => score = self.aggregate(value, &field),
                "stop" => stop = Some(self.truth(value, &field)),
                "parent" => parent = self.string(value, &field).map(|name| (name, line)),
                "unbounded" => unbounded = self.truth(value, &field),
                _ => grader = self.grader(value),
            }
        }
        for needed in ["name", "tests", "points"] {
            let spared = needed == "points" && unbounded;
            if !spared && !table.contains_key(needed) {
                self.wrong(&value.span(), &format!("groups.{needed}"), "is missing");
            }
        }
        let points = points.or((unbounded && !table.contains_key("points")).then_some(0.0))?;
        let stop = stop.unwrap_or(score == Aggregate::Min && grader.is_none());
        let name = name?;
        Some(GroupSpec { name, tests, points, score, requires, stop, parent, unbounded, grader })
    }

    fn aggregate(&mut self, value: &Value<'_>, field: &str) -> Aggregate {
        match self.string(value, field).as_deref() {
            Some("min") | None => Aggregate::Min,
            Some("sum") => Aggregate::Sum,
            Some("avg") => Aggregate::Avg,
            Some("max") => Aggregate::Max,
            Some(other) => {
                let message = format!("`{other}` is none of min, sum, avg and max");
                self.wrong(&value.span(), field, message);
                Aggregate::Min
            }
        }
    }

    /// `[groups.grader]`.
    fn grader(&mut self, value: &Value<'_>) -> Option<Grader> {
        self.table(value, "groups.grader")?;
        let mut grader = Grader {
            verdict: GraderVerdict::WorstError,
            accept_score: 1.0,
            reject_score: 0.0,
            any_accepted: false,
            ignore_sample: false,
        };
        let known = ["verdict", "accept_score", "reject_score", "any_accepted", "ignore_sample"];
        for (key, field, value) in self.known(value, "groups.grader", &known) {
            match key {
                "verdict" => grader.verdict = self.grader_verdict(value, &field),
                "accept_score" => {
                    grader.accept_score = self.finite(value, &field).unwrap_or_default();
                }
                "reject_score" => {
                    grader.reject_score = self.finite(value, &field).unwrap_or_default();
                }
                "any_accepted" => grader.any_accepted = self.truth(value, &field),
                _ => grader.ignore_sample = self.truth(value, &field),
            }
        }
        Some(grader)
    }

    fn finite(&mut self, value: &Value<'_>, field: &str) -> Option<f64> {
        self.at_least(value, field, f64::MIN)
    }

    fn grader_verdict(&mut self, value: &Value<'_>, field: &str) -> GraderVerdict {
        match self.string(value, field).as_deref() {
            Some("worst-error") | None => GraderVerdict::WorstError,
            Some("first-error") => GraderVerdict::FirstError,
            Some("always-accept") => GraderVerdict::AlwaysAccept,
            Some(other) => {
                let known = "worst-error, first-error and always-accept";
                self.wrong(&value.span(), field, format!("`{other}` is none of {known}"));
                GraderVerdict::WorstError
            }
        }
    }
}
