//! Numbers of any size and precision, and texts.

use super::syntax::Operator;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Pow, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// The most binary digits of a number, and of an exponent's result.
const BITS: u64 = 1 << 20;

/// The largest decimal exponent, to either side.
const EXPONENT: i64 = 200_000;

#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(BigInt),
    /// Exactly as it was written.
    Float(BigRational),
    Text(Vec<u8>),
}

impl Value {
    /// Its kind, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
        }
    }

    /// As a number; `None` for a text.
    pub fn number(&self) -> Option<BigRational> {
        match self {
            Self::Int(int) => Some(BigRational::from_integer(int.clone())),
            Self::Float(float) => Some(float.clone()),
            Self::Text(_) => None,
        }
    }

    /// How it compares with another; `None` for a number and a text.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => Some(self.number()?.cmp(&other.number()?)),
        }
    }

    /// Minus this.
    pub fn negative(&self) -> Result<Self, String> {
        match self {
            Self::Int(int) => Ok(Self::Int(-int)),
            Self::Float(float) => Ok(Self::Float(-float)),
            Self::Text(_) => Err("a text has no sign".to_owned()),
        }
    }

    /// Computes.
    pub fn compute(&self, operator: Operator, other: &Self) -> Result<Self, String> {
        let value = match (self, other) {
            (Self::Text(_), _) | (_, Self::Text(_)) => {
                return Err("texts can only be compared".to_owned());
            }
            (_, Self::Int(exponent)) if operator == Operator::Power => self.power(exponent)?,
            (_, _) if operator == Operator::Power => {
                return Err("an exponent must be a whole number".to_owned());
            }
            (Self::Int(a), Self::Int(b)) => Self::Int(whole(operator, a, b)?),
            (a, b) => {
                let (Some(a), Some(b)) = (a.number(), b.number()) else {
                    return Err("texts can only be compared".to_owned());
                };
                Self::Float(rational(operator, &a, &b)?)
            }
        };
        if value.bits() > BITS { Err("a number has too many digits".to_owned()) } else { Ok(value) }
    }

    fn power(&self, exponent: &BigInt) -> Result<Self, String> {
        if exponent.is_negative() {
            return Err("an exponent must not be negative".to_owned());
        }
        let small = exponent.to_u32().filter(|&exponent| {
            self.bits().saturating_sub(1).saturating_mul(u64::from(exponent)) <= BITS
        });
        let exponent = small.ok_or("a number has too many digits")?;
        Ok(match self {
            Self::Int(int) => Self::Int(Pow::pow(int, exponent)),
            Self::Float(float) => Self::Float(Pow::pow(float, exponent)),
            Self::Text(_) => return Err("texts can only be compared".to_owned()),
        })
    }

    /// How long it is in binary.
    fn bits(&self) -> u64 {
        match self {
            Self::Int(int) => int.bits(),
            Self::Float(float) => float.numer().bits().max(float.denom().bits()),
            Self::Text(text) => 8 * text.len() as u64,
        }
    }
}

fn whole(operator: Operator, a: &BigInt, b: &BigInt) -> Result<BigInt, String> {
    Ok(match operator {
        Operator::Plus => a + b,
        Operator::Minus => a - b,
        Operator::Times => a * b,
        Operator::Divided | Operator::Modulo if b.is_zero() => {
            return Err("a number is divided by 0".to_owned());
        }
        Operator::Divided => a / b,
        Operator::Modulo => a % b,
        Operator::Power => return Err("an exponent must be a whole number".to_owned()),
    })
}

fn rational(operator: Operator, a: &BigRational, b: &BigRational) -> Result<BigRational, String> {
    Ok(match operator {
        Operator::Plus => a + b,
        Operator::Minus => a - b,
        Operator::Times => a * b,
        Operator::Divided if b.is_zero() => return Err("a number is divided by 0".to_owned()),
        Operator::Divided => a / b,
        Operator::Modulo => return Err("`%` takes whole numbers".to_owned()),
        Operator::Power => return Err("an exponent must be a whole number".to_owned()),
    })
}

/// Reads `-?D+(.D*)?([eE][+-]?D+)?` exactly; `None` when its exponent is beyond all bounds.
pub(super) fn decimal(text: &str) -> Option<BigRational> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigInt = format!("{whole}{part}").parse().ok()?;
    let power = exponent.checked_sub(i64::try_from(part.len()).ok()?)?;
    if power.abs() > EXPONENT {
        return None;
    }
    let scale = Pow::pow(BigInt::from(10), power.unsigned_abs());
    Some(if power >= 0 {
        BigRational::from_integer(digits * scale)
    } else {
        BigRational::new(digits, scale)
    })
}
