//! Problems: added in both forms, shown, replaced, changed, removed.

use super::{RIGHT, data, refused};
use crate::house::{House, Package, Reply, expect};
use reqwest::Method;
use serde_json::{Value, json};
use sonocode::judge::Verdict;

/// A document as the seed systems send it, their own keys included.
fn document() -> Value {
    json!({
        "_id": "65f1", "editorial": "Add them.", "companies": ["A"],
        "title": "Add Two", "description": "# Add two\n", "difficulty": "Medium", "tags": ["sums"],
        "testCases": [
            {"input": "1 2\n", "output": "3\n"},
            {"input": "5 6\n", "output": "11\n", "isHidden": true},
        ],
        "codeStubs": [{
            "language": "PYTHON",
            "startSnippet": "import sys",
            "userSnippet": "def add(a, b):\n    pass",
            "endSnippet": "print(add(*map(int, sys.stdin.read().split())))",
        }],
        "solutions": [{"language": "python", "code": "def add(a, b):\n    return a + b"}],
    })
}

async fn with(house: &House, method: Method, path: &str, body: Value) -> Reply {
    house.call(method, &format!("/api/v1/problems{path}"), Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_becomes_a_problem_that_is_judged() {
    let house = House::build().start().await;
    let added = with(&house, Method::POST, "", document()).await;
    assert_eq!(added.status, 201);
    let mut added = data(added);
    assert_eq!((&added["slug"], &added["tests"]), (&json!("add-two"), &json!(2)));
    let report = added.as_object_mut().unwrap();
    assert_eq!(report.remove("format"), Some(json!("json")));
    let ignored = report.remove("ignored").unwrap();
    let ignored: Vec<_> =
        ignored.as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(ignored, ["_id", "editorial", "companies"]);
    assert_eq!(data(house.get("/api/v1/problems").await), json!({"problems": [added]}));

    let shown = data(house.get("/api/v1/problems/add-two").await);
    for (key, value) in [
        ("id", json!("add-two")),
        ("title", json!("Add Two")),
        ("description", json!("# Add two\n")),
        ("difficulty", json!("medium")),
        ("tags", json!(["sums"])),
        ("version", added["version"].clone()),
        ("compare", json!({"mode": "tokens"})),
        ("testCases", json!([{"input": "1 2\n", "output": "3\n"}])),
    ] {
        assert_eq!(shown[key], value, "{key} of {shown:#}");
    }
    // A stub serves the variants of its language too.
    for (stub, language) in ["pypy", "python"].into_iter().enumerate() {
        assert_eq!(shown["codeStubs"][stub]["language"], language);
        assert_eq!(shown["codeStubs"][stub]["userSnippet"], "def add(a, b):\n    pass");
    }
    assert_eq!(shown["tests"].as_array().unwrap().len(), 2);
    assert!(!shown["tests"].to_string().contains("5 6"), "a hidden test is shown: {shown:#}");
    let solutions = data(house.get("/api/v1/problems/add-two/solutions").await);
    assert_eq!(solutions["solutions"][0]["expectation"]["permitted"], json!(["AC"]));
    assert_eq!(solutions["solutions"][0]["source"], "def add(a, b):\n    return a + b");

    let right = "def add(a, b):\n    return a + b";
    expect(&house.judge("add-two", "py", right).await, Verdict::Accepted);
    let wrong = house.judge("add-two", "python", "def add(a, b):\n    return 3").await;
    expect(&wrong, Verdict::WrongAnswer);
    assert_eq!((wrong.passed, wrong.total), (1, 2));
    let body = json!({"problemId": "add-two", "language": "cpp", "code": "int main(){}"});
    let reply = refused(house.post("/api/v1/submissions", body).await, 400, "validation");
    assert_eq!(reply.fields(), ["language"]);
    assert!(reply.body["message"].as_str().unwrap().contains("python"), "{reply:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_replaced_changed_and_removed() {
    let house = House::with_sum().await;
    let sum = Package::new("sum").test("01-sample", "1 2\n", "3\n").test("02", "5 6\n", "11\n");
    // The very same again changes nothing and needs no force.
    let version = data(house.get("/api/v1/problems/sum").await)["version"].clone();
    for query in ["", "force=true"] {
        let again = house.upload(&sum, query).await;
        assert_eq!((again.status.as_u16(), &again.body["message"]), (200, &json!("unchanged")));
        assert_eq!(data(again)["version"], version);
    }
    let product = Package::new("sum")
        .file("solutions/accepted/main.py", "a, b = map(int, input().split())\nprint(a * b)\n")
        .test("01", "5 6\n", "30\n");
    let reply = refused(house.upload(&product, "").await, 409, "conflict");
    assert_eq!(reply.fields(), ["slug"]);
    assert!(reply.body["message"].as_str().unwrap().contains("force"), "{reply:?}");
    assert_eq!(data(house.get("/api/v1/problems/sum").await)["version"], version);
    expect(&house.judge("sum", "python", RIGHT).await, Verdict::Accepted);

    let id = house.submit("sum", "python", RIGHT).await;
    expect(&house.outcome(&id).await, Verdict::Accepted);
    assert_eq!(house.upload(&product, "force=true").await.status, 201);
    expect(&house.judge("sum", "python", RIGHT).await, Verdict::WrongAnswer);
    // A submission that is judged again is judged by what is in force now.
    data(super::act(&house, &id, "rejudge").await);
    expect(&house.outcome(&id).await, Verdict::WrongAnswer);

    let change =
        json!({"title": "Product", "limits": {"time_ms": 300}, "tags": [], "difficulty": "hard"});
    let changed = data(with(&house, Method::PATCH, "/sum", change).await);
    assert_eq!((&changed["title"], &changed["difficulty"]), (&json!("Product"), &json!("hard")));
    let shown = data(house.get("/api/v1/problems/sum").await);
    assert_eq!(
        (&shown["limits"]["time_ms"], &shown["limits"]["memory_mib"]),
        (&json!(300), &json!(256))
    );
    expect(&house.judge("sum", "python", "while True: pass").await, Verdict::TimeLimitExceeded);
    let wrong = json!({"title": "", "limits": {"time_ms": 0}});
    let reply = refused(with(&house, Method::PATCH, "/sum", wrong).await, 400, "validation");
    assert_eq!(reply.fields(), ["title", "limits.time_ms"]);
    refused(with(&house, Method::PATCH, "/nothing", json!({"title": "X"})).await, 404, "not_found");

    // PUT replaces what is there, and makes what is not.
    let put = with(&house, Method::PUT, "/sum", document()).await;
    assert_eq!((put.status.as_u16(), &data(put)["slug"]), (201, &json!("sum")));
    assert_eq!(data(house.get("/api/v1/problems/sum").await)["title"], "Add Two");
    assert_eq!(with(&house, Method::PUT, "/other", document()).await.status, 201);
    let reply =
        refused(with(&house, Method::PUT, "/Not_a_slug", document()).await, 400, "validation");
    assert_eq!(reply.fields(), ["slug"]);

    assert_eq!(data(house.call(Method::DELETE, "/api/v1/problems/sum", None).await), Value::Null);
    let gone = house.call(Method::DELETE, "/api/v1/problems/sum", None).await;
    refused(gone, 404, "not_found");
    for path in ["/api/v1/problems/sum", "/api/v1/problems/sum/solutions"] {
        refused(house.get(path).await, 404, "not_found");
    }
    let body = json!({"problemId": "sum", "language": "python", "code": RIGHT});
    let reply = refused(house.post("/api/v1/submissions", body).await, 404, "not_found");
    assert_eq!(reply.fields(), ["problemId"]);
    refused(super::act(&house, &id, "rejudge").await, 404, "not_found");
    // Its submissions stay.
    assert_eq!(house.submission(&id).await.problem().unwrap().as_str(), "sum");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_problem_is_known_by_both_names() {
    let house = House::build().start().await;
    house.add(&Package::new("sum").test("01-sample", "1 2\n", "3\n")).await;
    let id = house.submit("sum", "python", RIGHT).await;
    expect(&house.outcome(&id).await, Verdict::Accepted);

    let renamed = with(&house, Method::POST, "/sum/rename", json!({"slug": "plus"})).await;
    assert_eq!((renamed.status.as_u16(), &renamed.body["message"]), (200, &json!("renamed")));
    assert_eq!(data(renamed)["slug"], "plus");
    let listed = data(house.get("/api/v1/problems").await);
    assert_eq!(listed["problems"].as_array().unwrap().len(), 1);
    assert_eq!(listed["problems"][0]["slug"], "plus");
    for name in ["sum", "plus"] {
        assert_eq!(data(house.get(&format!("/api/v1/problems/{name}")).await)["slug"], "plus");
        expect(&house.judge(name, "python", RIGHT).await, Verdict::Accepted);
    }
    // The old submission says what it was sent for, and is judged again by what that is now.
    data(super::act(&house, &id, "rejudge").await);
    expect(&house.outcome(&id).await, Verdict::Accepted);
    assert_eq!(house.submission(&id).await.problem().unwrap().as_str(), "sum");

    house.add(&Package::new("other").test("01-sample", "1 2\n", "3\n")).await;
    for (path, body, status, code, field) in [
        ("/plus/rename", json!({"slug": "other"}), 409, "conflict", "slug"),
        ("/plus/rename", json!({"slug": "No"}), 400, "validation", "slug"),
        ("/plus/rename", json!({}), 400, "validation", "slug"),
        ("/none/rename", json!({"slug": "new"}), 404, "not_found", ""),
        // The old name does not stand for the problem where it is changed.
        ("/sum/rename", json!({"slug": "new"}), 404, "not_found", ""),
    ] {
        let reply = refused(with(&house, Method::POST, path, body).await, status, code);
        assert_eq!(reply.fields().join(" "), field, "{path}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_come_out_and_go_in_again() {
    let house = House::build().start().await;
    let package = Package::new("sum")
        .file("statement.md", "# Sum\n\n<script>alert(1)</script> $a_1 + b$\n")
        .file("statements/problem.sv.tex", "\\problemname{Summa}")
        .file("statements/problem.de.pdf", "%PDF-1.4")
        .test("01-sample", "1 2\n", "3\n");
    house.add(&package).await;
    let client = crate::house::http();
    let fetch = async |path: &str| {
        let url = format!("{}/api/v1/problems/sum/{path}", house.url);
        let reply = client.get(url).send().await.unwrap();
        let header = |name: &str| {
            reply.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let head = (reply.status().as_u16(), header("content-type"));
        let (disposition, ignored) = (header("content-disposition"), header("x-sonocode-ignored"));
        let (policy, sniff) = (header("content-security-policy"), header("x-content-type-options"));
        assert_eq!(sniff, if head.0 == 200 { "nosniff" } else { "" });
        (head, disposition, ignored, policy, reply.bytes().await.unwrap())
    };
    for (format, media) in [
        ("native", "application/x-tar"),
        ("2025-09", "application/x-tar"),
        ("legacy&archive=zip", "application/zip"),
        ("zip", "application/zip"),
        ("json", "application/json"),
    ] {
        let (head, disposition, ignored, _, bytes) =
            fetch(&format!("package?format={format}")).await;
        assert_eq!(head, (200, media.to_owned()), "{format}");
        assert!(disposition.starts_with("attachment; filename=\"sum."), "{disposition}");
        let ignored: Vec<Value> = serde_json::from_str(&ignored).unwrap();
        assert_eq!(ignored.is_empty(), format != "json", "{format} {ignored:?}");
        let url = format!("{}/api/v1/problems?slug=again&force=true", house.url);
        let again = client.post(url).header("content-type", media).body(bytes).send().await;
        let again = Reply::of(again.unwrap()).await;
        assert!(again.status.is_success(), "{format}: {again:?}");
        expect(&house.judge("again", "python", RIGHT).await, Verdict::Accepted);
    }
    let wrong =
        refused(house.get("/api/v1/problems/sum/package?format=doc").await, 400, "validation");
    assert_eq!(wrong.fields(), ["format"]);

    let (head, disposition, _, policy, html) = fetch("statement?format=html").await;
    assert_eq!((head.0, &*head.1, &*disposition), (200, "text/html; charset=utf-8", "inline"));
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    let html = String::from_utf8(html.to_vec()).unwrap();
    assert!(html.contains("$a_1 + b$") && !html.contains("<script"), "{html}");
    let (head, disposition, _, _, pdf) = fetch("statement?format=pdf&lang=de").await;
    assert_eq!((head.0, &*head.1), (200, "application/pdf"));
    assert_eq!((&*disposition, &*pdf), ("attachment; filename=\"sum.pdf\"", &b"%PDF-1.4"[..]));
    let (head, disposition, ..) = fetch("statement?format=tex").await;
    assert_eq!((head.0, &*disposition), (200, "attachment; filename=\"sum.tex\""));
    let (head, _, _, _, text) = fetch("statement?format=pdf&lang=fr").await;
    assert_eq!(head.0, 404);
    assert!(String::from_utf8_lossy(&text).contains("pdf in de"), "{text:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_of_a_package_is_named() {
    let house = House::build().start().await;
    let package = Package::new("bad")
        .manifest("difficulty = \"brutal\"\n[limits]\ntime_ms = 0\nspeed = 9\n")
        .file("tests/01.in", "1\n")
        .file("solutions/wrong/x.py", "")
        .file("solutions/accepted/main.cobol", "")
        .file("notes.txt", "");
    let reply = refused(house.upload(&package, "").await, 422, "invalid_package");
    let mistakes = reply.body["error"]["mistakes"].as_array().unwrap();
    let named = |file: &str, field: Value| {
        let fits = |mistake: &&Value| mistake["file"] == file && mistake["field"] == field;
        mistakes.iter().find(fits).unwrap_or_else(|| panic!("{file} {field}: {mistakes:#?}"))
    };
    assert_eq!(named("problem.toml", json!("difficulty"))["line"], 2);
    assert_eq!(named("problem.toml", json!("limits.time_ms"))["line"], 4);
    assert_eq!(named("problem.toml", json!("limits.speed"))["line"], 5);
    for file in ["tests/01.in", "solutions/wrong", "solutions/accepted/main.cobol", "notes.txt"] {
        named(file, Value::Null);
    }

    let mut wrong = document();
    wrong["difficulty"] = json!("brutal");
    wrong["testCases"][1]["output"] = json!(11);
    wrong["codeStubs"][0]["language"] = json!("cobol");
    let reply = refused(with(&house, Method::POST, "", wrong).await, 422, "invalid_package");
    let mistakes = reply.body["error"]["mistakes"].as_array().unwrap();
    for field in ["difficulty", "testCases[1].output", "codeStubs[0].language"] {
        assert!(mistakes.iter().any(|m| m["field"] == field), "{field}: {mistakes:#?}");
    }
    let reply = with(&house, Method::POST, "?slug=Bad_Slug&force=perhaps", document()).await;
    assert_eq!(refused(reply, 400, "validation").fields(), ["slug", "force"]);
    for (media, body, status, code) in [
        ("application/x-tar", "no archive", 422, "invalid_package"),
        ("application/json", "{", 400, "bad_request"),
        ("application/json", "[]", 400, "bad_request"),
        ("text/plain", "hello", 415, "unsupported_media_type"),
    ] {
        let request = house.http.post(format!("{}/api/v1/problems", house.url));
        let response = request.header("content-type", media).body(body).send().await.unwrap();
        refused(Reply::of(response).await, status, code);
    }
    // Nothing of all that is left.
    assert_eq!(data(house.get("/api/v1/problems").await), json!({"problems": []}));
    house.stop().await;
}
