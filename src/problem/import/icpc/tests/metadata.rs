//! `problem.yaml`, statements and names.

use super::Package;

#[test]
fn the_smallest_package_of_each_version() {
    let new = Package::latest("").right();
    assert_eq!(new.value("title").as_str(), Some("Sum"));
    assert_eq!(new.value("about.format").as_str(), Some("2025-09"));
    assert_eq!(new.value("limits.memory_mib").as_integer(), Some(2048));
    assert_eq!(new.value("limits.output_mib").as_integer(), Some(8));
    assert_eq!(new.value("timing.ac_to_time_limit").as_float(), Some(2.0));
    assert_eq!(new.value("timing.time_limit_to_tle").as_float(), Some(1.5));
    assert_eq!(new.value("timing.inferred").as_bool(), Some(true));
    assert_eq!(new.value("compare.mode").as_str(), Some("icpc"));
    assert!(!new.has("stop") && !new.has("tests"), "{}", new.text("problem.toml"));
    assert_eq!(new.files("tests/"), ["sample/1.in", "sample/1.out", "secret/1.in", "secret/1.out"]);
    assert_eq!(new.text("tests/secret/1.out"), "3\n");
    assert_eq!(new.text("statement.md"), "Add them.\n");
    assert_eq!(new.files("statements/"), ["problem.en.tex"]);

    let old = Package::legacy("").right();
    assert_eq!(old.value("about.format").as_str(), Some("legacy"));
    assert_eq!(old.value("timing.ac_to_time_limit").as_float(), Some(5.0));
    assert_eq!(old.value("timing.time_limit_to_tle").as_float(), Some(2.0));
    assert_eq!(old.value("stop").as_str(), Some("first-failure"));
    let icpc = Package::legacy("problem_format_version: legacy-icpc\n").right();
    assert_eq!(icpc.value("about.format").as_str(), Some("legacy-icpc"));
    let draft = Package::latest("")
        .file("problem.yaml", &super::LATEST.replace("2025-09", "2023-07-draft"));
    assert_eq!(draft.right().value("about.format").as_str(), Some("2025-09"));
}

#[test]
fn everything_that_the_later_versions_say() {
    let more = "type: [pass-fail]\nlicense: cc by-sa\nrights_owner: Somebody\nversion: '2'\nkeywords: [graphs, dp]\n\
                source:\n  - name: NWERC\n    url: https://nwerc.example\n  - Another\n\
                credits:\n  authors: [Ada, {name: Bob, email: b@c.example}]\n  testers: Eve\n\
                languages: [cpp, python3]\nallow_file_writing: false\nembargo_until: 2030-01-01\n\
                limits:\n  time_limit: 1.5\n  time_resolution: 0.5\n  memory: 64\n  output: 2\n  code: 100\n  \
                time_multipliers: {ac_to_time_limit: 3, time_limit_to_tle: 2.5}\n";
    let imported = Package::latest(more).right();
    let text = |path: &str| imported.value(path).as_str().unwrap().to_owned();
    assert_eq!(text("about.license"), "cc by-sa");
    assert_eq!(text("about.rights_owner"), "Somebody");
    assert_eq!(text("about.source"), "NWERC");
    assert_eq!(text("about.source_url"), "https://nwerc.example");
    assert_eq!(imported.value("about.authors").to_string(), r#"["Ada", "Bob <b@c.example>"]"#);
    assert_eq!(imported.value("tags").to_string(), r#"["graphs", "dp"]"#);
    assert_eq!(imported.value("limits.time_ms").as_integer(), Some(1500));
    assert_eq!(imported.value("limits.memory_mib").as_integer(), Some(64));
    assert_eq!(imported.value("timing.inferred").as_bool(), Some(false));
    assert_eq!(imported.value("timing.resolution_ms").as_integer(), Some(500));
    for field in [
        "version",
        "source",
        "credits.testers",
        "allow_file_writing",
        "embargo_until",
        "limits.code",
    ] {
        let start = format!("problem.yaml: {field}: ");
        assert!(
            imported.ignored.iter().any(|note| note.starts_with(&start)),
            "{field}: {:?}",
            imported.ignored
        );
    }
}

#[test]
fn every_mistake_of_the_later_versions_is_told_in_one_pass() {
    let yaml = "problem_format_version: 2025-09\nname: {en: Sum, sv: Summa}\nuuid: x\ntype: pass-fail scoring\n\
                license: mine\nsource_url: x\nlimits:\n  memory: many\n  time_limit: -1\n  tim: 1\n  \
                time_multipliers: {ac_to_time_limit: 0.5}\n  validation_passes: 3\nlanguages: [klingon]\nauthor: x\n\
                credits: {author: x}\nallow_file_writing: maybe\nkeywords: a b\n";
    let mistakes = Package::latest("").file("problem.yaml", yaml).mistakes();
    assert_eq!(
        mistakes,
        [
            "problem.yaml:2: name: there is no statement in `sv`; add statement/problem.sv.tex, .md or .pdf",
            "problem.yaml:3: uuid: `x` is no UUID (8-4-4-4-12 hexadecimal digits)",
            "problem.yaml:4: type: `pass-fail scoring` is none of pass-fail, scoring, interactive, multi-pass, submit-answer; write a list, such as [pass-fail, interactive]",
            "problem.yaml:5: license: `mine` is none of unknown, public domain, cc0, cc by, cc by-sa, educational, permission",
            "problem.yaml:6: source_url: belongs to legacy packages; write source: {name: …, url: …}",
            "problem.yaml:7: limits.validation_passes: only a problem of type multi-pass has passes",
            "problem.yaml:8: limits.memory: must be a whole number, not a text",
            "problem.yaml:9: limits.time_limit: -1 is not more than 0 and at most 600 seconds",
            "problem.yaml:10: limits.tim: unknown key; known are time_multipliers, time_limit, time_resolution, memory, output, code, compilation_time, compilation_memory, validation_time, validation_memory, validation_output and validation_passes",
            "problem.yaml:11: limits.time_multipliers.ac_to_time_limit: 0.5 is not at least 1",
            "problem.yaml:13: languages: `klingon` is no code of a language, such as cpp or python3",
            "problem.yaml:14: author: unknown key; known are problem_format_version, type, name, uuid, version, credits, source, license, rights_owner, embargo_until, limits, keywords, languages, allow_file_writing and constants",
            "problem.yaml:15: credits.author: unknown key; known are authors, contributors, testers, translators, packagers and acknowledgements",
            "problem.yaml:16: allow_file_writing: must be true or false, not a text",
            "problem.yaml:17: keywords: must be a list of texts, such as [a, b], not a text",
        ]
    );
}

#[test]
fn types_exclude_each_other_and_need_what_they_need() {
    for (types, word) in [
        ("[pass-fail, scoring]", "exclude each other"),
        ("[pass-fail, pass-fail]", "twice"),
        ("submit-answer", "not judged here"),
        ("[]", "must not be an empty list"),
    ] {
        let mistakes = Package::latest(&format!("type: {types}\n")).mistakes();
        assert!(
            mistakes[0].starts_with("problem.yaml:4: type: ") && mistakes[0].contains(word),
            "{mistakes:?}"
        );
    }
    for types in ["interactive", "multi-pass"] {
        let mistakes = Package::latest(&format!("type: {types}\n")).mistakes();
        assert_eq!(
            mistakes,
            [
                "output_validator: there is no program in it, but the problem is interactive or multi-pass"
            ]
        );
    }
    let two = Package::latest("limits:\n  time_limit: 1.5\n").mistakes();
    assert_eq!(
        two,
        [
            "problem.yaml:5: limits.time_limit: 1500 ms is no multiple of time_resolution, 1000 ms; change one of them"
        ]
    );
}

#[test]
fn what_is_required_is_missed() {
    let bare =
        Package::latest("").file("problem.yaml", "problem_format_version: 2025-09\n").mistakes();
    assert!(
        bare.contains(&"problem.yaml:1: name: is missing; 2025-09 requires it".to_owned()),
        "{bare:?}"
    );
    assert!(
        bare.contains(&"problem.yaml:1: uuid: is missing; 2025-09 requires it".to_owned()),
        "{bare:?}"
    );
    let none = Package::latest("").without("statement").mistakes();
    assert_eq!(
        none,
        [
            "problem.yaml:2: name: there is no statement in `en`; add statement/problem.en.tex, .md or .pdf",
            "statement: holds no statement; add statement/problem.en.tex, .md or .pdf",
        ]
    );
    assert!(
        Package::latest("").file("problem.yaml", "problem_format_version: 2077-01\n").mistakes()[0]
            .starts_with("problem.yaml:1: problem_format_version: `2077-01` is no version")
    );
    assert!(
        Package::latest("").file("problem.yaml", "a: [\n").mistakes()[0].contains("is no YAML")
    );
    let rights = Package::latest("license: cc by\n").mistakes();
    assert!(
        rights[0].starts_with("problem.yaml:4: license: `cc by` needs somebody who has the rights"),
        "{rights:?}"
    );
    assert!(
        Package::latest("license: public domain\nrights_owner: x\n").mistakes()[0]
            .contains("nobody owns")
    );
}

#[test]
fn everything_that_legacy_packages_say() {
    let more = "author: Ada Lovelace, Bob and Eve\nsource: NWERC\nsource_url: https://n.example\nlicense: cc0\n\
                keywords: graphs dp\nlimits: {time_multiplier: 3, time_safety_margin: 4, memory: 512}\nuuid: x\n\
                rights_owner:\nvalidator_flags: float_tolerance 1e-6\n";
    let imported = Package::legacy(more).right();
    assert_eq!(imported.value("about.authors").to_string(), r#"["Ada Lovelace", "Bob", "Eve"]"#);
    assert_eq!(imported.value("tags").to_string(), r#"["graphs", "dp"]"#);
    assert_eq!(imported.value("timing.ac_to_time_limit").as_float(), Some(3.0));
    assert_eq!(imported.value("timing.time_limit_to_tle").as_float(), Some(4.0));
    assert_eq!(imported.value("limits.memory_mib").as_integer(), Some(512));
    assert_eq!(imported.value("compare.absolute").as_float(), Some(1e-6));
    assert_eq!(imported.value("compare.relative").as_float(), Some(1e-6));
    let mistakes = Package::legacy(
        "limits: {time_limit: 1}\ntype: interactive\nvalidation: custm\nsource_url: x\nkeyword: x\nvalidator_flags: fast\n\
         grading: {objective: min}\n",
    )
    .mistakes();
    for (line, field) in [
        (2, "limits.time_limit: unknown key"),
        (3, "type: `interactive` is none of pass-fail, scoring"),
        (4, "validation: `custm` begins with neither default nor custom"),
        (5, "source_url: says the address of a source that is not named"),
        (6, "keyword: unknown key"),
        (8, "grading.objective: the smallest score"),
    ] {
        let start = format!("problem.yaml:{line}: {field}");
        assert!(
            mistakes.iter().any(|mistake| mistake.starts_with(&start)),
            "{start}: {mistakes:?}"
        );
    }
    assert!(mistakes.iter().any(|m| m.contains("has no argument `fast`")), "{mistakes:?}");
    assert!(
        Package::legacy("type: scoring\nproblem_format_version: legacy-icpc\n").mistakes()[0]
            .contains("knows no scoring")
    );
}

#[test]
fn contest_systems_say_a_time_limit() {
    let right = Package::legacy("")
        .file("domjudge-problem.ini", "; c\ntimelimit='2.5'\ncolor = red\n")
        .right();
    assert_eq!(right.value("limits.time_ms").as_integer(), Some(2500));
    assert_eq!(right.value("timing.inferred").as_bool(), Some(false));
    assert!(
        right.ignored.iter().any(|note| note.starts_with("domjudge-problem.ini: color: ")),
        "{:?}",
        right.ignored
    );
    let wrong = Package::legacy("")
        .file("domjudge-problem.ini", "timelimit\ntimelimit = soon\n")
        .mistakes();
    assert_eq!(
        wrong,
        [
            "domjudge-problem.ini:1: is no `key = value`",
            "domjudge-problem.ini:2: timelimit: `soon` is no number of seconds, more than 0 and at most 600",
        ]
    );
}

#[test]
fn statements_in_every_language_and_format() {
    let package = Package::latest("constants: {n: 7}\n")
        .file(
            "problem.yaml",
            &super::LATEST.replace("name: Sum", "name: {en: Sum, sv: Summa}\nconstants: {n: 7}"),
        )
        .file("statement/problem.en.md", "Up to {{n}}.\n\n{{nextsample}}\n")
        .file("statement/problem.sv.pdf", "%PDF\n")
        .file("statement/fig.png", "x");
    let imported = package.right();
    assert_eq!(imported.text("statement.md"), "Up to 7.\n");
    assert_eq!(
        imported.files("statements/"),
        ["fig.png", "problem.en.md", "problem.en.tex", "problem.sv.pdf"]
    );
    assert_eq!(imported.value("about.titles.sv").as_str(), Some("Summa"));
    let pdf = Package::latest("")
        .without("statement/problem.en.tex")
        .file("statement/problem.en.pdf", "%PDF");
    assert_eq!(
        pdf.right().text("statement.md"),
        "The statement is a PDF: statements/problem.en.pdf\n"
    );
    // Legacy titles may come from the statement, which may say no language.
    let old = Package::legacy("").without("problem_statement/problem.en.tex");
    let old = old
        .file("problem.yaml", "")
        .file("problem_statement/problem.tex", "\\problemname{S \\emph{x}}\nA.\n");
    assert_eq!(old.right().value("title").as_str(), Some("S *x*"));
    let nameless = old.file("problem_statement/problem.tex", "A.\n").mistakes();
    assert!(nameless[0].starts_with("problem.yaml: name: is missing"), "{nameless:?}");
    let odd = Package::latest("").file("statement/problem.english.tex", "x").mistakes();
    assert_eq!(
        odd,
        ["statement/problem.english.tex: `english` is no language, such as en or pt-BR"]
    );
}

#[test]
fn what_belongs_elsewhere_is_told() {
    let package = Package::latest("")
        .file("problem_statement/problem.en.tex", "x")
        .file("output_validators/v.py", "x")
        .file("generators/generators.yaml", "x: 1\n")
        .file("solution/solution.md", "x")
        .file("notes.txt", "x")
        .file("data/secret/with space.in", "x")
        .file("data/extra/1.in", "x")
        .import();
    assert_eq!(
        package.mistakes,
        [
            "output_validators: is no part of 2025-09; rename it to output_validator/, or change problem_format_version",
            "problem_statement: is no part of 2025-09; rename it to statement/, or change problem_format_version",
        ]
    );
    for start in
        ["generators: ", "solution: ", "notes.txt: ", "data/secret/with space.in: ", "data/extra: "]
    {
        assert!(
            package.ignored.iter().any(|note| note.starts_with(start)),
            "{start}: {:?}",
            package.ignored
        );
    }
    // The variants of a language are that language too; what is not here is told.
    let some = Package::latest("languages: [python3, pascal, cpp]\n").right();
    assert_eq!(
        some.value("languages").to_string(),
        r#"["python", "pypy", "cpp", "cpp20", "cpp23"]"#
    );
    assert!(some.ignored.iter().any(|note| note.contains("languages: there is no pascal here")));
    assert!(!Package::latest("languages: all\n").right().has("languages"));
    let none = Package::latest("languages: [pascal]\n").mistakes();
    assert!(none[0].contains("languages: none of these languages is here (pascal)"), "{none:?}");

    // The time limit that legacy packages may say in a file of its own.
    let limited = Package::legacy("").file(".timelimit", "1.5\n").right();
    assert_eq!(limited.value("limits.time_ms").as_integer(), Some(1500));
    assert_eq!(limited.value("timing.inferred").as_bool(), Some(false));
    assert!(!limited.ignored.iter().any(|note| note.contains(".timelimit")));
    let both = Package::legacy("")
        .file(".timelimit", "1\n")
        .file("domjudge-problem.ini", "timelimit = 4\n")
        .right();
    assert_eq!(both.value("limits.time_ms").as_integer(), Some(4000));
    for wrong in ["", "soon", "-1", "1e9"] {
        let mistakes = Package::legacy("").file(".timelimit", wrong).mistakes();
        assert!(mistakes[0].starts_with(".timelimit:1: "), "{wrong}: {mistakes:?}");
    }
    let later = Package::latest("").file(".timelimit", "1\n").right();
    assert!(later.ignored.iter().any(|note| note.starts_with(".timelimit: limits.time_limit")));

    let graders = Package::legacy("").file("graders/g.py", "x").mistakes();
    assert!(
        graders[0].starts_with("graders: graders of one's own are not run here"),
        "{graders:?}"
    );
}
