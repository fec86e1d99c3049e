//! Reads the fields of a YAML file. What is wrong is a mistake with file, line and field, and counts as absent.

use super::yaml::{Key, Node, Value};
use crate::problem::mistake::Mistakes;
use std::{ops::RangeInclusive, rc::Rc};

/// A YAML file that is being read.
pub(super) struct Fields<'m> {
    pub(super) file: String,
    pub(super) mistakes: &'m mut Mistakes,
}

/// A field within a map: `limits` and `memory` are `limits.memory`.
pub(super) fn within(field: &str, key: &str) -> String {
    if field.is_empty() { key.to_owned() } else { format!("{field}.{key}") }
}

impl Fields<'_> {
    /// Notes what is wrong with a field.
    pub(super) fn wrong(&mut self, line: u32, field: &str, message: impl AsRef<str>) {
        if field.is_empty() {
            self.mistakes.line(&self.file, Some(line), message);
        } else {
            self.mistakes.field(&self.file, Some(line), field, message);
        }
    }

    /// Notes a key that nobody knows.
    pub(super) fn unknown(&mut self, field: &str, key: &Key, known: &str) {
        let message = format!("unknown key; known are {known}");
        self.wrong(key.line, &within(field, &key.text), message);
    }

    fn is_no(&mut self, node: &Node, field: &str, what: &str) {
        let found = match &node.value {
            _ if node.is_null() => "nothing",
            Value::Scalar { .. } => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        };
        self.wrong(node.line, field, format!("must be {what}, not {found}"));
    }

    /// The entries of a map; nothing at all is an empty one.
    pub(super) fn map<'n>(&mut self, node: &'n Node, field: &str) -> &'n [(Key, Rc<Node>)] {
        match &node.value {
            Value::Map(entries) => entries,
            _ if node.is_null() => &[],
            _ => {
                self.is_no(node, field, "a map");
                &[]
            }
        }
    }

    /// A text, or a number written as one.
    pub(super) fn text(&mut self, node: &Node, field: &str) -> Option<String> {
        match &node.value {
            Value::Scalar { text, .. } if !node.is_null() => Some(text.clone()),
            _ => {
                self.is_no(node, field, "a text");
                None
            }
        }
    }

    /// A text that may be left empty.
    pub(super) fn optional_text(&mut self, node: &Node, field: &str) -> Option<String> {
        if node.is_null() { None } else { self.text(node, field) }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, node: &Node, field: &str) -> Vec<String> {
        match &node.value {
            Value::List(items) => items.iter().filter_map(|item| self.text(item, field)).collect(),
            _ if node.is_null() => Vec::new(),
            _ => {
                self.is_no(node, field, "a list of texts, such as [a, b]");
                Vec::new()
            }
        }
    }

    /// A text, or a list of them that is not empty, with their lines.
    pub(super) fn one_or_more(&mut self, node: &Node, field: &str) -> Vec<(u32, String)> {
        let Value::List(items) = &node.value else {
            return self.text(node, field).map(|text| (node.line, text)).into_iter().collect();
        };
        if items.is_empty() {
            self.wrong(node.line, field, "must not be an empty list");
        }
        items.iter().filter_map(|item| Some((item.line, self.text(item, field)?))).collect()
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node, field: &str) -> Option<bool> {
        if let Value::Scalar { text, plain: true } = &node.value {
            match text.to_ascii_lowercase().as_str() {
                "true" => return Some(true),
                "false" => return Some(false),
                _ => {}
            }
        }
        self.is_no(node, field, "true or false");
        None
    }

    /// A finite number; `fits` and `rule` say which.
    pub(super) fn number(
        &mut self,
        node: &Node,
        field: &str,
        fits: impl Fn(f64) -> bool,
        rule: &str,
    ) -> Option<f64> {
        let number = match &node.value {
            Value::Scalar { text, plain: true } => decimal(text),
            _ => None,
        };
        let Some(number) = number else {
            self.is_no(node, field, "a number");
            return None;
        };
        if fits(number) {
            return Some(number);
        }
        self.wrong(node.line, field, format!("{number} is not {rule}"));
        None
    }

    /// A whole number in a range.
    pub(super) fn whole(
        &mut self,
        node: &Node,
        field: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let number = match &node.value {
            Value::Scalar { text, plain: true } => text.parse::<u64>().ok(),
            _ => None,
        };
        let Some(number) = number else {
            self.is_no(node, field, "a whole number");
            return None;
        };
        if range.contains(&number) {
            return Some(number);
        }
        let (low, high) = (range.start(), range.end());
        self.wrong(node.line, field, format!("{number} is outside {low} to {high}"));
        None
    }

    /// One of some words.
    pub(super) fn word(
        &mut self,
        node: &Node,
        field: &str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let text = self.text(node, field)?;
        let word = words.iter().find(|word| **word == text).copied();
        if word.is_none() {
            self.wrong(node.line, field, format!("`{text}` is none of {}", words.join(", ")));
        }
        word
    }
}

/// A decimal number as the formats write it: no `inf`, no `nan`, no hexadecimal digits.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(plain) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers() {
        for (text, number) in
            [("1", 1.0), ("-2.50", -2.5), ("1e-6", 1e-6), (".5", 0.5), ("+3.", 3.0)]
        {
            assert_eq!(decimal(text), Some(number), "{text}");
        }
        for text in ["", "inf", "nan", "0x10", "1e999", "1 2", "e", "--1"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
