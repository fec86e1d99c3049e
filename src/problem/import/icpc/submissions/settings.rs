//! `submissions.yaml`: what must become of submissions, by patterns of their paths.

use super::{
    super::{
        Ignored, Importer, codes,
        fields::within,
        glob,
        yaml::{Key, Node, Value},
    },
    expected::short,
};
use crate::{
    judge::{Expectation, PartExpectation, TimeUse, Verdict, fits},
    problem::spec::SolutionSpec,
};
use std::{collections::BTreeSet, io, rc::Rc};

/// Its name below `submissions/`.
pub(super) const NAME: &str = "submissions.yaml";
const FILE: &str = "submissions/submissions.yaml";
const KNOWN: &str = "language, entrypoint, authors, model_solution, permitted, required, score, message, \
                     use_for_time_limit, and names or patterns of tests and groups";

/// What is said for a pattern.
#[derive(Clone, Debug, Default)]
struct Rule {
    line: u32,
    pattern: String,
    /// The patterns without braces that it stands for.
    patterns: Vec<String>,
    language: Option<String>,
    entry: Option<String>,
    model: bool,
    demand: Demand,
    /// What is demanded on some tests, by patterns of their names.
    parts: Vec<(u32, Vec<String>, Demand)>,
}

/// What must become of a submission on tests.
#[derive(Clone, Debug, Default)]
struct Demand {
    permitted: Option<BTreeSet<Verdict>>,
    required: Option<BTreeSet<Verdict>>,
    score: Option<[f64; 2]>,
    message: Option<String>,
    time: Option<TimeUse>,
}

/// All rules of the file.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

impl Rules {
    fn of(&self, path: &str) -> impl Iterator<Item = &Rule> {
        self.0
            .iter()
            .filter(move |rule| rule.patterns.iter().any(|pattern| glob::covers(pattern, path)))
    }

    /// The language's code that is said of a submission.
    pub(super) fn language(&self, path: &str) -> Option<&str> {
        self.of(path).filter_map(|rule| rule.language.as_deref()).last()
    }

    /// The entry point that is said of a submission.
    pub(super) fn entry(&self, path: &str) -> Option<&str> {
        self.of(path).filter_map(|rule| rule.entry.as_deref()).last()
    }

    /// Whether something is said of a folder, or of what is in it.
    pub(super) fn know_folder(&self, folder: &str) -> bool {
        let first = |pattern: &String| {
            pattern.split('/').next().is_some_and(|first| glob::covers(first, folder))
        };
        self.0.iter().any(|rule| rule.patterns.iter().any(first))
    }
}

impl Importer<'_> {
    /// Reads the file, where it is.
    pub(super) fn rules(&mut self) -> io::Result<Rules> {
        let Some(root) = self.yaml(FILE, false)? else { return Ok(Rules::default()) };
        if self.meta.version.is_legacy() {
            let reason = "legacy packages know no such file; the folders say what must become of the submissions";
            self.ignored.push(Ignored::file(FILE, reason));
            return Ok(Rules::default());
        }
        let mut rules = Vec::new();
        for (key, node) in self.fields(FILE).map(&root, "") {
            match glob::expand(&key.text) {
                Ok(patterns) => rules.push(self.rule(key, patterns, node)),
                Err(message) => self.fields(FILE).wrong(key.line, &key.text, message),
            }
        }
        Ok(Rules(rules))
    }

    fn rule(&mut self, key: &Key, patterns: Vec<String>, node: &Node) -> Rule {
        let mut rule =
            Rule { line: key.line, pattern: key.text.clone(), patterns, ..Rule::default() };
        for (inner, node) in self.fields(FILE).map(node, &key.text) {
            let field = within(&key.text, &inner.text);
            match inner.text.as_str() {
                "language" => {
                    if let Some(code) = self.fields(FILE).text(node, &field) {
                        if codes::is_known(&code) {
                            rule.language = Some(code);
                        } else {
                            let message = format!(
                                "`{code}` is no code of a language, such as cpp or python3"
                            );
                            self.fields(FILE).wrong(node.line, &field, message);
                        }
                    }
                }
                "entrypoint" => rule.entry = self.fields(FILE).text(node, &field),
                "authors" => self.authors(node, &field),
                "model_solution" => {
                    rule.model = self.fields(FILE).flag(node, &field).unwrap_or_default();
                }
                _ if self.demand(inner, node, &field, &mut rule.demand) => {}
                name if is_of_tests(name) => {
                    let mut demand = Demand::default();
                    for (last, node) in self.fields(FILE).map(node, &field) {
                        let deep = within(&field, &last.text);
                        if !self.demand(last, node, &deep, &mut demand) {
                            let known =
                                "permitted, required, score, message and use_for_time_limit";
                            self.fields(FILE).unknown(&field, last, known);
                        }
                    }
                    match glob::expand(name) {
                        Ok(patterns) => rule.parts.push((inner.line, patterns, demand)),
                        Err(message) => self.fields(FILE).wrong(inner.line, &field, message),
                    }
                }
                _ => self.fields(FILE).unknown(&key.text, inner, KNOWN),
            }
        }
        rule
    }

    fn authors(&mut self, node: &Node, field: &str) {
        if !node.is_null() {
            self.fields(FILE).one_or_more(node, field);
            self.ignored.push(Ignored::field(
                FILE,
                field,
                "of the people, the problem's authors are kept",
            ));
        }
    }

    /// The keys that rules and their parts have in common; false for another one.
    fn demand(&mut self, key: &Key, node: &Rc<Node>, field: &str, demand: &mut Demand) -> bool {
        match key.text.as_str() {
            "permitted" => demand.permitted = self.verdicts(node, field),
            "required" => demand.required = self.verdicts(node, field),
            "score" => {
                demand.score = self.score(node, field);
                if !self.meta.scoring {
                    self.fields(FILE).wrong(
                        key.line,
                        field,
                        "only a problem of type scoring has scores",
                    );
                }
            }
            "message" => {
                let text = self.fields(FILE).text(node, field);
                demand.message = text.filter(|text| !text.is_empty());
            }
            "use_for_time_limit" => {
                let text = self.fields(FILE).text(node, field).unwrap_or_default();
                demand.time = match text.as_str() {
                    "lower" => Some(TimeUse::Lower),
                    "upper" => Some(TimeUse::Upper),
                    "false" => Some(TimeUse::Ignored),
                    _ => {
                        let message = format!("`{text}` is none of false, lower and upper");
                        self.fields(FILE).wrong(node.line, field, message);
                        None
                    }
                };
            }
            _ => return false,
        }
        true
    }

    fn verdicts(&mut self, node: &Node, field: &str) -> Option<BTreeSet<Verdict>> {
        let mut verdicts = BTreeSet::new();
        for (line, word) in self.fields(FILE).one_or_more(node, field) {
            if let Some(more) = short(&word) {
                verdicts.extend(more);
            } else {
                let message = format!("`{word}` is none of AC, WA, TLE and RTE");
                self.fields(FILE).wrong(line, field, message);
            }
        }
        (!verdicts.is_empty()).then_some(verdicts)
    }

    /// A number, or a list of the smallest and the largest.
    fn score(&mut self, node: &Node, field: &str) -> Option<[f64; 2]> {
        let Value::List(items) = &node.value else {
            let score = self.fields(FILE).number(node, field, |n| n >= 0.0, "at least 0")?;
            return Some([score, score]);
        };
        let ends: Vec<f64> = items
            .iter()
            .filter_map(|item| self.fields(FILE).number(item, field, |n| n >= 0.0, "at least 0"))
            .collect();
        match *ends {
            [low, high] if low <= high => Some([low, high]),
            _ => {
                self.fields(FILE).wrong(node.line, field, "is no range: [smallest, largest]");
                None
            }
        }
    }

    /// Says which patterns fit nothing.
    pub(super) fn unmatched(&mut self, rules: &Rules, taken: &[&str]) {
        for rule in &rules.0 {
            let fits =
                |path: &&str| rule.patterns.iter().any(|pattern| glob::covers(pattern, path));
            let there = taken.iter().any(fits)
                || self.ignored.iter().any(|note| {
                    note.file.strip_prefix("submissions/").is_some_and(|path| fits(&path))
                });
            if !there {
                let reason = format!("line {}: fits no submission", rule.line);
                self.ignored.push(Ignored::field(FILE, &rule.pattern, reason));
            }
        }
    }

    /// Adds what the file says of a submission. Everything holds together: what two rules permit must be
    /// permitted by both, and what each requires is required by itself.
    pub(super) fn apply(
        &mut self,
        rules: &Rules,
        path: &str,
        expectation: &mut Expectation,
        spec: &mut SolutionSpec,
    ) {
        let folder = path.split('/').next().unwrap_or_default();
        self.grades(&mut expectation.tests);
        let mut all = true;
        for rule in rules.of(path) {
            if rule.model && self.spec.reference.is_none() {
                if spec.path.starts_with("accepted/") {
                    self.spec.reference = Some(spec.path.clone());
                } else {
                    let reason = "only an accepted submission makes answers";
                    self.ignored.push(Ignored::field(
                        FILE,
                        format!("{}.model_solution", rule.pattern),
                        reason,
                    ));
                }
            }
            // The name of a folder replaces what the format says of it, key by key.
            let replaces = rule.patterns.iter().any(|pattern| pattern == folder);
            let demand = &rule.demand;
            spec.time_limit = demand.time.or(spec.time_limit);
            if let Some(permitted) = &demand.permitted {
                let both = expectation.permitted.intersection(permitted).copied().collect();
                let first = expectation.permitted.is_empty();
                if !replaces && first && all && spec.path.starts_with(folder) {
                    // The native folder says something already; both must hold.
                    expectation.tests.push(part("*", Some(permitted), None, None));
                } else {
                    expectation.permitted =
                        if first || replaces { permitted.clone() } else { both };
                    if expectation.permitted.is_empty() {
                        let message =
                            format!("permits nothing that the other rules for `{path}` permit");
                        self.fields(FILE).wrong(rule.line, &rule.pattern, message);
                    }
                }
            }
            if let Some(required) = &demand.required {
                if replaces {
                    expectation.required.clone_from(required);
                } else {
                    expectation.tests.push(part("*", None, Some(required), None));
                }
            }
            if let Some([low, high]) = demand.score {
                let [least, most] = expectation.score.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
                expectation.score = Some([low.max(least), high.min(most)]);
            }
            if let Some(message) = &demand.message {
                match &expectation.message {
                    None => expectation.message = Some(message.clone()),
                    Some(_) => expectation.tests.push(part("*", None, None, Some(message))),
                }
            }
            all &= !replaces;
            for (line, patterns, demand) in &rule.parts {
                self.part(*line, patterns, demand, &rule.pattern, expectation);
            }
        }
    }

    fn part(
        &mut self,
        line: u32,
        patterns: &[String],
        demand: &Demand,
        rule: &str,
        expectation: &mut Expectation,
    ) {
        let Some(pattern) = self.pattern(patterns) else {
            let reason = format!("line {line}: fits no test");
            self.ignored.push(Ignored::field(FILE, within(rule, &patterns.join(" ")), reason));
            return;
        };
        if demand.time.is_some() {
            let reason = "what a submission says of the time limit it says for all tests here";
            self.ignored.push(Ignored::field(FILE, within(rule, "use_for_time_limit"), reason));
        }
        let mut made = part(
            &pattern,
            demand.permitted.as_ref(),
            demand.required.as_ref(),
            demand.message.as_ref(),
        );
        made.score = demand.score;
        if made != part(&pattern, None, None, None) {
            expectation.tests.push(made);
        }
    }

    /// A pattern of ours for the tests that patterns of the format fit; `None` when there are none. Ours may
    /// have several alternatives with `|` between them.
    fn pattern(&self, patterns: &[String]) -> Option<String> {
        let wanted: Vec<&str> = self
            .tests
            .iter()
            .map(String::as_str)
            .filter(|test| patterns.iter().any(|pattern| glob::covers(pattern, test)))
            .collect();
        if wanted.is_empty() {
            return None;
        }
        let same = |ours: &str| {
            self.tests.iter().all(|test| fits(ours, test) == wanted.contains(&test.as_str()))
        };
        let plain = patterns.join("|");
        let inside =
            patterns.iter().map(|pattern| format!("{pattern}/*")).collect::<Vec<_>>().join("|");
        let right = [plain, inside].into_iter().filter(|ours| same(ours));
        right.chain([wanted.join("|")]).min_by_key(String::len)
    }

    /// Grades are said by the places of groups; now the groups are known.
    fn grades(&mut self, parts: &mut Vec<PartExpectation>) {
        let mut groups: Vec<String> = Vec::new();
        for test in &self.tests {
            if let Some((group, _)) =
                test.strip_prefix("secret/").and_then(|rest| rest.split_once('/'))
                && groups.last().is_none_or(|last| last != group)
            {
                groups.push(group.to_owned());
            }
        }
        parts.retain_mut(|part| {
            let Ok(place) = part.pattern.parse::<usize>() else { return true };
            let Some(group) = groups.get(place) else { return false };
            part.pattern = format!("secret/{group}/*");
            true
        });
    }
}

fn part(
    pattern: &str,
    permitted: Option<&BTreeSet<Verdict>>,
    required: Option<&BTreeSet<Verdict>>,
    message: Option<&String>,
) -> PartExpectation {
    PartExpectation {
        pattern: pattern.to_owned(),
        permitted: permitted.cloned().unwrap_or_default(),
        required: required.cloned().unwrap_or_default(),
        score: None,
        message: message.cloned(),
    }
}

/// Whether a key is a pattern of tests.
fn is_of_tests(name: &str) -> bool {
    let top = name.split('/').next().unwrap_or_default();
    matches!(top, "sample" | "secret") || top.contains(['*', '{'])
}
