//! What tests and submissions have beside inputs and sources: arguments, files, included code.

use super::Package;
use crate::house::{House, expect};
use sonocode::judge::Verdict;

#[tokio::test(flavor = "multi_thread")]
async fn arguments_and_files_of_tests() {
    let house = House::build().workers(2).start().await;
    let code = "import os, sys\nwords = open('words.txt').read().split() if os.path.exists('words.txt') else []\n\
                print(input(), *sys.argv[1:], *words)\n";
    Package::latest("beside", "")
        .test("secret/1", "a\n", "a x y\n")
        .test("secret/2", "b\n", "b z w\n")
        .test("secret/3", "c\n", "c x y\n")
        .file("data/secret/test_group.yaml", "args: [x, y]\n")
        .file("data/secret/2.yaml", "args: [z]\n")
        .file("data/secret/2.files/words.txt", "w\n")
        .file("submissions/accepted/main.py", code)
        .add(&house)
        .await;
    let outcome = house.judge("beside", "python", code).await;
    expect(&outcome, Verdict::Accepted);
    assert_eq!(outcome.passed, 3, "the file of one test is not there in the next");
    let outcome = house.judge("beside", "python", "print(input(), 'x y')").await;
    expect(&outcome, Verdict::WrongAnswer);
    assert_eq!(outcome.passed, 2);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn included_files_of_each_language() {
    let house = House::build().workers(2).start().await;
    Package::latest("included", "constants: {extra: 5}\n")
        .test("secret/1", "1 2\n", "8\n")
        .file("include/cpp/add.h", "inline int add(int a, int b) { return a + b + {{extra}}; }\n")
        .file("include/default/add.py", "def add(a, b):\n    return a + b + {{extra}}\n")
        .file(
            "submissions/accepted/main.py",
            "import add\nprint(add.add(*map(int, input().split())))\n",
        )
        .add(&house)
        .await;
    let cpp = "#include <iostream>\n#include \"add.h\"\nint main() { int a, b; std::cin >> a >> b; std::cout << add(a, b); }\n";
    expect(&house.judge("included", "cpp", cpp).await, Verdict::Accepted);
    let python = "import add\nprint(add.add(*map(int, input().split())))\n";
    expect(&house.judge("included", "python", python).await, Verdict::Accepted);
    expect(
        &house.judge("included", "cpp", &cpp.replace("add.h", "sub.h")).await,
        Verdict::CompileError,
    );
    house.stop().await;
}
