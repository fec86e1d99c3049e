//! Packing for an upload.

use super::Package;
use crate::problem::{PackError, pack};
use std::{collections::BTreeMap, fs, io::Read, os::unix::fs::symlink};

#[test]
fn packing_is_sorted_and_says_nothing_of_the_machine() {
    let package = Package::sum().put(".git/config", "x").put("tests/.swp", "x");
    let mut archive = Vec::new();
    pack(&package.dir, &mut archive).unwrap();
    let mut read = tar::Archive::new(&*archive);
    let mut files = BTreeMap::new();
    let mut order = Vec::new();
    for entry in read.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        let (uid, mtime) = (header.uid().unwrap(), header.mtime().unwrap());
        assert_eq!((uid, mtime, header.mode().unwrap()), (0, 0, 0o644));
        let path = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        order.push(path.clone());
        files.insert(path, text);
    }
    assert_eq!(order.len(), 8);
    assert!(order.is_sorted());
    assert_eq!(files["sum/tests/01-sample.in"], "1 2\n");

    // The same package elsewhere is the same archive.
    let mut again = Vec::new();
    pack(&Package::sum().dir, &mut again).unwrap();
    assert_eq!(archive, again);
}

#[test]
fn what_no_package_holds_is_refused_by_name() {
    let package = Package::sum();
    symlink("01-sample.in", package.dir.join("tests/03.in")).unwrap();
    match pack(&package.dir, Vec::new()) {
        Err(PackError::Refused(mistakes)) => assert_eq!(mistakes[0].file, "tests/03.in"),
        other => panic!("{other:?}"),
    }
    let error = pack(&package.dir.join("none"), Vec::new()).unwrap_err().to_string();
    assert!(error.contains("sum/none"), "{error}");
    fs::remove_file(package.dir.join("tests/03.in")).unwrap();
    pack(&package.dir, Vec::new()).unwrap();
}
