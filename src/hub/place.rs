//! A place in the log, as clients keep it and bring it back.

use std::{fmt, str::FromStr};

/// The last thing that a client has seen: `epoch:pos`, or `epoch:pos.part`.
///
/// One entry of the log may become several packets. The last of them carries `epoch:pos`, and the i-th
/// before it `epoch:pos.i`, counted from 1: so a client that was cut off in between gets the rest, once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The log's name; a place in another log means nothing in this one.
    pub epoch: String,
    /// The entry's place in the log.
    pub pos: u64,
    /// How many of its packets were seen; `None`: all.
    pub part: Option<u32>,
}

impl Place {
    /// All packets of an entry.
    pub fn whole(epoch: impl Into<String>, pos: u64) -> Self {
        Self { epoch: epoch.into(), pos, part: None }
    }

    /// The first `part` packets of an entry.
    pub fn part(epoch: impl Into<String>, pos: u64, part: u32) -> Self {
        Self { epoch: epoch.into(), pos, part: Some(part) }
    }

    /// Where to go on: after this place of the log, and without the first packets of what comes there
    /// if that is the entry at [`Place::pos`].
    pub fn resume(&self) -> (u64, u32) {
        match self.part {
            None => (self.pos, 0),
            Some(part) => (self.pos.saturating_sub(1), part),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.pos)?;
        match self.part {
            Some(part) => write!(f, ".{part}"),
            None => Ok(()),
        }
    }
}

/// A text that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in the log, such as 5f0c9a1be2d34788:1042")]
pub struct ParsePlaceError;

impl FromStr for Place {
    type Err = ParsePlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, rest) = text.split_once(':').ok_or(ParsePlaceError)?;
        let (pos, part) = match rest.split_once('.') {
            Some((pos, part)) => (pos, Some(number(part)?)),
            None => (rest, None),
        };
        let good = !epoch.is_empty()
            && epoch.len() <= 64
            && epoch.bytes().all(|b| b.is_ascii_alphanumeric())
            && part != Some(0);
        if !good {
            return Err(ParsePlaceError);
        }
        Ok(Self { epoch: epoch.to_owned(), pos: number(pos)?, part })
    }
}

/// Digits only: a sign or a leading zero would be a second way to write the same place.
fn number<T: FromStr>(text: &str) -> Result<T, ParsePlaceError> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain).ok_or(ParsePlaceError)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_say_where_to_go_on() {
        let whole: Place = "ab12:7".parse().unwrap();
        assert_eq!((whole.clone(), whole.resume()), (Place::whole("ab12", 7), (7, 0)));
        let part: Place = "ab12:7.2".parse().unwrap();
        assert_eq!((part.clone(), part.resume()), (Place::part("ab12", 7, 2), (6, 2)));
        assert_eq!(Place::part("a", 0, 1).resume(), (0, 1));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            ":",
            "7",
            "a:",
            ":7",
            "a:-1",
            "a:+1",
            "a:07",
            "a:7.",
            "a:7.0",
            "a:7.01",
            "a:7.1.1",
            "a:7:8",
            "a b:7",
            "a:7 ",
            "a:18446744073709551616",
            "a:1.4294967296",
            "ä:1",
            "a\n:1",
        ] {
            assert_eq!(text.parse::<Place>(), Err(ParsePlaceError), "{text:?}");
        }
        assert!(format!("{}:1", "a".repeat(65)).parse::<Place>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(epoch in "[a-zA-Z0-9]{1,64}", pos: u64, part in prop::option::of(1u32..)) {
            let place = Place { epoch, pos, part };
            prop_assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
        }

        #[test]
        fn anything_else_is_an_error_or_the_same(text in ".{0,40}") {
            if let Ok(place) = text.parse::<Place>() {
                prop_assert_eq!(place.to_string(), text);
            }
        }
    }
}
