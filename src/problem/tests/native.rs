//! The native format: each rule with a right package and a wrong twin.

use super::{Package, Store, mistakes};
use crate::{
    judge::{Compare, Difficulty, Limits},
    problem::{
        Generated,
        files::{Kind, Tree, scan},
        manifest,
        mistake::Mistakes,
        native::{self, Rules},
    },
};
use proptest::prelude::*;
use std::os::unix::{ffi::OsStrExt, fs::symlink};

/// Asserts that a package has exactly these mistakes: file, line (0: none), field, part of the message.
#[track_caller]
pub(super) fn wrong(package: &Package, expected: &[(&str, u32, &str, &str)]) {
    let store = Store::new();
    let found = mistakes(store.stage_folder(&package.dir, None));
    let places = |m: &crate::problem::Mistake| {
        (m.file.clone(), m.line.unwrap_or(0), m.field.clone().unwrap_or_default())
    };
    let fits = found.len() == expected.len()
        && expected.iter().all(|(file, line, field, message)| {
            let place = ((*file).to_owned(), *line, (*field).to_owned());
            found.iter().any(|m| places(m) == place && m.message.contains(message))
        });
    assert!(fits, "expected {expected:#?}, found {found:#?}");
    assert!(store.names("staging").is_empty(), "the draft is gone");
}

/// Asserts that `problem.toml` with this text has exactly one mistake.
#[track_caller]
fn wrong_manifest(text: &str, line: u32, field: &str, message: &str) {
    wrong(&Package::sum().manifest(text), &[("problem.toml", line, field, message)]);
}

#[test]
fn a_right_package_is_read() {
    let package = Package::sum().manifest(
        "title = \"Sum of two\"\ndifficulty = \"hard\"\ntags = [\"math\", \"easy ones\"]\n\
         [limits]\ntime_ms = 2_500\nmemory_mib = 0x40\nwall_ms = 9000\n\
         [compare]\nmode = \"float\"\nabsolute = 1e-9\nrelative = 0\n",
    );
    let store = Store::new();
    let draft = store.draft(&package);
    let problem = &draft.problem;
    assert_eq!((problem.slug.as_str(), problem.title.as_str()), ("sum", "Sum of two"));
    assert_eq!((problem.difficulty, problem.tags.len()), (Difficulty::Hard, 2));
    assert_eq!(problem.statement, "# Sum\n\nAdd.\n");
    let limits = Limits { time_ms: 2500, memory_mib: 64, wall_ms: Some(9000), ..Limits::default() };
    assert_eq!(problem.limits, limits);
    assert_eq!(problem.compare, Compare::Float { absolute: 1e-9, relative: 0.0 });
    let tests: Vec<_> = problem
        .tests
        .iter()
        .map(|t| (t.name.as_str(), t.sample, t.input_bytes, t.answer_bytes))
        .collect();
    assert_eq!(tests, [("01-sample", true, 4, 2), ("02-zero", false, 4, 2)]);
    assert!(problem.stubs.is_empty() && draft.generated.is_empty() && draft.reference.is_none());
}

#[test]
fn tests_are_ordered_by_bytes_and_may_be_empty() {
    let mut package = Package::sum();
    for name in ["10", "9", "B", "a", "_", "01-sample.x", "01-samplex"] {
        package =
            package.put(&format!("tests/{name}.in"), "").put(&format!("tests/{name}.out"), "");
    }
    let store = Store::new();
    let draft = store.draft(&package);
    let names: Vec<_> = draft.problem.tests.iter().map(|test| test.name.as_str()).collect();
    let ordered = ["01-sample", "01-sample.x", "01-samplex", "02-zero", "10", "9", "B", "_", "a"];
    assert_eq!(names, ordered);
}

#[test]
fn readers_files_and_dotfiles_are_ignored() {
    let package = Package::sum()
        .put("README.md", "x")
        .put("LICENSE", "x")
        .put("tests/README", "x")
        .put("solutions/README.md", "x")
        .put("solutions/accepted/README.md", "x")
        .put(".git/objects/x", "x")
        .put("tests/.01-sample.in.swp", "x")
        .put("._problem.toml", "x");
    let store = Store::new();
    let stored = store.install(store.draft(&package), false).unwrap();
    assert!(stored.dir.join("README.md").exists() && !stored.dir.join(".git").exists());
    let solutions = stored.solutions().unwrap();
    let paths: Vec<_> =
        solutions.iter().map(|s| (s.path.as_str(), s.expectation.is_accepted())).collect();
    assert_eq!(paths, [("accepted/main.py", true), ("wrong_answer/main.cpp", false)]);
    assert_eq!(solutions[1].source, "int main() {}\n");
}

#[test]
fn every_mistake_is_found_in_one_pass() {
    let package = Package::sum()
        .manifest("titel = \"x\"\n[limits]\ntime_ms = 0\nmemory = 3\n")
        .cut("statement.md")
        .cut("tests/01-sample.out")
        .cut("solutions/accepted")
        .put("data/secret/1.in", "")
        .put("Makefile", "");
    wrong(
        &package,
        &[
            ("problem.toml", 0, "title", "is missing"),
            ("problem.toml", 1, "titel", "unknown key"),
            ("problem.toml", 3, "limits.time_ms", "outside"),
            ("problem.toml", 4, "limits.memory", "unknown key"),
            ("statement.md", 0, "", "is missing"),
            ("tests/01-sample.in", 0, "", "add tests/01-sample.out"),
            ("solutions/accepted", 0, "", "no accepted solution"),
            ("data", 0, "", "known are problem.toml"),
            ("Makefile", 0, "", "no part of a package"),
        ],
    );
}

#[test]
fn titles_difficulties_and_tags() {
    wrong_manifest("", 0, "title", "is missing");
    wrong_manifest("\ntitle = 3", 2, "title", "must be a string, not integer");
    wrong_manifest("title = \" \"", 1, "title", "must not be empty");
    wrong_manifest("title = \"a\\nb\"", 1, "title", "one line");
    wrong_manifest(&format!("title = \"{}\"", "é".repeat(201)), 1, "title", "longer than 200");
    wrong_manifest("title = \"x\"\ndifficulty = \"Easy\"", 2, "difficulty", "none of easy");
    wrong_manifest("title = \"x\"\ndifficulty = true", 2, "difficulty", "not boolean");
    wrong_manifest("title = \"x\"\ntags = \"a\"", 2, "tags", "a list of strings, not string");
    wrong_manifest("title = \"x\"\ntags = [\n\"a\",\n1,\n]", 4, "tags", "must be a string");
    wrong_manifest("title = \"x\"\ntags = [\n\"a\",\n\"a\",\n]", 4, "tags", "there twice");
    wrong_manifest("title = \"x\"\ntags = [\"\"]", 2, "tags", "must not be empty");
    let many: Vec<_> = (0..33).map(|n| n.to_string()).collect();
    wrong_manifest(&format!("title = \"x\"\ntags = {many:?}"), 2, "tags", "more than 32");
}

#[test]
fn limits() {
    let limits = |text: &str, field: &str, message: &str| {
        wrong_manifest(&format!("title = \"x\"\n[limits]\n{text}"), 3, field, message);
    };
    limits("time_ms = 600001", "limits.time_ms", "outside 1 to 600000");
    limits("time_ms = 1.5", "limits.time_ms", "whole number, not float");
    limits("time_ms = -1", "limits.time_ms", "out of range");
    limits("time_ms = 99999999999999999999999", "limits.time_ms", "out of range");
    limits("wall_ms = 999", "limits.wall_ms", "outside 1000");
    limits("memory_mib = 3", "limits.memory_mib", "outside 4");
    limits("output_mib = 0", "limits.output_mib", "outside 1");
    limits("processes = 4097", "limits.processes", "outside 1 to 4096");
    limits("processes = 4294967360", "limits.processes", "too large");
    wrong_manifest("title = \"x\"\nlimits = 3", 2, "limits", "must be a table");
}

#[test]
fn comparison() {
    let compare = |text: &str, line: u32, field: &str, message: &str| {
        wrong_manifest(&format!("title = \"x\"\n[compare]\n{text}"), line, field, message);
    };
    compare("", 2, "compare.mode", "is missing");
    compare(
        "mode = \"words\"",
        3,
        "compare.mode",
        "none of tokens, exact, caseless, float, lines and icpc",
    );
    compare("mode = 1", 3, "compare.mode", "must be a string");
    compare("mode = \"exact\"\nabsolute = 1e-3", 4, "compare.absolute", "mode = \"float\" and");
    compare("mode = \"float\"\nrelative = -1", 4, "compare.relative", "finite number");
    compare("mode = \"float\"\nabsolute = nan", 4, "compare.absolute", "finite number");
    compare("mode = \"float\"\nabsolute = \"1\"", 4, "compare.absolute", "a number, not string");
    compare("mode = \"float\"\nepsilon = 1", 4, "compare.epsilon", "unknown key");
}

#[test]
fn broken_files() {
    let store = Store::new();
    let text = "title = \"x\"\ntags = [\"a\"\nlimits = {\n";
    let found = mistakes(store.stage_folder(&Package::sum().manifest(text).dir, None));
    assert!(found.iter().all(|m| m.file == "problem.toml" && m.line.is_some()), "{found:#?}");
    // Nothing is said of tests that a readable problem.toml might have named.
    let found = mistakes(
        store.stage_folder(&Package::sum().manifest("a b").cut("tests/02-zero.in").dir, None),
    );
    assert!(found.iter().all(|m| m.file == "problem.toml"), "{found:#?}");

    wrong(&Package::sum().cut("problem.toml"), &[("problem.toml", 0, "", "is missing")]);
    let latin = Package::sum().put("problem.toml", b"title = \"x\"\n# caf\xe9\n");
    wrong(&latin, &[("problem.toml", 2, "", "not UTF-8")]);
    let latin = Package::sum().put("statement.md", b"a\nb\n\xe9");
    wrong(&latin, &[("statement.md", 3, "", "not UTF-8")]);
    let latin = Package::sum().put("solutions/accepted/main.py", b"# \xe9");
    wrong(&latin, &[("solutions/accepted/main.py", 1, "", "not UTF-8")]);
    let latin = Package::stubbed().put("stubs/python/end.py", b"\xe9");
    wrong(&latin, &[("stubs/python/end.py", 1, "", "not UTF-8")]);
}

#[test]
fn tests_are_pairs() {
    let package = Package::sum().cut("tests/02-zero.in");
    wrong(&package, &[("tests/02-zero.out", 0, "", "has no input; add tests/02-zero.in")]);
    let package = Package::sum().put("tests/03.ans", "");
    wrong(&package, &[("tests/03.ans", 0, "", "neither an input")]);
    let package = Package::sum().put("tests/group/03.in", "");
    wrong(&package, &[("tests/group/03.in", 0, "", "add tests/group/03.out")]);
    let package = Package::sum().put("tests/-g/03.in", "").put("tests/-g/03.out", "");
    wrong(&package, &[("tests/-g/03.in", 0, "", "letters"), ("tests/-g/03.out", 0, "", "letters")]);
    let package = Package::sum().put("tests/a b.in", "").put("tests/a b.out", "");
    wrong(&package, &[("tests/a b.in", 0, "", "letters"), ("tests/a b.out", 0, "", "letters")]);
    wrong(&Package::sum().cut("tests"), &[("tests", 0, "", "there are no tests")]);
}

#[test]
fn solutions_have_a_verdict_and_a_language() {
    let wrong_solution = |path: &str, file: &str, message: &str| {
        wrong(&Package::sum().put(path, ""), &[(file, 0, "", message)]);
    };
    wrong_solution("solutions/slow/x.py", "solutions/slow", "time_limit_exceeded");
    wrong_solution("solutions/main.py", "solutions/main.py", "folder that says its verdict");
    wrong_solution("solutions/accepted/x.zig", "solutions/accepted/x.zig", "no known language");
    wrong_solution("solutions/accepted/x", "solutions/accepted/x", "no known language");
    wrong_solution("solutions/accepted/a/x.zig", "solutions/accepted/a/x.zig", "no known language");
    wrong_solution("solutions/accepted/-x.py", "solutions/accepted/-x.py", "letters");
    let package = Package::sum().cut("solutions/accepted/main.py");
    wrong(&package, &[("solutions/accepted", 0, "", "no accepted solution")]);
}

#[test]
fn generated_tests_are_read() {
    let store = Store::new();
    let draft = store.draft(&Package::generated());
    let generated = |test: &str, args: &[&str], needs_answer| Generated {
        test: test.to_owned(),
        program: "gen.py".to_owned(),
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        needs_answer,
    };
    let expected = [generated("03-big", &["--size", "9"], true), generated("04-one", &[], false)];
    assert_eq!(draft.generated, expected);
    assert_eq!(draft.reference.as_deref(), Some("accepted/main.py"));
    let names: Vec<_> = draft.problem.tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names, ["01-sample", "02-zero", "03-big", "04-one"]);

    // Programs kept for their tests' history are no mistake.
    store.draft(&Package::sum().put("generators/old.py", ""));
}

#[test]
fn generators_and_reference() {
    let head = "title = \"x\"\nreference = \"accepted/main.py\"\n[generators]\n";
    let generated = |lines: &str| Package::generated().manifest(&format!("{head}{lines}"));
    let last = "\"04-one\" = [\"gen.py\"]\n";
    let one = |line: &str, field: &str, message: &str| {
        let package = generated(&format!("{last}{line}"));
        wrong(&package, &[("problem.toml", 5, &format!("generators.{field}"), message)]);
    };
    one("x = [\"none.py\"]", "x", "there is no generators/none.py");
    one("x = [\"../tests/01-sample.in\"]", "x", "there is no generators/");
    one("\"../x\" = [\"gen.py\"]", "../x", "letters");
    one("x = []", "x", "a list of strings");
    one("x = \"gen.py\"", "x", "a list of strings");
    one("x = [\"gen.py\", 1]", "x", "a list of strings");
    one("x = [\"gen.py\", \"\\u0000\"]", "x", "NUL");

    let package = generated(&format!("{last}x = [\"gen.awk\"]")).put("generators/gen.awk", "");
    wrong(&package, &[("problem.toml", 5, "generators.x", "in no known language")]);

    let reference = |value: &str, line: u32, message: &str| {
        let text = format!("title = \"x\"\n{value}\n[generators]\n\"03\" = [\"gen.py\"]\n");
        let package = Package::generated().manifest(&text).cut("tests/04-one.out");
        wrong(&package, &[("problem.toml", line, "reference", message)]);
    };
    reference("", 0, "03 needs it");
    reference("reference = \"wrong_answer/main.cpp\"", 2, "not below accepted/");
    reference("reference = \"accepted/none.py\"", 2, "no solutions/accepted/none.py");
    reference("reference = \"main.py\"", 2, "not below accepted/");
}

#[test]
fn stubs() {
    let store = Store::new();
    let draft = store.draft(&Package::stubbed());
    let stub = &draft.problem.stubs["python"];
    assert_eq!((&*stub.start, &*stub.user, &*stub.end), ("# start", "# user", "# end"));
    // Parts that are not there are empty.
    let draft = store.draft(&Package::stubbed().cut("stubs/python/end.py"));
    assert_eq!(draft.problem.stubs["python"].end, "");

    let package = Package::stubbed().put("stubs/zig/user.rs", "");
    wrong(&package, &[("stubs/zig", 0, "", "no language; one of c, cpp")]);
    let package = Package::stubbed().put("stubs/PYTHON3/user.py", "");
    wrong(&package, &[("stubs/PYTHON3", 0, "", "no language")]);
    let package = Package::stubbed().put("stubs/python/main.py", "");
    wrong(&package, &[("stubs/python/main.py", 0, "", "start.py, user.py and end.py")]);
    let package = Package::stubbed().put("stubs/python/user.cpp", "");
    wrong(&package, &[("stubs/python/user.cpp", 0, "", "start.py")]);
    let package = Package::stubbed().put("stubs/user.py", "");
    wrong(&package, &[("stubs/user.py", 0, "", "named after its language")]);
    let package = Package::stubbed()
        .put("stubs/cpp/user.cpp", "")
        .put("stubs/cpp/user.cc", "")
        .put("solutions/accepted/main.cpp", "");
    wrong(&package, &[("stubs/cpp/user.cpp", 0, "", "two files `user`")]);
    let package = Package::stubbed().put("solutions/wrong_answer/main.cpp", "");
    wrong(&package, &[("solutions/wrong_answer/main.cpp", 0, "", "add stubs/cpp/")]);
}

#[test]
fn sizes() {
    let kib = 1 << 10;
    let right = Package::sum()
        .long("statement.md", 1024 * kib)
        .long("solutions/accepted/main.py", 256 * kib);
    Store::new().draft(&right);
    for (path, bytes, message) in [
        ("statement.md", 1024 * kib + 1, "larger than 1024 KiB"),
        ("solutions/accepted/main.py", 256 * kib + 1, "larger than 256 KiB"),
        ("problem.toml", 4096 * kib + 1, "larger than 4096 KiB"),
        ("tests/02-zero.in", (1 << 30) + 1, "larger than 1024 MiB"),
    ] {
        wrong(&Package::sum().long(path, bytes), &[(path, 0, "", message)]);
    }
    let package = Package::stubbed().long("stubs/python/end.py", 256 * kib + 1);
    wrong(&package, &[("stubs/python/end.py", 0, "", "larger than 256 KiB")]);
}

#[test]
fn the_number_of_tests_is_bounded() {
    let package = Package::sum();
    let store = Store::new();
    let read = |count: usize| {
        let mut mistakes = Mistakes::default();
        let mut tree = scan(&package.dir, &mut mistakes).unwrap();
        for n in 2..count {
            tree.insert(format!("tests/t{n}.in"), Kind::Regular(1));
            tree.insert(format!("tests/t{n}.out"), Kind::Regular(1));
        }
        let rules = Rules { languages: &store.languages, needs_accepted: true, generated: false };
        native::read(&package.dir, &tree, rules, &mut mistakes).unwrap();
        mistakes.into_vec()
    };
    assert_eq!(read(10_000), []);
    let found = read(10_001);
    assert_eq!((found.len(), found[0].file.as_str()), (1, "tests"));
    assert!(found[0].message.contains("at most 10000"));
}

#[test]
fn links_and_special_files_are_refused() {
    let package = Package::sum();
    let secret = package.around.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    // Each stands for a file that the package needs: its absence is not a second mistake.
    for path in ["tests/01-sample.out", "statement.md"] {
        std::fs::remove_file(package.dir.join(path)).unwrap();
        symlink(&secret, package.dir.join(path)).unwrap();
    }
    symlink("/etc", package.dir.join("generators")).unwrap();
    let fifo = package.dir.join("tests/03.in");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, mode).unwrap();
    let package = package.put("tests/03.out", "");
    wrong(
        &package,
        &[
            ("tests/01-sample.out", 0, "", "a symbolic link"),
            ("statement.md", 0, "", "a symbolic link"),
            ("generators", 0, "", "a symbolic link"),
            ("generators", 0, "", "no part of a package"),
            ("tests/03.in", 0, "", "a special file"),
        ],
    );
}

#[test]
fn odd_names_and_depths_are_refused() {
    let package = Package::sum().put("tests/a/b/c/d/e/f/g/h/i/j/k/x.in", "");
    wrong(&package, &[("tests/a/b/c/d/e/f/g/h/i/j/k/x.in", 0, "", "more than 12 folders")]);
    let package = Package::sum();
    let name = std::ffi::OsStr::from_bytes(b"tests/\xff.in");
    std::fs::write(package.dir.join(name), "").unwrap();
    wrong(&package, &[("tests/\u{fffd}.in", 0, "", "not UTF-8")]);
    // A folder of that name is said to be deep, not to be a file.
    assert!(Store::new().stage_folder(&package.dir.join("none"), None).is_err());
}

#[test]
fn slugs_come_from_the_caller_the_folder_or_the_title() {
    let store = Store::new();
    let package = Package::sum();
    let slug = |draft: crate::problem::Draft| draft.problem.slug.to_string();
    let given = store.stage_folder(&package.dir, Some("given".parse().unwrap())).unwrap();
    assert_eq!(slug(given), "given");
    let renamed = |name: &str, title: &str| {
        let package = Package::sum().manifest(&format!("title = {title:?}"));
        let dir = package.around.path().join(name);
        std::fs::rename(&package.dir, &dir).unwrap();
        store.stage_folder(&dir, None)
    };
    assert_eq!(slug(renamed("Two  Sum!", "T").unwrap()), "two-sum");
    assert_eq!(slug(renamed("和", "The Title").unwrap()), "the-title");
    let found = mistakes(renamed("和", "和"));
    assert_eq!(found[0].field.as_deref(), Some("title"));
    assert!(found[0].message.contains("--slug"));
}

proptest! {
    #[test]
    fn no_manifest_panics(text in "\\PC*") {
        manifest::parse(&text, &mut Mistakes::default());
    }

    #[test]
    fn no_manifest_of_toml_like_text_panics(words in prop::collection::vec(prop_oneof![
        Just("title"), Just("tags"), Just("limits"), Just("compare"), Just("generators"),
        Just("tests"), Just("solutions"), Just("groups"), Just("validators"), Just("include"),
        Just("about"), Just("timing"), Just("static_validator"), Just("seeds"), Just("program"),
        Just("name"), Just("path"), Just("[["), Just("]]\n"), Just("compare = {}\n"),
        Just("mode"), Just("time_ms"), Just("="), Just("\n"), Just("["), Just("]"), Just("{"),
        Just("}"), Just("\""), Just("\"x\""), Just("."), Just(","), Just("1"), Just("-"),
        Just("0x"), Just("nan"), Just("1e999"), Just("'''"), Just("#"), Just("é"), Just("\r"),
    ], 0..40)) {
        let text = words.concat();
        let mut mistakes = Mistakes::default();
        let read = manifest::parse(&text, &mut mistakes);
        // Whatever is unreadable was said.
        prop_assert!(read.readable || !mistakes.is_empty());
    }

    #[test]
    fn no_tree_panics(paths in prop::collection::vec(
        "(tests|solutions|stubs|generators|solutions/accepted|stubs/python|validators|include|statements|\
          invalid_input|valid_output|attachments|checker|x)?/?[a-zA-Z./é-]{0,12}(\\.in|\\.out|\\.py)?",
        0..20,
    )) {
        let store = Store::new();
        let mut tree = Tree::default();
        for path in paths {
            tree.insert(path, Kind::Refused);
        }
        let rules = Rules { languages: &store.languages, needs_accepted: true, generated: false };
        let mut mistakes = Mistakes::default();
        native::read(store.around.path(), &tree, rules, &mut mistakes).unwrap();
        prop_assert!(!mistakes.is_empty());
    }
}

mod series {
    use super::*;

    fn tests(lines: &str) -> Vec<(String, String)> {
        let text = format!("title = \"x\"\nreference = \"accepted/main.py\"\n{lines}");
        let draft =
            Store::new().draft(&Package::generated().cut("tests/04-one.out").manifest(&text));
        let mut made: Vec<_> =
            draft.generated.iter().map(|g| (g.test.clone(), g.args.join(" "))).collect();
        made.sort();
        made
    }

    fn made(test: &str, args: &str) -> (String, String) {
        (test.to_owned(), args.to_owned())
    }

    #[test]
    fn one_table_makes_many_tests() {
        let lines = "[generators.random]\nprogram = \"gen.py\"\nargs = [\"9\", \"{seed}\"]\n\
                     seeds = [7, -3]\n";
        assert_eq!(tests(lines), [made("random-1", "9 7"), made("random-2", "9 -3")]);
        let lines = "[generators.\"secret/r*-x\"]\nprogram = \"gen.py\"\nargs = [\"s{seed}\"]\n\
                     count = 10\nseed = 4\n";
        let many = tests(lines);
        assert_eq!((many.len(), &many[0]), (10, &made("secret/r01-x", "s4")));
        assert_eq!(many[9], made("secret/r10-x", "s13"));
        let lines = "[generators.one]\nprogram = \"gen.py\"\nargs = [\"{seed}\"]\nseed = 5\n";
        assert_eq!(tests(lines), [made("one", "5")]);
        let lines = "[generators.one]\nprogram = \"gen.py\"\ncount = 1\n";
        assert_eq!(tests(lines), [made("one-1", "")]);
    }

    #[test]
    fn tables_must_make_sense() {
        let table = |lines: &str, line: u32, field: &str, message: &str| {
            let text = format!(
                "title = \"x\"\nreference = \"accepted/main.py\"\n[generators.r]\n{lines}\n"
            );
            let package = Package::generated().cut("tests/04-one.out").manifest(&text);
            wrong(&package, &[("problem.toml", line, &format!("generators.r{field}"), message)]);
        };
        let right = "program = \"gen.py\"\nargs = [\"{seed}\"]\n";
        table("args = [\"1\"]", 3, ".program", "is missing");
        table("program = \"no.py\"", 3, "", "there is no generators/no.py");
        table("program = \"gen.py\"\ncount = 2", 3, ".args", "must hold {seed}");
        table(&format!("{right}count = 0"), 6, ".count", "outside 1 to 10000");
        table(&format!("{right}seeds = []"), 6, ".seeds", "not empty");
        table(&format!("{right}seeds = [1, 1]"), 6, ".seeds", "there twice");
        table(&format!("{right}seeds = [1.5]"), 6, ".seeds", "a whole number");
        table(&format!("{right}seeds = [1]\ncount = 3"), 3, ".seeds", "takes the place of count");
        table(&format!("{right}rounds = 3"), 6, ".rounds", "unknown key");
        let text = "title = \"x\"\nreference = \"accepted/main.py\"\n[generators]\n\
                    r-1 = [\"gen.py\"]\nr = { program = \"gen.py\", count = 1 }\n";
        let package = Package::generated().cut("tests/04-one.out").manifest(text);
        wrong(
            &package,
            &[("problem.toml", 4, "generators.r-1", "is made by generators.r already")],
        );
    }

    #[test]
    fn tests_that_are_there_are_not_made() {
        let package =
            Package::generated().put("tests/03-big.in", "1 2").put("tests/03-big.out", "3");
        let draft = Store::new().draft(&package);
        let names = |list: &[Generated]| list.iter().map(|g| g.test.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&draft.generated), names(&draft.standing)),
            (vec!["04-one".into()], vec!["03-big".into()])
        );
        let package = Package::generated().put("tests/03-big.in", "1 2");
        wrong(&package, &[("tests/03-big.in", 0, "", "has no answer")]);
    }

    #[test]
    fn programs_may_be_folders() {
        let manifest = |program: &str| {
            let line = format!("[generators]\n\"04-one\" = [{program:?}]\n");
            Package::generated().manifest(&format!("title = \"x\"\n{line}"))
        };
        let package = manifest("big")
            .put("generators/big/a.cpp", "int main() {}")
            .put("generators/big/lib/b.h", "")
            .put("generators/table.txt", "t")
            .put("generators/other.py", "");
        let store = Store::new();
        let languages = &store.languages;
        let draft = store.draft(&package);
        let problem = draft.preview();
        let big = problem.generator_files("big", languages).unwrap();
        assert_eq!((big.entry.as_str(), big.files.len()), ("a.cpp", 2));
        assert!(problem.generator_files("none", languages).is_err());
        let gen_py = problem.generator_files("gen.py", languages).unwrap();
        let names: Vec<_> = gen_py.files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((gen_py.entry.as_str(), names), ("gen.py", vec!["gen.py", "table.txt"]));
        assert_eq!(problem.generators(languages).unwrap(), ["big", "gen.py", "other.py"]);

        let scripted = manifest("made").put("generators/made/build", "");
        let draft = store.draft(&scripted);
        assert_eq!(draft.preview().generator_files("made", languages).unwrap().entry, "run");
        let wrong_program = |package: Package, message: &str| {
            wrong(&package, &[("problem.toml", 3, "generators.04-one", message)]);
        };
        let package = manifest("two").put("generators/two/a.py", "").put("generators/two/b.py", "");
        wrong_program(package, "has no main file");
        wrong_program(manifest("x").put("generators/x/main.awk", ""), "in no known language");
        wrong_program(manifest("none"), "there is no generators/none");
        let path = "generators/x/-a";
        wrong(&Package::sum().put(path, ""), &[(path, 0, "", "letters")]);
    }
}
