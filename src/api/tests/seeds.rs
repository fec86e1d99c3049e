//! What clients of the seed systems get: requests that do not accept the house's own form.

use super::*;
use serde_json::json;

impl House {
    fn speaking(dialect: Dialect) -> Self {
        let mut house = Self::new();
        house.app.dialect = dialect;
        house
    }

    /// Asks as a seed system's client does.
    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let text = body.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut request = request(method, path, text);
        request.headers_mut().remove("accept");
        if body.is_some() {
            request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        }
        let answer = self.send(request).await;
        (answer.status.as_u16(), serde_json::from_str(&answer.text).unwrap())
    }

    /// Adds the problem of the documents, with one hidden test.
    async fn with_problem(self) -> Self {
        let document = json!({
            "_id": "68ac63e7823a7a68037ca1e0", "title": "Valid Palindrome 3", "slug": "palindrome",
            "description": "A phrase", "difficulty": "easy", "companies": ["acme"],
            "testcases": [
                {"input": "race a car", "output": "true", "isHidden": false},
                {"input": "secret", "output": "hidden", "isHidden": true},
            ],
            "codeSubs": [
                {"language": "PYTHON3", "startSnippet": "a", "userSnippet": "b", "endSnippet": "c"},
            ],
        });
        let (status, body) = self.ask("POST", "/api/v1/problems", Some(document)).await;
        assert_eq!((status, &body["data"]["_id"]), (201, &json!("palindrome")), "{body}");
        self
    }
}

fn submission() -> Value {
    json!({"userId": "1", "problemId": "palindrome", "code": "x", "language": "PYTHON3"})
}

#[tokio::test]
async fn sonocode_shows_submissions_in_its_words() {
    let house = House::speaking(Dialect::Sonocode).with_problem().await;
    for path in ["/api/v1/submissions", "/api/v1/submission"] {
        let (status, body) = house.ask("POST", path, Some(submission())).await;
        assert_eq!(status, 201);
        assert_eq!((&body["success"], &body["error"]), (&json!(true), &json!({})));
        assert_eq!(body["data"]["submission"]["status"], "Pending");
    }
    let id = SubmissionId(2);
    house.ledger.end(id, outcome(Verdict::Accepted));
    for path in ["/api/v1/submissions/2", "/api/v1/submission/2"] {
        let (status, body) = house.ask("GET", path, None).await;
        assert_eq!(status, 200);
        let expected = json!({
            "_id": "2", "id": "2", "userId": "1", "kind": "judge", "problemId": "palindrome",
            "language": "PYTHON", "code": "x", "createdAt": "1970-01-01T00:00:00Z", "attempt": 0,
            "status": "Success", "state": "finished", "output": "",
            "result": {"verdict": "AC", "passed": 0, "total": 0, "cpu_ms": 0, "memory_kib": 0},
        });
        assert_eq!(body["data"], expected);
    }
    let (_, list) = house.ask("GET", "/api/v1/submissions?limit=1", None).await;
    assert_eq!(list["data"]["submissions"][0]["status"], "Pending");
    assert_eq!(list["data"]["next"], "1");
    let (_, cancelled) = house.ask("POST", "/api/v1/submissions/1/cancel", None).await;
    assert_eq!(cancelled["data"]["status"], "CANCELLED");
    let (_, again) = house.ask("POST", "/api/v1/submissions/1/rejudge", None).await;
    assert_eq!(again["data"]["status"], "Pending");
}

#[tokio::test]
async fn exechub_answers_200_and_calls_it_a_response() {
    let house = House::speaking(Dialect::Exechub).with_problem().await;
    let (status, body) = house.ask("POST", "/api/v1/submission", Some(submission())).await;
    assert_eq!(status, 200);
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["success", "message", "error", "response"]);
    assert_eq!(body["response"]["submission"]["_id"], "1");
    assert_eq!(body["response"]["submission"]["status"], "PENDING");
    let bad = json!({"problemId": "palindrome"});
    let (status, body) = house.ask("POST", "/api/v1/submission", Some(bad)).await;
    assert_eq!((status, &body["success"]), (400, &json!(false)));
}

#[tokio::test]
async fn codewar_reads_the_document_itself() {
    let house = House::speaking(Dialect::Codewar).with_problem().await;
    for _ in 0..3 {
        let (status, body) = house.ask("POST", "/api/v1/submission", Some(submission())).await;
        assert_eq!((status, &body["data"]["status"]), (201, &json!("pending")));
        assert_eq!(body["data"]["_id"], body["data"]["submission"]["_id"]);
    }
    house.ledger.end(SubmissionId(2), outcome(Verdict::RuntimeError));
    let ids = |body: &Value| -> Vec<String> {
        let list = body["data"].as_array().unwrap().iter();
        list.map(|one| format!("{} {}", one["_id"], one["status"]).replace('"', "")).collect()
    };
    let (_, body) = house.ask("GET", "/api/v1/submissions/user/1", None).await;
    assert_eq!(ids(&body), ["3 pending", "2 ERROR", "1 pending"]);
    let (_, body) = house.ask("GET", "/api/v1/submissions/user/1?limit=1&after=3", None).await;
    assert_eq!(ids(&body), ["2 ERROR"]);
    let (status, body) = house.ask("GET", "/api/v1/submissions/user/nobody", None).await;
    assert_eq!((status, ids(&body).len()), (200, 0));

    let many = "/api/v1/submissions/getMany";
    let wanted = ["3 pending", "2 ERROR"];
    for query in ["ids=3,2", "ids=3&ids=2,99", "ids[]=3&ids[]=2"] {
        let (_, body) = house.ask("GET", &format!("{many}?{query}"), None).await;
        assert_eq!(ids(&body), wanted, "{query}");
    }
    for body in [json!({"ids": ["3", "2"]}), json!({"ids": [3, 2]})] {
        let (_, body) = house.ask("GET", many, Some(body)).await;
        assert_eq!(ids(&body), wanted);
    }
    let too_many = json!({"ids": (0..501).collect::<Vec<_>>()});
    for (query, body, field) in [
        ("", None, "ids"),
        ("?ids=,", None, "ids"),
        ("?ids=1,x", None, "ids[1]"),
        ("", Some(json!({"ids": [true]})), "ids[0]"),
        ("", Some(too_many), "ids"),
    ] {
        let (status, reply) = house.ask("GET", &format!("{many}{query}"), body).await;
        assert_eq!((status, &reply["error"]["fields"][0]["field"]), (400, &json!(field)));
    }
}

#[tokio::test]
async fn codewars_custom_run_has_the_problems_code_around_it() {
    let house = House::speaking(Dialect::Codewar).with_problem().await;
    let run = json!({
        "problemId": "palindrome", "userId": "1", "code": "x", "language": "PYTHON3", "input": "7",
    });
    let (status, body) = house.ask("POST", "/api/v1/customRun", Some(run.clone())).await;
    assert_eq!((status, &body["data"]["runId"]), (201, &json!("1")), "{body}");
    let kept = house.ledger.submission(SubmissionId(1)).await.unwrap();
    assert_eq!((kept.source.as_str(), kept.task), ("a\n\nx\n\nc", Task::run("7")));
    for (field, value, status) in [
        ("problemId", json!("nowhere"), 404),
        ("problemId", json!("No Slug"), 400),
        ("language", json!("c"), 400),
        ("language", json!("cobol"), 400),
        ("code", json!(""), 400),
        ("input", json!(7), 400),
    ] {
        let mut bad = run.clone();
        bad[field] = value;
        let (got, reply) = house.ask("POST", "/api/v1/customRun", Some(bad)).await;
        assert_eq!((got, &reply["error"]["fields"][0]["field"]), (status, &json!(field)));
    }
    let alone = json!({"userId": "1", "code": "x", "language": "c"});
    let (status, body) = house.ask("POST", "/api/v1/customRun", Some(alone)).await;
    assert_eq!((status, &body["data"]["input"]), (201, &json!("")), "a problem is not needed");
}

#[tokio::test]
async fn problems_are_documents_without_their_hidden_tests() {
    for dialect in Dialect::ALL {
        let house = House::speaking(dialect).with_problem().await;
        for path in ["/api/v1/problems/palindrome", "/api/v1/problem/palindrome"] {
            let (status, body) = house.ask("GET", path, None).await;
            let problem = &body["data"];
            assert_eq!((status, &problem["_id"]), (200, &json!("palindrome")));
            let sample = json!({"input": "race a car", "output": "true"});
            assert_eq!(problem["testCases"], json!([sample]));
            let sample = json!({"input": "race a car", "output": "true", "isHidden": false});
            assert_eq!(problem["testcases"], json!([sample]));
            let stub = json!({
                "language": "PYTHON", "startSnippet": "a", "userSnippet": "b", "endSnippet": "c",
            });
            assert_eq!(problem["codeStubs"], json!([stub]));
            assert_eq!(problem["codeSubs"], json!([stub]));
            let text = body.to_string();
            assert!(!text.contains("secret") && !text.contains(r#""hidden""#), "{text}");
        }
        for path in ["/api/v1/problems", "/api/v1/problems/getMany"] {
            let (_, body) = house.ask("GET", path, None).await;
            assert_eq!(body["data"][0]["_id"], "palindrome", "{path}");
            assert_eq!(body["data"][0]["difficulty"], "easy");
        }
        let path = "/api/v1/problems/getMany?ids=palindrome,nowhere";
        let (_, body) = house.ask("GET", path, None).await;
        assert_eq!(body["data"].as_array().unwrap().len(), 1);
        assert_eq!(body["data"][0]["testCases"][0]["input"], "race a car");
        let (status, _) = house.ask("GET", "/api/v1/problems/getMany?ids=No%20Slug", None).await;
        assert_eq!(status, 400);
    }
}

#[tokio::test]
async fn the_houses_own_form_is_had_by_asking_in_every_dialect() {
    for dialect in Dialect::ALL {
        let house = House::speaking(dialect).with_problem().await;
        let body = submission().to_string();
        let data = house.json("POST", "/api/v1/submission", body).await.data(201);
        assert_eq!(data["submission"]["status"], "queued");
        assert_eq!(data["submission"]["language"], "python");
        let data = house.get("/api/v1/problems").await.data(200);
        assert_eq!(data["problems"][0]["slug"], "palindrome");
        let mut request = request("GET", "/api/v1/submissions/1", "");
        let ranges = "text/html;q=0.5, application/VND.sonocode+json ; q=1";
        request.headers_mut().insert("accept", ranges.parse().unwrap());
        assert_eq!(house.send(request).await.data(200)["status"], "queued");
    }
}
