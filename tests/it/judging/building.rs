//! Programs that are not compiled again, and headers that are compiled in advance.

use crate::house::{House, Package};
use sonocode::judge::{EventBody, Verdict};
use std::path::Path;

const SUM: &str =
    "#include <bits/stdc++.h>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b; }\n";

async fn with_cache(cache: &Path, preludes: bool) -> House {
    let house = House::build().config(|config| {
        cache.clone_into(&mut config.cache_dir);
        config.judging.cache_mib = 64;
        config.judging.preludes = preludes;
    });
    let house = house.start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n").test("02", "5 6\n", "11\n")).await;
    house
}

/// Judges a program, which must be accepted: whether it came from the cache, and the CPU time that
/// its compiler took, now or then.
async fn compiled(house: &House, language: &str, code: &str) -> (bool, u64) {
    let id = house.submit("sum", language, code).await;
    let outcome = house.outcome(&id).await;
    assert_eq!(outcome.verdict, Verdict::Accepted, "{language}: {outcome:?}");
    let events = house.events(&id, 0).await;
    let compiled = events.iter().find_map(|event| match &event.body {
        EventBody::Compiled { cached, usage, .. } => Some((*cached, usage.cpu_ms)),
        _ => None,
    });
    compiled.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_program_is_compiled_once() {
    let cache = tempfile::tempdir().unwrap();
    let house = with_cache(cache.path(), false).await;
    let programs = [
        ("cpp", SUM),
        (
            "c",
            "#include <stdio.h>\nint main(void) { int a, b; scanf(\"%d%d\", &a, &b); printf(\"%d\", a + b); }",
        ),
        (
            "java",
            "import java.util.*; class Main { static class Adder { int a; } public static void main(String[] x) { var s = new Scanner(System.in); System.out.println(s.nextInt() + s.nextInt()); } }",
        ),
        ("python", "print(sum(map(int, input().split())))"),
    ];
    for (language, code) in programs {
        assert!(!compiled(&house, language, code).await.0, "{language} the first time");
    }
    for (language, code) in programs {
        assert!(compiled(&house, language, code).await.0, "{language} again");
        let other = format!("{code}\n");
        assert!(!compiled(&house, language, &other).await.0, "{language}, another text");
    }
    assert!(!compiled(&house, "cpp20", SUM).await.0, "another standard");
    house.stop().await;
    // Another daemon, on another ledger, finds them as well.
    let house = with_cache(cache.path(), false).await;
    assert!(compiled(&house, "cpp", SUM).await.0);
    // What is damaged is compiled again.
    for file in std::fs::read_dir(cache.path().join("programs")).unwrap() {
        std::fs::write(file.unwrap().path(), b"sonocc 1 and nothing else").unwrap();
    }
    assert!(!compiled(&house, "cpp", SUM).await.0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_compile_is_not_kept() {
    let cache = tempfile::tempdir().unwrap();
    let house = with_cache(cache.path(), false).await;
    for _ in 0..2 {
        let outcome = house.judge("sum", "cpp", "int main() { return x; }").await;
        assert_eq!(outcome.verdict, Verdict::CompileError);
        assert!(outcome.message.unwrap().contains("main.cpp:1"));
    }
    assert!(!cache.path().join("programs").exists());
    house.stop().await;
}

/// A language whose compiler is the user's own program, for what a hostile one may leave behind.
const SCRIPT: &str = r#"
id = "script"
name = "Script"
extensions = ["script"]
source = "main.script"
compile = ["sh", "main.script"]
run = ["sh", "run/it"]
version = ["sh", "--version"]
toolchain = { host = ["sh"], image = "none" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_plain_file_keeps_a_program_from_being_kept() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("languages")).unwrap();
    std::fs::write(data.path().join("languages/script.toml"), SCRIPT).unwrap();
    let cache = data.path().join("cache");
    let house = House::build().data_dir(data.path()).config(|config| {
        config.cache_dir = cache.clone();
        config.judging.cache_mib = 64;
    });
    let house = house.start().await;
    house.add(&Package::new("sum").test("01", "1 2\n", "3\n")).await;
    let program = "mkdir -p run && echo 'read a b; echo $((a + b))' > run/it";
    for (hostile, kept) in [
        ("true", true),
        ("mkdir -p deep/er && echo x > deep/er/file && chmod 755 deep/er/file", true),
        ("ln -s /etc/passwd link", false),
        ("ln -s run/it link", false),
        ("mkdir outside && ln -s /proc/1 outside/link", false),
        ("mkfifo pipe", false),
        ("echo x > closed && chmod 0 closed", false),
        ("mkdir closed && chmod 0 closed", false),
        ("printf x > \"$(printf 'not\\377utf8')\"", false),
        ("head -c 40000000 /dev/zero > large", false),
    ] {
        let code = format!("{program} && {hostile}");
        assert!(!compiled(&house, "script", &code).await.0, "{hostile}");
        assert_eq!(compiled(&house, "script", &code).await.0, kept, "{hostile}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_is_compiled_in_advance() {
    let cache = tempfile::tempdir().unwrap();
    let house = with_cache(cache.path(), true).await;
    let (_, without) = compiled(&house, "cpp", SUM).await;
    let folder = cache.path().join("preludes");
    let is_there = || {
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names = entries.map(|name| name.to_string_lossy().into_owned());
        names.any(|name| name.starts_with("cpp-"))
    };
    let ready = async {
        while !is_there() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::house::PATIENCE, ready).await.expect("no prelude is made");
    let (cached, with) = compiled(&house, "cpp", &format!("{SUM}// again\n")).await;
    assert!(!cached);
    assert!(with * 3 < without * 2, "{with} ms with the header, {without} ms without");
    house.stop().await;
}
