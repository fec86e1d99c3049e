//! The store: atomic, durable, quick to list.

use super::{Package, Store, generate, mistakes, open};
use crate::problem::{
    AddError,
    install::{Step, at_once},
};
use std::{fs, io, sync::Barrier};

fn slug(text: &str) -> crate::judge::Slug {
    text.parse().unwrap()
}

#[test]
fn installed_problems_are_there_after_a_restart() {
    let mut store = Store::new();
    let stored = store.install(store.draft(&Package::generated()), false);
    let found = mistakes(stored);
    let files: Vec<_> = found.iter().map(|m| m.file.as_str()).collect();
    assert_eq!(files, ["tests/03-big.in", "tests/03-big.out", "tests/04-one.in"]);

    let draft = store.draft(&Package::generated());
    generate(&draft);
    let stored = store.install(draft, false).unwrap();
    let big = &stored.problem.tests[2];
    assert_eq!((big.name.as_str(), big.input_bytes, big.answer_bytes), ("03-big", 8, 4));
    assert_eq!(fs::read_to_string(stored.input("03-big")).unwrap(), "--size 9");
    assert!(stored.dir.ends_with(format!("sum-{}", &stored.version[..12])));
    assert_eq!(stored.version.len(), 64);
    assert!(store.names("staging").is_empty());

    store.install(store.draft(&Package::stubbed()), true).unwrap();
    let second = store.stage_folder(&Package::sum().dir, Some(slug("another"))).unwrap();
    store.install(second, false).unwrap();
    let before = store.list();
    store.reopen();
    let after = store.list();
    assert_eq!(after.len(), 2);
    assert_eq!(before, after);
    assert_eq!(after[0].slug, slug("another"));
    let again = store.get(&slug("sum")).unwrap();
    assert_eq!((&again.problem.title, &again.version), (&after[1].title, &after[1].version));
    assert_eq!(again.problem.tests.len(), after[1].tests);
    assert_eq!(store.names("current"), ["another", "sum"]);
    assert!(store.get(&slug("none")).is_none());
}

#[test]
fn a_slug_is_replaced_only_by_force_and_its_old_files_stay_until_the_restart() {
    let mut store = Store::new();
    let old = store.install(store.draft(&Package::sum()), false).unwrap();
    let changed = Package::sum().put("tests/02-zero.out", "1\n");
    match store.install(store.draft(&changed), false) {
        Err(AddError::Exists(taken)) => assert_eq!(taken, slug("sum")),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.get(&slug("sum")).unwrap().version, old.version);
    let new = store.install(store.draft(&changed), true).unwrap();
    assert_ne!(new.version, old.version);
    assert!(old.input("01-sample").exists() && new.input("01-sample").exists());
    // Back and forth: the old version's folder serves again.
    let back = store.install(store.draft(&Package::sum()), true).unwrap();
    assert_eq!(back.dir, old.dir);
    store.install(store.draft(&changed), true).unwrap();
    assert_eq!(store.names("versions").len(), 2);
    store.reopen();
    assert_eq!(store.names("versions").len(), 1);
    assert_eq!(store.get(&slug("sum")).unwrap().version, new.version);
    assert!(!old.dir.exists() && new.dir.exists());
}

#[test]
fn the_same_version_again_is_no_change() {
    let store = Store::new();
    let first = store.install(store.draft(&Package::sum()), false).unwrap();
    let again = store.install(store.draft(&Package::sum()), false).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    assert!(store.names("staging").is_empty());
}

#[test]
fn unchanged_packages_are_known_without_their_generated_tests() {
    let mut store = Store::new();
    let package = Package::generated();
    assert!(!store.unchanged(&store.draft(&package)));
    let draft = store.draft(&package);
    generate(&draft);
    assert!(!store.unchanged(&draft));
    store.install(draft, false).unwrap();
    store.reopen();
    assert!(store.unchanged(&store.draft(&package)));
    let package = package.put("generators/gen.py", "print(2)\n");
    assert!(!store.unchanged(&store.draft(&package)));
    let elsewhere = store.stage_folder(&Package::generated().dir, Some(slug("other"))).unwrap();
    assert!(!store.unchanged(&elsewhere));
}

#[test]
fn removed_problems_are_gone_but_their_files_serve_until_the_restart() {
    let mut store = Store::new();
    let stored = store.install(store.draft(&Package::sum()), false).unwrap();
    assert!(store.remove(&slug("sum")).unwrap());
    assert!(!store.remove(&slug("sum")).unwrap());
    assert!(store.get(&slug("sum")).is_none() && stored.input("01-sample").exists());
    store.reopen();
    assert!(store.list().is_empty() && store.names("versions").is_empty());
    store.install(store.draft(&Package::sum()), false).unwrap();
}

#[test]
fn a_crash_leaves_the_old_version_or_the_new_one() {
    for (step, survives) in [
        (Step::Sealed, "old"),
        (Step::Moved, "old"),
        (Step::Prepared, "old"),
        (Step::Swapped, "new"),
    ] {
        let mut store = Store::new();
        let old = store.install(store.draft(&Package::sum()), false).unwrap();
        let changed = Package::sum().manifest("title = \"New\"");
        let draft = store.draft(&changed);
        let result = store.install_stepwise(draft, true, &mut at_once, &mut |reached| {
            if reached == step { Err(io::Error::other("crash")) } else { Ok(()) }
        });
        assert!(matches!(result, Err(AddError::Io(_))), "{step:?}");
        // A draft that the crash left behind.
        fs::create_dir(store.around.path().join("problems/staging/draft-x")).unwrap();
        store.reopen();
        let now = store.get(&slug("sum")).unwrap();
        let is_old = now.version == old.version;
        assert_eq!(if is_old { "old" } else { "new" }, survives, "{step:?}");
        assert_eq!(now.problem.title, if is_old { "Sum" } else { "New" });
        assert_eq!(fs::read_to_string(now.answer("01-sample")).unwrap(), "3\n");
        assert_eq!(store.names("versions").len(), 1, "{step:?}");
        assert_eq!(store.names("current"), ["sum"], "{step:?}");
        assert!(store.names("staging").is_empty(), "{step:?}");
        // And the same add works now.
        let new = store.install(store.draft(&changed), true).unwrap();
        assert_eq!(new.problem.title, "New");
    }
}

#[test]
fn a_first_add_that_crashes_leaves_nothing() {
    for step in [Step::Sealed, Step::Moved, Step::Prepared] {
        let mut store = Store::new();
        let draft = store.draft(&Package::sum());
        let crash = &mut |reached| {
            if reached == step { Err(io::Error::other("crash")) } else { Ok(()) }
        };
        assert!(store.install_stepwise(draft, false, &mut at_once, crash).is_err());
        store.reopen();
        assert!(store.list().is_empty());
        for folder in ["staging", "versions", "current"] {
            assert!(store.names(folder).is_empty(), "{step:?} {folder}");
        }
    }
}

#[test]
fn a_damaged_problem_is_left_out_and_can_be_replaced_or_removed() {
    let mut store = Store::new();
    let stored = store.install(store.draft(&Package::sum()), false).unwrap();
    let other = store.stage_folder(&Package::sum().dir, Some(slug("other"))).unwrap();
    store.install(other, false).unwrap();
    fs::write(stored.dir.join("problem.json"), "{").unwrap();
    store.reopen();
    assert!(store.get(&slug("sum")).is_none() && store.get(&slug("other")).is_some());
    assert!(stored.dir.exists(), "damaged, but not thrown away");
    assert!(store.remove(&slug("sum")).unwrap());
    store.reopen();
    assert!(!stored.dir.exists());
    store.install(store.draft(&Package::sum()), false).unwrap();
}

#[test]
fn of_two_adds_at_one_time_one_wins() {
    let store = Store::new();
    let barrier = Barrier::new(8);
    let won = std::thread::scope(|scope| {
        let adds: Vec<_> = (0..8)
            .map(|n| {
                let (store, barrier) = (&store, &barrier);
                scope.spawn(move || {
                    let package = Package::sum().put("tests/02-zero.out", n.to_string());
                    let draft = store.draft(&package);
                    barrier.wait();
                    store.install(draft, false).map(|stored| stored.version.clone())
                })
            })
            .collect();
        let results: Vec<_> = adds.into_iter().map(|add| add.join().unwrap()).collect();
        let losers = results.iter().filter(|r| matches!(r, Err(AddError::Exists(_)))).count();
        assert_eq!(losers, 7);
        results.into_iter().find_map(Result::ok).unwrap()
    });
    assert_eq!(store.get(&slug("sum")).unwrap().version, won);
    assert_eq!(open(store.around.path()).get(&slug("sum")).unwrap().version, won);
}
