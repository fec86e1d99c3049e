//! A full Polygon package: `problem.xml` and the files that it names.

use super::Out;
use crate::judge::{
    Aggregate, Compare, Convention, Group, JudgeProgram, TestCase,
    Verdict::{
        self, Accepted, MemoryLimitExceeded, PresentationError, RuntimeError, TimeLimitExceeded,
        WrongAnswer,
    },
};
use crate::problem::Solution;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use std::{collections::BTreeSet, io};

type Xml = Writer<Vec<u8>>;

/// The language's name as Polygon has it.
fn tongue(language: &str) -> &str {
    match language.split('-').next().unwrap_or(language) {
        "en" => "english",
        "ru" => "russian",
        "pl" => "polish",
        "de" => "german",
        "es" => "spanish",
        "fr" => "french",
        _ => language,
    }
}

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

/// Writes the package.
pub(super) fn write(out: &mut Out<'_>) -> io::Result<()> {
    out.lose_our_own();
    out.lose_languages();
    losses(out);
    let problem = out.problem;
    for (at, test) in problem.tests.iter().enumerate() {
        out.put(&format!("tests/{}.in", test.name), &format!("tests/{:02}", at + 1))?;
        out.put(&format!("tests/{}.out", test.name), &format!("tests/{:02}.a", at + 1))?;
    }
    let statements = statements(out)?;
    let assets = Assets::place(out)?;
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 4);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), Some("no"))))?;
    let root = xml
        .create_element("problem")
        .with_attributes([("revision", "1"), ("short-name", problem.slug.as_str())]);
    root.write_inner_content(|xml| {
        names(out, xml)?;
        list(xml, "statements", &statements, |xml, (path, language, media)| {
            let attributes =
                [("charset", "UTF-8"), ("language", language), ("path", path), ("type", media)];
            xml.create_element("statement").with_attributes(attributes).write_empty()?;
            Ok(())
        })?;
        judging(out, xml)?;
        assets.files(xml)?;
        assets.assets(xml)?;
        list(xml, "tags", &problem.tags, |xml, tag| {
            xml.create_element("tag").with_attribute(("value", tag.as_str())).write_empty()?;
            Ok(())
        })
    })?;
    let mut text = xml.into_inner();
    text.push(b'\n');
    out.write("problem.xml", &text)
}

/// An element with one child for each item; nothing where there are none.
fn list<T>(
    xml: &mut Xml,
    name: &str,
    items: &[T],
    mut each: impl FnMut(&mut Xml, &T) -> io::Result<()>,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    xml.create_element(name)
        .write_inner_content(|xml| items.iter().try_for_each(|item| each(xml, item)))?;
    Ok(())
}

fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text))?;
    Ok(())
}

fn names(out: &Out<'_>, xml: &mut Xml) -> io::Result<()> {
    let about = &out.problem.about;
    let own = about.language.as_deref().unwrap_or(crate::problem::native::DEFAULT_TONGUE);
    let others = about.titles.iter().filter(|(language, _)| *language != own);
    let mut all = vec![(tongue(own), out.problem.title.as_str())];
    all.extend(others.map(|(language, title)| (tongue(language), title.as_str())));
    list(xml, "names", &all, |xml, (language, value)| {
        let attributes = [("language", *language), ("value", *value)];
        xml.create_element("name").with_attributes(attributes).write_empty()?;
        Ok(())
    })
}

/// Path, language and media type of the statements. The Markdown is the legend of the properties, as Polygon
/// keeps its sections.
fn statements(out: &mut Out<'_>) -> io::Result<Vec<(String, String, &'static str)>> {
    let problem = out.problem;
    let own = problem.about.language.as_deref().unwrap_or(crate::problem::native::DEFAULT_TONGUE);
    let mut placed = Vec::new();
    for file in &problem.statements {
        let language = tongue(&file.language).to_owned();
        let from = format!("statements/{}", file.path);
        let (to, media) = match file.format {
            crate::judge::StatementFormat::Tex => ("problem.tex", "application/x-tex"),
            crate::judge::StatementFormat::Pdf => ("problem.pdf", "application/pdf"),
            crate::judge::StatementFormat::Md => {
                out.drop(from, "of the Markdown statements, statement.md is in the package");
                continue;
            }
        };
        let to = format!("statements/{language}/{to}");
        out.put(&from, &to)?;
        placed.push((to, language, media));
    }
    let known: BTreeSet<&str> = problem.statements.iter().map(|file| &*file.path).collect();
    let pictures: Vec<String> = out
        .tree
        .below("statements/")
        .map(|(path, _)| path.to_owned())
        .filter(|path| !known.contains(&**path))
        .collect();
    for picture in pictures {
        out.put(
            &format!("statements/{picture}"),
            &format!("statements/{}/{picture}", tongue(own)),
        )?;
    }
    let properties = serde_json::json!({
        "language": tongue(own),
        "name": problem.title,
        "legend": problem.statement,
        // What is above is read as TeX; this is for those who add the package to a house like this one.
        "markdown": problem.statement,
        "input": "",
        "output": "",
        "timeLimit": problem.limits.time_ms,
        "memoryLimit": problem.limits.memory_mib << 20,
        "inputFile": "stdin",
        "outputFile": "stdout",
    });
    let to = format!("statements/{}/problem-properties.json", tongue(own));
    out.write(&to, serde_json::to_string_pretty(&properties)?.as_bytes())?;
    Ok(placed)
}

fn judging(out: &Out<'_>, xml: &mut Xml) -> io::Result<()> {
    let problem = out.problem;
    let passes = problem.passes.to_string();
    let attributes = [("input-file", ""), ("output-file", ""), ("run-count", &*passes)];
    xml.create_element("judging").with_attributes(attributes).write_inner_content(|xml| {
        xml.create_element("testset").with_attribute(("name", "tests")).write_inner_content(
            |xml| {
                text(xml, "time-limit", &problem.limits.time_ms.to_string())?;
                text(xml, "memory-limit", &(problem.limits.memory_mib << 20).to_string())?;
                text(xml, "test-count", &problem.tests.len().to_string())?;
                text(xml, "input-path-pattern", "tests/%02d")?;
                text(xml, "answer-path-pattern", "tests/%02d.a")?;
                list(xml, "tests", &problem.tests, |xml, test| write_test(out, xml, test))?;
                list(xml, "groups", &problem.groups, write_group)
            },
        )?;
        Ok(())
    })?;
    Ok(())
}

fn write_test(out: &Out<'_>, xml: &mut Xml, test: &TestCase) -> io::Result<()> {
    let group = out.problem.groups.iter().find(|group| group.tests.contains(&test.name));
    let mut element = xml.create_element("test").with_attribute(("method", "manual"));
    if test.sample {
        element = element.with_attribute(("sample", "true"));
    }
    if let Some(description) = &test.description {
        element = element.with_attribute(("description", description.as_str()));
    }
    if let Some(group) = group {
        let points = (group.points / group.tests.len().max(1) as f64).to_string();
        element =
            element.with_attributes([("group", group.name.as_str()), ("points", points.as_str())]);
    }
    element.write_empty()?;
    Ok(())
}

fn write_group(xml: &mut Xml, group: &Group) -> io::Result<()> {
    let points = group.points.to_string();
    let policy = if group.score == Aggregate::Sum { "each-test" } else { "complete-group" };
    let element = xml.create_element("group").with_attributes([
        ("feedback-policy", "complete"),
        ("name", group.name.as_str()),
        ("points", points.as_str()),
        ("points-policy", policy),
    ]);
    if group.requires.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|xml| {
        list(xml, "dependencies", &group.requires, |xml, name| {
            xml.create_element("dependency")
                .with_attribute(("group", name.as_str()))
                .write_empty()?;
            Ok(())
        })
    })?;
    Ok(())
}

/// A source: its path in the package and Polygon's name of its compiler.
type Source = (String, String);

/// The programs of the package, in their places.
#[derive(Default)]
struct Assets {
    resources: Vec<String>,
    attachments: Vec<String>,
    generators: Vec<Source>,
    /// Polygon's own name of a checker where it is one of Polygon's.
    checker: Option<(Option<&'static str>, Source)>,
    interactor: Option<Source>,
    validators: Vec<Source>,
    /// With their tags.
    solutions: Vec<(&'static str, Source)>,
}

impl Assets {
    fn place(out: &mut Out<'_>) -> io::Result<Self> {
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
        Ok(assets)
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

    fn files(&self, xml: &mut Xml) -> io::Result<()> {
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

    fn assets(&self, xml: &mut Xml) -> io::Result<()> {
        xml.create_element("assets").write_inner_content(|xml| {
            if let Some((name, one)) = &self.checker {
                let mut element = xml.create_element("checker");
                if let Some(name) = name {
                    element = element.with_attribute(("name", *name));
                }
                element
                    .with_attribute(("type", "testlib"))
                    .write_inner_content(|xml| source(xml, one))?;
            }
            if let Some(one) = &self.interactor {
                xml.create_element("interactor").write_inner_content(|xml| source(xml, one))?;
            }
            list(xml, "validators", &self.validators, |xml, one| {
                xml.create_element("validator").write_inner_content(|xml| source(xml, one))?;
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

/// Tells what Polygon has no place for.
fn losses(out: &mut Out<'_>) {
    let problem = out.problem;
    for (folder, reason) in [
        ("static_validator/", "Polygon has no static validators"),
        ("include/", "Polygon has no files beside submissions"),
        ("invalid_input/", "unit tests of validators are not written"),
        ("invalid_output/", "unit tests of checkers are not written"),
        ("valid_output/", "unit tests of checkers are not written"),
    ] {
        out.drop_folder(folder, reason);
    }
    out.lose("tests", "are numbered in the package, in their order; their names are not kept");
    for test in &problem.tests {
        let field = |key: &str| format!("tests.{}.{key}", test.name);
        for (key, there) in [
            ("args", !test.args.is_empty()),
            ("judge_args", test.judge_args.is_some()),
            ("validator_args", test.validator_args.is_some()),
            ("compare", test.compare.is_some()),
            ("files", !test.files.is_empty()),
        ] {
            if there {
                out.lose(field(key), "Polygon says nothing of this for single tests");
            }
        }
    }
    for group in &problem.groups {
        let field = |key: &str| format!("groups.{}.{key}", group.name);
        for (key, there) in [
            ("score", matches!(group.score, Aggregate::Avg | Aggregate::Max)),
            ("parent", group.parent.is_some()),
            ("unbounded", group.unbounded),
            ("grader", group.grader.is_some()),
        ] {
            if there {
                out.lose(field(key), "Polygon has points of whole groups or of each test");
            }
        }
    }
    let about = &problem.about;
    for (key, there) in [
        ("authors", !about.authors.is_empty()),
        ("source", about.source.is_some()),
        ("source_url", about.source_url.is_some()),
        ("license", about.license.is_some()),
        ("rights_owner", about.rights_owner.is_some()),
        ("uuid", about.uuid.is_some()),
    ] {
        if there {
            out.lose(format!("about.{key}"), "Polygon's package does not say it");
        }
    }
    if problem.limits.output_mib != crate::judge::Limits::default().output_mib {
        out.lose("limits.output_mib", "Polygon has no limit of the output");
    }
    if problem.timing.is_some() {
        out.lose("timing", "Polygon does not work time limits out");
    }
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
