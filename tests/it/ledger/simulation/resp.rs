//! What goes over the wire of a Redis, as bytes.

use std::io::{BufRead, Read};

/// A command.
pub type Command = Vec<Vec<u8>>;

/// Adds a command to what is to be sent.
pub fn write(to: &mut Vec<u8>, words: &[&[u8]]) {
    to.extend(format!("*{}\r\n", words.len()).bytes());
    for word in words {
        to.extend(format!("${}\r\n", word.len()).bytes());
        to.extend_from_slice(word);
        to.extend(b"\r\n");
    }
}

/// The array of texts at the beginning, and its length; `None` while a part is missing.
pub fn parse(bytes: &[u8]) -> Option<(Command, usize)> {
    let mut at = 0;
    let count = number(bytes, &mut at, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let length = number(bytes, &mut at, b'$')?;
        words.push(bytes.get(at..at + length)?.to_vec());
        at += length + 2;
    }
    (at <= bytes.len()).then_some((words, at))
}

/// The number in the line that begins here, which is of this kind.
fn number(bytes: &[u8], at: &mut usize, kind: u8) -> Option<usize> {
    let line = bytes.get(*at..)?;
    let end = line.windows(2).position(|pair| pair == b"\r\n")?;
    assert_eq!(line[0], kind, "{:?}", String::from_utf8_lossy(line));
    *at += end + 2;
    Some(std::str::from_utf8(&line[1..end]).unwrap().parse().unwrap())
}

/// Reads a reply as it is.
pub fn read(from: &mut impl BufRead) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_until(b'\n', &mut bytes).unwrap();
    let length = || std::str::from_utf8(&bytes[1..]).unwrap().trim_end().parse::<i64>().unwrap();
    match bytes.first() {
        Some(b'$') if length() >= 0 => {
            let rest = length() as u64 + 2;
            from.take(rest).read_to_end(&mut bytes).unwrap();
        }
        Some(b'*') => {
            for _ in 0..length() {
                let item = read(from);
                bytes.extend(item);
            }
        }
        Some(_) => {}
        None => panic!("the server hung up"),
    }
    bytes
}

/// What a subscriber is pushed.
pub fn push(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, words);
    bytes[0] = b'>';
    bytes
}
