//! Packing for an upload.

use super::{Package, Store, Upload, mistakes};
use crate::problem::{PackError, pack};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::Read,
    os::unix::{ffi::OsStrExt, fs::symlink},
};

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
    let odd = package.dir.join(OsStr::from_bytes(b"tests/\xff.in"));
    fs::write(&odd, "").unwrap();
    match pack(&package.dir, Vec::new()) {
        Err(PackError::Refused(mistakes)) => assert!(mistakes[0].message.contains("UTF-8")),
        other => panic!("{other:?}"),
    }
    let error = pack(&package.dir.join("none"), Vec::new()).unwrap_err().to_string();
    assert!(error.contains("sum/none"), "{error}");
    fs::remove_file(odd).unwrap();
    pack(&package.dir, Vec::new()).unwrap();
}

#[test]
fn a_link_does_not_hide_other_mistakes() {
    let package = Package::sum().put("problem.toml", "title = 7\n");
    symlink("/etc/passwd", package.dir.join("tests/03.in")).unwrap();
    let mut archive = Vec::new();
    pack(&package.dir, &mut archive).unwrap();
    assert!(!String::from_utf8_lossy(&archive).contains("passwd"), "nor say where it leads");
    let wrong = mistakes(Store::new().stage_upload(Upload::tar(&mut &*archive), None));
    let files: Vec<&str> = wrong.iter().map(|mistake| mistake.file.as_str()).collect();
    assert!(files.contains(&"tests/03.in") && files.contains(&"problem.toml"), "{wrong:?}");
}
