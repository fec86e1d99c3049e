//! Programming languages, each described by a TOML file and nothing else.

use serde::{Deserialize, Serialize};

/// One language, as `templates/languages/<id>.toml` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// Short name in commands and on the wire, such as `cpp`.
    pub id: String,
    /// Name for people, such as `C++17`.
    pub name: String,
    /// Other names it is known by; matched without regard to case.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// File name extensions, without the dot, by which it is guessed.
    pub extensions: Vec<String>,
    /// The file the source is written to before it is compiled or run.
    pub source: String,
    /// The compiler's command; absent for interpreted languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile: Option<Vec<String>>,
    /// The program's command. `{memory_mib}` stands for the memory limit of the test.
    pub run: Vec<String>,
    /// A command that prints the toolchain's version on its first line.
    pub version: Vec<String>,
    /// Where compiler and runtime come from.
    pub toolchain: Toolchain,
    /// How its runtime deals with memory.
    #[serde(default)]
    pub memory: RuntimeMemory,
}

/// Where a language's compiler and runtime come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// Commands that must all be on the host for the host's toolchain to serve.
    pub host: Vec<String>,
    /// A container image that holds the toolchain.
    pub image: String,
}

/// How a language's runtime deals with memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RuntimeMemory {
    /// What the runtime itself needs on top of a problem's limit, in MiB.
    pub extra_mib: u64,
    /// A text on standard error by which a runtime with a heap limit of its own says that the
    /// program ran out of memory; a crash with this text is MLE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exhausted: Option<String>,
}

impl Language {
    /// Reads one language file and checks it.
    pub fn parse(text: &str) -> Result<Self, LanguageError> {
        let language: Self =
            toml::from_str(text).map_err(|error| LanguageError(error.to_string()))?;
        for (field, empty) in [
            ("id", language.id.is_empty()),
            ("extensions", language.extensions.is_empty()),
            ("source", language.source.is_empty() || language.source.contains('/')),
            ("compile", language.compile.as_ref().is_some_and(Vec::is_empty)),
            ("run", language.run.is_empty()),
            ("version", language.version.is_empty()),
            ("toolchain.host", language.toolchain.host.is_empty()),
        ] {
            if empty {
                return Err(LanguageError(format!("`{field}` must not be empty")));
            }
        }
        Ok(language)
    }

    /// Whether this name means this language: its id, its name or an alias, in any case.
    pub fn answers_to(&self, name: &str) -> bool {
        std::iter::once(&self.id)
            .chain([&self.name])
            .chain(&self.aliases)
            .any(|own| own.eq_ignore_ascii_case(name))
    }

    /// The program's command under a memory limit.
    pub fn run_command(&self, memory_mib: u64) -> Vec<String> {
        self.run.iter().map(|word| word.replace("{memory_mib}", &memory_mib.to_string())).collect()
    }
}

/// A language file that cannot be used; says what is wrong and, where it can, in which line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LanguageError(String);

/// All languages of a daemon.
#[derive(Clone, Debug, Default)]
pub struct Languages(Vec<Language>);

impl Languages {
    /// Adds a language; one with the same id is replaced, so that a user's file wins.
    pub fn insert(&mut self, language: Language) {
        self.0.retain(|other| other.id != language.id);
        self.0.push(language);
        self.0.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// Finds a language by id, name or alias, without regard to case.
    pub fn find(&self, name: &str) -> Option<&Language> {
        self.0.iter().find(|l| l.answers_to(name))
    }

    /// Guesses a language by a file's extension.
    pub fn by_extension(&self, extension: &str) -> Option<&Language> {
        self.0.iter().find(|l| l.extensions.iter().any(|e| e.eq_ignore_ascii_case(extension)))
    }

    /// All languages, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Language> {
        self.0.iter()
    }

    /// The ids, for messages: `c, cpp, java, …`.
    pub fn ids(&self) -> String {
        self.0.iter().map(|l| l.id.as_str()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const C: &str = r#"
        id = "c"
        name = "C17"
        aliases = ["gcc"]
        extensions = ["c"]
        source = "main.c"
        compile = ["gcc", "main.c"]
        run = ["./a.out", "{memory_mib}"]
        version = ["gcc", "--version"]
        toolchain = { host = ["gcc"], image = "gcc:13" }
    "#;

    #[test]
    fn names_are_matched_without_case() {
        let mut languages = Languages::default();
        languages.insert(Language::parse(C).unwrap());
        for name in ["C", "c17", "GCC"] {
            assert_eq!(languages.find(name).unwrap().id, "c");
        }
        assert!(languages.find("c++").is_none());
        assert_eq!(languages.by_extension("C").unwrap().run_command(64), ["./a.out", "64"]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = Language::parse(&C.replace("\"./a.out\", \"{memory_mib}\"", "")).unwrap_err();
        assert!(error.to_string().contains("`run`"), "{error}");
        let error = Language::parse(&C.replace("extensions", "extension")).unwrap_err();
        assert!(error.to_string().contains("extension"), "{error}");
    }
}
