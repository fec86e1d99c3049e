//! The folders of a package beside `tests/` and `problem.toml`, each rule with its wrong twin.

use super::{Package, Store, native::wrong};
use crate::{
    judge::{Compare, Convention, StatementFormat, TimeUse, Verdict},
    problem::{StoredProblem, UnitTests},
};
use std::sync::Arc;

/// The package with more lines in its manifest.
fn with(lines: &str) -> Package {
    Package::sum().manifest(&format!("title = \"Sum\"\n{lines}"))
}

fn store(package: &Package) -> Arc<StoredProblem> {
    let store = Store::new();
    let stored = store.install(store.draft(package), false).unwrap();
    // The folder outlives the store in a test.
    std::mem::forget(store);
    stored
}

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

mod tests_in_folders {
    use super::*;

    fn nested() -> Package {
        Package::sum()
            .cut("tests")
            .put("tests/secret/b/01.in", "1")
            .put("tests/secret/b/01.out", "1")
            .put("tests/secret/a.in", "2")
            .put("tests/secret/a.out", "2")
            .put("tests/sample/2.in", "3")
            .put("tests/sample/2.out", "3")
            .put("tests/sample/2.files/data/x.txt", "beside")
            .put("tests/sample/2.files/README", "data too")
    }

    #[test]
    fn are_read_and_samples_come_first() {
        let stored = store(&nested());
        let tests = stored.problem.tests.iter();
        let tests: Vec<_> = tests.map(|test| (test.name.as_str(), test.sample)).collect();
        assert_eq!(tests, [("sample/2", true), ("secret/a", false), ("secret/b/01", false)]);
        assert_eq!(std::fs::read_to_string(stored.input("secret/b/01")).unwrap(), "1");
        assert_eq!(stored.problem.tests[0].files, ["README", "data/x.txt"]);
        let files = stored.test_files("sample/2").unwrap();
        assert_eq!(names(&files), ["README", "data/x.txt"]);
        assert_eq!(files[1].1, b"beside");
        assert!(stored.test_files("secret/a").unwrap().is_empty());
        assert!(stored.test_files("none").unwrap().is_empty());
    }

    #[test]
    fn must_be_pairs_with_plain_names() {
        let path = "tests/secret/b/02.in";
        wrong(&nested().put(path, ""), &[(path, 0, "", "add tests/secret/b/02.out")]);
        let path = "tests/sample/3.files/x";
        wrong(&nested().put(path, ""), &[("tests/sample/3.files", 0, "", "belongs to no test")]);
        let path = "tests/sample/2.files/a b";
        wrong(&nested().put(path, ""), &[(path, 0, "", "letters")]);
        let path = "tests/sample/2.txt";
        wrong(&nested().put(path, ""), &[(path, 0, "", "neither an input")]);
        let path = "tests/1/2/3/4/5/6/7/8/9/x.in";
        let twin = "tests/1/2/3/4/5/6/7/8/9/x.out";
        let deep = nested().put(path, "").put(twin, "");
        wrong(&deep, &[(path, 0, "", "letters"), (twin, 0, "", "letters")]);
        let large = nested().long("tests/sample/2.files/x", (64 << 20) + 1);
        wrong(&large, &[("tests/sample/2.files", 0, "", "more than 64 MiB")]);
    }
}

mod what_is_said_of_tests {
    use super::*;

    #[test]
    fn is_taken_key_by_key_and_the_last_word_counts() {
        let package = with(
            "[[tests]]\nname = \"*\"\nargs = [\"a\"]\njudge_args = [\"j\"]\ndescription = \"D\"\n\
             [[tests]]\nname = \"02-zero\"\nargs = []\nsample = true\nvalidator_args = []\n\
             compare = { mode = \"exact\" }\n\
             [[tests]]\nname = \"01-?ample\"\nsample = false\n",
        );
        let problem = &store(&package).problem;
        let [zero, one] = &problem.tests[..] else { panic!("{:?}", problem.tests) };
        assert_eq!((zero.name.as_str(), zero.sample), ("02-zero", true));
        assert_eq!((one.name.as_str(), one.sample), ("01-sample", false));
        assert_eq!((&zero.args[..], &one.args[..]), (&[][..], &["a".to_owned()][..]));
        assert_eq!(zero.judge_args, Some(vec!["j".to_owned()]));
        assert_eq!((&zero.validator_args, &one.validator_args), (&Some(Vec::new()), &None));
        assert_eq!((zero.compare, one.compare), (Some(Compare::Exact), None));
        assert_eq!(one.description.as_deref(), Some("D"));
    }

    #[test]
    fn must_make_sense() {
        let entry = |lines: &str, line: u32, field: &str, message: &str| {
            let package = with(&format!("[[tests]]\nname = \"*\"\n{lines}\n"));
            wrong(&package, &[("problem.toml", line, field, message)]);
        };
        entry("sample = 1", 4, "tests.sample", "true or false");
        entry("args = \"x\"", 4, "tests.args", "a list of strings");
        entry("args = [\"\\u0000\"]", 4, "tests.args", "NUL");
        entry("judge_args = [1]", 4, "tests.judge_args", "must be a string");
        entry("compare = { mode = \"no\" }", 4, "tests.compare.mode", "none of tokens");
        entry("compare = { }", 4, "tests.compare.mode", "is missing");
        entry("weight = 1", 4, "tests.weight", "known are name, sample");
        let long = format!("description = \"{}\"", "x".repeat(2001));
        entry(&long, 4, "tests.description", "longer than 2000");
        let package = with("[[tests]]\nsample = true\n");
        wrong(&package, &[("problem.toml", 2, "tests.name", "is missing")]);
        let package = with("[[tests]]\nname = \"03*\"\n");
        wrong(&package, &[("problem.toml", 3, "tests.name", "`03*` fits no test")]);
        let package = with("[tests]\nname = \"*\"\n");
        wrong(&package, &[("problem.toml", 2, "tests", "write [[tests]]")]);
        let package = with(
            "[checker]\nprogram = \"c.py\"\n[[tests]]\nname = \"*\"\ncompare = { mode = \"exact\" }\n",
        );
        let package = package.put("checker/c.py", "");
        wrong(&package, &[("problem.toml", 6, "tests.compare", "is not used")]);
    }
}

mod solutions {
    use super::*;
    use Verdict::{
        Accepted, CompileError, MemoryLimitExceeded, OutputLimitExceeded, PresentationError,
        RuntimeError, TimeLimitExceeded, WrongAnswer,
    };

    const GROUP: &str = "[[groups]]\nname = \"g\"\ntests = [\"02-*\"]\npoints = 10\n";

    #[test]
    fn folders_say_what_is_expected() {
        let mut package = with(GROUP).cut("solutions/wrong_answer");
        let folders: [(&str, &[Verdict], &[Verdict]); 10] = [
            ("accepted", &[Accepted], &[Accepted]),
            (
                "wrong_answer",
                &[Accepted, WrongAnswer, PresentationError],
                &[WrongAnswer, PresentationError],
            ),
            ("time_limit_exceeded", &[Accepted, TimeLimitExceeded], &[TimeLimitExceeded]),
            ("memory_limit_exceeded", &[Accepted, MemoryLimitExceeded], &[MemoryLimitExceeded]),
            ("run_time_error", &[Accepted, RuntimeError], &[RuntimeError]),
            ("output_limit_exceeded", &[Accepted, OutputLimitExceeded], &[OutputLimitExceeded]),
            ("presentation_error", &[Accepted, PresentationError], &[PresentationError]),
            ("compile_error", &[CompileError], &[CompileError]),
            (
                "brute_force",
                &[Accepted, TimeLimitExceeded, MemoryLimitExceeded, RuntimeError],
                &[TimeLimitExceeded, MemoryLimitExceeded, RuntimeError],
            ),
            (
                "rejected",
                &[],
                &[
                    WrongAnswer,
                    TimeLimitExceeded,
                    MemoryLimitExceeded,
                    RuntimeError,
                    OutputLimitExceeded,
                    PresentationError,
                ],
            ),
        ];
        for (folder, ..) in folders {
            package = package.put(&format!("solutions/{folder}/main.py"), "");
        }
        let solutions = store(&package).solutions().unwrap();
        assert_eq!(solutions.len(), folders.len());
        for (folder, permitted, required) in folders {
            let path = format!("{folder}/main.py");
            let solution = solutions.iter().find(|solution| solution.path == path).unwrap();
            let expectation = &solution.expectation;
            assert_eq!(expectation.permitted, permitted.iter().copied().collect(), "{folder}");
            assert_eq!(expectation.required, required.iter().copied().collect(), "{folder}");
            assert_eq!(expectation.is_accepted(), folder == "accepted");
            assert_eq!((expectation.score, solution.time_limit), (None, TimeUse::Implied));
        }
    }

    #[test]
    fn a_part_of_the_points_is_more_than_nothing_and_less_than_all() {
        let path = "solutions/partially_accepted/x.py";
        let solutions = store(&with(GROUP).put(path, "")).solutions().unwrap();
        let part = solutions.iter().find(|s| s.path == "partially_accepted/x.py").unwrap();
        let [low, high] = part.expectation.score.unwrap();
        assert!(0.0 < low && low < 1e-9 && 9.999 < high && high < 10.0, "{low} {high}");
        wrong(&Package::sum().put(path, ""), &[(path, 0, "", "no tests are worth points")]);
    }

    #[test]
    fn entries_have_the_last_word() {
        let package = with(
            "[[solutions]]\npath = \"wrong_answer/*\"\nrequired = [\"WA\"]\nlanguage = \"cpp20\"\n\
             [[solutions]]\npath = \"wrong_answer/main.cpp\"\npermitted = [\"WA\"]\n\
             message = \"twice\"\ntime_limit = \"ignored\"\n\
             [[solutions.tests]]\npattern = \"01-*\"\nrequired = [\"WA\"]\n",
        );
        let solutions = store(&package).solutions().unwrap();
        let [right, bad] = &solutions[..] else { panic!("{solutions:?}") };
        assert!(right.expectation.is_accepted() && right.language.is_none());
        let expectation = &bad.expectation;
        assert_eq!(expectation.permitted, [WrongAnswer].into());
        assert_eq!(expectation.required, [WrongAnswer].into());
        assert_eq!(expectation.message.as_deref(), Some("twice"));
        assert_eq!(expectation.tests[0].pattern, "01-*");
        assert_eq!((bad.language.as_deref(), bad.time_limit), (Some("cpp20"), TimeUse::Ignored));
        let languages = crate::templates::languages(&[]).unwrap();
        assert_eq!(bad.language(&languages).unwrap().id, "cpp20");
        assert_eq!(right.language(&languages).unwrap().id, "python");
    }

    #[test]
    fn entries_must_make_sense() {
        let entry = |lines: &str, line: u32, field: &str, message: &str| {
            let package = with(&format!("[[solutions]]\npath = \"accepted/*\"\n{lines}\n"));
            wrong(&package, &[("problem.toml", line, field, message)]);
        };
        entry("permitted = [\"OK\"]", 4, "solutions.permitted", "none of AC, WA");
        entry("required = [\"IE\"]", 4, "solutions.required", "none of AC, WA");
        entry("language = \"zig\"", 4, "solutions.language", "no language; one of c");
        entry("score = 3", 4, "solutions.score", "two numbers");
        entry("score = [3, 1]", 4, "solutions.score", "no range");
        entry("time_limit = \"fast\"", 4, "solutions.time_limit", "none of implied");
        entry("verdict = \"AC\"", 4, "solutions.verdict", "unknown key");
        let part = "[[solutions.tests]]\npattern = \"x*\"";
        entry(part, 5, "solutions.tests.pattern", "fits no test");
        entry("[[solutions.tests]]", 4, "solutions.tests.pattern", "is missing");
        let package = with("[[solutions]]\npath = \"accepted/none.py\"\n");
        wrong(&package, &[("problem.toml", 3, "solutions.path", "is no solution below")]);
        let package = with("[[solutions]]\npath = \"accepted/*\"\nrequired = [\"WA\"]\n");
        let message = "a test must get WA, but none may; permitted is AC";
        wrong(&package, &[("solutions/accepted/main.py", 0, "", message)]);
    }

    #[test]
    fn the_mixed_folder_says_nothing() {
        let package = |lines: &str| with(lines).put("solutions/mixed/x.py", "");
        let said = package("[[solutions]]\npath = \"mixed/x.py\"\npermitted = [\"AC\"]\n");
        let references = store(&said).references().unwrap();
        let paths: Vec<_> = references.iter().map(|solution| solution.path.as_str()).collect();
        assert_eq!(paths, ["accepted/main.py", "mixed/x.py"]);
        wrong(&package(""), &[("solutions/mixed/x.py", 0, "", "its folder says no verdict")]);
    }

    #[test]
    fn an_accepted_one_may_be_in_any_folder() {
        let package = with("[[solutions]]\npath = \"mixed/*\"\npermitted = [\"AC\"]\n")
            .cut("solutions/accepted")
            .put("solutions/mixed/x.py", "");
        assert_eq!(store(&package).references().unwrap().len(), 1);
    }

    #[test]
    fn folders_are_solutions_of_several_files() {
        let package = with("reference = \"accepted/parts\"\n")
            .cut("solutions/accepted/main.py")
            .put("solutions/accepted/parts/a.cpp", "int f() { return 1; }")
            .put("solutions/accepted/parts/b.cpp", "int main() {}")
            .put("solutions/accepted/parts/lib/c.h", b"// \xff")
            .put("solutions/accepted/parts/README", "");
        let stored = store(&package);
        let reference = &stored.references().unwrap()[0];
        assert_eq!(
            (reference.path.as_str(), &*reference.source),
            ("accepted/parts", "int main() {}")
        );
        assert_eq!(reference.entry.as_deref(), Some("b.cpp"));
        assert_eq!(names(&reference.files), ["a.cpp", "lib/c.h"]);
        let languages = crate::templates::languages(&[]).unwrap();
        assert_eq!(reference.language(&languages).unwrap().id, "cpp");

        let unclear = Package::sum()
            .put("solutions/accepted/parts/a.cpp", "int main() {}")
            .put("solutions/accepted/parts/b.cpp", "int main() {}");
        wrong(&unclear, &[("solutions/accepted/parts", 0, "", "not clear which of its files")]);
        let named = "[[solutions]]\npath = \"accepted/parts\"\nentry = \"a.cpp\"\n";
        let manifest = format!("title = \"x\"\n{named}");
        let stored = store(&unclear.manifest(&manifest));
        assert_eq!(stored.solutions().unwrap()[1].entry.as_deref(), Some("a.cpp"));
        let named = Package::sum().manifest(&manifest).put("solutions/accepted/parts/b.cpp", "");
        wrong(&named, &[("solutions/accepted/parts", 0, "", "has no file `a.cpp`")]);
    }
}

mod judges {
    use super::*;

    fn validated() -> Package {
        with(
            "[[validators]]\nname = \"input\"\nprogram = \"v.py\"\nargs = [\"5\"]\n\
             [[validators]]\nname = \"form\"\nprogram = \"form.ctd\"\nconvention = \"icpc\"\n\
             [[validators]]\nname = \"built\"\nprogram = \"run\"\n\
             [static_validator]\nprogram = \"s.py\"\npoints = 5\n",
        )
        .put("validators/input/v.py", "v")
        .put("validators/input/lib/helper.py", "h")
        .put("validators/form/form.ctd", "INT(1, 5)")
        .put("validators/built/build", "#!/bin/sh\n")
        .put("validators/README", "")
        .put("static_validator/s.py", "s")
    }

    #[test]
    fn are_read_and_handed_out() {
        let stored = store(&validated());
        let problem = &stored.problem;
        let validators: Vec<_> = problem
            .validators
            .iter()
            .map(|v| (v.name.as_str(), v.program.file.as_str(), v.program.convention))
            .collect();
        let expected = [
            ("input", "v.py", Convention::Testlib),
            ("form", "form.ctd", Convention::Icpc),
            ("built", "run", Convention::Testlib),
        ];
        assert_eq!(validators, expected);
        assert_eq!(problem.validators[0].program.args, ["5"]);
        let own = problem.static_validator.as_ref().unwrap();
        assert_eq!((own.points, own.program.convention), (5.0, Convention::Icpc));
        let files = stored.validator_files("input").unwrap();
        assert_eq!(names(&files), ["lib/helper.py", "v.py"]);
        assert_eq!(names(&stored.static_validator_files().unwrap()), ["s.py"]);
        assert!(stored.validator_files("none").unwrap().is_empty());
    }

    #[test]
    fn have_folders_that_are_named() {
        let package = Package::sum().put("validators/input/v.py", "");
        wrong(&package, &[("validators/input", 0, "", "name = \"input\"")]);
        let package = Package::sum().put("validators/v.py", "");
        wrong(&package, &[("validators/v.py", 0, "", "a folder of its own")]);
        let package = Package::sum().put("static_validator/v.py", "");
        wrong(&package, &[("static_validator", 0, "", "does not name a program")]);
        let entry = |lines: &str, line: u32, field: &str, message: &str| {
            let package = with(&format!("[[validators]]\n{lines}\n"));
            let package = package.put("validators/v/v.py", "").put("validators/v/x.awk", "");
            wrong(&package, &[("problem.toml", line, field, message)]);
        };
        let right = "name = \"v\"\nprogram = \"v.py\"\n";
        entry("name = \"v\"\nprogram = \"w.py\"", 4, "validators.program", "no validators/v/w.py");
        entry("name = \"v\"\nprogram = \"run\"", 4, "validators.program", "no validators/v/run");
        entry("name = \"v\"\nprogram = \"x.awk\"", 4, "validators.program", "no known language");
        entry(&format!("{right}convention = \"x\""), 5, "validators.convention", "none of testlib");
        entry(&format!("{right}points = 1"), 5, "validators.points", "unknown key");
        entry(
            &format!("{right}[[validators]]\n{right}"),
            5,
            "validators.name",
            "two validators `v`",
        );
        let none = format!("{right}[[validators]]\nname = \"w\"\nprogram = \"v.py\"");
        entry(&none, 7, "validators.name", "no folder validators/w/");
        let program = "[static_validator]\nprogram = \"s.py\"\npoints = -1\n";
        let package = with(program).put("static_validator/s.py", "");
        wrong(&package, &[("problem.toml", 4, "static_validator.points", "at least 0")]);
        let program = "[static_validator]\nprogram = \"s.py\"\nconvention = \"icpc\"\n";
        let package = with(program).put("static_validator/s.py", "");
        wrong(&package, &[("problem.toml", 4, "static_validator.convention", "unknown key")]);
    }

    #[test]
    fn may_be_scripts() {
        let scripted = |files: &[&str]| {
            let package = with("[checker]\nprogram = \"run\"\n");
            files.iter().fold(package, |package, file| package.put(&format!("checker/{file}"), ""))
        };
        for files in [&["run"][..], &["build", "check.c"], &["build", "run"]] {
            Store::new().draft(&scripted(files));
        }
        let message = "there is no checker/run";
        wrong(&scripted(&["check.c"]), &[("problem.toml", 3, "checker.program", message)]);
        let package = with("[checker]\nprogram = \"check\"\n").put("checker/build", "");
        wrong(&package, &[("problem.toml", 3, "checker.program", "its program is `run`")]);
    }
}

mod include {
    use super::*;

    fn driven() -> Package {
        with("[include.python]\nentry = \"driver.py\"\nuser = \"user.py\"\n")
            .put("include/python/driver.py", "import user")
            .put("include/python/lib/x.py", "")
            .put("include/default/data.txt", "d")
    }

    #[test]
    fn serves_its_language_its_variants_and_all_others() {
        let stored = store(&driven());
        let include = &stored.problem.include;
        assert_eq!(include["python"].files, ["driver.py", "lib/x.py"]);
        assert_eq!(include["python"].entry.as_deref(), Some("driver.py"));
        assert_eq!(include["python"].user.as_deref(), Some("user.py"));
        assert_eq!(include["pypy"], include["python"]);
        for language in ["python", "pypy"] {
            let files = stored.include_files(language).unwrap();
            assert_eq!(names(&files), ["driver.py", "lib/x.py"], "{language}");
        }
        assert_eq!(names(&stored.include_files("cpp").unwrap()), ["data.txt"]);
        assert!(store(&Package::sum()).include_files("cpp").unwrap().is_empty());
    }

    #[test]
    fn must_be_there() {
        let path = "include/zig/x.zig";
        wrong(&driven().put(path, ""), &[("include/zig", 0, "", "`zig` is no language")]);
        wrong(
            &driven().put("include/x.h", ""),
            &[("include/x.h", 0, "", "named after its language")],
        );
        let package = driven().cut("include/python/driver.py");
        wrong(
            &package,
            &[("problem.toml", 2, "include.python.entry", "no include/python/driver.py")],
        );
        let package = driven().cut("include/python");
        wrong(&package, &[("problem.toml", 2, "include.python", "no files in include/python/")]);
        let package = with("[include.default]\nuser = \"a/b\"\n").put("include/default/x", "");
        wrong(&package, &[("problem.toml", 2, "include.default.user", "letters")]);
        let package = with("[include.default]\nmain = \"x\"\n").put("include/default/x", "");
        wrong(&package, &[("problem.toml", 3, "include.default.main", "known are entry and user")]);
    }
}

mod statements {
    use super::*;

    #[test]
    fn are_kept_in_all_their_languages() {
        let package = with("[about]\nlanguage = \"sv\"\n")
            .put("statements/problem.en.tex", "x")
            .put("statements/problem.pt-BR.pdf", b"%PDF\xff")
            .put("statements/problem.md", "x")
            .put("statements/img/a.png", b"\xff");
        let statements: Vec<_> = store(&package)
            .problem
            .statements
            .iter()
            .map(|s| (s.path.clone(), s.language.clone(), s.format))
            .collect();
        let file = |path: &str, language: &str, format| (path.into(), language.into(), format);
        let expected = [
            file("problem.en.tex", "en", StatementFormat::Tex),
            file("problem.md", "sv", StatementFormat::Md),
            file("problem.pt-BR.pdf", "pt-BR", StatementFormat::Pdf),
        ];
        assert_eq!(statements, expected);
    }

    #[test]
    fn must_have_languages_and_be_text() {
        let path = "statements/problem.english.md";
        wrong(&Package::sum().put(path, ""), &[(path, 0, "", "`english` is no language")]);
        let path = "statements/problem.en.tex";
        wrong(&Package::sum().put(path, b"\n\xff"), &[(path, 2, "", "not UTF-8")]);
        let path = "statements/a b.png";
        wrong(&Package::sum().put(path, ""), &[(path, 0, "", "letters")]);
        let path = "attachments/a b.zip";
        wrong(&Package::sum().put(path, ""), &[(path, 0, "", "letters")]);
        let package = Package::sum().put("attachments/dir/starter.zip", b"\xff");
        assert!(store(&package).dir.join("attachments/dir/starter.zip").exists());
    }
}

mod unit_tests {
    use super::*;

    fn tested() -> Package {
        Package::sum()
            .put("invalid_input/negative.in", "-1")
            .put("valid_input/deep/max.in", "9")
            .put("invalid_output/two.in", "1")
            .put("invalid_output/two.ans", "1")
            .put("invalid_output/two.out", "2")
            .put("valid_output/README.md", "")
    }

    #[test]
    fn are_handed_out() {
        let stored = store(&tested());
        let UnitTests { inputs, outputs } = stored.unit_tests().unwrap();
        let inputs: Vec<_> = inputs.iter().map(|unit| (unit.name.as_str(), unit.valid)).collect();
        assert_eq!(inputs, [("invalid_input/negative", false), ("valid_input/deep/max", true)]);
        assert_eq!((outputs.len(), outputs[0].valid), (1, false));
        assert_eq!(std::fs::read_to_string(&outputs[0].output).unwrap(), "2");
        assert_eq!(std::fs::read_to_string(&outputs[0].answer).unwrap(), "1");
    }

    #[test]
    fn must_be_whole() {
        let package = tested().cut("invalid_output/two.ans");
        let message = "add invalid_output/two.ans";
        wrong(&package, &[("invalid_output/two", 0, "", message)]);
        let path = "valid_input/x.out";
        wrong(&tested().put(path, ""), &[(path, 0, "", "none of .in")]);
        let path = "valid_input/a b.in";
        wrong(&tested().put(path, ""), &[(path, 0, "", "letters")]);
    }
}

mod about {
    use super::*;

    #[test]
    fn is_read() {
        let package = with(
            "[about]\nauthors = [\"A\"]\nlicense = \"cc by\"\nlanguage = \"en\"\n\
             [about.titles]\nsv = \"Summa\"\n[timing]\nac_to_time_limit = 3\n",
        );
        let problem = &store(&package).problem;
        assert_eq!(
            (&problem.about.authors[0], problem.about.titles["sv"].as_str()),
            (&"A".to_owned(), "Summa")
        );
        let timing = problem.timing.unwrap();
        assert_eq!((timing.ac_to_time_limit, timing.time_limit_to_tle), (3.0, 1.5));
        assert_eq!((timing.resolution_ms, timing.inferred), (1000, false));
    }

    #[test]
    fn must_make_sense() {
        let line = |text: &str, line: u32, field: &str, message: &str| {
            wrong(&with(text), &[("problem.toml", line, field, message)]);
        };
        line("about = 3", 2, "about", "a table");
        line("[about]\nauthor = \"x\"", 3, "about.author", "known are format, uuid");
        line("[about]\nauthors = \"x\"", 3, "about.authors", "a list of strings");
        line("[about]\nlanguage = \"english\"", 3, "about.language", "write it as `en`");
        line("[about.titles]\nx = \"X\"", 3, "about.titles.x", "no language");
        line("[about]\nlicense = \"a\\nb\"", 3, "about.license", "one line");
        line("[timing]\nac_to_time_limit = 0.5", 3, "timing.ac_to_time_limit", "outside 1 to 1000");
        line("[timing]\ntime_limit_to_tle = nan", 3, "timing.time_limit_to_tle", "outside 1");
        line("[timing]\nresolution_ms = 0", 3, "timing.resolution_ms", "outside 1 to 600000");
        line("[timing]\ninferred = \"yes\"", 3, "timing.inferred", "true or false");
        line("[timing]\nmultiplier = 5", 3, "timing.multiplier", "unknown key");
    }
}
