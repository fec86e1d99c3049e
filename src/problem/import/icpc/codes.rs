//! The formats' codes of languages, and which of them are known here.

use crate::judge::{Language, Languages};

/// Every code of the formats' table, but for those that mean a language of this house by another name.
const OTHERS: [&str; 40] = [
    "ada",
    "algol68",
    "apl",
    "bash",
    "cgmp",
    "cobol",
    "cppgmp",
    "crystal",
    "d",
    "dart",
    "elixir",
    "erlang",
    "forth",
    "fortran",
    "fsharp",
    "gerbil",
    "javaalgs4",
    "julia",
    "lisp",
    "lua",
    "modula2",
    "nim",
    "objectivec",
    "ocaml",
    "octave",
    "odin",
    "pascal",
    "perl",
    "php",
    "prolog",
    "python2",
    "python3numpy",
    "racket",
    "scala",
    "simula",
    "smalltalk",
    "snobol",
    "swift",
    "visualbasic",
    "zig",
];
/// Codes of languages that may be known here, and their ids.
const HERE: [(&str, &str); 12] = [
    ("c", "c"),
    ("cpp", "cpp"),
    ("csharp", "csharp"),
    ("go", "go"),
    ("haskell", "haskell"),
    ("java", "java"),
    ("javascript", "javascript"),
    ("kotlin", "kotlin"),
    ("python3", "python"),
    ("ruby", "ruby"),
    ("rust", "rust"),
    ("typescript", "typescript"),
];
/// Extensions that the formats know and this house does not: those of the languages above.
const EXTENSIONS: [(&str, &str); 2] = [("py3", "python"), ("C", "cpp")];

/// Whether the formats know a code.
pub(super) fn is_known(code: &str) -> bool {
    OTHERS.contains(&code) || HERE.iter().any(|(known, _)| *known == code)
}

/// The language that a code means; `None` where there is none here.
pub(super) fn language<'l>(code: &str, languages: &'l Languages) -> Option<&'l Language> {
    let (_, id) = HERE.iter().find(|(known, _)| *known == code)?;
    languages.iter().find(|language| language.id == *id)
}

/// The language that a file's extension says.
pub(super) fn by_file<'l>(file: &str, languages: &'l Languages) -> Option<&'l Language> {
    let (_, extension) = file.rsplit_once('.')?;
    match EXTENSIONS.iter().find(|(known, _)| *known == extension) {
        Some((_, id)) => languages.iter().find(|language| language.id == *id),
        None => languages.by_extension(extension),
    }
}

/// Whether a source must be run by Python 2, which nobody has any more: by its extension or its first line.
pub(super) fn is_python_2(file: &str, text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    file.ends_with(".py2")
        || (file.ends_with(".py") && first.starts_with("#!") && first.contains("python2"))
}
