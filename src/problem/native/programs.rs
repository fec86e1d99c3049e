//! Folders that hold a program: which files are in them, and which one is the program.

use super::{
    MAX_SOURCE_BYTES, Reader,
    names::{PLAIN, is_note, is_plain_path},
};
use crate::{
    judge::{Language, Languages},
    problem::files::Kind,
};
use std::io;

/// How large a file beside a program may be; testlib.h has 200 KiB.
const MAX_HELPER_BYTES: u64 = 1 << 20;

/// What the files of a folder may have together, since they are sent to each cell that needs them.
const MAX_FOLDER_BYTES: u64 = 8 << 20;

/// The program of a folder that is a script, and the one that makes it.
pub(in crate::problem) const SCRIPT: &str = "run";
/// The script that is run once before [`SCRIPT`].
pub(in crate::problem) const BUILD: &str = "build";

const HEADERS: [&str; 5] = [".h", ".hh", ".hpp", ".hxx", ".inc"];

/// The language of a source file by its extension.
pub(super) fn language_of<'l>(file: &str, languages: &'l Languages) -> Option<&'l Language> {
    let (_, extension) = file.rsplit_once('.')?;
    languages.by_extension(extension)
}

/// Whether these files of a folder hold a script as their program.
pub(in crate::problem) fn has_script(files: &[&str]) -> bool {
    files.contains(&SCRIPT) || files.contains(&BUILD)
}

/// The main file of a folder of sources: `main.*` or `Main.*` at its top, else its only file, else the only
/// one with a main function. `text` reads a file.
pub(in crate::problem) fn entry_of<'f>(
    files: &[&'f str],
    mut text: impl FnMut(&str) -> io::Result<String>,
) -> io::Result<Option<&'f str>> {
    let is_header = |file: &str| HEADERS.iter().any(|end| file.ends_with(end));
    let sources = files.iter().copied().filter(|file| !is_header(file));
    let sources: Vec<&str> = sources.collect();
    let is_main =
        |file: &&&str| ["main", "Main"].contains(&file.split('.').next().unwrap_or_default());
    let mains: Vec<&&str> = sources.iter().filter(is_main).collect();
    if let ([main], _) | (_, [main]) = (&mains[..], &sources.iter().collect::<Vec<_>>()[..]) {
        return Ok(Some(main));
    }
    let mut found = None;
    for file in sources {
        if has_main(&text(file)?) && found.replace(file).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}

/// Whether a source says, in any of the usual languages, where the program begins.
fn has_main(text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices("main").any(|(at, main)| {
        let before = &text[..at];
        let after = &text[at + main.len()..];
        if before.ends_with("__") && after.starts_with("__") {
            return true;
        }
        let next = after.trim_start();
        !before.ends_with(word)
            && !after.starts_with(word)
            && ["(", "=", "::", "{"].iter().any(|sign| next.starts_with(sign))
    })
}

impl<'a> Reader<'a> {
    /// The files of a folder (written with its final slash) that holds a program; checks their names,
    /// sizes and includes.
    pub(super) fn folder(&mut self, folder: &str) -> io::Result<Vec<&'a str>> {
        let tree = self.tree;
        self.files(folder, tree.below(folder).collect())
    }

    /// As [`Reader::folder`], for some files of it.
    pub(super) fn files(
        &mut self,
        folder: &str,
        found: Vec<(&'a str, Kind)>,
    ) -> io::Result<Vec<&'a str>> {
        let mut files = Vec::new();
        let mut total = 0;
        for (file, kind) in found {
            let path = format!("{folder}{file}");
            if is_note(file) {
                continue;
            }
            if !is_plain_path(file) {
                self.mistakes.file(&path, PLAIN);
            }
            if let Kind::Regular(size) = kind {
                total += size;
                if size > MAX_HELPER_BYTES {
                    let message = format!("is larger than {} KiB", MAX_HELPER_BYTES >> 10);
                    self.mistakes.file(&path, message);
                }
            }
            files.push(file);
        }
        if total > MAX_FOLDER_BYTES {
            let message = format!("holds more than {} MiB", MAX_FOLDER_BYTES >> 20);
            self.mistakes.file(folder.trim_end_matches('/'), message);
        }
        if !files.iter().any(|file| file.rsplit('/').next() == Some("testlib.h")) {
            for file in &files {
                self.needs_testlib(&format!("{folder}{file}"), folder)?;
            }
        }
        Ok(files)
    }

    /// Checks that a file of a folder can be run as a program: `Err` says why it cannot.
    pub(super) fn runs(
        &mut self,
        folder: &str,
        files: &[&str],
        program: &str,
    ) -> io::Result<Result<(), String>> {
        let path = format!("{folder}{program}");
        if program == SCRIPT && has_script(files) {
            return Ok(Ok(()));
        }
        if !files.contains(&program) {
            return Ok(Err(format!("there is no {path}")));
        }
        if language_of(program, self.rules.languages).is_none() {
            let known = self.rules.languages.ids();
            return Ok(Err(format!("{path} is in no known language ({known})")));
        }
        self.text(&path, MAX_SOURCE_BYTES)?;
        Ok(Ok(()))
    }

    /// The mistake of a C++ file that includes testlib.h where there is none.
    fn needs_testlib(&mut self, path: &str, folder: &str) -> io::Result<()> {
        let language = language_of(path, self.rules.languages);
        if language.is_none_or(|language| !language.id.starts_with("cpp")) {
            return Ok(());
        }
        let Some(text) = self.text(path, MAX_HELPER_BYTES)? else { return Ok(()) };
        let includes = |line: &str| {
            let words = line.trim_start().strip_prefix('#').map(str::trim_start);
            words.is_some_and(|rest| rest.starts_with("include") && rest.contains("testlib.h"))
        };
        if let Some(at) = text.lines().position(includes) {
            let message = format!(
                "includes testlib.h, which the package does not have; take it from the repository \
                 MikeMirzayanov/testlib and put it into {folder}"
            );
            self.mistakes.line(path, Some(at as u32 + 1), message);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn entries_of_folders() {
        let choose = |files: &[(&str, &str)]| {
            let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
            let read = |name: &str| {
                let (_, text) = files.iter().find(|(file, _)| *file == name).unwrap();
                Ok((*text).to_owned())
            };
            entry_of(&names, read).unwrap().map(str::to_owned)
        };
        let main = "int main() {}";
        assert_eq!(choose(&[("a.cpp", main), ("main.cpp", "")]).as_deref(), Some("main.cpp"));
        assert_eq!(choose(&[("A.java", ""), ("Main.java", "")]).as_deref(), Some("Main.java"));
        assert_eq!(choose(&[("x.cpp", ""), ("main.h", "")]).as_deref(), Some("x.cpp"));
        assert_eq!(choose(&[("x.cpp", ""), ("y.cpp", main)]).as_deref(), Some("y.cpp"));
        assert_eq!(
            choose(&[("x.py", "domain(3)"), ("y.py", "if __name__ == '__main__':")]).as_deref(),
            Some("y.py")
        );
        assert_eq!(choose(&[("x.cpp", main), ("y.cpp", main)]), None);
        assert_eq!(choose(&[("main.py", ""), ("main.cpp", "")]), None);
        assert_eq!(choose(&[("x.cpp", "remain()"), ("y.cpp", "main_loop()")]), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn beginnings_of_programs() {
        for text in [
            "int main (void)",
            "static void main(String[] a)",
            "fn main() {",
            "func main() {",
            "fun main() = x",
            "main = print 3",
            "main :: IO ()",
            "if __name__ == \"__main__\":",
        ] {
            assert!(has_main(text), "{text}");
        }
        for text in ["", "domain(x)", "main_loop()", "the main thing", "xmain()", "mainly ("] {
            assert!(!has_main(text), "{text}");
        }
    }
}
