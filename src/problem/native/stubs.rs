//! The code of a package around and beside a user's own: `stubs/` and `include/`.

use super::{MAX_SOURCE_BYTES, Reader, names::is_note};
use crate::{
    judge::{Include, Stub},
    problem::manifest::{self, Manifest},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// The folder of `include/` for the languages that have none of their own.
const DEFAULT: &str = "default";

impl Reader<'_> {
    pub(super) fn stubs(&mut self) -> io::Result<BTreeMap<String, Stub>> {
        let mut stubs: BTreeMap<String, Stub> = BTreeMap::new();
        let mut parts = BTreeSet::new();
        for (rest, _) in self.tree.below("stubs/") {
            let path = format!("stubs/{rest}");
            let (folder, file) = match rest.split_once('/') {
                Some(split) => split,
                None if is_note(rest) => continue,
                None => {
                    self.mistakes.file(&path, "belongs into a folder named after its language");
                    continue;
                }
            };
            let Some(language) = self.rules.languages.iter().find(|l| l.id == folder) else {
                let known = self.rules.languages.ids();
                let message = format!("`{folder}` is no language; one of {known}");
                self.mistakes.file(&format!("stubs/{folder}"), message);
                continue;
            };
            let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
            let mut known = language.extensions.iter().map(String::as_str);
            let fits = extension == language.extension() || known.any(|known| known == extension);
            if !fits || !["start", "user", "end"].contains(&stem) {
                if !is_note(file) {
                    let e = language.extension();
                    let message = format!("a stub is made of start.{e}, user.{e} and end.{e}");
                    self.mistakes.file(&path, message);
                }
                continue;
            }
            if !parts.insert((folder, stem)) {
                self.mistakes.file(&path, format!("there are two files `{stem}`; keep one"));
            }
            let text = self.text(&path, MAX_SOURCE_BYTES)?.unwrap_or_default();
            let stub = stubs.entry(folder.to_owned()).or_default();
            match stem {
                "start" => stub.start = text,
                "user" => stub.user = text,
                _ => stub.end = text,
            }
        }
        self.for_variants(&mut stubs);
        Ok(stubs)
    }

    /// What there is for a language serves its variants as well.
    fn for_variants<T: Clone>(&self, by_language: &mut BTreeMap<String, T>) {
        for language in self.rules.languages.iter() {
            let own = by_language.contains_key(&language.id);
            let other = language.like.as_ref().and_then(|like| by_language.get(like)).cloned();
            if let (false, Some(other)) = (own, other) {
                by_language.insert(language.id.clone(), other);
            }
        }
    }

    /// The files that lie beside submissions, by language id or `default`.
    pub(super) fn include(&mut self, manifest: &Manifest) -> io::Result<BTreeMap<String, Include>> {
        let mut folders = BTreeSet::new();
        for (rest, _) in self.tree.below("include/") {
            match rest.split_once('/') {
                Some((folder, _)) => _ = folders.insert(folder),
                None if is_note(rest) => {}
                None => {
                    let message = "belongs into a folder named after its language, or into \
                                   include/default/";
                    self.mistakes.file(&format!("include/{rest}"), message);
                }
            }
        }
        let mut include = BTreeMap::new();
        for folder in folders {
            if folder != DEFAULT && !self.rules.languages.iter().any(|l| l.id == folder) {
                let known = self.rules.languages.ids();
                let message = format!("`{folder}` is no language; one of {known}, or {DEFAULT}");
                self.mistakes.file(&format!("include/{folder}"), message);
                continue;
            }
            let files = self.folder(&format!("include/{folder}/"))?;
            let files = files.into_iter().map(str::to_owned).collect();
            let folder = folder.to_owned();
            include.insert(folder.clone(), Include { files, folder, ..Include::default() });
        }
        for (language, said) in &manifest.include {
            let wrong = |reader: &mut Self, key: &str, message: &str| {
                let field = format!("include.{language}{key}");
                reader.mistakes.field(manifest::FILE, Some(said.line), &field, message);
            };
            let Some(own) = include.get_mut(language) else {
                wrong(self, "", &format!("there are no files in include/{language}/"));
                continue;
            };
            if let Some(entry) = &said.entry
                && !own.files.contains(entry)
            {
                wrong(self, ".entry", &format!("there is no include/{language}/{entry}"));
            }
            if let Some(user) = &said.user
                && !super::names::is_plain(user)
            {
                wrong(self, ".user", super::names::PLAIN);
            }
            own.entry.clone_from(&said.entry);
            own.user.clone_from(&said.user);
        }
        self.for_variants(&mut include);
        Ok(include)
    }
}
