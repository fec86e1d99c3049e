//! Example submissions: which are taken over, and what must become of each.

mod expected;
mod settings;

use super::{Ignored, Importer, codes, programs::Found};
use crate::{
    judge::{Expectation, Language},
    problem::{files::Kind, spec::SolutionSpec},
};
use expected::{Folder, folder};
use std::{collections::BTreeMap, io};

/// What setters put after the names of what is not to be run.
const DISABLED: &str = ".disabled";

/// A submission that is taken over.
#[derive(Debug)]
struct Taken {
    /// Its path below `submissions/`.
    path: String,
    /// Its path below `solutions/`.
    to: String,
    entry: Option<String>,
    /// Set where its files do not say its language.
    language: Option<String>,
    expectation: Option<Expectation>,
}

impl Importer<'_> {
    /// Takes the submissions over.
    pub(super) fn submissions(&mut self) -> io::Result<()> {
        let rules = self.rules()?;
        let mut all: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (path, kind) in self.tree.below("submissions/") {
            let from = format!("submissions/{path}");
            let parts: Vec<&str> = path.splitn(3, '/').collect();
            let (name, file) = match parts[..] {
                [folder, file] => (format!("{folder}/{file}"), file.to_owned()),
                [folder, name, rest] => (format!("{folder}/{name}"), rest.to_owned()),
                _ => {
                    if !matches!(path, settings::NAME) {
                        let reason = "lies in no folder that says its verdict, such as submissions/accepted/";
                        self.ignored.push(Ignored::file(from, reason));
                    }
                    continue;
                }
            };
            if matches!(kind, Kind::Regular(_)) {
                all.entry(name).or_default().push((from, file));
            }
        }
        let (mut taken, mut accepted) = (Vec::new(), false);
        for (path, files) in all {
            accepted |= path.starts_with("accepted/");
            if let Some(one) = self.submission(path, files, &rules)? {
                taken.push(one);
            }
        }
        if !accepted {
            self.mistakes.file("submissions/accepted", "there is no accepted submission; add one");
        }
        self.unmatched(&rules, &taken.iter().map(|one| one.path.as_str()).collect::<Vec<_>>());
        for one in taken {
            let mut spec = SolutionSpec {
                path: one.to.clone(),
                entry: one.entry,
                language: one.language,
                ..SolutionSpec::default()
            };
            let mut expectation = one.expectation.unwrap_or_default();
            self.apply(&rules, &one.path, &mut expectation, &mut spec);
            if one.to.starts_with("mixed/")
                && expectation.permitted.is_empty()
                && expectation.required.is_empty()
            {
                // The folder says nothing: everything is permitted.
                expectation = expected::any(expectation);
            }
            spec.expectation = expectation;
            let silent = spec.entry.is_none()
                && spec.language.is_none()
                && spec.time_limit.is_none()
                && spec.expectation == Expectation::default();
            if !silent {
                self.spec.solutions.push(spec);
            }
        }
        Ok(())
    }

    /// Takes over one submission. What this judge cannot run is noted.
    fn submission(
        &mut self,
        path: String,
        files: Vec<(String, String)>,
        rules: &settings::Rules,
    ) -> io::Result<Option<Taken>> {
        let place = format!("submissions/{path}");
        let (directory, name) = path.split_once('/').unwrap_or((&path, ""));
        let single = files.len() == 1 && files[0].1 == name;
        if name.ends_with(DISABLED) {
            self.ignored.push(Ignored::file(place, "its name says that it is disabled"));
            return Ok(None);
        }
        if single && (name.starts_with("README") || !name.contains('.')) {
            self.ignored
                .push(Ignored::file(place, "is no program in a language that is known here"));
            return Ok(None);
        }
        let program = Found { name: name.to_owned(), path: place.clone(), files };
        let annotated = self.annotated(&program)?;
        let known = rules.know_folder(directory);
        let Some(Folder { to, expectation }) =
            folder(directory, self.meta.version, known, annotated)
        else {
            let reason = "the format has no such folder, and nothing says what must become of it";
            self.ignored.push(Ignored::file(place, reason));
            return Ok(None);
        };
        let language = match self.language_of(&program, rules.language(&path)) {
            Ok(language) => language,
            Err(reason) => {
                self.ignored.push(Ignored::file(place, reason));
                return Ok(None);
            }
        };
        let (id, same) = (language.id.clone(), codes_agree(&program, language, self));
        let main =
            if single { name.to_owned() } else { self.entry(&program, &id, rules.entry(&path)) };
        let from =
            program.files.iter().find(|(_, file)| *file == main).map(|(from, _)| from.clone());
        if id == "python"
            && let Some(from) = from
        {
            let text = self.optional(&from)?.unwrap_or_default();
            let marked = rules.language(&path) == Some("python2");
            if marked || codes::is_python_2(&main, &text) && self.meta.version.is_legacy() {
                self.ignored.push(Ignored::file(place, "there is no Python 2 here"));
                return Ok(None);
            }
        }
        // Several folders may become one.
        let new = if directory == to { name.to_owned() } else { format!("{directory}-{name}") };
        let place = format!("solutions/{to}/{new}");
        for (from, file) in &program.files {
            let to = if single { place.clone() } else { format!("{place}/{file}") };
            self.put(from, &to)?;
        }
        Ok(Some(Taken {
            to: format!("{to}/{new}"),
            entry: (!single).then_some(main),
            language: (!same).then_some(id),
            expectation,
            path,
        }))
    }

    /// The language of a submission; the error says why it is none here.
    fn language_of(&self, program: &Found, said: Option<&str>) -> Result<&Language, String> {
        if let Some(code) = said {
            return codes::language(code, self.languages)
                .ok_or_else(|| format!("`{code}` is no language that is known here"));
        }
        let files = || program.files.iter().map(|(_, file)| file.as_str());
        let mut found: Vec<&Language> = Vec::new();
        for file in files().filter(|file| !file.contains('/')) {
            if let Some(language) = codes::by_file(file, self.languages)
                && !found.iter().any(|known| known.id == language.id)
            {
                found.push(language);
            }
        }
        match *found {
            [only] => Ok(only),
            // A C program with parts in C++ is one of C++.
            [a, b] if [&*a.id, &*b.id].iter().all(|id| matches!(*id, "c" | "cpp")) => {
                Ok(if a.id == "cpp" { a } else { b })
            }
            [] => {
                let file = files().next().unwrap_or_default();
                Err(format!("`{file}` is in no language that is known here"))
            }
            _ => {
                Err("has files of several languages, and nothing says which one it is in"
                    .to_owned())
            }
        }
    }

    /// The main file of a submission of several files.
    fn entry(&self, program: &Found, id: &str, said: Option<&str>) -> String {
        let files = || program.files.iter().map(|(_, file)| file.as_str());
        if let Some(said) = said {
            // Java and Kotlin name classes.
            let named = files().find(|file| {
                *file == said
                    || file.strip_suffix(".java") == Some(said)
                    || file
                        .strip_suffix(".kt")
                        .is_some_and(|stem| format!("{}Kt", upper(stem)) == said)
            });
            if let Some(file) = named {
                return file.to_owned();
            }
        }
        let own: Vec<(String, String)> = program
            .files
            .iter()
            .filter(|(_, file)| codes::by_file(file, self.languages).is_some_and(|l| l.id == id))
            .cloned()
            .collect();
        let own = Found { name: program.name.clone(), path: program.path.clone(), files: own };
        self.main_file(&own).unwrap_or_else(|_| program.files[0].1.clone())
    }

    /// What comments in the files of a submission say must become of it.
    fn annotated(&mut self, program: &Found) -> io::Result<Option<Expectation>> {
        let mut said = None;
        for (from, _) in &program.files {
            let path = self.package.join(from);
            let Some(Kind::Regular(size)) = self.tree.get(from) else { continue };
            if size > super::MAX_TEXT {
                continue;
            }
            let bytes = std::fs::read(&path).map_err(super::at(&path))?;
            let text = String::from_utf8_lossy(&bytes);
            match expected::annotations(&text) {
                Ok(Some(expectation)) => said = Some(expectation),
                Ok(None) => {}
                Err((line, message)) => {
                    self.ignored.push(Ignored::file(from, format!("line {line}: {message}")));
                }
            }
        }
        Ok(said)
    }
}

/// Whether the native form guesses the same language from the files' extensions.
fn codes_agree(program: &Found, language: &Language, importer: &Importer<'_>) -> bool {
    let guess = |file: &str| {
        let (_, extension) = file.rsplit_once('.')?;
        importer.languages.by_extension(extension)
    };
    let mut known = program.files.iter().filter_map(|(_, file)| guess(file)).peekable();
    known.peek().is_some() && known.all(|guess| guess.id == language.id)
}

fn upper(stem: &str) -> String {
    let mut chars = stem.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
