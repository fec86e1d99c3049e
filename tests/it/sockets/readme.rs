//! The examples in the README are whole programs that work.

use crate::{
    house::{House, PATIENCE},
    sockets::others::installed,
};
use std::{fs, path::Path, process::Stdio};
use tokio::{process::Command, time::timeout};

/// The address in the README.
const URL: &str = "127.0.0.1:7878";

#[tokio::test(flavor = "multi_thread")]
async fn the_sonocode_example_shows_a_result() {
    shows("sonocode", &["submission:result", "Success"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exechub_example_shows_a_result() {
    shows("exechub", &["PENDING", "execution_result", "SUCCESS"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codewar_example_shows_a_result() {
    shows("codewar", &["IN_PROGRESS", "28", "evaluationComplete", "ACCEPTED"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_example_shows_an_answer() {
    shows("chat", &["CONNECTION_OPEN", "MESSAGE_SENT", "NEW_MESSAGE", "It is."]).await;
}

/// Runs the example of a dialect, on a daemon with the problem that it names, and looks for words in what it prints,
/// in their order.
async fn shows(dialect: &str, words: &[&str]) {
    let program = example(dialect);
    let house = House::build().start().await;
    let problem = Path::new(env!("CARGO_MANIFEST_DIR")).join("problems/palindrome-ignore");
    let mut tar = Vec::new();
    sonocode::problem::pack(&problem, &mut tar).unwrap();
    let url = format!("{}/api/v1/problems?slug=palindrome-ignore&force=true", house.url);
    let add = house.http.post(url).header("content-type", "application/x-tar").body(tar);
    let added = add.send().await.unwrap();
    assert!(added.status().is_success(), "{}", added.text().await.unwrap());

    let program = program.replace(URL, house.url.trim_start_matches("http://"));
    let mut node = Command::new("node");
    node.args(["--input-type=module", "-e", &program]).current_dir(installed());
    node.stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, node.output()).await.expect("the example never ends").unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
    let mut rest = &printed[..];
    for word in words {
        let at =
            rest.find(word).unwrap_or_else(|| panic!("`{word}` is missing: {printed}{errors}"));
        rest = &rest[at + word.len()..];
    }
    house.stop().await;
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
