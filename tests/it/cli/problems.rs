//! `problem …`.

use super::{User, done, fake::Fake};
use serde_json::Value;

#[test]
fn add_sends_the_folder_and_tells() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("two-sum/problem.toml", "title = \"Two sum\"");
    user.file("two-sum/tests/01.in", "1");
    let words = ["problem", "add", "two-sum/", "--url", &fake.url()];
    let first = done(&mut user.command(&words));
    assert_eq!(first.code, 0, "{}", first.err);
    assert_eq!(first.out, "added two-sum: Title of two-sum, 3 tests\n");
    let mut files = fake.part().posted[0]["files"].clone();
    files.as_array_mut().unwrap().sort_by_key(Value::to_string);
    assert_eq!(files, serde_json::json!(["two-sum/problem.toml", "two-sum/tests/01.in"]));

    let again = done(&mut user.command(&words));
    assert_eq!((again.code, again.out.as_str()), (5, ""));
    let told = "error: two-sum/: problem `two-sum` is there; --force replaces it\n";
    assert_eq!(again.err, told);
    let forced = done(user.command(&words).arg("--force"));
    assert_eq!(forced.code, 0, "{}", forced.err);
    let named = done(user.command(&words).args(["--slug", "other", "--json"]));
    assert_eq!(serde_json::from_str::<Value>(&named.out).unwrap()["slug"], "other");
    user.file("two-sum/same.txt", "");
    let same = done(&mut user.command(&words));
    assert_eq!(
        (same.code, same.out.as_str()),
        (0, "unchanged two-sum: Title of two-sum, 3 tests\n")
    );
}

#[test]
fn add_prints_every_mistake_and_goes_on() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("wrong/bad.toml", "");
    user.file("right/problem.toml", "");
    let words = ["problem", "add", "wrong", "right", "--url", &fake.url()];
    let done = done(&mut user.command(&words));
    assert_eq!(done.code, 4);
    insta::assert_snapshot!(done.err, @r"
    error: wrong was not added; it has 2 mistake(s)
      problem.toml:3: limits.time_ms: 0 is too low
      tests/01.out: is missing
    ");
    assert_eq!(done.out, "added right: Title of right, 3 tests\n");

    let done = super::done(user.command(&words).args(["--json", "--force"]));
    let lines: Vec<Value> = done.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((done.code, lines.len()), (4, 2));
    assert_eq!(lines[0]["package"], "wrong");
    assert_eq!(lines[0]["mistakes"][0]["field"], "limits.time_ms");
    assert_eq!(lines[0]["mistakes"][1]["message"], "is missing");
}

#[test]
fn list_show_and_remove() {
    let (user, fake) = (User::new(), Fake::start());
    let url = fake.url();
    let none = done(&mut user.command(&["problem", "list", "--url", &url]));
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    fake.part().problems.push("two-sum".into());
    let list = done(&mut user.command(&["problem", "list", "--url", &url]));
    insta::assert_snapshot!(list.out, @r"
     Slug     Title             Difficulty  Tests  Tags
     two-sum  Title of two-sum  easy            3  sorting
    ");
    let show = done(&mut user.command(&["problem", "show", "two-sum", "--url", &url]));
    insta::assert_snapshot!(show.out, @r"
    Title of two-sum · two-sum · easy · sorting
    1.00 s CPU, 3.00 s wall · 256 MiB memory · 16 MiB output · 64 processes
    compared by tokens · version 0123456789ab

    # What is asked

    Add �[31mtwo numbers.

     Test               Input  Answer
     01-sample  sample    4 B  2.0 KB

     Solution             Expected
     accepted/main.cpp    AC
     wrong_answer/off.py  WA
    ");
    let removed = done(&mut user.command(&["problem", "remove", "two-sum", "--url", &url]));
    assert_eq!((removed.code, removed.out.as_str()), (0, "removed two-sum\n"));
}

#[test]
fn verify_prints_a_line_for_each_solution_and_what_was_found() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.extend(["honest".into(), "liar".into()]);
    let honest = done(&mut user.command(&["problem", "verify", "honest", "--url", &fake.url()]));
    assert_eq!(honest.code, 0, "{}", honest.out);
    let all =
        done(&mut user.command(&["problem", "verify", "--all", "-j", "1", "--url", &fake.url()]));
    assert_eq!(all.code, 1);
    insta::assert_snapshot!(all.out, @r"
    ok honest accepted/main.cpp (AC): tests AC; max 12 ms
    ok honest wrong_answer/off.py (WA): tests AC 1 · WA 1; max 12 ms
    honest: 2 of 2 solutions as expected · 0 errors, 0 warnings · 4 runs, 0 known before · 0.3 s
    ok liar accepted/main.cpp (AC): tests AC; max 12 ms
    WRONG liar wrong_answer/off.py (WA): tests AC; max 12 ms
    error[solution-verdict] solutions/wrong_answer/off.py: must be WA and is AC
      mend: move it
      reproduce: sonocode problem verify liar
    liar: 1 of 2 solutions as expected · 1 error, 0 warnings · 4 runs, 0 known before · 0.3 s
    ");
    let json =
        done(&mut user.command(&["problem", "verify", "liar", "--json", "--url", &fake.url()]));
    let steps: Vec<Value> = json.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(json.code, 1);
    assert_eq!((&steps[0]["type"], &steps[9]["type"]), (&"begun".into(), &"done".into()));
}

#[test]
fn verify_sends_what_is_wanted() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.push("honest".into());
    let words = [
        "problem",
        "verify",
        "honest",
        "-j",
        "3",
        "--fresh",
        "--solutions",
        "accepted/*",
        "--tests",
        "0*",
        "--solutions-only",
        "--transcripts",
        "--url",
        &fake.url(),
    ];
    assert_eq!(done(&mut user.command(&words)).code, 0);
    let options = serde_json::json!({
        "jobs": 3, "solutions": ["accepted/*"], "tests": ["0*"], "fresh": true,
        "solutionsOnly": true, "transcripts": true, "subject": "",
    });
    assert_eq!(fake.part().posted[0]["options"], options);
}

#[test]
fn verify_takes_folders_too() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("liar/problem.toml", "title = \"Liar\"");
    user.file("bad/problem.toml", "");
    let verify =
        |word: &str| done(&mut user.command(&["problem", "verify", word, "--url", &fake.url()]));
    let by_path = verify("./liar");
    assert_eq!(by_path.code, 1, "{}", by_path.err);
    assert_eq!(fake.part().posted[0]["package"], "liar/problem.toml");
    assert!(by_path.out.contains("WRONG liar wrong_answer/off.py"), "{}", by_path.out);
    let by_name = verify("liar");
    assert_eq!((by_name.code, by_name.out), (1, by_path.out));
    assert!(by_name.err.contains("liar is not stored; verifying the folder"), "{}", by_name.err);
    // What cannot be read is found wrong.
    let bad = verify("./bad");
    assert_eq!(bad.code, 1, "{}", bad.err);
    insta::assert_snapshot!(bad.out, @r"
    error[package-invalid] problem.toml:3: limits.time_ms: 0 is too low
      mend: mend the package; docs/problems.md says what may be there
      reproduce: sonocode problem verify ./bad
    error[package-invalid] tests/01.out: is missing
      mend: mend the package; docs/problems.md says what may be there
      reproduce: sonocode problem verify ./bad
    bad: 0 of 0 solutions as expected · 2 errors, 0 warnings · 0 runs, 0 known before · 0.0 s
    ");
}

#[test]
fn verify_ends_with_2_when_it_could_not_verify() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.extend(["cut".into(), "honest".into()]);
    let verify = |words: &[&str], url: &str| {
        let mut command = user.command(&["problem", "verify", "--url", url]);
        done(command.args(words))
    };
    let cut = verify(&["cut", "honest"], &fake.url());
    assert_eq!(cut.code, 2, "{}", cut.err);
    assert!(cut.err.contains("cut: the verification broke off"), "{}", cut.err);
    assert!(cut.out.contains("honest: 2 of 2"), "the others are verified: {}", cut.out);
    for (words, url, why) in [
        (&["nowhere"][..], fake.url(), "there is no problem `nowhere`"),
        (&["./nowhere"], fake.url(), "no such file or folder"),
        (&["honest"], "http://127.0.0.1:1".to_owned(), "no daemon answers"),
        (&["honest", "--watch"], fake.url(), "--watch needs a folder"),
    ] {
        let done = verify(words, &url);
        assert_eq!(done.code, 2, "{words:?}: {}", done.err);
        assert!(done.err.contains(why), "{words:?}: {}", done.err);
    }
}

#[test]
fn verify_minds_warnings_if_told_and_writes_a_report() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.push("doubtful".into());
    let words = ["problem", "verify", "doubtful", "--junit", "report.xml", "--url", &fake.url()];
    assert_eq!(done(&mut user.command(&words)).code, 0);
    let report = || std::fs::read_to_string(user.home().join("report.xml")).unwrap();
    assert!(report().contains(r#"tests="2" skipped="0" failures="0""#), "{}", report());
    assert_eq!(done(user.command(&words).arg("--strict")).code, 1);
    assert!(report().contains(r#"tests="3" skipped="0" failures="1""#), "{}", report());
    assert!(report().contains("test-duplicate"), "{}", report());
}

#[test]
fn stress_shows_a_counterexample() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("mine.py", "print(5)\n");
    let url = fake.url();
    let found = done(&mut user.command(&[
        "problem",
        "stress",
        "sums",
        "--solution",
        "mine.py",
        "--rounds",
        "9",
        "--url",
        &url,
    ]));
    assert_eq!(found.code, 1, "{}", found.err);
    insta::assert_snapshot!(found.out, @r"
    WA: line 1
    made by gen.py 7, at first 90 B
    input:
      1
      -5
    answer:
      -5
    output:
      5�
    (7 inputs, 1 refused, 1.2 s)
    ");
    let options = fake.part().posted[0]["options"].clone();
    assert_eq!(
        options["solution"],
        serde_json::json!({"language": "python", "source": "print(5)\n"})
    );
    assert_eq!((&options["rounds"], &options["seconds"]), (&9.into(), &0.into()));
    let words = ["problem", "stress", "sums", "--against", "accepted/same.py", "--url", &url];
    let same = done(&mut user.command(&words));
    assert_eq!((same.code, same.out.as_str()), (0, "no difference (7 inputs, 1 refused, 1.2 s)\n"));
    let broken = done(&mut user.command(&["problem", "stress", "broken", "--url", &url]));
    assert_eq!(broken.code, 1);
    assert!(broken.err.contains("no generator makes a valid input"), "{}", broken.err);
}

#[test]
fn rename_tells_the_new_name() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.push("old".into());
    let words = ["problem", "rename", "old", "new", "--url", &fake.url()];
    let renamed = done(&mut user.command(&words));
    assert_eq!((renamed.code, renamed.out.as_str()), (0, "renamed old to new\n"));
    assert_eq!(done(&mut user.command(&words)).code, 4);
}

#[test]
fn new_makes_a_folder_once() {
    let user = User::new();
    let words = ["problem", "new", "two-cities", "--template", "basic", "--lang", "c++"];
    let made = done(&mut user.command(&words));
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.starts_with("made ./two-cities: basic in cpp, "), "{}", made.out);
    let manifest = std::fs::read_to_string(user.home().join("two-cities/problem.toml")).unwrap();
    assert!(manifest.starts_with("title = \"Two cities\"\n"), "{manifest}");
    assert_eq!(done(&mut user.command(&words)).code, 5);
    let wrong = done(&mut user.command(&["problem", "new", "x", "--template", "basi"]));
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("basic, checker, function"), "{}", wrong.err);
    let wrong = done(&mut user.command(&["problem", "new", "x", "--lang", "cobol"]));
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("cpp, python"), "{}", wrong.err);
    assert!(!user.home().join("x").exists());
    let list = done(&mut user.command(&["problem", "new", "--list"]));
    assert_eq!((list.code, list.out.lines().count()), (0, 6), "{}", list.out);
}

#[test]
fn verify_watches_a_folder() {
    use std::{
        io::{BufRead, BufReader},
        process::Stdio,
    };
    let (user, fake) = (User::new(), Fake::start());
    user.file("honest/problem.toml", "title = \"Honest\"");
    let mut watching = user
        .process(&["problem", "verify", "./honest", "--watch", "--url", &fake.url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut verified = || {
        let mut lines = out.by_ref().map(Result::unwrap);
        lines.find(|line| line.starts_with("honest: 2 of 2")).expect("it ended")
    };
    verified();
    user.file("honest/tests/01.in", "1");
    verified();
    assert_eq!(fake.part().posted.len(), 2, "once at first and once for the change");
    let pid = rustix::process::Pid::from_child(&watching);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(watching.wait().unwrap().code(), Some(130));
}
