//! Packages whose tests are made by their own programs, well or badly.

use crate::house::{House, Package, expect};
use serde_json::Value;
use sonocode::judge::Verdict;

const LINES: &str = "\
#include <cstdio>
#include <cstdlib>
int main(int argc, char **argv) {
    int n = atoi(argv[1]);
    printf(\"%d\\n\", n);
    for (int i = 0; i < n; i++) printf(\"%d\\n\", 1000000 + i % atoi(argv[2]));
}
";

const SUM: &str = "\
#include <cstdio>
int main() {
    long long n, x, s = 0;
    scanf(\"%lld\", &n);
    while (n--) scanf(\"%lld\", &x), s += x;
    printf(\"%lld\\n\", s);
}
";

#[tokio::test(flavor = "multi_thread")]
async fn tests_are_made_in_any_language_and_may_be_large() {
    let house = House::build().workers(2).start().await.ready().await;
    let generators = "\
reference = \"accepted/main.cpp\"
[limits]
time_ms = 5000
[generators]
02-large = [\"lines.cpp\", \"700000\", \"9\"]
03-words = [\"words.py\", \"3\", \"a b\", \"ä'\\\"$x\"]
04-answered = [\"words.py\", \"0\"]
";
    let package = Package::new("lines")
        .manifest(generators)
        .file("generators/lines.cpp", LINES)
        .file("generators/words.py", "import sys\nn = int(sys.argv[1])\nprint(n)\nfor w in range(n): print(len(''.join(sys.argv[2:])))\n")
        .file("solutions/accepted/main.cpp", SUM)
        .test("01-sample", "2\n3\n4\n", "7\n")
        // What is there is not made.
        .file("tests/04-answered.out", "0\n");
    house.add(&package).await;
    let shown = house.get("/api/v1/problems/lines").await.body["data"].clone();
    let tests: Vec<(&str, u64, u64)> = shown["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| {
            let bytes = |key: &str| test[key].as_u64().unwrap();
            (test["name"].as_str().unwrap(), bytes("input_bytes"), bytes("answer_bytes"))
        })
        .collect();
    // 8 bytes a line: over 5 MB. The arguments have 3 and 5 characters, none of them lost to a shell.
    let expected = [
        ("01-sample", 6, 2),
        ("02-large", 7 + 8 * 700_000, 13),
        ("03-words", 2 + 3 * 2, 3),
        ("04-answered", 2, 2),
    ];
    assert_eq!(tests, expected);
    expect(&house.judge("lines", "cpp", SUM).await, Verdict::Accepted);
    let python = "import sys\nprint(sum(map(int, sys.stdin.read().split()[1:])))";
    expect(&house.judge("lines", "python", python).await, Verdict::Accepted);
    let ends = house.judge(
        "lines",
        "python",
        "n = int(input())\nprint(sum(int(input()) for _ in range(min(n, 99))))",
    );
    let outcome = ends.await;
    expect(&outcome, Verdict::WrongAnswer);
    assert_eq!(outcome.failed.unwrap().name, "02-large");
    // Adding it again makes the same tests, and so the same version.
    let again = house.upload(&package, "").await;
    assert_eq!(again.body["data"]["version"], shown["version"], "{again:?}");
    house.stop().await;
}

/// A package whose second test is made by this program.
fn made_by(file: &str, program: &str) -> Package {
    let manifest =
        format!("reference = \"accepted/main.py\"\n[generators]\n02-made = [\"{file}\"]\n");
    let package = Package::new("made").manifest(&manifest).test("01", "1 2\n", "3\n");
    package.file(&format!("generators/{file}"), program)
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_fail_are_mistakes_of_the_package() {
    let house = House::build().start().await.ready().await;
    let reference = |program: &str| {
        made_by("gen.py", "print(1, 2)\n").file("solutions/accepted/main.py", program)
    };
    let (generator, solution) = ("generators/gen.py", "solutions/accepted/main.py");
    for (package, file, words) in [
        // Its standard error says why it fails.
        (
            made_by("gen.py", "raise ValueError('odd')\n"),
            generator,
            &["`tests/02-made.in`", "exit code 1", "ValueError: odd"][..],
        ),
        (
            made_by("gen.cpp", "int main() { return *(volatile int *)0; }\n"),
            "generators/gen.cpp",
            &["SIGSEGV"],
        ),
        (
            made_by("gen.cpp", "int main() { return x; }\n"),
            "generators/gen.cpp",
            &["does not compile", "main.cpp:1", "was not declared"],
        ),
        (made_by("gen.py", "print(\n"), generator, &["does not compile", "SyntaxError"]),
        // It loops, and prints on and on.
        (
            made_by("gen.py", "while True: print('x' * 10**6)\n"),
            generator,
            &["more than 256 MiB of output"],
        ),
        (
            made_by("gen.py", "import os\nwhile True: os.fork()\n"),
            generator,
            &["`tests/02-made.in`"],
        ),
        (reference("print(1 // 0)\n"), solution, &["`tests/02-made.out`", "ZeroDivisionError"]),
        (reference("print(\n"), solution, &["does not compile"]),
    ] {
        let reply = house.upload(&package, "").await;
        assert_eq!(reply.status, 422, "{reply:?}");
        assert_eq!(reply.body["error"]["code"], "invalid_package");
        let mistakes = reply.body["error"]["mistakes"].as_array().unwrap();
        let [mistake] = &mistakes[..] else { panic!("{mistakes:#?}") };
        assert_eq!(mistake["file"], file, "{mistake}");
        let message = mistake["message"].as_str().unwrap();
        for word in words {
            assert!(message.contains(word), "`{word}` is missing: {message}");
        }
    }
    // Two that are wrong are told together.
    let two = Package::new("two")
        .manifest(
            "reference = \"accepted/main.py\"\n[generators]\n01 = [\"a.py\"]\n02 = [\"b.py\"]\n",
        )
        .file("generators/a.py", "exit(3)\n")
        .file("generators/b.py", "exit(4)\n");
    let reply = house.upload(&two, "").await;
    let files: Vec<&Value> =
        reply.body["error"]["mistakes"].as_array().unwrap().iter().map(|m| &m["file"]).collect();
    assert_eq!(files, ["generators/a.py", "generators/b.py"]);
    // Nothing of all that is left, and the cells serve on.
    assert_eq!(
        house.get("/api/v1/problems").await.body["data"]["problems"],
        Value::Array(Vec::new())
    );
    house.add(&made_by("gen.py", "print(3, 4)\n")).await;
    expect(
        &house.judge("made", "python", "print(sum(map(int, input().split())))").await,
        Verdict::Accepted,
    );
    house.stop().await;
}
