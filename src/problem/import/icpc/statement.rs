//! Statements: all are kept, and one becomes `statement.md`.

use super::{Ignored, Importer, carry, metadata, tex};
use std::{collections::BTreeMap, io};

/// The language of a statement that says none, and the one that is shown.
const ENGLISH: &str = "en";
/// The formats, the one first that is shown best.
const FORMATS: [&str; 3] = ["md", "tex", "pdf"];

impl Importer<'_> {
    /// Takes the statements over and says the title.
    pub(super) fn statements(&mut self) -> io::Result<()> {
        let legacy = self.meta.version.is_legacy();
        let folder = if legacy { "problem_statement/" } else { "statement/" };
        // Language and format of each, and its file.
        let mut statements: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
        let mut rest = Vec::new();
        for (path, _) in self.tree.below(folder) {
            let from = format!("{folder}{path}");
            let parts: Vec<&str> = path.split('.').collect();
            let (language, format) = match parts[..] {
                ["problem", format] if legacy => (ENGLISH, format),
                ["problem", language, format] => (language, format),
                _ => {
                    rest.push((from, path.to_owned()));
                    continue;
                }
            };
            match FORMATS.iter().position(|known| *known == format) {
                Some(rank) if is_language(language) => {
                    let list = statements.entry(language.to_owned()).or_default();
                    list.push((rank, from));
                    list.sort();
                }
                Some(_) => {
                    let message = format!("`{language}` is no language, such as en or pt-BR");
                    self.mistakes.file(&from, message);
                }
                None => rest.push((from, path.to_owned())),
            }
        }
        for (language, list) in &statements {
            for (rank, from) in list {
                let to = format!("statements/problem.{language}.{}", FORMATS[*rank]);
                if FORMATS[*rank] == "md" {
                    self.put(from, &to)?;
                } else {
                    carry(self.package, self.tree, from, self.into, &to, self.mistakes)?;
                }
            }
        }
        for (from, path) in rest {
            let to = format!("statements/{path}");
            carry(self.package, self.tree, &from, self.into, &to, self.mistakes)?;
        }
        self.languages_of_names(&statements);
        let shown = statements.get_key_value(ENGLISH).or_else(|| statements.iter().next());
        let Some((language, list)) = shown else {
            let shown = folder.trim_end_matches('/');
            self.mistakes.file(
                shown,
                format!("holds no statement; add {folder}problem.en.tex, .md or .pdf"),
            );
            return Ok(());
        };
        let (language, (rank, from)) = (language.clone(), list[0].clone());
        self.shown(&language, FORMATS[rank], &from)
    }

    /// In the later versions there is a name for every statement, and a statement for every name.
    fn languages_of_names(&mut self, statements: &BTreeMap<String, Vec<(usize, String)>>) {
        if self.meta.version.is_legacy() || self.meta.names.is_empty() {
            return;
        }
        let line = self.meta.names_line;
        for language in
            statements.keys().filter(|language| !self.meta.names.contains_key(*language))
        {
            let message =
                format!("there is a statement in `{language}`, but no name; add `{language}: …`");
            self.mistakes.field(metadata::FILE, line, "name", message);
        }
        for language in
            self.meta.names.keys().filter(|language| !statements.contains_key(*language))
        {
            let message = format!(
                "there is no statement in `{language}`; add statement/problem.{language}.tex, .md or .pdf"
            );
            self.mistakes.field(metadata::FILE, line, "name", message);
        }
    }

    /// Writes `statement.md`, and the title with it.
    fn shown(&mut self, language: &str, format: &str, from: &str) -> io::Result<()> {
        let text =
            if format == "pdf" { String::new() } else { self.text(from)?.unwrap_or_default() };
        let own = if format == "tex" { tex::title(&text) } else { None };
        let mut names = std::mem::take(&mut self.meta.names);
        let title = names.remove(language).or_else(|| names.remove("")).or(own);
        let Some(title) =
            title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty())
        else {
            let message = "is missing, and the statement says none (\\problemname{…})";
            self.mistakes.field(metadata::FILE, None, "name", message);
            return Ok(());
        };
        let mut body = match format {
            "md" => samples_taken_out(&self.meta.constants.fill(&text)),
            "tex" => {
                let reason =
                    "statement.md is a plain reading of it; the file itself is in statements/";
                self.ignored.push(Ignored::file(from, reason));
                tex::markdown(&text, &|word| self.meta.constants.value(word))
            }
            _ => format!("The statement is a PDF: statements/problem.{language}.pdf"),
        };
        if body.trim().is_empty() {
            body = format!("The statement is in statements/problem.{language}.{format}.");
        }
        self.spec.title = title;
        self.meta.about.language = Some(language.to_owned());
        self.meta.about.titles = names;
        self.statement = body;
        Ok(())
    }

    /// Writes `statement.md`, with the talks that samples of interactive problems show.
    pub(super) fn write_statement(&mut self) -> io::Result<()> {
        if self.statement.is_empty() {
            return Ok(());
        }
        let mut text = std::mem::take(&mut self.statement).trim().to_owned();
        for (at, path) in std::mem::take(&mut self.talks).into_iter().enumerate() {
            if let Some(talk) = self.text(&path)? {
                let talk = talk.replace("```", "'''");
                text.push_str(&format!(
                    "\n\n## Sample interaction {}\n\n```\n{}\n```",
                    at + 1,
                    talk.trim_end()
                ));
            }
        }
        self.write("statement.md", (text + "\n").as_bytes())
    }
}

/// Takes out the words that say where samples belong; they come after the text.
fn samples_taken_out(text: &str) -> String {
    text.replace("{{nextsample}}", "").replace("{{remainingsamples}}", "")
}

/// A language's code: two or three letters, and a country perhaps.
fn is_language(text: &str) -> bool {
    let (language, country) = text.split_once('-').unwrap_or((text, "XX"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
}
