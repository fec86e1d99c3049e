//! What the Competitive Companion extension posts.

use super::{Store, Upload, mistakes};
use serde_json::{Value, json};

fn post() -> Value {
    json!({
        "name": "A. Watermelon\n", "group": "Codeforces - Round 4", "url": "https://example.org/4/A",
        "interactive": false, "memoryLimit": 64, "timeLimit": 1500.5,
        "tests": [{"input": "8\n", "output": "YES\n"}, {"input": "3\n", "output": "NO\n"}],
        "testType": "single", "input": {"type": "stdin"}, "output": {"type": "stdout"},
        "batch": {"id": "1", "size": 1},
    })
}

#[test]
fn a_posted_problem_is_read() {
    let store = Store::new();
    let draft = store.stage_upload(Upload::document(&post()), None).unwrap();
    let problem = &draft.problem;
    assert_eq!((problem.slug.as_str(), &*problem.title), ("a-watermelon", "A. Watermelon"));
    assert_eq!(draft.format, "competitive-companion");
    assert_eq!((problem.limits.time_ms, problem.limits.memory_mib), (1501, 64));
    assert_eq!(problem.tags, ["Codeforces - Round 4"]);
    assert_eq!(problem.about.source_url.as_deref(), Some("https://example.org/4/A"));
    assert_eq!(problem.about.source.as_deref(), Some("Codeforces - Round 4"));
    assert!(problem.tests.len() == 2 && problem.tests.iter().all(|test| test.sample));
    assert_eq!(draft.ignored.len(), 1, "{:?}", draft.ignored);
}

#[test]
fn what_cannot_be_kept_is_told() {
    let mut odd = post();
    odd["interactive"] = json!(true);
    odd["input"] = json!({"type": "file", "fileName": "in.txt"});
    let store = Store::new();
    let draft = store.stage_upload(Upload::document(&odd), None).unwrap();
    let fields: Vec<_> = draft.ignored.iter().filter_map(|note| note.field.as_deref()).collect();
    assert_eq!(fields, ["tests", "interactive", "input"]);
}

#[test]
fn every_mistake_is_named() {
    let mut wrong = post();
    wrong["name"] = json!(5);
    wrong["timeLimit"] = json!("fast");
    wrong["memoryLimit"] = json!(0);
    wrong["tests"][1]["output"] = json!(null);
    let found = mistakes(Store::new().stage_upload(Upload::document(&wrong), None));
    for field in ["name", "timeLimit", "memoryLimit", "tests[1].output"] {
        assert!(found.iter().any(|m| m.field.as_deref() == Some(field)), "{field}: {found:#?}");
    }
    assert!(found.iter().all(|mistake| mistake.file == "document"), "{found:#?}");
    let mut none = post();
    none["tests"] = json!([]);
    let found = mistakes(Store::new().stage_upload(Upload::document(&none), None));
    assert!(found[0].message.contains("without samples"), "{found:#?}");
}
