//! The programs of a package that judge: output validators, input validators, static validators.

use super::{Importer, codes, flags};
use crate::{
    judge::{Compare, Convention},
    problem::spec::{Program, StaticSpec, ValidatorSpec},
};
use std::{collections::BTreeMap, io};

/// A script that is run in place of a program that was compiled.
const SCRIPT: &str = "run";

/// Who judges outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judge {
    /// The formats' own comparison.
    Default,
    /// A program of the package.
    Program,
}

/// A program of the package: a file, or a folder with its files.
#[derive(Debug)]
pub(super) struct Found {
    /// The name it is known by: that of the folder, or of the file without its extension.
    pub(super) name: String,
    /// Its file or folder in the package.
    pub(super) path: String,
    /// Its files: where they are in the package, and where in the program.
    pub(super) files: Vec<(String, String)>,
}

impl Importer<'_> {
    /// The programs in a folder (written with its final slash): every file and every folder is one. Files that
    /// are in no language, such as headers, belong to all programs that are single files.
    fn found(&self, folder: &str) -> Vec<Found> {
        let mut folders: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        let (mut single, mut beside) = (Vec::new(), Vec::new());
        for (path, _) in self.tree.below(folder) {
            let from = format!("{folder}{path}");
            match path.split_once('/') {
                Some((name, rest)) => {
                    folders.entry(name).or_default().push((from, rest.to_owned()));
                }
                None if self.is_program(path) => single.push((from, path.to_owned())),
                None => beside.push((from, path.to_owned())),
            }
        }
        let mut found: Vec<Found> = folders
            .into_iter()
            .map(|(name, files)| Found {
                name: name.to_owned(),
                path: format!("{folder}{name}"),
                files,
            })
            .collect();
        for (from, file) in single {
            let stem = file.rsplit_once('.').map_or(&*file, |(stem, _)| stem).to_owned();
            let path = from.clone();
            let files = std::iter::once((from, file)).chain(beside.clone()).collect();
            found.push(Found { name: stem, path, files });
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    fn is_program(&self, file: &str) -> bool {
        let script = [".ctd", ".viva", ".sh", ".bash"].iter().any(|end| file.ends_with(end));
        script || codes::by_file(file, self.languages).is_some()
    }

    /// The main file of a program; the error says why there is none.
    pub(super) fn main_file(&self, program: &Found) -> Result<String, String> {
        let top =
            || program.files.iter().map(|(_, file)| file.as_str()).filter(|f| !f.contains('/'));
        if top().any(|file| file == "build" || file == SCRIPT) {
            return Ok(SCRIPT.to_owned());
        }
        let sources: Vec<&str> =
            top().filter(|file| codes::by_file(file, self.languages).is_some()).collect();
        let is_main = |file: &&&str| {
            let stem = file.rsplit_once('.').map_or(**file, |(stem, _)| stem);
            matches!(stem, "__main__" | "main" | "Main")
        };
        let has_main = |file: &&&str| {
            let from = program.files.iter().find(|(_, name)| name == *file);
            let text =
                from.map(|(from, _)| std::fs::read(self.package.join(from)).unwrap_or_default());
            text.is_some_and(|text| String::from_utf8_lossy(&text).contains("main("))
        };
        let main = match sources.as_slice() {
            [only] => Some(only),
            _ => sources.iter().find(is_main).or_else(|| sources.iter().find(has_main)),
        };
        if let Some(file) = main.or(sources.first()) {
            Ok((*file).to_owned())
        } else {
            let known = self.languages.ids();
            Err(format!("has no program in a language that is known here ({known})"))
        }
    }

    /// Puts a program into a folder and says its main file.
    fn place(&mut self, program: &Found, to: &str, main: &str) -> io::Result<String> {
        for (from, file) in &program.files {
            self.put(from, &format!("{to}{file}"))?;
        }
        Ok(main.to_owned())
    }

    /// The program that judges outputs, or the comparison.
    pub(super) fn judges(&mut self) -> io::Result<Judge> {
        let legacy = self.meta.version.is_legacy();
        let folder = if legacy { "output_validators/" } else { "output_validator/" };
        let shown = folder.trim_end_matches('/');
        let mut found = if legacy { self.found(folder) } else { self.one_program(folder) };
        let custom = self.meta.custom.unwrap_or(!found.is_empty());
        let special = self.meta.interactive || self.meta.multi_pass;
        if !custom && !special {
            if !found.is_empty() {
                let reason =
                    "validation is not custom, so that the default output validator judges";
                self.ignored.push(super::Ignored::file(shown, reason));
            }
            self.spec.compare = Some(self.comparison(&self.meta.validator_flags.clone()));
            return Ok(Judge::Default);
        }
        if found.len() > 1 && legacy && !special {
            self.several(&found)?;
            return Ok(Judge::Program);
        }
        if found.len() > 1 {
            let message =
                format!("holds {} programs; such a problem has one: join them", found.len());
            self.mistakes.file(shown, message);
        }
        let Some(program) = found.pop() else {
            let why = if special {
                "the problem is interactive or multi-pass"
            } else {
                "validation is custom"
            };
            self.mistakes.file(shown, format!("there is no program in it, but {why}"));
            return Ok(Judge::Program);
        };
        let main = match self.main_file(&program) {
            Ok(main) => main,
            Err(message) => {
                self.mistakes.file(&program.path, message);
                return Ok(Judge::Program);
            }
        };
        let to = if self.meta.interactive { "interactor/" } else { "checker/" };
        let main = self.place(&program, to, &main)?;
        let args = self.meta.validator_flags.clone();
        let program = Some(Program { program: main, convention: Convention::Icpc, args });
        if self.meta.interactive {
            self.spec.interactor = program;
        } else {
            self.spec.checker = program;
        }
        if self.meta.multi_pass {
            self.spec.passes = Some(self.meta.passes);
        }
        Ok(Judge::Program)
    }

    /// Several output validators, all of which must accept: a script runs them one after the other, and the
    /// first that does not accept decides.
    fn several(&mut self, programs: &[Found]) -> io::Result<()> {
        let mut build = String::from("#!/bin/sh\nset -e\n");
        let mut run = String::from(
            "#!/bin/sh\n# Every output validator reads the whole output, and all must accept.\n\
             cat > \"$3\"output\n",
        );
        for (at, program) in programs.iter().enumerate() {
            let folder = format!("validator{}", at + 1);
            let main = match self.main_file(program) {
                Ok(main) => main,
                Err(message) => {
                    self.mistakes.file(&program.path, message);
                    continue;
                }
            };
            for (from, file) in &program.files {
                self.put(from, &format!("checker/{folder}/{file}"))?;
            }
            let id = codes::by_file(&main, self.languages).map(|language| language.id.as_str());
            // Only the folder around all of them can be written to.
            let made = format!("./program{}", at + 1);
            let mut compile = |compiler: &str, ends: &[&str]| {
                let is_source = |file: &&str| ends.iter().any(|end| file.ends_with(end));
                let files = program.files.iter().map(|(_, file)| file.as_str()).filter(is_source);
                let files: Vec<String> = files.map(|file| format!("{folder}/{file}")).collect();
                build.push_str(&format!("{compiler} -O2 -o {made} {} -lm\n", files.join(" ")));
                made.clone()
            };
            let has_build = program.files.iter().any(|(_, file)| file == "build");
            let command = match id {
                _ if main == SCRIPT && !has_build => format!("sh {folder}/{SCRIPT}"),
                Some("cpp") => compile("c++ -std=gnu++20", &[".cpp", ".cc", ".cxx", ".c++", ".C"]),
                Some("c") => compile("cc -std=gnu17", &[".c"]),
                Some("python") => format!("python3 {folder}/{main}"),
                _ => {
                    let message = "is one of several programs, which may be in C, C++ and Python, or bring `run`";
                    self.mistakes.file(&program.path, message);
                    continue;
                }
            };
            run.push_str(&format!(
                "{command} \"$@\" < \"$3\"output\ncode=$?\n[ $code -eq 42 ] || exit $code\n"
            ));
        }
        run.push_str("exit 42\n");
        self.write("checker/build", build.as_bytes())?;
        self.write("checker/run", run.as_bytes())?;
        let args = self.meta.validator_flags.clone();
        self.spec.checker =
            Some(Program { program: SCRIPT.to_owned(), convention: Convention::Icpc, args });
        Ok(())
    }

    /// The problem's own comparison, from `validator_flags`.
    fn comparison(&mut self, args: &[String]) -> Compare {
        flags::compare(args).unwrap_or_else(|message| {
            self.mistakes.field(super::metadata::FILE, None, "validator_flags", message);
            Compare::default()
        })
    }

    /// A folder that is a program itself; older drafts had the program's folder or file in it.
    fn one_program(&self, folder: &str) -> Vec<Found> {
        let files: Vec<_> = self
            .tree
            .below(folder)
            .map(|(path, _)| (format!("{folder}{path}"), path.to_owned()))
            .collect();
        let top = |(_, file): &(String, String)| {
            !file.contains('/') && (file == "build" || file == SCRIPT || self.is_program(file))
        };
        if !files.iter().any(top) {
            return self.found(folder);
        }
        let path = folder.trim_end_matches('/').to_owned();
        vec![Found { name: path.clone(), path, files }]
    }

    /// The programs and scripts that say whether an input is valid.
    pub(super) fn validators(&mut self) -> io::Result<()> {
        let mut found = self.found("input_validators/");
        found.extend(self.found("input_format_validators/"));
        if found.is_empty() {
            let reason = "there is none, so that nothing says whether inputs are valid";
            self.ignored.push(super::Ignored::file("input_validators", reason));
        }
        for program in found {
            if program.path.ends_with(".viva") {
                let reason = "VIVA scripts are not known here; write it as a program or for checktestdata (.ctd)";
                self.ignored.push(super::Ignored::file(program.path, reason));
                continue;
            }
            let main = if program.path.ends_with(".ctd") {
                Ok(program.files[0].1.clone())
            } else if [".sh", ".bash"].iter().any(|end| program.path.ends_with(end)) {
                Ok(SCRIPT.to_owned())
            } else {
                self.main_file(&program)
            };
            let main = match main {
                Ok(main) => main,
                Err(reason) => {
                    self.ignored.push(super::Ignored::file(program.path, reason));
                    continue;
                }
            };
            if self.is_old(&program, &main)? {
                continue;
            }
            let taken = self.spec.validators.iter().any(|known| known.name == program.name);
            let file = program.path.rsplit('/').next().unwrap_or_default();
            let name = if taken { file.to_owned() } else { program.name.clone() };
            let to = format!("validators/{name}/");
            if main == SCRIPT
                && !program.files.iter().any(|(_, file)| file == SCRIPT || file == "build")
            {
                // A shell script by itself: it becomes the script that is run.
                self.put(&program.files[0].0, &format!("{to}{SCRIPT}"))?;
            } else {
                self.place(&program, &to, &main)?;
            }
            let program = Program { program: main, convention: Convention::Icpc, args: Vec::new() };
            self.spec.validators.push(ValidatorSpec { name, program });
        }
        Ok(())
    }

    /// Whether a program is for Python 2, which is noted.
    fn is_old(&mut self, program: &Found, main: &str) -> io::Result<bool> {
        let from =
            program.files.iter().find(|(_, file)| file == main).map(|(from, _)| from.clone());
        let Some(from) = from.filter(|_| main.ends_with(".py")) else { return Ok(false) };
        let text = self.text(&from)?.unwrap_or_default();
        let old = self.meta.version.is_legacy() && codes::is_python_2(main, &text);
        if old {
            self.ignored.push(super::Ignored::file(&program.path, "there is no Python 2 here"));
        }
        Ok(old)
    }

    pub(super) fn static_validator(&mut self) -> io::Result<()> {
        if self.meta.version.is_legacy() {
            return Ok(());
        }
        let mut found = self.one_program("static_validator/");
        if found.len() > 1 {
            self.mistakes.file("static_validator", "holds several programs; there may be one");
        }
        let Some(program) = found.pop() else { return Ok(()) };
        match self.main_file(&program) {
            Ok(main) => {
                let main = self.place(&program, "static_validator/", &main)?;
                self.spec.static_validator =
                    Some(StaticSpec { program: main, args: Vec::new(), points: 0.0 });
            }
            Err(message) => self.mistakes.file(&program.path, message),
        }
        Ok(())
    }
}
