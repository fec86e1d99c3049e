//! Problems to begin with: `templates/problems/<template>/common` and one folder for each language.

use rust_embed::RustEmbed;
use std::{collections::BTreeSet, fs, io, path::Path};

/// `templates/problems/`.
#[derive(RustEmbed)]
#[folder = "templates/problems/"]
struct Files;

/// The folder of a template's files that are the same in every language.
const COMMON: &str = "common";

/// The templates, each with what it is good for.
pub const KINDS: [(&str, &str); 5] = [
    ("basic", "an answer for each input"),
    ("checker", "several answers are right; a program says whether one is"),
    ("function", "only a function is submitted; hidden code around it reads and prints"),
    ("interactive", "the submission talks to a program"),
    ("scoring", "groups of tests that are worth points"),
];

/// What a template becomes.
#[derive(Clone, Copy, Debug)]
pub struct Skeleton<'a> {
    /// The template's name.
    pub template: &'a str,
    /// The language of its programs, by id.
    pub language: &'a str,
    /// The problem's slug.
    pub slug: &'a str,
    /// The problem's title.
    pub title: &'a str,
}

/// The languages that a template's programs are there in, by id.
pub fn languages(template: &str) -> BTreeSet<String> {
    let prefix = format!("{template}/");
    let folders = Files::iter().filter_map(|path| {
        let (folder, _) = path.strip_prefix(&prefix)?.split_once('/')?;
        (folder != COMMON).then(|| folder.to_owned())
    });
    folders.collect()
}

impl Skeleton<'_> {
    /// Writes the package into a folder that is not there yet, and gives its files. Whatever fails, the
    /// folder is there whole or not at all.
    pub fn write(&self, folder: &Path) -> io::Result<Vec<String>> {
        let parent = match folder.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if folder.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::create_dir_all(parent)?;
        let staged = tempfile::Builder::new().prefix(".sonocode-").tempdir_in(parent)?;
        let package = staged.path().join("package");
        let mut written = Vec::new();
        for (path, bytes) in self.files() {
            let target = package.join(&path);
            fs::create_dir_all(target.parent().unwrap_or(&package))?;
            fs::write(target, bytes)?;
            written.push(path);
        }
        fs::rename(&package, folder)?;
        written.sort();
        Ok(written)
    }

    /// The files and their bytes.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for folder in [COMMON, self.language] {
            let prefix = format!("{}/{folder}/", self.template);
            for path in Files::iter() {
                let Some(name) = path.strip_prefix(&prefix) else { continue };
                let Some(file) = Files::get(&path) else { continue };
                files.push((name.to_owned(), self.filled(name, &file.data)));
            }
        }
        files
    }

    /// A text with the problem's own words; programs and tests stay as they are.
    fn filled(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let extension = Path::new(name).extension().unwrap_or_default();
        if extension != "toml" && extension != "md" {
            return bytes.to_owned();
        }
        let extension = if self.language == "python" { "py" } else { self.language };
        let title = self.title.replace('\\', "\\\\").replace('"', "\\\"");
        String::from_utf8_lossy(bytes)
            .replace("{{title}}", &title)
            .replace("{{slug}}", self.slug)
            .replace("{{ext}}", extension)
            .into_bytes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn every_template_is_there_in_its_languages() {
        let folders: BTreeSet<String> =
            Files::iter().map(|path| path.split('/').next().unwrap().to_owned()).collect();
        assert!(folders.iter().eq(KINDS.map(|(name, _)| name)), "{folders:?}");
        for template in &folders {
            let languages = languages(template);
            assert!(languages.contains("cpp") && languages.contains("python"), "{template}");
        }
    }

    #[test]
    fn a_package_is_written_whole_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("deep/er/two-cities");
        let skeleton = Skeleton {
            template: "basic",
            language: "python",
            slug: "two-cities",
            title: "Two \"cities\"",
        };
        let files = skeleton.write(&folder).unwrap();
        assert!(files.contains(&"problem.toml".to_owned()), "{files:?}");
        let manifest = fs::read_to_string(folder.join("problem.toml")).unwrap();
        assert!(manifest.contains("title = \"Two \\\"cities\\\"\""), "{manifest}");
        assert!(manifest.contains("accepted/main.py") && !manifest.contains("{{"), "{manifest}");
        let again = skeleton.write(&folder).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        let left = fs::read_dir(folder.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing else is left there");
    }
}
