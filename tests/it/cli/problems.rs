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
fn verify_prints_a_matrix() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.extend(["honest".into(), "liar".into()]);
    let honest = done(&mut user.command(&["problem", "verify", "honest", "--url", &fake.url()]));
    assert_eq!(honest.code, 0, "{}", honest.out);
    let all =
        done(&mut user.command(&["problem", "verify", "--all", "-j", "1", "--url", &fake.url()]));
    assert_eq!(all.code, 30);
    insta::assert_snapshot!(all.out, @r"
    honest: 2 of 2 agree
     Solution             Language  Expected  Got  Tests  Max time  Memory
     accepted/main.cpp    cpp       AC        AC     3/3     12 ms  3.1 MB  ok
     wrong_answer/off.py  python    WA        WA     2/3     12 ms  3.1 MB  ok

    liar: 1 of 2 agree
     Solution             Language  Expected  Got  Tests  Max time  Memory
     accepted/main.cpp    cpp       AC        AC     3/3     12 ms  3.1 MB  ok
     wrong_answer/off.py  python    WA        AC     3/3     12 ms  3.1 MB  ✗
     ✗ wrong_answer/off.py: expected WA, got AC: no message
    ");
    assert_eq!(fake.part().posted[0]["userId"], "verify");
    let json =
        done(&mut user.command(&["problem", "verify", "liar", "--json", "--url", &fake.url()]));
    let rows: Vec<Value> = json.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((&rows[0]["ok"], &rows[1]["ok"]), (&true.into(), &false.into()));
}
