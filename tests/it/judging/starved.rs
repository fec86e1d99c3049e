//! A machine that has no time for a program is not the program's fault.

use crate::house::{House, Package};
use sonocode::judge::{EventBody, Verdict};

const BURN: &str =
    "#include <time.h>\nint main(void) { while (clock() < CLOCKS_PER_SEC * 3 / 10) {} }\n";
const SLEEP: &str = "#include <unistd.h>\nint main(void) { pause(); }\n";

#[tokio::test(flavor = "multi_thread")]
async fn time_in_line_for_a_processor_is_not_counted() {
    // A tenth of a processor: 300 ms of work take three seconds.
    let house = House::build().config(|config| config.sandbox.cell_cpus = 0.1).start().await;
    let package = Package::new("burn")
        .manifest("[limits]\ntime_ms = 1000\nwall_ms = 1000\n")
        .test("01", "", "");
    house.add(&package).await;
    let id = house.submit("burn", "c", BURN).await;
    let outcome = house.outcome(&id).await;
    assert_eq!(outcome.verdict, Verdict::Accepted, "{outcome:?}");
    let events = house.events(&id, 0).await;
    let wall = events.iter().find_map(|event| match &event.body {
        EventBody::Test { usage, .. } => Some(usage.wall_ms),
        _ => None,
    });
    assert!(wall.unwrap() > 1000, "it had to wait: {wall:?}");
    let outcome = house.judge("burn", "c", SLEEP).await;
    assert_eq!(outcome.verdict, Verdict::TimeLimitExceeded, "{outcome:?}");
    assert!(outcome.message.unwrap().starts_with("idle"));
    house.stop().await;
}
