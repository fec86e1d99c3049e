//! A decimal number of any length, read piece by piece.

/// How many digits are kept: more than any that can decide how a 64-bit float is rounded, but for whether
/// the rest is nothing.
const DIGITS: usize = 800;

/// An exponent beyond this makes nothing or infinity of any number that fits a file.
const EXPONENT: i64 = 1 << 60;

/// Where in a number the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum At {
    #[default]
    Start,
    /// After the sign.
    Sign,
    /// In the digits before the point.
    Whole,
    /// After a point with no digits before it.
    BarePoint,
    /// After the point, or in the digits there.
    Part,
    /// After the `e`.
    E,
    /// After the exponent's sign.
    ExponentSign,
    Exponent,
    /// No number.
    Word,
}

/// `[+-]?(D*.D+|D+.|D+)([eE][+-]?D+)?`, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Number {
    at: At,
    negative: bool,
    /// The first digits without leading zeros.
    digits: Vec<u8>,
    /// Whether there was another digit than 0 among those that were not kept.
    more: bool,
    /// The value is 0.DIGITS times ten to this power and to the exponent.
    point: i64,
    exponent: i64,
    exponent_negative: bool,
}

impl Number {
    /// Reads the next piece.
    pub fn read(&mut self, piece: &[u8]) {
        for &byte in piece {
            self.at = self.step(byte);
            if self.at == At::Word {
                return;
            }
        }
    }

    /// Whether what was read may still be a number or the beginning of one.
    pub fn may_be(&self) -> bool {
        self.at != At::Word
    }

    /// The value, when a number has been read and a 64-bit float can hold it.
    pub fn value(&self) -> Option<f64> {
        if !matches!(self.at, At::Whole | At::Part | At::Exponent) {
            return None;
        }
        if self.digits.is_empty() {
            return Some(0.0);
        }
        let exponent = if self.exponent_negative { -self.exponent } else { self.exponent };
        let power = self.point.saturating_add(exponent).clamp(-100_000, 100_000);
        let digits: String = self.digits.iter().copied().map(char::from).collect();
        let more = if self.more { "1" } else { "" };
        let value: f64 = format!("0.{digits}{more}e{power}").parse().ok()?;
        // Too small for a float, but not nothing.
        let value = if value == 0.0 { f64::from_bits(1) } else { value };
        let value = if self.negative { -value } else { value };
        value.is_finite().then_some(value)
    }

    fn step(&mut self, byte: u8) -> At {
        match (self.at, byte) {
            (At::Start, b'+' | b'-') => {
                self.negative = byte == b'-';
                At::Sign
            }
            (At::Start | At::Sign | At::Whole, b'0'..=b'9') => {
                if self.digit(byte) {
                    self.point += 1;
                }
                At::Whole
            }
            (At::Start | At::Sign, b'.') => At::BarePoint,
            (At::Whole, b'.') => At::Part,
            (At::BarePoint | At::Part, b'0'..=b'9') => {
                if !self.digit(byte) {
                    self.point -= 1;
                }
                At::Part
            }
            (At::Whole | At::Part, b'e' | b'E') => At::E,
            (At::E, b'+' | b'-') => {
                self.exponent_negative = byte == b'-';
                At::ExponentSign
            }
            (At::E | At::ExponentSign | At::Exponent, b'0'..=b'9') => {
                let digit = i64::from(byte - b'0');
                self.exponent =
                    self.exponent.saturating_mul(10).saturating_add(digit).min(EXPONENT);
                At::Exponent
            }
            _ => At::Word,
        }
    }

    /// Takes a digit; false for a leading zero.
    fn digit(&mut self, byte: u8) -> bool {
        if self.digits.is_empty() && byte == b'0' {
            return false;
        }
        if self.digits.len() < DIGITS {
            self.digits.push(byte);
        } else {
            self.more |= byte != b'0';
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str, cut: usize) -> Option<f64> {
        let mut number = Number::default();
        text.as_bytes().chunks(cut).for_each(|piece| number.read(piece));
        number.value()
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_the_standard_library(
            text in "[+-]?[0-9]{0,4}\\.?[0-9]{0,30}([eE][+-]?[0-9]{0,2})?", cut in 1_usize..5
        ) {
            let known: Option<f64> = text.parse().ok().filter(|value: &f64| value.is_finite());
            prop_assert_eq!(value(&text, cut), known);
        }

        #[test]
        fn any_other_text_is_a_word(text in "[0-9a-zA-Z+.\\-]{0,5}") {
            let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
            let known: Option<f64> = text.parse().ok().filter(|value: &f64| plain && value.is_finite());
            prop_assert_eq!(value(&text, 2), known);
        }
    }

    #[test]
    fn numbers_of_any_length() {
        let zeros = "0".repeat(5000);
        assert_eq!(value(&format!("{zeros}1.5"), 7), Some(1.5));
        assert_eq!(value(&format!("1{zeros}e-5000"), 4096), Some(1.0));
        assert_eq!(value(&format!("0.{zeros}25e5001"), 4096), Some(2.5));
        assert_eq!(value(&format!("1.{zeros}"), 1), Some(1.0));
        assert_eq!(value(&format!("1{zeros}"), 9), None, "more than a float holds");
        assert_eq!(value(&format!("1e-9{zeros}"), 9), Some(f64::from_bits(1)), "not nothing");
        assert_eq!(value(&format!("0e9{zeros}"), 9), Some(0.0));
        // Halfway between two floats, and a digit beyond those that are kept says upwards.
        let half = format!("9007199254740993.{}", "0".repeat(2000));
        assert_eq!(value(&half, 100), Some(9_007_199_254_740_992.0));
        assert_eq!(value(&format!("{half}1"), 100), Some(9_007_199_254_740_994.0));
    }
}
