//! `list`: the newest first.

use super::{User, done, fake::Fake};
use serde_json::Value;

#[test]
fn submissions_are_listed_from_the_newest_on() {
    let (user, fake) = (User::new(), Fake::start());
    let url = fake.url();
    let none = done(&mut user.command(&["list", "--url", &url]));
    assert_eq!((none.code, none.out.as_str()), (0, ""), "{}", none.err);
    for verdict in ["AC", "WA", "HANG"] {
        user.file("main.cpp", verdict);
        done(&mut user.command(&["submit", "main.cpp", "-p", "two-sum", "--url", &url]));
    }
    let list = done(&mut user.command(&["list", "--url", &url]));
    insta::assert_snapshot!(list.out, @r"
     Id  Sent                 User  Problem  Language  State    Tests  Max time  Memory
      3  2026-01-01 00:00:00  ada   two-sum  cpp       running
      2  2026-01-01 00:00:00  ada   two-sum  cpp       WA         2/3     12 ms  3.1 MB
      1  2026-01-01 00:00:00  ada   two-sum  cpp       AC         3/3     12 ms  3.1 MB
    ");
    let newest = done(&mut user.command(&["list", "-n", "1", "--json", "--url", &url]));
    let newest: Value = serde_json::from_str(&newest.out).unwrap();
    assert_eq!(newest["id"], "3");
    let words = ["list", "--status", "finished", "--user", "ada", "--limit", "1", "--url", &url];
    let finished = done(&mut user.command(&words));
    assert!(finished.out.contains(" WA ") && !finished.out.contains(" AC "), "{}", finished.out);
    assert!(finished.err.contains("the newest 1 submission; --limit shows more"));
    assert_eq!(done(&mut user.command(&["list", "--limit", "501"])).code, 2);
}
