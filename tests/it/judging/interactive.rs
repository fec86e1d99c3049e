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
