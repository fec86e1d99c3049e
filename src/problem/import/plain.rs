//! Plain folders of tests: inputs and answers whose names belong together, and nothing else.
//!
//! | input | answer |
//! | --- | --- |
//! | `NAME.in` | `NAME.out`, `NAME.ans`, `NAME.a` |
//! | `inputNAME.txt`, `inNAME.txt` | `outputNAME.txt`, `outNAME.txt`, `answerNAME.txt` |
//! | `NAME` without an extension | `NAME.a` |
//!
//! Folders called `input`, `in`, `output`, `out` or `answers` only sort the files and count for
//! nothing; `samples` and `examples` make samples. Numbers in the names get the same width, so that the
//! tests' order is the natural one.

use super::{Ignored, carry};
use crate::judge::About;
use crate::problem::{
    files::{Tree, create},
    manifest,
    mistake::Mistakes,
    native::{STATEMENT, is_note},
    spec::Spec,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    path::Path,
};

/// Folders that tell inputs from answers.
const SORTING: [&str; 8] =
    ["input", "inputs", "in", "output", "outputs", "out", "answer", "answers"];
/// Folders whose tests are samples.
const SAMPLES: [&str; 4] = ["sample", "samples", "example", "examples"];
/// Digits beyond which a number in a name stays as it is.
const LONGEST_NUMBER: usize = 18;

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    Answer,
    /// A file without an extension: an input if there is an answer to it.
    Perhaps,
}

/// Whether a name is one of those that inputs and answers have.
pub(super) fn is_test_file(path: &str) -> bool {
    matches!(classify(path), Some((Role::Input | Role::Answer, _)))
}

/// The role of a file, and what it has in common with its partner.
fn classify(path: &str) -> Option<(Role, String)> {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    if is_note(file) {
        return None;
    }
    let (role, stem) = role(file)?;
    let sorts = |folder: &&str| SORTING.contains(&folder.to_ascii_lowercase().as_str());
    let mut parts: Vec<&str> =
        folders.split('/').filter(|part| !part.is_empty() && !sorts(part)).collect();
    parts.push(if stem.is_empty() { "test" } else { stem });
    Some((role, parts.join("/")))
}

fn role(file: &str) -> Option<(Role, &str)> {
    let Some((stem, extension)) = file.rsplit_once('.') else {
        return Some((Role::Perhaps, file));
    };
    match extension.to_ascii_lowercase().as_str() {
        "in" => Some((Role::Input, stem)),
        "out" | "ans" | "a" => Some((Role::Answer, stem)),
        "txt" => {
            let lower = stem.to_ascii_lowercase();
            let after = |word: &str| {
                let rest = lower.strip_prefix(word)?;
                // `inversions.txt` is no input.
                (!rest.starts_with(|c: char| c.is_ascii_alphabetic()))
                    .then(|| stem[word.len()..].trim_start_matches(['-', '_', '.', ' ']))
            };
            let input = ["input", "in"].into_iter().find_map(after);
            let answer = || ["output", "out", "answer"].into_iter().find_map(after);
            input
                .map(|stem| (Role::Input, stem))
                .or_else(|| answer().map(|stem| (Role::Answer, stem)))
        }
        _ => None,
    }
}

/// An input and its answer, as far as they were found.
#[derive(Default)]
struct Pair<'t> {
    input: Option<&'t str>,
    answer: Option<&'t str>,
}

/// Writes the package that the files are into `into`. `name` is what it is called, if it is called
/// anything.
pub(super) fn import(
    package: &Path,
    tree: &Tree,
    into: &Path,
    name: Option<&str>,
    mistakes: &mut Mistakes,
    ignored: &mut Vec<Ignored>,
) -> io::Result<()> {
    let pairs = pairs(tree, mistakes, ignored);
    for (name, pair) in named(&pairs, mistakes) {
        let (Some(input), Some(answer)) = (pair.input, pair.answer) else { continue };
        carry(package, tree, input, into, &format!("tests/{name}.in"), mistakes)?;
        carry(package, tree, answer, into, &format!("tests/{name}.out"), mistakes)?;
    }
    let title = name.map(title).filter(|title| !title.is_empty());
    let Some(title) = title else {
        let message = "the tests are in no folder that could name the problem; say --slug";
        mistakes.file(".", message);
        return Ok(());
    };
    let nothing = "there is no solution, so nothing proves that the answers are right or that the \
                   limits can be kept";
    ignored.push(Ignored::file(".", nothing));
    let about = About { format: Some(super::detect::FILES.to_owned()), ..About::default() };
    let spec = Spec { title: title.clone(), about, ..Spec::default() };
    let manifest = spec.to_toml().map_err(io::Error::other)?;
    create(&into.join(manifest::FILE))?.write_all(manifest.as_bytes())?;
    let statement = format!("# {title}\n\nThese tests came without a statement.\n");
    create(&into.join(STATEMENT))?.write_all(statement.as_bytes())
}

/// A name as a title: one line of a title's length.
fn title(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    plain.trim().to_owned()
}

/// The files by what they have in common; what has no partner is a mistake.
fn pairs<'t>(
    tree: &'t Tree,
    mistakes: &mut Mistakes,
    ignored: &mut Vec<Ignored>,
) -> BTreeMap<String, Pair<'t>> {
    let mut pairs: BTreeMap<String, Pair<'t>> = BTreeMap::new();
    let mut perhaps = Vec::new();
    for (path, _) in tree.iter() {
        match classify(path) {
            Some((Role::Perhaps, key)) => perhaps.push((path, key)),
            Some((role, key)) => {
                let pair = pairs.entry(key).or_default();
                let place = if role == Role::Input { &mut pair.input } else { &mut pair.answer };
                match place.replace(path) {
                    None => {}
                    Some(first) => {
                        let message = format!("and {first} are of the same test; keep one of them");
                        mistakes.file(path, message);
                    }
                }
            }
            None => ignored.push(Ignored::file(path, STRANGER)),
        }
    }
    for (path, key) in perhaps {
        match pairs.get_mut(&key) {
            Some(pair) if pair.input.is_none() => pair.input = Some(path),
            _ => ignored.push(Ignored::file(path, STRANGER)),
        }
    }
    for pair in pairs.values() {
        match (pair.input, pair.answer) {
            (Some(input), None) => {
                let message =
                    "has no answer beside it; name it as the input, with .out, .ans or .a";
                mistakes.file(input, message);
            }
            (None, Some(answer)) => {
                mistakes.file(answer, "has no input beside it; name it as the answer, with .in");
            }
            _ => {}
        }
    }
    pairs
}

const STRANGER: &str = "its name is neither that of an input nor that of an answer";

/// The pairs under the names that their tests get.
fn named<'p, 't>(
    pairs: &'p BTreeMap<String, Pair<'t>>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, &'p Pair<'t>> {
    let shared = shared_folder(pairs.keys());
    let keys = || pairs.keys().map(|key| &key[shared..]);
    let width = keys().flat_map(numbers).filter(|&run| run <= LONGEST_NUMBER).max().unwrap_or(0);
    let mut tests = BTreeMap::new();
    let mut files = BTreeSet::new();
    for (key, pair) in pairs {
        let name = test_name(&key[shared..], width);
        if !files.insert(name.to_ascii_lowercase()) {
            let path = pair.input.or(pair.answer).unwrap_or(key);
            mistakes.file(path, format!("another test would be called `{name}` too; rename one"));
        }
        tests.insert(name, pair);
    }
    tests
}

/// The length of a folder, with its slash, that all names begin with and that is no samples' folder.
fn shared_folder<'k>(mut keys: impl Iterator<Item = &'k String> + Clone) -> usize {
    let first = keys.clone().next().and_then(|key| key.split_once('/'));
    let Some((folder, _)) = first else { return 0 };
    let is_sample = SAMPLES.contains(&folder.to_ascii_lowercase().as_str());
    let all = keys.all(|key| key.split_once('/').is_some_and(|(first, _)| first == folder));
    if all && !is_sample { folder.len() + 1 } else { 0 }
}

/// The lengths of the numbers in a name, without leading zeros.
fn numbers(name: &str) -> impl Iterator<Item = usize> + '_ {
    name.split(|c: char| !c.is_ascii_digit())
        .map(|digits| digits.trim_start_matches('0').len().max(usize::from(!digits.is_empty())))
}

/// The name of a test: plain characters, numbers of this width.
fn test_name(key: &str, width: usize) -> String {
    let mut parts: Vec<String> = key.split('/').map(|part| padded(part, width)).collect();
    if let [folder, _, ..] = &mut parts[..]
        && SAMPLES.contains(&folder.to_ascii_lowercase().as_str())
    {
        "sample".clone_into(folder);
    }
    parts.join("/")
}

fn padded(part: &str, width: usize) -> String {
    let mut name = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, name: &mut String| {
        let number = digits.trim_start_matches('0');
        if !digits.is_empty() && number.len() <= LONGEST_NUMBER {
            name.push_str(&format!("{number:0>width$}"));
        } else {
            name.push_str(digits);
        }
        digits.clear();
    };
    for c in part.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        flush(&mut digits, &mut name);
        let plain = c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        name.push(if plain { c } else { '_' });
    }
    flush(&mut digits, &mut name);
    if name.starts_with(['-', '.']) {
        name.insert(0, '_');
    }
    name
}
