//! Polygon's packages, and their wrong twins.

use super::{Package, Store, mistakes};
use crate::{
    judge::{Aggregate, Compare, Verdict},
    problem::{Draft, Mistake},
};
use std::fs;

/// A checker that includes nothing of anybody's.
const CHECKER: &str = "#include <fstream>\n#include \"words.h\"\nint main() {}\n";

/// The description of a right package with something in place of these marks.
fn xml(changes: &[(&str, &str)]) -> String {
    let right = r#"<?xml version="1.0" encoding="utf-8" standalone="no"?>
<problem revision="3" short-name="plus-plus" url="https://example.org/plus">
  <names>
    <name language="russian" value="Плюс"/>
    <name language="english" value="Plus"/>
  </names>
  <statements>
    <statement charset="UTF-8" language="english" path="statements/english/problem.tex" type="application/x-tex"/>
    <statement language="english" path="statements/.pdf/english/problem.pdf" type="application/pdf"/>
  </statements>
  <judging input-file="" output-file="">
    <testset name="tests">
      <time-limit>1500</time-limit>
      <memory-limit>268435456</memory-limit>
      <test-count>3</test-count>
      <input-path-pattern>tests/%02d</input-path-pattern>
      <answer-path-pattern>tests/%02d.a</answer-path-pattern>
      <tests>
        <test method="manual" sample="true"/>
        <test cmd="gen 5" method="generated"/>
        <test description="the largest" method="manual"/>
      </tests>
    </testset>
  </judging>
  <files>
    <resources><file path="files/olymp.sty"/></resources>
    <executables>
      <executable><source path="files/gen.py" type="python.3"/></executable>
      <executable><source path="files/check.cpp" type="cpp.g++17"/></executable>
    </executables>
  </files>
  <assets>
    <checker type="testlib">
      <source path="files/check.cpp" type="cpp.g++17"/>
      <testset>
        <input-path-pattern>files/tests/checker-tests/%02d</input-path-pattern>
        <output-path-pattern>files/tests/checker-tests/%02d.o</output-path-pattern>
        <answer-path-pattern>files/tests/checker-tests/%02d.a</answer-path-pattern>
        <tests><test verdict="ok"/><test verdict="wrong-answer"/></tests>
      </testset>
    </checker>
    <validators>
      <validator>
        <source path="files/valid.py" type="python.3"/>
        <testset>
          <input-path-pattern>files/tests/validator-tests/%02d</input-path-pattern>
          <tests><test verdict="valid"/><test verdict="invalid"/></tests>
        </testset>
      </validator>
    </validators>
    <solutions>
      <solution tag="main"><source path="solutions/std.cpp" type="cpp.g++20"/></solution>
      <solution tag="wrong-answer"><source path="solutions/wa.py" type="python.3"/></solution>
      <solution tag="time-limit-exceeded-or-accepted"><source path="solutions/slow.py" type="python.pypy3"/></solution>
    </solutions>
  </assets>
  <tags><tag value="math"/></tags>
</problem>
"#;
    changes.iter().fold(right.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn package(changes: &[(&str, &str)]) -> Package {
    let around = tempfile::tempdir().unwrap();
    let dir = around.path().join("folder");
    fs::create_dir(&dir).unwrap();
    let mut package = Package { around, dir }.put("problem.xml", xml(changes));
    let properties = r#"{"name": "Plus", "legend": "Add $a$ and \\textbf{$b$}.", "input": "Two",
        "output": "One", "notes": null, "authorName": "Ada"}"#;
    for (path, text) in [
        ("statements/english/problem.tex", "\\begin{problem}"),
        ("statements/english/problem-properties.json", properties),
        ("statements/english/data.png", "png"),
        ("statements/english/tutorial.tex", "so"),
        ("statements/.pdf/english/problem.pdf", "%PDF"),
        ("statements/.html/english/problem.html", "<html>"),
        ("files/olymp.sty", "%"),
        ("files/gen.py", "print(1, 2)"),
        ("files/check.cpp", CHECKER),
        ("files/words.h", "#include \"more.h\"\n"),
        ("files/more.h", "int more;\n"),
        ("files/other.h", "int other;\n"),
        ("files/valid.py", "input()"),
        ("solutions/std.cpp", "int main() {}"),
        ("solutions/std.cpp.desc", "Tag: MAIN"),
        ("solutions/wa.py", "print(0)"),
        ("solutions/slow.py", "print(3)"),
        ("scripts/run.sh", "#!"),
        ("check.cpp", CHECKER),
        ("files/tests/validator-tests/01", "1 2\n"),
        ("files/tests/validator-tests/02", "x\n"),
    ] {
        package = package.put(path, text);
    }
    for test in ["01", "02", "03"] {
        package =
            package.put(&format!("tests/{test}"), "1 2\n").put(&format!("tests/{test}.a"), "3\n");
    }
    for end in ["01", "01.o", "01.a", "02", "02.o", "02.a"] {
        package = package.put(&format!("files/tests/checker-tests/{end}"), "3\n");
    }
    package
}

fn draft(package: &Package) -> (Store, Draft) {
    let store = Store::new();
    let draft = store.draft(package);
    (store, draft)
}

fn refused(package: &Package) -> Vec<Mistake> {
    mistakes(Store::new().stage_folder(&package.dir, None))
}

/// The one mistake of a package that is changed like this; it is in problem.xml.
#[track_caller]
fn wrong(changes: &[(&str, &str)], field: &str, message: &str) {
    let found = refused(&package(changes));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&*found[0].file, found[0].field.as_deref()), ("problem.xml", Some(field)));
    assert!(found[0].line.is_some() && found[0].message.contains(message), "{found:#?}");
}

#[test]
fn a_right_package_is_read() {
    let (_store, draft) = draft(&package(&[]));
    let problem = &draft.problem;
    assert_eq!(
        (problem.slug.as_str(), &*problem.title, &*draft.format),
        ("plus-plus", "Plus", "polygon")
    );
    assert_eq!((problem.limits.time_ms, problem.limits.memory_mib), (1500, 256));
    assert_eq!(problem.about.titles["ru"], "Плюс");
    assert_eq!(
        (problem.about.language.as_deref(), &*problem.about.authors),
        (Some("en"), &["Ada".to_owned()][..])
    );
    assert_eq!(problem.about.source_url.as_deref(), Some("https://example.org/plus"));
    assert_eq!(problem.tags, ["math"]);
    let tests: Vec<(&str, bool)> =
        problem.tests.iter().map(|test| (test.name.as_str(), test.sample)).collect();
    assert_eq!(tests, [("sample/01", true), ("secret/02", false), ("secret/03", false)]);
    assert_eq!(problem.tests[1].description.as_deref(), Some("made by `gen 5`"));
    assert_eq!(problem.tests[2].description.as_deref(), Some("the largest"));
    assert_eq!(
        problem.statement,
        "# Plus\n\nAdd $a$ and **$b$**.\n\n## Input\n\nTwo\n\n## Output\n\nOne\n"
    );
    assert_eq!(problem.statements.len(), 2, "TeX and PDF");
    assert_eq!(problem.checker.as_ref().unwrap().file, "check.cpp");
    assert_eq!(problem.validators[0].program.args, ["--testset", "tests"]);
    assert_eq!(draft.reference.as_deref(), Some("accepted/std.cpp"));
    let there = |path: &str| draft.dir.path().join(path).is_file();
    for path in [
        "checker/check.cpp",
        "checker/words.h",
        "checker/more.h",
        "validators/valid/valid.py",
        "generators/gen/gen.py",
        "statements/problem.en.pdf",
        "statements/data.png",
        "valid_output/checker-01.ans",
        "invalid_output/checker-02.out",
        "valid_input/valid-01.in",
        "invalid_input/valid-02.in",
        "solutions/mixed/slow.py",
    ] {
        assert!(there(path), "{path}");
    }
    assert!(!there("checker/other.h"), "nobody includes it");
}

#[test]
fn what_is_not_taken_over_is_told() {
    let (_store, draft) = draft(&package(&[]).put("files/strange.bin", "?"));
    let told: Vec<String> = draft.ignored.iter().map(ToString::to_string).collect();
    for expected in [
        "statements/english/tutorial.tex: ",
        "scripts/: ",
        "files/strange.bin: ",
        "files/other.h: ",
    ] {
        assert!(told.iter().any(|line| line.starts_with(expected)), "{expected} {told:#?}");
    }
    assert!(
        !told.iter().any(|line| line.contains("solutions/") || line.contains("tests/")),
        "{told:#?}"
    );
}

#[test]
fn solutions_say_what_their_tags_say() {
    let (store, draft) = draft(&package(&[]));
    let stored = store.install(draft, false).unwrap();
    let solutions = stored.solutions().unwrap();
    let find = |path: &str| solutions.iter().find(|solution| solution.path == path).unwrap();
    let std = find("accepted/std.cpp");
    assert_eq!(std.language.as_deref(), Some("cpp20"));
    let slow = find("mixed/slow.py");
    assert_eq!(slow.language.as_deref(), Some("pypy"));
    let both = [Verdict::Accepted, Verdict::TimeLimitExceeded];
    assert_eq!(slow.expectation.permitted, both.into_iter().collect());
    assert!(slow.expectation.required.is_empty());
    let wa = find("wrong_answer/wa.py");
    assert_eq!(wa.expectation.required, [Verdict::WrongAnswer].into_iter().collect());
}

const GROUPED: &[(&str, &str)] = &[
    (
        "<tests>\n        <test method=\"manual\" sample=\"true\"/>",
        "<groups>
          <group name=\"1\" points-policy=\"complete-group\" points=\"30\" feedback-policy=\"icpc\"/>
          <group name=\"0\" points-policy=\"each-test\"/>
          <group name=\"big one\" points-policy=\"each-test\"><dependencies><dependency group=\"1\"/></dependencies></group>
        </groups><tests><test method=\"manual\" sample=\"true\" group=\"0\" points=\"0\"/>",
    ),
    ("<test cmd=\"gen 5\" method=\"generated\"/>", "<test cmd=\"gen 5\" method=\"generated\" group=\"1\" points=\"0\"/>"),
    ("<test description=\"the largest\" method=\"manual\"/>", "<test method=\"manual\" group=\"big one\" points=\"70\"/>"),
    (
        "<solution tag=\"wrong-answer\">",
        "<solution tag=\"rejected\"><extra-tags><extra-tag group=\"1\" tag=\"accepted\"/>
           <extra-tag group=\"big one\" tag=\"wrong-answer\"/></extra-tags>",
    ),
];

#[test]
fn groups_have_points_policies_and_dependencies() {
    let (store, draft) = draft(&package(GROUPED));
    let groups = &draft.problem.groups;
    let of = |name: &str| groups.iter().find(|group| group.name == name).unwrap();
    assert_eq!((of("1").points, of("1").score), (30.0, Aggregate::Min));
    assert_eq!((of("big one").points, of("big one").score), (70.0, Aggregate::Sum));
    assert_eq!(of("big one").requires, ["1"]);
    assert_eq!(of("big one").tests, ["secret/big_one/03"]);
    let case = draft.problem.tests.iter().find(|test| test.name == "secret/big_one/03").unwrap();
    let args = ["--testset", "tests", "--group", "big one"].map(str::to_owned).to_vec();
    assert_eq!(case.validator_args, Some(args));
    let told: Vec<String> = draft.ignored.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|line| line.contains("feedback-policy")), "{told:#?}");
    let stored = store.install(draft, false).unwrap();
    let solutions = stored.solutions().unwrap();
    let wa = solutions.iter().find(|solution| solution.path == "rejected/wa.py").unwrap();
    let parts: Vec<&str> = wa.expectation.tests.iter().map(|part| part.pattern.as_str()).collect();
    assert_eq!(parts, ["*/1/*", "*/big_one/*"]);
    assert_eq!(wa.expectation.tests[0].permitted, [Verdict::Accepted].into_iter().collect());
}

#[test]
fn tests_of_different_points_are_worth_them() {
    let changes = [
        ("<test cmd=\"gen 5\" method=\"generated\"/>", "<test method=\"manual\" points=\"10\"/>"),
        (
            "<test description=\"the largest\" method=\"manual\"/>",
            "<test method=\"manual\" points=\"20.5\"/>",
        ),
    ];
    let (_store, draft) = draft(&package(&changes));
    let points: Vec<(&str, f64)> =
        draft.problem.groups.iter().map(|group| (group.name.as_str(), group.points)).collect();
    assert_eq!(points, [("tests/01", 0.0), ("tests/02", 10.0), ("tests/03", 20.5)]);
}

#[test]
fn groups_have_wrong_twins() {
    let change = |from: &'static str, to: &'static str| -> Vec<(&str, &str)> {
        GROUPED.iter().map(|(mark, text)| (*mark, *text)).chain([(from, to)]).collect()
    };
    wrong(
        &change("<dependency group=\"1\"/>", "<dependency group=\"7\"/>"),
        "group.dependency",
        "no group `7`",
    );
    wrong(&change("complete-group", "some"), "group.points-policy", "each-test");
    wrong(&change("points=\"30\"", "points=\"-3\""), "group.points", "at least 0");
    wrong(&change("points=\"70\"", "points=\"many\""), "test.points", "at least 0");
    wrong(&change("<group name=\"0\"", "<group name=\"1\""), "group.name", "two groups");
    wrong(&change("<extra-tag group=\"1\"", "<extra-tag group=\"9\""), "extra-tag.group", "`9`");
    wrong(&change("tag=\"accepted\"", "tag=\"fine\""), "extra-tag.tag", "`fine`");
    let circle = change(
        "feedback-policy=\"icpc\"/>",
        "><dependencies><dependency group=\"big one\"/></dependencies></group>",
    );
    let found = refused(&package(&circle));
    assert!(found[0].message.contains("circle"), "{found:#?}");
}

#[test]
fn what_cannot_be_judged_is_refused() {
    wrong(&[("input-file=\"\"", "input-file=\"in.txt\"")], "judging.input-file", "standard input");
    wrong(&[("output-file=\"\"", "output-file=\"out.txt\"")], "judging.output-file", "stdout");
    wrong(
        &[("output-file=\"\"", "output-file=\"\" run-count=\"2\"")],
        "judging.run-count",
        "several times",
    );
    wrong(&[("<checker type=\"testlib\">", "<checker type=\"other\">")], "checker.type", "`other`");
    wrong(&[("tag=\"main\"", "tag=\"best\"")], "solution.tag", "`best`");
    wrong(&[("solutions/wa.py", "solutions/none.py")], "solution.source", "none.py");
    wrong(&[(">1500<", ">fast<")], "time-limit", "`fast`");
    wrong(&[(">1500<", ">0<")], "testset.time-limit", "outside");
    wrong(&[("tests/%02d.a", "tests/answer")], "testset", "%02d");
    wrong(&[("value=\"Plus\"", ""), ("value=\"Плюс\"", "")], "problem.names", "no name");
    wrong(
        &[("files/valid.py", "files/valid.pas")],
        "validator.source",
        "there is no files/valid.pas",
    );
    let percent =
        ("output-file=\"\"", "output-file=\"\" treat-points-from-checker-as-percent=\"true\"");
    drop(draft(&package(&[percent])));
    let points = package(&[percent]).put("files/check.cpp", "int main() { quitp(5); }");
    assert!(refused(&points)[0].message.contains("percent"));
}

#[test]
fn every_mistake_is_found_in_one_pass() {
    let changes = [
        ("tag=\"main\"", "tag=\"best\""),
        (">1500<", ">0<"),
        ("input-file=\"\"", "input-file=\"x\""),
    ];
    let found = refused(&package(&changes));
    let lines: Vec<u32> = found.iter().map(|mistake| mistake.line.unwrap()).collect();
    assert_eq!(lines, [11, 12, 52], "{found:#?}");
}

#[test]
fn a_package_without_its_tests_is_not_the_full_one() {
    let found = refused(&package(&[]).cut("tests"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("take the full package"), "{found:#?}");
    let found = refused(&package(&[]).cut("tests/02.a"));
    assert_eq!((found[0].line, found.len()), (Some(20), 1), "{found:#?}");
    assert!(found[0].message.contains("tests/02.a"), "{found:#?}");
}

#[test]
fn testlib_is_not_ours_to_give() {
    let source = "#include \"testlib.h\"\nint main() {}\n";
    let without = package(&[]).put("files/check.cpp", source);
    let found = refused(&without);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("github.com/MikeMirzayanov/testlib"), "{found:#?}");
    let (_store, with) = draft(&without.put("files/testlib.h", "// a stand-in\n"));
    assert!(with.dir.path().join("checker/testlib.h").is_file());
}

#[test]
fn polygons_own_checkers_are_comparisons_where_their_source_cannot_be_used() {
    let named = |name: &str| format!("<checker name=\"std::{name}.cpp\" type=\"testlib\">");
    let source = "#include \"testlib.h\"\nint main() {}\n";
    let compared = |name: &str| {
        let name = named(name);
        let package =
            package(&[("<checker type=\"testlib\">", &name)]).put("files/check.cpp", source);
        Store::new().stage_folder(&package.dir, None)
    };
    for (name, compare) in [
        ("wcmp", Compare::Tokens),
        ("yesno", Compare::Caseless),
        ("rcmp6", Compare::Float { absolute: 1e-6, relative: 1e-6 }),
    ] {
        let draft = compared(name).unwrap();
        assert_eq!((draft.problem.compare, draft.problem.checker), (compare, None), "{name}");
    }
    for name in ["lcmp", "fcmp", "caseicmp"] {
        assert!(mistakes(compared(name))[0].message.contains("testlib"), "{name}");
    }
    // The source that is there is taken.
    let name = named("wcmp");
    let (_store, own) = draft(&package(&[("<checker type=\"testlib\">", &name)]));
    assert!(own.problem.checker.is_some());
}

#[test]
fn an_interactor_and_a_checker_go_together() {
    let interactor = "<interactor><source path=\"files/talk.py\" type=\"python.3\"/></interactor>\n    <validators>";
    let package = package(&[("<validators>", interactor)]).put("files/talk.py", "print()");
    let (_store, draft) = draft(&package);
    assert_eq!(draft.problem.interactor.unwrap().file, "talk.py");
    assert!(draft.problem.checker.is_some());
}

#[test]
fn odd_descriptions_are_refused() {
    let entities = "<!DOCTYPE p [<!ENTITY a \"b\">]><problem>&a;</problem>";
    for (text, why) in [
        ("<problem", "no XML"),
        ("", "no XML"),
        (entities, "no XML"),
        ("<contest/>", "one problem"),
    ] {
        let found = refused(&package(&[]).put("problem.xml", text));
        assert!(found[0].message.contains(why), "{found:#?}");
    }
    let found = refused(&package(&[]).put("problem.toml", ""));
    assert!(found[0].message.contains("both problem.toml and problem.xml"), "{found:#?}");
    let deep = "<problem>".repeat(50_000);
    assert!(!refused(&package(&[]).put("problem.xml", deep)).is_empty());
}
