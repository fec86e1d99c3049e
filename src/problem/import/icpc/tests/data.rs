//! Tests, their settings, and the groups they are in.

use super::{LATEST, Package};
use toml::Value;

fn scoring() -> Package {
    Package::latest("type: scoring\n").without("data/secret")
}

fn tests_of(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|test| test["name"].as_str().unwrap()).collect()
}

#[test]
fn every_test_has_both_files() {
    let mistakes = Package::latest("")
        .without("data/secret/1.ans")
        .file("data/secret/2.ans", "")
        .file("data/secret/3.yaml", "")
        .file("data/secret/4.files/x", "")
        .mistakes();
    assert_eq!(
        mistakes,
        [
            "data/secret/1.in: has no answer; add data/secret/1.ans",
            "data/secret/2.ans: has no input; add data/secret/2.in",
            "data/secret/3.yaml: has no input; add data/secret/3.in",
            "data/secret/4.files: has no input; add data/secret/4.in",
        ]
    );
    let none = Package::latest("").without("data").mistakes();
    assert_eq!(
        none,
        [
            "data/secret: holds no tests; there must be some, such as data/secret/1.in with data/secret/1.ans"
        ]
    );
    let samples = Package::latest("").without("data/secret").right();
    assert!(samples.ignored.iter().any(|note| note.starts_with("data/secret: holds no tests")));
}

#[test]
fn settings_of_groups_and_tests() {
    let imported = Package::latest("constants: {eps: 1e-3}\n")
        .test("secret/2")
        .test("secret/deep/3")
        .test("secret/deep/4")
        .file("data/secret/test_group.yaml", "output_validator_args: [float_tolerance, '{{eps}}']\nargs: [-x]\n")
        .file("data/secret/2.yaml", "args: []\ndescription: no arguments\nhint: x\ninput_validator_args: [a, b]\nfull_feedback: true\n")
        .file("data/secret/deep/3.files/words.txt", "w")
        .file("data/secret/deep/3.png", "")
        .file("data/secret/what.xyz", "")
        .right();
    let tests = imported.value("tests");
    assert_eq!(tests_of(&tests), ["secret/1", "secret/2", "secret/deep/*"]);
    assert_eq!(tests[0]["args"].to_string(), r#"["-x"]"#);
    assert_eq!(tests[0]["compare"]["absolute"].as_float(), Some(1e-3));
    assert!(tests[1].get("args").is_none());
    assert_eq!(tests[1]["validator_args"].to_string(), r#"["a", "b"]"#);
    assert_eq!(tests[1]["description"].as_str(), Some("no arguments"));
    assert!(imported.files("tests/").contains(&"secret/deep/3.files/words.txt".to_owned()));
    assert_eq!(imported.files("attachments/"), ["data/secret/deep/3.png"]);
    for start in [
        "data/secret/2.yaml: hint: ",
        "data/secret/2.yaml: full_feedback: ",
        "data: 1 file(s) .png: ",
        "data/secret: 1 file(s) .xyz: ",
    ] {
        assert!(
            imported.ignored.iter().any(|note| note.starts_with(start)),
            "{start} {:?}",
            imported.ignored
        );
    }
    let mistakes = Package::latest("")
        .file(
            "data/secret/test_group.yaml",
            "max_score: 3\narg: [x]\noutput_validator_args: [loud]\n",
        )
        .file("data/secret/1.yaml", "args: x\nmax_score: 1\n")
        .file("data/sample/testdata.yaml", "on_reject: break\n")
        .mistakes();
    let starts = [
        "data/sample/testdata.yaml: 2025-09 reads test_group.yaml",
        "data/secret/1: output_validator_args: the default output validator has no argument `loud`",
        "data/secret/1.yaml:1: args: must be a list of texts",
        "data/secret/1.yaml:2: max_score: unknown key",
        "data/secret/test_group.yaml:1: max_score: only a problem of type scoring has scores",
        "data/secret/test_group.yaml:2: arg: unknown key",
    ];
    assert_eq!(mistakes.len(), starts.len(), "{mistakes:#?}");
    for (mistake, start) in mistakes.iter().zip(starts) {
        assert!(mistake.starts_with(start), "{mistake}");
    }
}

#[test]
fn one_validator_may_have_arguments_by_its_name() {
    let one = Package::latest("")
        .file("data/secret/test_group.yaml", "input_validator_args: {valid: [a]}\n")
        .right();
    assert_eq!(one.value("tests.0.validator_args").to_string(), r#"["a"]"#);
    let wrong = Package::latest("")
        .file("data/secret/test_group.yaml", "input_validator_args: {other: [a]}\n");
    assert_eq!(
        wrong.mistakes(),
        [
            "data/secret/test_group.yaml:1: input_validator_args.other: there is no such input validator; there are valid"
        ]
    );
    let two = Package::latest("")
        .file("input_validators/second.py", "x")
        .file("data/secret/test_group.yaml", "input_validator_args: {valid: [a]}\n")
        .right();
    assert!(
        two.ignored
            .iter()
            .any(|note| note
                .starts_with("data/secret/test_group.yaml: input_validator_args.valid: "))
    );
}

#[test]
fn groups_that_are_worth_points() {
    let imported = scoring()
        .test("secret/1-small/1")
        .test("secret/1-small/2")
        .test("secret/2-large/1")
        .file("data/secret/1-small/test_group.yaml", "max_score: 30\nrequire_pass: sample\n")
        .file(
            "data/secret/2-large/test_group.yaml",
            "max_score: 70\nscore_aggregation: sum\nrequire_pass: [secret/1-small]\n",
        )
        .right();
    let groups = imported.value("groups");
    let groups = groups.as_array().unwrap();
    assert_eq!(
        tests_of(&Value::Array(groups.clone())),
        ["sample", "secret/1-small", "secret/2-large"]
    );
    assert_eq!(groups[0]["points"].as_float(), Some(0.0));
    assert_eq!(groups[1]["tests"].to_string(), r#"["secret/1-small/*"]"#);
    assert_eq!(
        (groups[1]["points"].as_float(), groups[1]["score"].as_str()),
        (Some(30.0), Some("min"))
    );
    assert_eq!(groups[1]["requires"].to_string(), r#"["sample"]"#);
    assert_eq!(
        (groups[2]["points"].as_float(), groups[2]["score"].as_str()),
        (Some(70.0), Some("sum"))
    );
    assert_eq!(groups[2]["requires"].to_string(), r#"["secret/1-small"]"#);
    assert_eq!(
        (groups[1]["stop"].as_bool(), groups[2]["stop"].as_bool()),
        (Some(true), Some(false))
    );

    let whole = scoring().test("secret/1").right();
    assert_eq!(whole.value("groups.0.name").as_str(), Some("secret"));
    assert_eq!(whole.value("groups.0.points").as_float(), Some(100.0));
    assert_eq!(whole.value("groups.0.score").as_str(), Some("sum"));
    let free = scoring()
        .test("secret/1")
        .file("data/secret/test_group.yaml", "max_score: unbounded\n")
        .right();
    assert_eq!(free.value("groups.0.unbounded").as_bool(), Some(true));
    let least = scoring()
        .test("secret/a/1")
        .file("data/secret/test_group.yaml", "score_aggregation: min\n")
        .file("data/secret/a/test_group.yaml", "max_score: 100\n")
        .right();
    assert_eq!(least.value("groups.0.parent").as_str(), Some("secret"));
    assert_eq!(least.value("groups.1.name").as_str(), Some("secret"));
}

#[test]
fn wrong_groups() {
    let mistakes = scoring()
        .test("secret/beside")
        .test("secret/none/1")
        .test("secret/a/1")
        .test("secret/a/b/2")
        .test("secret/b/1")
        .file("data/sample/test_group.yaml", "max_score: 1\n")
        .file(
            "data/secret/a/test_group.yaml",
            "max_score: 40\nscore_aggregation: min\nrequire_pass: secret/b\n",
        )
        .file("data/secret/a/b/test_group.yaml", "max_score: 1\n")
        .file(
            "data/secret/b/test_group.yaml",
            "max_score: 70\nrequire_pass: secret/a\nstatic_validation_score: 5\n",
        )
        .file("data/secret/c/test_group.yaml", "max_score: many\n")
        .file(
            "data/secret/d/test_group.yaml",
            "score_aggregation: max\nstatic_validator_args: [x]\n",
        )
        .mistakes();
    let expected = [
        "data/sample/test_group.yaml:1: max_score: samples have no score; remove it",
        "data/secret/a/b/test_group.yaml: groups are the folders directly in data/secret; there are none deeper",
        "data/secret/a/test_group.yaml:3: require_pass: `secret/b` is neither sample nor an earlier group",
        "data/secret/b/test_group.yaml:2: require_pass: `secret/a` is no pass-fail group; only those can be required",
        "data/secret/b/test_group.yaml:3: static_validation_score: there is no static validator; add static_validator/",
        "data/secret/b/test_group.yaml:3: static_validation_score: points of a static validation are known here only with score_aggregation: sum",
        "data/secret/beside.in: lies beside groups; data/secret holds tests or groups, not both",
        "data/secret/c: is a group without a test",
        "data/secret/c/test_group.yaml:1: max_score: must be a whole number, not a text",
        "data/secret/c/test_group.yaml: max_score: must be a number with score_aggregation: pass-fail",
        "data/secret/d/test_group.yaml:1: score_aggregation: `max` is none of pass-fail, sum, min",
        "data/secret/d/test_group.yaml:1: static_validator_args: has no meaning without static_validation_score",
        "data/secret/none: lies beside groups and is none; add test_group.yaml to it",
        "data/secret/test_group.yaml: max_score: the groups are worth 110 together, which is more than 100, that of secret",
    ];
    for mistake in expected {
        assert!(mistakes.iter().any(|known| known == mistake), "{mistake}\n{mistakes:#?}");
    }
}

#[test]
fn a_static_validator_takes_its_points_from_its_group() {
    let imported = scoring()
        .test("secret/1")
        .test("secret/2")
        .file("static_validator/check.py", "raise SystemExit(42)\n")
        .file(
            "data/secret/test_group.yaml",
            "static_validation_score: 20\nstatic_validator_args: [short]\n",
        )
        .right();
    assert_eq!(imported.value("static_validator.program").as_str(), Some("check.py"));
    assert_eq!(imported.value("static_validator.args").to_string(), r#"["short"]"#);
    assert_eq!(imported.value("static_validator.points").as_float(), Some(20.0));
    assert_eq!(imported.value("groups.0.points").as_float(), Some(80.0));
    let idle = scoring().test("secret/1").file("static_validator/check.py", "x").right();
    assert!(!idle.has("static_validator"));
    assert!(idle.ignored.iter().any(|note| note.starts_with("static_validator: no group has")));
}

#[test]
fn legacy_groups_inherit() {
    let imported = Package::legacy("type: scoring\nvalidation: custom score\nvalidator_flags: base\n")
        .without("data/secret")
        .file("output_validators/v.py", "x")
        .test("secret/a/1")
        .test("secret/a/2")
        .test("secret/b/1")
        .file("data/testdata.yaml", "grader_flags: ignore_sample\non_reject: continue\nrange: 0 100\n")
        .file("data/secret/testdata.yaml", "grader_flags: sum first_error\noutput_validator_flags: more \"of it\"\n")
        .file("data/secret/a/testdata.yaml", "accept_score: 30\nrange: 0 30\ngrader_flags: min\non_reject: break\ninput_validator_flags: -a\n")
        .right();
    let groups = imported.value("groups");
    let groups = groups.as_array().unwrap();
    assert_eq!(
        tests_of(&Value::Array(groups.clone())),
        ["data", "sample", "secret", "secret/a", "secret/b"]
    );
    assert_eq!(groups[0]["grader"]["ignore_sample"].as_bool(), Some(true));
    assert_eq!(groups[2]["grader"]["ignore_sample"].as_bool(), Some(false));
    assert_eq!(groups[2]["parent"].as_str(), Some("data"));
    assert_eq!(groups[3]["parent"].as_str(), Some("secret"));
    assert_eq!(
        (groups[3]["score"].as_str(), groups[3]["stop"].as_bool()),
        (Some("min"), Some(true))
    );
    assert_eq!(groups[3]["points"].as_float(), Some(30.0));
    assert_eq!(groups[3]["grader"]["accept_score"].as_float(), Some(30.0));
    assert_eq!(
        (groups[4]["score"].as_str(), groups[4]["stop"].as_bool()),
        (Some("sum"), Some(false))
    );
    assert_eq!(groups[4]["grader"]["verdict"].as_str(), Some("first-error"));
    assert_eq!(groups[4]["points"].as_float(), Some(100.0), "its validator may say so many");
    let tests = imported.value("tests");
    assert_eq!(tests_of(&tests), ["secret/a/*", "secret/b/1"]);
    assert_eq!(tests[0]["judge_args"].to_string(), r#"["base", "more", "of it"]"#);
    assert_eq!(tests[0]["validator_args"].to_string(), r#"["-a"]"#);
}

#[test]
fn wrong_legacy_groups() {
    let mistakes = Package::legacy("type: scoring\n")
        .file(
            "data/testdata.yaml",
            "on_reject: stop\nrange: 5\naccept_score: x\ngrader_flags: best\n",
        )
        .file(
            "data/secret/testdata.yaml",
            "grading: custom\ngrader_flags: ignore_sample\nargs: []\n",
        )
        .file("data/secret/test_group.yaml", "args: []\n")
        .mistakes();
    let expected = [
        "data/secret/test_group.yaml: legacy reads testdata.yaml; rename it and use the keys of that file",
        "data/secret/testdata.yaml:1: grading: graders of one's own are not known here",
        "data/secret/testdata.yaml:2: grader_flags: `ignore_sample` has a meaning in data/testdata.yaml only",
        "data/secret/testdata.yaml:3: args: unknown key",
        "data/testdata.yaml:1: on_reject: `stop` is none of break, continue",
        "data/testdata.yaml:2: range: `5` is no range",
        "data/testdata.yaml:3: accept_score: must be a number, not a text",
        "data/testdata.yaml:4: grader_flags: `best` is none of worst_error",
    ];
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
    for (mistake, start) in mistakes.iter().zip(expected) {
        assert!(mistake.starts_with(start), "{mistake}");
    }
    let plain = Package::legacy("")
        .file("data/testdata.yaml", "accept_score: 1\non_reject: continue\n")
        .mistakes();
    assert_eq!(
        plain,
        ["data/testdata.yaml:1: accept_score: only a problem of type scoring has it"]
    );
    let all = Package::legacy("").file("data/testdata.yaml", "on_reject: continue\n").right();
    assert!(!all.has("stop"));
}

#[test]
fn drafts_may_have_legacy_groups() {
    let draft = LATEST.replace("2025-09", "2023-07-draft") + "type: scoring\n";
    let imported = Package::latest("")
        .file("problem.yaml", &draft)
        .file("data/secret/testdata.yaml", "accept_score: 50\nrange: 0 50\n")
        .right();
    assert_eq!(imported.value("groups.2.grader.accept_score").as_float(), Some(50.0));
}

#[test]
fn unit_tests_of_validators() {
    let imported = Package::latest("")
        .file("data/invalid_input/big.in", "9")
        .test("invalid_output/wrong")
        .file("data/invalid_output/wrong.out", "4\n")
        .test("valid_output/right")
        .file("data/valid_output/right.out", "3\n")
        .file("data/sample/1.out", " 3\n")
        .file("data/invalid_input/large/test_group.yaml", "input_validator_args: [--large]\n")
        .right();
    assert_eq!(imported.files("invalid_input/"), ["big.in"]);
    let told = "data/invalid_input/large/test_group.yaml";
    assert!(imported.ignored.iter().any(|one| one.starts_with(told)), "{:?}", imported.ignored);
    assert_eq!(imported.files("invalid_output/"), ["wrong.ans", "wrong.in", "wrong.out"]);
    assert_eq!(
        imported.files("valid_output/"),
        ["right.ans", "right.in", "right.out", "sample/1.ans", "sample/1.in", "sample/1.out"]
    );
    let mistakes = Package::latest("")
        .test("invalid_output/wrong")
        .file("data/invalid_input/x.ans", "")
        .mistakes();
    assert_eq!(
        mistakes,
        [
            "data/invalid_input/x.ans: has no input; add data/invalid_input/x.in",
            "data/invalid_output/wrong.in: has no output to be judged; add data/invalid_output/wrong.out",
        ]
    );
}

#[test]
fn talks_of_interactive_problems_are_shown() {
    let imported = Package::latest("type: interactive\n")
        .file("output_validator/talk.py", "x")
        .file("data/sample/1.interaction", "<1 2\n>3\n")
        .file("data/sample/2.interaction", "<4\n")
        .file("data/sample/3.in.statement", "x")
        .right();
    let statement = imported.text("statement.md");
    assert!(statement.contains("## Sample interaction 1\n\n```\n<4\n```"), "{statement}");
    assert!(statement.contains("## Sample interaction 2\n\n```\n<1 2\n>3\n```"), "{statement}");
    assert_eq!(imported.value("tests.0.sample").as_bool(), Some(false));
    assert!(
        imported.ignored.iter().any(|note| note.starts_with("data/sample: 1 sample(s)")),
        "{:?}",
        imported.ignored
    );
}
