//! Programs of several files, files of the problem beside them, and what belongs to one test only.

use crate::house::{House, Package, Reply, expect};
use serde_json::json;
use sonocode::judge::{Outcome, Verdict};

/// Submits a program of several files.
async fn judge_files(
    house: &House,
    (problem, language): (&str, &str),
    code: &str,
    files: &[(&str, &str)],
) -> Outcome {
    let files: Vec<_> =
        files.iter().map(|(name, content)| json!({"name": name, "content": content})).collect();
    let body = json!({"problemId": problem, "language": language, "code": code, "files": files});
    let reply: Reply = house.post("/api/v1/submissions", body).await;
    let id = reply.body["data"]["submission"]["id"].as_str().unwrap_or_else(|| panic!("{reply:?}"));
    house.outcome(id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sources_of_a_submission_are_compiled() {
    let house = House::with_sum().await;
    for (language, code, name, content) in [
        (
            "cpp",
            "#include <iostream>\n#include \"add.h\"\nint main() { int a, b; std::cin >> a >> b; std::cout << add(a, b); }",
            "add.cpp",
            "#include \"add.h\"\nint add(int a, int b) { return a + b; }",
        ),
        (
            "cpp20",
            "#include <iostream>\n#include \"add.h\"\nint main() { int a, b; std::cin >> a >> b; std::cout << add(a, b); }",
            "add.cc",
            "#include \"add.h\"\nint add(int a, int b) { return a + b; }",
        ),
        (
            "c",
            "#include <stdio.h>\n#include \"add.h\"\nint main() { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\", add(a, b)); }",
            "add.c",
            "#include \"add.h\"\nint add(int a, int b) { return a + b; }",
        ),
        (
            "python",
            "import adder\nprint(adder.add(*map(int, input().split())))",
            "adder.py",
            "def add(a, b): return a + b",
        ),
        (
            "java",
            "class Main { public static void main(String[] x) { var in = new java.util.Scanner(System.in); System.out.println(Adder.add(in.nextInt(), in.nextInt())); } }",
            "Adder.java",
            "public class Adder { static int add(int a, int b) { return a + b; } }",
        ),
        (
            "go",
            "package main\nimport \"fmt\"\nfunc main() { var a, b int; fmt.Scan(&a, &b); fmt.Println(add(a, b)) }",
            "add.go",
            "package main\nfunc add(a, b int) int { return a + b }",
        ),
    ] {
        let header = ("add.h", "#pragma once\nint add(int a, int b);\n");
        let files = [(name, content), header];
        let outcome = judge_files(&house, ("sum", language), code, &files).await;
        assert_eq!(outcome.verdict, Verdict::Accepted, "{language}: {outcome:#?}");
    }
    let outcome = judge_files(
        &house,
        ("sum", "cpp"),
        "int add(int, int);\nint main() { return add(1, 2); }",
        &[],
    )
    .await;
    expect(&outcome, Verdict::CompileError);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_java_class_may_have_any_name() {
    let house = House::with_sum().await;
    let body = "public static void main(String[] x) { var in = new java.util.Scanner(System.in); System.out.println(in.nextInt() + in.nextInt()); } }";
    for class in ["public class Summe {", "class Z {", "class Helper { } public class Other {"] {
        expect(&house.judge("sum", "java", &format!("{class} {body}")).await, Verdict::Accepted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_problems_own_driver_runs_the_users_code() {
    let house = House::build().start().await;
    let package = Package::new("driven")
        .manifest("[include.python]\nentry = \"main.py\"\nuser = \"solution.py\"\n")
        .file("include/python/main.py", "import solution, lib\nprint(solution.add(*map(int, input().split())) + lib.ZERO)\n")
        .file("include/python/lib.py", "ZERO = 0\n")
        .file("include/cpp/grader.cpp", "#include <iostream>\n#include \"add.h\"\nint main() { int a, b; std::cin >> a >> b; std::cout << add(a, b); }\n")
        .file("include/cpp/add.h", "int add(int a, int b);\n")
        .file("solutions/accepted/main.py", "def add(a, b): return a + b\n")
        .test("01-sample", "1 2\n", "3\n")
        .test("02", "5 6\n", "11\n");
    house.add(&package).await;
    for (language, code, verdict) in [
        ("python", "def add(a, b): return a + b", Verdict::Accepted),
        ("python", "def add(a, b): return a * b + 1", Verdict::WrongAnswer),
        ("python", "print(3)", Verdict::RuntimeError),
        ("cpp", "#include \"add.h\"\nint add(int a, int b) { return a + b; }", Verdict::Accepted),
        ("cpp20", "#include \"add.h\"\nint add(int a, int b) { return a + b; }", Verdict::Accepted),
        ("cpp", "int sub(int a, int b) { return a - b; }", Verdict::CompileError),
    ] {
        let outcome = house.judge("driven", language, code).await;
        assert_eq!(outcome.verdict, verdict, "{language} {code}: {outcome:#?}");
    }
    // A file of the user's own does not take the place of the problem's.
    let files = [("lib.py", "ZERO = 1\n")];
    let outcome =
        judge_files(&house, ("driven", "python"), "def add(a, b): return a + b", &files).await;
    expect(&outcome, Verdict::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_has_arguments_a_comparison_and_files_of_its_own() {
    let house = House::build().start().await;
    let package = Package::new("own")
        .manifest(
            "[[tests]]\nname = \"01-sample\"\nargs = [\"a\", \"b c\"]\n\
             [[tests]]\nname = \"03\"\ncompare = { mode = \"icpc\", absolute = 0.5 }\n",
        )
        .file("solutions/accepted/main.py", "pass\n")
        .test("01-sample", "\n", "['a', 'b c'] []\n")
        .test("02", "\n", "[] ['data', 'word.txt']\n")
        .file("tests/02.files/word.txt", "one")
        .file("tests/02.files/data/deep.txt", "two")
        .test("03", "\n", "10\n")
        .test("04", "\n", "[] ['word.txt']\n")
        .file("tests/04.files/word.txt", "three");
    house.add(&package).await;
    let code = |word: &str| {
        format!(
            "import os, sys\nown = sorted(n for n in os.listdir() if not n.startswith(('main.', '__', '.')))\n\
             if own == [] and sys.argv[1:] == []: print(9.6)\n\
             else: print(sys.argv[1:], own)\n{word}\n"
        )
    };
    expect(&house.judge("own", "python", &code("")).await, Verdict::Accepted);
    let reads = "words = [open(os.path.join(d, f)).read() for d, _, fs in os.walk('.') for f in fs if f.endswith('.txt')]\n\
                 assert sorted(words) in ([], ['one', 'two'], ['three']), words";
    expect(&house.judge("own", "python", &code(reads)).await, Verdict::Accepted);
    // Nobody but the judge writes there.
    let writes = "open('word.txt', 'w')";
    expect(&house.judge("own", "python", &code(writes)).await, Verdict::RuntimeError);
    // What a submission has in the way is put aside for the test only.
    let files = [("word.txt", "mine")];
    let outcome = judge_files(
        &house,
        ("own", "python"),
        &code(reads)
            .replace("['three'])", "['three'], ['mine'])")
            .replace("if own == []", "if own == ['word.txt'] and open('word.txt').read() == 'mine'")
            .replace("print(sys.argv[1:], own)", "print(sys.argv[1:], [] if sys.argv[1:] else own)")
            .replace("and sys.argv[1:] == []", "and not sys.argv[1:]"),
        &files,
    )
    .await;
    expect(&outcome, Verdict::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_may_have_arguments_for_one_test() {
    let house = House::build().start().await;
    let checker = "import sys\nwords = sys.argv[4:]\nout = open(sys.argv[2]).read().split()\n\
                   sys.exit(0 if out == words else 1)\n";
    let package = Package::new("told")
        .manifest(
            "[checker]\nprogram = \"check.py\"\nargs = [\"usual\"]\n\
             [[tests]]\nname = \"02\"\njudge_args = [\"special\", \"words\"]\n\
             [[tests]]\nname = \"03\"\njudge_args = []\n",
        )
        .file("checker/check.py", checker)
        .file("solutions/accepted/main.py", "print(input())\n")
        .test("01-sample", "usual\n", "\n")
        .test("02", "special words\n", "\n")
        .test("03", "\n", "\n");
    house.add(&package).await;
    expect(&house.judge("told", "python", "print(input())").await, Verdict::Accepted);
    let outcome = house.judge("told", "python", "print('usual')").await;
    assert_eq!((outcome.verdict, outcome.passed), (Verdict::WrongAnswer, 1), "{outcome:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judges_program_may_be_a_script_or_have_several_sources() {
    let house = House::build().start().await;
    let scripts = [
        (
            "#!/bin/sh\ntest \"$(cat)\" = \"$(cat $2)\" && exit 42\necho not the same > $3/judgemessage.txt\nexit 43\n",
            None,
        ),
        // Made by `build` of a source beside it.
        ("", Some("#!/bin/sh\nset -e\ng++ -o run src/check.cpp\n")),
    ];
    for (at, (run, build)) in scripts.into_iter().enumerate() {
        let mut package = Package::new(&format!("script{at}"))
            .manifest("[checker]\nprogram = \"run\"\nconvention = \"icpc\"\n")
            .test("01-sample", "1 2\n", "3\n");
        if let Some(build) = build {
            let source = "#include <fstream>\n#include <iostream>\nint main(int, char **w) { std::ifstream a(w[2]); int x, y; \
                          if (!(a >> x) || !(std::cin >> y)) return 1; if (x == y) return 42; \
                          std::ofstream(std::string(w[3]) + \"judgemessage.txt\") << \"not the same\"; return 43; }\n";
            package = package.file("checker/build", build).file("checker/src/check.cpp", source);
        } else {
            package = package.file("checker/run", run);
        }
        house.add(&package).await;
        let slug = format!("script{at}");
        expect(&house.judge(&slug, "python", "print(3)").await, Verdict::Accepted);
        let outcome = house.judge(&slug, "python", "print(4)").await;
        expect(&outcome, Verdict::WrongAnswer);
        assert_eq!(outcome.message.as_deref(), Some("not the same"));
    }
    let package = Package::new("parts")
        .manifest("[checker]\nprogram = \"check.cpp\"\n")
        .file("checker/check.cpp", "#include \"same.h\"\nint main(int, char **w) { return same(w[2], w[3]) ? 0 : 1; }\n")
        .file("checker/same.h", "bool same(const char *a, const char *b);\n")
        .file("checker/same.cpp", "#include <fstream>\n#include \"same.h\"\nbool same(const char *a, const char *b) { int x = 0, y = 1; std::ifstream(a) >> x; std::ifstream(b) >> y; return x == y; }\n")
        .test("01-sample", "1 2\n", "3\n");
    house.add(&package).await;
    expect(&house.judge("parts", "python", "print(3)").await, Verdict::Accepted);
    expect(&house.judge("parts", "python", "print(4)").await, Verdict::WrongAnswer);
}
