//! Output validators, input validators, include files, constants.

use super::Package;

#[test]
fn output_validators_of_each_version() {
    let one = Package::latest("")
        .file("output_validator/validate.cpp", "int main() {}\n")
        .file("output_validator/validate.h", "\n")
        .right();
    assert_eq!(one.value("checker.program").as_str(), Some("validate.cpp"));
    assert_eq!(one.value("checker.convention").as_str(), Some("icpc"));
    assert_eq!(one.files("checker/"), ["validate.cpp", "validate.h"]);
    assert!(!one.has("compare"));
    let old = Package::legacy("validation: custom\nvalidator_flags: a \"b c\"\n")
        .file("output_validators/v/validate.cc", "int main() {}\n")
        .file("output_validators/v/other.cc", "\n")
        .right();
    assert_eq!(old.value("checker.program").as_str(), Some("validate.cc"), "the one with main");
    assert_eq!(old.value("checker.args").to_string(), r#"["a", "b c"]"#);
    let script = Package::latest("")
        .file("output_validator/build", "#!/bin/sh\n")
        .file("output_validator/src/v.py", "x")
        .right();
    assert_eq!(script.value("checker.program").as_str(), Some("run"));
    assert_eq!(script.files("checker/"), ["build", "src/v.py"]);
    let talk = Package::legacy("validation: custom interactive\n")
        .file("output_validators/v.py", "x")
        .right();
    assert_eq!(talk.value("interactor.program").as_str(), Some("v.py"));
    let passes = Package::latest("type: multi-pass\nlimits: {validation_passes: 5}\n")
        .file("output_validator/v.py", "x")
        .right();
    assert_eq!(passes.value("passes").as_integer(), Some(5));
    let two = Package::latest("type: multi-pass\n").file("output_validator/v.py", "x").right();
    assert_eq!(two.value("passes").as_integer(), Some(2));
    let several = Package::legacy("validation: custom\n")
        .file("output_validators/a.py", "x")
        .file("output_validators/b/main.cpp", "int main() {}\n")
        .file("output_validators/b/b.h", "\n")
        .right();
    assert_eq!(several.value("checker.program").as_str(), Some("run"));
    let files = ["build", "run", "validator1/a.py", "validator2/b.h", "validator2/main.cpp"];
    assert_eq!(several.files("checker/"), files);
    let unused = Package::legacy("").file("output_validators/v.py", "x").right();
    assert!(
        unused
            .ignored
            .iter()
            .any(|note| note.starts_with("output_validators: validation is not custom"))
    );
}

#[test]
fn output_validators_that_cannot_judge() {
    for (package, start) in [
        (Package::legacy("validation: custom\n"), "output_validators: there is no program in it"),
        (
            Package::legacy("validation: custom interactive\n")
                .file("output_validators/a.py", "x")
                .file("output_validators/b.py", "x"),
            "output_validators: holds 2 programs",
        ),
        (
            Package::legacy("validation: custom\n")
                .file("output_validators/a.py", "x")
                .file("output_validators/b.rs", "x"),
            "output_validators/b.rs: is one of several programs",
        ),
        (
            Package::legacy("validation: custom\n").file("output_validators/v/v.zig", "x"),
            "output_validators/v: has no program in a language that is known here",
        ),
    ] {
        let mistakes = package.mistakes();
        assert!(mistakes[0].starts_with(start), "{mistakes:?}");
    }
}

#[test]
fn input_validators_of_every_kind() {
    let imported = Package::legacy("")
        .file("input_validators/grammar.ctd", "INT(1,2) NEWLINE EOF\n")
        .file("input_validators/checks/build", "#!/bin/sh\n")
        .file("input_validators/checks/v.c", "x")
        .file("input_validators/shell.sh", "#!/bin/sh\nexit 42\n")
        .file("input_validators/old.viva", "x")
        .file("input_validators/two.py", "#!/usr/bin/env python2\n")
        .file("input_format_validators/more.py", "x")
        .right();
    let validators = imported.value("validators");
    let told: Vec<(String, String)> = validators
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (v["name"].as_str().unwrap().to_owned(), v["program"].as_str().unwrap().to_owned())
        })
        .collect();
    let told: Vec<(&str, &str)> =
        told.iter().map(|(name, program)| (&**name, &**program)).collect();
    assert_eq!(
        told,
        [
            ("checks", "run"),
            ("grammar", "grammar.ctd"),
            ("shell", "run"),
            ("valid", "valid.py"),
            ("more", "more.py")
        ]
    );
    assert_eq!(imported.text("validators/shell/run"), "#!/bin/sh\nexit 42\n");
    for start in
        ["input_validators/old.viva: VIVA", "input_validators/two.py: there is no Python 2"]
    {
        assert!(
            imported.ignored.iter().any(|note| note.starts_with(start)),
            "{:?}",
            imported.ignored
        );
    }
    let none = Package::latest("").without("input_validators").right();
    assert!(none.ignored.iter().any(|note| note.starts_with("input_validators: there is none")));
}

#[test]
fn constants_are_filled_in_where_the_format_says() {
    let imported = Package::latest("constants: {n: 7}\n")
        .file("output_validator/v.py", "N = {{n}}\n")
        .file("input_validators/valid.py", "N = {{n}}\n")
        .file("submissions/accepted/sum.py", "N = {{n}}\n")
        .file("include/python3/lib.py", "N = {{n}}\n")
        .file("data/secret/1.in", "{{n}}\n")
        .file("attachments/x.txt", "{{n}}\n")
        .right();
    for path in [
        "checker/v.py",
        "validators/valid/valid.py",
        "solutions/accepted/sum.py",
        "include/python/lib.py",
    ] {
        assert_eq!(imported.text(path), "N = 7\n", "{path}");
    }
    assert_eq!(imported.text("tests/secret/1.in"), "{{n}}\n");
    assert_eq!(imported.text("attachments/x.txt"), "{{n}}\n");
    let wrong = Package::latest("constants: {1: 7}\n").mistakes();
    assert!(wrong[0].starts_with("problem.yaml:4: constants.1: is no name"), "{wrong:?}");
}

#[test]
fn include_files_by_language() {
    let imported = Package::latest("")
        .file("include/default/data.txt", "x")
        .file("include/cpp/main.cpp", "x")
        .file("include/cpp/sub/x.h", "x")
        .file("include/php/x.php", "x")
        .right();
    assert_eq!(imported.files("include/"), ["cpp/main.cpp", "cpp/sub/x.h", "default/data.txt"]);
    assert_eq!(imported.value("include.cpp.entry").as_str(), Some("main.cpp"), "a driver");
    assert!(imported.value("include.default").as_table().unwrap().is_empty());
    assert!(imported.ignored.contains(&"include/php: there is no such language here".to_owned()));
    let wrong =
        Package::latest("").file("include/klingon/x", "x").file("include/x.h", "x").mistakes();
    assert_eq!(
        wrong,
        [
            "include/klingon: is no code of a language, such as cpp or python3",
            "include/x.h: belongs into a folder named after a language, such as include/cpp/",
        ]
    );
    assert!(
        Package::legacy("").file("include/default/x", "x").mistakes()[0]
            .contains("no code of a language")
    );
}
