//! `run`.

use super::{User, done, fake::Fake};
use serde_json::{Value, json};

#[test]
fn output_is_passed_on_as_it_is() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.py", "AC");
    user.file("in.txt", "1 2\n");
    let words = ["run", "main.py", "--input", "in.txt", "--url", &fake.url()];
    let ran = done(&mut user.command(&words));
    assert_eq!((ran.code, ran.out.as_str()), (0, "<1 2\n>"));
    assert_eq!(ran.err, "on stderr\nAC  exit code 0 · 12 ms CPU, 14 ms wall · 3.1 MB\n");
    let words = ["run", "main.py", "--stdin", "-", "--url", &fake.url()];
    let piped = done(user.command(&words).write_stdin("piped"));
    assert_eq!(piped.out, "<piped>");
    let without = done(user.command(&["run", "main.py", "--url", &fake.url()]).write_stdin("x"));
    assert_eq!(without.out, "<>");
}

#[test]
fn the_verdict_is_the_exit_code() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.py", "RE");
    let ran = done(&mut user.command(&["run", "main.py", "--url", &fake.url()]));
    assert_eq!(ran.code, 23);
    let end = "RE  exit code 3 · 12 ms CPU, 14 ms wall · 3.1 MB · ValueError: no\n";
    assert!(ran.err.ends_with(end), "the exit once: {}", ran.err);
    let json = done(&mut user.command(&["run", "main.py", "--json", "--url", &fake.url()]));
    assert!(json.out.lines().any(|line| line.contains(r#""type":"ran""#)), "{}", json.out);
}

#[test]
fn arguments_files_and_the_problem_go_along() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.py", "AC");
    user.file("util.py", "x = 1");
    user.file("words.txt", "a b");
    let url = fake.url();
    let words =
        ["run", "--url", &url, "main.py", "util.py", "words.txt", "--arg", "-v", "--", "-n", "3"];
    assert_eq!(done(&mut user.command(&words)).code, 0);
    let posted = fake.part().posted.remove(0);
    assert_eq!(posted["args"], json!(["-v", "-n", "3"]));
    let file = |name: &str, content: &str| json!({"name": name, "content": content});
    assert_eq!(posted["files"], json!([file("util.py", "x = 1"), file("words.txt", "a b")]));
    assert_eq!(posted["compare"], Value::Null);

    let refused = done(&mut user.command(&["run", "main.py", "missing.h", "--url", &url]));
    assert_eq!(refused.code, 4, "{}", refused.err);
    let refused = done(&mut user.command(&["run", "main.py", "..", "--url", &url]));
    assert_eq!(refused.code, 2, "{}", refused.err);
    let refused = done(&mut user.command(&["run", "-", "main.py", "--input", "-", "--url", &url]));
    assert_eq!(refused.code, 2, "{}", refused.err);
}

#[test]
fn a_difference_from_the_reference_solution_ends_with_20() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("right.py", "AC");
    user.file("wrong.py", "WA");
    let url = fake.url();
    let ran =
        |file: &str| done(&mut user.command(&["run", file, "--compare", "two-sum", "--url", &url]));
    let same = ran("right.py");
    assert_eq!((same.code, same.out.as_str()), (0, "<>"));
    assert!(same.err.contains("the reference solution prints the same\nAC  "), "{}", same.err);
    let other = ran("wrong.py");
    assert_eq!(other.code, 20);
    assert_eq!(
        other.err,
        "on stderr\nthe reference solution prints something else: line 1: expected \"1\", got \"2\"\n\
         | two-sum\nWA  exit code 0 · 12 ms CPU, 14 ms wall · 3.1 MB\n"
    );
    assert_eq!(fake.part().posted[1]["compare"], "two-sum");
}

#[test]
fn the_output_of_a_daemon_without_pieces_is_shown_at_the_end() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.py", "OLD");
    let ran = done(&mut user.command(&["run", "main.py", "--url", &fake.url()]));
    assert_eq!((ran.code, ran.out.as_str()), (0, "<>"));
    assert!(ran.err.starts_with("on stderr\n"), "{}", ran.err);
}
