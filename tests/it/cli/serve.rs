//! `serve` and `stop`, as far as they need no engine.

use super::{User, done};

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
