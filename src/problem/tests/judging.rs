//! Checkers, interactors, groups and points in packages.

use super::{Package, Store, Upload, mistakes, native::wrong};
use crate::{
    judge::{Aggregate, Compare, Convention, GraderVerdict, Group, JudgeProgram, StopPolicy},
    problem::{Patch, pack},
};
use serde_json::json;

/// A package with a checker, an interactor and groups.
fn full() -> Package {
    Package::sum()
        .manifest(
            "title = \"Sum\"\nstop = \"first-failure\"\n\
             [checker]\nprogram = \"check.cpp\"\nargs = [\"--strict\"]\n\
             [interactor]\nprogram = \"talk.py\"\n\
             [[groups]]\nname = \"large\"\ntests = [\"04-*\"]\npoints = 70\nrequires = [\"small\"]\n\
             [[groups]]\nname = \"small\"\ntests = [\"02-*\", \"03-b\", \"03-?\"]\npoints = 30.5\n\
             score = \"sum\"\n",
        )
        .put("checker/check.cpp", "#include \"testlib.h\"\nint main() {}\n")
        .put("checker/testlib.h", b"// \xff not UTF-8\n")
        .put("checker/README.md", "Notes.\n")
        .put("interactor/talk.py", "print(1)\n")
        .put("tests/03-b.in", "")
        .put("tests/03-b.out", "")
        .put("tests/04-c.in", "")
        .put("tests/04-c.out", "")
        .put("tests/00-last.in", "")
        .put("tests/00-last.out", "")
}

/// Asserts that the full package with this in place of a part of `problem.toml` has one mistake.
#[track_caller]
fn wrong_with(from: &str, to: &str, line: u32, field: &str, message: &str) {
    let package = full();
    let text = std::fs::read_to_string(package.dir.join("problem.toml")).unwrap();
    assert!(text.contains(from), "{from}");
    let package = package.manifest(&text.replacen(from, to, 1));
    wrong(&package, &[("problem.toml", line, field, message)]);
}

#[test]
fn everything_is_read() {
    let store = Store::new();
    let problem = store.draft(&full()).problem;
    let program = |file: &str, args: &[&str]| JudgeProgram {
        file: file.into(),
        convention: Convention::Testlib,
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
    };
    assert_eq!(problem.checker, Some(program("check.cpp", &["--strict"])));
    assert_eq!(problem.interactor, Some(program("talk.py", &[])));
    assert_eq!((problem.stop, problem.passes), (StopPolicy::FirstFailure, 1));
    let group = |name: &str, tests: &[&str], points, score, requires: &[&str], stop| Group {
        name: name.into(),
        tests: tests.iter().map(|&test| test.to_owned()).collect(),
        points,
        score,
        requires: requires.iter().map(|&name| name.to_owned()).collect(),
        stop,
        parent: None,
        unbounded: false,
        grader: None,
    };
    let small = group("small", &["02-zero", "03-b"], 30.5, Aggregate::Sum, &[], false);
    let large = group("large", &["04-c"], 70.0, Aggregate::Min, &["small"], true);
    assert_eq!(problem.groups, [small, large], "each after those it requires");
    let tests: Vec<_> = problem.tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(tests, ["01-sample", "00-last", "02-zero", "03-b", "04-c"], "samples first");
}

#[test]
fn the_store_hands_out_the_programs() {
    let mut store = Store::new();
    let stored = store.install(store.draft(&full()), false).unwrap();
    let names = |files: Vec<(String, Vec<u8>)>| -> Vec<String> {
        files.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(stored.checker_files().unwrap()), ["check.cpp", "testlib.h"]);
    let interactor = stored.interactor_files().unwrap();
    assert_eq!(interactor, [("talk.py".to_owned(), b"print(1)\n".to_vec())]);
    let slug = stored.problem.slug.clone();
    store.reopen();
    assert_eq!(store.get(&slug).unwrap().problem, stored.problem);

    let patch: Patch = serde_json::from_value(json!({"title": "S"})).unwrap();
    let edited = store.edit(&slug, patch).unwrap();
    assert_eq!(edited.problem.groups, stored.problem.groups);
    assert_eq!(edited.problem.checker, stored.problem.checker);
    assert_eq!(edited.checker_files().unwrap(), stored.checker_files().unwrap());
    let patch: Patch = serde_json::from_value(json!({"compare": {"mode": "lines"}})).unwrap();
    let refused = mistakes(store.edit(&slug, patch));
    assert!(refused[0].message.contains("[checker] decides"), "{refused:?}");

    // What is exported can be added again, and is the same version.
    let mut archive = Vec::new();
    pack(&stored.dir, &mut archive).unwrap();
    let plain = store.install(store.draft(&Package::sum()), true).unwrap();
    assert!(plain.checker_files().unwrap().is_empty() && plain.problem.groups.is_empty());
}

#[test]
fn archives_carry_them() {
    let store = Store::new();
    let mut archive = Vec::new();
    pack(&full().dir, &mut archive).unwrap();
    let draft = store.stage_upload(Upload::tar(&mut &archive[..]), None).unwrap();
    assert_eq!(draft.problem, store.draft(&full()).problem);
    assert!(draft.dir.path().join("checker/testlib.h").exists());
}

#[test]
fn modes_of_comparison() {
    let store = Store::new();
    for (mode, compare) in [("caseless", Compare::Caseless), ("lines", Compare::Lines)] {
        let text = format!("title = \"x\"\n[compare]\nmode = \"{mode}\"\n");
        assert_eq!(store.draft(&Package::sum().manifest(&text)).problem.compare, compare);
    }
}

#[test]
fn programs() {
    wrong_with("program = \"check.cpp\"\n", "", 3, "checker.program", "is missing");
    wrong_with("check.cpp", "other.cpp", 4, "checker.program", "no checker/other.cpp");
    wrong_with("\"talk.py\"", "3", 7, "interactor.program", "must be a string");
    wrong_with("\"--strict\"", "1", 5, "checker.args", "must be a string");
    wrong_with("args =", "arg =", 5, "checker.arg", "unknown key");
    let text = "convention = \"kattis\"\nargs =";
    wrong_with("args =", text, 5, "checker.convention", "none of testlib and icpc");
    let text = "program = \"talk.py\"\nconvention = \"icpc\"";
    wrong_with("program = \"talk.py\"", text, 4, "checker", "testlib interactor only");
    wrong_with("stop =", "passes = 2\nstop =", 2, "passes", "convention = \"icpc\"");
    wrong_with("stop =", "passes = 0\nstop =", 2, "passes", "outside 1 to 1000");
    wrong_with("first-failure", "now", 2, "stop", "none of never and first-failure");
    let compare = "[compare]\nmode = \"lines\"\n[checker]";
    wrong_with("[checker]", compare, 3, "compare", "[checker] decides");
}

#[test]
fn folders() {
    let package = Package::sum().put("checker/check.py", "");
    wrong(&package, &[("checker", 0, "", "problem.toml does not name")]);
    wrong(&full().put("checker/lib/-x.h", ""), &[("checker/lib/-x.h", 0, "", "letters")]);
    wrong(&full().put("checker/a b", ""), &[("checker/a b", 0, "", "letters")]);
    let large = full().long("interactor/table.bin", (1 << 20) + 1);
    wrong(&large, &[("interactor/table.bin", 0, "", "larger than 1024 KiB")]);
    let package = full().cut("checker/testlib.h");
    let message = "take it from the repository MikeMirzayanov/testlib and put it into checker/";
    wrong(&package, &[("checker/check.cpp", 1, "", message)]);
    let package = full().put("checker/check.awk", "").cut("checker/check.cpp");
    wrong(&package, &[("problem.toml", 4, "checker.program", "no checker/check.cpp")]);
}

#[test]
fn answers_of_interactive_problems_need_no_reference() {
    let package = Package::generated().put("interactor/talk.py", "").manifest(
        "title = \"Sum\"\n[interactor]\nprogram = \"talk.py\"\n[generators]\n\
         \"03-big\" = [\"gen.py\"]\n\"04-one\" = [\"gen.py\"]\n",
    );
    let draft = Store::new().draft(&package);
    assert_eq!(draft.generated.len(), 2);
}

#[test]
fn groups() {
    wrong_with("\"04-*\"", "\"05-*\"", 10, "groups.tests", "`05-*` fits no test");
    wrong_with("[\"04-*\"]", "[]", 9, "groups.tests", "has no tests");
    wrong_with("\"04-*\"", "\"04-*\", \"03-b\"", 15, "groups.tests", "03-b is in group `large`");
    let twin = "score = \"sum\"\n[[groups]]\nname = \"small\"\ntests = [\"00-*\"]\npoints = 1";
    wrong_with("score = \"sum\"", twin, 19, "groups.name", "two groups `small`");
    wrong_with("[\"small\"]", "[\"none\"]", 12, "groups.requires", "no group `none`");
    wrong_with("[\"small\"]", "[\"large\"]", 9, "groups.requires", "requirements of `large` go in");
    let circle = "score = \"sum\"\nrequires = [\"large\"]";
    wrong_with("score = \"sum\"", circle, 9, "groups.requires", "of `large`, `small` go in");
    wrong_with("points = 70", "points = -1", 11, "groups.points", "at least 0");
    wrong_with("points = 70", "points = inf", 11, "groups.points", "at least 0");
    wrong_with("points = 70", "points = \"x\"", 11, "groups.points", "must be a number");
    wrong_with("points = 70\n", "", 8, "groups.points", "is missing");
    wrong_with("\"sum\"", "\"mean\"", 17, "groups.score", "none of min, sum, avg and max");
    wrong_with("score =", "scores =", 17, "groups.scores", "unknown key");
    wrong_with("score = \"sum\"", "stop = 1", 17, "groups.stop", "true or false");
    let package = Package::sum().manifest("title = \"x\"\ngroups = 3\n");
    wrong(&package, &[("problem.toml", 2, "groups", "write [[groups]]")]);
}

#[test]
fn groups_of_groups() {
    let tree = |lines: &str| {
        full().manifest(&format!(
            "title = \"x\"\n[[groups]]\nname = \"all\"\ntests = []\npoints = 0\nscore = \"max\"\n\
             [[groups]]\nname = \"part\"\ntests = [\"02-*\"]\nunbounded = true\nparent = \"all\"\n\
             {lines}"
        ))
    };
    let tree = |lines: &str| tree(lines).cut("checker").cut("interactor");
    let grader = "[groups.grader]\nverdict = \"first-error\"\naccept_score = 2\n";
    let groups = Store::new().draft(&tree(grader)).problem.groups;
    assert_eq!((groups[0].score, groups[0].tests.len()), (Aggregate::Max, 0));
    assert_eq!((groups[1].parent.as_deref(), groups[1].unbounded), (Some("all"), true));
    let own = groups[1].grader.as_ref().unwrap();
    assert_eq!((own.verdict, own.accept_score), (GraderVerdict::FirstError, 2.0));
    assert!(!groups[1].stop, "a grader sees every test");

    let wrong = |lines: &str, line: u32, field: &str, message: &str| {
        wrong(&tree(lines), &[("problem.toml", line, field, message)]);
    };
    wrong(
        "[groups.grader]\nverdict = \"none\"\n",
        13,
        "groups.grader.verdict",
        "none of worst-error",
    );
    wrong("[groups.grader]\nmode = 1\n", 13, "groups.grader.mode", "unknown key");
    wrong("[groups.grader]\naccept_score = inf\n", 13, "groups.grader.accept_score", "finite");
    let more = "[[groups]]\nname = \"b\"\ntests = [\"03-*\"]\npoints = 1\nparent = \"none\"\n";
    wrong(more, 16, "groups.parent", "no group `none`");
    let more = "[[groups]]\nname = \"b\"\ntests = [\"03-*\"]\npoints = 1\nparent = \"b\"\n";
    wrong(more, 16, "groups.parent", "a part of itself");
    let more = "[[groups]]\nname = \"b\"\ntests = [\"03-*\"]\nparent = \"all\"\n";
    wrong(more, 12, "groups.points", "is missing");
}
