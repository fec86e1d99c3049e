//! Constants of a package: `{{name}}` and `{{name.variant}}` in its texts.

use super::{
    fields::{Fields, within},
    yaml::{Node, Value},
};
use std::collections::BTreeMap;

/// Values by the words that stand for them, such as `n` and `n.tex`.
#[derive(Debug, Default)]
pub(super) struct Constants(BTreeMap<String, String>);

impl Constants {
    /// Reads the map `constants`.
    pub(super) fn read(&mut self, node: &Node, fields: &mut Fields<'_>) {
        for (key, node) in fields.map(node, "constants") {
            let field = within("constants", &key.text);
            if !is_name(&key.text) {
                let rule = "is no name: letters, digits and `_`, not beginning with a digit";
                fields.wrong(key.line, &field, rule);
                continue;
            }
            let Value::Map(variants) = &node.value else {
                if let Some(value) = fields.text(node, &field) {
                    self.0.insert(format!("{}.value", key.text), value.clone());
                    self.0.insert(key.text.clone(), value);
                }
                continue;
            };
            for (variant, node) in variants {
                if let Some(value) = fields.text(node, &within(&field, &variant.text)) {
                    if variant.text == "value" {
                        self.0.insert(key.text.clone(), value.clone());
                    }
                    self.0.insert(format!("{}.{}", key.text, variant.text), value);
                }
            }
            if !self.0.contains_key(&key.text) {
                fields.wrong(key.line, &within(&field, "value"), "is missing");
            }
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value for which a word stands.
    pub(super) fn value(&self, word: &str) -> Option<String> {
        self.0.get(word).cloned()
    }

    /// A text with the values in place of the words. What is not defined stays as it is.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            let (before, inside) = rest.split_at(at);
            out.push_str(before);
            let value = inside.find("}}").and_then(|end| Some((end, self.0.get(&inside[2..end])?)));
            if let Some((end, value)) = value {
                out.push_str(value);
                rest = &inside[end + 2..];
            } else {
                // One brace only: the next may begin a word.
                out.push('{');
                rest = &inside[1..];
            }
        }
        out + rest
    }
}

fn is_name(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.bytes().all(word) && !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{import::icpc::yaml, mistake::Mistakes};

    fn constants(text: &str) -> (Constants, Vec<String>) {
        let mut mistakes = Mistakes::default();
        let mut constants = Constants::default();
        let mut fields = Fields { file: "problem.yaml".to_owned(), mistakes: &mut mistakes };
        constants.read(&yaml::parse(text).unwrap().unwrap(), &mut fields);
        (constants, mistakes.into_vec().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn words_become_values() {
        let (constants, mistakes) = constants("n: {value: 50, tex: '5 \\cdot 10'}\nf: 10.0\n");
        assert_eq!(mistakes, Vec::<String>::new());
        let text = "{{n}} {{n.value}} {{n.tex}} {{f}} {{m}} {{ n }} {{{f}}} {{n";
        assert_eq!(constants.fill(text), "50 50 5 \\cdot 10 10.0 {{m}} {{ n }} {10.0} {{n");
    }

    #[test]
    fn wrong_constants() {
        let (_, mistakes) = constants("1a: 1\nb: {tex: 2}\nc: [1]\n");
        assert_eq!(
            mistakes,
            [
                "problem.yaml:1: constants.1a: is no name: letters, digits and `_`, not beginning with a digit",
                "problem.yaml:2: constants.b.value: is missing",
                "problem.yaml:3: constants.c: must be a text, not a list",
            ]
        );
    }
}
