//! A seed system's JSON document: title, statement, test cases, code around the user's own, solutions.

use super::{Ignored, Out, at, create};
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, BufWriter, Write},
};

/// The document's file.
const FILE: &str = "problem.json";
/// The longest document that is read anywhere, in bytes.
const LONGEST: u64 = 64 << 20;

/// Writes the document.
pub(super) fn write(out: &mut Out<'_>) -> io::Result<()> {
    let problem = out.problem;
    out.lose_languages();
    losses(out);
    let mut head = json!({
        "slug": problem.slug,
        "title": problem.title,
        "description": problem.statement,
        "difficulty": problem.difficulty,
        "tags": problem.tags,
        "limits": problem.limits,
        "compare": problem.compare,
    });
    let stubs: Vec<Value> = own_stubs(out)
        .map(|(language, stub)| {
            json!({
                "language": language, "startSnippet": stub.start, "userSnippet": stub.user,
                "endSnippet": stub.end,
            })
        })
        .collect();
    if !stubs.is_empty() {
        head["codeStubs"] = stubs.into();
    }
    let solutions = solutions(out);
    if !solutions.is_empty() {
        head["solutions"] = solutions.into();
    }
    cases(out, &head)
}

/// The stubs that the package has itself: those of a language serve its variants too.
fn own_stubs<'o>(
    out: &'o Out<'_>,
) -> impl Iterator<Item = (&'o String, &'o crate::judge::Stub)> + 'o {
    out.problem.stubs.iter().filter(|(id, _)| out.has(&format!("stubs/{id}/")))
}

fn solutions(out: &mut Out<'_>) -> Vec<Value> {
    let mut taken = Vec::new();
    for solution in std::mem::take(&mut out.solutions) {
        let file = format!("solutions/{}", solution.path);
        let id = solution.language(out.languages).map(|language| language.id.clone());
        match id {
            _ if !solution.expectation.is_accepted() => {
                out.drop(file, "the document has accepted solutions only");
            }
            _ if solution.entry.is_some() => {
                out.drop(file, "the document has solutions of one file only");
            }
            None => out.drop(file, "its language is not known any more"),
            Some(id) => taken.push(json!({ "language": id, "code": solution.source })),
        }
    }
    taken
}

/// Writes the document test by test, so that it may be long.
fn cases(out: &mut Out<'_>, head: &Value) -> io::Result<()> {
    let path = out.into.join(FILE);
    let mut file = BufWriter::new(create(&path)?);
    let text = serde_json::to_string_pretty(head)?;
    file.write_all(text.trim_end_matches('}').trim_end().as_bytes())?;
    file.write_all(b",\n  \"testCases\": [")?;
    let mut first = true;
    for test in &out.problem.tests {
        let read = |path: std::path::PathBuf| fs::read(&path).map_err(at(&path));
        let (input, answer) =
            (read(out.stored.input(&test.name))?, read(out.stored.answer(&test.name))?);
        let (Ok(input), Ok(output)) = (String::from_utf8(input), String::from_utf8(answer)) else {
            let reason = "is not UTF-8 text, which a document is";
            out.ignored.push(Ignored::file(format!("tests/{}.in", test.name), reason));
            continue;
        };
        let case = json!({ "input": input, "output": output, "isHidden": !test.sample });
        file.write_all(if first { b"\n    " } else { b",\n    " })?;
        serde_json::to_writer(&mut file, &case)?;
        first = false;
    }
    file.write_all(b"\n  ]\n}\n")?;
    file.flush().map_err(at(&path))?;
    let length = fs::metadata(&path).map_err(at(&path))?.len();
    if length > LONGEST {
        out.drop(
            FILE,
            format!("is longer than {} MiB, and not read by this program", LONGEST >> 20),
        );
    }
    Ok(())
}

/// Tells what a document has no place for.
fn losses(out: &mut Out<'_>) {
    let problem = out.problem;
    out.lose("tests", "are numbered in the document, in their order; their names are not kept");
    if problem.about != crate::judge::About::default() {
        out.lose("about", "the document does not say who made a problem");
    }
    for (field, there) in [
        ("passes", problem.passes > 1),
        ("stop", problem.stop != crate::judge::StopPolicy::default()),
        ("timing", problem.timing.is_some()),
        ("groups", !problem.groups.is_empty()),
    ] {
        if there {
            out.lose(field, "the document has no place for it");
        }
    }
    let said = |test: &&crate::judge::TestCase| {
        let plain = crate::judge::TestCase::plain(
            test.name.clone(),
            test.sample,
            test.input_bytes,
            test.answer_bytes,
        );
        **test != plain
    };
    for test in problem.tests.iter().filter(said) {
        out.lose(format!("tests.{}", test.name), "the document says nothing of single tests");
    }
    for folder in super::super::native::FOLDERS {
        if !["tests", "solutions", "stubs"].contains(&folder) {
            out.drop_folder(&format!("{folder}/"), "the document has no place for it");
        }
    }
}
