//! Files that are the same are on the disk once, and go when nobody uses them.

use super::{Package, Store};
use crate::problem::{
    Draft, StoredProblem,
    files::{Hashes, scan},
    install::{Step, at_once},
    mistake::Mistakes,
    objects::{Objects, SHARED_FROM},
};
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The sum package with a long test, whose input is made of this byte.
fn long(byte: u8) -> Package {
    let input = vec![byte; SHARED_FROM as usize];
    Package::sum().put("tests/03-long.in", input).put("tests/03-long.out", "9\n")
}

fn inode(path: &Path) -> (u64, u64) {
    let meta = fs::metadata(path).unwrap();
    (meta.ino(), meta.nlink())
}

/// The files of the objects' folder.
fn objects(store: &Store) -> Vec<PathBuf> {
    let root = store.around.path().join("problems/objects");
    let shards = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut files = Vec::new();
    for shard in shards.filter(|path| path.is_dir()) {
        files.extend(fs::read_dir(shard).unwrap().map(|entry| entry.unwrap().path()));
    }
    files
}

fn as_slug(store: &Store, package: &Package, slug: &str) -> Draft {
    store.stage_folder(&package.dir, Some(slug.parse().unwrap())).unwrap()
}

fn input(stored: &StoredProblem) -> PathBuf {
    stored.input("03-long")
}

#[test]
fn the_same_file_of_two_versions_and_two_problems_is_there_once() {
    let mut store = Store::new();
    let first = store.install(store.draft(&long(b'1')), false).unwrap();
    let next = store.draft(&long(b'1').put("tests/01-sample.out", "4\n"));
    let second = store.install(next, true).unwrap();
    let other = store.install(as_slug(&store, &long(b'1'), "other"), false).unwrap();
    let (shared, names) = inode(&input(&first));
    assert_eq!(names, 4, "three versions and the object");
    assert!([&second, &other].iter().all(|stored| inode(&input(stored)).0 == shared));
    assert_ne!(first.version, second.version);
    // A file below the bound has no object.
    assert_eq!(inode(&first.answer("02-zero")).1, 1);
    assert_eq!(objects(&store).len(), 1);
    assert!(store.names("staging").is_empty());

    store.reopen();
    assert_eq!(inode(&input(&second)), (shared, 3), "the first version is gone");
    for slug in ["sum", "other"] {
        assert!(store.remove(&slug.parse().unwrap()).unwrap());
    }
    assert_eq!(objects(&store).len(), 1, "running evaluations may use it");
    store.reopen();
    assert!(objects(&store).is_empty());
    assert!(store.names("objects").is_empty());
}

#[test]
fn an_object_that_cannot_be_taken_is_replaced_and_a_foreign_one_is_not_taken() {
    let store = Store::new();
    let first = store.install(store.draft(&long(b'1')), false).unwrap();
    let object = objects(&store).remove(0);
    // Of another length than its name says: never written by this store.
    fs::remove_file(&object).unwrap();
    fs::write(&object, "damaged").unwrap();
    let second = store.install(as_slug(&store, &long(b'1'), "other"), false).unwrap();
    assert_eq!(fs::read(input(&second)).unwrap(), vec![b'1'; SHARED_FROM as usize]);
    assert_ne!(inode(&input(&first)).0, inode(&input(&second)).0);
    assert_eq!(inode(&object).0, inode(&input(&second)).0, "the object is whole again");
}

#[test]
fn where_no_names_can_be_made_versions_keep_their_own_copies() {
    let store = Store::new();
    let first = store.install(store.draft(&long(b'1')), false).unwrap();
    let (draft, object) = (store.draft(&long(b'1')), objects(&store).remove(0));
    let file = draft.dir.path().join("tests/03-long.in");
    let own = inode(&file);
    let tree = scan(draft.dir.path(), &mut Mistakes::default()).unwrap();
    let hashes = Hashes::of(draft.dir.path(), &tree).unwrap();
    // Every new name is refused, as where a file has as many as it may have.
    let refusing = Objects { dir: store.objects.dir.clone(), staging: "/nowhere".into() };
    let safe = refusing.share(draft.dir.path(), &hashes).unwrap();
    assert_eq!(safe.into_iter().collect::<Vec<_>>(), ["tests/03-long.in"]);
    assert_eq!(inode(&file), own);
    assert_eq!(inode(&object), inode(&input(&first)));
}

#[test]
fn a_crash_leaves_no_object_without_a_user() {
    for step in [Step::Sealed, Step::Moved, Step::Prepared] {
        let mut store = Store::new();
        let draft = store.draft(&long(b'1'));
        let crash = &mut |reached| {
            if reached == step { Err(io::Error::other("crash")) } else { Ok(()) }
        };
        assert!(store.install_stepwise(draft, false, &mut at_once, crash).is_err());
        assert_eq!(objects(&store).len(), 1, "{step:?}");
        // As after a power cut, which takes no draft away.
        let left = store.around.path().join("problems/staging/draft-x");
        fs::create_dir(&left).unwrap();
        fs::hard_link(&objects(&store)[0], left.join("01.in")).unwrap();
        store.reopen();
        assert!(objects(&store).is_empty(), "{step:?}");
    }
}

#[test]
fn a_sweep_that_broke_off_is_done_at_the_next_start() {
    let mut store = Store::new();
    let stored = store.install(store.draft(&long(b'1')), false).unwrap();
    fs::remove_file(input(&stored)).unwrap();
    store.reopen();
    assert_eq!(objects(&store).len(), 1, "nothing was given up by the store itself");
    store.objects.will_be_swept().unwrap();
    store.reopen();
    assert!(objects(&store).is_empty());
}

#[test]
fn an_edit_shares_its_tests() {
    let store = Store::new();
    let old = store.install(store.draft(&long(b'1')), false).unwrap();
    let patch = crate::problem::Patch { title: Some("New".to_owned()), ..Default::default() };
    let new = store.edit(&"sum".parse().unwrap(), patch).unwrap();
    assert_ne!(old.dir, new.dir);
    assert_eq!(inode(&input(&old)), inode(&input(&new)));
    assert_eq!(inode(&input(&new)).1, 3);
    assert!(store.names("staging").is_empty());
}
