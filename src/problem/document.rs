//! Problem documents of the seed systems, written out as native packages.
//!
//! `title, description, difficulty, tags, testCases|testcases: [{input, output, isHidden}],
//! codeStubs|codeSubs: [{language, startSnippet, userSnippet, endSnippet}], solutions: [{language,
//! code}], slug`, and `limits` and `compare` as in `problem.toml`. Other keys are those systems' own
//! (`_id`, `editorial`, `companies`, …): they are told as ignored, so that their documents can be posted
//! as they are.

use super::{
    Ignored, Mistake,
    files::create,
    manifest,
    mistake::Mistakes,
    native::{FOLDERS, STATEMENT},
};
use crate::judge::{Language, Languages};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::Path,
};

/// What mistakes call the document.
const DOCUMENT: &str = "document";

/// What the package says of where it comes from.
const FORMAT: &str = "json";

/// Keys of which one means the same as the other.
const TESTS: [&str; 2] = ["testCases", "testcases"];
const STUBS: [&str; 2] = ["codeStubs", "codeSubs"];

/// The keys that are read, and those of the objects in its lists.
const KEYS: [&str; 10] = [
    "title",
    "description",
    "difficulty",
    "tags",
    "limits",
    "compare",
    "slug",
    "solutions",
    "testCases",
    "codeStubs",
];
const TEST_KEYS: [&str; 3] = ["input", "output", "isHidden"];
const STUB_KEYS: [&str; 4] = ["language", "startSnippet", "userSnippet", "endSnippet"];
const SOLUTION_KEYS: [&str; 2] = ["language", "code"];

/// Writes the package of a document into an empty folder and returns the slug it names, if it does.
pub(super) fn write(
    document: &Value,
    dir: &Path,
    languages: &Languages,
    mistakes: &mut Mistakes,
    ignored: &mut Vec<Ignored>,
) -> io::Result<Option<String>> {
    if !document.is_object() {
        mistakes.file(DOCUMENT, "must be a JSON object with title, description and testCases");
        return Ok(None);
    }
    strangers(document, ignored);
    let mut writer = Writer { document, dir, languages, mistakes };
    writer.manifest()?;
    let statement = writer.text(document, "", "description", true).unwrap_or_default();
    writer.file(STATEMENT, statement)?;
    writer.tests()?;
    writer.stubs()?;
    writer.solutions()?;
    Ok(writer.text(document, "", "slug", false).map(str::to_owned))
}

/// Tells of every key that is not read, once for all objects of a list.
fn strangers(document: &Value, ignored: &mut Vec<Ignored>) {
    let mut told = BTreeSet::new();
    let mut look = |object: &Value, place: &str, known: &[&str]| {
        for (key, value) in object.as_object().into_iter().flatten() {
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            if !known.contains(&key.as_str()) && !empty && told.insert(format!("{place}{key}")) {
                ignored.push(Ignored::field(DOCUMENT, format!("{place}{key}"), why(key)));
            }
        }
    };
    let there = |name: &&&str| document.get(**name).is_some_and(|value| !value.is_null());
    let read: Vec<&str> = [&TESTS, &STUBS]
        .into_iter()
        .filter_map(|names| names.iter().find(there).copied())
        .chain(KEYS.into_iter().filter(|key| !TESTS.contains(key) && !STUBS.contains(key)))
        .collect();
    look(document, "", &read);
    let lists: [(&[&str], &[&str]); 3] =
        [(&TESTS, &TEST_KEYS), (&STUBS, &STUB_KEYS), (&["solutions"], &SOLUTION_KEYS)];
    for (names, known) in lists {
        let Some(name) = names.iter().find(there) else { continue };
        for object in document[*name].as_array().into_iter().flatten() {
            look(object, &format!("{name}[]."), known);
        }
    }
}

/// Why a key is not read.
fn why(key: &str) -> String {
    match key {
        "_id" | "__v" | "id" | "createdAt" | "updatedAt" => "is the other system's own".to_owned(),
        "editorial" | "hints" | "companies" => {
            "is not kept; a problem has a statement, and nothing beside it".to_owned()
        }
        _ if TESTS.contains(&key) || STUBS.contains(&key) => {
            "is there under another name as well, which is taken".to_owned()
        }
        _ => "is no key that is known here".to_owned(),
    }
}

/// Says a mistake in the written package in terms of the document.
pub(super) fn translate(mistake: &mut Mistake) {
    if mistake.file == DOCUMENT {
        return;
    }
    let field = match mistake.file.split('/').next().unwrap_or_default() {
        manifest::FILE => mistake.field.take(),
        STATEMENT => Some("description".to_owned()),
        "stubs" => Some("codeStubs".to_owned()),
        "solutions" => Some("solutions".to_owned()),
        "tests" => Some("testCases".to_owned()),
        _ => None,
    };
    let file = std::mem::replace(&mut mistake.file, DOCUMENT.to_owned());
    if file != manifest::FILE && !FOLDERS.contains(&file.as_str()) {
        mistake.message = format!("{}: {}", file, mistake.message);
    }
    mistake.field = field;
    mistake.line = None;
}

struct Writer<'a> {
    document: &'a Value,
    dir: &'a Path,
    languages: &'a Languages,
    mistakes: &'a mut Mistakes,
}

impl<'a> Writer<'a> {
    fn file(&self, path: &str, text: &str) -> io::Result<()> {
        create(&self.dir.join(path))?.write_all(text.as_bytes())
    }

    fn wrong(&mut self, field: &str, message: impl AsRef<str>) {
        self.mistakes.field(DOCUMENT, None, field, message);
    }

    /// A value that is there and not null, under the first of these names that it has.
    fn value(&self, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        names.iter().find_map(|name| {
            self.document.get(name).filter(|value| !value.is_null()).map(|value| (*name, value))
        })
    }

    /// A text of an object. `place` is where the object is, such as `testCases[3].`.
    fn text(&mut self, object: &'a Value, place: &str, key: &str, needed: bool) -> Option<&'a str> {
        match object.get(key) {
            Some(Value::String(text)) => return Some(text),
            None | Some(Value::Null) if !needed => return None,
            None | Some(Value::Null) => self.wrong(&format!("{place}{key}"), "is missing"),
            Some(_) => self.wrong(&format!("{place}{key}"), "must be a string"),
        }
        None
    }

    /// The objects of a list, each with its place.
    fn objects(&mut self, names: &[&'static str]) -> Vec<(String, &'a Value)> {
        let Some((name, value)) = self.value(names) else { return Vec::new() };
        let Some(list) = value.as_array() else {
            self.wrong(name, "must be a list of objects");
            return Vec::new();
        };
        let mut objects = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let place = format!("{name}[{index}]");
            if value.is_object() {
                objects.push((place + ".", value));
            } else {
                self.wrong(&place, "must be an object");
            }
        }
        objects
    }

    fn language(&mut self, object: &'a Value, place: &str) -> Option<&'a Language> {
        let name = self.text(object, place, "language", true)?;
        let language = self.languages.find(name);
        if language.is_none() {
            let message = format!("`{name}` is no language; one of {}", self.languages.ids());
            self.wrong(&format!("{place}language"), message);
        }
        language
    }

    fn manifest(&mut self) -> io::Result<()> {
        let mut table = toml::Table::new();
        for name in ["title", "difficulty", "tags", "limits", "compare"] {
            let Some((_, value)) = self.value(&[name]) else { continue };
            let value = match value.as_str() {
                Some(word) if name == "difficulty" => Some(word.to_ascii_lowercase().into()),
                _ => to_toml(value, 2),
            };
            match value {
                Some(value) => _ = table.insert(name.to_owned(), value),
                None => self.wrong(name, "is nested too deep"),
            }
        }
        let about = toml::Table::from_iter([("format".to_owned(), FORMAT.into())]);
        table.insert("about".to_owned(), about.into());
        let text = toml::to_string(&table).map_err(io::Error::other)?;
        self.file(manifest::FILE, &text)
    }

    fn tests(&mut self) -> io::Result<()> {
        let tests = self.objects(&TESTS);
        let width = tests.len().to_string().len().max(2);
        for (number, (place, test)) in (1..).zip(tests) {
            let hidden = match test.get("isHidden") {
                None | Some(Value::Null) => false,
                Some(Value::Bool(hidden)) => *hidden,
                Some(_) => {
                    self.wrong(&format!("{place}isHidden"), "must be true or false");
                    continue;
                }
            };
            let kind = if hidden { "hidden" } else { "sample" };
            let input = self.text(test, &place, "input", true);
            let answer = self.text(test, &place, "output", true);
            let path = format!("tests/{number:0width$}-{kind}");
            self.file(&format!("{path}.in"), input.unwrap_or_default())?;
            self.file(&format!("{path}.out"), answer.unwrap_or_default())?;
        }
        Ok(())
    }

    fn stubs(&mut self) -> io::Result<()> {
        let mut seen = Vec::new();
        for (place, stub) in self.objects(&STUBS) {
            let Some(language) = self.language(stub, &place) else { continue };
            if seen.contains(&&language.id) {
                let message = format!("there are two stubs for {}", language.id);
                self.wrong(&format!("{place}language"), message);
                continue;
            }
            seen.push(&language.id);
            let extension = language.extension();
            for (part, key) in
                [("start", "startSnippet"), ("user", "userSnippet"), ("end", "endSnippet")]
            {
                let text = self.text(stub, &place, key, false).unwrap_or_default();
                self.file(&format!("stubs/{}/{part}.{extension}", language.id), text)?;
            }
        }
        Ok(())
    }

    fn solutions(&mut self) -> io::Result<()> {
        for (number, (place, solution)) in (1..).zip(self.objects(&["solutions"])) {
            let language = self.language(solution, &place);
            let code = self.text(solution, &place, "code", true);
            let (Some(language), Some(code)) = (language, code) else { continue };
            let extension = language.extension();
            self.file(&format!("solutions/accepted/solution-{number}.{extension}"), code)?;
        }
        Ok(())
    }
}

/// A JSON value in TOML, without nulls; `None` when it is nested deeper than a package's values.
fn to_toml(value: &Value, depth: u8) -> Option<toml::Value> {
    Some(match value {
        Value::Array(_) | Value::Object(_) if depth == 0 => return None,
        Value::Array(list) => {
            let items = list.iter().filter(|item| !item.is_null());
            toml::Value::Array(items.map(|item| to_toml(item, depth - 1)).collect::<Option<_>>()?)
        }
        Value::Object(object) => {
            let items = object.iter().filter(|(_, item)| !item.is_null());
            let items = items.map(|(key, item)| Some((key.clone(), to_toml(item, depth - 1)?)));
            toml::Value::Table(items.collect::<Option<_>>()?)
        }
        Value::Bool(truth) => toml::Value::Boolean(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => toml::Value::Integer(whole),
            None => toml::Value::Float(number.as_f64()?),
        },
        Value::String(text) => toml::Value::String(text.clone()),
        Value::Null => return None,
    })
}
