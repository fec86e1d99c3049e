//! The programs that a package runs to be made and tested: solutions and generators.

use super::{
    MAX_SOURCE_BYTES, Reader,
    names::{PLAIN, is_note, is_pattern, is_plain_path},
    programs::{has_script, language_of},
    solutions::{self, Found},
};
use crate::{
    judge::{Expectation, Group, Language, Stub, Verdict, fits},
    problem::manifest::{self, Manifest},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

impl<'a> Reader<'a> {
    /// Checks a source file: its name, its text. Its language, unless it is said, is that of its extension.
    fn source(
        &mut self,
        path: &str,
        said: Option<&'a Language>,
    ) -> io::Result<Option<&'a Language>> {
        let languages = self.rules.languages;
        let Some(language) = said.or_else(|| language_of(path, languages)) else {
            let message = format!("its extension names no known language ({})", languages.ids());
            self.mistakes.file(path, message);
            return Ok(None);
        };
        let below = path.splitn(3, '/').last().unwrap_or(path);
        if !is_plain_path(below) {
            self.mistakes.file(path, PLAIN);
        }
        self.text(path, MAX_SOURCE_BYTES)?;
        Ok(Some(language))
    }

    pub(super) fn solutions(
        &mut self,
        manifest: &Manifest,
        stubs: &BTreeMap<String, Stub>,
        groups: &[Group],
    ) -> io::Result<()> {
        for (path, _) in self.tree.below("solutions/") {
            if !path.contains('/') && !is_note(path) {
                let message = "belongs into a folder that says its verdict, such as \
                               solutions/accepted/";
                self.mistakes.file(&format!("solutions/{path}"), message);
            }
        }
        let found = solutions::find(self.tree);
        self.entries_fit(manifest, &found);
        let mut accepted = false;
        for solution in &found {
            let folder = solution.folder();
            if !solutions::FOLDERS.contains(&folder) {
                let message = format!("is no verdict; one of {}", solutions::FOLDERS.join(", "));
                self.mistakes.file(&format!("solutions/{folder}"), message);
                continue;
            }
            let expectation = solutions::expectation(solution.path, manifest, groups);
            accepted |= folder == solutions::ACCEPTED || expectation.is_accepted();
            self.expected(solution, manifest, &expectation, groups);
            self.solution(solution, manifest, stubs)?;
        }
        if self.rules.needs_accepted && !accepted {
            let message = "there is no accepted solution; add one, so that the tests are known \
                           to be solvable";
            self.mistakes.file("solutions/accepted", message);
        }
        Ok(())
    }

    /// Checks the files of a solution.
    fn solution(
        &mut self,
        solution: &Found<'a>,
        manifest: &Manifest,
        stubs: &BTreeMap<String, Stub>,
    ) -> io::Result<()> {
        let path = format!("solutions/{}", solution.path);
        let said = solutions::said(solution.path, manifest);
        let language = said.language.and_then(|id| self.rules.languages.find(id));
        let main = match &solution.files {
            None => path.clone(),
            Some(files) => {
                let folder = format!("{path}/");
                let sized = |file: &&'a str| {
                    self.tree.get(&format!("{folder}{file}")).map(|kind| (*file, kind))
                };
                let sized = files.iter().filter_map(sized).collect();
                self.files(&folder, sized)?;
                let read = |file: &str| {
                    let path = format!("{folder}{file}");
                    self.text(&path, MAX_SOURCE_BYTES).map(Option::unwrap_or_default)
                };
                match solutions::entry(files, said.entry, read)? {
                    Ok(main) => format!("{folder}{main}"),
                    Err(why) => {
                        self.mistakes.file(&path, why);
                        return Ok(());
                    }
                }
            }
        };
        let Some(language) = self.source(&main, language)? else { return Ok(()) };
        if !stubs.is_empty() && !stubs.contains_key(&language.id) {
            let message = format!("the problem has no stub for it; add stubs/{}/", language.id);
            self.mistakes.file(&path, message);
        }
        Ok(())
    }

    /// Checks what is expected of a solution.
    fn expected(
        &mut self,
        solution: &Found<'_>,
        manifest: &Manifest,
        expectation: &Expectation,
        groups: &[Group],
    ) {
        let path = format!("solutions/{}", solution.path);
        if solution.folder() == solutions::MIXED && *expectation == Expectation::default() {
            let message = "its folder says no verdict; say in problem.toml what must become of it: \
                           [[solutions]] with path, permitted and required";
            self.mistakes.file(&path, message);
        }
        let scored = expectation.score.is_some();
        if scored && groups.is_empty() && manifest.static_validator.is_none() && manifest.readable {
            let message = "is expected to have a score, but no tests are worth points; add \
                           [[groups]] to problem.toml";
            self.mistakes.file(&path, message);
        }
        let (permitted, required) = (&expectation.permitted, &expectation.required);
        if !permitted.is_empty() && !required.is_empty() && permitted.is_disjoint(required) {
            let codes = |verdicts: &BTreeSet<Verdict>| {
                verdicts.iter().map(|verdict| verdict.code()).collect::<Vec<_>>().join(", ")
            };
            let message = format!(
                "cannot be as expected: a test must get {}, but none may; permitted is {}",
                codes(required),
                codes(permitted)
            );
            self.mistakes.file(&path, message);
        }
    }

    /// Checks what `[[solutions]]` names.
    fn entries_fit(&mut self, manifest: &Manifest, found: &[Found<'_>]) {
        let languages = self.rules.languages;
        for entry in &manifest.solutions {
            let wrong = |reader: &mut Self, line: u32, key: &str, message: String| {
                let field = format!("solutions.{key}");
                reader.mistakes.field(manifest::FILE, Some(line), &field, message);
            };
            let (pattern, line) = &entry.pattern;
            if !found.iter().any(|solution| fits(pattern, solution.path)) {
                let what = if is_pattern(pattern) { "fits no solution" } else { "is no solution" };
                wrong(self, *line, "path", format!("`{pattern}` {what} below solutions/"));
            }
            if let Some((id, line)) = &entry.language
                && !languages.iter().any(|language| language.id == *id)
            {
                let message = format!("`{id}` is no language; one of {}", languages.ids());
                wrong(self, *line, "language", message);
            }
            for (part, line) in entry.tests.iter().flatten() {
                let pattern = &part.pattern;
                if !self.tests.iter().any(|test| fits(pattern, test)) {
                    wrong(self, *line, "tests.pattern", format!("`{pattern}` fits no test"));
                }
            }
        }
    }

    /// Whether there is a program of this name in `generators/`: `Err` says why not.
    pub(super) fn generator(&mut self, name: &str) -> Result<(), String> {
        let tree = self.tree;
        let path = format!("generators/{name}");
        let folder = format!("{path}/");
        let files: Vec<&str> =
            tree.below(&folder).map(|(file, _)| file).filter(|file| !is_note(file)).collect();
        let languages = self.rules.languages;
        if tree.get(&path).is_some() {
            return match language_of(name, languages) {
                Some(_) => Ok(()),
                None => Err(format!("{path} is in no known language ({})", languages.ids())),
            };
        }
        if files.is_empty() || name.is_empty() {
            return Err(format!("there is no {path}"));
        }
        if has_script(&files) {
            return Ok(());
        }
        let read = |file: &str| {
            let text = self.text(&format!("{folder}{file}"), MAX_SOURCE_BYTES);
            text.map(Option::unwrap_or_default)
        };
        match solutions::entry(&files, None, read) {
            Ok(Ok(main)) if language_of(main, languages).is_some() => Ok(()),
            Ok(Ok(main)) => {
                Err(format!("{folder}{main} is in no known language ({})", languages.ids()))
            }
            Ok(Err(_)) => Err(format!(
                "{folder} has no main file; call one of its files main.*, or add a script `run`"
            )),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Checks the files of `generators/`: single programs and what lies beside them, and folders.
    pub(super) fn generators(&mut self) -> io::Result<()> {
        let (mut single, mut folders) = (Vec::new(), BTreeSet::new());
        for (path, kind) in self.tree.below("generators/") {
            match path.split_once('/') {
                Some((folder, _)) => _ = folders.insert(folder),
                None => single.push((path, kind)),
            }
        }
        let single = self.files("generators/", single)?;
        for file in single {
            if language_of(file, self.rules.languages).is_some() {
                self.text(&format!("generators/{file}"), MAX_SOURCE_BYTES)?;
            }
        }
        for folder in folders {
            self.folder(&format!("generators/{folder}/"))?;
        }
        Ok(())
    }
}
