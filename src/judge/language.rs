//! Programming languages, each described by a TOML file and nothing else.

mod classes;

use super::Limits;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Placeholders of `compile`.
const LINKER: &str = "{linker}";
const PRELUDE: &str = "{prelude}";
const SOURCES: &str = "{sources}";

/// Placeholders of `run`.
const MEMORY: [&str; 5] =
    ["{memory_mib}", "{memory_kib}", "{memory_bytes}", "{stack_mib}", "{stack_kib}"];

/// The placeholder of `run` for the class that is run.
const CLASS: &str = "{class}";

/// The most that `{stack_mib}` and `{stack_kib}` become: a Java virtual machine refuses a larger stack, and Node.js
/// takes one of 2 GiB for a negative one.
const STACK_MIB: u64 = 1024;

/// What a factor may be.
const FACTOR: RangeInclusive<f64> = 0.1..=100.0;

/// One language, as `templates/languages/<id>.toml` describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// Short name in commands and on the wire, such as `cpp`.
    pub id: String,
    /// Name for people, such as `C++17`.
    pub name: String,
    /// Other names it is known by; matched without regard to case.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// File name extensions, without the dot, by which it is guessed; without any it must be named.
    pub extensions: Vec<String>,
    /// The file the source is written to before it is compiled or run.
    pub source: String,
    /// The compiler's command; absent for interpreted languages. See [`Language::compile_command`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile: Option<Vec<String>>,
    /// The program's command. See [`Language::run_command`].
    pub run: Vec<String>,
    /// A command that prints the toolchain's version on its first line.
    pub version: Vec<String>,
    /// Another language's id, of which this one is a variant: what there is for that one and not for
    /// this one serves here as well, such as a problem's stubs and the Dockerfile of its image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// Where compiler and runtime come from.
    pub toolchain: Toolchain,
    /// How its runtime deals with memory.
    #[serde(default)]
    pub memory: RuntimeMemory,
    /// How much more (or less) than a problem's limits its programs get.
    #[serde(default)]
    pub factors: Factors,
    /// What is made once for its compiler, before the first program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prelude: Option<Prelude>,
}

/// Where a language's compiler and runtime come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// Commands that must all be on the host for the host's toolchain to serve.
    pub host: Vec<String>,
    /// A container image that holds the toolchain.
    pub image: String,
    /// Linkers that the compiler can use, the fastest first: names as `-fuse-ld=` takes them. The
    /// first for which the host has `ld.NAME` is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linkers: Vec<String>,
    /// The linker to use in the image; absent: the compiler's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_linker: Option<String>,
}

/// Factors on a problem's limits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Factors {
    /// On CPU time and wall time.
    pub time: f64,
    /// On memory.
    pub memory: f64,
}

impl Default for Factors {
    fn default() -> Self {
        Self { time: 1.0, memory: 1.0 }
    }
}

/// What is made once for a compiler, such as a precompiled header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prelude {
    /// A command that is run in an empty folder; what it leaves there is readable for compilers at
    /// the folder that `{prelude}` stands for.
    pub command: Vec<String>,
}

/// What the placeholders of a compiler's command stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Substitutions<'a> {
    /// The files that are compiled, the main one first; the word `{sources}` becomes as many words.
    pub sources: &'a [String],
    /// The name of the linker to use; `{linker}` becomes `-fuse-ld=NAME`.
    pub linker: Option<&'a str>,
    /// The folder that `{prelude}` becomes.
    pub prelude: Option<&'a str>,
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
        match language.mistake() {
            Some(mistake) => Err(LanguageError(mistake)),
            None => Ok(language),
        }
    }

    /// The first thing that is wrong with it: the field, and what it must be.
    fn mistake(&self) -> Option<String> {
        self.empty()
            .or_else(|| self.wrong_name())
            .or_else(|| self.wrong_factor())
            .or_else(|| self.wrong_placeholder())
    }

    fn empty(&self) -> Option<String> {
        let none = |words: Option<&Vec<String>>| words.is_some_and(Vec::is_empty);
        let fields = [
            ("compile", none(self.compile.as_ref())),
            ("run", self.run.is_empty()),
            ("version", self.version.is_empty()),
            ("prelude.command", none(self.prelude.as_ref().map(|prelude| &prelude.command))),
            ("toolchain.host", self.toolchain.host.is_empty()),
            ("toolchain.image", self.toolchain.image.trim().is_empty()),
        ];
        let (field, _) = fields.into_iter().find(|(_, empty)| *empty)?;
        Some(format!("`{field}` must not be empty"))
    }

    fn wrong_name(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if self.id.is_empty() || !self.id.chars().all(plain) {
            let rule = "must be of lower-case letters, digits, `-` and `_`, such as `cpp20`";
            return Some(format!("`id` {rule}"));
        }
        if let Some(extension) = self.extensions.iter().find(|e| e.is_empty() || e.contains('.')) {
            return Some(format!("`extensions`: `{extension}`: leave out the dot, as in `cpp`"));
        }
        let file = !["", ".", ".."].contains(&self.source.as_str()) && !self.source.contains('/');
        (!file).then(|| "`source` must be a file name without a folder, such as `main.cpp`".into())
    }

    fn wrong_factor(&self) -> Option<String> {
        let factors = [("time", self.factors.time), ("memory", self.factors.memory)];
        let (field, value) = factors.into_iter().find(|(_, value)| !FACTOR.contains(value))?;
        let (low, high) = (FACTOR.start(), FACTOR.end());
        Some(format!("`factors.{field}`: {value} is outside {low} to {high}"))
    }

    /// A placeholder that would stay as it is, or for which there is nothing.
    fn wrong_placeholder(&self) -> Option<String> {
        let has = |words: &[String], mark: &str| words.iter().any(|word| word.contains(mark));
        let compile = self.compile.as_deref().unwrap_or_default();
        if let Some(mark) = [LINKER, PRELUDE].into_iter().find(|mark| has(&self.run, mark)) {
            return Some(format!("`run`: `{mark}` has a meaning only in `compile`; remove it"));
        }
        if let Some(mark) = MEMORY.into_iter().find(|mark| has(compile, mark)) {
            return Some(format!("`compile`: `{mark}` has a meaning only in `run`; remove it"));
        }
        if has(compile, PRELUDE) && self.prelude.is_none() {
            let mend = "add `[prelude]` with a `command`, or remove the word";
            return Some(format!("`compile`: there is nothing for `{PRELUDE}`; {mend}"));
        }
        let linkers = &self.toolchain;
        if has(compile, LINKER) && linkers.linkers.is_empty() && linkers.image_linker.is_none() {
            let mend = "add `linkers = [\"mold\", …]` to `[toolchain]`, or remove the word";
            return Some(format!("`compile`: there is nothing for `{LINKER}`; {mend}"));
        }
        if compile.iter().any(|word| word.contains(SOURCES) && word != SOURCES) {
            return Some(format!("`compile`: `{SOURCES}` must be a word of its own"));
        }
        None
    }

    /// Whether this name means this language: its id, its name or an alias, in any case.
    pub fn answers_to(&self, name: &str) -> bool {
        std::iter::once(&self.id)
            .chain([&self.name])
            .chain(&self.aliases)
            .any(|own| own.eq_ignore_ascii_case(name))
    }

    /// The extension of its files, without the dot: that of its source; empty when that has none.
    pub fn extension(&self) -> &str {
        self.source.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The compiler's command; `None` for a language without one. In a word, `{linker}` becomes
    /// `-fuse-ld=NAME` and `{prelude}` the prelude's folder; a word for which there is none is left
    /// out. The word `{sources}` becomes the files that are compiled.
    pub fn compile_command(&self, substitutions: &Substitutions<'_>) -> Option<Vec<String>> {
        let linker = substitutions.linker.map(|name| format!("-fuse-ld={name}"));
        let words = |word: &String| {
            if word == SOURCES {
                return substitutions.sources.to_vec();
            }
            let word = fill(word, LINKER, linker.as_deref());
            let word = word.and_then(|word| fill(&word, PRELUDE, substitutions.prelude));
            word.into_iter().collect()
        };
        Some(self.compile.as_ref()?.iter().flat_map(words).collect())
    }

    /// Itself for one program: where a file must be named after its class, `source` is that name and
    /// `{class}` the class that is run. `entry` is the class or file that the program's author names;
    /// without one it is the class that can be run, as the text says.
    #[must_use]
    pub fn for_program<'a>(&self, text: &'a str, entry: Option<&'a str>) -> Self {
        let mut own = self.clone();
        if !self.run.iter().any(|word| word.contains(CLASS)) {
            return own;
        }
        let (stem, extension) = self.source.rsplit_once('.').unwrap_or((&self.source, ""));
        let stem_of = |entry: &'a str| {
            let name = entry.rsplit('/').next().unwrap_or(entry);
            name.split('.').next().filter(|name| classes::is_name(name))
        };
        let entry = entry.and_then(stem_of);
        let names = classes::main(text);
        let class = entry.or(names.run).unwrap_or(stem);
        let file = names.file.unwrap_or(class);
        own.source = format!("{file}.{extension}");
        for word in &mut own.run {
            *word = word.replace(CLASS, class);
        }
        own
    }

    /// What a person calls to run a program: its class where files are named after classes, else its main
    /// file.
    pub fn entry_point(&self) -> &str {
        let class = self.source.split('.').next().unwrap_or(&self.source);
        // `for_program` has put the class into the command.
        if self.run.iter().any(|word| word == class) { class } else { &self.source }
    }

    /// Its code in ICPC packages.
    pub fn package_code(&self) -> &str {
        match self.like.as_deref().unwrap_or(&self.id) {
            "python" => "python3",
            code => code,
        }
    }

    /// What runs a script: a program that brings `run`, or a `build` that makes it.
    pub fn script(has_build: bool) -> Self {
        let shell = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        Self {
            id: "script".to_owned(),
            name: "a script".to_owned(),
            aliases: Vec::new(),
            extensions: Vec::new(),
            source: "run".to_owned(),
            // By a shell, which runs files without a first line that names their interpreter, too.
            compile: has_build.then(|| shell(&["sh", "-c", "exec ./build"])),
            run: shell(&["sh", "-c", "exec ./run \"$@\"", "run"]),
            version: Vec::new(),
            like: None,
            toolchain: Toolchain {
                host: Vec::new(),
                image: String::new(),
                linkers: Vec::new(),
                image_linker: None,
            },
            memory: RuntimeMemory::default(),
            factors: Factors::default(),
            prelude: None,
        }
    }

    /// The program's command under a memory limit: `{memory_mib}`, `{memory_kib}` and
    /// `{memory_bytes}` are the limit, `{stack_mib}` and `{stack_kib}` as much of it as a virtual machine
    /// takes for a stack. `{class}`, unless [`Language::for_program`] has filled it in, is the source's name without
    /// its extension.
    pub fn run_command(&self, memory_mib: u64) -> Vec<String> {
        let bytes = memory_mib << 20;
        let stack_mib = memory_mib.min(STACK_MIB);
        let values = [memory_mib, memory_mib << 10, bytes, stack_mib, stack_mib << 10];
        let fill = |word: &String| {
            let class = self.source.split('.').next().unwrap_or_default();
            let word = &word.replace(CLASS, class);
            let marks = MEMORY.iter().zip(values);
            marks.fold(word.clone(), |word, (mark, value)| word.replace(mark, &value.to_string()))
        };
        self.run.iter().map(fill).collect()
    }

    /// A problem's limits with this language's factors.
    pub fn limits(&self, limits: &Limits) -> Limits {
        let times = |value: u64, factor: f64| (value as f64 * factor).ceil() as u64;
        Limits {
            time_ms: times(limits.time_ms, self.factors.time),
            wall_ms: limits.wall_ms.map(|wall| times(wall, self.factors.time)),
            memory_mib: times(limits.memory_mib, self.factors.memory),
            ..limits.clone()
        }
    }
}

/// A word with a placeholder filled in; `None` when it has the placeholder and there is no value.
fn fill(word: &str, mark: &str, value: Option<&str>) -> Option<String> {
    match value {
        Some(value) => Some(word.replace(mark, value)),
        None => (!word.contains(mark)).then(|| word.to_owned()),
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

    /// Takes these images in place of those that the languages name: a language's id and an image.
    pub fn use_images(&mut self, images: &[(String, String)]) -> Result<(), LanguageError> {
        for (id, image) in images {
            let ids = self.ids();
            let Some(language) = self.0.iter_mut().find(|language| language.id == *id) else {
                let text =
                    format!("`sandbox.images`: there is no language `{id}`; there are {ids}");
                return Err(LanguageError(text));
            };
            language.toolchain.image.clone_from(image);
        }
        Ok(())
    }

    /// Finds a language by id, name or alias, without regard to case.
    pub fn find(&self, name: &str) -> Option<&Language> {
        self.0.iter().find(|l| l.answers_to(name))
    }

    /// Guesses a language by a file's extension; the first by id, where several have it.
    pub fn by_extension(&self, extension: &str) -> Option<&Language> {
        self.0.iter().find(|l| l.extensions.iter().any(|e| e.eq_ignore_ascii_case(extension)))
    }

    /// The extensions of a language's source files; those of the one that it is a variant of, where it
    /// has none of its own.
    pub fn extensions_of<'a>(&'a self, language: &'a Language) -> &'a [String] {
        let like = || self.find(language.like.as_deref()?);
        match like().filter(|_| language.extensions.is_empty()) {
            Some(like) => &like.extensions,
            None => &language.extensions,
        }
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
        compile = ["gcc", "-I{prelude}", "-Wl,{linker}", "main.c"]
        run = ["./a.out", "{memory_mib}", "{memory_kib}:{memory_bytes}", "{stack_mib}:{stack_kib}"]
        version = ["gcc", "--version"]
        toolchain = { host = ["gcc"], image = "gcc:13", linkers = ["mold", "gold"] }
        factors = { time = 1.5 }
        prelude = { command = ["make"] }
    "#;

    fn refused(from: &str, to: &str) -> String {
        assert!(C.contains(from), "{from}");
        Language::parse(&C.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn names_are_matched_without_case() {
        let mut languages = Languages::default();
        languages.insert(Language::parse(C).unwrap());
        for name in ["C", "c17", "GCC"] {
            assert_eq!(languages.find(name).unwrap().id, "c");
        }
        assert!(languages.find("c++").is_none());
        assert_eq!(languages.by_extension("C").unwrap().id, "c");
        languages.use_images(&[("c".into(), "my/gcc".into())]).unwrap();
        assert_eq!(languages.find("c").unwrap().toolchain.image, "my/gcc");
        let error = languages.use_images(&[("gcc".into(), "x".into())]).unwrap_err();
        assert!(error.to_string().contains("no language `gcc`; there are c"), "{error}");
    }

    #[test]
    fn placeholders_are_filled_in() {
        let c = Language::parse(C).unwrap();
        assert_eq!(c.run_command(64), ["./a.out", "64", "65536:67108864", "64:65536"]);
        assert_eq!(c.run_command(4096)[3], "1024:1048576");
        let command =
            |linker, prelude| c.compile_command(&Substitutions { linker, prelude, sources: &[] });
        let full = ["gcc", "-I/prelude", "-Wl,-fuse-ld=mold", "main.c"];
        assert_eq!(command(Some("mold"), Some("/prelude")).unwrap(), full);
        assert_eq!(command(None, None).unwrap(), ["gcc", "main.c"]);
        let interpreted = Language { compile: None, ..c };
        assert_eq!(interpreted.compile_command(&Substitutions::default()), None);
    }

    #[test]
    fn all_sources_are_compiled() {
        let text = C.replace(", \"main.c\"]", ", \"{sources}\", \"-lm\"]");
        let c = Language::parse(&text).unwrap();
        let sources = ["main.c".to_owned(), "util.c".to_owned()];
        let substitutions = Substitutions { sources: &sources, ..Substitutions::default() };
        let command = c.compile_command(&substitutions).unwrap();
        assert_eq!(command, ["gcc", "main.c", "util.c", "-lm"]);
        let variant = Language { like: Some("c".into()), extensions: Vec::new(), ..c.clone() };
        let variant =
            Language { id: "c99".into(), aliases: Vec::new(), name: "C99".into(), ..variant };
        let mut languages = Languages::default();
        languages.insert(c);
        languages.insert(variant.clone());
        assert_eq!(languages.extensions_of(&variant), ["c"]);
    }

    #[test]
    fn a_file_may_have_to_be_named_after_its_class() {
        let text = C.replace("source = \"main.c\"", "source = \"Main.c\"");
        let text = text.replace("\"./a.out\"", "\"vm\", \"{class}\"");
        let java = Language::parse(&text).unwrap();
        let names = |text: &str, entry| {
            let own = java.for_program(text, entry);
            (own.source.clone(), own.run[1].clone())
        };
        let pair = |file: &str, class: &str| (file.to_owned(), class.to_owned());
        assert_eq!(names("no class", None), pair("Main.c", "Main"));
        let hello = "public class Hello { public static void main(String[] a) {} }";
        assert_eq!(names(hello, None), pair("Hello.c", "Hello"));
        assert_eq!(names(hello, Some("Hello.java")), pair("Hello.c", "Hello"));
        assert_eq!(names(hello, Some("Other")), pair("Hello.c", "Other"));
    }

    #[test]
    fn factors_multiply_limits() {
        let c = Language::parse(C).unwrap();
        let limits = Limits { time_ms: 1001, wall_ms: Some(3000), ..Limits::default() };
        let own = c.limits(&limits);
        assert_eq!((own.time_ms, own.wall_ms), (1502, Some(4500)));
        let same = Limits { time_ms: 1001, wall_ms: Some(3000), ..own };
        assert_eq!(same, limits, "nothing else changes");
    }

    #[test]
    fn mistakes_name_the_field_and_the_mend() {
        for (from, to, words) in [
            ("extensions = ", "extension = ", "`extension`"),
            ("id = \"c\"", "id = \"C\"", "`id` must be of lower-case"),
            ("[\"c\"]", "[\".c\"]", "`extensions`: `.c`: leave out the dot"),
            ("\"main.c\"\n", "\"src/main.c\"\n", "`source` must be a file name"),
            ("[\"make\"]", "[]", "`prelude.command` must not be empty"),
            ("\"gcc:13\"", "\"\"", "`toolchain.image` must not be empty"),
            ("1.5", "0.0", "`factors.time`: 0 is outside 0.1 to 100"),
            ("1.5", "nan", "`factors.time`: NaN is outside"),
            ("\"./a.out\"", "\"{linker}\"", "`run`: `{linker}` has a meaning only in `compile`"),
            ("\"main.c\"]", "\"-o{sources}\"]", "`{sources}` must be a word of its own"),
            ("\"main.c\"]", "\"{memory_mib}\"]", "`{memory_mib}` has a meaning only in `run`"),
            ("prelude = { command = [\"make\"] }", "", "nothing for `{prelude}`; add `[prelude]`"),
            (", linkers = [\"mold\", \"gold\"]", "", "nothing for `{linker}`; add `linkers"),
        ] {
            let error = refused(from, to);
            assert!(error.contains(words), "{to}: {error}");
        }
    }
}
