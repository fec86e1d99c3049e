//! Files that users name: programs, their languages, and inputs.

use crate::{error::Error, wire::LanguageStatus};
use std::{
    io::Read,
    path::{Path, PathBuf},
};

/// A program to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// The file's name, for people.
    pub(super) name: String,
    /// Its text.
    pub(super) code: String,
    /// The id of its language.
    pub(super) language: String,
}

/// Reads a program and finds its language: the one that was named, else by the file's extension.
pub(super) async fn program(
    path: &Path,
    lang: Option<&str>,
    languages: &[LanguageStatus],
) -> Result<Program, Error> {
    let language = language(path, lang, languages)?;
    let code = read(path).await?;
    if code.trim().is_empty() {
        return Err(Error::NotFound(format!("{}: the file is empty", shown(path))));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Program { name, code, language: language.id.clone() })
}

/// Reads a text; `-` is standard input. On a thread of its own: whoever waits for what somebody types
/// must hear Ctrl-C.
pub(super) async fn read(path: &Path) -> Result<String, Error> {
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read_blocking(&path));
    reading.await.map_err(|error| Error::Other(error.to_string()))?
}

fn read_blocking(path: &Path) -> Result<String, Error> {
    let bytes = if is_stdin(path) {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| Error::NotFound(format!("{}: {error}", shown(path))))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..at]);
        let line = 1 + before.matches('\n').count();
        Error::NotFound(format!("{}:{line}: not UTF-8 text (byte {at})", shown(path)))
    })
}

/// Whether the path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn language<'a>(
    path: &Path,
    lang: Option<&str>,
    languages: &'a [LanguageStatus],
) -> Result<&'a LanguageStatus, Error> {
    if let Some(name) = lang {
        return languages.iter().find(|language| language.answers_to(name)).ok_or_else(|| {
            Error::NotFound(format!("there is no language `{name}`; there are {}", ids(languages)))
        });
    }
    if is_stdin(path) {
        return Err(Error::Usage("standard input has no extension; name its --lang".to_owned()));
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy());
    let found = extension.as_ref().and_then(|ext| languages.iter().find(|l| l.has_extension(ext)));
    found.ok_or_else(|| {
        let why = match extension {
            Some(extension) => format!("no language has the extension `.{extension}`"),
            None => "the file has no extension".to_owned(),
        };
        Error::NotFound(format!(
            "{}: {why}; known are {}. --lang says which it is",
            shown(path),
            extensions(languages)
        ))
    })
}

fn ids(languages: &[LanguageStatus]) -> String {
    languages.iter().map(|language| language.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// `.c (c), .cpp .cc (cpp), …`
fn extensions(languages: &[LanguageStatus]) -> String {
    let of = |language: &LanguageStatus| {
        let dotted: Vec<_> = language.extensions.iter().map(|e| format!(".{e}")).collect();
        format!("{} ({})", dotted.join(" "), language.id)
    };
    let guessed = languages.iter().filter(|language| !language.extensions.is_empty());
    guessed.map(of).collect::<Vec<_>>().join(", ")
}

fn shown(path: &Path) -> String {
    if is_stdin(path) { "standard input".into() } else { path.display().to_string() }
}

/// Refuses a second `-`: standard input can be read once.
pub(super) fn one_stdin(paths: &[&PathBuf]) -> Result<(), Error> {
    match paths.iter().filter(|path| is_stdin(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(Error::Usage("`-` can be given once: standard input is read once".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages() -> Vec<LanguageStatus> {
        let language = |id: &str, name: &str, extensions: &[&str]| LanguageStatus {
            id: id.into(),
            name: name.into(),
            aliases: vec![format!("{id}-alias")],
            extensions: extensions.iter().map(|e| (*e).into()).collect(),
            source: crate::wire::ToolchainOrigin::Host,
            place: None,
            version: None,
            hint: None,
        };
        vec![language("c", "C17", &["c"]), language("cpp", "C++17", &["cpp", "cc"])]
    }

    #[test]
    fn languages_are_guessed_or_named() {
        let found =
            |path: &str, lang| language(Path::new(path), lang, &languages()).map(|l| l.id.clone());
        assert_eq!(found("a/main.CC", None).unwrap(), "cpp");
        assert_eq!(found("main.txt", Some("c++17")).unwrap(), "cpp");
        assert_eq!(found("-", Some("C-ALIAS")).unwrap(), "c");
        assert_eq!(found("-", None).unwrap_err().code().0, 2);
        let error = found("main.rs", None).unwrap_err();
        assert_eq!(error.code().0, 4);
        assert_eq!(
            error.to_string(),
            "main.rs: no language has the extension `.rs`; known are .c (c), .cpp .cc (cpp). --lang \
             says which it is"
        );
        assert!(found("Makefile", None).unwrap_err().to_string().contains("no extension"));
        let error = found("main.c", Some("zig")).unwrap_err().to_string();
        assert_eq!(error, "there is no language `zig`; there are c, cpp");
    }

    #[tokio::test]
    async fn files_are_read_or_refused_with_their_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("main.c");
        let languages = languages();
        let read = async || program(&path, None, &languages).await.map_err(|e| e.to_string());
        assert!(read().await.unwrap_err().contains("main.c: No such file"));
        std::fs::write(&path, " \n").unwrap();
        assert!(read().await.unwrap_err().contains("empty"));
        std::fs::write(&path, b"int\n\xff").unwrap();
        assert!(read().await.unwrap_err().contains("main.c:2: not UTF-8"));
        std::fs::write(&path, "int main;").unwrap();
        assert_eq!(read().await.unwrap().name, "main.c");
    }
}
