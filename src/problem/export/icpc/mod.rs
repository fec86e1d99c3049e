//! ICPC and Kattis packages: what both versions have in common.

mod latest;
mod layout;
mod legacy;
mod submissions;

pub(super) use latest::write as latest;
pub(super) use legacy::write as legacy;

use super::Out;
use crate::judge::{Compare, Convention, JudgeProgram, TestCase};
use layout::Layout;
use serde_json::{Map, Value};
use std::io;

/// Codes of the formats where they are not our ids.
const CODES: [(&str, &str); 1] = [("python", "python3")];

/// The format's code of a language; `None` for variants, which it does not tell apart.
fn code<'l>(id: &'l str, out: &Out<'_>) -> Option<&'l str> {
    let language = out.languages.iter().find(|language| language.id == id)?;
    let code = CODES.iter().find(|(own, _)| *own == id).map_or(id, |(_, code)| code);
    language.like.is_none().then_some(code)
}

/// The text of a YAML file.
fn yaml(value: &Value) -> io::Result<String> {
    serde_saphyr::to_string(value).map_err(io::Error::other)
}

impl Out<'_> {
    fn yaml(&self, to: &str, map: Map<String, Value>) -> io::Result<()> {
        if map.is_empty() { Ok(()) } else { self.write(to, yaml(&Value::Object(map))?.as_bytes()) }
    }

    /// Inputs, answers and files beside programs.
    fn tests(&self, layout: &Layout<'_>) -> io::Result<()> {
        for test in &self.problem.tests {
            let (name, to) = (&test.name, layout.of(&test.name));
            self.put(&format!("tests/{name}.in"), &format!("data/{to}.in"))?;
            self.put(&format!("tests/{name}.out"), &format!("data/{to}.ans"))?;
            self.folder(&format!("tests/{name}.files/"), &format!("data/{to}.files/"))?;
        }
        Ok(())
    }

    /// Who judges outputs: the folder it goes to, whole.
    fn judges(&mut self, to: &str) -> io::Result<()> {
        let (checker, interactor) = (&self.problem.checker, &self.problem.interactor);
        let (program, from) = match (interactor, checker) {
            (Some(program), _) => (program, "interactor/"),
            (None, Some(program)) => (program, "checker/"),
            (None, None) => return Ok(()),
        };
        self.folder(from, to)?;
        self.speaks(program, from);
        if interactor.is_some() && checker.is_some() {
            let reason = "an interactive problem has one program that judges, the interactor";
            self.drop("checker", reason);
        }
        Ok(())
    }

    /// Tells of a program that answers as testlib's do.
    fn speaks(&mut self, program: &JudgeProgram, folder: &str) {
        if program.convention == Convention::Testlib {
            let reason = "answers as testlib's programs do (0, 1, 2, 3), and the format's answer 42 and 43: \
                          it is in the package and must be changed before it can be used";
            self.drop(format!("{folder}{}", program.file), reason);
        }
    }

    fn validators(&mut self) -> io::Result<()> {
        let problem = self.problem;
        for validator in &problem.validators {
            let from = format!("validators/{}/", validator.name);
            self.folder(&from, &format!("input_validators/{}/", validator.name))?;
            self.speaks(&validator.program, &from);
            if !validator.program.args.is_empty() {
                let reason = "arguments of a validator belong to groups and tests in the format";
                self.lose(format!("validators.{}.args", validator.name), reason);
            }
        }
        Ok(())
    }

    fn includes(&mut self, default: bool) -> io::Result<()> {
        let problem = self.problem;
        let mut done = Vec::new();
        for (id, include) in &problem.include {
            let folder = format!("include/{}/", include.folder);
            let to = match id.as_str() {
                "default" if default => Some("default"),
                id => code(id, self),
            };
            let Some(to) = to else {
                // Files of a language serve its variants too.
                if include.folder == *id {
                    let reason = "the format has no files for this language";
                    self.drop(folder.trim_end_matches('/'), reason);
                }
                continue;
            };
            if !done.contains(&to) {
                self.folder(&folder, &format!("include/{to}/"))?;
                done.push(to);
            }
            if include.user.is_some() {
                let reason = "the format has no name for the user's own file";
                self.lose(format!("include.{id}.user"), reason);
            }
        }
        Ok(())
    }

    /// Unit tests of validators, attachments and generators.
    fn rest(&mut self) -> io::Result<()> {
        for folder in ["invalid_input/", "invalid_output/", "valid_output/"] {
            self.folder(folder, &format!("data/{folder}"))?;
        }
        self.folder("attachments/", "attachments/")?;
        self.folder("generators/", "generators/")?;
        let reason =
            "are kept, but what they are called with is not; their tests are in the package";
        if self.has("generators/") {
            self.lose("generators", reason);
        }
        Ok(())
    }

    /// All statements. `statement.md` is one of them, unless it was made from another.
    fn statements(&mut self, folder: &str) -> io::Result<Vec<String>> {
        let problem = self.problem;
        let own =
            problem.about.language.as_deref().unwrap_or(crate::problem::native::DEFAULT_TONGUE);
        self.folder("statements/", folder)?;
        let mut languages: Vec<String> =
            problem.statements.iter().map(|file| file.language.clone()).collect();
        let derived = problem.about.format.is_some() && languages.iter().any(|known| known == own);
        let to = format!("{folder}problem.{own}.md");
        if !derived && !self.into.join(&to).exists() {
            self.put(crate::problem::native::STATEMENT, &to)?;
            languages.push(own.to_owned());
        } else if !derived {
            let reason = format!("there is statements/problem.{own}.md too, which is taken");
            self.drop(crate::problem::native::STATEMENT, reason);
        }
        languages.sort();
        languages.dedup();
        Ok(languages)
    }

    /// The title in every language of the statements.
    fn names(&mut self, languages: &[String]) -> Value {
        let about = &self.problem.about;
        let own = about.language.as_deref().unwrap_or(crate::problem::native::DEFAULT_TONGUE);
        let name = |language: &String| {
            let title = about.titles.get(language).filter(|_| language != own);
            (language.clone(), Value::from(title.unwrap_or(&self.problem.title).clone()))
        };
        let names: Map<String, Value> = languages.iter().map(name).collect();
        let lost: Vec<&String> =
            about.titles.keys().filter(|language| !languages.contains(language)).collect();
        for language in lost {
            let reason = "there is no statement in this language";
            self.ignored.push(crate::problem::Ignored::field(
                crate::problem::manifest::FILE,
                format!("about.titles.{language}"),
                reason,
            ));
        }
        Value::Object(names)
    }

    /// What the default output validator is called with for a test; for all when there is none.
    fn judge_args(&self, test: Option<&TestCase>) -> Vec<String> {
        let program = self.problem.interactor.as_ref().or(self.problem.checker.as_ref());
        match program {
            Some(program) => test
                .and_then(|test| test.judge_args.clone())
                .unwrap_or_else(|| program.args.clone()),
            None => flags(&test.and_then(|test| test.compare).unwrap_or(self.problem.compare)),
        }
    }

    /// Tells which comparisons are not quite those of the default output validator.
    fn compares(&mut self) {
        let problem = self.problem;
        if problem.checker.is_some() || problem.interactor.is_some() {
            return;
        }
        for (field, compare) in std::iter::once(("compare".to_owned(), problem.compare)).chain(
            problem
                .tests
                .iter()
                .filter_map(|test| Some((format!("tests.{}.compare", test.name), test.compare?))),
        ) {
            match compare {
                Compare::Lines => {
                    self.lose(
                        field,
                        "the format does not compare lines in any order; tokens are compared",
                    );
                }
                Compare::Exact => {
                    let reason = "the format does not compare bytes; tokens and the white space between them are";
                    self.lose(field, reason);
                }
                Compare::Tokens
                | Compare::Caseless
                | Compare::Float { .. }
                | Compare::Icpc { .. } => {}
            }
        }
    }
}

/// The arguments of the default output validator that compare as this does.
fn flags(compare: &Compare) -> Vec<String> {
    let mut flags = Vec::new();
    let (case, space, absolute, relative) = match *compare {
        Compare::Tokens | Compare::Lines => (true, false, None, None),
        Compare::Exact => (true, true, None, None),
        Compare::Caseless => (false, false, None, None),
        Compare::Float { absolute, relative } => (true, false, Some(absolute), Some(relative)),
        Compare::Icpc { case_sensitive, space_change_sensitive, absolute, relative } => {
            (case_sensitive, space_change_sensitive, absolute, relative)
        }
    };
    if case {
        flags.push("case_sensitive".to_owned());
    }
    if space {
        flags.push("space_change_sensitive".to_owned());
    }
    for (name, value) in
        [("float_absolute_tolerance", absolute), ("float_relative_tolerance", relative)]
    {
        if let Some(value) = value {
            flags.extend([name.to_owned(), value.to_string()]);
        }
    }
    flags
}
