//! Custom runs.

use super::{act, data, refused};
use crate::{
    house::{House, Package, Watcher},
    process::Containers,
};
use serde_json::{Value, json};
use sonocode::judge::{EventBody, Exit, Outcome, OutputStream, Verdict};

struct Ran {
    exit: Exit,
    stdout: String,
    stderr: String,
    truncated: bool,
    outcome: Outcome,
}

async fn run(house: &House, body: Value) -> Ran {
    let reply = house.post("/api/v1/runs", body).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let submission = data(reply)["submission"].clone();
    assert_eq!(submission["kind"], "run");
    let events = house.events(submission["id"].as_str().unwrap(), 0).await;
    let [.., ran, finished] = &events[..] else { panic!("{events:?}") };
    match (ran.body.clone(), finished.body.clone()) {
        (
            EventBody::Ran { exit, stdout, stderr, truncated, usage: _ },
            EventBody::Finished(outcome),
        ) => Ran { exit, stdout, stderr, truncated, outcome },
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_runs_once_on_an_input_of_ones_own() {
    let house = House::build().start().await;
    let code = "import sys\nprint(input()[::-1])\nprint('aside', file=sys.stderr)\n";
    let ran = run(&house, json!({"code": code, "language": "Python", "input": "olleh\n"})).await;
    assert_eq!((ran.exit, ran.stdout.as_str()), (Exit::Code(0), "hello\n"));
    assert_eq!((ran.stderr.as_str(), ran.truncated), ("aside\n", false));
    assert_eq!(ran.outcome.verdict, Verdict::Accepted);

    let code =
        "#include <cstdio>\nint main(){if(getchar()!=EOF)return 1;puts(\"no input\");return 7;}";
    let ran = run(&house, json!({"code": code, "language": "CPP"})).await;
    assert_eq!((ran.exit, ran.stdout.as_str()), (Exit::Code(7), "no input\n"));
    assert_eq!(ran.outcome.verdict, Verdict::RuntimeError);

    // Long output is cut, and every byte comes through that JSON can carry.
    let code = "import sys\nsys.stdout.buffer.write(bytes(range(256)))\nprint('x' * 10**6)";
    let ran = run(&house, json!({"code": code, "language": "python"})).await;
    assert!(ran.truncated && ran.stdout.len() < 600_000 && ran.stdout.starts_with('\0'));
    assert_eq!(ran.outcome.verdict, Verdict::Accepted);

    let reply = house.post("/api/v1/runs", json!({"code": "int main({", "language": "c"})).await;
    let id = data(reply)["submission"]["id"].as_str().unwrap().to_owned();
    let outcome = house.outcome(&id).await;
    assert_eq!(outcome.verdict, Verdict::CompileError);
    assert!(outcome.message.unwrap().contains("main.c:1"));

    let wrong = json!({
        "userId": "", "code": " ", "language": "cobol", "input": 5, "args": "x", "files": [{}],
        "compare": "?",
    });
    let reply = refused(house.post("/api/v1/runs", wrong).await, 400, "validation");
    let fields = ["userId", "code", "language", "input", "args", "files[0]", "compare"];
    assert_eq!(reply.fields(), fields);
    house.stop().await;
}

/// The next piece of a run's output.
async fn piece(journal: &mut Watcher) -> (OutputStream, String) {
    let event = journal.until(|event| matches!(event.body, EventBody::Output { .. })).await;
    let EventBody::Output { stream, text } = event.body else { unreachable!() };
    (stream, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn output_comes_while_the_program_runs_until_it_is_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::build().data_dir(dir.path()).start().await;
    // It waits for ever after its first words, the half of a character among them.
    let code = "import os, sys, signal\nos.write(1, b'ready \\xc3')\nos.write(2, b'aside')\n\
                if len(sys.argv) > 1: signal.pause()\nos.write(1, b'\\xa9\\n')";
    let body = json!({"code": code, "language": "python", "args": ["wait"]});
    let id = data(house.post("/api/v1/runs", body).await)["submission"]["id"].clone();
    let id = id.as_str().unwrap();
    let mut journal = house.watch(&format!("/api/v1/submissions/{id}/events")).await;
    let mut pieces = vec![piece(&mut journal).await, piece(&mut journal).await];
    pieces.sort_by_key(|(stream, _)| *stream == OutputStream::Stderr);
    let expected = [(OutputStream::Stdout, "ready "), (OutputStream::Stderr, "aside")];
    assert_eq!(pieces, expected.map(|(stream, text)| (stream, text.to_owned())));

    let containers = Containers::of(dir.path());
    let before = containers.names().await;
    let mut ended = containers.news("destroy");
    assert_eq!(data(act(&house, id, "cancel").await)["status"], "cancelled");
    let gone = ended.next().await;
    assert!(before.iter().any(|name| name.contains(&gone)), "{gone} of {before:?}");
    assert_eq!(house.events(id, 0).await.last().unwrap().body, EventBody::Cancelled);

    let ran = run(&house, json!({"code": code, "language": "python"})).await;
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("ready é\n", "aside"));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_and_files_go_along() {
    let house = House::build().start().await;
    let files = json!([
        {"name": "words.txt", "content": "one two\n"},
        {"name": "util.h", "content": "#define GREETING \"hello \""},
    ]);
    let code = "#include \"util.h\"\n#include <cstdio>\nint main(int n, char** v) {\n\
                char word[9]; fscanf(fopen(\"words.txt\", \"r\"), \"%8s\", word);\n\
                printf(GREETING \"%s %d %s\\n\", word, n - 1, v[n - 1]); }";
    let args = json!(["-x", "", "a b"]);
    let body = json!({"code": code, "language": "cpp", "args": args, "files": files});
    let ran = run(&house, body).await;
    assert_eq!((ran.exit, ran.stdout.as_str()), (Exit::Code(0), "hello one 3 a b\n"));

    // They are gone with their run.
    let code = "import os\nprint(sorted(os.listdir('.')))";
    let ran = run(&house, json!({"code": code, "language": "python"})).await;
    assert!(!ran.stdout.contains("words.txt"), "{}", ran.stdout);
    house.stop().await;
}

/// Runs a program against a problem's reference solution: the event before the last, and the outcome.
async fn compared(house: &House, slug: &str, code: &str, input: &str) -> (EventBody, Outcome) {
    let body = json!({"code": code, "language": "python", "input": input, "compare": slug});
    let id = data(house.post("/api/v1/runs", body).await)["submission"]["id"].clone();
    let mut events = house.events(id.as_str().unwrap(), 0).await;
    let Some(EventBody::Finished(outcome)) = events.pop().map(|e| e.body) else { panic!() };
    (events.pop().unwrap().body, outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_problems_checker_compares() {
    // Any two numbers with the sum that is asked for.
    let checker = "import sys\nn = int(open(sys.argv[1]).read())\n\
        said, wanted = (list(map(int, open(p).read().split())) for p in sys.argv[2:4])\n\
        assert sum(wanted) == n\nprint('they add up to', sum(said), file=sys.stderr)\n\
        sys.exit(0 if sum(said) == n else 1)\n";
    let house = House::build().start().await;
    let package = Package::new("parts")
        .manifest("[checker]\nprogram = \"check.py\"\n")
        .file("checker/check.py", checker)
        .file("solutions/accepted/main.py", "print(int(input()) - 1, 1)\n")
        .test("01", "5\n", "2 3\n");
    house.add(&package).await;
    let (told, outcome) = compared(&house, "parts", "print(3, 4)", "7\n").await;
    assert!(matches!(told, EventBody::Compared { same: true, .. }), "{told:?}");
    assert_eq!(outcome.verdict, Verdict::Accepted);
    let (told, outcome) = compared(&house, "parts", "print(3, 5)", "7\n").await;
    let EventBody::Compared { same: false, message: Some(why), expected } = told else {
        panic!("{told:?}")
    };
    assert_eq!((why.as_str(), expected.as_str()), ("they add up to 8", "6 1\n"));
    assert_eq!(outcome.verdict, Verdict::WrongAnswer);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_compared_with_the_reference_solution() {
    let house = House::with_sum().await;
    let compared = async |code: &str, input: &str| compared(&house, "sum", code, input).await;
    let right = "a, b = map(int, input().split())\nprint(a + b)";
    let (told, outcome) = compared(right, "20 22\n").await;
    let same = EventBody::Compared { same: true, message: None, expected: "42\n".into() };
    assert_eq!((told, outcome.verdict), (same, Verdict::Accepted));

    let (told, outcome) = compared("print(41)", "20 22\n").await;
    let EventBody::Compared { same: false, message: Some(why), expected } = told else {
        panic!("{told:?}")
    };
    assert!(why.contains("42") && why.contains("41") && expected == "42\n", "{why}");
    assert_eq!((outcome.verdict, outcome.message), (Verdict::WrongAnswer, Some(why)));

    // A program that fails is not compared; an input that the reference cannot read is nobody's WA.
    let (told, outcome) = compared("exit(3)", "20 22\n").await;
    assert!(matches!(told, EventBody::Ran { exit: Exit::Code(3), .. }), "{told:?}");
    assert_eq!(outcome.verdict, Verdict::RuntimeError);
    let (told, outcome) = compared("print(1)", "no numbers\n").await;
    assert!(matches!(told, EventBody::Ran { .. }), "{told:?}");
    assert_eq!(outcome.verdict, Verdict::InternalError);
    let why = outcome.message.unwrap();
    assert!(why.contains("accepted/main.py") && why.contains("ValueError"), "{why}");
    house.stop().await;
}
