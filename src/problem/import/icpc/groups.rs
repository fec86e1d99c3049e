//! What is said of groups of tests, and what they are worth.

mod latest;
mod legacy;

use super::{
    Importer,
    data::{Cases, Settings},
    fields::within,
    yaml::{Node, Value},
};
use crate::problem::mistake::Mistakes;
use std::io;

impl Importer<'_> {
    /// Reads what is said of the tests of each group, and writes the groups that are worth points.
    pub(super) fn groups(&mut self, cases: &Cases) -> io::Result<Vec<(String, Settings)>> {
        if self.legacy_groups() { self.legacy(cases) } else { self.latest(cases) }
    }

    /// Arguments of input validators: a list for all, or a map by validator. There is one list for a test here,
    /// so that a map serves where there is one validator.
    fn validator_args(&mut self, file: &str, node: &Node, field: &str) -> Vec<String> {
        let Value::Map(entries) = &node.value else {
            return self.fields(file).texts(node, field);
        };
        let names: Vec<String> = self.spec.validators.iter().map(|v| v.name.clone()).collect();
        let mut args = Vec::new();
        for (key, node) in entries {
            let field = within(field, &key.text);
            let own = self.fields(file).texts(node, &field);
            if !names.contains(&key.text) {
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                let message = format!("there is no such input validator; there are {known}");
                self.fields(file).wrong(key.line, &field, message);
            } else if names.len() == 1 {
                args = own;
            } else if !own.is_empty() {
                let reason = "arguments for one of several input validators are not kept; they are run without";
                self.ignored.push(super::Ignored::field(file, field, reason));
            }
        }
        args
    }
}

/// A group's settings of another version's name.
fn misnamed(mistakes: &mut Mistakes, path: &str, version: &str, name: &str) {
    mistakes.file(path, format!("{version} reads {name}; rename it and use the keys of that file"));
}
