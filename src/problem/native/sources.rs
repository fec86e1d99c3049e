//! The programs of a package: solutions, generators and stubs.

use super::{MAX_SOURCE_BYTES, PLAIN, Reader, is_note, is_plain};
use crate::judge::{Language, Languages, Stub, Verdict};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// The language of a source file by its extension.
pub(super) fn language_of<'l>(file: &str, languages: &'l Languages) -> Option<&'l Language> {
    let (_, extension) = file.rsplit_once('.')?;
    languages.by_extension(extension)
}

impl<'a> Reader<'a> {
    /// Checks a source file: its name, its language, its text.
    fn source(&mut self, path: &str) -> io::Result<Option<&'a Language>> {
        let file = path.rsplit('/').next().unwrap_or(path);
        if is_note(file) {
            return Ok(None);
        }
        let Some(language) = language_of(file, self.rules.languages) else {
            let known = self.rules.languages.ids();
            let message = format!("its extension names no known language ({known})");
            self.mistakes.file(path, message);
            return Ok(None);
        };
        if !is_plain(file) {
            self.mistakes.file(path, PLAIN);
        }
        self.text(path, MAX_SOURCE_BYTES)?;
        Ok(Some(language))
    }

    pub(super) fn solutions(&mut self, stubs: &BTreeMap<String, Stub>) -> io::Result<()> {
        let mut accepted = false;
        for (rest, _) in self.tree.below("solutions/") {
            let path = format!("solutions/{rest}");
            let (folder, file) = match rest.split_once('/') {
                Some(parts) => parts,
                None if is_note(rest) => continue,
                None => {
                    let message = "belongs into a folder that says its verdict, such as \
                                   solutions/accepted/";
                    self.mistakes.file(&path, message);
                    continue;
                }
            };
            if Verdict::from_folder(folder).is_none() {
                let known: Vec<_> = Verdict::ALL.into_iter().filter_map(Verdict::folder).collect();
                let message = format!("is no verdict; one of {}", known.join(", "));
                self.mistakes.file(&format!("solutions/{folder}"), message);
            }
            if file.contains('/') {
                self.mistakes.file(&path, "a solution is one file; move it up");
                continue;
            }
            accepted |= folder == "accepted" && !is_note(file);
            let Some(language) = self.source(&path)? else { continue };
            if !stubs.is_empty() && !stubs.contains_key(&language.id) {
                let message = format!("the problem has no stub for it; add stubs/{}/", language.id);
                self.mistakes.file(&path, message);
            }
        }
        if self.rules.needs_accepted && !accepted {
            let message = "there is no accepted solution; add one, so that the tests are known \
                           to be solvable";
            self.mistakes.file("solutions/accepted", message);
        }
        Ok(())
    }

    pub(super) fn generators(&mut self) -> io::Result<()> {
        for (file, _) in self.tree.below("generators/") {
            let path = format!("generators/{file}");
            if file.contains('/') {
                self.mistakes.file(&path, "a generator is one file; move it up");
            } else {
                self.source(&path)?;
            }
        }
        Ok(())
    }

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
        for language in self.rules.languages.iter() {
            let own = stubs.contains_key(&language.id);
            let other = language.like.as_ref().and_then(|like| stubs.get(like)).cloned();
            if let (false, Some(stub)) = (own, other) {
                stubs.insert(language.id.clone(), stub);
            }
        }
        Ok(stubs)
    }
}
