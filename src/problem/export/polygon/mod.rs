//! A full Polygon package: `problem.xml` and the files that it names.

mod assets;

use super::Out;
use crate::{
    judge::{Aggregate, Group, TestCase},
    problem::import::TONGUES,
};
use assets::Assets;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use std::{collections::BTreeSet, io};

type Xml = Writer<Vec<u8>>;

/// The language's name as Polygon has it.
fn tongue(language: &str) -> &str {
    let code = language.split('-').next().unwrap_or(language);
    TONGUES.iter().find(|(_, own)| *own == code).map_or(language, |(name, _)| name)
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

/// Tells what Polygon has no place for.
fn losses(out: &mut Out<'_>) {
    let problem = out.problem;
    for (folder, reason) in [
        ("static_validator/", "Polygon has no static validators"),
        ("include/", "Polygon has no files beside submissions"),
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
