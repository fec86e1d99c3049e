//! Seed systems' documents.

use super::{Package, Store, Upload, mistakes};
use crate::{judge::Difficulty, problem::Draft};
use serde_json::{Value, json};
use std::fs;

fn right() -> Value {
    json!({
        "_id": "665f", "__v": 0, "editorial": null, "companies": ["x"],
        "title": "Two Sum",
        "description": "Add <two> numbers.",
        "difficulty": "Easy",
        "testCases": [
            {"input": "1 2", "output": "3", "_id": "1"},
            {"input": "", "output": "", "isHidden": true},
        ],
        "codeStubs": [
            {"language": "CPP", "startSnippet": "#include", "userSnippet": "int f();", "endSnippet": "main"},
            {"language": "Python3", "userSnippet": "def f():", "endSnippet": null},
        ],
        "solutions": [{"language": "PYTHON", "code": "def f(): pass"}],
    })
}

fn stage(document: &Value) -> Draft {
    Store::new().stage_upload(Upload::document(document), None).unwrap()
}

/// The one mistake of a document.
#[track_caller]
fn wrong(document: &Value, field: &str, message: &str) {
    let found = mistakes(Store::new().stage_upload(Upload::document(document), None));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].file.as_str(), found[0].line), ("document", None));
    assert_eq!(found[0].field.as_deref().unwrap_or_default(), field, "{found:#?}");
    assert!(found[0].message.contains(message), "{found:#?}");
}

/// The right document with one value replaced.
fn with(key: &str, value: Value) -> Value {
    let mut document = right();
    document[key] = value;
    document
}

#[test]
fn a_document_becomes_a_package() {
    let store = Store::new();
    let draft = store.stage_upload(Upload::document(&right()), None).unwrap();
    let problem = &draft.problem;
    assert_eq!((problem.slug.as_str(), problem.title.as_str()), ("two-sum", "Two Sum"));
    assert_eq!(problem.difficulty, Difficulty::Easy);
    assert_eq!(problem.statement, "Add <two> numbers.");
    let tests: Vec<_> =
        problem.tests.iter().map(|t| (t.name.as_str(), t.sample, t.input_bytes)).collect();
    assert_eq!(tests, [("01-sample", true, 3), ("02-hidden", false, 0)]);
    assert_eq!(problem.program("cpp", "mine"), "#include\n\nmine\n\nmain");
    assert_eq!(problem.stubs["python"].user, "def f():");

    let stored = store.install(draft, false).unwrap();
    assert_eq!(fs::read_to_string(stored.answer("01-sample")).unwrap(), "3");
    let solutions = stored.solutions().unwrap();
    assert_eq!(solutions[0].path, "accepted/solution-1.py");
    // The same as a folder: there is one format.
    let slug = Some("copy".parse().unwrap());
    let copy = Package::sum();
    fs::remove_dir_all(&copy.dir).unwrap();
    assert!(
        std::process::Command::new("cp")
            .arg("-r")
            .args([&stored.dir, &copy.dir])
            .status()
            .unwrap()
            .success()
    );
    fs::remove_file(copy.dir.join("problem.json")).unwrap();
    assert_eq!(store.stage_folder(&copy.dir, slug).unwrap().problem.tests, stored.problem.tests);
}

#[test]
fn other_spellings_and_what_may_be_absent() {
    let document = json!({
        "title": "T", "description": "", "slug": "own-slug",
        "testcases": [{"input": "", "output": "x"}],
        "codeSubs": [{"language": "java"}],
        "tags": ["a"], "limits": {"time_ms": 2000}, "compare": {"mode": "float", "absolute": 0.5},
    });
    let draft = stage(&document);
    assert_eq!(draft.problem.slug.as_str(), "own-slug");
    assert_eq!(draft.problem.limits.time_ms, 2000);
    assert_eq!((draft.problem.stubs.len(), draft.problem.tags.len()), (1, 1));
    let given = Some("given".parse().unwrap());
    let draft = Store::new().stage_upload(Upload::document(&document), given).unwrap();
    assert_eq!(draft.problem.slug.as_str(), "given");
    // Many tests keep their order.
    let many: Vec<_> = (0..120).map(|n| json!({"input": n.to_string(), "output": ""})).collect();
    let draft = stage(&with("testCases", many.into()));
    assert_eq!(draft.problem.tests[9].name, "010-sample");
    assert_eq!(draft.problem.tests[119].name, "120-sample");
}

#[test]
fn mistakes_name_the_documents_fields() {
    wrong(&json!([]), "", "JSON object");
    wrong(&json!("x"), "", "JSON object");
    wrong(&with("title", Value::Null), "title", "is missing");
    wrong(&with("title", json!(3)), "title", "must be a string");
    wrong(&with("title", json!("二")), "title", "no slug");
    wrong(&with("slug", json!("Two Sum")), "slug", "no slug");
    wrong(&with("slug", json!(3)), "slug", "must be a string");
    wrong(&with("description", Value::Null), "description", "is missing");
    wrong(&with("description", json!("x".repeat(1 << 21))), "description", "larger than");
    wrong(&with("difficulty", json!("trivial")), "difficulty", "none of easy");
    wrong(&with("tags", json!("x")), "tags", "list of strings");
    wrong(&with("tags", json!([[[1]]])), "tags", "nested");
    wrong(&with("limits", json!({"time_ms": 0})), "limits.time_ms", "outside");
    wrong(&with("limits", json!({"time_ms": u64::MAX})), "limits.time_ms", "whole number");
    wrong(&with("limits", json!({"time": 1})), "limits.time", "unknown key");
    wrong(&with("compare", json!({"mode": "fuzzy"})), "compare.mode", "none of tokens");
    wrong(&with("testCases", json!([])), "testCases", "no tests");
    wrong(&with("testCases", Value::Null), "testCases", "no tests");
    wrong(&with("codeStubs", json!({})), "codeStubs", "list of objects");
    wrong(&with("codeStubs", json!([3, {"language": "python"}])), "codeStubs[0]", "an object");
    let stub = |language: &str| json!({"language": language});
    let stubs = json!([stub("python"), stub("cobol")]);
    wrong(&with("codeStubs", stubs), "codeStubs[1].language", "one of c, cpp");
    let stubs = json!([stub("python"), stub("PYTHON3")]);
    wrong(&with("codeStubs", stubs), "codeStubs[1].language", "two stubs for python");
    let stubs = json!([{"language": "python", "endSnippet": 3}]);
    wrong(&with("codeStubs", stubs), "codeStubs[0].endSnippet", "must be a string");
    let solutions = json!([{"language": "java", "code": ""}]);
    wrong(&with("solutions", solutions), "solutions", "solution-1.java: the problem has no stub");
    wrong(&with("solutions", json!([{"language": "py"}])), "solutions[0].code", "is missing");
    let test = |test: Value| with("testCases", json!([{"input": "", "output": ""}, test]));
    wrong(&test(json!({"input": 1, "output": ""})), "testCases[1].input", "must be a string");
    wrong(&test(json!({"input": ""})), "testCases[1].output", "is missing");
    let odd = json!({"input": "", "output": "", "isHidden": "yes"});
    wrong(&test(odd), "testCases[1].isHidden", "true or false");
    let found = mistakes(Store::new().stage_upload(Upload::document(&json!({})), None));
    let fields: Vec<_> = found.iter().map(|m| m.field.clone().unwrap_or_default()).collect();
    assert_eq!(fields, ["description", "title", "testCases"], "{found:#?}");
}

#[test]
fn what_is_not_read_is_told() {
    let ignored = |document: &Value| -> Vec<(String, String)> {
        let ignored = stage(document).ignored;
        assert!(ignored.iter().all(|ignored| ignored.file == "document"), "{ignored:?}");
        ignored.into_iter().map(|i| (i.field.unwrap_or_default(), i.reason)).collect()
    };
    let fields = |document: &Value| -> Vec<String> {
        ignored(document).into_iter().map(|(field, _)| field).collect()
    };
    // What is null or empty says nothing that could be lost.
    assert_eq!(fields(&right()), ["_id", "__v", "companies", "testCases[]._id"]);
    let told = ignored(&with("editorial", json!("Add.")));
    let editorial = told.iter().find(|(field, _)| field == "editorial").unwrap();
    assert!(editorial.1.contains("is not kept"), "{told:?}");
    assert!(fields(&with("hints", json!(["x"]))).contains(&"hints".to_owned()));
    let told = ignored(&with("codeSubs", json!([{"language": "java"}])));
    let twice = told.iter().find(|(field, _)| field == "codeSubs").unwrap();
    assert!(twice.1.contains("another name"), "{told:?}");
    let told = ignored(&with("weight", json!(3)));
    assert!(told.contains(&("weight".into(), "is no key that is known here".into())), "{told:?}");
    let plain = json!({
        "title": "T", "description": "", "testcases": [{"input": "", "output": "x"}],
    });
    let draft = stage(&plain);
    assert_eq!((draft.ignored.len(), draft.format.as_str()), (0, "json"));
    assert_eq!(draft.problem.about.format.as_deref(), Some("json"));
}
