//! Custom runs.

use super::{data, refused};
use crate::house::House;
use serde_json::{Value, json};
use sonocode::judge::{EventBody, Exit, Outcome, Verdict};

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

    let wrong = json!({"userId": "", "code": " ", "language": "cobol", "input": 5});
    let reply = refused(house.post("/api/v1/runs", wrong).await, 400, "validation");
    assert_eq!(reply.fields(), ["userId", "code", "language", "input"]);
    house.stop().await;
}
