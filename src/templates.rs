//! What is embedded in the binary from `templates/`, and the user's files that add to it.

pub mod problems;

use crate::judge::{Language, LanguageError, Languages};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// `templates/languages/*.toml`.
#[derive(rust_embed::RustEmbed)]
#[folder = "templates/languages/"]
struct LanguageFiles;

/// `templates/images/*.Dockerfile`.
#[derive(rust_embed::RustEmbed)]
#[folder = "templates/images/"]
struct Dockerfiles;

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A language file is wrong; the reason names the line where it can.
    #[error("{file}: {reason}")]
    Language {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: LanguageError,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
}

/// All languages: the embedded ones, then the `*.toml` files of these folders in this order. A file
/// whose `id` is known already replaces that language. A folder that is not there adds nothing.
pub fn languages(extra_dirs: &[PathBuf]) -> Result<Languages, TemplateError> {
    let mut languages = Languages::default();
    for name in LanguageFiles::iter() {
        let Some(file) = LanguageFiles::get(&name) else { continue };
        let text = String::from_utf8_lossy(&file.data);
        languages.insert(parse(&format!("templates/languages/{name}"), &text)?);
    }
    for dir in extra_dirs {
        for path in toml_files(dir)? {
            let text = fs::read_to_string(&path)
                .map_err(|source| TemplateError::Read { path: path.clone(), source })?;
            languages.insert(parse(&path.display().to_string(), &text)?);
        }
    }
    Ok(languages)
}

/// The Dockerfile of a language's image, or of the language that it is a variant of: the one in the last
/// of these folders that has one, else the embedded one. `None` when there is none.
pub fn dockerfile(
    language: &Language,
    extra_dirs: &[PathBuf],
) -> Result<Option<String>, TemplateError> {
    for id in [Some(&language.id), language.like.as_ref()].into_iter().flatten() {
        let name = format!("{id}.Dockerfile");
        for path in extra_dirs.iter().rev().map(|dir| dir.join(&name)) {
            match fs::read_to_string(&path) {
                Ok(text) => return Ok(Some(text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(TemplateError::Read { path, source }),
            }
        }
        if let Some(file) = Dockerfiles::get(&name) {
            return Ok(Some(String::from_utf8_lossy(&file.data).into_owned()));
        }
    }
    Ok(None)
}

fn parse(file: &str, text: &str) -> Result<Language, TemplateError> {
    Language::parse(text)
        .map_err(|reason| TemplateError::Language { file: file.to_owned(), reason })
}

/// The `*.toml` files of a folder, by name.
fn toml_files(dir: &Path) -> Result<Vec<PathBuf>, TemplateError> {
    let failed = |source| TemplateError::Read { path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    const IDS: [&str; 15] = [
        "c",
        "cpp",
        "cpp20",
        "cpp23",
        "csharp",
        "go",
        "haskell",
        "java",
        "javascript",
        "kotlin",
        "pypy",
        "python",
        "ruby",
        "rust",
        "typescript",
    ];

    #[test]
    fn the_embedded_languages_are_right() {
        let languages = languages(&[]).unwrap();
        assert_eq!(languages.ids(), IDS.join(", "));
        for (name, id) in [
            ("CPP", "cpp"),
            ("c++", "cpp"),
            ("C++17", "cpp"),
            ("g++", "cpp"),
            ("c++20", "cpp20"),
            ("gnu++20", "cpp20"),
            ("g++23", "cpp23"),
            ("C#", "csharp"),
            ("pypy3", "pypy"),
            ("PYTHON", "python"),
            ("Python3", "python"),
            ("py", "python"),
            ("JAVA", "java"),
            ("JavaScript", "javascript"),
            ("js", "javascript"),
            ("gcc", "c"),
        ] {
            assert_eq!(languages.find(name).map(|l| l.id.as_str()), Some(id), "{name}");
        }
        for (extension, id) in
            [("c", "c"), ("cpp", "cpp"), ("cc", "cpp"), ("py", "python"), ("ts", "typescript")]
        {
            assert_eq!(languages.by_extension(extension).unwrap().id, id);
        }
        for language in languages.iter() {
            let clash = languages.iter().find(|other| {
                let extension = |e: &String| other.extensions.contains(e);
                other.id != language.id
                    && (language.aliases.iter().any(|a| other.answers_to(a))
                        || language.extensions.iter().any(extension))
            });
            assert!(clash.is_none(), "{} and {clash:?}", language.id);
        }
    }

    #[test]
    fn heap_limits_follow_the_problem() {
        let languages = languages(&[]).unwrap();
        for (id, flag) in [("java", "-Xmx64m"), ("javascript", "--max-old-space-size=64")] {
            let language = languages.find(id).unwrap();
            assert!(language.run_command(64).iter().any(|word| word == flag), "{id}");
            assert!(language.memory.extra_mib > 0 && language.memory.exhausted.is_some(), "{id}");
        }
    }

    #[test]
    fn a_users_file_replaces_and_adds() {
        let dir = tempfile::tempdir().unwrap();
        let python = String::from_utf8(LanguageFiles::get("python.toml").unwrap().data.into());
        let python = python.unwrap();
        fs::write(dir.path().join("1.toml"), python.replace("\"Python 3\"", "\"My Python\""))
            .unwrap();
        fs::write(dir.path().join("2.toml"), python.replace("id = \"python\"", "id = \"zz\""))
            .unwrap();
        fs::write(dir.path().join("notes.txt"), "not a language").unwrap();
        let missing = dir.path().join("nothing-here");
        let languages = languages(&[missing, dir.path().to_owned()]).unwrap();
        assert_eq!(languages.ids(), IDS.join(", ") + ", zz");
        assert_eq!(languages.find("python").unwrap().name, "My Python");
    }

    #[test]
    fn every_language_has_a_dockerfile() {
        let languages = languages(&[]).unwrap();
        for language in languages.iter() {
            let text = dockerfile(language, &[]).unwrap();
            let text = text.unwrap_or_else(|| panic!("none for {}", language.id));
            assert!(
                text.contains("ARG BASE=") && text.contains("\nFROM ${BASE}"),
                "{}",
                language.id
            );
        }
        let mut own = languages.find("c++20").unwrap().clone();
        assert_eq!(
            dockerfile(&own, &[]).unwrap(),
            dockerfile(languages.find("cpp").unwrap(), &[]).unwrap()
        );
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("cpp20.Dockerfile"), "FROM mine").unwrap();
        let found = dockerfile(&own, &[dir.path().to_owned()]).unwrap();
        assert_eq!(found.as_deref(), Some("FROM mine"));
        (own.id, own.like) = ("zz".into(), None);
        assert_eq!(dockerfile(&own, &[]).unwrap(), None);
    }

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.toml");
        fs::write(&path, "id = \"x\"\nname = \"X\"\nextension = [\"x\"]\n").unwrap();
        let error = languages(&[dir.path().to_owned()]).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
        assert!(error.contains("line 3") && error.contains("extension"), "{error}");
        fs::write(&path, b"id = \"\xff\"").unwrap();
        let error = languages(&[dir.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("bad.toml"), "{error}");
    }
}
