//! The tests of a package.

use super::{Importer, groups::Worth, xml};
use crate::problem::spec::TestSpec;
use roxmltree::Node;
use std::{collections::BTreeMap, io};

/// What a `test` may say; the rest is told as ignored.
const KNOWN: [&str; 8] =
    ["method", "cmd", "description", "sample", "group", "points", "from-file", "verdict"];

/// A test that was found.
pub(super) struct Test<'a, 'i> {
    pub(super) node: Node<'a, 'i>,
    /// Its name in our package.
    pub(super) name: String,
    /// Its group, by its name in the package.
    pub(super) group: Option<&'a str>,
    pub(super) points: f64,
}

impl Importer<'_> {
    /// Takes the tests of a set over, and says what they are worth.
    pub(super) fn testset(&mut self, set: Node<'_, '_>) -> io::Result<()> {
        let pattern = |name| xml::text(set, name).filter(|text| xml::numbered(text, 1).is_some());
        let input = pattern("input-path-pattern");
        let answer = pattern("answer-path-pattern");
        let (Some(input), Some(answer)) = (input, answer) else {
            let message =
                "input-path-pattern and answer-path-pattern are missing, or not like `tests/%02d`";
            self.wrong(set, "", message);
            return Ok(());
        };
        let list: Vec<Node<'_, '_>> = xml::child(set, "tests")
            .into_iter()
            .flat_map(|list| xml::children(list, "test"))
            .collect();
        if list.is_empty() {
            self.wrong(set, "tests", "has no test");
        }
        let worth = Worth::read(self, set, &list);
        let width = list.len().to_string().len().max(2);
        let mut tests = Vec::new();
        let mut missing = Vec::new();
        for (number, node) in (1..).zip(list) {
            let test = self.test(node, number, width, &worth);
            let path = |pattern| xml::numbered(pattern, number).unwrap_or_default();
            let (input, answer) = (path(input), path(answer));
            if self.tree.get(&input).is_none() || self.tree.get(&answer).is_none() {
                missing.push((node, input, answer));
                continue;
            }
            self.carry(&input, &format!("tests/{}.in", test.name))?;
            self.carry(&answer, &format!("tests/{}.out", test.name))?;
            self.describe(&test);
            tests.push(test);
        }
        self.missing(set, &tests, missing);
        worth.write(self, &tests);
        Ok(())
    }

    fn test<'a, 'i>(
        &mut self,
        node: Node<'a, 'i>,
        number: usize,
        width: usize,
        worth: &Worth,
    ) -> Test<'a, 'i> {
        for unknown in node.attributes().filter(|own| !KNOWN.contains(&own.name())) {
            let field = format!("test.{}", unknown.name());
            self.ignore(node, &field, "it is not known what it asks of a judge");
        }
        let folder = if node.attribute("sample") == Some("true") { "sample" } else { "secret" };
        let group = node.attribute("group").filter(|group| !group.is_empty());
        let name = match group.and_then(|group| worth.folder(group)) {
            Some(own) => {
                self.folders.insert(group.unwrap_or_default().to_owned(), own.to_owned());
                format!("{folder}/{own}/{number:0width$}")
            }
            None => format!("{folder}/{number:0width$}"),
        };
        let points = node.attribute("points").unwrap_or("0");
        let points =
            points.parse().ok().filter(|points: &f64| points.is_finite() && *points >= 0.0);
        if points.is_none() {
            self.wrong(node, "points", "must be a number of at least 0");
        }
        Test { node, name, group, points: points.unwrap_or_default() }
    }

    /// Says in words where a test comes from, and what a validator is told of its group.
    fn describe(&mut self, test: &Test<'_, '_>) {
        let said = test.node.attribute("description").filter(|text| !text.is_empty());
        let made = || test.node.attribute("cmd").map(|cmd| format!("made by `{cmd}`"));
        let description = said.map(str::to_owned).or_else(made);
        let description =
            description.map(|text| text.chars().filter(|c| !c.is_control()).take(500).collect());
        let validator_args = test
            .group
            .map(|group| ["--testset", "tests", "--group", group].map(str::to_owned).to_vec());
        if description.is_some() || validator_args.is_some() {
            let name = test.name.clone();
            self.spec.tests.push(TestSpec {
                name,
                validator_args,
                description,
                ..TestSpec::default()
            });
        }
    }

    /// Complains of tests whose files are not there: once, where the package has none at all.
    fn missing(
        &mut self,
        set: Node<'_, '_>,
        found: &[Test<'_, '_>],
        missing: Vec<(Node<'_, '_>, String, String)>,
    ) {
        if found.is_empty() && !missing.is_empty() {
            let message = "the package does not hold the tests; take the full package (Linux), whose \
                           tests are generated";
            self.wrong(set, "tests", message);
            return;
        }
        for (node, input, answer) in missing {
            let file = if self.tree.get(&input).is_none() { input } else { answer };
            let message = format!("there is no {file}; take the full package (Linux)");
            self.wrong(node, "", message);
        }
    }

    /// The unit tests of a checker or of a validator: each file by its pattern, under a folder that
    /// says what must become of it.
    pub(super) fn unit_tests(
        &mut self,
        program: Node<'_, '_>,
        label: &str,
        files: &[(&str, &str)],
        verdicts: &BTreeMap<&str, &str>,
    ) -> io::Result<()> {
        let Some(set) = xml::child(program, "testset") else { return Ok(()) };
        let list =
            xml::child(set, "tests").into_iter().flat_map(|list| xml::children(list, "test"));
        for (number, node) in (1..).zip(list) {
            let verdict = node.attribute("verdict").unwrap_or_default().to_ascii_lowercase();
            let Some(folder) = verdicts.get(verdict.as_str()) else {
                let reason = format!("a unit test with the verdict `{verdict}` has no counterpart");
                self.ignore(node, "verdict", reason);
                continue;
            };
            let mut paths = Vec::new();
            for (pattern, extension) in files {
                let path = xml::text(set, pattern).and_then(|text| xml::numbered(text, number));
                paths.push((path.filter(|path| self.tree.get(path).is_some()), *extension));
            }
            if paths.iter().any(|(path, _)| path.is_none()) {
                self.ignore(
                    node,
                    "test",
                    format!("the files of unit test {number} are not in the package"),
                );
                continue;
            }
            for (path, extension) in paths {
                let path = path.unwrap_or_default();
                self.carry(&path, &format!("{folder}/{label}-{number:02}.{extension}"))?;
            }
        }
        Ok(())
    }
}
