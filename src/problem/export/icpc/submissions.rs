//! Solutions, and what must become of them.

use super::{Layout, Out, code};
use crate::judge::{
    PartExpectation, TimeUse,
    Verdict::{
        self, Accepted, CompileError, InternalError, MemoryLimitExceeded, OutputLimitExceeded,
        PresentationError, RuntimeError, TimeLimitExceeded, WrongAnswer,
    },
};
use crate::problem::Solution;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, io};

type Words = BTreeSet<&'static str>;

/// The format's word for a verdict; it knows four.
fn word(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Accepted => Some("AC"),
        WrongAnswer | PresentationError => Some("WA"),
        TimeLimitExceeded => Some("TLE"),
        RuntimeError | MemoryLimitExceeded | OutputLimitExceeded => Some("RTE"),
        CompileError | InternalError => None,
    }
}

fn words(verdicts: &BTreeSet<Verdict>) -> Words {
    verdicts.iter().filter_map(|verdict| word(*verdict)).collect()
}

/// What a folder says, permitted and required; `None` for folders that the format does not have.
fn folder(name: &str, latest: bool) -> Option<(Words, Words)> {
    let both = |permitted: &[&'static str], required: &[&'static str]| {
        Some((permitted.iter().copied().collect(), required.iter().copied().collect()))
    };
    match name {
        "accepted" => both(&["AC"], &["AC"]),
        "wrong_answer" => both(&["AC", "WA"], &["WA"]),
        "time_limit_exceeded" if latest => both(&["AC", "TLE"], &["TLE"]),
        "time_limit_exceeded" => both(&["AC", "TLE", "WA"], &["TLE"]),
        "run_time_error" if latest => both(&["AC", "RTE"], &["RTE"]),
        "run_time_error" => both(&[], &["RTE"]),
        "rejected" if latest => both(&[], &["RTE", "TLE", "WA"]),
        "brute_force" if latest => both(&["AC", "RTE", "TLE"], &["RTE", "TLE"]),
        _ => None,
    }
}

/// Whether a solution may get a verdict that its folder does not permit in the format, where folders and
/// further rules hold together.
fn permits_more(solution: &Solution) -> bool {
    let name = solution.path.split('/').next().unwrap_or_default();
    let Some((permitted, _)) = folder(name, true) else { return false };
    let own = &solution.expectation.permitted;
    // Where nothing is said, everything is permitted.
    !permitted.is_empty() && (own.is_empty() || !words(own).is_subset(&permitted))
}

impl Out<'_> {
    /// Puts the solutions into `submissions/`, with what the folders do not say.
    pub(super) fn submissions(&mut self, layout: &Layout<'_>, latest: bool) -> io::Result<()> {
        let mut rules = Map::new();
        let reference = self.stored.references()?.first().map(|one| one.path.clone());
        for solution in std::mem::take(&mut self.solutions) {
            let expectation = &solution.expectation;
            let verdicts = || expectation.permitted.iter().chain(&expectation.required);
            let file = format!("solutions/{}", solution.path);
            if verdicts().any(|verdict| *verdict == CompileError) {
                self.drop(file, "the format has no submissions that must not compile");
                continue;
            }
            self.place(&solution)?;
            let mut rule = self.demands(&solution, latest);
            if !latest {
                if !rule.is_empty() {
                    let reason =
                        "the format has folders, and nothing else, to say what must become of it";
                    self.drop(file, reason);
                }
                continue;
            }
            if permits_more(&solution) {
                let reason = "its folder permits fewer verdicts in the format, and what is said of it beside that \
                              cannot permit more";
                self.drop(&*file, reason);
            }
            if let Some(id) = &solution.language {
                match code(id, self) {
                    Some(code) => _ = rule.insert("language".to_owned(), code.into()),
                    None => self.drop(&*file, format!("the format has no language `{id}`")),
                }
            }
            if let Some(entry) = &solution.entry {
                rule.insert("entrypoint".to_owned(), json!(entry));
            }
            if reference.as_ref() == Some(&solution.path) {
                rule.insert("model_solution".to_owned(), json!(true));
            }
            for part in &expectation.tests {
                if let Some(pattern) = pattern(&part.pattern, layout) {
                    rule.insert(pattern, Value::Object(self.part(part)));
                } else {
                    let reason =
                        format!("`{}` fits no tests by their names in the format", part.pattern);
                    self.drop(&*file, reason);
                }
            }
            if !rule.is_empty() {
                rules.insert(solution.path.clone(), Value::Object(rule));
            }
        }
        self.yaml("submissions/submissions.yaml", rules)
    }

    fn place(&self, solution: &Solution) -> io::Result<()> {
        let (from, to) =
            (format!("solutions/{}", solution.path), format!("submissions/{}", solution.path));
        match (self.program(solution), &solution.entry) {
            (Some(program), None) => self.write(&to, program.as_bytes()),
            (_, None) => self.put(&from, &to),
            (_, Some(_)) => self.folder(&format!("{from}/"), &format!("{to}/")),
        }
    }

    /// What the folder does not say in the format.
    fn demands(&self, solution: &Solution, latest: bool) -> Map<String, Value> {
        let expectation = &solution.expectation;
        let name = solution.path.split('/').next().unwrap_or_default();
        let (permitted, required) = (words(&expectation.permitted), words(&expectation.required));
        let mut rule = Map::new();
        let all = Words::from(["AC", "RTE", "TLE", "WA"]);
        let known = folder(name, latest);
        // Nothing is said of what is permitted where everything is.
        let same =
            |own: &Words, said: &Words| own == said || (own.is_superset(&all) && said.is_empty());
        if known.as_ref().is_none_or(|(p, r)| !same(&permitted, p) || !same(&required, r)) {
            for (key, words) in [("permitted", &permitted), ("required", &required)] {
                if !words.is_empty() {
                    rule.insert(key.to_owned(), json!(words));
                }
            }
            if name == "partially_accepted" && !latest {
                rule.clear();
            }
        }
        if let Some([low, high]) = expectation.score
            && !self.problem.groups.is_empty()
            && low.is_finite()
            && high.is_finite()
            && (latest || name != "partially_accepted")
        {
            rule.insert("score".to_owned(), json!([low.max(0.0), high]));
        }
        if let Some(message) = &expectation.message {
            rule.insert("message".to_owned(), json!(message));
        }
        let time = match solution.time_limit {
            TimeUse::Implied => None,
            TimeUse::Ignored => Some("false"),
            TimeUse::Lower => Some("lower"),
            TimeUse::Upper => Some("upper"),
        };
        if let Some(time) = time {
            rule.insert(
                "use_for_time_limit".to_owned(),
                if time == "false" { json!(false) } else { json!(time) },
            );
        }
        rule
    }

    fn part(&self, part: &PartExpectation) -> Map<String, Value> {
        let mut rule = Map::new();
        for (key, verdicts) in [("permitted", &part.permitted), ("required", &part.required)] {
            if !verdicts.is_empty() {
                rule.insert(key.to_owned(), json!(words(verdicts)));
            }
        }
        if let (Some(score), false) = (part.score, self.problem.groups.is_empty()) {
            rule.insert("score".to_owned(), json!(score));
        }
        if let Some(message) = &part.message {
            rule.insert("message".to_owned(), json!(message));
        }
        rule
    }

    /// Tells of drivers that the format does not tell apart from the other files.
    pub(super) fn drivers(&mut self) {
        let problem = self.problem;
        for (id, include) in &problem.include {
            let source = self.languages.iter().find(|language| language.id == *id);
            let usual = source.map(|language| &language.source);
            if let Some(entry) = &include.entry
                && usual != Some(entry)
                && include.folder == *id
            {
                let reason = format!(
                    "`{entry}` is compiled in place of the user's own only by the name that files of the language have here"
                );
                self.lose(format!("include.{id}.entry"), reason);
            }
        }
    }
}

/// A pattern of ours in the format's names of tests. One without alternatives fits the same tests there if it
/// is about their folders.
fn pattern(ours: &str, layout: &Layout<'_>) -> Option<String> {
    if ours == "*" {
        return Some("{sample,secret}".to_owned());
    }
    let kept = layout.tests.iter().all(|(name, place)| name == place);
    let top = ours.split('/').next().unwrap_or_default();
    (kept && !ours.contains(['|', '?']) && matches!(top, "sample" | "secret"))
        .then(|| ours.strip_suffix("/*").unwrap_or(ours).to_owned())
}
