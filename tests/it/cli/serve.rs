//! `serve` and `stop`, as far as they need no engine.

use super::{User, done};

#[test]
fn mistakes_in_what_was_written_are_2() {
    let user = User::new();
    let served = |words: &[&str]| {
        let served = done(user.command(&["serve", "--json"]).args(words));
        assert_eq!((served.code, served.out.as_str()), (2, ""), "{}", served.err);
        served.err
    };
    let told = served(&["--addr", "9000"]);
    assert!(told.contains("`9000` is only a port; write 127.0.0.1:9000"), "{told}");
    let told = served(&["--addr", "127.0.0.1"]);
    assert!(told.contains("write 127.0.0.1:7878"), "{told}");
    user.file("data/languages/zig.toml", "id = \"zig\"\nname = 5\n");
    let told = served(&["--addr", "127.0.0.1:0"]);
    assert!(told.contains("zig.toml") && told.contains("name"), "{told}");
    // A command that would run a daemon of its own meets the same mistake.
    let own = done(&mut user.command(&["status"]));
    assert!(own.code == 2 || own.code == 3, "{}", own.err);

    let status = done(&mut user.command(&["status", "--url", "localhost:7878"]));
    assert_eq!(status.code, 2);
    assert!(status.err.contains("write http://localhost:7878"), "{}", status.err);
    let watch = done(&mut user.command(&["watch", "abc"]));
    assert_eq!(watch.code, 2);
    assert!(watch.err.contains("submissions have numbers, such as 1042"), "{}", watch.err);
}

#[test]
fn stop_without_a_daemon_is_4() {
    let user = User::new();
    let none = done(&mut user.command(&["stop"]));
    assert_eq!(none.code, 4, "{}", none.err);
    // A file that a daemon left behind names a process that is not meant any more.
    let stale =
        format!(r#"{{"pid":{},"command":"sonocode serve","addr":null}}"#, std::process::id());
    user.file("data/lock", &stale);
    let stale = done(&mut user.command(&["stop"]));
    assert_eq!(stale.code, 4, "{}", stale.err);
    assert!(stale.err.contains("no daemon runs on"), "{}", stale.err);
}
