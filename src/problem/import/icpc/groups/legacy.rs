//! `testdata.yaml` of legacy packages: a tree of groups, whose settings are inherited.

use super::{
    super::{
        Ignored, Importer,
        data::{Cases, Settings},
        fields::within,
        metadata::words,
        yaml::{Node, Value},
    },
    misnamed,
};
use crate::judge::{Aggregate, Grader, GraderVerdict, Group, StopPolicy};
use std::{collections::BTreeMap, io};

const FILE: &str = "testdata.yaml";
const KNOWN: &str = "on_reject, grading, grader_flags, input_validator_flags, output_validator_flags, \
                     accept_score, reject_score and range";

/// What holds for a group, its own or inherited.
#[derive(Clone, Debug)]
struct Said {
    stop: bool,
    grader: Grader,
    score: Aggregate,
    accept: f64,
    reject: f64,
    range: [f64; 2],
    settings: Settings,
}

impl Importer<'_> {
    pub(super) fn legacy(&mut self, cases: &Cases) -> io::Result<Vec<(String, Settings)>> {
        for (path, _) in self.tree.below("data/") {
            if path.ends_with("test_group.yaml") {
                misnamed(self.mistakes, &format!("data/{path}"), self.meta.version.name(), FILE);
            }
        }
        // Every folder on the way to a test is a group.
        let mut folders = vec![String::new()];
        for name in cases.keys() {
            for (at, _) in name.match_indices('/') {
                if !folders.iter().any(|known| known == &name[..at]) {
                    folders.push(name[..at].to_owned());
                }
            }
        }
        folders.sort();
        let mut said: BTreeMap<String, Said> = BTreeMap::new();
        for folder in &folders {
            let above = match folder.rsplit_once('/') {
                Some((above, _)) => Some(above),
                None => (!folder.is_empty()).then_some(""),
            };
            let mut own =
                above.and_then(|above| said.get(above).cloned()).unwrap_or_else(|| self.defaults());
            own.grader.ignore_sample = false;
            self.testdata(folder, &mut own)?;
            said.insert(folder.clone(), own);
        }
        if self.meta.scoring {
            self.tree_of_groups(cases, &said);
        } else if said.get("secret").is_none_or(|secret| secret.stop) {
            self.spec.stop = Some(StopPolicy::FirstFailure);
        }
        let settings = |name: &String| {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            said.get(folder).map_or_else(Settings::default, |said| said.settings.clone())
        };
        Ok(cases.keys().map(|name| (name.clone(), settings(name))).collect())
    }

    fn defaults(&self) -> Said {
        Said {
            stop: true,
            grader: plain_grader(),
            score: Aggregate::Sum,
            accept: 1.0,
            reject: 0.0,
            range: [f64::NEG_INFINITY, f64::INFINITY],
            settings: Settings {
                judge_args: self.meta.validator_flags.clone(),
                ..Settings::default()
            },
        }
    }

    /// Reads a group's own settings over those it inherits.
    fn testdata(&mut self, folder: &str, said: &mut Said) -> io::Result<()> {
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let file = format!("data/{folder}{FILE}");
        let Some(root) = self.yaml(&file, false)? else { return Ok(()) };
        for (key, node) in self.fields(&file).map(&root, "") {
            let name = key.text.as_str();
            let scores = ["accept_score", "reject_score", "range", "grader_flags", "grading"];
            if scores.contains(&name) && !self.meta.scoring {
                let message = "only a problem of type scoring has it";
                self.fields(&file).wrong(key.line, name, message);
                continue;
            }
            match name {
                "on_reject" => {
                    let words = ["break", "continue"];
                    said.stop = self.fields(&file).word(node, name, &words) != Some("continue");
                }
                "grading" => {
                    if self.fields(&file).word(node, name, &["default", "custom"]) == Some("custom")
                    {
                        let message = "graders of one's own are not known here; the default grader and its flags are";
                        self.fields(&file).wrong(node.line, name, message);
                    }
                }
                "grader_flags" => self.grader_flags(&file, folder.is_empty(), node, said),
                "accept_score" | "reject_score" => {
                    let number = self.fields(&file).number(node, name, |_| true, "");
                    let place =
                        if name == "accept_score" { &mut said.accept } else { &mut said.reject };
                    *place = number.unwrap_or(*place);
                }
                "range" => {
                    let text = self.fields(&file).text(node, name).unwrap_or_default();
                    if let Some(range) = range(&text) {
                        said.range = range;
                    } else {
                        let message =
                            format!("`{text}` is no range: two numbers, such as 0 100 or 0 +inf");
                        self.fields(&file).wrong(node.line, name, message);
                    }
                }
                "output_validator_flags" => {
                    let flags = self.flags(&file, node, name);
                    said.settings.judge_args =
                        self.meta.validator_flags.iter().cloned().chain(flags).collect();
                }
                "input_validator_flags" => {
                    said.settings.validator_args = self.flags(&file, node, name);
                }
                _ => self.fields(&file).unknown("", key, KNOWN),
            }
        }
        Ok(())
    }

    /// Flags: a text, or a map with `name` (of a validator) and `flags`.
    fn flags(&mut self, file: &str, node: &Node, field: &str) -> Vec<String> {
        let Value::Map(entries) = &node.value else {
            return words(&self.fields(file).optional_text(node, field).unwrap_or_default());
        };
        let mut flags = Vec::new();
        for (key, node) in entries {
            let inner = within(field, &key.text);
            match key.text.as_str() {
                "flags" => {
                    flags =
                        words(&self.fields(file).optional_text(node, &inner).unwrap_or_default());
                }
                "name" => {
                    let name = self.fields(file).text(node, &inner).unwrap_or_default();
                    let others =
                        self.spec.validators.iter().filter(|known| known.name != name).count();
                    if field == "input_validator_flags" && others > 0 {
                        let reason = "the flags are given to all input validators";
                        self.ignored.push(Ignored::field(file, inner, reason));
                    }
                }
                _ => self.fields(file).unknown(field, key, "name and flags"),
            }
        }
        flags
    }

    fn grader_flags(&mut self, file: &str, root: bool, node: &Node, said: &mut Said) {
        let text = self.fields(file).optional_text(node, "grader_flags").unwrap_or_default();
        said.grader = plain_grader();
        said.score = Aggregate::Sum;
        for flag in words(&text) {
            match flag.as_str() {
                "worst_error" => said.grader.verdict = GraderVerdict::WorstError,
                "first_error" => said.grader.verdict = GraderVerdict::FirstError,
                "always_accept" => said.grader.verdict = GraderVerdict::AlwaysAccept,
                "sum" => said.score = Aggregate::Sum,
                "avg" => said.score = Aggregate::Avg,
                "min" => said.score = Aggregate::Min,
                "max" => said.score = Aggregate::Max,
                "accept_if_any_accepted" => said.grader.any_accepted = true,
                "ignore_sample" if root => said.grader.ignore_sample = true,
                "ignore_sample" => {
                    let message = "`ignore_sample` has a meaning in data/testdata.yaml only";
                    self.fields(file).wrong(node.line, "grader_flags", message);
                }
                _ => {
                    let message = format!(
                        "`{flag}` is none of worst_error, first_error, always_accept, sum, avg, min, max, \
                         ignore_sample and accept_if_any_accepted"
                    );
                    self.fields(file).wrong(node.line, "grader_flags", message);
                }
            }
        }
    }

    /// Writes the tree of groups with what each is worth at most.
    fn tree_of_groups(&mut self, cases: &Cases, said: &BTreeMap<String, Said>) {
        let mut most: BTreeMap<&str, f64> = BTreeMap::new();
        let mut out = Vec::new();
        // The deepest come first, so that what is in a group is known before it.
        for (folder, own) in said.iter().rev() {
            let inside =
                |name: &str| name.rsplit_once('/').map_or("", |(above, _)| above) == folder;
            let tests: Vec<String> =
                cases.keys().filter(|name| inside(name) && !folder.is_empty()).cloned().collect();
            let children: Vec<&str> = said
                .keys()
                .map(String::as_str)
                .filter(|name| !name.is_empty() && inside(name))
                .filter(|name| !(own.grader.ignore_sample && *name == "sample"))
                .collect();
            let parts = tests.iter().map(|_| own.accept.max(own.reject));
            let parts: Vec<f64> = parts.chain(children.iter().map(|name| most[name])).collect();
            let count = parts.len().max(1) as f64;
            let reached = match own.score {
                Aggregate::Sum => parts.iter().sum(),
                Aggregate::Avg => parts.iter().sum::<f64>() / count,
                Aggregate::Min => parts.iter().copied().fold(f64::INFINITY, f64::min),
                Aggregate::Max => parts.iter().copied().fold(0.0, f64::max),
            };
            // A validator that says scores may say any up to the range's end.
            let end = if self.meta.custom_score || !reached.is_finite() {
                own.range[1]
            } else {
                own.range[1].min(reached)
            };
            most.insert(folder, end);
            out.push(Group {
                name: if folder.is_empty() { "data".to_owned() } else { folder.clone() },
                tests,
                points: if end.is_finite() { end.max(0.0) } else { 0.0 },
                score: own.score,
                requires: Vec::new(),
                stop: own.stop,
                parent: match folder.rsplit_once('/') {
                    Some((above, _)) => Some(above.to_owned()),
                    None => (!folder.is_empty()).then(|| "data".to_owned()),
                },
                unbounded: !end.is_finite(),
                grader: Some(Grader {
                    accept_score: own.accept,
                    reject_score: own.reject,
                    ..own.grader.clone()
                }),
            });
        }
        out.reverse();
        self.spec.groups = out;
    }
}

fn plain_grader() -> Grader {
    Grader {
        verdict: GraderVerdict::WorstError,
        accept_score: 1.0,
        reject_score: 0.0,
        any_accepted: false,
        ignore_sample: false,
    }
}

/// Two numbers, infinite ones among them.
fn range(text: &str) -> Option<[f64; 2]> {
    let mut ends = text.split_whitespace().map(|end| match end {
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        number => super::super::fields::decimal(number),
    });
    let range = [ends.next()??, ends.next()??];
    (ends.next().is_none() && range[0] <= range[1]).then_some(range)
}
