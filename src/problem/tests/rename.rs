//! A problem gets another slug at one moment.

use super::{Package, Store};
use crate::{
    judge::Slug,
    problem::{AddError, Patch, install::Step},
};
use std::{fs, io};

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

/// A store with the sum problem.
fn with_sum() -> Store {
    let store = Store::new();
    store.install(store.draft(&Package::sum()), false).unwrap();
    store
}

fn slugs(store: &Store) -> Vec<String> {
    store.list().iter().map(|listed| listed.slug.to_string()).collect()
}

#[test]
fn the_old_slug_leads_to_the_problem_until_another_takes_it() {
    let mut store = with_sum();
    let stored = store.rename(&slug("sum"), &slug("plus")).unwrap();
    assert_eq!(stored.problem.slug, slug("plus"));
    for reopened in [false, true] {
        if reopened {
            store.reopen();
        }
        assert_eq!(slugs(&store), ["plus"], "{reopened}");
        for name in ["plus", "sum"] {
            let found = store.get(&slug(name)).unwrap();
            assert_eq!((&found.problem.slug, &found.dir), (&slug("plus"), &stored.dir), "{name}");
            assert_eq!(fs::read_to_string(found.answer("01-sample")).unwrap(), "3\n");
        }
    }
    // Twice renamed, and known by all its names.
    store.rename(&slug("plus"), &slug("add")).unwrap();
    assert_eq!(store.get(&slug("sum")).unwrap().problem.slug, slug("add"));
    // What changes a problem means the one that has the slug now.
    assert!(matches!(store.edit(&slug("sum"), Patch::default()), Err(AddError::Unknown(_))));
    assert!(!store.remove(&slug("sum")).unwrap());
    let other = Package::sum().manifest("title = \"Other\"\n");
    store.install(store.draft(&other), false).unwrap();
    store.reopen();
    assert_eq!(store.get(&slug("sum")).unwrap().problem.title, "Other");
    assert_eq!(store.get(&slug("plus")).unwrap().problem.title, "Sum");
    assert_eq!(slugs(&store), ["add", "sum"]);
    store.remove(&slug("sum")).unwrap();
    assert!(
        store.get(&slug("sum")).is_none(),
        "the newer one's name does not lead to the older one"
    );
}

#[test]
fn there_and_back_and_removed() {
    let mut store = with_sum();
    store.rename(&slug("sum"), &slug("plus")).unwrap();
    let back = store.rename(&slug("plus"), &slug("sum")).unwrap();
    assert_eq!(back.problem.slug, slug("sum"));
    assert_eq!(store.get(&slug("plus")).unwrap().problem.slug, slug("sum"));
    store.reopen();
    assert_eq!(store.get(&slug("plus")).unwrap().problem.slug, slug("sum"));
    store.remove(&slug("sum")).unwrap();
    assert!(store.get(&slug("plus")).is_none() && store.get(&slug("sum")).is_none());
    store.reopen();
    assert!(store.get(&slug("plus")).is_none() && store.names("versions").is_empty());
}

#[test]
fn nothing_changes_where_it_cannot_be() {
    let store = with_sum();
    let other = store.stage_folder(&Package::sum().dir, Some(slug("other"))).unwrap();
    store.install(other, false).unwrap();
    let taken = store.rename(&slug("sum"), &slug("other"));
    assert!(matches!(taken, Err(AddError::Exists(by)) if by == slug("other")));
    let unknown = store.rename(&slug("none"), &slug("new"));
    assert!(matches!(unknown, Err(AddError::Unknown(by)) if by == slug("none")));
    assert_eq!(store.rename(&slug("sum"), &slug("sum")).unwrap().problem.slug, slug("sum"));
    assert_eq!(slugs(&store), ["other", "sum"]);
    assert!(store.names("renamed").is_empty());
    // A damaged problem that is left out has its slug still.
    fs::write(store.around.path().join("problems/current/dark"), "{").unwrap();
    assert!(matches!(store.rename(&slug("sum"), &slug("dark")), Err(AddError::Exists(_))));
}

#[test]
fn an_edit_and_the_same_package_again_are_those_of_the_new_slug() {
    let mut store = with_sum();
    store.rename(&slug("sum"), &slug("plus")).unwrap();
    let again = store.stage_folder(&Package::sum().dir, Some(slug("plus"))).unwrap();
    assert!(store.unchanged(&again));
    let patch = Patch { title: Some("Plus".to_owned()), ..Patch::default() };
    store.edit(&slug("plus"), patch).unwrap();
    // The same package under the old slug takes the folder that the renamed problem had.
    store.install(store.draft(&Package::sum()), false).unwrap();
    store.reopen();
    assert_eq!(store.get(&slug("plus")).unwrap().problem.title, "Plus");
    assert_eq!(store.get(&slug("sum")).unwrap().problem.title, "Sum");
}

#[test]
fn a_crash_leaves_one_of_both_slugs() {
    for (step, survives) in [(Step::Prepared, "sum"), (Step::Swapped, "plus")] {
        let mut store = with_sum();
        let result =
            store.rename_stepwise(&slug("sum"), &slug("plus"), &mut || Ok(()), &mut |reached| {
                if reached == step { Err(io::Error::other("crash")) } else { Ok(()) }
            });
        assert!(matches!(result, Err(AddError::Io(_))), "{step:?}");
        store.reopen();
        assert_eq!(slugs(&store), [survives], "{step:?}");
        assert_eq!(store.get(&slug("sum")).unwrap().problem.slug, slug(survives));
        assert_eq!(store.get(&slug("plus")).is_some(), survives == "plus");
        assert_eq!(store.names("versions").len(), 1);
        assert_eq!(store.rename(&slug(survives), &slug("new")).unwrap().problem.title, "Sum");
    }
}
