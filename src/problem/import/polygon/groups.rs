//! What tests are worth: points of tests, groups with their policies and what they depend on.

use super::{Importer, tests::Test, xml};
use crate::judge::{Aggregate, Group};
use roxmltree::Node;
use std::collections::{BTreeMap, BTreeSet};

/// A group as the package says it.
struct Said {
    folder: String,
    points: Option<f64>,
    /// Whether all its tests must be right for any of its points.
    complete: bool,
    requires: Vec<String>,
}

/// The groups of a package, by name, in their order.
pub(super) struct Worth(Vec<(String, Said)>);

impl Worth {
    /// Reads the groups that are described, and those that tests only name.
    pub(super) fn read(
        importer: &mut Importer<'_>,
        set: Node<'_, '_>,
        tests: &[Node<'_, '_>],
    ) -> Self {
        let mut worth = Self(Vec::new());
        let groups = xml::child(set, "groups");
        for node in groups.into_iter().flat_map(|groups| xml::children(groups, "group")) {
            let Some(name) = node.attribute("name").filter(|name| !name.is_empty()) else {
                importer.wrong(node, "name", "is missing");
                continue;
            };
            if worth.get(name).is_some() {
                importer.wrong(node, "name", format!("there are two groups `{name}`"));
                continue;
            }
            let said = said(importer, node, worth.free(name));
            worth.0.push((name.to_owned(), said));
        }
        let described: BTreeSet<String> = worth.0.iter().map(|(name, _)| name.clone()).collect();
        for node in groups.into_iter().flat_map(|groups| xml::children(groups, "group")) {
            for other in dependencies(node).filter(|other| !described.contains(*other)) {
                importer.wrong(node, "dependency", format!("there is no group `{other}`"));
            }
        }
        for name in tests.iter().filter_map(|test| test.attribute("group")) {
            if !name.is_empty() && worth.get(name).is_none() {
                let folder = worth.free(name);
                let said = Said { folder, points: None, complete: false, requires: Vec::new() };
                worth.0.push((name.to_owned(), said));
            }
        }
        worth
    }

    fn get(&self, name: &str) -> Option<&Said> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, said)| said)
    }

    /// The folder of a group's tests.
    pub(super) fn folder(&self, name: &str) -> Option<&str> {
        self.get(name).map(|said| said.folder.as_str())
    }

    /// A folder for a group that no other has.
    fn free(&self, name: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' };
        let mut folder: String = name.chars().map(plain).take(60).collect();
        if folder.starts_with(['.', '-']) {
            folder.insert(0, '_');
        }
        while self.0.iter().any(|(_, said)| said.folder == folder) {
            folder.push('_');
        }
        folder
    }

    /// Writes the groups of our package. Where nothing is worth anything there are none.
    pub(super) fn write(&self, importer: &mut Importer<'_>, tests: &[Test<'_, '_>]) {
        let of = |group: Option<&str>| -> Vec<&Test<'_, '_>> {
            tests.iter().filter(|test| test.group == group).collect()
        };
        let worthless = tests.iter().all(|test| test.points == 0.0)
            && self.0.iter().all(|(_, said)| said.points.unwrap_or_default() == 0.0);
        let policies = self.0.iter().any(|(_, said)| said.complete || !said.requires.is_empty());
        if worthless && !policies {
            return;
        }
        // By the package's name of a group, the names of those that it becomes.
        let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut groups = Vec::new();
        for (name, said) in &self.0 {
            let own = of(Some(name));
            if own.is_empty() {
                continue;
            }
            let made = made(name, said, &own);
            named.insert(name, made.iter().map(|group| group.name.clone()).collect());
            groups.extend(made.into_iter().map(|group| (said.requires.as_slice(), group)));
        }
        for (requires, group) in &mut groups {
            let all = requires.iter().filter_map(|name| named.get(name.as_str()));
            group.requires = all.flatten().cloned().collect();
        }
        let mut groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
        let alone = of(None);
        if alone.iter().any(|test| test.points > 0.0) {
            let said =
                Said { folder: String::new(), points: None, complete: false, requires: Vec::new() };
            let name = if self.0.is_empty() { "tests" } else { "others" };
            groups.extend(made(name, &said, &alone));
        }
        importer.spec.groups = groups;
    }
}

fn dependencies<'a>(node: Node<'a, '_>) -> impl Iterator<Item = &'a str> {
    let all = node.descendants().filter(|inner| inner.has_tag_name("dependency"));
    all.filter_map(|dependency| dependency.attribute("group"))
}

fn said(importer: &mut Importer<'_>, node: Node<'_, '_>, folder: String) -> Said {
    let points = node.attribute("points").map(str::parse);
    let points = match points {
        Some(Ok(points)) if f64::is_finite(points) && points >= 0.0 => Some(points),
        Some(_) => {
            importer.wrong(node, "points", "must be a number of at least 0");
            None
        }
        None => None,
    };
    let complete = match node.attribute("points-policy") {
        Some("complete-group") => true,
        Some("each-test") | None => false,
        Some(other) => {
            let message = format!("`{other}` is neither complete-group nor each-test");
            importer.wrong(node, "points-policy", message);
            false
        }
    };
    if let Some(policy) = node.attribute("feedback-policy").filter(|policy| *policy != "complete") {
        let reason =
            format!("everything is shown of every test, also where the policy is `{policy}`");
        importer.ignore(node, "group.feedback-policy", reason);
    }
    let requires = dependencies(node).map(str::to_owned).collect();
    Said { folder, points, complete, requires }
}

/// The groups that one of the package becomes: one, or one for each test where they are worth
/// different points that each earns by itself.
fn made(name: &str, said: &Said, tests: &[&Test<'_, '_>]) -> Vec<Group> {
    let sum: f64 = tests.iter().map(|test| test.points).sum();
    let group = |name: String, tests: Vec<String>, points: f64, score: Aggregate| Group {
        name,
        tests,
        points,
        score,
        requires: Vec::new(),
        stop: score == Aggregate::Min,
        parent: None,
        unbounded: false,
        grader: None,
    };
    let names = || tests.iter().map(|test| test.name.clone()).collect();
    if said.complete {
        return vec![group(name.to_owned(), names(), said.points.unwrap_or(sum), Aggregate::Min)];
    }
    // Points of a group whose tests have none are shared.
    let points = if sum > 0.0 { sum } else { said.points.unwrap_or_default() };
    if tests.iter().all(|test| test.points == tests[0].points) {
        return vec![group(name.to_owned(), names(), points, Aggregate::Sum)];
    }
    let last = |test: &Test<'_, '_>| test.name.rsplit('/').next().unwrap_or_default().to_owned();
    tests
        .iter()
        .map(|test| {
            let name = format!("{name}/{}", last(test));
            group(name, vec![test.name.clone()], test.points, Aggregate::Sum)
        })
        .collect()
}
