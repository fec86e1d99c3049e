//! `run`.

use super::{User, done, fake::Fake};

#[test]
fn output_is_passed_on_as_it_is() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.py", "AC");
    user.file("in.txt", "1 2\n");
    let words = ["run", "main.py", "--stdin", "in.txt", "--url", &fake.url()];
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
    assert!(ran.err.ends_with("RE  exit code 3 · 12 ms CPU, 14 ms wall · 3.1 MB\n"), "{}", ran.err);
    let json = done(&mut user.command(&["run", "main.py", "--json", "--url", &fake.url()]));
    assert!(json.out.lines().any(|line| line.contains(r#""type":"ran""#)), "{}", json.out);
}
