//! A program and an interactor that talk to each other, and who is to blame.

use crate::house::{House, Package};
use sonocode::judge::{Outcome, Verdict};

/// Guess the number in the input with at most ten questions.
const TESTLIB: &str = r#"
import sys
secret = int(open(sys.argv[1]).read())
tout = open(sys.argv[2], "w")
def end(code, text):
    print(text, file=sys.stderr)
    tout.close()
    sys.exit(code)
for asked in range(1, 11):
    line = sys.stdin.readline()
    if not line: end(1, "wrong answer it ended after %d questions" % (asked - 1))
    if line == "crash\n": raise ValueError("the interactor stumbles")
    if line == "bye\n": end(0, "ok as you like")
    guess = int(line)
    print("<" if secret < guess else ">" if secret > guess else "=", flush=True)
    if guess == secret:
        tout.write(str(asked))
        end(0, "ok %d questions" % asked)
end(1, "wrong answer more than ten questions")
"#;

const ICPC: &str = r#"
import sys
secret = int(open(sys.argv[1]).read())
feedback = sys.argv[3]
def end(code, text):
    open(feedback + "judgemessage.txt", "w").write(text)
    sys.exit(code)
for asked in range(1, 11):
    line = sys.stdin.readline()
    if not line: end(43, "it ended after %d questions" % (asked - 1))
    if line == "crash\n": raise ValueError("the interactor stumbles")
    if line == "bye\n": end(42, "")
    guess = int(line)
    print("<" if secret < guess else ">" if secret > guess else "=", flush=True)
    if guess == secret: end(42, "")
end(43, "more than ten questions")
"#;

const BISECT: &str = "low, high = 1, 1000\nwhile True:\n    middle = (low + high) // 2\n    print(middle, flush=True)\n    said = input()\n    if said == '=': break\n    if said == '<': high = middle - 1\n    else: low = middle + 1\n";

fn guess(convention: &str, interactor: &str) -> Package {
    Package::new("guess")
        .manifest(&format!(
            "[limits]\ntime_ms = 1000\nwall_ms = 1200\n\
             [interactor]\nprogram = \"talk.py\"\nconvention = \"{convention}\"\n"
        ))
        .file("interactor/talk.py", interactor)
        .file("solutions/accepted/main.py", BISECT)
        .test("01-sample", "500\n", "\n")
        .test("02", "777\n", "\n")
}

async fn judge(house: &House, code: &str) -> Outcome {
    house.judge("guess", "python", code).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_to_blame_is_blamed() {
    let house = House::build().start().await;
    for (convention, interactor) in [("testlib", TESTLIB), ("icpc", ICPC)] {
        house.add(&guess(convention, interactor)).await;
        for (code, verdict, message) in [
            (BISECT, Verdict::Accepted, ""),
            // It never looks at the answers, and is rejected while it still talks.
            ("while True: print(1, flush=True)", Verdict::WrongAnswer, "more than ten questions"),
            ("print(1, flush=True)\ninput()", Verdict::WrongAnswer, "it ended after 1 questions"),
            ("pass", Verdict::WrongAnswer, "it ended after 0 questions"),
            // Nothing is flushed, so both wait.
            (
                "import sys\nprint(500)\nsys.stdin.readline()\nprint(1)",
                Verdict::TimeLimitExceeded,
                "idle",
            ),
            (
                "import time\nprint(500, flush=True)\ninput()\ntime.sleep(60)",
                Verdict::TimeLimitExceeded,
                "idle",
            ),
            ("print(500, flush=True)\nwhile True: pass", Verdict::TimeLimitExceeded, "CPU"),
            (
                "print(1, flush=True)\ninput()\nraise SystemExit(3)",
                Verdict::RuntimeError,
                "exit code 3",
            ),
            (
                "print(500, flush=True)\ninput()\nraise SystemExit(3)",
                Verdict::RuntimeError,
                "exit code 3",
            ),
            ("print('crash', flush=True)\ninput()", Verdict::InternalError, "stumbles"),
            ("print('bye', flush=True)", Verdict::Accepted, ""),
            (
                "x = bytearray(300 << 20)\nprint(500, flush=True)",
                Verdict::MemoryLimitExceeded,
                "memory",
            ),
            // What it still says is not read by anybody, and does it no harm.
            (
                "import sys\nprint('bye', flush=True)\nsys.stdout.write('x' * 1000000)",
                Verdict::Accepted,
                "",
            ),
        ] {
            let outcome = judge(&house, code).await;
            assert_eq!(outcome.verdict, verdict, "{convention} {code}: {outcome:?}");
            let said = outcome.message.clone().unwrap_or_default();
            assert!(said.contains(message), "{convention} {code}: {outcome:?}");
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checker_may_follow_an_interactor() {
    let house = House::build().start().await;
    let checker = "import sys\nasked = int(open(sys.argv[2]).read())\n\
                   if asked > 9: print('wrong answer', asked, 'questions', file=sys.stderr); sys.exit(1)\n\
                   print('ok', asked, file=sys.stderr)\n";
    let package = guess("testlib", TESTLIB)
        .manifest("[checker]\nprogram = \"check.py\"\n")
        .file("checker/check.py", checker);
    house.add(&package).await;
    assert_eq!(judge(&house, BISECT).await.verdict, Verdict::Accepted);
    let slow = "for _ in range(9):\n    print(1000, flush=True)\n    input()\n\
                print(500, flush=True)\ninput()\n";
    let outcome = judge(&house, slow).await;
    assert_eq!(outcome.verdict, Verdict::WrongAnswer, "{outcome:?}");
    assert!(outcome.message.unwrap().contains("10 questions"));
    house.stop().await;
}

/// What is said fast is heard fast: ten thousand questions, each answered before the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_talk() {
    let house = House::build().start().await;
    let interactor = "import sys\nfor n in range(10000):\n    line = sys.stdin.readline()\n    if line != '%d\\n' % n: print('wrong answer', n, repr(line), file=sys.stderr); sys.exit(1)\n    print(n * 2, flush=True)\nprint('ok', file=sys.stderr)\n";
    let package = Package::new("guess")
        .manifest("[limits]\ntime_ms = 10000\n[interactor]\nprogram = \"talk.py\"\n")
        .file("interactor/talk.py", interactor)
        .file(
            "solutions/accepted/main.py",
            "for n in range(10000):\n    print(n, flush=True)\n    assert int(input()) == 2 * n\n",
        )
        .test("01", "\n", "\n");
    house.add(&package).await;
    let code =
        "for n in range(10000):\n    print(n, flush=True)\n    assert int(input()) == 2 * n\n";
    let outcome = judge(&house, code).await;
    assert_eq!(outcome.verdict, Verdict::Accepted, "{outcome:?}");
    house.stop().await;
}

/// Who closes its output is heard to have ended, though it goes on listening.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_what_one_says_is_heard_before_its_end() {
    let house = House::build().start().await;
    let interactor = "import os, sys\nprint('2 3 4', flush=True)\nos.close(1)\nsum = int(sys.stdin.readline())\n\
                      rest = sys.stdin.read()\nsys.exit(42 if sum == 9 and not rest else 43)\n";
    let solution = "import os, sys\nprint(sum(map(int, sys.stdin.read().split())), flush=True)\nos.close(1)\n\
                    sys.stdin.read()\n";
    let package = Package::new("guess")
        .manifest("[interactor]\nprogram = \"talk.py\"\nconvention = \"icpc\"\n")
        .file("interactor/talk.py", interactor)
        .file("solutions/accepted/main.py", solution)
        .test("01", "\n", "\n");
    house.add(&package).await;
    let outcome = judge(&house, solution).await;
    assert_eq!(outcome.verdict, Verdict::Accepted, "{outcome:?}");
    // What it does after it has closed its output is what it is judged by, and not that it owes a line.
    for (then, verdict) in [
        ("time.sleep(600)", Verdict::TimeLimitExceeded),
        ("time.sleep(0.5)\nos.abort()", Verdict::RuntimeError),
        ("time.sleep(0.5)\nos._exit(1)", Verdict::RuntimeError),
    ] {
        let outcome = judge(&house, &format!("import os, time\nos.close(1)\n{then}")).await;
        assert_eq!(outcome.verdict, verdict, "{then}: {outcome:?}");
    }
    house.stop().await;
}

/// Asks for three numbers, and says nothing before it has them.
const LISTENER: &str = "import sys\nsaid = [sys.stdin.readline().strip() for _ in range(3)]\n\
                        print('thanks', flush=True)\nsys.exit(42 if said == ['1', '2', '3'] else 43)\n";

/// Two that wait for each other are ended at once: the backstop is further off than this test may take.
#[tokio::test(flavor = "multi_thread")]
async fn two_that_wait_for_each_other_are_ended() {
    let house = House::build().start().await;
    let package = Package::new("guess")
        .manifest(
            "[limits]\ntime_ms = 5000\nwall_ms = 900000\n\
             [interactor]\nprogram = \"talk.py\"\nconvention = \"icpc\"\n",
        )
        .file("interactor/talk.py", LISTENER)
        .file("solutions/accepted/main.py", "print('1\\n2\\n3', flush=True)\ninput()\n")
        .test("01", "\n", "\n");
    house.add(&package).await;
    for (what, language, code) in [
        ("it does not flush", "python", "import sys\nprint('1\\n2\\n3')\nsys.stdin.readline()"),
        ("it writes no line end", "python", "print('1\\n2\\n3', end='', flush=True)\ninput()"),
        ("it owes a line", "cpp", WAITS_CPP),
        ("among threads", "java", WAITS_JAVA),
        ("in an event loop", "javascript", "console.log(1);\nprocess.stdin.on('data', () => {});"),
        (
            "in a child",
            "python",
            "import subprocess, sys\nprint(1, flush=True)\nsubprocess.run([sys.executable, '-c', 'input()'])",
        ),
    ] {
        let outcome = house.judge("guess", language, code).await;
        assert_eq!(outcome.verdict, Verdict::TimeLimitExceeded, "{what}: {outcome:?}");
        let message = outcome.message.unwrap_or_default();
        assert!(message.contains("wait for each other"), "{what}: {message}");
    }
    house.stop().await;
}

const WAITS_CPP: &str = "#include <iostream>\nint main() { std::cout << \"1\\n2\" << std::endl; std::string s; std::cin >> s; }\n";

const WAITS_JAVA: &str = "import java.util.Scanner;\npublic class Main { public static void main(String[] a) {\n\
    new Thread(() -> { synchronized (a) { try { a.wait(); } catch (InterruptedException e) {} } }).start();\n\
    System.out.println(1); new Scanner(System.in).nextLine(); } }\n";

/// Who only takes its time is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_takes_its_time_is_waited_for() {
    let house = House::build().start().await;
    let slow = "import sys, time\nassert sys.stdin.readline() == '1\\n'\ntime.sleep(2.5)\n\
                print('go on', flush=True)\nsys.exit(42 if sys.stdin.readline() == '2\\n' else 43)\n";
    let package = Package::new("guess")
        .manifest(
            "[limits]\nwall_ms = 60000\n[interactor]\nprogram = \"talk.py\"\nconvention = \"icpc\"\n",
        )
        .file("interactor/talk.py", slow)
        .file("solutions/accepted/main.py", "print(1, flush=True)\ninput()\nprint(2)\n")
        .test("01", "\n", "\n");
    house.add(&package).await;
    for code in [
        "print(1, flush=True)\ninput()\nprint(2)",
        "import time\ntime.sleep(1.5)\nprint(1, flush=True)\ninput()\nprint(2)",
        "import select, sys\nprint(1, flush=True)\nwhile not select.select([0], [], [], 0.3)[0]: pass\ninput()\nprint(2)",
    ] {
        let outcome = judge(&house, code).await;
        assert_eq!(outcome.verdict, Verdict::Accepted, "{code}: {outcome:?}");
    }
    house.stop().await;
}
