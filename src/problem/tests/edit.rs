//! Edits of stored problems.

use super::{Package, Store, Upload, generate, mistakes};
use crate::{
    judge::{Compare, Difficulty, Limits},
    problem::{AddError, Patch},
};
use serde_json::json;
use std::fs;

fn stored() -> Store {
    let store = Store::new();
    let draft = store.draft(&Package::generated());
    generate(&draft);
    store.install(draft, false).unwrap();
    store
}

fn patch(value: serde_json::Value) -> Patch {
    serde_json::from_value(value).unwrap()
}

#[test]
fn an_edit_makes_a_new_version_with_the_same_tests() {
    let mut store = stored();
    let slug = "sum".parse().unwrap();
    let old = store.get(&slug).unwrap();
    let new = store
        .edit(
            &slug,
            patch(json!({
                "title": "Σ \"sum\"", "description": "New.", "difficulty": "hard", "tags": ["a"],
                "limits": {"time_ms": 3000}, "compare": {"mode": "float", "absolute": 1e-3},
            })),
        )
        .unwrap();
    assert_ne!(new.version, old.version);
    assert_eq!((new.problem.title.as_str(), new.problem.statement.as_str()), ("Σ \"sum\"", "New."));
    assert_eq!(
        (new.problem.difficulty, &*new.problem.tags),
        (Difficulty::Hard, &["a".to_owned()][..])
    );
    assert_eq!(new.problem.limits, Limits { time_ms: 3000, ..Limits::default() });
    assert_eq!(new.problem.compare, Compare::Float { absolute: 1e-3, relative: 1e-6 });
    assert_eq!(new.problem.tests, old.problem.tests);
    assert_eq!(fs::read_to_string(new.input("03-big")).unwrap(), "--size 9");
    assert_eq!(new.solutions().unwrap(), old.solutions().unwrap());
    store.reopen();
    assert_eq!(store.get(&slug).unwrap().problem, new.problem);
    assert!(!old.dir.exists() && new.input("01-sample").exists());
    // The served folder has not changed; it must not undo the edit.
    assert!(store.unchanged(&store.draft(&Package::generated())));
    // And once more, one field alone.
    let newer = store.edit(&slug, patch(json!({"title": "T"}))).unwrap();
    assert_eq!((newer.problem.title.as_str(), newer.problem.limits.time_ms), ("T", 3000));
    assert!(store.names("staging").is_empty());
}

#[test]
fn an_edit_of_nothing_changes_nothing() {
    let store = stored();
    let slug = "sum".parse().unwrap();
    let once = store.edit(&slug, patch(json!({"title": "T"}))).unwrap();
    let twice = store.edit(&slug, patch(json!({"title": "T"}))).unwrap();
    assert_eq!(once.version, twice.version);
    let unknown = store.edit(&"none".parse().unwrap(), Patch::default());
    assert!(matches!(unknown, Err(AddError::Unknown(_))));
}

#[test]
fn wrong_edits_are_refused_by_field() {
    let store = stored();
    let slug = "sum".parse().unwrap();
    let before = store.get(&slug).unwrap();
    for (value, field) in [
        (json!({"title": ""}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"tags": ["x", "x"]}), "tags"),
        (json!({"limits": {"time_ms": 0}}), "limits.time_ms"),
        (json!({"limits": {"time_ms": u64::MAX}}), "limits.time_ms"),
        (json!({"compare": {"mode": "float", "relative": -1.0}}), "compare.relative"),
    ] {
        let found = mistakes(store.edit(&slug, patch(value)));
        assert_eq!(found[0].field.as_deref(), Some(field), "{found:#?}");
    }
    let long = Patch { statement: Some("x".repeat(1 << 21)), ..Patch::default() };
    assert_eq!(mistakes(store.edit(&slug, long))[0].file, "statement.md");
    assert!(serde_json::from_value::<Patch>(json!({"slug": "x"})).is_err());
    assert_eq!(store.get(&slug).unwrap().version, before.version);
    assert!(store.names("staging").is_empty());
}

#[test]
fn documents_without_solutions_can_be_edited() {
    let store = Store::new();
    let document =
        json!({"title": "D", "description": "", "testCases": [{"input": "", "output": ""}]});
    store.install(store.stage_upload(Upload::document(&document), None).unwrap(), false).unwrap();
    let edited = store.edit(&"d".parse().unwrap(), patch(json!({"title": "E"}))).unwrap();
    assert_eq!(edited.problem.title, "E");
}

#[test]
fn edits_at_one_time_all_count() {
    let store = stored();
    let slug = "sum".parse().unwrap();
    std::thread::scope(|scope| {
        for value in [
            json!({"title": "T"}),
            json!({"description": "S"}),
            json!({"difficulty": "hard"}),
            json!({"tags": ["t"]}),
        ] {
            let (store, slug) = (&store, &slug);
            scope.spawn(move || store.edit(slug, patch(value)).unwrap());
        }
    });
    let problem = &store.get(&slug).unwrap().problem;
    assert_eq!((problem.title.as_str(), problem.statement.as_str()), ("T", "S"));
    assert_eq!((problem.difficulty, problem.tags.len()), (Difficulty::Hard, 1));
}
