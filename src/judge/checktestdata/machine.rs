//! Running a script over an input.

use super::{
    Complaint,
    syntax::{Command, Comparison, Expr, Kind, Notation, Test, Times, Variable},
    value::{Value, decimal},
};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use regex::bytes::{Regex, RegexBuilder};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

/// What a script may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The most steps: commands, tests and values.
    pub steps: u64,
    /// The most values that variables hold at one time.
    pub values: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 200_000_000, values: 2_000_000 }
    }
}

/// The most characters of a whole number in the input.
const DIGITS: usize = 100_000;

/// A failure: of the input where it stands now, or of the script.
enum Wrong {
    Input(String),
    Script(String),
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Self::Script(message)
    }
}

type Done<T> = Result<T, Wrong>;

/// The values of a variable by their index; that of no array has an empty one.
type Array = BTreeMap<Vec<BigInt>, Value>;

struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    variables: HashMap<String, Array>,
    values: usize,
    steps: u64,
    bounds: Bounds,
    patterns: HashMap<Vec<u8>, Rc<Regex>>,
    /// The line of the present command.
    line: u32,
}

/// Runs commands over an input, which must end with them.
pub(super) fn run(commands: &[Command], input: &[u8], bounds: Bounds) -> Result<(), Complaint> {
    let mut machine = Machine {
        input,
        at: 0,
        variables: HashMap::new(),
        values: 0,
        steps: 0,
        bounds,
        patterns: HashMap::new(),
        line: commands.last().map_or(1, |command| command.line),
    };
    let done = machine.all(commands).and_then(|()| {
        machine.line = commands.last().map_or(1, |command| command.line);
        machine.end()
    });
    done.map_err(|wrong| {
        let (place, message) = match wrong {
            Wrong::Input(message) => (Some(machine.place()), message),
            Wrong::Script(message) => (None, message),
        };
        Complaint { script_line: machine.line, place, message }
    })
}

impl Machine<'_> {
    /// Line and column of what comes next.
    fn place(&self) -> (u32, u32) {
        let before = &self.input[..self.at];
        let lines = before.iter().filter(|&&b| b == b'\n').count();
        let column = before.iter().rev().take_while(|&&b| b != b'\n').count();
        let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        (number(lines), number(column))
    }

    fn step(&mut self) -> Done<()> {
        self.steps += 1;
        let most = self.bounds.steps;
        if self.steps > most {
            return Err(Wrong::Script(format!("it does not end within {most} steps")));
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn expected<T>(&self, what: &str) -> Done<T> {
        let got = match self.peek() {
            None => "the end".to_owned(),
            Some(byte) => format!("'{}'", byte.escape_ascii()),
        };
        Err(Wrong::Input(format!("expected {what}, got {got}")))
    }

    fn byte(&mut self, byte: u8, what: &str) -> Done<()> {
        if self.peek() != Some(byte) {
            return self.expected(what);
        }
        self.at += 1;
        Ok(())
    }

    fn end(&self) -> Done<()> {
        if self.peek().is_some() { self.expected("the end") } else { Ok(()) }
    }

    fn all(&mut self, commands: &[Command]) -> Done<()> {
        commands.iter().try_for_each(|command| self.command(command))
    }

    fn command(&mut self, command: &Command) -> Done<()> {
        self.step()?;
        self.line = command.line;
        match &command.kind {
            Kind::Space => self.byte(b' ', "a space"),
            Kind::Newline => self.byte(b'\n', "a line end"),
            Kind::End => self.end(),
            Kind::Int { range, into } => self.int(range, into.as_ref()),
            Kind::Float { range, decimals, into, notation } => {
                self.float(range, decimals.as_ref(), into.as_ref(), *notation)
            }
            Kind::Text(text) => {
                for byte in self.text(text)? {
                    self.byte(byte, &format!("'{}'", byte.escape_ascii()))?;
                }
                Ok(())
            }
            Kind::Regex(pattern, into) => self.regex(pattern, into.as_ref()),
            Kind::Assert(test) => {
                if self.test(test)? {
                    Ok(())
                } else {
                    Err(Wrong::Input("an assertion does not hold".to_owned()))
                }
            }
            Kind::Set(values) => {
                for (variable, value) in values {
                    let value = self.eval(value)?;
                    self.set(variable, value)?;
                }
                Ok(())
            }
            Kind::Unset(names) => {
                for name in names {
                    let gone = self.variables.remove(name);
                    self.values -= gone.map_or(0, |array| array.len());
                }
                Ok(())
            }
            Kind::Loop { counter, times, separator, body } => {
                self.repeat(counter.as_ref(), times, separator.as_deref(), body)
            }
            Kind::If { test, then, otherwise } => {
                let branch = if self.test(test)? { then } else { otherwise };
                self.all(branch)
            }
        }
    }

    fn repeat(
        &mut self,
        counter: Option<&Variable>,
        times: &Times,
        separator: Option<&Command>,
        body: &[Command],
    ) -> Done<()> {
        let line = self.line;
        let count = match times {
            Times::Count(count) => {
                let count = self.whole(count)?;
                let fits = count.to_u32();
                Some(fits.ok_or_else(|| format!("a loop cannot run {count} times"))?)
            }
            Times::While(_) => None,
        };
        let mut done: u32 = 0;
        loop {
            if let Some(counter) = counter {
                self.set(counter, Value::Int(done.into()))?;
            }
            self.line = line;
            self.step()?;
            let again = match times {
                Times::Count(_) => count.is_some_and(|count| done < count),
                Times::While(test) => self.test(test)?,
            };
            if !again {
                return Ok(());
            }
            if let Some(separator) = separator.filter(|_| done > 0) {
                self.command(separator)?;
            }
            self.all(body)?;
            done = done.checked_add(1).ok_or_else(|| "a loop does not end".to_owned())?;
        }
    }

    /// Digits from here on.
    fn digits(&mut self) -> &[u8] {
        let rest = &self.input[self.at..];
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        &rest[..count]
    }

    fn int(&mut self, range: &[Expr; 2], into: Option<&Variable>) -> Done<()> {
        let [low, high] = [self.whole(&range[0])?, self.whole(&range[1])?];
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let digits = self.digits();
        if digits.is_empty() {
            return self.expected("a whole number");
        }
        let (zero, leading) = (digits == b"0", digits.len() > 1 && digits[0] == b'0');
        let Some(value) = number(&self.input[start..self.at]) else {
            self.at = start;
            return Err(Wrong::Input(format!("a number has more than {DIGITS} digits")));
        };
        let refused = match () {
            () if leading => Some("a number has leading zeros".to_owned()),
            () if negative && zero => Some("-0 is no number here".to_owned()),
            () if value < low || value > high => {
                Some(format!("{} is outside {low} to {high}", cut(&value.to_string())))
            }
            () => None,
        };
        if let Some(message) = refused {
            self.at = start;
            return Err(Wrong::Input(message));
        }
        into.map_or(Ok(()), |variable| self.set(variable, Value::Int(value)))
    }

    fn float(
        &mut self,
        range: &[Expr; 2],
        decimals: Option<&[Expr; 2]>,
        into: Option<&Variable>,
        notation: Option<Notation>,
    ) -> Done<()> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let whole = self.digits().to_vec();
        if whole.is_empty() {
            return self.expected("a number");
        }
        let mut part = 0;
        let has_point = self.peek() == Some(b'.');
        if has_point {
            self.at += 1;
            part = self.digits().len();
            if part == 0 {
                return self.expected("a digit after the point");
            }
        }
        let mut exponent = None;
        let may = notation != Some(Notation::Fixed);
        if may && matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            let digits = self.digits();
            if digits.is_empty() {
                return self.expected("a digit of the exponent");
            }
            exponent = Some(digits.len() > 1 && digits[0] == b'0');
        } else if notation == Some(Notation::Scientific) {
            return self.expected("an exponent");
        }
        let end = std::mem::replace(&mut self.at, start);
        let refuse = |message: &str| Err(Wrong::Input(message.to_owned()));
        if whole.len() > 1 && whole[0] == b'0' {
            return refuse("a number has leading zeros");
        }
        if exponent == Some(true) {
            return refuse("an exponent has leading zeros");
        }
        if let Some([low, high]) = decimals {
            if exponent.is_some() && (whole.len() != 1 || whole[0] == b'0' || !has_point) {
                return refuse("there must be one digit other than 0 before the point");
            }
            let [low, high] = [self.whole(low)?, self.whole(high)?];
            if low < BigInt::ZERO || high < low {
                return Err(Wrong::Script(format!("{low} to {high} is no range of decimals")));
            }
            let part = BigInt::from(part);
            if part < low || part > high {
                return refuse(&format!("there are {part} decimals, not {low} to {high}"));
            }
        }
        let text = String::from_utf8_lossy(&self.input[start..end]).into_owned();
        let Some(value) = decimal(&text) else { return refuse("a number is beyond all bounds") };
        let value = Value::Float(value);
        let [low, high] = [self.eval(&range[0])?, self.eval(&range[1])?];
        let inside = [(&value, &low), (&high, &value)].map(|(more, less)| more.compare(less));
        match inside {
            [Some(a), Some(b)] if a != Ordering::Less && b != Ordering::Less => {}
            [Some(_), Some(_)] => return refuse(&format!("{} is out of range", cut(&text))),
            _ => return Err(Wrong::Script("the ends of a range must be numbers".to_owned())),
        }
        self.at = end;
        into.map_or(Ok(()), |variable| self.set(variable, value))
    }

    fn regex(&mut self, pattern: &Expr, into: Option<&Variable>) -> Done<()> {
        let source = self.text(pattern)?;
        let regex = if let Some(known) = self.patterns.get(&source) {
            known.clone()
        } else {
            let text = String::from_utf8_lossy(&source);
            // At the present place and nowhere else; a dot is any byte.
            let built = RegexBuilder::new(&format!("^(?:{text})"))
                .unicode(false)
                .dot_matches_new_line(true)
                .build();
            let built = built.map_err(|error| format!("a regular expression: {error}"))?;
            let built = Rc::new(built);
            self.patterns.insert(source.clone(), built.clone());
            built
        };
        let Some(found) = regex.find(&self.input[self.at..]) else {
            return self.expected(&format!("what fits \"{}\"", source.escape_ascii()));
        };
        let text = found.as_bytes().to_vec();
        self.at += text.len();
        into.map_or(Ok(()), |variable| self.set(variable, Value::Text(text)))
    }

    fn index(&mut self, variable: &Variable) -> Done<Vec<BigInt>> {
        variable.index.iter().map(|expr| self.whole(expr)).collect()
    }

    fn set(&mut self, variable: &Variable, value: Value) -> Done<()> {
        let index = self.index(variable)?;
        let array = self.variables.entry(variable.name.clone()).or_default();
        let new = array.insert(index, value).is_none();
        self.values += usize::from(new);
        let most = self.bounds.values;
        if self.values > most {
            return Err(Wrong::Script(format!("variables hold more than {most} values")));
        }
        Ok(())
    }

    fn eval(&mut self, expr: &Expr) -> Done<Value> {
        self.step()?;
        match expr {
            Expr::Value(value) => Ok(value.clone()),
            Expr::Variable(variable) => {
                let index = self.index(variable)?;
                let value = self.variables.get(&variable.name).and_then(|array| array.get(&index));
                let missing =
                    || Wrong::Script(format!("`{}` has no value", named(variable, &index)));
                value.cloned().ok_or_else(missing)
            }
            Expr::Length(text) => Ok(Value::Int(self.text(text)?.len().into())),
            Expr::Negative(value) => Ok(self.eval(value)?.negative()?),
            Expr::Binary(operator, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                Ok(left.compute(*operator, &right)?)
            }
        }
    }

    fn whole(&mut self, expr: &Expr) -> Done<BigInt> {
        match self.eval(expr)? {
            Value::Int(int) => Ok(int),
            other => Err(Wrong::Script(format!("expected a whole number, got {}", other.kind()))),
        }
    }

    fn text(&mut self, expr: &Expr) -> Done<Vec<u8>> {
        match self.eval(expr)? {
            Value::Text(text) => Ok(text),
            other => Err(Wrong::Script(format!("expected a text, got {}", other.kind()))),
        }
    }

    fn test(&mut self, test: &Test) -> Done<bool> {
        self.step()?;
        match test {
            Test::Not(test) => Ok(!self.test(test)?),
            Test::And(left, right) => Ok(self.test(left)? && self.test(right)?),
            Test::Or(left, right) => Ok(self.test(left)? || self.test(right)?),
            Test::AtEnd => Ok(self.peek().is_none()),
            Test::Match(characters) => {
                let characters = self.text(characters)?;
                Ok(self.peek().is_some_and(|byte| characters.contains(&byte)))
            }
            Test::Compare(comparison, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                let order = left.compare(&right);
                let kinds = || format!("{} cannot be compared with {}", left.kind(), right.kind());
                Ok(holds(*comparison, order.ok_or_else(kinds)?))
            }
            Test::Unique(names) => self.unique(names),
            Test::InArray(value, name) => {
                let value = self.eval(value)?;
                let array = self.variables.get(name);
                self.steps += array.map_or(0, |array| array.len() as u64);
                let same = |other: &Value| other.compare(&value) == Some(Ordering::Equal);
                Ok(array.is_some_and(|array| array.values().any(same)))
            }
        }
    }

    fn unique(&mut self, names: &[String]) -> Done<bool> {
        let mut arrays = Vec::new();
        for name in names {
            let array = self.variables.get(name);
            arrays.push(array.ok_or_else(|| format!("`{name}` has no value"))?);
        }
        let Some((first, others)) = arrays.split_first() else { return Ok(true) };
        if others.iter().any(|other| !other.keys().eq(first.keys())) {
            return Err(Wrong::Script("the variables of UNIQUE have different indices".to_owned()));
        }
        let mut tuples: Vec<Vec<&Value>> = first
            .keys()
            .map(|index| arrays.iter().filter_map(|array| array.get(index)).collect())
            .collect();
        self.steps += 20 * tuples.len() as u64;
        tuples.sort_by(|a, b| order(a, b));
        Ok(tuples.windows(2).all(|pair| order(&pair[0], &pair[1]) != Ordering::Equal))
    }
}

/// Tuples by their values; numbers come before texts.
fn order(a: &[&Value], b: &[&Value]) -> Ordering {
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    let pairs = a.iter().zip(b);
    let mut orders = pairs.map(|(a, b)| a.compare(b).unwrap_or(is_text(a).cmp(&is_text(b))));
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn holds(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::Greater => order.is_gt(),
        Comparison::AtMost => order.is_le(),
        Comparison::AtLeast => order.is_ge(),
        Comparison::Same => order.is_eq(),
        Comparison::Other => order.is_ne(),
    }
}

/// A number by its digits; `None` for one that takes too long to read.
fn number(digits: &[u8]) -> Option<BigInt> {
    if digits.len() > DIGITS {
        return None;
    }
    BigInt::parse_bytes(digits, 10)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn named(variable: &Variable, index: &[BigInt]) -> String {
    if index.is_empty() {
        return variable.name.clone();
    }
    let index: Vec<String> = index.iter().map(BigInt::to_string).collect();
    format!("{}[{}]", variable.name, index.join(","))
}
