//! What the sandbox measures, against what programs know of themselves.

use crate::house::{House, Package, expect, slowness};
use sonocode::judge::{EventBody, Usage, Verdict};

/// Ways to burn 300 ms of CPU time. A program stops by its own clocks, so it knows what it used.
const CLOCKS: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long used(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
static void burn_user(long ms) {
    while (used(CLOCK_PROCESS_CPUTIME_ID) < ms)
        for (volatile int i = 0; i < 10000; i++);
}
static void burn_system(long ms) {
    static char bytes[1 << 16];
    int zero = open("/dev/zero", O_RDONLY);
    while (used(CLOCK_PROCESS_CPUTIME_ID) < ms) read(zero, bytes, sizeof bytes);
}
static void *burn_thread(void *unused) {
    while (used(CLOCK_THREAD_CPUTIME_ID) < 150)
        for (volatile int i = 0; i < 10000; i++);
    return unused;
}
static void touch(char *block) {
    for (long at = 0; at < 50 << 20; at += 4096) ((volatile char *)block)[at] = 1;
}
static char array[50 << 20];
"#;

/// CPU time: the name of a way, and its `main`.
const BURNERS: &[(&str, &str)] = &[
    ("user", "burn_user(300);"),
    ("system", "burn_system(300);"),
    (
        "two threads",
        "pthread_t t[2]; for (int i = 0; i < 2; i++) pthread_create(t + i, 0, burn_thread, 0);
         for (int i = 0; i < 2; i++) pthread_join(t[i], 0);",
    ),
    (
        "waited-for children",
        "for (int i = 0; i < 3; i++) if (!fork()) { burn_user(100); _exit(0); }
         while (wait(0) > 0);",
    ),
    (
        // They say by closing the pipe that they are done; nobody asks for what they used.
        "children that nobody waits for",
        "signal(SIGCHLD, SIG_IGN); int ends[2]; pipe(ends);
         for (int i = 0; i < 3; i++) if (!fork()) { burn_user(100); _exit(0); }
         close(ends[1]); char byte; read(ends[0], &byte, 1);",
    ),
    (
        "grandchildren whose parents are gone",
        "int ends[2]; pipe(ends);
         for (int i = 0; i < 3; i++) if (!fork()) { if (!fork()) burn_user(100); _exit(0); }
         close(ends[1]); char byte; read(ends[0], &byte, 1);",
    ),
    (
        "a child that the end of the program ends",
        "int ends[2]; pipe(ends);
         if (!fork()) { burn_user(300); close(ends[1]); for (;;) pause(); }
         close(ends[1]); char byte; read(ends[0], &byte, 1);",
    ),
];

/// Memory: the name of a way to have 50 MiB, and its `main`.
const HOLDERS: &[(&str, &str)] = &[
    ("static", "touch(array);"),
    ("heap", "touch(malloc(50 << 20));"),
    (
        "mapped",
        "touch(mmap(0, 50 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));",
    ),
    (
        "shared",
        "touch(mmap(0, 50 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));",
    ),
    ("given back", "char *b = malloc(50 << 20); touch(b); free(b);"),
    ("a child", "if (!fork()) { touch(array); _exit(0); } wait(0);"),
    (
        "two children at a time",
        "int ready[2]; pipe(ready);
         for (int i = 0; i < 2; i++) if (!fork()) {
             for (long at = 0; at < 25 << 20; at += 4096) ((volatile char *)array)[at] = 1;
             write(ready[1], array, 1); for (;;) pause();
         }
         char byte; for (int i = 0; i < 2; i++) read(ready[0], &byte, 1);",
    ),
    (
        "a file",
        "int file = open(\"/tmp/file\", O_CREAT | O_RDWR, 0600); ftruncate(file, 50 << 20);
         touch(mmap(0, 50 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));",
    ),
];

async fn house() -> House {
    let house = House::build().start().await;
    let limits = "[limits]\ntime_ms = 10000\nwall_ms = 60000\n";
    house.add(&Package::new("measure").manifest(limits).test("01", "1\n", "\n")).await;
    house
}

/// What a program of these statements used, as the sandbox tells.
async fn usage(house: &House, statements: &str) -> Usage {
    let code = format!("{CLOCKS}\nint main(void) {{ {statements} return 0; }}\n");
    let id = house.submit("measure", "c", &code).await;
    let events = house.events(&id, 0).await;
    let told = events.iter().find_map(|event| match &event.body {
        EventBody::Test { usage, .. } => Some(*usage),
        EventBody::Finished(outcome) => panic!("{outcome:?}"),
        _ => None,
    });
    let EventBody::Finished(outcome) = &events.last().unwrap().body else { panic!("{events:?}") };
    expect(outcome, Verdict::Accepted);
    told.unwrap()
}

/// What a program used. An emulated machine does not know when its host lets it stand still, and counts
/// that for whoever runs there; so what is not right there is measured again, some times.
async fn settled(house: &House, statements: &str, right: impl Fn(&Usage) -> bool) -> Usage {
    let mut used = usage(house, statements).await;
    for _ in 1..slowness() {
        if right(&used) {
            break;
        }
        println!("again, because of {used:?}");
        used = usage(house, statements).await;
    }
    used
}

#[tokio::test(flavor = "multi_thread")]
async fn cpu_time_is_that_of_all_descendants() {
    let house = house().await;
    for (name, statements) in BURNERS {
        // Starting and ending threads and children is outside their own clocks; emulated, it shows.
        let most = 345 + 5 * (u64::from(slowness()) - 1);
        let right = |used: &Usage| (300..=most).contains(&used.cpu_ms);
        let used = settled(&house, statements, right).await;
        println!("{name}: {used:?}");
        assert!(right(&used), "{name}: {used:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wall_time_is_no_less_than_was_slept_or_burned() {
    let house = house().await;
    // Of which the start takes a millisecond, more where it is emulated.
    let start = 30 * u64::from(slowness().min(5));
    let slept = |used: &Usage| used.wall_ms >= 300 && used.cpu_ms < start;
    let used = settled(&house, "usleep(300000);", slept).await;
    assert!(slept(&used), "{used:?}");
    // Starting and clearing away a program cost CPU time outside its own life.
    let burned = |used: &Usage| used.wall_ms + 10 >= used.cpu_ms;
    let used = settled(&house, "burn_user(300);", burned).await;
    assert!(burned(&used), "{used:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_the_peak_of_all_processes_together() {
    let house = house().await;
    // The first program of a kind may bring files of the toolchain into the kernel's cache, and those
    // count for who brings them.
    usage(&house, "").await;
    let empty = usage(&house, "").await.memory_kib;
    assert!(empty < 4 << 10, "{empty} KiB for nothing");
    for (name, statements) in HOLDERS {
        let used = usage(&house, statements).await;
        println!("{name}: {used:?} beside {empty} KiB");
        let own = used.memory_kib - empty;
        assert!((49 << 10..=55 << 10).contains(&own), "{name}: {own} KiB");
    }
    house.stop().await;
}
