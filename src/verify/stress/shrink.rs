//! Making a counterexample smaller: which inputs to try, the boldest first. Whether one is valid and still
//! fails is for the caller to find out.

use std::collections::HashSet;

/// How small an input is: its length, then the size of its numbers. Every step goes down.
pub(super) fn size(input: &[u8]) -> (usize, u128) {
    let words = input.split(u8::is_ascii_whitespace);
    let value = |word: &[u8]| {
        let text = std::str::from_utf8(word).ok()?;
        // A negative number is larger than its positive twin.
        let number = text.parse::<i128>().ok()?;
        Some(number.unsigned_abs() * 2 + u128::from(number < 0))
    };
    (input.len(), words.filter_map(value).fold(0, u128::saturating_add))
}

/// Kinds of steps: lines left out, words left out, letters left out, numbers made smaller.
pub(super) const KINDS: usize = 4;

/// Smaller inputs to be tried in place of this one, by kind, each kind in its order. Where a number counts
/// what was left out, it counts less.
pub(super) fn smaller(input: &[u8]) -> [Vec<Vec<u8>>; KINDS] {
    let Ok(text) = std::str::from_utf8(input) else { return Default::default() };
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    let mut known = HashSet::new();
    let before = size(input);
    [fewer_lines, fewer_words, shorter_words, smaller_numbers].map(|steps| {
        let mut found = Vec::new();
        steps(&lines, &mut found);
        let texts = found.iter().map(joined).filter(|bytes| size(bytes) < before);
        texts.filter(|bytes| known.insert(bytes.clone())).collect()
    })
}

fn joined(lines: &Lines) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend_from_slice(line.join(" ").as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

type Lines = Vec<Vec<String>>;

/// At most so many inputs are made of each kind of step: each is a run of several programs.
const MOST: usize = 400;

fn owned(lines: &[Vec<&str>]) -> Lines {
    lines.iter().map(|line| line.iter().map(|&word| word.to_owned()).collect()).collect()
}

/// The pieces of a list that are left out, large ones first: half of it, a quarter, and so on.
fn pieces(length: usize) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let mut size = length.div_ceil(2).max(1);
    while length > 0 && pieces.len() < MOST {
        for start in (0..length).step_by(size) {
            pieces.push((start, size.min(length - start)));
        }
        if size == 1 {
            break;
        }
        size = size.div_ceil(2);
    }
    pieces.truncate(MOST);
    pieces
}

/// The variants in which one number before line `at` is less by `by`; those that were exactly `of` first.
fn counted_less(lines: &Lines, at: usize, by: usize, of: usize, found: &mut Vec<Lines>) {
    let mut places = Vec::new();
    for (line, words) in lines.iter().enumerate().take(at) {
        for (word, text) in words.iter().enumerate() {
            if let Ok(number) = text.parse::<i128>()
                && number >= by as i128
            {
                // Numbers near what was left out, and those that count it exactly, are likelier.
                places.push((number != of as i128, at - line, word, number));
            }
        }
    }
    places.sort_unstable();
    for (_, back, word, number) in places.into_iter().take(3) {
        let mut lines = lines.clone();
        lines[at - back][word] = (number - by as i128).to_string();
        found.push(lines);
    }
}

fn fewer_lines(lines: &[Vec<&str>], found: &mut Vec<Lines>) {
    let all = owned(lines);
    for (start, count) in pieces(lines.len()) {
        let mut rest = all.clone();
        rest.drain(start..start + count);
        let others = lines.len() - start;
        counted_less(&rest, start, count, others, found);
        found.push(rest);
    }
}

fn fewer_words(lines: &[Vec<&str>], found: &mut Vec<Lines>) {
    let all = owned(lines);
    let made = found.len();
    for (at, words) in lines.iter().enumerate() {
        if words.len() < 2 || found.len() - made > 4 * MOST {
            continue;
        }
        for (start, count) in pieces(words.len()) {
            let mut rest = all.clone();
            rest[at].drain(start..start + count);
            if rest[at].is_empty() {
                continue;
            }
            counted_less(&rest, at, count, words.len(), found);
            found.push(rest);
        }
    }
}

/// Words that are no numbers lose letters.
fn shorter_words(lines: &[Vec<&str>], found: &mut Vec<Lines>) {
    let all = owned(lines);
    let made = found.len();
    for (at, words) in lines.iter().enumerate() {
        for (place, word) in words.iter().enumerate() {
            if word.parse::<i128>().is_ok() || !word.is_ascii() || found.len() - made > 2 * MOST {
                continue;
            }
            for (start, count) in pieces(word.len()).into_iter().take(64) {
                if count == word.len() {
                    continue;
                }
                let mut rest = all.clone();
                rest[at][place].replace_range(start..start + count, "");
                counted_less(&rest, at, count, word.len(), found);
                found.push(rest);
            }
        }
    }
}

/// Every number in its turn is 0, then every number is 1, and so on: what makes the largest step comes
/// first, whatever the number's place. Halving one number after the other would take as many steps as it
/// has bits.
fn smaller_numbers(lines: &[Vec<&str>], found: &mut Vec<Lines>) {
    let all = owned(lines);
    let mut numbers = Vec::new();
    for (at, words) in lines.iter().enumerate() {
        for (place, word) in words.iter().enumerate() {
            numbers.extend(word.parse::<i128>().ok().map(|number| (at, place, lesser(number))));
        }
    }
    let made = found.len();
    let longest = numbers.iter().map(|(_, _, lesser)| lesser.len()).max().unwrap_or_default();
    for step in 0..longest {
        for (at, place, lesser) in &numbers {
            let Some(less) = lesser.get(step) else { continue };
            if found.len() - made > 2 * MOST {
                return;
            }
            let mut rest = all.clone();
            rest[*at][*place] = less.to_string();
            found.push(rest);
        }
    }
}

/// What may take a number's place, the smallest first: 0, 1, what halving leads to, then what is left when a
/// quarter, an eighth and so on is taken away; of a negative one its positive twin too.
fn lesser(number: i128) -> Vec<i128> {
    let halves = std::iter::successors(Some(number / 2), |half| Some(half / 2));
    let halves: Vec<i128> = halves.take_while(|half| half.unsigned_abs() > 0).collect();
    let mut lesser = vec![0, 1];
    lesser.extend(halves.iter().rev());
    lesser.extend(halves.iter().skip(1).map(|part| number - part));
    lesser.push(number - number.signum());
    lesser.extend((number < 0).then(|| number.saturating_abs()));
    lesser.retain(|less| *less != number);
    lesser.dedup();
    lesser
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrinks as far as it goes.
    fn shrunk(input: &str, fails: impl Fn(&str) -> bool) -> String {
        let mut current = input.as_bytes().to_vec();
        assert!(fails(input));
        while let Some(next) = smaller(&current)
            .into_iter()
            .flatten()
            .find(|bytes| std::str::from_utf8(bytes).is_ok_and(&fails))
        {
            assert!(size(&next) < size(&current));
            current = next;
        }
        String::from_utf8(current).unwrap()
    }

    fn numbers(text: &str) -> Vec<i64> {
        text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
    }

    #[test]
    fn a_count_goes_down_with_what_it_counts() {
        // n, then n numbers in a line; fails when one of them is 13 or more.
        let fails = |text: &str| {
            let lines: Vec<&str> = text.lines().collect();
            let [count, list] = lines[..] else { return false };
            let list = numbers(list);
            count.parse() == Ok(list.len()) && list.iter().any(|&x| x >= 13)
        };
        assert_eq!(shrunk("7\n5 -3 88 1000 2 2 9\n", fails), "1\n13\n");
        // n, then n lines.
        let fails = |text: &str| {
            let mut lines = text.lines();
            let count = lines.next().and_then(|line| line.parse::<usize>().ok());
            let rest: Vec<&str> = lines.collect();
            count == Some(rest.len())
                && rest.iter().all(|line| numbers(line).len() == 2)
                && rest.iter().any(|line| numbers(line)[0] > numbers(line)[1])
        };
        assert_eq!(shrunk("4\n1 2\n3 4\n9 5\n7 8\n", fails), "1\n1 0\n");
    }

    #[test]
    fn a_number_needs_few_steps() {
        assert_eq!(lesser(9), [0, 1, 2, 4, 7, 8]);
        assert_eq!(lesser(-9), [0, 1, -1, -2, -4, -7, -8, 9]);
        assert_eq!((lesser(0), lesser(1), lesser(2)), (vec![1], vec![0], vec![0, 1]));
        assert_eq!(lesser(-3), [0, 1, -1, -2, 3]);
        for number in [i128::MAX, i128::MIN + 1] {
            assert!(lesser(number).len() < 300);
        }
        // A billion has 30 bits, and a step for each would be a run of every program for each.
        let fails = |text: &str| numbers(text).first().is_some_and(|&number| number > 700);
        let mut current = b"1000000000\n".to_vec();
        let mut steps = 0;
        while let Some(next) = smaller(&current)
            .into_iter()
            .flatten()
            .find(|bytes| std::str::from_utf8(bytes).is_ok_and(fails))
        {
            (current, steps) = (next, steps + 1);
        }
        assert_eq!(current, b"701\n");
        assert!(steps < 20, "{steps}");
    }

    #[test]
    fn words_lose_letters() {
        let fails = |text: &str| {
            let lines: Vec<&str> = text.lines().collect();
            let [count, word] = lines[..] else { return false };
            count.parse() == Ok(word.len()) && word.contains("ab")
        };
        assert_eq!(shrunk("8\nxxabyabz\n", fails), "2\nab\n");
    }

    #[test]
    fn nothing_is_smaller_than_nothing() {
        let none = |input| smaller(input).iter().all(Vec::is_empty);
        assert!(none(b""));
        assert!(none(b"\xff\xfe"), "no text");
        assert!(size(b"1\n") > size(b"0\n") && size(b"-2") > size(b"-1"));
    }

    #[test]
    fn long_inputs_make_no_more_steps_than_are_run() {
        let long = "7 8 9\n".repeat(2000);
        let lines: Vec<Vec<&str>> = long.lines().map(|line| line.split(' ').collect()).collect();
        let mut found = Vec::new();
        fewer_lines(&lines, &mut found);
        assert!(found.len() <= 4 * MOST);
    }
}
