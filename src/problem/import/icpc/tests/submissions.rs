//! Submissions and what must become of them.

use super::{Imported, Package};
use toml::Value;

/// What problem.toml says of a solution.
fn said(imported: &Imported, path: &str) -> Option<Value> {
    if !imported.has("solutions") {
        return None;
    }
    let all = imported.value("solutions");
    all.as_array().unwrap().iter().find(|one| one["path"].as_str() == Some(path)).cloned()
}

fn verdicts(solution: &Value, key: &str) -> String {
    solution.get(key).map_or_else(String::new, |list| {
        let mut words: Vec<&str> =
            list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        words.sort_unstable();
        words.join(" ")
    })
}

#[test]
fn folders_of_the_later_versions() {
    let mut package = Package::latest("");
    for folder in
        ["rejected", "wrong_answer", "time_limit_exceeded", "run_time_error", "brute_force"]
    {
        package = package.file(&format!("submissions/{folder}/x.py"), "x");
    }
    let imported = package.file("submissions/slow/x.py", "x").right();
    assert_eq!(
        imported.files("solutions/"),
        [
            "accepted/sum.py",
            "brute_force/x.py",
            "rejected/x.py",
            "run_time_error/x.py",
            "time_limit_exceeded/x.py",
            "wrong_answer/x.py"
        ]
    );
    // Of the others the native folders say the same.
    assert_eq!(imported.value("solutions").as_array().unwrap().len(), 2);
    let crash = said(&imported, "run_time_error/x.py").unwrap();
    assert_eq!(
        (&*verdicts(&crash, "permitted"), &*verdicts(&crash, "required")),
        ("AC MLE OLE RE", "MLE OLE RE")
    );
    let brute = said(&imported, "brute_force/x.py").unwrap();
    assert_eq!(
        (&*verdicts(&brute, "permitted"), &*verdicts(&brute, "required")),
        ("AC MLE OLE RE TLE", "MLE OLE RE TLE")
    );
    assert!(
        imported
            .ignored
            .iter()
            .any(|note| note.starts_with("submissions/slow/x.py: the format has no such folder"))
    );
    let stray = Package::latest("").file("submissions/x.py", "x");
    assert!(
        stray
            .right()
            .ignored
            .iter()
            .any(|note| note.starts_with("submissions/x.py: lies in no folder"))
    );
    assert_eq!(
        stray.without("submissions/accepted").mistakes(),
        ["submissions/accepted: there is no accepted submission; add one"]
    );
}

#[test]
fn folders_of_legacy_packages() {
    let imported = Package::legacy("")
        .file("submissions/time_limit_exceeded/x.py", "x")
        .file("submissions/run_time_error/x.py", "x")
        .file("submissions/partially_accepted/x.py", "x")
        .right();
    let slow = said(&imported, "time_limit_exceeded/x.py").unwrap();
    assert_eq!(
        (&*verdicts(&slow, "permitted"), &*verdicts(&slow, "required")),
        ("AC PE TLE WA", "TLE")
    );
    let crash = said(&imported, "run_time_error/x.py").unwrap();
    assert_eq!(
        (&*verdicts(&crash, "permitted"), &*verdicts(&crash, "required")),
        ("AC MLE OLE PE RE TLE WA", "MLE OLE RE")
    );
    assert!(said(&imported, "partially_accepted/x.py").is_none());
}

#[test]
fn comments_say_what_is_expected_outside_the_formats_folders() {
    let imported = Package::legacy("")
        .file("submissions/mixed/a.cpp", "/* @EXPECTED_RESULTS@: TIMELIMIT, RUN-ERROR */\n")
        .file("submissions/other/a.py", "# @EXPECTED_RESULTS@: CORRECT\n# @EXPECTED_SCORE@: 12\n")
        .file("submissions/other/b.py", "# @EXPECTED_RESULTS@: NONSENSE\n")
        .file("submissions/wrong_answer/x.py", "# @EXPECTED_RESULTS@: CORRECT\n")
        .test("secret/a/1")
        .test("secret/b/1")
        .file("submissions/other/c.py", "# @EXPECTED_GRADES@ AC WA\n")
        .right();
    let mixed = said(&imported, "mixed/a.cpp").unwrap();
    assert_eq!(
        (&*verdicts(&mixed, "permitted"), &*verdicts(&mixed, "required")),
        ("MLE OLE RE TLE", "MLE OLE RE TLE")
    );
    let other = said(&imported, "mixed/other-a.py").unwrap();
    assert_eq!(
        (verdicts(&other, "permitted").as_str(), other["score"].to_string().as_str()),
        ("AC", "[12.0, 12.0]")
    );
    assert!(said(&imported, "wrong_answer/x.py").is_none(), "the folder says it");
    let grades = said(&imported, "mixed/other-c.py").unwrap();
    assert_eq!(grades["tests"][0]["pattern"].as_str(), Some("secret/a/*"));
    assert_eq!(verdicts(&grades["tests"][1], "required"), "PE WA");
    for start in [
        "submissions/other/b.py: line 1: @EXPECTED_RESULTS@: `NONSENSE`",
        "submissions/other/b.py: the format has no",
    ] {
        assert!(
            imported.ignored.iter().any(|note| note.starts_with(start)),
            "{:?}",
            imported.ignored
        );
    }
}

#[test]
fn programs_of_several_files_and_of_other_languages() {
    let imported = Package::legacy("")
        .file("submissions/accepted/many/util.py", "x")
        .file("submissions/accepted/many/__main__.py", "x")
        .file("submissions/accepted/parts/a.cpp", "void f() {}\n")
        .file("submissions/accepted/parts/b.cpp", "int main() {}\n")
        .file("submissions/accepted/parts/c.h", "")
        .file("submissions/accepted/three.py3", "x")
        .file("submissions/accepted/old.py", "#!/usr/bin/python2\n")
        .file("submissions/accepted/x.ml", "x")
        .file("submissions/accepted/dir.disabled/a.py", "x")
        .file("submissions/accepted/both/a.py", "x")
        .file("submissions/accepted/both/b.java", "x")
        .right();
    assert_eq!(said(&imported, "accepted/many").unwrap()["entry"].as_str(), Some("__main__.py"));
    assert_eq!(said(&imported, "accepted/parts").unwrap()["entry"].as_str(), Some("b.cpp"));
    assert_eq!(said(&imported, "accepted/three.py3").unwrap()["language"].as_str(), Some("python"));
    for start in [
        "submissions/accepted/old.py: there is no Python 2 here",
        "submissions/accepted/x.ml: `x.ml` is in no language that is known here",
        "submissions/accepted/both: has files of several languages",
        "submissions/accepted/dir.disabled: its name says that it is disabled",
    ] {
        assert!(
            imported.ignored.iter().any(|note| note.starts_with(start)),
            "{start} {:?}",
            imported.ignored
        );
    }
    assert!(
        !imported
            .files("solutions/")
            .iter()
            .any(|path| path.contains("both") || path.contains("x.ml"))
    );
}

#[test]
fn what_submissions_yaml_says() {
    let imported = Package::latest("type: scoring\n")
        .without("data/secret")
        .test("secret/easy/1")
        .test("secret/hard/1")
        .test("secret/hard/2")
        .file("data/secret/easy/test_group.yaml", "max_score: 40\n")
        .file("data/secret/hard/test_group.yaml", "max_score: 60\n")
        .file("submissions/accepted/best.py", "x")
        .file("submissions/half/a.py", "x")
        .file("submissions/half/a.cpp", "x")
        .file("submissions/time_limit_exceeded/slow.py", "x")
        .file("submissions/rejected/dir/first.py", "x")
        .file("submissions/rejected/dir/second.py", "x")
        .file(
            "submissions/submissions.yaml",
            "accepted/*:\n  authors: Ada\naccepted/best.py:\n  model_solution: true\n  use_for_time_limit: false\n\
             half:\n  permitted: [AC, TLE]\n  score: [40, 60]\n\
             half/a.{py,cpp}:\n  required: [TLE]\n  message: too slow\n  sample: {permitted: [AC]}\n  \
             secret/{easy,hard}: {required: [AC]}\n  secret/hard: {score: 0, permitted: [TLE]}\n\
             time_limit_exceeded: {permitted: [AC, WA, TLE]}\ntime_limit_exceeded/*: {permitted: [AC, TLE]}\n\
             rejected/dir: {language: python3, entrypoint: second.py}\n",
        )
        .right();
    assert_eq!(imported.value("reference").as_str(), Some("accepted/best.py"));
    assert_eq!(
        said(&imported, "accepted/best.py").unwrap()["time_limit"].as_str(),
        Some("ignored")
    );
    for file in ["mixed/half-a.py", "mixed/half-a.cpp"] {
        let half = said(&imported, file).unwrap();
        assert_eq!(verdicts(&half, "permitted"), "AC TLE");
        assert_eq!(half["score"].to_string(), "[40.0, 60.0]");
        assert_eq!(half["message"].as_str(), Some("too slow"));
        let parts = half["tests"].as_array().unwrap();
        let patterns: Vec<&str> =
            parts.iter().map(|part| part["pattern"].as_str().unwrap()).collect();
        assert_eq!(patterns, ["*", "sample/*", "secret/easy/*|secret/hard/*", "secret/hard/*"]);
        assert_eq!(
            (&*verdicts(&parts[0], "required"), &*verdicts(&parts[1], "permitted")),
            ("TLE", "AC")
        );
        assert_eq!(
            (parts[3]["score"].to_string().as_str(), &*verdicts(&parts[3], "permitted")),
            ("[0.0, 0.0]", "TLE")
        );
    }
    // The folder's name replaces what the format says of it; a pattern adds to that.
    let slow = said(&imported, "time_limit_exceeded/slow.py").unwrap();
    assert_eq!(verdicts(&slow, "permitted"), "AC TLE");
    assert_eq!(said(&imported, "rejected/dir").unwrap()["entry"].as_str(), Some("second.py"));
}

#[test]
fn mistakes_in_submissions_yaml() {
    let mistakes = Package::latest("")
        .file("submissions/mixed/x.py", "x")
        .file(
            "submissions/submissions.yaml",
            "accepted/*:\n  permitted: [OK]\n  score: 3\n  language: klingon\n  colour: red\n  use_for_time_limit: yes\n\
             accepted/**: {required: [AC]}\nmixed: {permitted: [AC]}\nmixed/*: {permitted: [WA]}\n\
             accepted/sum.py:\n  secret: {language: c}\n",
        )
        .mistakes();
    let starts = [
        "submissions/submissions.yaml:2: accepted/*.permitted: `OK` is none of AC, WA, TLE and RTE",
        "submissions/submissions.yaml:3: accepted/*.score: only a problem of type scoring has scores",
        "submissions/submissions.yaml:4: accepted/*.language: `klingon` is no code of a language",
        "submissions/submissions.yaml:5: accepted/*.colour: unknown key",
        "submissions/submissions.yaml:6: accepted/*.use_for_time_limit: `yes` is none of false, lower and upper",
        "submissions/submissions.yaml:7: accepted/**: `**` is not known",
        "submissions/submissions.yaml:9: mixed/*: permits nothing that the other rules for `mixed/x.py` permit",
        "submissions/submissions.yaml:11: accepted/sum.py.secret.language: unknown key",
    ];
    assert_eq!(mistakes.len(), starts.len(), "{mistakes:#?}");
    for (mistake, start) in mistakes.iter().zip(starts) {
        assert!(mistake.starts_with(start), "{mistake}");
    }
    let notes = Package::latest("")
        .file("submissions/submissions.yaml", "wrong_answer/x.py: {permitted: [WA]}\n")
        .right();
    assert!(
        notes
            .ignored
            .iter()
            .any(|note| note.contains("wrong_answer/x.py: line 1: fits no submission"))
    );
    let old = Package::legacy("")
        .file("submissions/submissions.yaml", "accepted: {permitted: [WA]}\n")
        .right();
    assert!(old.ignored.iter().any(|note| {
        note.starts_with("submissions/submissions.yaml: legacy packages know no such file")
    }));
}
