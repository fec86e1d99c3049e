//! What counts as the right output.

use crate::house::{House, Package};
use sonocode::judge::Verdict::{self, Accepted, WrongAnswer};

/// Judges programs that print these outputs to a problem whose answer is that.
async fn compared(house: &House, compare: &str, answer: &str, outputs: &[(&str, Verdict)]) {
    let compare = format!("[compare]\n{compare}\n");
    house.add(&Package::new("print").manifest(&compare).test("01", "", answer)).await;
    let mut waiting = Vec::new();
    for (output, verdict) in outputs {
        let code =
            format!("import sys\nsys.stdout.write({})", serde_json::to_string(output).unwrap());
        waiting.push((output, *verdict, house.submit("print", "python", &code).await));
    }
    for (output, verdict, id) in waiting {
        let outcome = house.outcome(&id).await;
        assert_eq!(outcome.verdict, verdict, "{compare}{output:?} for {answer:?}: {outcome:?}");
        assert_eq!(outcome.message.is_none(), verdict.is_accepted(), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outputs_are_compared_as_the_problem_says() {
    let house = House::build().workers(2).start().await;
    let tokens = [
        ("1 2\n3\n", Accepted),
        ("1 2 3", Accepted),
        ("\n 1\t2\r\n\n3  ", Accepted),
        ("1 2", WrongAnswer),
        ("1 2 3 3", WrongAnswer),
        ("1 23", WrongAnswer),
        ("1.0 2 3", WrongAnswer),
        ("", WrongAnswer),
    ];
    compared(&house, "mode = \"tokens\"", "1 2\n3\n", &tokens).await;
    let exact = [
        ("1 2\n3\n", Accepted),
        ("1 2\n3", WrongAnswer),
        ("1 2\n3\n\n", WrongAnswer),
        ("1  2\n3\n", WrongAnswer),
        ("1 2\r\n3\n", WrongAnswer),
    ];
    compared(&house, "mode = \"exact\"", "1 2\n3\n", &exact).await;
    let float = [
        ("3.1415926 yes\n1000000\n", Accepted),
        ("3.14159 yes 1e6", Accepted),
        ("3.142 yes 1000000", WrongAnswer),
        ("3.1415926 yes 1000009", Accepted),
        ("3.1415926 yes 1000011", WrongAnswer),
        ("nan yes 1000000", WrongAnswer),
        ("inf yes 1000000", WrongAnswer),
        ("3.1415926 YES 1000000", WrongAnswer),
        ("3.1415926 yes", WrongAnswer),
    ];
    let compare = "mode = \"float\"\nabsolute = 1e-5\nrelative = 1e-5";
    compared(&house, compare, "3.14159265\nyes\n1000000\n", &float).await;
    house.stop().await;
}
