//! A problem for which only a function is written, in every language.

use crate::house::{House, Package, expect};
use serde_json::json;
use sonocode::judge::{EventBody, Verdict};

/// A language, its file extension, and what stands around the user's code.
const STUBS: [(&str, &str, &str, &str, &str); 10] = [
    (
        "c",
        "c",
        "#include <stdio.h>",
        "int twice(int n) {\n}",
        "int main(void) { int n; scanf(\"%d\", &n); printf(\"%d\\n\", twice(n)); }",
    ),
    (
        "cpp",
        "cpp",
        "#include <iostream>",
        "int twice(int n) {\n}",
        "int main() { int n; std::cin >> n; std::cout << twice(n) << '\\n'; }",
    ),
    (
        "java",
        "java",
        "import java.util.Scanner;",
        "class Solution {\n}",
        "public class Main { public static void main(String[] a) { System.out.println(new Solution().twice(new Scanner(System.in).nextInt())); } }",
    ),
    (
        "javascript",
        "js",
        "const input = require('fs').readFileSync(0, 'utf8');",
        "function twice(n) {\n}",
        "console.log(twice(Number(input)));",
    ),
    ("python", "py", "import sys", "def twice(n):", "print(twice(int(sys.stdin.read())))"),
    ("ruby", "rb", "require 'set'", "def twice(n)\nend", "puts twice(gets.to_i)"),
    (
        "go",
        "go",
        "package main\nimport \"fmt\"",
        "func twice(n int) int {\n}",
        "func main() { var n int; fmt.Scan(&n); fmt.Println(twice(n)) }",
    ),
    (
        "rust",
        "rs",
        "use std::io::stdin;",
        "fn twice(n: i32) -> i32 {\n}",
        "fn main() { let mut line = String::new(); stdin().read_line(&mut line).unwrap(); println!(\"{}\", twice(line.trim().parse().unwrap())); }",
    ),
    (
        "typescript",
        "ts",
        "const input: string = require('fs').readFileSync(0, 'utf8');",
        "function twice(n: number): number {\n}",
        "console.log(twice(Number(input)));",
    ),
    (
        "csharp",
        "cs",
        "using System;",
        "class Solution {\n}",
        "class Program { static void Main() { Console.WriteLine(new Solution().Twice(int.Parse(Console.ReadLine()))); } }",
    ),
];

/// What a user writes: right, wrong, crashing and not to be compiled.
const CODES: [(&str, [&str; 4]); 10] = [
    (
        "c",
        [
            "int twice(int n) { return 2 * n; }",
            "int twice(int n) { return n * n; }",
            "int twice(int n) { return *(volatile int *)0; }",
            "int twice(int n) { return n }",
        ],
    ),
    (
        "cpp",
        [
            "int twice(int n) { return 2 * n; }",
            "int twice(int n) { return n * n; }",
            "int twice(int n) { throw n; }",
            "int thrice(int n) { return 3 * n; }",
        ],
    ),
    (
        "java",
        [
            "class Solution { int twice(int n) { return 2 * n; } }",
            "class Solution { int twice(int n) { return n * n; } }",
            "class Solution { int twice(int n) { return 1 / (n - n); } }",
            "class Solution { }",
        ],
    ),
    (
        "javascript",
        [
            "function twice(n) { return 2 * n; }",
            "const twice = n => n * n;",
            "function twice(n) { return n.m.k; }",
            "function twice(n) { return 2 * ; }",
        ],
    ),
    (
        "python",
        [
            "def twice(n):\n    return 2 * n",
            "twice = lambda n: n * n",
            "def twice(n):\n    return n[0]",
            "def twice(n)\n    return 2 * n",
        ],
    ),
    (
        "ruby",
        [
            "def twice(n) = 2 * n",
            "def twice(n) = n * n",
            "def twice(n) = n.foo",
            "def twice(n)\n  2 * )\nend",
        ],
    ),
    (
        "go",
        [
            "func twice(n int) int { return 2 * n }",
            "func twice(n int) int { return n * n }",
            "func twice(n int) int { return 1 / (n - n) }",
            "func twice(n int) int {\n\treturn m\n}",
        ],
    ),
    (
        "rust",
        [
            "fn twice(n: i32) -> i32 { 2 * n }",
            "fn twice(n: i32) -> i32 { n * n }",
            "fn twice(n: i32) -> i32 { panic!(\"{n}\") }",
            "fn twice(n: i32) -> i32 {\n    m\n}",
        ],
    ),
    (
        "typescript",
        [
            "const twice = (n: number) => 2 * n;",
            "const twice = (n: number): number => n * n;",
            "function twice(n: any): number { return n.m.k; }",
            "function twice(n: number): number {\n  return 'two';\n}",
        ],
    ),
    (
        "csharp",
        [
            "class Solution { public int Twice(int n) { return 2 * n; } }",
            "class Solution { public int Twice(int n) { return n * n; } }",
            "class Solution { public int Twice(int n) { return 1 / (n - n); } }",
            "class Solution { public int Twice(int n) {\n    return m; } }",
        ],
    ),
];

/// Where the compiler finds what is wrong with the last of [`CODES`]: in a line of the user's own code, or in
/// the problem's, which lacks what the user has not written.
fn place_of_mistake(language: &str) -> &'static str {
    match language {
        "c" => "main.c:1:28",
        "cpp" => "main.cpp (the problem's own code)",
        "java" => "Main.java (the problem's own code)",
        "javascript" => "main.js:1",
        "ruby" => "main.rb:2",
        "go" => "main.go:2:9",
        "rust" => "main.rs:2:5",
        "typescript" => "main.ts(2,3)",
        "csharp" => "main.cs(2,12)",
        _ => "line 1",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_judged_in_every_language() {
    let house = House::build().workers(2).start().await.ready().await;
    // The reference is a function as well: it makes the second answer.
    let mut package = Package::new("twice")
        .manifest("reference = \"accepted/main.py\"\n[limits]\ntime_ms = 3000\n[generators]\n02 = [\"gen.py\", \"21\"]\n")
        .file("generators/gen.py", "import sys\nprint(sys.argv[1])\n")
        .file("solutions/accepted/main.py", "def twice(n):\n    return n + n\n")
        .test("01-sample", "2\n", "4\n");
    for (language, extension, start, user, end) in STUBS {
        for (part, text) in [("start", start), ("user", user), ("end", end)] {
            package = package.file(&format!("stubs/{language}/{part}.{extension}"), text);
        }
    }
    house.add(&package).await;
    let shown = house.get("/api/v1/problems/twice").await.body["data"].clone();
    let shown = shown["codeStubs"].as_array().unwrap();
    for (language, _, start, user, end) in STUBS {
        let stub = shown.iter().find(|stub| stub["language"] == language).unwrap();
        let text = |key: &str| stub[key].as_str().unwrap();
        assert_eq!(
            (text("startSnippet"), text("userSnippet"), text("endSnippet")),
            (start, user, end)
        );
    }
    let verdicts =
        [Verdict::Accepted, Verdict::WrongAnswer, Verdict::RuntimeError, Verdict::CompileError];
    let mut waiting = Vec::new();
    for (language, codes) in CODES {
        for (code, verdict) in codes.into_iter().zip(verdicts) {
            waiting.push((house.submit("twice", language, code).await, language, verdict));
        }
    }
    // What there is for a language serves its variants too.
    let variants = [("C++20", CODES[1].1), ("cpp23", CODES[1].1), ("pypy", CODES[4].1)];
    for (variant, codes) in variants {
        waiting.push((house.submit("twice", variant, codes[0]).await, variant, Verdict::Accepted));
    }
    for (id, language, verdict) in waiting {
        let outcome = house.outcome(&id).await;
        expect(&outcome, verdict);
        if verdict == Verdict::CompileError {
            let words = outcome.message.clone().unwrap();
            assert!(words.contains(place_of_mistake(language)), "{language}: {words}");
            for (.., end) in STUBS {
                assert!(!words.contains(end), "{language}: {words}");
            }
        }
        // 2 * 2 is 2 + 2: only the second test tells right from wrong.
        let passed = match verdict {
            Verdict::Accepted => 2,
            Verdict::WrongAnswer => 1,
            _ => 0,
        };
        assert_eq!((outcome.passed, outcome.total), (passed, 2), "{outcome:?}");
    }
    house.stop().await;
}

/// A language, its file's extension, what stands before and after the user's code, code that crashes in its
/// third line two steps deep, and what is said of it.
const CRASHES: [(&str, &str, &str, &str, &str, &str); 9] = [
    (
        "python",
        "py",
        "import sys",
        "SECRET = int(sys.stdin.read())\nprint(twice(SECRET))",
        "def deep(n):\n    # here\n    return n[0]\ndef twice(n):\n    return deep(n)",
        "TypeError: 'int' object is not subscriptable (main.py:3)",
    ),
    (
        "java",
        "java",
        "import java.util.Scanner;",
        "public class Main { public static void main(String[] a) {\n int SECRET = new Scanner(System.in).nextInt();\n System.out.println(new Solution().twice(SECRET)); } }",
        "class Solution {\n  int deep(int n) {\n    return 1 / (n - n); }\n  int twice(int n) { return deep(n); }\n}",
        "java.lang.ArithmeticException: / by zero (Main.java:3)",
    ),
    (
        "javascript",
        "js",
        "const input = require('fs').readFileSync(0, 'utf8');",
        "const SECRET = Number(input);\nconsole.log(twice(SECRET));",
        "function deep(n) {\n  // here\n  return n.m.k;\n}\nconst twice = n => deep(n);",
        "(main.js:3)",
    ),
    (
        "typescript",
        "ts",
        "const input: string = require('fs').readFileSync(0, 'utf8');",
        "interface Secret { n: number }\nconst SECRET: Secret = { n: Number(input) };\nconsole.log(twice(SECRET.n));",
        "function deep(n: any): number {\n  // here\n  return n.m.k;\n}\nconst twice = (n: number): number => deep(n);",
        "(main.ts:3)",
    ),
    (
        "ruby",
        "rb",
        "# nothing",
        "SECRET = gets.to_i\nputs twice(SECRET)",
        "def deep(n)\n  # here\n  n.foo.bar\nend\ndef twice(n) = deep(n)",
        "main.rb:3:in `deep': undefined method `foo'",
    ),
    (
        "go",
        "go",
        "package main\nimport \"fmt\"",
        "func main() {\n var SECRET int\n fmt.Scan(&SECRET)\n fmt.Println(twice(SECRET))\n}",
        "func deep(n int) int {\n // here\n return 1 / (n - n)\n}\nfunc twice(n int) int { return deep(n) }",
        "integer divide by zero (main.go:3)",
    ),
    (
        "rust",
        "rs",
        "use std::io::stdin;",
        "fn main() {\n let mut secret = String::new();\n stdin().read_line(&mut secret).unwrap();\n let secret = secret.trim().parse().unwrap();\n println!(\"{}\", twice(secret));\n}",
        "fn deep(v: Vec<i32>, n: usize) -> i32 {\n  // here\n  v[n]\n}\nfn twice(n: usize) -> i32 { deep(vec![], n) }",
        "main.rs:3:3",
    ),
    (
        "cpp",
        "cpp",
        "#include <cassert>\n#include <cstdio>",
        "int main() {\n int SECRET; if (scanf(\"%d\", &SECRET) != 1) return 1;\n printf(\"%d\\n\", twice(SECRET)); }",
        "int deep(int n) {\n  // here\n  assert(n > 1000); return n; }\nint twice(int n) { return deep(n); }",
        "main.cpp:3: int deep(int): Assertion `n > 1000' failed.",
    ),
    (
        "c",
        "c",
        "#include <assert.h>\n#include <stdio.h>",
        "int main(void) {\n int SECRET; if (scanf(\"%d\", &SECRET) != 1) return 1;\n printf(\"%d\\n\", twice(SECRET)); }",
        "int deep(int n) {\n  // here\n  assert(n > 1000); return n; }\nint twice(int n) { return deep(n); }",
        "main.c:3: deep: Assertion `n > 1000' failed.",
    ),
];

/// Who crashes is told where in the user's own lines, and nothing of the problem's.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_is_told_in_the_users_own_lines() {
    let house = House::build().workers(2).start().await.ready().await;
    let mut package = Package::new("twice")
        .manifest("reference = \"accepted/main.py\"\n[limits]\ntime_ms = 3000\n")
        .file("solutions/accepted/main.py", "def twice(n):\n    return n + n\n")
        .test("01", "2\n", "4\n");
    for (language, extension, start, end, ..) in CRASHES {
        package = package
            .file(&format!("stubs/{language}/start.{extension}"), start)
            .file(&format!("stubs/{language}/end.{extension}"), end);
    }
    house.add(&package).await;
    for (language, _, _, _, code, expected) in CRASHES {
        let outcome = house.judge("twice", language, code).await;
        expect(&outcome, Verdict::RuntimeError);
        let message = outcome.message.unwrap_or_default();
        assert!(message.contains(expected), "{language}: {message}");
        assert!(!message.to_uppercase().contains("SECRET"), "{language}: {message}");
        // A custom run shows all that the runtime says, but for what is not the user's.
        let run = json!({"language": language, "code": code, "input": "2\n", "compare": "twice"});
        let reply = house.post("/api/v1/runs", run).await;
        let id = reply.body["data"]["submission"]["id"].as_str().unwrap().to_owned();
        let events = house.events(&id, 0).await;
        let stderr = events.iter().find_map(|event| match &event.body {
            EventBody::Ran { stderr, .. } => Some(stderr.clone()),
            _ => None,
        });
        let stderr = stderr.unwrap();
        let own = [":3", "line 3"].iter().any(|place| stderr.contains(place));
        assert!(own, "{language}: {stderr}");
        assert!(!stderr.to_uppercase().contains("SECRET"), "{language}: {stderr}");
    }
    house.stop().await;
}
