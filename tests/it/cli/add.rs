//! `problem add` of files, of addresses, and of what a browser extension posts.

use super::{Done, User, done};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Cursor, Read, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    thread,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A user's command with a daemon of its own that has no container engine.
fn add(user: &User, words: &[&str]) -> Done {
    let words: Vec<&str> = ["problem", "add"].iter().chain(words).copied().collect();
    let mut command = user.command(&words);
    done(command.env("DOCKER_HOST", "unix:///nowhere.sock").env("SONOCODE_SANDBOX_KIND", "docker"))
}

fn plain_zip() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [("1.in", "1\n"), ("1.ans", "1\n"), ("notes.txt", "x")] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn files_are_added_by_what_they_are() {
    let user = User::new();
    std::fs::write(user.home().join("some tests.zip"), plain_zip()).unwrap();
    let added = add(&user, &["some tests.zip"]);
    assert_eq!(added.code, 0, "{}", added.err);
    let mut lines = added.out.lines();
    assert_eq!(lines.next(), Some("added some-tests: some tests, 1 test, format files"));
    let notes: Vec<&str> = lines.collect();
    assert!(notes.iter().all(|line| line.starts_with("note: ")) && notes.len() == 2, "{notes:?}");

    let document = json!({"title": "Echo", "description": "Print it.",
        "testCases": [{"input": "1", "output": "1"}], "editorial": "none"});
    user.file("echo.json", &document.to_string());
    let added = add(&user, &["echo.json", "--json"]);
    assert_eq!(added.code, 0, "{}", added.err);
    let said: Value = serde_json::from_str(&added.out).unwrap();
    assert_eq!((&said["slug"], &said["format"]), (&json!("echo"), &json!("json")));
    assert_eq!(said["ignored"][0]["field"], "editorial");

    user.file("main.py", "print(1)");
    for (path, why) in [("main.py", "neither a folder"), ("nothing", "no such file or folder")] {
        let refused = add(&user, &[path]);
        assert_eq!(refused.code, 4, "{}", refused.err);
        assert!(refused.err.contains(why), "{}", refused.err);
    }
}

#[test]
fn addresses_without_encryption_need_no_certificates() {
    let user = User::new();
    user.file("none/empty.pem", "");
    let zip = plain_zip();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", zip.len());
    let address = server(vec![[head.into_bytes(), zip].concat()]);
    let bare = |address: &str| {
        let words = ["problem", "add", address];
        let mut command = user.command(&words);
        // A machine with no certificate of any authority.
        command.env("SSL_CERT_FILE", user.home().join("none/empty.pem"));
        command.env("SSL_CERT_DIR", user.home().join("none"));
        done(
            command
                .env("DOCKER_HOST", "unix:///nowhere.sock")
                .env("SONOCODE_SANDBOX_KIND", "docker"),
        )
    };
    let added = bare(&format!("{address}/sums.zip"));
    assert_eq!(added.code, 0, "{}", added.err);
    assert!(added.out.starts_with("added sums: "), "{}", added.out);
    // Others need them, and that is told.
    let refused = bare("https://127.0.0.1:9/sums.zip");
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(refused.err.contains("ca-certificates"), "{}", refused.err);
}

/// Answers one request after the other with these texts; gives its address.
fn server(replies: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for reply in replies {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap_or_default().is_empty()) {}
            stream.write_all(&reply).unwrap();
        }
    });
    address
}

#[test]
fn addresses_are_fetched() {
    let user = User::new();
    let zip = plain_zip();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", zip.len());
    let whole = [head.into_bytes(), zip].concat();
    let moved = b"HTTP/1.1 302 Found\r\nLocation: /here/sums.zip\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let address = server(vec![moved.to_vec(), whole]);
    let added = add(&user, &[&format!("{address}/go")]);
    assert_eq!(added.code, 0, "{}", added.err);
    assert!(added.out.starts_with("added sums: sums, 1 test, format files\n"), "{}", added.out);

    let large =
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n".to_vec();
    let none = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    let endless = vec![moved.to_vec(); 7];
    for (replies, why) in
        [(vec![large], "longer than 1024 MiB"), (vec![none], "404"), (endless, "redirect")]
    {
        let address = server(replies);
        let refused = add(&user, &[&format!("{address}/x.zip")]);
        assert_eq!(refused.code, 4, "{}", refused.err);
        assert!(refused.err.contains(why), "{why}: {}", refused.err);
    }
}

/// Posts a text as the extension does; gives the first line of the answer.
fn post(port: u16, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: moz-extension://x\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn what_an_extension_posts_is_added_one_by_one() {
    let user = User::new();
    let mut listening = user
        .process(&["problem", "add", "--listen", "0", "--count", "3", "--json"])
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .env("SONOCODE_SANDBOX_KIND", "docker")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(listening.stderr.take().unwrap());
    let mut line = String::new();
    let port: u16 = loop {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it ended");
        if let Some((_, rest)) = line.split_once("listening on 127.0.0.1:") {
            break rest.split(' ').next().unwrap().parse().unwrap();
        }
    };
    let problem = |name: &str| {
        json!({
            "name": name, "group": "Codeforces - Round 4", "url": "https://example.org/4/A",
            "interactive": false, "memoryLimit": 64, "timeLimit": 1500,
            "tests": [{"input": "8\n", "output": "YES\n"}, {"input": "3\n", "output": "NO\n"}],
            "testType": "single", "input": {"type": "stdin"}, "output": {"type": "stdout"},
            "languages": {"java": {"mainClass": "Main", "taskClass": "A"}},
            "batch": {"id": "1", "size": 2},
        })
        .to_string()
    };
    assert!(post(port, &problem("A. Watermelon")).starts_with("HTTP/1.1 201"));
    assert!(post(port, &problem("")).starts_with("HTTP/1.1 422"));
    assert!(post(port, &problem("B. Before an Exam")).starts_with("HTTP/1.1 201"));
    let mut out = String::new();
    listening.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(listening.wait().unwrap().success());
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["slug"], "a-watermelon", "{out}");
    assert_eq!(lines[0]["format"], "competitive-companion");
    assert_eq!(lines[1]["mistakes"][0]["field"], "name");
    assert_eq!(lines[2]["slug"], "b-before-an-exam");
}
