//! The paths that a Rust source names: as much of the language as that takes.

/// A path such as `crate::judge::Verdict`, and the line on which it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub path: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Into,
    Sign(char),
}

/// Every path in a source, with the trees of `use` unfolded. Comments, texts and items under
/// `#[cfg(test)]` have none.
pub fn paths(source: &str) -> Vec<Named> {
    let mut reader = Reader { tokens: tokens(source), at: 0, found: Vec::new() };
    while reader.at < reader.tokens.len() {
        if reader.is_at("#[cfg(test)]") {
            reader.skip_item();
        } else if reader.word() == Some("use") {
            reader.at += 1;
            reader.tree(&[]);
        } else {
            reader.path();
        }
    }
    reader.found
}

fn tokens(source: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut line, mut at) = (Vec::new(), 1, 0);
    while let Some(&c) = chars.get(at) {
        let rest = &chars[at..];
        let length = match c {
            '/' if rest.starts_with(&['/', '/']) => until_line_end(rest),
            '/' if rest.starts_with(&['/', '*']) => comment(rest),
            '"' => text(rest),
            '\'' => letter(rest),
            _ if c.is_alphanumeric() || c == '_' => {
                let length = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
                let (word, after) = rest.split_at(length);
                let text = raw_text(word, after);
                if text == 0 {
                    tokens.push((line, Token::Word(word.iter().collect())));
                }
                length + text
            }
            ':' if rest.starts_with(&[':', ':']) => {
                tokens.push((line, Token::Into));
                2
            }
            _ => {
                if !c.is_whitespace() {
                    tokens.push((line, Token::Sign(c)));
                }
                1
            }
        };
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        at += length;
    }
    tokens
}

fn until_line_end(rest: &[char]) -> usize {
    rest.iter().position(|c| *c == '\n').unwrap_or(rest.len())
}

/// The length of a comment, which may hold others.
fn comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn text(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of `'x'`, or of the quotation mark alone where a lifetime begins.
fn letter(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] => 3 + rest.iter().skip(3).take_while(|c| **c != '\'').count(),
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

/// The length of a text without escapes, whose `r` has just been read; 0 where none begins.
fn raw_text(word: &[char], rest: &[char]) -> usize {
    let is_raw = [&['r'][..], &['b', 'r'], &['c', 'r']].contains(&word);
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    if !is_raw || rest.get(hashes) != Some(&'"') {
        return 0;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let inner = rest[hashes + 1..].windows(end.len()).position(|window| window == end);
    inner.map_or(rest.len(), |inner| hashes + 1 + inner + end.len())
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    found: Vec<Named>,
}

impl Reader {
    fn token(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn word(&self) -> Option<&str> {
        match self.token() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Steps over a token if it is there.
    fn eat(&mut self, token: &Token) -> bool {
        let there = self.token() == Some(token);
        self.at += usize::from(there);
        there
    }

    fn is_at(&self, source: &str) -> bool {
        let expected = tokens(source);
        let here = self.tokens[self.at..].iter().map(|(_, token)| token);
        here.take(expected.len()).eq(expected.iter().map(|(_, token)| token))
    }

    /// Steps over an attribute and the item it belongs to, which ends with `;` or a block.
    fn skip_item(&mut self) {
        let mut depth = 0;
        while let Some(token) = self.token().cloned() {
            self.at += 1;
            match token {
                Token::Sign('{' | '(' | '[') => depth += 1,
                Token::Sign(')' | ']') => depth -= 1,
                Token::Sign('}') => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                Token::Sign(';') if depth == 0 => return,
                _ => {}
            }
        }
    }

    /// Reads a path in the midst of other code, or steps over one token.
    fn path(&mut self) {
        let mut path = Vec::new();
        while let Some(word) = self.word().map(str::to_owned) {
            path.push(word);
            self.at += 1;
            if !self.eat(&Token::Into) {
                break;
            }
        }
        if path.len() > 1 {
            self.note(path);
        } else if path.is_empty() {
            self.at += 1;
        }
    }

    /// Reads a tree of `use`; `before` is what stands before its opening brace.
    fn tree(&mut self, before: &[String]) {
        let mut path = before.to_vec();
        self.eat(&Token::Into);
        loop {
            match self.token().cloned() {
                Some(Token::Word(word)) => path.push(word),
                Some(Token::Sign('*')) => path.push("*".to_owned()),
                Some(Token::Sign('{')) => {
                    self.at += 1;
                    while self.token().is_some() && !self.eat(&Token::Sign('}')) {
                        self.tree(&path);
                        self.eat(&Token::Sign(','));
                    }
                    return;
                }
                _ => break,
            }
            self.at += 1;
            if !self.eat(&Token::Into) {
                break;
            }
        }
        if self.word() == Some("as") {
            self.at += 2;
        }
        if path.is_empty() {
            // Not the tree of an import: `use<'a>` in a type.
            self.at += 1;
        } else {
            self.note(path);
        }
    }

    fn note(&mut self, path: Vec<String>) {
        let line = self.tokens[self.at.min(self.tokens.len()) - 1].0;
        self.found.push(Named { line, path });
    }
}

#[test]
fn paths_are_read_as_the_compiler_does() {
    let source = r##"
        //! crate::comment::A
        /* crate::comment::B /* crate::comment::C */ crate::comment::D */
        use std::{fs::{self, File}, io as other};
        pub(super) use super::x::*;
        use ::tokio;
        #[derive(serde::Serialize)]
        fn f<'a>(x: &'a str) -> crate::judge::Verdict {
            let (text, raw) = ("crate::text::A \" crate::text::B", r#"crate::"::B"#);
            let c = ['\'', '"', 'x', '\u{41}'];
            tokio::spawn(crate::worker::run::<crate::hub::Tail>(a ? b::c : d));
        }
        #[cfg(test)]
        mod tests;
        #[cfg(test)]
        #[allow(x)]
        mod more {
            use crate::tests::A;
            fn f() { g::<[u8; 3]>(); }
        }
        use last::one;
    "##;
    let found: Vec<String> = paths(source).iter().map(|named| named.path.join("::")).collect();
    let expected = [
        "std::fs::self",
        "std::fs::File",
        "std::io",
        "super::x::*",
        "tokio",
        "serde::Serialize",
        "crate::judge::Verdict",
        "tokio::spawn",
        "crate::worker::run",
        "crate::hub::Tail",
        "b::c",
        "last::one",
    ];
    assert_eq!(found, expected);
    let line = |path: &str| {
        paths(source).into_iter().find(|named| named.path.join("::") == path).unwrap().line
    };
    assert_eq!((line("std::io"), line("tokio::spawn"), line("last::one")), (4, 11, 21));
}
