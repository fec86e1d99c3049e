//! Who judges: the default validator, programs of the package, interactive ones, ones with passes.

use super::Package;
use crate::house::{House, expect};
use serde_json::json;
use sonocode::judge::Verdict;

/// Accepts any number that is larger than the sum, says so where it does not, and shows its arguments.
const LARGER: &str = r#"import sys
n = sum(map(int, open(sys.argv[1]).read().split()))
least = int(open(sys.argv[2]).read())
assert sys.argv[3].endswith("/")
words = sys.stdin.read().split()
if len(words) == 1 and int(words[0]) > n and int(words[0]) >= least + len(sys.argv) - 4:
    sys.exit(42)
open(sys.argv[3] + "judgemessage.txt", "w").write("wanted more than %d, args %s" % (n, sys.argv[4:]))
sys.exit(43)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_default_validator_and_its_flags() {
    let house = House::build().workers(2).start().await;
    Package::legacy("flags", "validator_flags: case_sensitive float_tolerance 1e-2\n")
        .test("secret/1", "", "Half 0.5\n")
        .add(&house)
        .await;
    Package::latest("groups", "")
        .test("sample/1", "", "Half 0.5\n")
        .test("secret/1", "", "Half 0.5\n")
        .file("data/secret/1.yaml", "output_validator_args: [space_change_sensitive]\n")
        .add(&house)
        .await;
    for (problem, text, verdict) in [
        ("flags", "Half  5.05e-1", Verdict::Accepted),
        ("flags", "Half 0.52", Verdict::WrongAnswer),
        ("flags", "half 0.5", Verdict::WrongAnswer),
        ("groups", "half 0.5", Verdict::Accepted),
        ("groups", "Half  0.5", Verdict::WrongAnswer),
        ("groups", "Half 0.50", Verdict::WrongAnswer),
    ] {
        let outcome = house.judge(problem, "python", &format!("print({text:?})")).await;
        assert_eq!(outcome.verdict, verdict, "{problem} {text:?}: {outcome:#?}");
        assert!(problem != "groups" || outcome.total == 2);
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_of_the_packages_own() {
    let house = House::build().workers(2).start().await;
    Package::legacy("custom", "validation: custom\n")
        .file("output_validators/larger/larger.py", LARGER)
        .file("data/secret/testdata.yaml", "output_validator_flags: one two\n")
        .test("secret/1", "1 2\n", "0\n")
        .file("submissions/accepted/main.py", "print(sum(map(int, input().split())) + 9)\n")
        .add(&house)
        .await;
    expect(&house.judge("custom", "python", "print(4)").await, Verdict::Accepted);
    let outcome = house.judge("custom", "python", "print(3)").await;
    expect(&outcome, Verdict::WrongAnswer);
    let message = outcome.message.unwrap_or_default();
    assert!(message.contains("wanted more than 3, args ['one', 'two']"), "{message}");
    expect(&house.judge("custom", "python", "print('x')").await, Verdict::InternalError);

    // A program that is made by a script.
    Package::latest("built", "")
        .file("output_validator/build", "#!/bin/sh\ncc -o run *.c\n")
        .file("output_validator/v.c", "#include \"v.h\"\nint main(void) { return VERDICT; }\n")
        .file("output_validator/v.h", "#define VERDICT 42\n")
        .test("secret/1", "1 2\n", "0\n")
        .add(&house)
        .await;
    expect(&house.judge("built", "python", "print('anything')").await, Verdict::Accepted);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interactive_problem() {
    let house = House::build().workers(2).start().await;
    let talk = "import sys\nn = int(open(sys.argv[1]).read())\nfor _ in range(20):\n    line = sys.stdin.readline()\n    \
                if not line:\n        sys.exit(43)\n    g = int(line)\n    if g == n:\n        print('correct', flush=True)\n        \
                sys.exit(42)\n    print('lower' if g > n else 'higher', flush=True)\nsys.exit(43)\n";
    let guess = "lo, hi = 1, 1000\nwhile True:\n    m = (lo + hi) // 2\n    print(m, flush=True)\n    a = input()\n    \
                 if a == 'correct':\n        break\n    if a == 'lower':\n        hi = m - 1\n    else:\n        lo = m + 1\n";
    Package::latest("guess", "type: interactive\n")
        .file("output_validator/talk.py", talk)
        .file("submissions/accepted/main.py", guess)
        .file("data/sample/1.interaction", ">500\n<correct\n")
        .test("secret/1", "7\n", "")
        .test("secret/2", "999\n", "")
        .add(&house)
        .await;
    let shown = house.get("/api/v1/problems/guess").await.body["data"]["description"].clone();
    assert!(shown.as_str().unwrap().contains(">500\n<correct"), "{shown}");
    let outcome = house.judge("guess", "python", guess).await;
    expect(&outcome, Verdict::Accepted);
    assert_eq!(outcome.passed, 2);
    let linear = "for g in range(1, 1001):\n    print(g, flush=True)\n    if input() == 'correct':\n        break\n";
    let outcome = house.judge("guess", "python", linear).await;
    expect(&outcome, Verdict::WrongAnswer);
    assert_eq!(outcome.passed, 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_of_several_passes() {
    let house = House::build().workers(2).start().await;
    // The second pass must give back what the first made.
    let judge = "import sys, os\nfd = sys.argv[3]\nn = open(sys.argv[2]).read().strip()\nout = sys.stdin.read().strip()\n\
                 if not os.path.exists(fd + 'seen'):\n    open(fd + 'seen', 'w').write(out)\n    \
                 open(fd + 'nextpass.in', 'w').write('back ' + out)\n    sys.exit(42)\n\
                 sys.exit(42 if out == n else 43)\n";
    let right = "words = input().split()\nif words[0] == 'back':\n    print(words[1][::-1])\nelse:\n    print(words[0][::-1])\n";
    Package::latest("mirror", "type: multi-pass\n")
        .file("output_validator/judge.py", judge)
        .file("submissions/accepted/main.py", right)
        .test("secret/1", "abc\n", "abc\n")
        .add(&house)
        .await;
    expect(&house.judge("mirror", "python", right).await, Verdict::Accepted);
    expect(
        &house.judge("mirror", "python", "print(input().split()[-1][::-1] + 'x')").await,
        Verdict::WrongAnswer,
    );
    // Who fails in one of the passes has failed, whatever was printed before that.
    for failing in ["back", "abc"] {
        let code = format!("{right}import sys\nif words[0] == {failing:?}:\n    sys.exit(1)\n");
        let outcome = house.judge("mirror", "python", &code).await;
        expect(&outcome, Verdict::RuntimeError);
        assert_eq!(outcome.message.as_deref(), Some("exit code 1"), "{outcome:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_what_an_interactor_says_is_heard_while_it_listens() {
    let house = House::build().workers(2).start().await;
    let talk = "import os, sys\nprint('1\\n2\\n3', flush=True)\nos.close(1)\n\
                sys.exit(42 if sys.stdin.read().split() == ['6'] else 43)\n";
    let sum = "import sys\nprint(sum(map(int, sys.stdin.read().split())))\n";
    Package::latest("ends", "type: interactive\n")
        .file("output_validator/talk.py", talk)
        .file("submissions/accepted/main.py", sum)
        .test("secret/1", "", "")
        .add(&house)
        .await;
    expect(&house.judge("ends", "python", sum).await, Verdict::Accepted);
    expect(&house.judge("ends", "python", "print(5)").await, Verdict::WrongAnswer);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_several_validators_must_accept() {
    let house = House::build().start().await;
    // One in C++ for the first word, one in Python for the number of words; each says why.
    let first = "#include <cstdio>\n#include <cstring>\nint main(int, char **argv) {\n    char word[99] = {};\n    \
                 scanf(\"%98s\", word);\n    if (!strcmp(word, \"yes\")) return 42;\n    char path[999];\n    \
                 snprintf(path, sizeof path, \"%sjudgemessage.txt\", argv[3]);\n    \
                 FILE *file = fopen(path, \"w\");\n    fputs(\"the first word\", file);\n    return 43;\n}\n";
    let count = "import sys\nn = len(sys.stdin.read().split())\n\
                 if n != 2:\n    open(sys.argv[3] + 'judgemessage.txt', 'w').write('words: %d' % n)\n\
                 sys.exit(42 if n == 2 else 43)\n";
    let package = Package::legacy("both", "validation: custom\n")
        .file("output_validators/a-first.cpp", first)
        .file("output_validators/b-count/check.py", count)
        .file("submissions/accepted/main.py", "print('yes it is')\n")
        .test("sample/1", "1\n", "yes x\n");
    let package = package.file("submissions/accepted/main.py", "print('yes', input())\n");
    package.add(&house).await;
    for (source, verdict, says) in [
        ("print('yes', 1)", Verdict::Accepted, None),
        ("print('no', 1)", Verdict::WrongAnswer, Some("the first word")),
        ("print('yes')", Verdict::WrongAnswer, Some("words: 1")),
    ] {
        let outcome = house.judge("both", "python", source).await;
        assert_eq!(outcome.verdict, verdict, "{source}: {outcome:?}");
        if let Some(says) = says {
            assert!(outcome.message.as_ref().unwrap().contains(says), "{outcome:?}");
        }
    }
    // A package that takes one language only.
    Package::latest("only", "languages: [python3]\n")
        .test("secret/1", "1 2\n", "3\n")
        .add(&house)
        .await;
    let code = "int main(void) { return 0; }";
    let refused = json!({"problemId": "only", "language": "c", "code": code});
    let refused = house.post("/api/v1/submissions", refused).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.body.to_string().contains("this problem takes"), "{refused:?}");
    let shown = house.get("/api/v1/problems/only").await;
    assert_eq!(shown.body["data"]["languages"], json!(["python", "pypy"]), "{shown:?}");
    house.stop().await;
}
