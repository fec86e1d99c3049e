//! YAML with the line of every value, within bounds: its author is a stranger. Values stay text until a field's
//! reader says what they must be.

use saphyr_parser::{Event, Parser, ScalarStyle};
use std::{collections::HashMap, rc::Rc};

/// The largest file that is read, in bytes.
pub(super) const MAX_BYTES: u64 = 1 << 20;
/// Values in a file, those counted again that an alias repeats.
const MAX_NODES: usize = 50_000;
/// How deep maps and lists may lie in one another.
const MAX_DEPTH: usize = 32;

/// A value and its line.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: u32,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Text; `plain` when it was written without quotes, so that it may mean something else.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    /// In the order of the file; no key twice.
    Map(Vec<(Key, Rc<Node>)>),
}

/// A key of a map and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) line: u32,
    pub(super) text: String,
}

impl Node {
    /// Whether it is written as nothing: an empty value, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        let Value::Scalar { text, plain: true } = &self.value else { return false };
        matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// Why a file is no YAML that is taken, and the line.
pub(super) type Refusal = (u32, String);

/// Reads a file. `None` when there is nothing in it but comments.
pub(super) fn parse(text: &str) -> Result<Option<Rc<Node>>, Refusal> {
    let mut loader = Loader::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            (error.marker().line() as u32, format!("is no YAML: {}", error.info()))
        })?;
        loader.take(event, span.start.line() as u32)?;
    }
    Ok(loader.root.filter(|root| !root.is_null()))
}

/// A list or a map that is not at its end yet.
struct Open {
    line: u32,
    anchor: usize,
    /// Nodes that were counted before it.
    before: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Rc<Node>>),
    Map(Vec<(Key, Rc<Node>)>, Option<Key>),
}

#[derive(Default)]
struct Loader {
    root: Option<Rc<Node>>,
    documents: usize,
    open: Vec<Open>,
    /// By anchor: the value, and how many nodes it is made of.
    anchors: HashMap<usize, (Rc<Node>, usize)>,
    nodes: usize,
}

impl Loader {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), Refusal> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err((line, "holds a second document; keep one".to_owned()));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let value = Value::Scalar { text: text.into_owned(), plain };
                let before = self.nodes;
                self.count(1, line)?;
                self.put(Rc::new(Node { line, value }), anchor, before)
            }
            Event::SequenceStart(anchor, _) => self.enter(Inside::List(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => {
                self.enter(Inside::Map(Vec::new(), None), anchor, line)
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err((line, "an alias of something that holds it".to_owned()));
                };
                let before = self.nodes;
                self.count(size, line)?;
                self.put(node, 0, before)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, line: u32) -> Result<(), Refusal> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err((line, format!("is more than {MAX_NODES} values, aliases counted")));
        }
        Ok(())
    }

    fn enter(&mut self, inside: Inside, anchor: usize, line: u32) -> Result<(), Refusal> {
        if self.open.len() == MAX_DEPTH {
            return Err((line, format!("lists and maps are more than {MAX_DEPTH} deep")));
        }
        let before = self.nodes;
        self.count(1, line)?;
        self.open.push(Open { line, anchor, before, inside });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Refusal> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.inside {
            Inside::List(items) => Value::List(items),
            Inside::Map(entries, _) => Value::Map(entries),
        };
        self.put(Rc::new(Node { line: open.line, value }), open.anchor, open.before)
    }

    fn put(&mut self, node: Rc<Node>, anchor: usize, before: usize) -> Result<(), Refusal> {
        if anchor > 0 {
            self.anchors.insert(anchor, (Rc::clone(&node), self.nodes - before));
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map(entries, key)) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                } else {
                    let Value::Scalar { text, .. } = &node.value else {
                        return Err((node.line, "a key must be a text".to_owned()));
                    };
                    if entries.iter().any(|(known, _)| known.text == *text) {
                        return Err((node.line, format!("`{text}` is there twice; keep one")));
                    }
                    *key = Some(Key { line: node.line, text: text.clone() });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(node: &Node) -> &[(Key, Rc<Node>)] {
        let Value::Map(entries) = &node.value else { panic!("{node:?}") };
        entries
    }

    #[test]
    fn every_value_has_its_line() {
        let text = "# a comment\nname: {en: x}\nlist:\n- a\n- 'b'\nold: &a [1, 2]\nnew: *a\n";
        let root = parse(text).unwrap().unwrap();
        let lines: Vec<_> =
            entries(&root).iter().map(|(key, _)| (key.text.as_str(), key.line)).collect();
        assert_eq!(lines, [("name", 2), ("list", 3), ("old", 6), ("new", 7)]);
        let Value::List(list) = &entries(&root)[1].1.value else { panic!() };
        assert_eq!(list[1].line, 5);
        assert!(matches!(&list[1].value, Value::Scalar { text, plain: false } if text == "b"));
        let Value::List(list) = &entries(&root)[3].1.value else { panic!() };
        assert_eq!(list.len(), 2);
        for empty in ["", "# only a comment\n", "~\n", "---\n"] {
            assert!(parse(empty).unwrap().is_none(), "{empty:?}");
        }
    }

    #[test]
    fn bombs_and_nonsense_are_refused_with_their_line() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..9 {
            let items = vec![format!("*a{}", n - 1); 10].join(", ");
            bomb.push_str(&format!("a{n}: &a{n} [{items}]\n"));
        }
        let (line, why) = parse(&bomb).unwrap_err();
        assert_eq!((line, why.as_str()), (5, "is more than 50000 values, aliases counted"));
        let deep = format!("a: {}{}", "[".repeat(40), "]".repeat(40));
        assert!(parse(&deep).unwrap_err().1.contains("32 deep"));
        assert_eq!(
            parse("a: 1\nb: 2\na: 3\n").unwrap_err(),
            (3, "`a` is there twice; keep one".to_owned())
        );
        assert_eq!(parse("a: [1\nb: 2\n").unwrap_err().0, 2);
        assert!(parse("a: *nobody\n").unwrap_err().1.starts_with("is no YAML"));
        assert!(parse("&a [*a]\n").is_err());
        assert!(parse("? [a]\n: b\n").unwrap_err().1.contains("must be a text"));
        assert!(parse("a: 1\n---\nb: 1\n").unwrap_err().1.contains("second document"));
    }
}
