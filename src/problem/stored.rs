//! What a stored problem hands out beside its index: tests, programs, solutions, unit tests.

use super::{
    files::{Kind, Tree, at, scan},
    manifest::{self, Manifest},
    mistake::Mistakes,
    native,
};
use crate::judge::{Expectation, Language, Languages, Problem, TimeUse};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::PathBuf};

/// Files by their paths in a folder.
pub type Files = Vec<(String, Vec<u8>)>;

/// A problem in the store. Its folder never changes: a new version gets a new folder.
#[derive(Clone, Debug)]
pub struct StoredProblem {
    /// The problem.
    pub problem: Problem,
    /// Digest of everything in the package, in hexadecimal.
    pub version: String,
    /// The folder that holds it.
    pub dir: PathBuf,
}

/// A solution that comes with a problem, and what must become of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Solution {
    /// Path below `solutions/`, such as `accepted/main.cpp`, or the folder of a solution of several files.
    pub path: String,
    /// What must become of it: what its folder says, and what `[[solutions]]` says in its place.
    pub expectation: Expectation,
    /// Its language's id where the package says it; else the extension of its main file tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The text of its main file.
    pub source: String,
    /// The files beside the main one, which do not travel with it.
    #[serde(skip)]
    pub files: Files,
    /// Its main file, where it is a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// What it says about the time limit.
    #[serde(default)]
    pub time_limit: TimeUse,
}

impl Solution {
    /// Its language; `None` when there is none of that name or extension any more.
    pub fn language<'l>(&self, languages: &'l Languages) -> Option<&'l Language> {
        if let Some(id) = &self.language {
            return languages.find(id);
        }
        let main = self.entry.as_ref().unwrap_or(&self.path);
        languages.by_extension(main.rsplit_once('.')?.1)
    }
}

/// A program of a package with all files of its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFiles {
    /// Its main file, or `run` for a script.
    pub entry: String,
    /// All files, the main one among them.
    pub files: Files,
}

/// An input that the validators must take or refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputUnit {
    /// Its path in the package without extension, such as `invalid_input/negative`.
    pub name: String,
    /// Whether it is a valid one.
    pub valid: bool,
    /// The file.
    pub input: PathBuf,
}

/// An output that the checker must accept or refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputUnit {
    /// Its path in the package without extension, such as `invalid_output/twice`.
    pub name: String,
    /// Whether it must be accepted.
    pub valid: bool,
    /// The input it belongs to.
    pub input: PathBuf,
    /// The answer.
    pub answer: PathBuf,
    /// The output.
    pub output: PathBuf,
}

/// Unit tests of a package's validators and of its checker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitTests {
    /// For every validator.
    pub inputs: Vec<InputUnit>,
    /// For the checker, or the comparison.
    pub outputs: Vec<OutputUnit>,
}

impl StoredProblem {
    /// The file with a test's input.
    pub fn input(&self, test: &str) -> PathBuf {
        self.dir.join("tests").join(format!("{test}.in"))
    }

    /// The file with a test's answer.
    pub fn answer(&self, test: &str) -> PathBuf {
        self.dir.join("tests").join(format!("{test}.out"))
    }

    /// The files that lie beside the program in a test. Fails when the disk does.
    pub fn test_files(&self, test: &str) -> io::Result<Files> {
        let case = self.problem.tests.iter().find(|case| case.name == test);
        match case {
            Some(case) => self.read(&format!("tests/{test}.files/"), &case.files),
            None => Ok(Files::new()),
        }
    }

    /// The files of the checker's folder, its program among them. Empty where there is no checker. Fails
    /// when the disk does.
    pub fn checker_files(&self) -> io::Result<Files> {
        self.folder("checker/")
    }

    /// As [`StoredProblem::checker_files`], of the interactor.
    pub fn interactor_files(&self) -> io::Result<Files> {
        self.folder("interactor/")
    }

    /// As [`StoredProblem::checker_files`], of the static validator.
    pub fn static_validator_files(&self) -> io::Result<Files> {
        self.folder("static_validator/")
    }

    /// As [`StoredProblem::checker_files`], of the validator of this name.
    pub fn validator_files(&self, name: &str) -> io::Result<Files> {
        self.folder(&format!("validators/{name}/"))
    }

    /// The files that lie beside submissions in a language: its own, else those of `default`. Fails when
    /// the disk does.
    pub fn include_files(&self, language_id: &str) -> io::Result<Files> {
        let include = &self.problem.include;
        match include.get(language_id).or_else(|| include.get("default")) {
            Some(own) => self.read(&format!("include/{}/", own.folder), &own.files),
            None => Ok(Files::new()),
        }
    }

    /// A program of `generators/`: a file, with everything beside it that is no program in one of these
    /// languages, or a folder. Fails when there is none of this name, or when the disk does.
    pub fn generator_files(
        &self,
        program: &str,
        languages: &Languages,
    ) -> io::Result<ProgramFiles> {
        const FOLDER: &str = "generators/";
        let tree = self.tree()?;
        if let Some(Kind::Regular(_)) = tree.get(&format!("{FOLDER}{program}")) {
            let is_source = |name: &str| {
                let extension = name.rsplit_once('.');
                extension.is_some_and(|(_, e)| languages.by_extension(e).is_some())
            };
            let names = tree.below(FOLDER).map(|(name, _)| name);
            let other = |name: &str| name.contains('/') || is_source(name) || native::is_note(name);
            let mine = |name: &&str| *name == program || !other(name);
            let files = self.read(FOLDER, names.filter(mine))?;
            return Ok(ProgramFiles { entry: program.to_owned(), files });
        }
        let folder = format!("{FOLDER}{program}/");
        let names = tree.below(&folder).map(|(name, _)| name);
        let names: Vec<&str> = names.filter(|name| !native::is_note(name)).collect();
        let files = self.read(&folder, &names)?;
        if native::has_script(&names) {
            return Ok(ProgramFiles { entry: native::SCRIPT.to_owned(), files });
        }
        let text = |name: &str| {
            let path = self.dir.join(&folder).join(name);
            fs::read_to_string(&path).map_err(at(&path))
        };
        let entry = native::entry(&names, None, text)?.map_err(io::Error::other)?;
        Ok(ProgramFiles { entry: entry.to_owned(), files })
    }

    /// The programs that `generators/` holds: its files in any of these languages, and its folders.
    /// Fails when the disk does.
    pub fn generators(&self, languages: &Languages) -> io::Result<Vec<String>> {
        let tree = self.tree()?;
        let mut programs: Vec<String> = Vec::new();
        for (path, _) in tree.below("generators/") {
            let name = path.split('/').next().unwrap_or(path);
            let is_source = || {
                let extension = name.rsplit_once('.');
                extension.is_some_and(|(_, e)| languages.by_extension(e).is_some())
            };
            let wanted = path.contains('/') || (!native::is_note(path) && is_source());
            if wanted && programs.last().is_none_or(|last| last != name) {
                programs.push(name.to_owned());
            }
        }
        Ok(programs)
    }

    /// Unit tests of the validators and the checker, by name. Fails when the disk does.
    pub fn unit_tests(&self) -> io::Result<UnitTests> {
        let tree = self.tree()?;
        let mut units = UnitTests::default();
        for folder in native::UNIT_INPUTS {
            for (file, _) in tree.below(&format!("{folder}/")) {
                let Some(name) = file.strip_suffix(".in") else { continue };
                let name = format!("{folder}/{name}");
                let input = self.dir.join(format!("{name}.in"));
                units.inputs.push(InputUnit { valid: folder == "valid_input", name, input });
            }
        }
        for folder in native::UNIT_OUTPUTS {
            for (file, _) in tree.below(&format!("{folder}/")) {
                let Some(name) = file.strip_suffix(".out") else { continue };
                let name = format!("{folder}/{name}");
                let file = |extension: &str| self.dir.join(format!("{name}.{extension}"));
                let (input, answer, output) = (file("in"), file("ans"), file("out"));
                let valid = folder == "valid_output";
                units.outputs.push(OutputUnit { name, valid, input, answer, output });
            }
        }
        Ok(units)
    }

    /// The package's own solutions, by path, read from the store. Fails when the disk does.
    pub fn solutions(&self) -> io::Result<Vec<Solution>> {
        let (tree, manifest) = (self.tree()?, self.manifest()?);
        let found = native::find(&tree);
        found.iter().map(|found| self.solution(found, &manifest)).collect()
    }

    /// The solutions that must be accepted, the one first that the package names as its reference.
    /// Fails when the disk does.
    pub fn references(&self) -> io::Result<Vec<Solution>> {
        let mut accepted = self.solutions()?;
        accepted.retain(|solution| solution.expectation.is_accepted());
        let named = self.manifest()?.reference.map(|(path, _)| path);
        accepted.sort_by_key(|solution| named.as_ref() != Some(&solution.path));
        Ok(accepted)
    }

    fn solution(&self, found: &native::Found<'_>, manifest: &Manifest) -> io::Result<Solution> {
        let said = native::said(found.path, manifest);
        let full = self.dir.join("solutions").join(found.path);
        let text = |path: PathBuf| fs::read_to_string(&path).map_err(at(&path));
        let (entry, source, files) = match &found.files {
            None => (None, text(full)?, Files::new()),
            Some(files) => {
                let read = |file: &str| text(full.join(file));
                let entry = native::entry(files, said.entry, read)?.map_err(io::Error::other)?;
                let others = files.iter().filter(|file| **file != entry);
                let folder = format!("solutions/{}/", found.path);
                let others = self.read(&folder, others)?;
                (Some(entry.to_owned()), text(full.join(entry))?, others)
            }
        };
        Ok(Solution {
            path: found.path.to_owned(),
            expectation: native::expectation(found.path, manifest, &self.problem.groups),
            language: said.language.map(str::to_owned),
            source,
            files,
            entry,
            time_limit: said.time_limit,
        })
    }

    fn tree(&self) -> io::Result<Tree> {
        scan(&self.dir, &mut Mistakes::default())
    }

    fn manifest(&self) -> io::Result<Manifest> {
        let path = self.dir.join(manifest::FILE);
        let text = fs::read_to_string(&path).map_err(at(&path))?;
        Ok(manifest::parse(&text, &mut Mistakes::default()))
    }

    /// All files of a folder. The rest of the package, which may be large, is not looked at.
    fn folder(&self, folder: &str) -> io::Result<Files> {
        let dir = self.dir.join(folder);
        if !dir.is_dir() {
            return Ok(Files::new());
        }
        let tree = scan(&dir, &mut Mistakes::default())?;
        let names = tree.iter().map(|(name, _)| name);
        self.read(folder, names.filter(|name| !native::is_note(name)))
    }

    /// Reads these files of a folder.
    fn read<N: AsRef<str>>(
        &self,
        folder: &str,
        names: impl IntoIterator<Item = N>,
    ) -> io::Result<Files> {
        let read = |name: N| {
            let path = self.dir.join(folder).join(name.as_ref());
            Ok((name.as_ref().to_owned(), fs::read(&path).map_err(at(&path))?))
        };
        names.into_iter().map(read).collect()
    }
}
