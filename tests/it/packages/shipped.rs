//! Two of the problems that ship, whole. All of them are verified elsewhere.

use crate::house::{House, Reply, expect};
use sonocode::{judge::Verdict, problem::Solution};
use std::{collections::BTreeSet, path::Path};

#[tokio::test(flavor = "multi_thread")]
async fn every_solution_gets_the_verdict_of_its_folder() {
    let house = House::build().workers(2).start().await.ready().await;
    let languages = house.get("/api/v1/languages").await.body["data"]["languages"].clone();
    let language = |path: &str| {
        let (_, extension) = path.rsplit_once('.').unwrap();
        let has = |l: &&serde_json::Value| {
            l["extensions"].as_array().unwrap().iter().any(|e| e == extension)
        };
        languages.as_array().unwrap().iter().find(has).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let mut waiting = Vec::new();
    for slug in ["balanced-brackets", "print-diamond"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("problems").join(slug);
        let mut tar = Vec::new();
        sonocode::problem::pack(&folder, &mut tar).unwrap();
        let request = house.http.put(format!("{}/api/v1/problems/{slug}", house.url));
        let request = request.header("content-type", "application/x-tar").body(tar);
        let added = Reply::of(request.send().await.unwrap()).await;
        assert_eq!(added.status, 201, "{added:?}");
        assert!(added.body["data"]["tests"].as_u64().unwrap() >= 20, "{added:?}");
        let solutions = house.get(&format!("/api/v1/problems/{slug}/solutions")).await;
        let solutions: Vec<Solution> =
            serde_json::from_value(solutions.body["data"]["solutions"].clone()).unwrap();
        let expected = |solution: &Solution| {
            solution.expectation.required.first().copied().unwrap_or(Verdict::Accepted)
        };
        let verdicts: BTreeSet<_> = solutions.iter().map(expected).collect();
        assert_eq!(verdicts.len(), 6, "{verdicts:?}");
        for solution in solutions {
            let id = house.submit(slug, &language(&solution.path), &solution.source).await;
            waiting.push((format!("{slug}/{}", solution.path), expected(&solution), id));
        }
    }
    for (path, verdict, id) in waiting {
        eprintln!("{path}");
        expect(&house.outcome(&id).await, verdict);
    }
    house.stop().await;
}
