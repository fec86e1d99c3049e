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

#[tokio::test(flavor = "multi_thread")]
async fn generators_that_are_not_deterministic_are_mistakes() {
    let house = House::build().start().await.ready().await;
    for program in [
        "import random\nprint(random.random(), 1)\n",
        "import time\nprint(time.time_ns(), 1)\n",
        // As long as before, with another last byte.
        "import os\nprint('1 ' * 50000, os.urandom(8).hex())\n",
    ] {
        let reply = house.upload(&made_by("gen.py", program), "").await;
        assert_eq!(reply.status, 422, "{reply:?}");
        let mistakes = reply.body["error"]["mistakes"].as_array().unwrap();
        let [mistake] = &mistakes[..] else { panic!("{mistakes:#?}") };
        assert_eq!(mistake["file"], "generators/gen.py");
        let message = mistake["message"].as_str().unwrap();
        assert!(message.contains("made something else of `tests/02-made.in`"), "{message}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn generators_may_be_series_folders_and_scripts() {
    let house = House::build().start().await.ready().await;
    let manifest = "\
reference = \"accepted/parts\"
[generators]
\"secret/folder\" = [\"big\", \"3\"]
[generators.\"secret/r*\"]
program = \"gen.py\"
args = [\"{seed}\"]
seeds = [5, 70]
[generators.script]
program = \"scripted\"
args = [\"8\", \"9\"]
";
    let package = Package::new("series")
        .manifest(manifest)
        .test("sample/1", "1 2\n", "3\n")
        .file("generators/gen.py", "import sys\nprint(sys.argv[1], open('base.txt').read())\n")
        .file("generators/base.txt", "100")
        // Another program beside it is none of its sources.
        .file("generators/other.cpp", "int main() { broken }")
        .file("generators/big/main.cpp", "#include \"n.h\"\n#include <cstdio>\nint main(int, char **v) { printf(\"%s %d\\n\", v[1], n()); }\n")
        .file("generators/big/n.h", "int n();\n")
        .file("generators/big/n.cpp", "int n() { return 4; }\n")
        .file("generators/scripted/build", "#!/bin/sh\nprintf '#!/bin/sh\\necho $1 $2\\n' > run\nchmod +x run\n")
        .file("solutions/accepted/parts/main.py", "from add import add\nprint(add(input()))\n")
        .file("solutions/accepted/parts/add.py", "def add(line): return sum(map(int, line.split()))\n");
    house.add(&package).await;
    let shown = house.get("/api/v1/problems/series").await.body["data"].clone();
    let tests: Vec<(&str, u64, u64)> = shown["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| {
            let bytes = |key: &str| test[key].as_u64().unwrap();
            (test["name"].as_str().unwrap(), bytes("input_bytes"), bytes("answer_bytes"))
        })
        .collect();
    let expected = [
        ("sample/1", 4, 2),
        ("script", 4, 3),
        ("secret/folder", 4, 2),
        ("secret/r1", 6, 4),
        ("secret/r2", 7, 4),
    ];
    assert_eq!(tests, expected);
    let python = "print(sum(map(int, input().split())))";
    expect(&house.judge("series", "python", python).await, Verdict::Accepted);
    let wrong = house.judge("series", "python", "print(min(sum(map(int, input().split())), 150))");
    let outcome = wrong.await;
    expect(&outcome, Verdict::WrongAnswer);
    assert_eq!(outcome.failed.unwrap().name, "secret/r2");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_is_built_like_a_submission() {
    let house = House::build().start().await.ready().await;
    let driven = Package::new("driven")
        .manifest(
            "reference = \"accepted/main.py\"\n[include.python]\nentry = \"driver.py\"\n\
             user = \"user.py\"\n[generators]\n02 = [\"gen.py\"]\n\
             [[tests]]\nname = \"02\"\nargs = [\"--plus\", \"7\"]\n",
        )
        .file(
            "include/python/driver.py",
            "import sys, user\nprint(user.twice(int(input())) + int(sys.argv[2] if sys.argv[1:] else 0))\n",
        )
        .file("solutions/accepted/main.py", "def twice(n): return 2 * n\n")
        .file("generators/gen.py", "print(4)\n")
        .file("tests/01.in", "1\n")
        .file("tests/01.out", "2\n");
    let [(input, answer)] = &generated(&house, &driven).await[..] else { panic!() };
    assert_eq!((input.1.as_str(), answer.1.as_str()), ("4\n", "15\n"));
    let bad = driven.file("solutions/accepted/main.py", "def thrice(n): return 3 * n\n");
    let reply = house.upload(&bad, "").await;
    let mistake = &reply.body["error"]["mistakes"][0];
    assert_eq!(mistake["file"], "solutions/accepted/main.py", "{reply:?}");
    assert!(mistake["message"].as_str().unwrap().contains("AttributeError"), "{mistake}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interactive_problems_get_empty_answers() {
    let house = House::build().start().await.ready().await;
    let package = Package::new("talk")
        .manifest("[interactor]\nprogram = \"talk.py\"\n[generators]\n02 = [\"gen.py\"]\n")
        .file("generators/gen.py", "print(9)\n")
        .file("interactor/talk.py", "import sys\nn = open(sys.argv[1]).read()\nprint(n, flush=True)\nsys.exit(0 if input() == n.strip() else 1)\n")
        .file("solutions/accepted/main.py", "print(input())\n")
        .file("tests/01.in", "1\n")
        .file("tests/01.out", "");
    let [(input, answer)] = &generated(&house, &package).await[..] else { panic!() };
    assert_eq!((input.1.as_str(), answer.1.as_str()), ("9\n", ""));
    house.add(&package).await;
    expect(&house.judge("talk", "python", "print(input())").await, Verdict::Accepted);
    house.stop().await;
}

type File = (String, String);

/// What `POST /api/v1/generate` makes of a package: input and answer of each test.
async fn generated(house: &House, package: &Package) -> Vec<(File, File)> {
    let reply = send(house, package).await;
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "application/x-tar");
    let bytes = reply.bytes().await.unwrap();
    let mut archive = tar::Archive::new(&bytes[..]);
    let mut files: Vec<File> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            (path, text)
        })
        .collect();
    let mut pairs = Vec::new();
    while files.len() >= 2 {
        let answer = files.remove(1);
        pairs.push((files.remove(0), answer));
    }
    assert!(files.is_empty());
    pairs
}

async fn send(house: &House, package: &Package) -> reqwest::Response {
    let folder = package.write();
    let mut tar = Vec::new();
    sonocode::problem::pack(folder.path(), &mut tar).unwrap();
    let request = house.http.post(format!("{}/api/v1/generate", house.url));
    request.header("content-type", "application/x-tar").body(tar).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_are_made_without_adding_the_package() {
    let house = House::build().start().await.ready().await;
    let package = made_by("gen.py", "print(40, 2)\n");
    let made = generated(&house, &package).await;
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let expected = (file("tests/02-made.in", "40 2\n"), file("tests/02-made.out", "42\n"));
    assert_eq!(made, std::slice::from_ref(&expected));
    assert_eq!(house.get("/api/v1/problems/made").await.status, 404, "nothing is stored");

    // What is there is taken as it is when the package is added, and made anew here; an answer stays where
    // its input does.
    let stale = package.test("02-made", "1 1\n", "two\n");
    assert_eq!(generated(&house, &stale).await, [expected]);
    let same = stale.test("02-made", "40 2\n", "forty-two\n");
    let [(_, answer)] = &generated(&house, &same).await[..] else { panic!() };
    assert_eq!(answer.1, "forty-two\n");
    house.add(&same).await;
    let shown = house.get("/api/v1/problems/made").await.body["data"].clone();
    assert_eq!(shown["tests"][1]["answer_bytes"], 10, "{shown}");

    let reply = send(&house, &made_by("gen.py", "exit(3)\n")).await;
    assert_eq!(reply.status(), 422);
    let reply: Value = reply.json().await.unwrap();
    assert_eq!(reply["error"]["mistakes"][0]["file"], "generators/gen.py", "{reply}");
    house.stop().await;
}
