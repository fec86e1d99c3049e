//! Uploaded zip archives.

use super::{Package, Store, Upload, mistakes, snapshot};
use crate::problem::{AddError, Draft};
use flate2::{Crc, write::DeflateEncoder};
use proptest::prelude::*;
use std::{
    fs::File,
    io::{Seek, Write},
};

/// An entry of an archive under construction, with nothing checked.
#[derive(Clone, Debug)]
struct Entry {
    name: Vec<u8>,
    bytes: Vec<u8>,
    mode: u32,
    flags: u16,
    method: u16,
    /// Another length than that of the bytes, in the directory and in front of them.
    size: Option<u32>,
    /// Where the directory says that it begins, instead of where it does.
    start: Option<u32>,
}

impl Entry {
    fn file(name: &str, text: &str) -> Self {
        Self {
            name: name.as_bytes().to_vec(),
            bytes: text.as_bytes().to_vec(),
            mode: 0o100_644,
            flags: 1 << 11,
            method: 0,
            size: None,
            start: None,
        }
    }

    fn link(name: &str, target: &str) -> Self {
        Self { mode: 0o120_777, ..Self::file(name, target) }
    }

    /// Packed by deflate.
    fn deflated(name: &str, bytes: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        Self { method: 8, ..Self::file(name, "") }.with(&encoder.finish().unwrap(), bytes)
    }

    fn with(mut self, packed: &[u8], bytes: &[u8]) -> Self {
        self.bytes = packed.to_vec();
        self.size = Some(bytes.len() as u32);
        // The checksum is that of what comes out; it is kept behind the bytes until they are written.
        self.bytes.extend(crc(bytes).to_le_bytes());
        self
    }

    fn packed(&self) -> (&[u8], u32) {
        match self.method {
            8 => {
                let (packed, sum) = self.bytes.split_last_chunk::<4>().unwrap();
                (packed, u32::from_le_bytes(*sum))
            }
            _ => (&self.bytes, crc(&self.bytes)),
        }
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The right package, below this folder.
fn sum(folder: &str) -> Vec<Entry> {
    [
        ("problem.toml", "title = \"Sum\""),
        ("statement.md", "Add."),
        ("tests/1.in", "1 2"),
        ("tests/1.out", "3"),
        ("solutions/accepted/a.py", "print(3)"),
    ]
    .into_iter()
    .map(|(path, text)| Entry::file(&format!("{folder}{path}"), text))
    .collect()
}

/// The fields that the directory and the place in front of the bytes have in common.
fn common(entry: &Entry) -> Vec<u8> {
    let (packed, sum) = entry.packed();
    let mut out = Vec::new();
    for field in [20, entry.flags, entry.method, 0, 0x21] {
        out.extend(field.to_le_bytes());
    }
    let size = entry.size.unwrap_or(packed.len() as u32);
    for field in [sum, packed.len() as u32, size] {
        out.extend(field.to_le_bytes());
    }
    out.extend((entry.name.len() as u16).to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let start = entry.start.unwrap_or(out.len() as u32);
        out.extend(b"PK\x03\x04");
        out.extend(common(entry));
        out.extend(&entry.name);
        out.extend(entry.packed().0);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(common(entry));
        directory.extend([0; 6]);
        directory.extend((entry.mode << 16).to_le_bytes());
        directory.extend(start.to_le_bytes());
        directory.extend(&entry.name);
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = (entries.len() as u16).to_le_bytes();
    out.extend(count);
    out.extend(count);
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn stage(store: &Store, bytes: &[u8]) -> Result<Draft, AddError> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    store.stage_upload(Upload::zip(&file), None)
}

/// The one mistake of the right package with something added to it. Nothing is written.
#[track_caller]
fn wrong(entries: impl IntoIterator<Item = Entry>, file: &str, message: &str) {
    let store = Store::new();
    let before = snapshot(store.around.path());
    let entries: Vec<Entry> = sum("sum/").into_iter().chain(entries).collect();
    let found = mistakes(stage(&store, &archive(&entries)));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].file.as_str(), found[0].line), (file, None), "{found:#?}");
    assert!(found[0].message.contains(message), "{found:#?}");
    assert_eq!(snapshot(store.around.path()), before);
}

#[test]
fn a_right_archive_is_read_with_or_without_a_folder_around_it() {
    let store = Store::new();
    for (folder, slug) in
        [("two-sum/", "two-sum"), ("./", "sum"), ("", "sum"), ("Two_Sum/", "two-sum")]
    {
        let draft = stage(&store, &archive(&sum(folder))).unwrap();
        assert_eq!((draft.problem.slug.as_str(), &*draft.format), (slug, "native"), "{folder}");
        assert_eq!(draft.problem.tests[0].input_bytes, 3);
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&archive(&sum(""))).unwrap();
    let named = Upload::zip(&file).named(Some("Given".to_owned()));
    assert_eq!(store.stage_upload(named, None).unwrap().problem.slug.as_str(), "given");
    assert!(store.names("staging").is_empty());
}

#[test]
fn archives_of_the_library_with_folders_and_companions_are_read() {
    let package = Package::sum();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.add_directory("sum", options).unwrap();
    for file in ["problem.toml", "statement.md", "tests/01-sample.in", "tests/01-sample.out"] {
        writer.start_file(format!("sum/{file}"), options).unwrap();
        let mut source = File::open(package.dir.join(file)).unwrap();
        std::io::copy(&mut source, &mut writer).unwrap();
        writer.start_file(format!("__MACOSX/sum/._{}", file.replace('/', "_")), options).unwrap();
    }
    writer.start_file("sum/solutions/accepted/a.py", options).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let draft = stage(&Store::new(), &bytes).unwrap();
    assert_eq!(draft.problem.tests[0].input_bytes, 4);
}

#[test]
fn hostile_paths_are_refused() {
    for (name, message) in [
        ("/etc/cron.d/x", "absolute"),
        ("../x", "`..`"),
        ("sum/../../x", "`..`"),
        ("sum\\..\\..\\x", "backslash"),
        ("C:\\x", "backslash"),
        ("sum/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "deep"),
    ] {
        wrong([Entry::file(name, "x")], name, message);
    }
    let name = b"sum/\xff".to_vec();
    wrong([Entry { name, ..Entry::file("", "") }], "sum/\u{fffd}", "not UTF-8");
}

#[test]
fn links_that_stay_inside_are_what_they_lead_to() {
    let links =
        [Entry::link("sum/tests/2.in", "1.in"), Entry::link("sum/tests/2.out", "../tests/1.out")];
    let entries: Vec<Entry> = sum("sum/").into_iter().chain(links).collect();
    let draft = stage(&Store::new(), &archive(&entries)).unwrap();
    let tests: Vec<u64> = draft.problem.tests.iter().map(|test| test.input_bytes).collect();
    assert_eq!(tests, [3, 3]);
    for target in ["/etc/passwd", "../../x", "nothing", "2.in", ""] {
        wrong([Entry::link("sum/tests/2.in", target)], "sum/tests/2.in", "symbolic link");
    }
    wrong([Entry::link("sum/tests/2.in", &"x/".repeat(600))], "sum/tests/2.in", "too long");
}

#[test]
fn only_regular_files_that_can_be_read_are_taken() {
    let readme = || Entry::file("sum/README", "x");
    for mode in [0o010_644, 0o020_644, 0o060_644, 0o140_644] {
        wrong([Entry { mode, ..readme() }], "sum/README", "device or a pipe");
    }
    wrong([Entry { flags: 1, ..readme() }], "sum/README", "encrypted");
    wrong([Entry { method: 12, ..readme() }], "sum/README", "deflate");
}

#[test]
fn entries_are_there_once() {
    wrong([Entry::file("sum/tests/1.in", "x")], "archive", "two entries of one name");
    wrong([Entry::file("sum/tests//1.in", "x")], "sum/tests/1.in", "twice");
    wrong([Entry::file("sum/Statement.md", "x")], "sum/Statement.md", "upper and lower case");
    wrong([Entry::file("sum/tests/1.in/x", "x")], "sum/tests/1.in/x", "twice");
}

#[test]
fn entries_do_not_share_their_bytes() {
    let again = Entry { start: Some(0), ..Entry::file("sum/problem.toml2", "title = \"Sum\"") };
    wrong([again], "archive", "overlap");
}

#[test]
fn lengths_are_those_that_are_declared() {
    for size in [0, 1, 9] {
        let entry = Entry { size: Some(size), ..Entry::file("sum/README", "xyz") };
        let store = Store::new();
        let found = mistakes(stage(&store, &archive(&[entry])));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].message.contains("again"), "{found:#?}");
    }
    // More comes out of it than it says.
    let mut entry = Entry::deflated("sum/README", &[b'x'; 5000]);
    entry.size = Some(10);
    let found = mistakes(stage(&Store::new(), &archive(&[entry])));
    assert!(found[0].message.contains("again"), "{found:#?}");
}

#[test]
fn bombs_are_refused_before_anything_is_written() {
    // 128 MiB in 130 KB.
    let bomb = Entry::deflated("sum/README", &vec![0; 128 << 20]);
    wrong([bomb], "archive", "200 times its own length");
    let declared = Entry { size: Some(u32::MAX), method: 8, ..Entry::file("sum/README", "xxxx") };
    wrong([declared], "archive", "more than 4096 MiB");
    let store = Store::new();
    let store = Store { store: store.store.with_unpacked_bound(1000), around: store.around };
    stage(&store, &archive(&sum(""))).unwrap();
    let mut big = sum("");
    big.push(Entry::deflated("README", &[b'x'; 1000]));
    assert_eq!(mistakes(stage(&store, &archive(&big)))[0].file, "archive");
}

#[test]
fn entries_are_counted_before_they_are_held() {
    let many: Vec<Entry> = (0..20_001).map(|n| Entry::file(&format!("f{n}"), "")).collect();
    let found = mistakes(stage(&Store::new(), &archive(&many)));
    assert!(found[0].message.contains("more than 20000 entries"), "{found:#?}");
    let name = "n".repeat(60_000);
    let long: Vec<Entry> = (0..500).map(|n| Entry::file(&format!("{name}{n}"), "")).collect();
    let found = mistakes(stage(&Store::new(), &archive(&long)));
    assert!(found[0].message.contains("directory is too long"), "{:.300}", found[0].message);
}

#[test]
fn long_archives_are_read() {
    // Longer than the directory may be: what is not the directory does not count.
    let mut entries = sum("");
    let noise: Vec<u8> =
        (0_u32..6 << 20).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    entries.push(Entry { bytes: noise, ..Entry::file("README", "") });
    let mut bytes = archive(&entries);
    assert!(bytes.len() > 24 << 20);
    stage(&Store::new(), &bytes).unwrap();
    // Nor when something was put in front of it.
    bytes.splice(0..0, *b"#!/bin/sh\n");
    stage(&Store::new(), &bytes).unwrap();
}

#[test]
fn what_is_no_archive_is_said() {
    let whole = archive(&sum(""));
    let mut damaged = whole.clone();
    damaged[50] ^= 1;
    for bytes in [&b""[..], b"PK\x03\x04", &whole[..whole.len() - 30], b"{}", &damaged] {
        let found = mistakes(stage(&Store::new(), bytes));
        assert_eq!((found.len(), found[0].file.as_str()), (1, "archive"), "{found:#?}");
        assert!(found[0].message.contains("no readable zip"), "{found:#?}");
    }
    let found = mistakes(stage(&Store::new(), &archive(&[])));
    assert_eq!(found[0].message, "is empty");
    let nested = archive(&[Entry::file("inner.zip", "PK")]);
    let found = mistakes(stage(&Store::new(), &nested));
    assert!(found[0].message.contains("an archive in it, `inner.zip`"), "{found:#?}");
}

/// Names of every kind of malice, and of none.
fn names() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
        Just("tests".to_owned()),
        Just("a".to_owned()),
        Just("A".to_owned()),
        "[a-z]{1,3}(\\.in|\\.out)?",
        "\\PC{0,4}",
    ];
    prop_oneof![
        4 => prop::collection::vec(part, 0..10).prop_map(|parts| parts.join("/").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let mode = prop::sample::select(vec![0o100_644, 0, 0o120_777, 0o040_755, 0o020_600, 0o777]);
    let some = |values: Vec<u32>| prop::option::weighted(0.1, prop::sample::select(values));
    let entry = (names(), names(), mode, some(vec![0, 1, 70, u32::MAX]), some(vec![0, 30, 1000]))
        .prop_map(|(name, bytes, mode, size, start)| Entry {
            name,
            bytes,
            mode,
            size,
            start,
            ..Entry::file("", "")
        });
    prop::collection::vec(entry, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_archive_escapes(entries in entries(), package: bool) {
        let store = Store::new();
        let before = snapshot(store.around.path());
        let first = if package { sum("") } else { Vec::new() };
        let entries: Vec<Entry> = first.into_iter().chain(entries).collect();
        match stage(&store, &archive(&entries)) {
            Ok(draft) => {
                let root = draft.dir.path().canonicalize().unwrap();
                prop_assert!(root.starts_with(store.around.path().canonicalize().unwrap()));
                for (path, _) in snapshot(&root) {
                    prop_assert!(!path.is_symlink(), "{}", path.display());
                }
            }
            Err(AddError::Invalid(list)) => prop_assert!(!list.is_empty()),
            Err(other) => prop_assert!(false, "{other}"),
        }
        prop_assert_eq!(snapshot(store.around.path()), before);
    }

    #[test]
    fn no_damaged_archive_panics(
        changes in prop::collection::vec((0_usize..2000, any::<u8>()), 0..6),
        cut in 0_usize..2500,
    ) {
        let mut entries = sum("sum/");
        entries.push(Entry::deflated("sum/README", b"some text, some text, some text"));
        let mut bytes = archive(&entries);
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[at % length] = byte;
        }
        if cut < length / 4 {
            bytes.truncate(length - cut);
        }
        let store = Store::new();
        let before = snapshot(store.around.path());
        match stage(&store, &bytes) {
            Ok(_) | Err(AddError::Invalid(_)) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
        prop_assert_eq!(snapshot(store.around.path()), before);
    }
}
