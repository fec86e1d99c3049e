//! Help, usage errors, configuration and completions.

use super::{User, done};

const COMMANDS: [&[&str]; 38] = [
    &[],
    &["serve"],
    &["worker"],
    &["stop"],
    &["submit"],
    &["list"],
    &["watch"],
    &["run"],
    &["cancel"],
    &["rejudge"],
    &["problem"],
    &["problem", "add"],
    &["problem", "list"],
    &["problem", "show"],
    &["problem", "remove"],
    &["problem", "new"],
    &["problem", "generate"],
    &["problem", "verify"],
    &["problem", "stress"],
    &["problem", "edit"],
    &["problem", "set"],
    &["problem", "rename"],
    &["clarify"],
    &["clarify", "ask"],
    &["clarify", "answer"],
    &["clarify", "list"],
    &["clarify", "announce"],
    &["clarify", "watch"],
    &["status"],
    &["languages"],
    &["images", "pull"],
    &["images", "list"],
    &["images", "build"],
    &["images", "import"],
    &["doctor"],
    &["demo"],
    &["config", "show"],
    &["completions"],
];

#[test]
fn every_help_has_examples() {
    let user = User::new();
    for words in COMMANDS {
        let done = done(user.command(words).arg("--help"));
        let example = format!("Examples:\n  sonocode {}", words.join(" "));
        assert_eq!(done.code, 0);
        assert!(done.out.contains(example.trim_end()), "{words:?}:\n{}", done.out);
        assert!(!done.out.contains("Options of"), "an inner docstring shows: {}", done.out);
    }
}

#[test]
fn wrong_use_is_2() {
    let user = User::new();
    for words in [
        &["judge"][..],
        &[],
        &["submit"],
        &["submit", "main.cpp"],
        &["submit", "main.cpp", "--problem", "Not A Slug"],
        &["submit", "main.cpp", "-p", "x", "--expect", "maybe"],
        &["submit", "-", "-", "-p", "x", "--lang", "cpp"],
        &["watch", "1", "--all"],
        &["watch", "one"],
        &["serve", "--addr", "nowhere"],
        &["serve", "--workers", "many"],
        &["serve", "--wait"],
        &["serve", "--roles", "judge"],
        &["serve", "--roles", ""],
        &["serve", "--roles", "hub,worker"],
        &["worker"],
        &["worker", "--redis", "http://x"],
        &["serve", "--ephemeral", "--data-dir", "x"],
        &["problem", "verify"],
        &["problem", "verify", "x", "--jobs", "0"],
        &["problem", "verify", "--all", "--watch"],
        &["problem", "new"],
        &["problem", "set", "x"],
        &["problem", "set", "x", "title"],
        &["problem", "set", "x", "limits.time=1"],
        &["problem", "show", "x", "--html", "--raw"],
        &["problem", "rename", "x", "Not A Slug"],
        &["problem", "stress", "x", "--rounds", "0"],
        &["problem", "edit", "x"],
        &["problem", "add", "a", "b", "--slug", "c"],
        &["status", "--url", "ftp://x"],
        &["completions", "tcsh"],
        &["images", "build"],
        &["images", "build", "c", "cpp", "--tag", "x"],
        &["images", "pull", "c", "--all"],
        &["images", "import"],
    ] {
        let done = done(&mut user.command(words));
        assert_eq!(done.code, 2, "{words:?}: {}{}", done.out, done.err);
        assert!(done.out.is_empty() && !done.err.is_empty(), "{words:?}");
    }
}

#[test]
fn an_address_that_was_given_must_answer() {
    let user = User::new();
    let nobody = "http://127.0.0.1:1";
    for words in [&["languages"][..], &["status"], &["watch", "1"], &["demo"], &["problem", "list"]]
    {
        let by_flag = done(user.command(words).args(["--url", nobody]));
        assert_eq!(by_flag.code, 3, "{words:?}: {}", by_flag.err);
        assert!(by_flag.err.contains(nobody) && by_flag.err.contains("(--url)"), "{}", by_flag.err);
        let by_variable = done(user.command(words).env("SONOCODE_URL", nobody));
        assert_eq!(by_variable.code, 3, "{words:?}: {}", by_variable.err);
        assert!(by_variable.err.contains("(SONOCODE_URL)"), "{}", by_variable.err);
    }
    assert!(!user.home().join("data").exists(), "nothing was spawned");
}

#[test]
fn what_answers_must_be_a_daemon() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
        }
    });
    let done = done(&mut User::new().command(&["status", "--url", &url]));
    assert_eq!(done.code, 3);
    assert!(done.err.contains("no sonocode daemon"), "{}", done.err);
}

#[test]
fn completions_for_every_shell() {
    let user = User::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = done(&mut user.command(&["completions", shell]));
        assert_eq!(done.code, 0);
        assert!(done.out.contains("submit"), "{shell}");
    }
}

#[test]
fn the_configuration_is_shown_with_its_origins() {
    let user = User::new();
    let default = done(&mut user.command(&["config", "show", "--default"]));
    assert_eq!(default.out.trim(), sonocode::config::DEFAULT.trim());
    user.file("sonocode.toml", "[limits]\nqueue = 5\n");
    let mut command = user.command(&["config", "show"]);
    let shown = done(command.env("SONOCODE_WORKERS", "3"));
    let line = |key: &str| shown.out.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(line("workers = 3").ends_with("# SONOCODE_WORKERS"), "{}", shown.out);
    assert!(line("queue = 5").ends_with("sonocode.toml:2"), "{}", shown.out);
    assert!(line("toolchain = ").ends_with("# default"), "{}", shown.out);
    // What is shown is itself a configuration.
    user.file("sonocode.toml", &shown.out);
    assert_eq!(done(&mut user.command(&["config", "show"])).code, 0);
}

#[test]
fn mistakes_in_the_configuration_name_file_line_and_key() {
    let user = User::new();
    user.file("sonocode.toml", "workers = 1\nadr = \"127.0.0.1:1\"\n");
    let done = done(&mut user.command(&["status"]));
    assert_eq!(done.code, 2);
    assert!(done.err.contains("sonocode.toml:2: `adr`: no such key"), "{}", done.err);
}

#[test]
fn nobody_reading_is_no_failure_to_tell() {
    use std::process::Stdio;
    let mut child = User::new()
        .process(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
