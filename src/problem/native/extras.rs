//! What a package holds beside what it is judged with: further statements, attachments, and unit tests of its
//! validators and its checker.

use super::{
    MAX_STATEMENT_BYTES, Reader,
    names::{PLAIN, is_note, is_plain_path},
};
use crate::{
    judge::{StatementFile, StatementFormat},
    problem::{
        files::{Kind, MAX_TEST_BYTES},
        manifest::{Manifest, is_tongue},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// The largest file of `statements/` that is no text: a PDF or a picture, in bytes.
const MAX_PICTURE_BYTES: u64 = 64 << 20;
/// The language of a statement where nobody says one.
pub(in crate::problem) const DEFAULT_TONGUE: &str = "en";

/// The folders of inputs that a validator must refuse or take.
pub(in crate::problem) const UNIT_INPUTS: [&str; 2] = ["invalid_input", "valid_input"];
/// The folders of outputs that a checker must refuse or take.
pub(in crate::problem) const UNIT_OUTPUTS: [&str; 2] = ["invalid_output", "valid_output"];

/// Language and format of a statement by its name, `problem.<language>.<format>`.
fn statement<'n>(name: &'n str, manifest: &'n Manifest) -> Option<(&'n str, StatementFormat)> {
    let (rest, extension) = name.strip_prefix("problem.")?.rsplit_once('.').map_or_else(
        || Some((None, name.strip_prefix("problem.")?)),
        |(language, extension)| Some((Some(language), extension)),
    )?;
    let format = match extension {
        "md" => StatementFormat::Md,
        "tex" => StatementFormat::Tex,
        "pdf" => StatementFormat::Pdf,
        _ => return None,
    };
    let own = manifest.about.language.as_deref().unwrap_or(DEFAULT_TONGUE);
    Some((rest.unwrap_or(own), format))
}

impl Reader<'_> {
    /// The statements beside `statement.md`; pictures and styles are kept with them.
    pub(super) fn statements(&mut self, manifest: &Manifest) -> io::Result<Vec<StatementFile>> {
        let mut statements = Vec::new();
        for (name, kind) in self.tree.below("statements/") {
            let path = format!("statements/{name}");
            self.plain_file(&path, name, kind, MAX_PICTURE_BYTES);
            let Some((language, format)) = statement(name, manifest) else { continue };
            if !is_tongue(language) {
                let message = format!("`{language}` is no language; write it as `en` or `pt-BR`");
                self.mistakes.file(&path, message);
            }
            if format != StatementFormat::Pdf {
                self.text(&path, MAX_STATEMENT_BYTES)?;
            }
            let (path, language) = (name.to_owned(), language.to_owned());
            statements.push(StatementFile { path, language, format });
        }
        Ok(statements)
    }

    pub(super) fn attachments(&mut self) {
        for (name, kind) in self.tree.below("attachments/") {
            self.plain_file(&format!("attachments/{name}"), name, kind, MAX_TEST_BYTES);
        }
    }

    fn plain_file(&mut self, path: &str, name: &str, kind: Kind, most: u64) {
        if !is_plain_path(name) {
            self.mistakes.file(path, PLAIN);
        }
        if matches!(kind, Kind::Regular(size) if size > most) {
            self.mistakes.file(path, format!("is larger than {} MiB", most >> 20));
        }
    }

    /// Every unit test has all its files.
    pub(super) fn unit_tests(&mut self) {
        for folder in UNIT_INPUTS {
            self.units(folder, &["in"]);
        }
        for folder in UNIT_OUTPUTS {
            self.units(folder, &["in", "ans", "out"]);
        }
    }

    fn units(&mut self, folder: &str, extensions: &[&str]) {
        let tree = self.tree;
        let mut units: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (file, kind) in tree.below(&format!("{folder}/")) {
            if is_note(file) {
                continue;
            }
            let path = format!("{folder}/{file}");
            let parts = file.rsplit_once('.');
            let Some((name, extension)) = parts.filter(|(_, end)| extensions.contains(end)) else {
                let known = extensions.join(", .");
                self.mistakes.file(&path, format!("is none of .{known}"));
                continue;
            };
            self.plain_file(&path, name, kind, MAX_TEST_BYTES);
            units.entry(name).or_default().insert(extension);
        }
        for (name, there) in units {
            for missing in extensions.iter().filter(|extension| !there.contains(*extension)) {
                let message = format!("has no .{missing}; add {folder}/{name}.{missing}");
                self.mistakes.file(&format!("{folder}/{name}"), message);
            }
        }
    }
}
