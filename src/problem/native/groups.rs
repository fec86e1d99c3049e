//! The groups of a package: which tests are theirs, and in which order everything is judged.

use super::{Reader, names::is_pattern};
use crate::{
    judge::{Group, TestCase, fits},
    problem::manifest::{self, GroupSpec, Manifest},
};
use std::collections::BTreeMap;

impl Reader<'_> {
    /// The groups in the order in which they are judged, each after those it requires; and the tests:
    /// samples first, then tests of no group, then group by group.
    pub(super) fn groups(&mut self, manifest: &Manifest, tests: &mut [TestCase]) -> Vec<Group> {
        let specs = &manifest.groups;
        self.twins(specs);
        let groups = self.members(specs, tests);
        self.parents(specs);
        let groups = self.in_order(specs, groups);
        let ranks: BTreeMap<&str, usize> = groups
            .iter()
            .enumerate()
            .flat_map(|(at, group)| group.tests.iter().map(move |test| (test.as_str(), at)))
            .collect();
        let rank = |test: &TestCase| ranks.get(test.name.as_str()).copied();
        tests.sort_by_cached_key(|test| (!test.sample, rank(test)));
        groups
    }

    fn wrong_group(&mut self, line: u32, field: &str, message: impl AsRef<str>) {
        self.mistakes.field(manifest::FILE, Some(line), field, message);
    }

    /// Names must tell groups apart.
    fn twins(&mut self, specs: &[GroupSpec]) {
        for (at, spec) in specs.iter().enumerate() {
            let (name, line) = &spec.name;
            if specs[..at].iter().any(|other| other.name.0 == *name) {
                self.wrong_group(*line, "groups.name", format!("there are two groups `{name}`"));
            }
        }
    }

    /// Groups with the names of their tests.
    fn members(&mut self, specs: &[GroupSpec], tests: &[TestCase]) -> Vec<Group> {
        let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
        let mut groups = Vec::new();
        for spec in specs {
            let name = spec.name.0.as_str();
            let mut own = Vec::new();
            let has_parts =
                specs.iter().any(|part| part.parent.as_ref().is_some_and(|(of, _)| of == name));
            if spec.tests.is_empty() && !has_parts {
                let message = format!("group `{name}` has no tests");
                self.wrong_group(spec.name.1, "groups.tests", message);
            }
            for (pattern, line) in &spec.tests {
                let matched: Vec<&TestCase> = if is_pattern(pattern) {
                    tests.iter().filter(|test| fits(pattern, &test.name)).collect()
                } else {
                    // Tests lie in the order of their names until the groups are known.
                    let found = tests.binary_search_by(|test| test.name.as_str().cmp(pattern));
                    found.ok().map(|at| &tests[at]).into_iter().collect()
                };
                if matched.is_empty() {
                    let message = format!("`{pattern}` fits no test");
                    self.wrong_group(*line, "groups.tests", message);
                }
                for test in matched {
                    match owner.insert(&test.name, name) {
                        None => own.push(test.name.clone()),
                        Some(same) if same == name => {}
                        Some(other) => {
                            let message = format!("{} is in group `{other}` already", test.name);
                            self.wrong_group(*line, "groups.tests", message);
                        }
                    }
                }
            }
            groups.push(Group {
                name: name.to_owned(),
                tests: own,
                points: spec.points,
                score: spec.score,
                requires: spec.requires.iter().map(|(name, _)| name.clone()).collect(),
                stop: spec.stop,
                parent: spec.parent.as_ref().map(|(name, _)| name.clone()),
                unbounded: spec.unbounded,
                grader: spec.grader.clone(),
            });
        }
        groups
    }

    /// A group that is a part of another one must end up in one that is not.
    fn parents(&mut self, specs: &[GroupSpec]) {
        let by_name: BTreeMap<&str, &GroupSpec> =
            specs.iter().map(|spec| (spec.name.0.as_str(), spec)).collect();
        let find = |name: &str| by_name.get(name).copied();
        for spec in specs {
            let mut above = Some(spec);
            for _ in specs {
                let parent = above.and_then(|spec| spec.parent.as_ref());
                above = parent.and_then(|(name, _)| find(name));
            }
            let Some((name, line)) = &spec.parent else { continue };
            if find(name).is_none() {
                let message = format!("there is no group `{name}`");
                self.wrong_group(*line, "groups.parent", message);
            } else if above.is_some_and(|spec| spec.parent.is_some()) {
                let message = format!("group `{}` is a part of itself", spec.name.0);
                self.wrong_group(*line, "groups.parent", message);
            }
        }
    }

    /// Groups so that each one comes after those it requires, else as the file has them.
    fn in_order(&mut self, specs: &[GroupSpec], groups: Vec<Group>) -> Vec<Group> {
        for spec in specs {
            for (needed, line) in &spec.requires {
                if !specs.iter().any(|other| other.name.0 == *needed) {
                    let message = format!("there is no group `{needed}`");
                    self.wrong_group(*line, "groups.requires", message);
                    return groups;
                }
            }
        }
        let mut waiting = groups;
        let mut ordered: Vec<Group> = Vec::new();
        let ready = |group: &Group, ordered: &[Group]| {
            group.requires.iter().all(|needed| ordered.iter().any(|done| done.name == *needed))
        };
        while let Some(next) = waiting.iter().position(|group| ready(group, &ordered)) {
            ordered.push(waiting.remove(next));
        }
        if let Some(first) = waiting.first() {
            let line = specs.iter().find(|spec| spec.name.0 == first.name).map(|spec| spec.name.1);
            let names: Vec<_> = waiting.iter().map(|group| format!("`{}`", group.name)).collect();
            let message = format!("the requirements of {} go in a circle", names.join(", "));
            self.mistakes.field(manifest::FILE, line, "groups.requires", message);
        }
        ordered.append(&mut waiting);
        ordered
    }
}
