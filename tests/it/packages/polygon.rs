//! A Polygon package from the upload to the verdicts, by a checker of its own that includes nothing of
//! anybody's.

use crate::house::{House, Reply};
use sonocode::judge::Verdict::{self, Accepted, WrongAnswer};
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

const XML: &str = r#"<problem revision="2" short-name="any-divisor">
  <names><name language="english" value="Any divisor"/></names>
  <judging input-file="" output-file="">
    <testset name="tests">
      <time-limit>2000</time-limit>
      <memory-limit>268435456</memory-limit>
      <input-path-pattern>tests/%02d</input-path-pattern>
      <answer-path-pattern>tests/%02d.a</answer-path-pattern>
      <tests>
        <test method="manual" sample="true"/>
        <test method="manual" group="small" points="40"/>
        <test method="manual" group="large" points="60"/>
      </tests>
      <groups>
        <group name="large" points-policy="complete-group">
          <dependencies><dependency group="small"/></dependencies>
        </group>
        <group name="small" points-policy="each-test"/>
      </groups>
    </testset>
  </judging>
  <assets>
    <checker type="testlib"><source path="files/divides.cpp" type="cpp.g++17"/></checker>
    <solutions>
      <solution tag="main"><source path="solutions/one.py" type="python.3"/></solution>
    </solutions>
  </assets>
</problem>
"#;

/// Accepts any divisor of the input but the number itself, as testlib's checkers do: by exit codes.
const CHECKER: &str = r#"
#include <fstream>
#include <iostream>
int main(int argc, char** argv) {
  std::ifstream input(argv[1]), output(argv[2]);
  long long number, divisor;
  input >> number;
  if (!(output >> divisor)) { std::cerr << "wrong output format no number"; return 2; }
  bool right = divisor > 0 && divisor < number && number % divisor == 0;
  std::cerr << (right ? "ok" : "wrong answer not a divisor");
  return right ? 0 : 1;
}
"#;

fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn upload(house: &House, query: &str, zip: Vec<u8>) -> Reply {
    let request = house.http.post(format!("{}/api/v1/problems{query}", house.url));
    let request = request.header("content-type", "application/zip").body(zip);
    Reply::of(request.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_added_and_judged_by_its_own_checker() {
    let house = House::build().start().await;
    let files = [
        ("problem.xml", XML),
        ("files/divides.cpp", CHECKER),
        ("solutions/one.py", "print(1)\n"),
        ("tests/01", "6\n"),
        ("tests/01.a", "1\n"),
        ("tests/02", "9\n"),
        ("tests/02.a", "1\n"),
        ("tests/03", "35\n"),
        ("tests/03.a", "1\n"),
        ("scripts/run.bat", "rem"),
    ];
    let reply = upload(&house, "", package(&files)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let data = &reply.body["data"];
    assert_eq!((&data["slug"], &data["format"]), (&"any-divisor".into(), &"polygon".into()));
    assert!(data["ignored"].to_string().contains("scripts/"), "{data}");

    let judged: [(&str, Verdict, f64); 4] = [
        ("print(1)", Accepted, 100.0),
        ("n = int(input())\nprint(3 if n % 3 == 0 else 2)", WrongAnswer, 40.0),
        ("print(5)", WrongAnswer, 0.0),
        ("print('x')", Verdict::PresentationError, 0.0),
    ];
    for (code, verdict, points) in judged {
        let id = house.submit("any-divisor", "python", code).await;
        let outcome = house.outcome(&id).await;
        assert_eq!(outcome.verdict, verdict, "{code}: {outcome:?}");
        let score = outcome.score.unwrap();
        assert_eq!((score.points, score.max), (points, 100.0), "{code}: {outcome:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zips_are_refused_as_a_whole() {
    let house = House::build().start().await;
    let without = package(&[("problem.xml", XML), ("solutions/one.py", "print(1)\n")]);
    let reply = upload(&house, "", without).await;
    assert_eq!(reply.status, 422, "{reply:?}");
    let mistakes = reply.body["error"]["mistakes"].as_array().unwrap();
    let fields: Vec<&str> = mistakes.iter().map(|m| m["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["testset.tests", "checker.source"]);
    let reply = upload(&house, "", b"PK but no archive".to_vec()).await;
    assert_eq!(reply.status, 422, "{reply:?}");

    // Plain tests are called by the name that comes with them.
    let plain = || package(&[("1.in", "1\n"), ("1.ans", "1\n")]);
    let reply = upload(&house, "", plain()).await;
    assert_eq!(reply.status, 422, "{reply:?}");
    let reply = upload(&house, "?name=Some%20tests", plain()).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.body["data"]["slug"], "some-tests");
    assert_eq!(reply.body["data"]["format"], "files");
    let listed = house.get("/api/v1/problems").await;
    assert_eq!(listed.body["data"]["problems"].as_array().unwrap().len(), 1, "{listed:?}");
    house.stop().await;
}
