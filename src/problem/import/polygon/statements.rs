//! Statements: `statement.md` made of the parts of the problem's own language, TeX and PDF kept as they
//! are.

use super::{Importer, MAX_SOURCE, plain_name, read_text, tex, xml};
use crate::problem::{mistake::Mistakes, native::STATEMENT};
use roxmltree::Node;
use serde_json::Value;
use std::{collections::BTreeSet, io};

/// The file with the parts of a statement.
const PROPERTIES: &str = "problem-properties.json";
/// The parts of a statement, as `problem-properties.json` names them, and their headings.
const PARTS: [(&str, &str); 6] = [
    ("legend", ""),
    ("input", "Input"),
    ("output", "Output"),
    ("interaction", "Interaction"),
    ("scoring", "Scoring"),
    ("notes", "Notes"),
];

/// Polygon's names of languages, and their codes; the first of a code is written.
pub(in crate::problem) const TONGUES: [(&str, &str); 45] = [
    ("english", "en"),
    ("russian", "ru"),
    ("chinese", "zh"),
    ("ukrainian", "uk"),
    ("belarusian", "be"),
    ("kazakh", "kk"),
    ("polish", "pl"),
    ("spanish", "es"),
    ("portuguese", "pt"),
    ("french", "fr"),
    ("german", "de"),
    ("italian", "it"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("turkish", "tr"),
    ("azerbaijani", "az"),
    ("armenian", "hy"),
    ("georgian", "ka"),
    ("romanian", "ro"),
    ("bulgarian", "bg"),
    ("serbian", "sr"),
    ("croatian", "hr"),
    ("macedonian", "mk"),
    ("slovene", "sl"),
    ("slovenian", "sl"),
    ("czech", "cs"),
    ("hungarian", "hu"),
    ("lithuanian", "lt"),
    ("latvian", "lv"),
    ("estonian", "et"),
    ("finnish", "fi"),
    ("swedish", "sv"),
    ("dutch", "nl"),
    ("hebrew", "he"),
    ("arabic", "ar"),
    ("persian", "fa"),
    ("hindi", "hi"),
    ("bengali", "bn"),
    ("vietnamese", "vi"),
    ("thai", "th"),
    ("indonesian", "id"),
    ("uzbek", "uz"),
    ("kyrgyz", "ky"),
    ("tajik", "tg"),
    ("mongolian", "mn"),
];

/// The code of one of Polygon's languages.
pub(super) fn code(language: &str) -> Option<&'static str> {
    TONGUES.iter().find(|(name, _)| *name == language).map(|(_, code)| *code)
}

impl Importer<'_> {
    /// Takes the statements over.
    pub(super) fn statements(&mut self, root: Node<'_, '_>) -> io::Result<()> {
        let all = xml::child(root, "statements");
        let mut folders = BTreeSet::new();
        for node in all.into_iter().flat_map(|all| xml::children(all, "statement")) {
            let path = node.attribute("path").unwrap_or_default();
            let language = node.attribute("language").unwrap_or_default();
            let ending = match node.attribute("type") {
                Some("application/x-tex") => "tex",
                Some("application/pdf") => "pdf",
                Some("text/html") => continue,
                other => {
                    let kind = other.unwrap_or("no type").to_owned();
                    self.ignore(node, "statement", format!("a statement of {kind} is not kept"));
                    continue;
                }
            };
            let Some(code) = code(language) else {
                self.used(path);
                self.ignore(node, "statement", format!("the language `{language}` is not known"));
                continue;
            };
            if self.tree.get(path).is_none() {
                self.ignore(node, "statement", format!("there is no {path} in the package"));
                continue;
            }
            self.carry(path, &format!("statements/problem.{code}.{ending}"))?;
            if let Some((folder, _)) = path.rsplit_once('/')
                && ending == "tex"
            {
                folders.insert((language.to_owned(), folder.to_owned()));
            }
        }
        self.pictures(&folders)?;
        let own = self.spec.about.language.clone();
        let folder = folders.iter().find(|(language, _)| code(language) == own.as_deref());
        let folder =
            folder.map(|(_, folder)| folder.clone()).or_else(|| self.parts_of(own.as_deref()));
        let text = match folder {
            Some(folder) => self.markdown(&folder)?,
            None => None,
        };
        let text = text.unwrap_or_else(|| {
            let told = if all.is_some_and(|all| xml::child(all, "statement").is_some()) {
                "The statement is kept in TeX or PDF."
            } else {
                "The package has no statement."
            };
            format!("# {}\n\n{told}\n", self.spec.title)
        });
        self.write(STATEMENT, &text)
    }

    /// The folder with the parts of a statement of which there is no TeX.
    fn parts_of(&self, own: Option<&str>) -> Option<String> {
        let parts = self.tree.below("statements/").filter_map(|(path, _)| {
            path.strip_suffix(PROPERTIES)?
                .strip_suffix('/')
                .filter(|language| code(language) == own)
        });
        parts.map(|language| format!("statements/{language}")).next()
    }

    /// The pictures of all statements, which lie beside each other here.
    fn pictures(&mut self, folders: &BTreeSet<(String, String)>) -> io::Result<()> {
        let mut there = BTreeSet::new();
        for (_, folder) in folders {
            let folder = format!("{folder}/");
            let files: Vec<String> =
                self.tree.below(&folder).map(|(name, _)| name.to_owned()).collect();
            for name in files {
                let path = format!("{folder}{name}");
                let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
                let is_picture = ["png", "jpg", "jpeg", "gif", "svg", "eps", "pdf", "mps"]
                    .contains(&extension.to_ascii_lowercase().as_str());
                if is_picture && there.insert(plain_name(&name)) {
                    self.carry(&path, &format!("statements/{}", plain_name(&name)))?;
                } else if is_picture {
                    self.used(&path);
                    let reason = "the picture of this name of another statement is kept";
                    self.ignored.push(super::Ignored::file(&path, reason));
                } else {
                    self.leave(&path, &name);
                }
            }
        }
        Ok(())
    }

    /// Tells of what lies beside a statement and is not taken over, if it could be missed.
    fn leave(&mut self, path: &str, name: &str) {
        let of_tests = name.starts_with("example.");
        if name.starts_with("tutorial") {
            self.used(path);
            let reason = "a tutorial has no place in a problem that is judged";
            self.ignored.push(super::Ignored::file(path, reason));
        } else if of_tests || name == PROPERTIES {
            self.used(path);
        }
    }

    /// The statement as Markdown; `None` when the package has no parts of it.
    fn markdown(&mut self, folder: &str) -> io::Result<Option<String>> {
        let path = format!("{folder}/{PROPERTIES}");
        self.used(&path);
        let mut unread = Mistakes::default();
        let text = read_text(self.package, self.tree, &path, MAX_SOURCE, &mut unread)?;
        let Some(text) = text else { return Ok(None) };
        let properties: Value = match serde_json::from_str(&text) {
            Ok(properties) => properties,
            Err(error) => {
                let message = format!("is no JSON: {error}");
                self.mistakes.line(&path, Some(error.line() as u32), message);
                return Ok(None);
            }
        };
        // Ours says it in Markdown too.
        if let Some(text) = properties.get("markdown").and_then(Value::as_str) {
            return Ok(Some(text.to_owned()));
        }
        let mut markdown = format!("# {}\n", self.spec.title);
        for (part, heading) in PARTS {
            let text = properties.get(part).and_then(Value::as_str).unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            if !heading.is_empty() {
                markdown.push_str(&format!("\n## {heading}\n"));
            }
            markdown.push_str(&format!("\n{}\n", tex::markdown(text, &|_| None)));
        }
        if let Some(author) = properties.get("authorName").and_then(Value::as_str)
            && !author.trim().is_empty()
        {
            self.spec.about.authors = vec![author.trim().to_owned()];
        }
        Ok(Some(markdown))
    }
}
