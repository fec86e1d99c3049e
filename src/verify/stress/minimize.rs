//! Making a counterexample smaller: tries what `shrink.rs` proposes, in batches, and keeps what still fails.

use super::{
    StressStep,
    search::{BATCH, Search, Trouble, generated},
    shrink::{KINDS, size, smaller},
};
use crate::judge::Verdict;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// So many inputs are tried to make a counterexample smaller.
const MOST: u64 = 3000;
/// And for so long at most.
const LONGEST: Duration = Duration::from_secs(60);
/// The first batch of a kind: what is found is found early, most often.
const FIRST: usize = 8;

/// A counterexample on its way down.
struct Shrinking {
    smallest: Vec<u8>,
    /// The generator and its arguments that made it.
    call: Vec<String>,
    verdict: Verdict,
    tried: u64,
    deadline: Instant,
}

impl Search<'_> {
    /// Makes a counterexample smaller for as long as it fails in the same way.
    pub(super) async fn shrink(
        &self,
        input: Vec<u8>,
        verdict: Verdict,
        generator: &[String],
        steps: &mpsc::Sender<StressStep>,
    ) -> Result<Vec<u8>, Trouble> {
        let deadline = Instant::now() + LONGEST;
        let call = generator.to_vec();
        let mut state = Shrinking { smallest: input, call, verdict, tried: 0, deadline };
        // What made it smaller is likely to do so again, and what did not is likely not to.
        let mut kind = 0;
        while let Some(next) = self.step(&mut state, kind).await? {
            kind = next;
            let (tried, bytes) = (state.tried, state.smallest.len() as u64);
            let _ = steps.send(StressStep::Shrinking { tried, bytes }).await;
        }
        Ok(state.smallest)
    }

    /// Makes it smaller once, beginning with this kind of step; the kind that did it.
    async fn step(&self, state: &mut Shrinking, first: usize) -> Result<Option<usize>, Trouble> {
        // Without a validator nobody knows whether an input that no generator made is valid.
        if self.has_no_validator() {
            let calls = smaller_calls(&state.call);
            for calls in batches(calls) {
                let made = self.smaller_inputs(&calls, &state.smallest).await?;
                let (places, inputs): (Vec<usize>, Vec<Vec<u8>>) = made.into_iter().unzip();
                if let Some(at) = self.fails(state, calls.len(), &inputs).await? {
                    state.call.clone_from(&calls[places[at]]);
                    return Ok(Some(0));
                }
                if state.is_over() {
                    break;
                }
            }
            return Ok(None);
        }
        let mut kinds = smaller(&state.smallest);
        for kind in (0..KINDS).map(|kind| (first + kind) % KINDS) {
            for inputs in batches(std::mem::take(&mut kinds[kind])) {
                if self.fails(state, inputs.len(), &inputs).await?.is_some() {
                    return Ok(Some(kind));
                }
                if state.is_over() {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// The place of the first input on which the program still fails; that is the smallest then.
    async fn fails(
        &self,
        state: &mut Shrinking,
        tried: usize,
        inputs: &[Vec<u8>],
    ) -> Result<Option<usize>, Trouble> {
        state.tried += tried as u64;
        let first = self.differs(inputs, Some(state.verdict)).await?.first;
        Ok(first.map(|(at, _)| {
            state.smallest.clone_from(&inputs[at]);
            at
        }))
    }

    /// The inputs of those calls that make a smaller one, with their places. Arguments that the generator
    /// does not take are no reason to end.
    async fn smaller_inputs(
        &self,
        calls: &[Vec<String>],
        than: &[u8],
    ) -> Result<Vec<(usize, Vec<u8>)>, Trouble> {
        let mut inputs = Vec::new();
        let Some(program) = calls.first().map(|call| call[0].clone()) else { return Ok(inputs) };
        let mut tool = self.generator(&program).await?;
        for (place, call) in calls.iter().enumerate() {
            match generated(&mut tool, call).await {
                Ok(input) if size(&input) < size(than) => inputs.push((place, input)),
                Err(Trouble::Sandbox(error)) => return Err(error.into()),
                Ok(_) | Err(Trouble::Package(_)) => {}
            }
        }
        tool.release().await;
        Ok(inputs)
    }
}

impl Shrinking {
    fn is_over(&self) -> bool {
        self.tried >= MOST || Instant::now() >= self.deadline
    }
}

/// A list in pieces, each twice as long as the one before, up to a batch.
fn batches<T>(list: Vec<T>) -> Vec<Vec<T>> {
    let (mut batches, mut size) = (Vec::new(), FIRST);
    let mut list = list.into_iter();
    loop {
        let batch: Vec<T> = list.by_ref().take(size).collect();
        if batch.is_empty() {
            return batches;
        }
        batches.push(batch);
        size = (size * 2).min(BATCH);
    }
}

/// Calls of the same generator of which one argument is smaller, or is another seed.
fn smaller_calls(args: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let numbers = args.iter().enumerate().skip(1);
    let numbers: Vec<(usize, i64)> =
        numbers.filter_map(|(at, arg)| Some((at, arg.parse().ok()?))).collect();
    let set = |args: &[String], at: usize, value: i64| {
        let mut args = args.to_vec();
        args[at] = value.to_string();
        args
    };
    let last = numbers.last().copied();
    for &(at, number) in &numbers {
        for less in [1, number / 10, number / 2, number - 1] {
            if less < number && less > 0 {
                let args = set(args, at, less);
                found.push(args.clone());
                // By custom the last number is the seed.
                for seed in 1..=5 {
                    found.extend(
                        last.filter(|last| last.0 != at)
                            .map(|(seat, old)| set(&args, seat, old.wrapping_add(seed))),
                    );
                }
            }
        }
    }
    if let Some((seat, old)) = last {
        found.extend((1..=50).map(|seed| set(args, seat, old.wrapping_add(seed))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow() {
        let lengths: Vec<usize> = batches(vec![0; 300]).iter().map(Vec::len).collect();
        assert_eq!(lengths, [8, 16, 32, 64, 64, 64, 52]);
        assert!(batches(Vec::<u8>::new()).is_empty());
    }

    #[test]
    fn arguments_get_smaller_or_other_seeds() {
        let call: Vec<String> = ["3", "100", "x", "7"].map(str::to_owned).into();
        let tried = smaller_calls(&call);
        let has = |words: [&str; 3]| tried.iter().any(|call| call[1..] == words && call[0] == "3");
        assert!(has(["1", "x", "7"]) && has(["50", "x", "7"]) && has(["50", "x", "9"]));
        assert!(has(["100", "x", "1"]) && has(["100", "x", "20"]));
        assert!(!tried.contains(&call));
        assert!(smaller_calls(&["a".to_owned()]).is_empty());
    }
}
