//! Every code of a finding is documented, and some test in this folder makes it happen.

use std::{collections::BTreeSet, fs, path::Path};

/// The codes in the table of docs/verify.md.
fn documented(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join("docs/verify.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let severity = |rest: &str| ["error", "warning", "note"].iter().any(|s| rest.starts_with(s));
    rows.filter(|(_, rest)| severity(rest)).map(|(code, _)| code.to_owned()).collect()
}

/// Every text of a folder's Rust sources in quotes that could be a code, by the file's name.
fn quoted(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            quoted(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = |c: char| c.is_ascii_lowercase() || c == '-';
        let words = text.split('"').filter(|word| word.contains('-') && word.chars().all(code));
        found.extend(words.map(str::to_owned));
    }
}

#[test]
fn every_code_is_documented_and_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documented = documented(root);
    assert!(documented.len() >= 32, "{documented:?}");
    let (mut said, mut tested) = (BTreeSet::new(), BTreeSet::new());
    quoted(&root.join("src/verify"), &mut said);
    quoted(&root.join("tests/it/verify"), &mut tested);
    // Names of things that are no codes.
    for other in ["kebab-case", "wrong-answer", "no-final-newline"] {
        said.remove(other);
    }
    let missing =
        |from: &BTreeSet<String>| documented.difference(from).cloned().collect::<Vec<_>>();
    assert_eq!(missing(&said), [""; 0], "documented, but never told");
    assert_eq!(missing(&tested), [""; 0], "documented, but no test makes them happen");
    let undocumented: Vec<_> = said.difference(&documented).filter(|w| is_code(w)).collect();
    assert_eq!(undocumented, [""; 0], "told, but not documented");
}

/// Whether a text begins as codes do.
fn is_code(word: &str) -> bool {
    let topics = [
        "solution-",
        "judge-",
        "time-",
        "validator-",
        "input-",
        "valid-",
        "invalid-",
        "answer-",
        "checker-",
        "duplicate-",
        "sample-",
        "test-",
        "caught-",
        "bound-",
        "no-",
    ];
    topics.iter().any(|topic| word.starts_with(topic))
}
