//! The real agent, in a native cell, and what it makes of a daemon gone mad.

use super::{
    Rootfs, Side,
    backend::Backend,
    cell::Pipes,
    native::NativeEngine,
    protocol::{Reply, Request, Spec, split},
};
use crate::config::Config;
use futures_util::StreamExt;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::{slice::from_ref, time::Duration};
use tokio::{io::AsyncWriteExt, time::timeout};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends these bytes, closes the channel when enough was said, and gives all that the agent says until
/// it is gone.
async fn talk(
    engine: &NativeEngine,
    bytes: &[u8],
    enough: impl Fn(&[Reply]) -> bool,
) -> Vec<Reply> {
    let (name, pipes) = engine.start(&Rootfs::Host).await.unwrap();
    let Pipes { mut input, mut output } = pipes;
    // An agent that has ended meanwhile does not listen.
    let _ = input.write_all(bytes).await;
    let mut input = Some(input);
    let (mut said, mut replies) = (Vec::new(), Vec::new());
    loop {
        if enough(&replies) {
            input = None;
        }
        let chunk = timeout(PATIENCE, output.next()).await;
        let chunk =
            chunk.unwrap_or_else(|_| panic!("silent after {replies:?}, {}", input.is_some()));
        let Some(chunk) = chunk else { break };
        said.extend_from_slice(&chunk.unwrap());
        while let Some((length, kind, fields)) = split(&said).unwrap() {
            replies.push(Reply::decode(kind, fields).unwrap());
            said.drain(..length);
        }
    }
    engine.remove(&name).await.unwrap();
    assert!(said.is_empty(), "half a frame at the end");
    assert!(matches!(replies.first(), Some(Reply::Ready { .. })), "{replies:?}");
    replies
}

fn is_fault(replies: &[Reply]) -> bool {
    matches!(replies.last(), Some(Reply::Fault(_)))
}

/// Whether the agent was ready at the start and after so many `Reset`s.
fn is_wiped(replies: &[Reply], resets: usize) -> bool {
    let ready = replies.iter().filter(|reply| matches!(reply, Reply::Ready { .. }));
    ready.count() == 1 + resets
}

async fn engine(name: &str) -> NativeEngine {
    let owner = format!("{name}-{}", std::process::id());
    NativeEngine::connect(Config::default().sandbox, &owner).await.unwrap()
}

fn spec(argv: &[&str]) -> Spec {
    Spec {
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
        cpu_us: 1_000_000,
        wall_us: 3_000_000,
        memory_bytes: 64 << 20,
        output_bytes: 1 << 20,
        disk_bytes: 1 << 20,
        keep_stdout: 1 << 20,
        processes: 8,
        ..Spec::default()
    }
}

fn frames(requests: &[Request]) -> Vec<u8> {
    requests.iter().fold(Vec::new(), |mut bytes, request| {
        request.encode(&mut bytes);
        bytes
    })
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let engine = engine("sense").await;
    let write = |path: &str| Request::Write {
        side: Side::Program,
        path: path.into(),
        executable: true,
        bytes: b"x".to_vec(),
    };
    let run = |change: fn(&mut Spec)| {
        let mut spec = spec(&["true"]);
        change(&mut spec);
        Request::Run(spec)
    };
    for (what, requests) in [
        ("a path above", vec![write("../x")]),
        ("a path of the cell", vec![write("/etc/passwd")]),
        ("a path with a detour", vec![write("a/../../x")]),
        ("no path", vec![write("")]),
        ("a NUL in a path", vec![write("a\0b")]),
        ("a box that was used", vec![run(|_| {}), write("late")]),
        ("an input that is not held", vec![run(|spec| spec.stdin = 7)]),
        ("a file that is not held", vec![run(|spec| spec.shown = vec![7])]),
        ("a NUL in a word", vec![run(|spec| spec.argv.push("a\0b".into()))]),
        (
            "a file that is sealed",
            vec![
                Request::Hold { number: 1, bytes: vec![1] },
                run(|spec| spec.stdin = 1),
                run(|spec| {
                    spec.argv = vec!["echo".into()];
                    spec.hold_stdout = 1;
                }),
            ],
        ),
    ] {
        // It ends of itself: nothing more can be trusted.
        let replies = talk(&engine, &frames(&requests), |_| false).await;
        assert!(is_fault(&replies), "{what}: {replies:?}");
    }
    for name in ["../../etc/passwd", "/etc/passwd", "", ".", "a/b", "judgemessage.txt"] {
        let fetch = Request::Fetch { name: name.into(), limit: u64::MAX, hold: 0 };
        let requests = [run(|spec| spec.side = Side::Checker), fetch, Request::Reset];
        let replies = talk(&engine, &frames(&requests), |said| is_wiped(said, 1)).await;
        let Some([Reply::Ended(_), Reply::Fetched { size: None }, Reply::Ready { .. }]) =
            replies.get(1..)
        else {
            panic!("{name}: {replies:?}")
        };
    }
    assert_eq!(engine.sweep().await.unwrap(), 0, "nothing is left");
}

/// Frames in any order with any content; and frames that are cut.
#[tokio::test]
async fn hostile_frames_end_an_agent_and_nothing_else() {
    let engine = engine("frames").await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let index = any::<prop::sample::Index>;
    let strategy = (
        prop::collection::vec(super::protocol_tests::request(), 1..8),
        prop::collection::vec((index(), index(), any::<u8>()), 0..4),
        index(),
    );
    let (mut faults, mut wiped) = (0, 0);
    for _ in 0..60 {
        let (requests, changes, cut) = strategy.new_tree(&mut runner).unwrap().current();
        let mut parts: Vec<_> = requests.iter().map(|request| frames(from_ref(request))).collect();
        for (part, at, byte) in changes {
            let part = part.get_mut(&mut parts);
            // Behind the length, so that the next frame is found and the talk comes to its end.
            let at = 4 + at.index(part.len() - 4);
            part[at] = byte;
        }
        let resets =
            parts.iter().filter(|part| Request::decode(part[4], &part[5..]) == Ok(Request::Reset));
        let resets = 1 + resets.count();
        let mut bytes = parts.concat();
        let length = bytes.len();
        Request::Reset.encode(&mut bytes);
        let end = |replies: &[Reply]| is_fault(replies) || is_wiped(replies, resets);
        let replies = talk(&engine, &bytes, end).await;
        assert!(end(&replies), "{requests:?}: {replies:?}");
        faults += u32::from(is_fault(&replies));
        wiped += u32::from(!is_fault(&replies));
        talk(&engine, &bytes[..cut.index(length)], |_| true).await;
    }
    assert!(faults > 5 && wiped > 5, "{faults} faults, {wiped} wiped: both must be reached");
    let requests = [Request::Run(spec(&["echo", "well"])), Request::Reset];
    let replies = talk(&engine, &frames(&requests), |said| is_wiped(said, 1)).await;
    let well = Reply::Output { stream: 1, bytes: b"well\n".to_vec() };
    assert!(replies.contains(&well), "{replies:?}");
    assert_eq!(engine.sweep().await.unwrap(), 0, "nothing is left");
}
