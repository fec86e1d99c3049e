//! The programs of a Polygon package with their unit tests, and what must become of solutions.

use super::{Out, Xml, list, text};
use crate::{
    judge::{
        Compare, Convention, JudgeProgram,
        Verdict::{
            self, Accepted, MemoryLimitExceeded, PresentationError, RuntimeError,
            TimeLimitExceeded, WrongAnswer,
        },
    },
    problem::{
        Solution,
        native::{UNIT_INPUTS, UNIT_OUTPUTS},
    },
};
use std::{collections::BTreeSet, io};

/// Where the unit tests of the validator are.
const INPUT_UNITS: &str = "files/tests/validator-tests";
/// Where those of the checker are.
const OUTPUT_UNITS: &str = "files/tests/checker-tests";
/// The patterns of a unit test's files, and how their names end; a validator's has the first alone.
const OUTPUT_FILES: [(&str, &str); 3] =
    [("input-path-pattern", ""), ("output-path-pattern", ".o"), ("answer-path-pattern", ".a")];

/// What Polygon calls the compiler of a language.
fn kind(id: &str) -> &str {
    match id {
        "c" => "c.gcc",
        "cpp" => "cpp.g++17",
        "cpp20" | "cpp23" => "cpp.gcc14-64-msys2-g++23",
        "java" => "java21",
        "python" => "python.3",
        "pypy" => "python.pypy3-64",
        "csharp" => "csharp.mono",
        "haskell" => "haskell.ghc",
        "javascript" => "js.node",
        other => other,
    }
}

/// A source: its path in the package and Polygon's name of its compiler.
type Source = (String, String);

/// The programs of the package, in their places.
#[derive(Default)]
pub(super) struct Assets {
    resources: Vec<String>,
    attachments: Vec<String>,
    generators: Vec<Source>,
    /// Polygon's own name of a checker where it is one of Polygon's.
    checker: Option<(Option<&'static str>, Source)>,
    interactor: Option<Source>,
    validators: Vec<Source>,
    /// The verdicts of the validator's unit tests.
    inputs: Vec<&'static str>,
    /// Those of the checker's.
    outputs: Vec<&'static str>,
    /// With their tags.
    solutions: Vec<(&'static str, Source)>,
}

impl Assets {
    pub(super) fn place(out: &mut Out<'_>) -> io::Result<Self> {
        let mut assets = Self::default();
        let problem = out.problem;
        if let Some(program) = &problem.interactor {
            assets.interactor = Some(assets.program(out, program, "interactor/")?);
        }
        if let Some(program) = &problem.checker {
            assets.checker = Some((None, assets.program(out, program, "checker/")?));
        } else if problem.interactor.is_none() {
            let name = standard(out);
            let source =
                (format!("files/{}", name.trim_start_matches("std::")), kind("cpp").to_owned());
            assets.checker = Some((Some(name), source));
        }
        for validator in &problem.validators {
            let folder = format!("validators/{}/", validator.name);
            let source = assets.program(out, &validator.program, &folder)?;
            assets.validators.push(source);
        }
        let generators: Vec<String> =
            out.tree.below("generators/").map(|(path, _)| path.to_owned()).collect();
        for path in generators {
            let to = place(out, &format!("generators/{path}"), &path)?;
            let language = path.rsplit_once('.').and_then(|(_, e)| out.languages.by_extension(e));
            match language {
                Some(language) => assets.generators.push((to, kind(&language.id).to_owned())),
                None => assets.resources.push(to),
            }
        }
        let attachments: Vec<String> =
            out.tree.below("attachments/").map(|(path, _)| path.to_owned()).collect();
        for path in attachments {
            let to = place(out, &format!("attachments/{path}"), &path)?;
            assets.attachments.push(to);
        }
        assets.solutions(out)?;
        assets.unit_tests(out)?;
        Ok(assets)
    }

    /// Puts the unit tests into their places. Ours are for all validators at once.
    fn unit_tests(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        let units = out.stored.unit_tests()?;
        if self.validators.len() == 1 {
            for (number, unit) in (1..).zip(&units.inputs) {
                out.put(&format!("{}.in", unit.name), &format!("{INPUT_UNITS}/{number:02}"))?;
                self.inputs.push(if unit.valid { "VALID" } else { "INVALID" });
            }
        } else {
            for folder in UNIT_INPUTS {
                out.drop_folder(&format!("{folder}/"), "unit tests are of a single validator");
            }
        }
        if self.checker.is_some() {
            for (number, unit) in (1..).zip(&units.outputs) {
                for (extension, end) in [("in", ""), ("out", ".o"), ("ans", ".a")] {
                    let to = format!("{OUTPUT_UNITS}/{number:02}{end}");
                    out.put(&format!("{}.{extension}", unit.name), &to)?;
                }
                self.outputs.push(if unit.valid { "OK" } else { "WRONG_ANSWER" });
            }
        } else {
            for folder in UNIT_OUTPUTS {
                out.drop_folder(&format!("{folder}/"), "there is no checker");
            }
        }
        Ok(())
    }

    /// Puts a program and what lies beside it into `files/`.
    fn program(
        &mut self,
        out: &mut Out<'_>,
        program: &JudgeProgram,
        folder: &str,
    ) -> io::Result<Source> {
        if program.convention == Convention::Icpc {
            let reason = "answers 42 and 43, and Polygon's programs 0 and 1 as testlib's do: it is in the package \
                          and must be changed before it can be used";
            out.drop(format!("{folder}{}", program.file), reason);
        }
        if !program.args.is_empty() {
            out.drop(
                format!("{folder}{}", program.file),
                "Polygon gives programs no arguments of their own",
            );
        }
        let files: Vec<String> = out.tree.below(folder).map(|(path, _)| path.to_owned()).collect();
        let mut main = format!("files/{}", program.file);
        for path in files {
            let to = place(out, &format!("{folder}{path}"), &path)?;
            if path == program.file {
                main = to;
            } else if !self.resources.contains(&to) {
                self.resources.push(to);
            }
        }
        let language =
            program.file.rsplit_once('.').and_then(|(_, e)| out.languages.by_extension(e));
        Ok((main, language.map_or("", |language| kind(&language.id)).to_owned()))
    }

    fn solutions(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        let reference = out.stored.references()?.first().map(|one| one.path.clone());
        let mut taken = BTreeSet::new();
        for solution in std::mem::take(&mut out.solutions) {
            let file = format!("solutions/{}", solution.path);
            if solution.entry.is_some() {
                out.drop(file, "Polygon's solutions are single files");
                continue;
            }
            let main = reference.as_ref() == Some(&solution.path);
            let Some(tag) = tag(&solution, main) else {
                out.drop(file, "Polygon has no tag that says what must become of it");
                continue;
            };
            if solution.expectation.message.is_some()
                || solution.expectation.score.is_some()
                || !solution.expectation.tests.is_empty()
            {
                out.drop(&*file, "of what must become of it, Polygon keeps the verdict");
            }
            let name = solution.path.rsplit('/').next().unwrap_or_default().to_owned();
            let name =
                if taken.insert(name.clone()) { name } else { solution.path.replace('/', "-") };
            taken.insert(name.clone());
            let to = format!("solutions/{name}");
            match out.program(&solution) {
                Some(program) => out.write(&to, program.as_bytes())?,
                None => out.put(&file, &to)?,
            }
            let id = solution.language(out.languages).map_or("", |language| &*language.id);
            self.solutions.push((tag, (to, kind(id).to_owned())));
        }
        Ok(())
    }

    pub(super) fn files(&self, xml: &mut Xml) -> io::Result<()> {
        xml.create_element("files").write_inner_content(|xml| {
            for (name, files) in
                [("resources", &self.resources), ("attachments", &self.attachments)]
            {
                list(xml, name, files, |xml, path| {
                    xml.create_element("file")
                        .with_attribute(("path", path.as_str()))
                        .write_empty()?;
                    Ok(())
                })?;
            }
            list(xml, "executables", &self.generators, |xml, one| {
                xml.create_element("executable").write_inner_content(|xml| source(xml, one))?;
                Ok(())
            })
        })?;
        Ok(())
    }

    pub(super) fn assets(&self, xml: &mut Xml) -> io::Result<()> {
        xml.create_element("assets").write_inner_content(|xml| {
            if let Some((name, one)) = &self.checker {
                let mut element = xml.create_element("checker");
                if let Some(name) = name {
                    element = element.with_attribute(("name", *name));
                }
                element.with_attribute(("type", "testlib")).write_inner_content(|xml| {
                    source(xml, one)?;
                    testset(xml, OUTPUT_UNITS, &OUTPUT_FILES, &self.outputs)
                })?;
            }
            if let Some(one) = &self.interactor {
                xml.create_element("interactor").write_inner_content(|xml| source(xml, one))?;
            }
            list(xml, "validators", &self.validators, |xml, one| {
                xml.create_element("validator").write_inner_content(|xml| {
                    source(xml, one)?;
                    testset(xml, INPUT_UNITS, &OUTPUT_FILES[..1], &self.inputs)
                })?;
                Ok(())
            })?;
            list(xml, "solutions", &self.solutions, |xml, (tag, one)| {
                xml.create_element("solution")
                    .with_attribute(("tag", *tag))
                    .write_inner_content(|xml| source(xml, one))?;
                Ok(())
            })
        })?;
        Ok(())
    }
}

fn source(xml: &mut Xml, (path, kind): &Source) -> io::Result<()> {
    let attributes = [("path", path.as_str()), ("type", kind.as_str())];
    xml.create_element("source").with_attributes(attributes).write_empty()?;
    Ok(())
}

/// Unit tests: the patterns of their files in a folder, and a verdict for each; nothing where there are none.
fn testset(
    xml: &mut Xml,
    folder: &str,
    files: &[(&str, &str)],
    verdicts: &[&str],
) -> io::Result<()> {
    if verdicts.is_empty() {
        return Ok(());
    }
    xml.create_element("testset").write_inner_content(|xml| {
        text(xml, "test-count", &verdicts.len().to_string())?;
        for (pattern, end) in files {
            text(xml, pattern, &format!("{folder}/%02d{end}"))?;
        }
        list(xml, "tests", verdicts, |xml, verdict| {
            xml.create_element("test").with_attribute(("verdict", *verdict)).write_empty()?;
            Ok(())
        })
    })?;
    Ok(())
}

/// Polygon's own checker that compares as this problem does, or nearly so.
fn standard(out: &mut Out<'_>) -> &'static str {
    let (name, lost) = match out.problem.compare {
        Compare::Tokens => ("std::wcmp.cpp", None),
        Compare::Icpc {
            case_sensitive: true,
            space_change_sensitive: false,
            absolute: None,
            relative: None,
        } => ("std::wcmp.cpp", None),
        Compare::Float { absolute, relative } => {
            let near = absolute.max(relative);
            let (name, bound) = if near >= 1e-4 {
                ("std::rcmp4.cpp", 1e-4)
            } else if near >= 1e-6 {
                ("std::rcmp6.cpp", 1e-6)
            } else {
                ("std::rcmp9.cpp", 1e-9)
            };
            let same = (absolute, relative) == (bound, bound);
            (name, (!same).then(|| format!("the nearest of Polygon's checkers takes {bound}")))
        }
        Compare::Exact => ("std::fcmp.cpp", Some("std::fcmp.cpp compares lines".to_owned())),
        other => {
            let lost = format!(
                "Polygon has no checker for `{}`; std::wcmp.cpp compares tokens",
                other.mode()
            );
            ("std::wcmp.cpp", Some(lost))
        }
    };
    if let Some(lost) = lost {
        out.lose("compare", lost);
    }
    out.lose("compare", format!("{name} is named; its source is Polygon's and not in the package"));
    name
}

/// The tag of what must become of a solution.
fn tag(solution: &Solution, main: bool) -> Option<&'static str> {
    let expectation = &solution.expectation;
    let set = |verdicts: &[Verdict]| verdicts.iter().copied().collect::<BTreeSet<_>>();
    let required = &expectation.required;
    let is = |verdicts: &[Verdict]| *required == set(verdicts);
    Some(if main {
        "main"
    } else if expectation.is_accepted() {
        "accepted"
    } else if is(&[WrongAnswer]) || is(&[WrongAnswer, PresentationError]) {
        "wrong-answer"
    } else if is(&[PresentationError]) {
        "presentation-error"
    } else if is(&[TimeLimitExceeded]) {
        "time-limit-exceeded"
    } else if is(&[MemoryLimitExceeded]) {
        "memory-limit-exceeded"
    } else if is(&[TimeLimitExceeded, MemoryLimitExceeded]) {
        "time-limit-exceeded-or-memory-limit-exceeded"
    } else if is(&[RuntimeError]) {
        "failed"
    } else if required.is_empty() && expectation.permitted == set(&[Accepted, TimeLimitExceeded]) {
        "time-limit-exceeded-or-accepted"
    } else if !required.is_empty()
        && !required.contains(&Accepted)
        && !required.contains(&Verdict::CompileError)
    {
        "rejected"
    } else {
        return None;
    })
}

/// Puts a file into `files/`, which has no folders: one that is there with other bytes gets another name.
fn place(out: &mut Out<'_>, from: &str, path: &str) -> io::Result<String> {
    let name = path.replace('/', "-");
    for number in 1.. {
        let to =
            if number == 1 { format!("files/{name}") } else { format!("files/{number}-{name}") };
        let there = out.into.join(&to);
        if !there.exists() {
            out.put(from, &to)?;
            return Ok(to);
        }
        if std::fs::read(&there)? == std::fs::read(out.stored.dir.join(from))? {
            return Ok(to);
        }
    }
    Err(io::Error::other("no name is free"))
}
