//! Uploaded archives.

use super::{Package, Store, mistakes, snapshot};
use crate::problem::{AddError, Draft, Mistake, Upload, pack};
use proptest::prelude::*;
use std::io::{self, Read};
use tar::{Builder, EntryType, Header};

/// An archive under construction, with nothing checked.
struct Tar(Vec<u8>);

impl Tar {
    fn new() -> Self {
        Self(Vec::new())
    }

    /// The right package, below this folder.
    fn sum(folder: &str) -> Self {
        [
            ("problem.toml", "title = \"Sum\""),
            ("statement.md", "Add."),
            ("tests/1.in", "1 2"),
            ("tests/1.out", "3"),
            ("solutions/accepted/a.py", "print(3)"),
        ]
        .into_iter()
        .fold(Self::new(), |tar, (path, text)| tar.file(&format!("{folder}{path}"), text))
    }

    /// An entry whose name field holds these bytes as they are.
    fn raw(mut self, kind: u8, name: &[u8], size: u64, bytes: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(EntryType::new(kind));
        header.set_size(size);
        header.set_mode(0o777);
        header.as_ustar_mut().unwrap().linkname[..11].copy_from_slice(b"/etc/passwd");
        header.set_cksum();
        self.0.extend(header.as_bytes());
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn entry(self, kind: u8, name: &[u8], bytes: &[u8]) -> Self {
        self.raw(kind, name, bytes.len() as u64, bytes)
    }

    fn file(self, name: &str, text: &str) -> Self {
        self.entry(b'0', name.as_bytes(), text.as_bytes())
    }

    fn done(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn stage(store: &Store, archive: &[u8]) -> Result<Draft, AddError> {
    store.stage_upload(Upload::tar(&mut &*archive), None)
}

/// The one mistake of the right package with something added to it.
#[track_caller]
fn wrong(add: impl Fn(Tar) -> Tar, file: &str, message: &str) {
    let store = Store::new();
    let before = snapshot(store.around.path());
    let found = mistakes(stage(&store, &add(Tar::sum("sum/")).done()));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].file.as_str(), found[0].line), (file, None), "{found:#?}");
    assert!(found[0].message.contains(message), "{found:#?}");
    assert_eq!(snapshot(store.around.path()), before);
}

#[test]
fn a_right_archive_is_read_with_or_without_a_folder_around_it() {
    let store = Store::new();
    for (folder, slug) in
        [("two-sum/", "two-sum"), ("./", "sum"), ("", "sum"), ("./Two_Sum/", "two-sum")]
    {
        let draft = stage(&store, &Tar::sum(folder).done()).unwrap();
        assert_eq!(draft.problem.slug.as_str(), slug, "{folder}");
        assert_eq!(draft.problem.tests[0].input_bytes, 3);
        assert!(draft.dir.path().join("tests/1.in").is_file());
    }
    let slug = Some("given".parse().unwrap());
    let draft = store.stage_upload(Upload::tar(&mut &*Tar::sum("x/").done()), slug).unwrap();
    assert_eq!(draft.problem.slug.as_str(), "given");
    drop(draft);
    assert!(store.names("staging").is_empty());
}

#[test]
fn archives_of_other_programs_are_read() {
    let store = Store::new();
    // Folders, git's global header, macOS' companions, old archives' types and folders.
    let tar = Tar::new()
        .entry(b'g', b"pax_global_header", b"52 comment=0123456789012345678901234567890123456789\n")
        .entry(b'5', b"sum/", b"")
        .entry(b'0', b"sum/tests/", b"")
        .entry(b'0', b"._sum", b"junk")
        .entry(b'0', b"sum/tests/._1.in", b"junk")
        .entry(b'2', b"sum/.git/link", b"");
    let mut archive = tar.0;
    archive.extend(Tar::sum("sum/").entry(0, b"sum/README.md", b"old").done());
    assert_eq!(stage(&store, &archive).unwrap().problem.slug.as_str(), "sum");

    // Long names as GNU tar and as pax write them.
    let name = format!("sum/tests/{}", "n".repeat(120));
    let record = |suffix: &str| {
        let value = format!("path={name}{suffix}\n");
        format!("{} {value}", value.len() + 4)
    };
    let tar = Tar::sum("sum/")
        .entry(b'L', b"././@LongLink", format!("{name}.in\0").as_bytes())
        .file("sum/cut", "1")
        .entry(b'x', b"PaxHeader", record(".out").as_bytes())
        .file("sum/cut", "2");
    let draft = stage(&store, &tar.done()).unwrap();
    assert_eq!(draft.problem.tests[1].name.len(), 120);

    // And the library's own writer.
    let package = Package::sum();
    let mut builder = Builder::new(Vec::new());
    builder.append_dir_all("sum", &package.dir).unwrap();
    stage(&store, &builder.into_inner().unwrap()).unwrap();
}

#[test]
fn hostile_paths_are_refused() {
    for name in ["/etc/cron.d/x", "../x", "sum/../../x", "sum/..", "..", "sum/tests/../../../x"] {
        let message = if name.starts_with('/') { "absolute" } else { "`..`" };
        wrong(|tar| tar.file(name, "x"), name, message);
    }
    wrong(|tar| tar.entry(b'0', b"sum/\xff", b"x"), "sum/\u{fffd}", "not UTF-8");
    wrong(
        |tar| tar.file("sum/tests/1/2/3/4/5/6/7/8/9/10/11", "x"),
        "sum/tests/1/2/3/4/5/6/7/8/9/10/11",
        "deep",
    );
    wrong(|tar| tar.entry(b'L', b"l", b"/etc/passwd\0").file("x", "x"), "/etc/passwd", "absolute");
}

#[test]
fn a_pax_path_is_checked_like_any_other() {
    let record = b"16 path=../../x\n";
    wrong(|tar| tar.entry(b'x', b"p", record).file("sum/x", "x"), "../../x", "`..`");
}

#[test]
fn only_regular_files_are_taken() {
    for (kind, what) in [
        (b'1', "hard link"),
        (b'2', "symbolic link"),
        (b'3', "device"),
        (b'4', "device"),
        (b'6', "named pipe"),
        (b'Z', "unknown type"),
    ] {
        wrong(|tar| tar.entry(kind, b"sum/README", b""), "sum/README", what);
    }
    wrong(|tar| tar.entry(b'S', b"sum/README", b""), "sum/README", "sparse");
    // A link does not redirect what comes after it.
    let tar = Tar::sum("sum/").entry(b'2', b"sum/stubs", b"").file("sum/stubs/passwd", "root");
    let found = mistakes(stage(&Store::new(), &tar.done()));
    assert!(found.iter().any(|m| m.message.contains("symbolic link")), "{found:#?}");
}

#[test]
fn entries_are_there_once() {
    wrong(|tar| tar.file("sum/tests/1.in", "x"), "sum/tests/1.in", "twice");
    wrong(|tar| tar.file("./sum//tests/./1.in", "x"), "sum/tests/1.in", "twice");
    wrong(|tar| tar.file("sum/tests", "x"), "sum/tests", "twice");
    wrong(|tar| tar.file("sum/tests/1.in/x", "x"), "sum/tests/1.in/x", "twice");
}

#[test]
fn bounds_hold() {
    // Declared, not there: nothing is waited for or reserved.
    wrong(|tar| tar.raw(b'0', b"sum/README", 5 << 30, b""), "archive", "more than 4096 MiB");
    wrong(|tar| tar.raw(b'5', b"sum/d", 5 << 30, b""), "archive", "4096 MiB");
    wrong(|tar| tar.raw(b'L', b"l", 2 << 20, b""), "archive", "too long");
    wrong(|tar| tar.raw(b'x', b"l", 2 << 20, b""), "archive", "too long");
    let store = Store::new();
    let store = Store { store: store.store.with_unpacked_bound(1000), around: store.around };
    stage(&store, &Tar::sum("").done()).unwrap();
    let big = Tar::sum("").file("README", &"x".repeat(1000)).done();
    assert_eq!(mistakes(stage(&store, &big))[0].file, "archive");

    let mut many = Tar::sum("sum/");
    for _ in 0..20_000 {
        many = many.entry(b'5', b"sum/tests", b"");
    }
    let found = mistakes(stage(&store, &many.done()));
    assert!(found[0].message.contains("more than 20000 entries"), "{found:#?}");
}

#[test]
fn sizes_have_one_meaning() {
    wrong(|tar| tar.entry(b'x', b"p", b"9 size=1\n").file("sum/README", "xy"), "archive", "large");
    let record = b"22 GNU.sparse.major=1\n";
    wrong(|tar| tar.entry(b'x', b"p", record).file("sum/README", "xy"), "archive", "sparse");
}

#[test]
fn what_is_no_archive_is_said() {
    let store = Store::new();
    let whole = Tar::sum("").done();
    for (bytes, why) in [
        (&b""[..], "empty"),
        (&[0; 1024][..], "empty"),
        (&[0x1f, 0x8b, 8, 0].repeat(200)[..], "uncompressed"),
        (&b"{\"title\": \"x\"}"[..], "tar"),
        (&whole[..512 + 10], "middle of a file"),
        (&whole[..100], "tar"),
        (&Tar::new().entry(b'L', b"l", b"x\0").done()[..], "describes another entry"),
    ] {
        let found = mistakes(stage(&store, bytes));
        assert_eq!((found.len(), found[0].file.as_str()), (1, "archive"), "{found:#?}");
        assert!(found[0].message.contains(why), "{why}: {found:#?}");
    }
}

#[test]
fn an_interrupted_upload_is_no_mistake_of_the_package() {
    struct Cut(usize);
    impl Read for Cut {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let whole = Tar::sum("").done();
            let rest = &whole[self.0.min(2000)..2000];
            if rest.is_empty() {
                return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the client went"));
            }
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.0 += count;
            Ok(count)
        }
    }
    let store = Store::new();
    match store.stage_upload(Upload::tar(&mut Cut(0)), None) {
        Err(AddError::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        other => panic!("{other:?}"),
    }
    assert!(store.names("staging").is_empty());
}

#[test]
fn mistakes_of_the_package_itself_are_found_too() {
    let tar = Tar::sum("sum/").file("sum/tests/2.in", "").entry(b'2', b"sum/tests/2.out", b"");
    let found: Vec<Mistake> = mistakes(stage(&Store::new(), &tar.file("sum/x", "").done()));
    let places: Vec<_> = found.iter().map(|m| m.file.as_str()).collect();
    assert_eq!(places, ["sum/tests/2.out", "x"]);
    // Without a problem.toml in it, `tests` is not the folder around a package.
    let found = mistakes(stage(&Store::new(), &Tar::new().file("tests/1.in", "").done()));
    assert!(found.iter().any(|m| m.file == "tests/1.in"), "{found:#?}");
}

#[test]
fn what_pack_writes_is_read() {
    let package = Package::generated();
    let mut archive = Vec::new();
    pack(&package.dir, &mut archive).unwrap();
    let store = Store::new();
    let draft = stage(&store, &archive).unwrap();
    assert_eq!(draft.problem.slug.as_str(), "sum");
    // The same package by either way.
    crate::problem::tests::generate(&draft);
    store.install(draft, false).unwrap();
    assert!(store.unchanged(&store.draft(&package)));
}

/// Names of every kind of malice, and of none.
fn names() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
        Just("tests".to_owned()),
        Just("a".to_owned()),
        "[a-z]{1,3}(\\.in|\\.out)?",
        "\\PC{0,4}",
    ];
    prop_oneof![
        4 => prop::collection::vec(part, 0..10)
            .prop_map(|parts| parts.join("/").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
    .prop_map(|mut name| {
        name.truncate(100);
        name
    })
}

fn kinds() -> impl Strategy<Value = u8> {
    prop_oneof![
        6 => Just(b'0'),
        8 => prop::sample::select(b"\x00123456789gxLKSZ".to_vec()),
        1 => any::<u8>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_archive_escapes(entries in prop::collection::vec(
        (kinds(), names(), prop::option::weighted(0.1, any::<u64>()), names()), 0..12)
    ) {
        let store = Store::new();
        let before = snapshot(store.around.path());
        let tar = entries.into_iter().fold(Tar::new(), |tar, (kind, name, size, bytes)| {
            // What tar can say of sizes in eleven octal digits.
            let size = size.map_or(bytes.len() as u64, |size| size >> 31);
            tar.raw(kind, &name, size, &bytes)
        });
        match stage(&store, &tar.done()) {
            Ok(draft) => {
                let root = draft.dir.path().canonicalize().unwrap();
                prop_assert!(root.starts_with(store.around.path().canonicalize().unwrap()));
            }
            Err(AddError::Invalid(list)) => prop_assert!(!list.is_empty()),
            Err(other) => prop_assert!(false, "{other}"),
        }
        prop_assert_eq!(snapshot(store.around.path()), before);
    }

    #[test]
    fn no_damaged_archive_panics(at in 0usize..4000, byte: u8, cut in 0usize..6000) {
        let mut archive = Tar::sum("sum/").done();
        let at = at.min(archive.len() - 1);
        archive[at] = byte;
        archive.truncate(cut);
        let store = Store::new();
        let before = snapshot(store.around.path());
        drop(stage(&store, &archive));
        prop_assert_eq!(snapshot(store.around.path()), before);
    }
}
