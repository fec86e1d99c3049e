//! The protocol's frames: what is written is read, and nothing else is.
//!
//! Beside `protocol.rs` and not in it, because the agent compiles that file too.

use super::protocol::{MAX_FRAME, Malformed, Reply, Report, Request, Side, Spec, split};
use proptest::prelude::*;

fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(&Side::ALL[..])
}

fn spec() -> impl Strategy<Value = Spec> {
    let numbers = (any::<[u64; 7]>(), any::<u32>(), any::<u32>(), any::<u32>());
    let shown = prop::collection::vec(any::<u32>(), 0..5);
    let argv = prop::collection::vec(".*", 1..5);
    (argv, numbers, side(), any::<[bool; 3]>(), shown).prop_map(
        |(argv, (n, processes, stdin, hold_stdout), side, flags, shown)| Spec {
            argv,
            cpu_us: n[0],
            wall_us: n[1],
            memory_bytes: n[2],
            output_bytes: n[3],
            disk_bytes: n[4],
            keep_stdout: n[5],
            keep_stderr: n[6],
            processes,
            side,
            writes_box: flags[0],
            live: flags[1],
            fresh_feedback: flags[2],
            stdin,
            hold_stdout,
            shown,
        },
    )
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        (side(), ".*", any::<bool>(), bytes()).prop_map(|(side, path, executable, bytes)| {
            Request::Write { side, path, executable, bytes }
        }),
        (any::<u32>(), bytes()).prop_map(|(number, bytes)| Request::Hold { number, bytes }),
        any::<u32>().prop_map(|number| Request::Forget { number }),
        spec().prop_map(Request::Run),
        (spec(), spec(), any::<i32>()).prop_map(|(program, judge, rejects)| Request::Interact {
            program,
            judge,
            rejects
        }),
        (".*", any::<u64>(), any::<u32>()).prop_map(|(name, limit, hold)| Request::Fetch {
            name,
            limit,
            hold
        }),
        (side(), any::<u64>()).prop_map(|(side, limit)| Request::Pack { side, limit }),
        (side(), ".*", bytes()).prop_map(|(side, path, bytes)| Request::Lay { side, path, bytes }),
        Just(Request::Lift),
        Just(Request::Reset),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    let report = any::<([u64; 5], i32, i32, u8, bool, bool)>().prop_map(
        |(n, code, signal, stopped, out_of_memory, first)| Report {
            code,
            signal,
            stopped,
            cpu_us: n[0],
            wall_us: n[1],
            memory_bytes: n[2],
            stdout_bytes: n[3],
            stderr_bytes: n[4],
            out_of_memory,
            first,
        },
    );
    prop_oneof![
        any::<u8>().prop_map(|cgroup_version| Reply::Ready { cgroup_version }),
        (any::<u8>(), prop::collection::vec(any::<u8>(), 0..300))
            .prop_map(|(stream, bytes)| Reply::Output { stream, bytes }),
        report.prop_map(Reply::Ended),
        any::<i32>().prop_map(|errno| Reply::StartFailed { errno }),
        ".*".prop_map(Reply::Fault),
        any::<Option<u64>>().prop_map(|size| Reply::Fetched { size }),
        (any::<u8>(), any::<u64>(), prop::collection::vec(any::<u8>(), 0..300))
            .prop_map(|(stream, at_us, bytes)| Reply::Said { stream, at_us, bytes }),
    ]
}

proptest! {
    #[test]
    fn requests_round_trip(requests in prop::collection::vec(request(), 0..6)) {
        let mut bytes = Vec::new();
        for request in &requests {
            request.encode(&mut bytes);
        }
        let (mut rest, mut read) = (&bytes[..], Vec::new());
        while let Some((length, kind, fields)) = split(rest).unwrap() {
            read.push(Request::decode(kind, fields).unwrap());
            rest = &rest[length..];
        }
        prop_assert!(rest.is_empty());
        prop_assert_eq!(read, requests);
    }

    #[test]
    fn replies_round_trip_and_wait_for_their_last_byte(reply in reply()) {
        let mut bytes = Vec::new();
        reply.encode(&mut bytes);
        prop_assert_eq!(split(&bytes[..bytes.len() - 1]).unwrap(), None);
        let (length, kind, fields) = split(&bytes).unwrap().unwrap();
        prop_assert_eq!(length, bytes.len());
        prop_assert_eq!(Reply::decode(kind, fields).unwrap(), reply);
    }

    #[test]
    fn hostile_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Some((_, kind, fields))) = split(&bytes) {
            let _ = Request::decode(kind, fields);
            let _ = Reply::decode(kind, fields);
        }
        // Behind a right head, so that the fields are reached.
        for kind in 0..10 {
            let _ = Request::decode(kind, &bytes);
            let _ = Reply::decode(kind, &bytes);
        }
    }
}

#[test]
fn lengths_are_bounded() {
    let too_long = u32::try_from(MAX_FRAME + 1).unwrap().to_le_bytes();
    for head in [[0; 4], too_long, [0xff; 4]] {
        assert_eq!(split(&head), Err(Malformed("length out of range")));
    }
    // A list that says it is longer than its frame.
    assert_eq!(Request::decode(2, &[0xff, 0xff, 0xff, 0xff, 1]), Err(Malformed("too short")));
    assert_eq!(Request::decode(4, &[1]), Err(Malformed("too long")));
}
