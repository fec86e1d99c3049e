//! The live view on a real pseudo-terminal.

use super::{User, fake::Fake};
use expectrl::{Eof, Expect, Session, session::OsSession};
use std::process::Command;

/// Runs a command on a terminal of its own and gives everything it wrote and its exit code.
fn on_a_terminal(user: &User, words: &[&str], variables: &[(&str, &str)]) -> (String, i32) {
    let mut session = session(user, words, variables);
    let all = session.expect(Eof).unwrap().as_bytes().to_vec();
    let status = session.get_process().wait().unwrap();
    let code = match status {
        expectrl::process::unix::WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    };
    (String::from_utf8_lossy(&all).into_owned(), code)
}

/// A command on a terminal.
fn session(user: &User, words: &[&str], variables: &[(&str, &str)]) -> OsSession {
    let mut command: Command = user.process(words);
    command.env("TERM", "xterm-256color").envs(variables.iter().copied());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(60)));
    session
}

/// A terminal of 80 columns, as far as the commands use one.
#[derive(Default)]
struct Screen {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    const WIDTH: usize = 80;

    /// What is left on the screen: what was drawn over and colours are gone.
    fn after(raw: &str) -> String {
        let mut screen = Self::default();
        let mut rest = raw.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\r' => screen.column = 0,
                '\n' => screen.row += 1,
                '\u{1b}' => {
                    rest.next_if_eq(&'[');
                    let mut number = String::new();
                    while let Some(c) = rest.next_if(|c| c.is_ascii_digit() || ";?".contains(*c)) {
                        number.push(c);
                    }
                    screen.control(&number, rest.next().unwrap_or_default());
                }
                '\u{3}' => {} // a Ctrl-C that the terminal echoed as it is
                c => screen.put(c),
            }
        }
        let line = |line: &Vec<char>| line.iter().collect::<String>().trim_end().to_owned();
        screen.lines.iter().map(line).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    fn control(&mut self, number: &str, verb: char) {
        let count = number.parse().unwrap_or(1);
        match verb {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => self.row += count,
            'K' => self.line().clear(),
            _ => {}
        }
    }

    fn put(&mut self, c: char) {
        if self.column == Self::WIDTH {
            (self.row, self.column) = (self.row + 1, 0);
        }
        let column = self.column;
        let line = self.line();
        line.resize(line.len().max(column + 1), ' ');
        line[column] = c;
        self.column += 1;
    }

    fn line(&mut self) -> &mut Vec<char> {
        self.lines.resize(self.lines.len().max(self.row + 1), Vec::new());
        &mut self.lines[self.row]
    }
}

#[test]
fn the_final_text_is_the_documented_one() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "WA");
    let words = ["submit", "main.cpp", "-p", "two-sum", "--watch", "--url", &fake.url()];
    let (raw, code) = on_a_terminal(&user, &words, &[]);
    assert_eq!(code, 20);
    insta::assert_snapshot!(Screen::after(&raw), @r#"
     Submitted  #1  two-sum  C++17  main.cpp (2 B)
      Compiled  0.84 s
           AC   01-sample     12 ms   3.1 MB
           WA   02-neg        12 ms   3.1 MB   line 2: expected "-1", got "1"
           AC   03-big        12 ms   3.1 MB
    ────────────
            WA  on test 2 · 2/3 · max 12 ms (03-big) · 3.1 MB · waited 0.1 s
    "#);
    assert!(raw.contains("\u{1b}[1;32m"), "colours: {raw:?}");
}

#[test]
fn while_it_runs_a_bar_and_the_current_test_are_shown() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "HANG");
    let words =
        ["submit", "main.cpp", "-p", "two-sum", "--watch", "--timeout", "1", "--url", &fake.url()];
    let (raw, code) = on_a_terminal(&user, &words, &[("NO_COLOR", "1")]);
    assert_eq!(code, 7);
    assert!(raw.contains("Running  [00:0") && raw.contains("1/3"), "{raw:?}");
    assert!(raw.contains("▸   02-neg"), "the one after the last that ended: {raw:?}");
    let screen = Screen::after(&raw);
    assert!(
        screen.ends_with("error: --timeout has elapsed: still judging; sonocode watch 1"),
        "no bar stays: {screen}"
    );
    assert!(!raw.contains("\u{1b}[3"), "no colours: {raw:?}");
}

#[test]
fn after_ctrl_c_no_bar_stays() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "HANG");
    let words = ["submit", "main.cpp", "-p", "two-sum", "--watch", "--url", &fake.url()];
    let mut session = session(&user, &words, &[("NO_COLOR", "1")]);
    session.get_process_mut().set_echo(true, None).unwrap();
    let mut raw = session.expect("02-neg").unwrap().as_bytes().to_vec();
    session.send("\u{3}").unwrap();
    raw.extend(session.expect(Eof).unwrap().as_bytes());
    let raw = String::from_utf8_lossy(&raw).into_owned();
    let screen = Screen::after(&raw);
    assert!(!screen.contains("Running") && !screen.contains('▸'), "{screen}\n{raw:?}");
    assert!(screen.ends_with("still judging; sonocode watch 1"), "{screen}\n{raw:?}");
}

#[test]
fn in_ci_and_on_a_dumb_terminal_nothing_moves() {
    let (user, fake) = (User::new(), Fake::start());
    user.file("main.cpp", "AC");
    let words = ["submit", "main.cpp", "-p", "two-sum", "--watch", "--url", &fake.url()];
    for variable in [("CI", "true"), ("TERM", "dumb")] {
        let (raw, code) = on_a_terminal(&user, &words, &[variable]);
        assert_eq!(code, 0);
        assert!(!raw.contains("Running") && !raw.contains("\u{1b}[2K"), "{variable:?}: {raw:?}");
        assert!(raw.contains("AC"), "{raw:?}");
    }
}

#[test]
fn a_verification_leaves_the_matrix_and_what_was_found() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.push("liar".into());
    let words = ["problem", "verify", "liar", "--url", &fake.url()];
    let (raw, code) = on_a_terminal(&user, &words, &[]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(Screen::after(&raw), @r"
     Solution              Must be   tests   Max time   Memory
    ────────────────────────────────────────────────────────────────
     accepted/main.cpp     AC        AC         12 ms   3.1 MB   ok
     wrong_answer/off.py   WA        AC         12 ms   3.1 MB   ✗
    error[solution-verdict] solutions/wrong_answer/off.py: must be WA and is AC
      mend: move it
      reproduce: sonocode problem verify liar
    liar: 1 of 2 solutions as expected · 1 error, 0 warnings · 4 runs, 0 known befor
    e · 0.3 s
    ");
    assert!(raw.contains("Solutions"), "the phase with its bar: {raw:?}");
    let (plain, _) = on_a_terminal(&user, &words, &[("CI", "1"), ("NO_COLOR", "1")]);
    assert!(!plain.contains('\u{1b}'), "nothing moves in CI: {plain:?}");
}

#[test]
fn a_statement_is_laid_out_on_a_terminal() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.push("two-sum".into());
    let words = ["problem", "show", "two-sum", "--url", &fake.url()];
    let (raw, code) = on_a_terminal(&user, &words, &[]);
    assert_eq!(code, 0);
    let screen = Screen::after(&raw);
    assert!(screen.contains("What is asked\n═════════════\n\nAdd"), "{screen}");
    assert!(!raw.contains("\u{1b}[31m"), "what the statement says does not drive it: {raw:?}");
}

#[test]
fn new_asks_for_what_was_not_said() {
    let user = User::new();
    let mut session = session(&user, &["problem", "new", "two-cities"], &[]);
    session.expect("What kind of problem?").unwrap();
    session.send_line("nothing").unwrap();
    session.expect("`nothing` is none of them").unwrap();
    session.send_line("inter").unwrap();
    session.expect("In which language?").unwrap();
    session.send_line("").unwrap();
    session.expect("made ./two-cities: interactive in python").unwrap();
    session.expect(Eof).unwrap();
    assert!(user.home().join("two-cities/interactor/talk.py").is_file());
}

#[test]
fn remove_asks_unless_told_not_to() {
    let (user, fake) = (User::new(), Fake::start());
    fake.part().problems.push("two-sum".into());
    let words = ["problem", "remove", "two-sum", "--url", &fake.url()];
    let mut session = session(&user, &words, &[]);
    session.expect("Remove two-sum for good? [y/N]").unwrap();
    session.send_line("n").unwrap();
    session.expect("two-sum is left as it is").unwrap();
    session.expect(Eof).unwrap();
    assert_eq!(fake.part().problems.len(), 1);
    let words = ["problem", "remove", "two-sum", "--yes", "--url", &fake.url()];
    let (_, code) = on_a_terminal(&user, &words, &[]);
    assert_eq!((code, fake.part().problems.len()), (0, 0));
}
