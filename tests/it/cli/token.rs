//! Tokens on the command line, and addresses that other machines reach. No engine is needed.

use super::{Done, User, done};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt};

/// A public key (Ed25519), as in any key file.
const PUBLIC: &str = include_str!("../../../src/auth/tests/ed.pem");

/// A command with this environment, and without a container engine.
fn run(user: &User, env: &[(&str, &str)], words: &[&str]) -> Done {
    let mut command = user.command(words);
    command.env("DOCKER_HOST", "unix:///nowhere.sock").env("SONOCODE_SANDBOX_KIND", "docker");
    done(command.envs(env.iter().copied()))
}

/// What a token says, unchecked.
fn claims(token: &str) -> Value {
    let body = token.trim().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// A daemon in the background; ended when dropped.
struct Background<'u> {
    user: &'u User,
    url: String,
}

impl<'u> Background<'u> {
    fn start(user: &'u User, env: &[(&str, &str)], words: &[&str]) -> Self {
        let serve = [&["serve", "--detach", "--json"], words].concat();
        let started = run(user, env, &serve);
        assert_eq!(started.code, 0, "{}", started.err);
        let banner: Value = serde_json::from_str(&started.out).unwrap();
        Self { user, url: banner["url"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Background<'_> {
    fn drop(&mut self) {
        let stopped = run(self.user, &[], &["stop"]);
        // A test that fails already says enough.
        assert!(stopped.code == 0 || std::thread::panicking(), "{}", stopped.err);
    }
}

#[test]
fn an_address_that_others_reach_needs_tokens_or_consent() {
    let user = User::new();
    for addr in ["0.0.0.0:0", "[::]:0"] {
        let refused = run(&user, &[], &["serve", "--addr", addr]);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.err);
        for words in ["--insecure", "SONOCODE_AUTH_MODE=required", "127.0.0.1", addr] {
            assert!(refused.err.contains(words), "no `{words}`: {}", refused.err);
        }
        let detached = run(&user, &[], &["serve", "--detach", "--addr", addr]);
        assert_eq!(detached.code, 2, "{}", detached.err);
    }
    assert!(!user.home().join("data").exists(), "nothing was begun");
    drop(Background::start(&user, &[], &["--addr", "0.0.0.0:0", "--insecure"]));
    let required = [("SONOCODE_AUTH_MODE", "required")];
    drop(Background::start(&user, &required, &["--addr", "0.0.0.0:0"]));
}

#[test]
fn token_makes_one_of_each_role() {
    let user = User::new();
    let now = jiff::Timestamp::now().as_second();
    for (words, role, ttl) in [
        (&["--user", "ada"][..], "user", 86_400),
        (&["--user", "ada", "--role", "setter", "--ttl", "90s"], "setter", 90),
        (&["--user", "ada", "--role", "service", "--ttl", "30d"], "service", 2_592_000),
        (&["--user", "ada", "--role", "admin", "--ttl", "15m"], "admin", 900),
    ] {
        let made = run(&user, &[], &[&["token"], words].concat());
        assert_eq!((made.code, made.err.as_str()), (0, ""));
        assert_eq!(made.out.lines().count(), 1, "the token alone: {}", made.out);
        let claims = claims(&made.out);
        assert_eq!((&claims["sub"], &claims["role"]), (&json!("ada"), &json!(role)));
        let left = claims["exp"].as_i64().unwrap() - now;
        assert!((ttl..ttl + 60).contains(&left), "{left} seconds, not {ttl}");
    }
    let secret = user.home().join("data/auth.secret");
    let mode = fs::metadata(&secret).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others may read the secret");

    let words = ["token", "--user", "ada", "--role", "setter", "--json"];
    let made: Value = serde_json::from_str(&run(&user, &[], &words).out).unwrap();
    assert_eq!((&made["user"], &made["role"]), (&json!("ada"), &json!("setter")));
    let expires: jiff::Timestamp = made["expires"].as_str().unwrap().parse().unwrap();
    assert_eq!(claims(made["token"].as_str().unwrap())["exp"], expires.as_second());

    // Signed with the configured secret, when there is one, and never shown.
    let own = "a secret of this test, long enough";
    let env = [("SONOCODE_AUTH_SECRET", own), ("SONOCODE_TOKEN", "a.token.of-mine")];
    let other = run(&user, &env, &["token", "--user", "ada"]);
    assert_eq!(other.code, 0, "{}", other.err);
    for words in [&["config", "show"][..], &["config", "show", "--json"], &["doctor"]] {
        let shown = run(&user, &env, words);
        let text = format!("{}{}", shown.out, shown.err);
        assert!(!text.contains(own) && !text.contains("a.token.of-mine"), "{words:?}: {text}");
    }
}

#[test]
fn mistakes_of_token_are_named() {
    let user = User::new();
    let key = user.file("judge.pem", PUBLIC).display().to_string();
    let long = "x".repeat(129);
    for (env, words, code, told) in [
        (&[][..], &["--user", "ada", "--role", "king"][..], 2, "setter"),
        (&[], &["--user", "ada", "--ttl", "1w"], 2, "`1w` is no time such as 90s"),
        (&[], &["--user", "ada", "--ttl", "0s"], 2, "1 second to 10 years"),
        (&[], &["--user", ""], 2, "1 to 128 characters"),
        (&[], &["--user", &long], 2, "1 to 128 characters"),
        (&[], &[], 2, "--user"),
        (&[("SONOCODE_AUTH_SECRET", "short")], &["--user", "ada"], 2, "32 bytes"),
        (&[("SONOCODE_AUTH_SECRET_FILE", "nowhere")], &["--user", "ada"], 2, "nowhere"),
        (&[("SONOCODE_AUTH_PUBLIC_KEYS", "nowhere.pem")], &["--user", "ada"], 2, "nowhere.pem"),
        (
            &[("SONOCODE_AUTH_PUBLIC_KEYS", &key)],
            &["--user", "ada"],
            5,
            "they cannot sign; set auth.secret",
        ),
    ] {
        let refused = run(&user, env, &[&["token"], words].concat());
        assert_eq!((refused.code, refused.out.as_str()), (code, ""), "{words:?}: {}", refused.err);
        assert!(refused.err.contains(told), "{words:?}: no `{told}`: {}", refused.err);
        assert!(!refused.err.contains("short"), "{}", refused.err);
    }
}

#[test]
fn the_daemons_own_commands_need_no_token_and_others_do() {
    let user = User::new();
    let required = [("SONOCODE_AUTH_MODE", "required")];
    for name in ["problem.toml", "statement.md", "tests/01.in", "tests/01.out"] {
        let text = if name == "problem.toml" { "title = \"Echo\"\n" } else { "1\n" };
        user.file(&format!("echo/{name}"), text);
    }
    user.file("echo/solutions/accepted/main.py", "print(input())\n");
    user.file("main.py", "print(input())\n");
    let made = |name: &str, role: &str| {
        let made = run(&user, &[], &["token", "--user", name, "--role", role]);
        made.out.trim().to_owned()
    };
    // One that runs in the command's own process.
    let listed = run(&user, &required, &["list"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let daemon = Background::start(&user, &required, &["--addr", "127.0.0.1:0"]);
    let token = fs::metadata(user.home().join("data/token")).unwrap().permissions().mode();
    assert_eq!(token & 0o777, 0o600, "others may read the token");
    for words in [
        &["problem", "add", "echo"][..],
        &["problem", "list"],
        &["submit", "main.py", "-p", "echo"],
        &["list"],
        &["clarify", "ask", "echo", "Is 0 a number?"],
        &["cancel", "1"],
    ] {
        let own = run(&user, &[], words);
        assert_eq!(own.code, 0, "{words:?}: {}", own.err);
        if let Some(id) = own.out.strip_suffix(" asked\n") {
            let own = run(&user, &[], &["clarify", "answer", id, "Yes.", "--user", "root"]);
            assert_eq!(own.code, 0, "{}", own.err);
        }
    }

    // Who has another data directory has no token, and must show one.
    let elsewhere = user.home().join("elsewhere").display().to_string();
    let at = |env: &[(&str, &str)], words: &[&str]| {
        let env = [&[("SONOCODE_DATA_DIR", elsewhere.as_str())], env].concat();
        run(&user, &env, &[words, &["--url", daemon.url.as_str()]].concat())
    };
    assert_eq!(at(&[], &["status"]).code, 0, "open on this machine");
    let (ada, setter) = (made("ada", "user"), made("bob", "setter"));
    let nobody = at(&[], &["list"]);
    assert_eq!(nobody.code, 5, "{}", nobody.err);
    assert!(nobody.err.contains("a token is required"), "{}", nobody.err);
    let wrong = at(&[("SONOCODE_TOKEN", "no.to.ken")], &["list"]);
    assert_eq!(wrong.code, 5, "{}", wrong.err);
    let found = run(&user, &[("SONOCODE_TOKEN", "no.to.ken")], &["list"]);
    assert_eq!(found.code, 5, "{}", found.err);
    assert!(found.err.contains("no JWT"), "{}", found.err);
    assert!(wrong.err.contains("no JWT") && !wrong.err.contains("no.to.ken"), "{}", wrong.err);
    let own = at(&[], &["list", "--json", "--token", &ada]);
    assert_eq!(own.code, 0, "{}", own.err);
    assert!(own.out.contains(r#""userId":"ada""#), "{}", own.out);
    let others = at(&[("SONOCODE_TOKEN", &setter)], &["list", "--json"]);
    assert_eq!((others.code, others.out.as_str()), (0, ""), "{}", others.err);
    let refused = at(&[], &["problem", "add", "echo", "--force", "--token", &ada]);
    assert_eq!(refused.code, 5, "{}", refused.err);
    assert!(refused.err.contains("`setter` or `admin`"), "{}", refused.err);
    let added = at(&[], &["problem", "add", "echo", "--force", "--token", &setter]);
    assert_eq!(added.code, 0, "{}", added.err);
    // Who the bearer is counts, not who sits at the terminal, unless somebody is named.
    let submitted = at(&[], &["submit", "main.py", "-p", "echo", "--token", &setter]);
    assert_eq!(submitted.code, 0, "{}", submitted.err);
    let named = ["submit", "main.py", "-p", "echo", "--user", "eve", "--token", &setter];
    let named = at(&[], &named);
    assert_eq!(named.code, 5, "{}", named.err);
    assert!(named.err.contains("another user's"), "{}", named.err);
    let own = at(&[], &["list", "--json", "--token", &setter]);
    assert!(own.out.contains(r#""userId":"bob""#) && own.out.lines().count() == 1, "{}", own.out);
    let watched = at(&[], &["watch", "1", "--token", &setter]);
    assert_eq!(watched.code, 5, "{}", watched.err);
    drop(daemon);
    // Good for that daemon only.
    let open = Background::start(&user, &[], &["--addr", "127.0.0.1:0"]);
    assert!(!user.home().join("data/token").exists(), "an open door needs no key");
    drop(open);
}
