//! The examples in the README are whole programs that work.

use crate::{
    house::{House, PATIENCE},
    sockets::others::installed,
};
use std::{fs, path::Path, process::Stdio};
use tokio::{process::Command, time::timeout};

/// The address in the README.
const URL: &str = "127.0.0.1:7878";

/// Each example and words of what it prints, in their order.
const EXAMPLES: [(&str, &[&str]); 4] = [
    ("sonocode", &["submission:result", "Success"]),
    ("exechub", &["submission_status_update PENDING", "execution_result SUCCESS"]),
    ("codewar", &["IN_PROGRESS 28 28", "evaluationComplete", "ACCEPTED"]),
    ("chat", &["CONNECTION_OPEN", "MESSAGE_SENT", "NEW_MESSAGE", "It is."]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_readme_works() {
    let house = House::build().start().await.ready().await;
    let problem = Path::new(env!("CARGO_MANIFEST_DIR")).join("problems/palindrome-ignore");
    let mut tar = Vec::new();
    sonocode::problem::pack(&problem, &mut tar).unwrap();
    let url = format!("{}/api/v1/problems?slug=palindrome-ignore&force=true", house.url);
    let add = house.http.post(url).header("content-type", "application/x-tar").body(tar);
    let added = add.send().await.unwrap();
    assert!(added.status().is_success(), "{}", added.text().await.unwrap());
    for (dialect, words) in EXAMPLES {
        let printed = run(&example(dialect), &house).await;
        let mut rest = &printed[..];
        for word in words {
            let at = rest.find(word).unwrap_or_else(|| panic!("{dialect}: no `{word}`: {printed}"));
            rest = &rest[at + word.len()..];
        }
    }
    house.stop().await;
}

/// What a program prints that is run with Node.
async fn run(program: &str, house: &House) -> String {
    let program = program.replace(URL, house.url.trim_start_matches("http://"));
    let mut node = Command::new("node");
    node.args(["--input-type=module", "-e", &program]).current_dir(installed());
    node.stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, node.output()).await.expect("the example never ends").unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}{printed}{errors}");
    printed
}

/// The block of the README whose first line is `// NAME: …`; ten lines and that one at most.
fn example(dialect: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let begin = format!("```js\n// {dialect}: ");
    let at = readme.find(&begin).unwrap_or_else(|| panic!("the README has no `{begin}`"));
    let block = &readme[at + "```js\n".len()..];
    let block = &block[..block.find("```").unwrap()];
    assert!(block.lines().count() <= 11, "{block}");
    assert!(block.contains(URL), "{block}");
    block.to_owned()
}
