//! Tests of one submission in several cells.

use crate::house::{House, Package};
use sonocode::judge::{EventBody, Verdict};

const BURN: &str = r#"
#include <stdio.h>
#include <time.h>
int main(void) {
    int n;
    if (scanf("%d", &n) != 1) return 1;
    while (clock() < 200 * (CLOCKS_PER_SEC / 1000)) {}
    printf("%d\n", n);
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn tests_are_shared_and_told_in_order() {
    for (cache_mib, workers) in [(0, 3), (64, 2)] {
        let cache = tempfile::tempdir().unwrap();
        let house = House::build().workers(workers).config(|config| {
            config.judging.parallel_tests = true;
            config.judging.cache_mib = cache_mib;
            config.cache_dir = cache.path().to_owned();
        });
        let house = house.start().await.ready().await;
        let mut package = Package::new("echo");
        for n in 1..=12 {
            package = package.test(&format!("{n:02}"), &format!("{n}\n"), &format!("{n}\n"));
        }
        house.add(&package.test("13", "13\n", "14\n")).await;
        let id = house.submit("echo", "c", BURN).await;
        let events = house.events(&id, 0).await;
        let mut tests = Vec::new();
        for event in &events {
            if let EventBody::Test { index, verdict, usage, .. } = &event.body {
                tests.push((*index, *verdict));
                assert!((190..=260).contains(&usage.cpu_ms), "{usage:?} of 200 ms");
            }
        }
        let accepted = (1..=12).map(|n| (n, Verdict::Accepted));
        assert!(
            tests.iter().copied().eq(accepted.chain([(13, Verdict::WrongAnswer)])),
            "{tests:?}"
        );
        let outcome = house.outcome(&id).await;
        assert_eq!((outcome.verdict, outcome.passed), (Verdict::WrongAnswer, 12));
        // One that is run as it is, without a compiler that makes anything.
        let outcome = house.judge("echo", "python", "print(input())").await;
        assert_eq!((outcome.verdict, outcome.passed), (Verdict::WrongAnswer, 12), "{outcome:?}");
        house.stop().await;
    }
}
