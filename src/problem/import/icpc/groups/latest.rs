//! `test_group.yaml` and the settings of single tests, as `2025-09` has them.

use super::{
    super::{
        Ignored, Importer,
        data::{Cases, Settings},
        fields::within,
        yaml::Node,
    },
    misnamed,
};
use crate::judge::{Aggregate, Group};
use std::{collections::BTreeSet, io};

const FILE: &str = "test_group.yaml";
const GROUP: &str = "max_score, score_aggregation, static_validation_score, require_pass, args, \
                     input_validator_args, static_validator_args, output_validator_args, input_visualizer_args, \
                     output_visualizer_args and full_feedback";
const CASE: &str = "args, input_validator_args, output_validator_args, input_visualizer_args, \
                    output_visualizer_args, full_feedback, hint and description";

/// What `score_aggregation` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    PassFail,
    Sum,
    Min,
}

/// What `max_score` says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Most {
    Unbounded,
    Points(f64),
}

/// What a `test_group.yaml` says.
#[derive(Clone, Debug, Default)]
struct Said {
    /// Whether it is there.
    there: bool,
    most: Option<Most>,
    rule: Option<Rule>,
    /// Points of the static validation, and the file's line; 0 for `pass-fail`.
    static_points: Option<(f64, u32)>,
    static_args: Vec<String>,
    requires: Vec<(u32, String)>,
    settings: Settings,
}

impl Importer<'_> {
    pub(super) fn latest(&mut self, cases: &Cases) -> io::Result<Vec<(String, Settings)>> {
        let mut nested = Vec::new();
        let mut names = BTreeSet::new();
        for (path, _) in self.tree.below("data/") {
            if path.ends_with("/testdata.yaml") || path == "testdata.yaml" {
                misnamed(self.mistakes, &format!("data/{path}"), self.meta.version.name(), FILE);
            }
            let Some(folder) = path.strip_suffix("/test_group.yaml") else { continue };
            match folder.split('/').collect::<Vec<_>>()[..] {
                ["secret", name] => _ = names.insert(name.to_owned()),
                ["sample" | "secret", _, ..] => nested.push(format!("data/{path}")),
                _ => {}
            }
        }
        for path in nested {
            self.mistakes.file(
                &path,
                "groups are the folders directly in data/secret; there are none deeper",
            );
        }
        let mut root = self.group_file("data", Settings::default())?;
        if root.there {
            let reason = "is no part of the format; its arguments are taken for sample and secret, as BAPCtools does";
            self.ignored.push(Ignored::file(format!("data/{FILE}"), reason));
            root.there = false;
        }
        let sample = self.group_file("data/sample", root.settings.clone())?;
        let secret = self.group_file("data/secret", root.settings.clone())?;
        let mut groups = Vec::new();
        for name in names {
            let said = self.group_file(&format!("data/secret/{name}"), Settings::default())?;
            groups.push((name, said));
        }
        self.layout_of_groups(cases, &groups);
        self.static_points(&sample, &secret, &groups);
        if self.meta.scoring {
            self.points(cases, &secret, &groups);
        }
        let mut settings = Vec::new();
        for name in cases.keys() {
            let group = name.strip_prefix("secret/").and_then(|rest| rest.split_once('/'));
            let group =
                group.and_then(|(group, _)| groups.iter().find(|(known, _)| known == group));
            let said = match group {
                Some((_, said)) => said,
                None if name.starts_with("sample/") => &sample,
                None => &secret,
            };
            let own = self.case_file(name, said.settings.clone())?;
            settings.push((name.clone(), own));
        }
        Ok(settings)
    }

    /// Groups and tests side by side are a mistake, and so are empty groups.
    fn layout_of_groups(&mut self, cases: &Cases, groups: &[(String, Said)]) {
        for (name, said) in groups {
            let prefix = format!("secret/{name}/");
            if !cases.keys().any(|case| case.starts_with(&prefix)) && said.static_points.is_none() {
                self.mistakes.file(&format!("data/secret/{name}"), "is a group without a test");
            }
        }
        if groups.is_empty() {
            return;
        }
        let mut told = BTreeSet::new();
        for name in cases.keys().filter_map(|name| name.strip_prefix("secret/")) {
            match name.split_once('/') {
                None => {
                    let message = "lies beside groups; data/secret holds tests or groups, not both";
                    self.mistakes.file(&format!("data/secret/{name}.in"), message);
                }
                Some((group, _)) if !groups.iter().any(|(known, _)| known == group) => {
                    if told.insert(group) {
                        let message = format!("lies beside groups and is none; add {FILE} to it");
                        self.mistakes.file(&format!("data/secret/{group}"), message);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Reads the settings of a group; `settings` hold where it says nothing.
    fn group_file(&mut self, folder: &str, settings: Settings) -> io::Result<Said> {
        let file = format!("{folder}/{FILE}");
        let mut said = Said { there: self.tree.get(&file).is_some(), settings, ..Said::default() };
        let Some(root) = self.yaml(&file, true)? else { return Ok(said) };
        let scored = ["max_score", "score_aggregation", "require_pass"];
        for (key, node) in self.fields(&file).map(&root, "") {
            let name = key.text.as_str();
            if scored.contains(&name) {
                let message = if folder == "data/sample" {
                    "samples have no score; remove it"
                } else if !self.meta.scoring {
                    "only a problem of type scoring has scores"
                } else {
                    ""
                };
                if !message.is_empty() {
                    self.fields(&file).wrong(key.line, name, message);
                    continue;
                }
            }
            match name {
                "max_score" => said.most = self.most(&file, node),
                "score_aggregation" => {
                    let words = ["pass-fail", "sum", "min"];
                    said.rule = match self.fields(&file).word(node, name, &words) {
                        Some("pass-fail") => Some(Rule::PassFail),
                        Some("sum") => Some(Rule::Sum),
                        Some(_) => Some(Rule::Min),
                        None => None,
                    };
                }
                "static_validation_score" => {
                    let text = self.fields(&file).text(node, name);
                    let points = match text.as_deref() {
                        Some("pass-fail") => Some(0.0),
                        _ => self.fields(&file).whole(node, name, 0..=1 << 32).map(|n| n as f64),
                    };
                    if points.is_some_and(|points| points > 0.0) && !self.meta.scoring {
                        let message = "only a problem of type scoring has points; write pass-fail";
                        self.fields(&file).wrong(key.line, name, message);
                    }
                    said.static_points = points.map(|points| (points, key.line));
                }
                "static_validator_args" => said.static_args = self.fields(&file).texts(node, name),
                "require_pass" => said.requires = self.fields(&file).one_or_more(node, name),
                _ => self.test_key(&file, GROUP, key, node, &mut said.settings),
            }
        }
        if said.static_points.is_none() && !said.static_args.is_empty() {
            let message = "has no meaning without static_validation_score";
            self.fields(&file).wrong(root.line, "static_validator_args", message);
        }
        Ok(said)
    }

    fn most(&mut self, file: &str, node: &Node) -> Option<Most> {
        let text = self.fields(file).text(node, "max_score")?;
        if text == "unbounded" {
            return Some(Most::Unbounded);
        }
        let points = self.fields(file).whole(node, "max_score", 0..=1 << 32)?;
        Some(Most::Points(points as f64))
    }

    /// Reads the settings of a test.
    fn case_file(&mut self, name: &str, mut settings: Settings) -> io::Result<Settings> {
        let file = format!("data/{name}.yaml");
        let Some(root) = self.yaml(&file, false)? else { return Ok(settings) };
        for (key, node) in self.fields(&file).map(&root, "") {
            match key.text.as_str() {
                "hint" => {
                    self.fields(&file).text(node, "hint");
                    self.ignored.push(Ignored::field(&file, "hint", "hints are not shown"));
                }
                "description" => {
                    settings.description = self.fields(&file).text(node, "description");
                }
                _ => self.test_key(&file, CASE, key, node, &mut settings),
            }
        }
        Ok(settings)
    }

    /// The keys that groups and tests have in common.
    fn test_key(
        &mut self,
        file: &str,
        known: &str,
        key: &super::super::yaml::Key,
        node: &Node,
        settings: &mut Settings,
    ) {
        let name = key.text.as_str();
        match name {
            "args" => settings.args = self.fields(file).texts(node, name),
            "input_validator_args" => {
                settings.validator_args = self.validator_args(file, node, name);
            }
            "output_validator_args" => settings.judge_args = self.fields(file).texts(node, name),
            "input_visualizer_args" | "output_visualizer_args" => {
                self.fields(file).texts(node, name);
            }
            "full_feedback" => {
                if self.fields(file).flag(node, name).is_some() {
                    let reason =
                        "samples are shown with everything, other tests with what their judge says";
                    self.ignored.push(Ignored::field(file, within("", name), reason));
                }
            }
            _ => self.fields(file).unknown("", key, known),
        }
    }

    /// What the static validation is worth. It is run once for a submission here, so that one set of arguments
    /// serves, and a group whose score is no sum cannot have it.
    fn static_points(&mut self, sample: &Said, secret: &Said, groups: &[(String, Said)]) {
        let all = [("data/sample".to_owned(), sample), ("data/secret".to_owned(), secret)];
        let all = all
            .into_iter()
            .chain(groups.iter().map(|(n, said)| (format!("data/secret/{n}"), said)));
        let mut args: Option<Vec<String>> = None;
        let mut total = 0.0;
        for (folder, said) in all {
            let Some((points, line)) = said.static_points else { continue };
            let file = format!("{folder}/{FILE}");
            let field = "static_validation_score";
            if self.spec.static_validator.is_none() {
                let message = "there is no static validator; add static_validator/";
                self.fields(&file).wrong(line, field, message);
            }
            let rule = said.rule.unwrap_or(if folder == "data/secret" {
                Rule::Sum
            } else {
                Rule::PassFail
            });
            if points > 0.0 && rule != Rule::Sum {
                let message =
                    "points of a static validation are known here only with score_aggregation: sum";
                self.fields(&file).wrong(line, field, message);
            }
            if args.as_ref().is_some_and(|known| *known != said.static_args) {
                let message =
                    "other groups have other arguments; the static validator runs once here";
                self.fields(&file).wrong(line, "static_validator_args", message);
            }
            args = Some(said.static_args.clone());
            total += points;
        }
        match (&mut self.spec.static_validator, args) {
            (Some(program), Some(args)) => {
                program.args = args;
                program.points = total;
            }
            (Some(_), None) => {
                let reason = "no group has static_validation_score, so that it is not run";
                self.ignored.push(Ignored::file("static_validator", reason));
                self.spec.static_validator = None;
            }
            (None, _) => {}
        }
    }

    /// Writes the groups that are worth points.
    fn points(&mut self, cases: &Cases, secret: &Said, groups: &[(String, Said)]) {
        let rule = secret.rule.unwrap_or(Rule::Sum);
        let most = secret.most.unwrap_or(Most::Points(100.0));
        let file = format!("data/secret/{FILE}");
        if rule == Rule::PassFail && most == Most::Unbounded {
            self.mistakes.field(
                &file,
                None,
                "max_score",
                "must be a number with score_aggregation: pass-fail",
            );
        }
        for (line, required) in &secret.requires {
            if required != "sample" {
                let message = format!("`{required}`: secret may require sample only");
                self.fields(&file).wrong(*line, "require_pass", message);
            }
        }
        let asked = groups.iter().map(|(_, said)| said).chain([secret]);
        let wants_sample = asked.flat_map(|said| &said.requires).any(|(_, name)| name == "sample");
        let mut out = Vec::new();
        if wants_sample && cases.keys().any(|name| name.starts_with("sample/")) {
            out.push(Group {
                requires: Vec::new(),
                ..group("sample", "sample/*", Most::Points(0.0), Rule::PassFail)
            });
        }
        let samples: Vec<String> = out.iter().map(|group| group.name.clone()).collect();
        let requires = if secret.requires.is_empty() { Vec::new() } else { samples.clone() };
        if groups.is_empty() {
            let own = less(most, secret.static_points.map_or(0.0, |(points, _)| points));
            out.push(Group { requires, ..group("secret", "secret/*", own, rule) });
            self.spec.groups = out;
            return;
        }
        let parent = (rule != Rule::Sum).then(|| "secret".to_owned());
        let mut sum = 0.0;
        for (at, (name, said)) in groups.iter().enumerate() {
            let own = said.most.unwrap_or(Most::Unbounded);
            let own_rule = said.rule.unwrap_or(Rule::PassFail);
            let file = format!("data/secret/{name}/{FILE}");
            if own == Most::Unbounded && (most != Most::Unbounded || own_rule == Rule::PassFail) {
                let message = if own_rule == Rule::PassFail {
                    "must be a number with score_aggregation: pass-fail"
                } else {
                    "must be a number, since secret has a largest score"
                };
                self.mistakes.field(&file, None, "max_score", message);
            }
            if rule == Rule::PassFail && own_rule != Rule::PassFail {
                let message = "must be pass-fail, as it is for secret";
                self.mistakes.field(&file, None, "score_aggregation", message);
            }
            let mut needed = requires.clone();
            for (line, required) in &said.requires {
                let known = required.strip_prefix("secret/").unwrap_or(required);
                let earlier = groups[..at].iter().find(|(name, _)| name == known);
                if required == "sample" {
                    needed.extend(samples.iter().filter(|s| !requires.contains(s)).cloned());
                } else if let Some((_, other)) = earlier {
                    if other.rule.is_some_and(|rule| rule != Rule::PassFail) {
                        let message = format!(
                            "`{required}` is no pass-fail group; only those can be required"
                        );
                        self.fields(&file).wrong(*line, "require_pass", message);
                    }
                    needed.push(format!("secret/{known}"));
                } else {
                    let message = format!("`{required}` is neither sample nor an earlier group");
                    self.fields(&file).wrong(*line, "require_pass", message);
                }
            }
            if let Most::Points(points) = own {
                sum += points;
            }
            let tests = less(own, said.static_points.map_or(0.0, |(points, _)| points));
            let path = format!("secret/{name}");
            let made = group(&path, &format!("{path}/*"), tests, own_rule);
            out.push(Group { requires: needed, parent: parent.clone(), ..made });
        }
        if let (Rule::Sum, Most::Points(most)) = (rule, most)
            && (sum - most).abs() > 1e-9
        {
            if sum > most {
                let message = format!(
                    "the groups are worth {sum} together, which is more than {most}, that of secret"
                );
                self.mistakes.field(&file, None, "max_score", message);
            } else {
                let reason =
                    format!("{most}: the groups are worth {sum} together, which is what there is");
                self.ignored.push(Ignored::field(file, "max_score", reason));
            }
        }
        if parent.is_some() {
            out.push(Group { tests: Vec::new(), ..group("secret", "", most, rule) });
        }
        self.spec.groups = out;
    }
}

fn less(most: Most, points: f64) -> Most {
    match most {
        Most::Points(most) => Most::Points((most - points).max(0.0)),
        Most::Unbounded => Most::Unbounded,
    }
}

fn group(name: &str, tests: &str, most: Most, rule: Rule) -> Group {
    Group {
        name: name.to_owned(),
        tests: vec![tests.to_owned()],
        points: if let Most::Points(points) = most { points } else { 0.0 },
        score: if rule == Rule::Sum { Aggregate::Sum } else { Aggregate::Min },
        requires: Vec::new(),
        stop: rule != Rule::Sum,
        parent: None,
        unbounded: most == Most::Unbounded,
        grader: None,
    }
}
