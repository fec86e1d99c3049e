//! Packages of the ICPC family: what they become, and their mistakes.

mod data;
mod metadata;
mod programs;
mod submissions;

use super::{Ignored, import};
use crate::{
    judge::Languages,
    problem::{
        files::{at, scan},
        mistake::Mistakes,
    },
};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// A package that is being written, right until something is changed.
pub(super) struct Package {
    dir: TempDir,
}

/// What became of a package.
pub(super) struct Imported {
    into: TempDir,
    pub(super) mistakes: Vec<String>,
    pub(super) ignored: Vec<String>,
}

const LATEST: &str =
    "problem_format_version: 2025-09\nname: Sum\nuuid: 8ee7605a-da18-8ca0-1c75-fc0ad9c6be71\n";

impl Package {
    /// A minimal package of `2025-09`; `more` is put at the end of problem.yaml.
    pub(super) fn latest(more: &str) -> Self {
        Self::new(&format!("{LATEST}{more}"), "statement")
    }

    /// A minimal package of `legacy`; `more` is put at the end of problem.yaml.
    pub(super) fn legacy(more: &str) -> Self {
        Self::new(&format!("name: Sum\n{more}"), "problem_statement")
    }

    fn new(yaml: &str, statement: &str) -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
            .file("problem.yaml", yaml)
            .file(&format!("{statement}/problem.en.tex"), "\\problemname{Sum}\nAdd them.\n")
            .test("sample/1")
            .test("secret/1")
            .file("input_validators/valid.py", "raise SystemExit(42)\n")
            .file("submissions/accepted/sum.py", "print(sum(map(int, input().split())))\n")
    }

    /// Adds or replaces a file.
    pub(super) fn file(self, path: &str, text: &str) -> Self {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Adds a test.
    pub(super) fn test(self, name: &str) -> Self {
        self.file(&format!("data/{name}.in"), "1 2\n").file(&format!("data/{name}.ans"), "3\n")
    }

    /// Removes a file or a folder.
    pub(super) fn without(self, path: &str) -> Self {
        let path = self.dir.path().join(path);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        self
    }

    /// Imports it.
    pub(super) fn import(&self) -> Imported {
        let into = tempfile::tempdir().unwrap();
        let (mut mistakes, mut ignored) = (Mistakes::default(), Vec::new());
        let tree = scan(self.dir.path(), &mut mistakes).unwrap();
        let languages = languages();
        import(self.dir.path(), &tree, into.path(), &languages, &mut mistakes, &mut ignored)
            .unwrap();
        Imported {
            into,
            mistakes: mistakes.into_vec().iter().map(ToString::to_string).collect(),
            ignored: ignored.iter().map(Ignored::to_string).collect(),
        }
    }

    /// The mistakes of a package that must have some.
    pub(super) fn mistakes(&self) -> Vec<String> {
        let mistakes = self.import().mistakes;
        assert!(!mistakes.is_empty(), "nothing is wrong");
        mistakes
    }

    /// What becomes of a package in which nothing is wrong.
    pub(super) fn right(&self) -> Imported {
        let imported = self.import();
        assert_eq!(imported.mistakes, Vec::<String>::new());
        imported
    }
}

impl Imported {
    /// A file of the native package.
    pub(super) fn text(&self, path: &str) -> String {
        let path: PathBuf = self.into.path().join(path);
        fs::read_to_string(&path).map_err(at(&path)).unwrap()
    }

    /// The paths of all files of the native package below a folder.
    pub(super) fn files(&self, folder: &str) -> Vec<String> {
        let tree = scan(self.into.path(), &mut Mistakes::default()).unwrap();
        tree.below(folder).map(|(path, _)| path.to_owned()).collect()
    }

    /// A value of problem.toml, by its path.
    pub(super) fn value(&self, path: &str) -> toml::Value {
        let root: toml::Table = self.text("problem.toml").parse().unwrap();
        let mut value = toml::Value::Table(root);
        for part in path.split('.') {
            value = match part.parse::<usize>() {
                Ok(at) => value[at].clone(),
                Err(_) => value
                    .get(part)
                    .unwrap_or_else(|| panic!("no {part} of {path}: {value}"))
                    .clone(),
            };
        }
        value
    }

    /// Whether a value of problem.toml is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.text("problem.toml").parse::<toml::Table>().unwrap().contains_key(key)
    }
}

fn languages() -> Languages {
    crate::templates::languages(&[]).unwrap()
}
