//! From a script's words to its commands.

use super::{
    Complaint,
    lexer::{Token, complaint, show, tokens},
    syntax::{Command, Comparison, Expr, Kind, Notation, Operator, Test, Times, Variable},
    value::{Value, decimal},
};

/// How deep things may lie in each other.
const DEPTH: u32 = 100;

/// Reads a script.
pub(super) fn parse(script: &str) -> Result<Vec<Command>, Complaint> {
    let mut parser = Parser { tokens: tokens(script)?, at: 0, depth: 0 };
    let commands = parser.commands(&[])?;
    match parser.peek() {
        None => Ok(commands),
        Some(token) => parser.wrong(format!("{} closes nothing", show(Some(token)))),
    }
}

struct Parser {
    tokens: Vec<(u32, Token)>,
    at: usize,
    depth: u32,
}

type Parsed<T> = Result<T, Complaint>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |(line, _)| *line)
    }

    fn wrong<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(complaint(self.line(), message))
    }

    fn is(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(there);
        there
    }

    fn want(&mut self, sign: &str) -> Parsed<()> {
        if self.is(sign) {
            return Ok(());
        }
        self.wrong(format!("expected `{sign}`, got {}", show(self.peek())))
    }

    /// Goes one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH {
            return self.wrong(format!("more than {DEPTH} levels in each other"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Commands up to one of these words, which is left.
    fn commands(&mut self, ends: &[&str]) -> Parsed<Vec<Command>> {
        let mut commands = Vec::new();
        loop {
            match self.peek() {
                Some(Token::Word(word)) if ["END", "ELSE"].contains(&word.as_str()) => {
                    if ends.contains(&word.as_str()) || ends.is_empty() {
                        return Ok(commands);
                    }
                    return self.wrong(format!("`{word}` belongs to no IF"));
                }
                None if ends.is_empty() => return Ok(commands),
                None => return self.wrong("END is missing"),
                Some(_) => commands.push(self.command()?),
            }
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        let line = self.line();
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return self.wrong(format!("expected a command, got {}", show(self.peek())));
        };
        self.at += 1;
        let kind = match word.as_str() {
            "SPACE" => Kind::Space,
            "NEWLINE" => Kind::Newline,
            "EOF" => Kind::End,
            "INT" | "FLOAT" | "FLOATP" => self.number(&word)?,
            "STRING" => {
                self.want("(")?;
                let text = self.expr()?;
                self.want(")")?;
                Kind::Text(text)
            }
            "REGEX" => {
                self.want("(")?;
                let text = self.expr()?;
                let into = if self.is(",") { Some(self.variable()?) } else { None };
                self.want(")")?;
                Kind::Regex(text, into)
            }
            "ASSERT" => {
                self.want("(")?;
                let test = self.test()?;
                self.want(")")?;
                Kind::Assert(test)
            }
            "SET" => self.set()?,
            "UNSET" => Kind::Unset(self.names()?),
            "REP" | "REPI" | "WHILE" | "WHILEI" => self.deeper(|own| own.repeat(&word))?,
            "IF" => self.deeper(Self::decide)?,
            _ => {
                self.at -= 1;
                return self.wrong(format!("`{word}` is no command"));
            }
        };
        Ok(Command { line, kind })
    }

    fn number(&mut self, word: &str) -> Parsed<Kind> {
        self.want("(")?;
        let range = self.two()?;
        let mut decimals = None;
        if word == "FLOATP" {
            self.want(",")?;
            decimals = Some(self.two()?);
        }
        let (mut into, mut notation) = (None, None);
        if self.is(",") {
            into = Some(self.variable()?);
            if word != "INT" && self.is(",") {
                notation = Some(match self.peek() {
                    Some(Token::Word(word)) if word == "FIXED" => Notation::Fixed,
                    Some(Token::Word(word)) if word == "SCIENTIFIC" => Notation::Scientific,
                    token => {
                        let message = format!("{} is neither FIXED nor SCIENTIFIC", show(token));
                        return self.wrong(message);
                    }
                });
                self.at += 1;
            }
        }
        self.want(")")?;
        Ok(match word {
            "INT" => Kind::Int { range, into },
            _ => Kind::Float { range, decimals, into, notation },
        })
    }

    fn two(&mut self) -> Parsed<[Expr; 2]> {
        let first = self.expr()?;
        self.want(",")?;
        Ok([first, self.expr()?])
    }

    fn set(&mut self) -> Parsed<Kind> {
        self.want("(")?;
        let mut values = Vec::new();
        loop {
            let variable = self.variable()?;
            self.want("=")?;
            values.push((variable, self.expr()?));
            if !self.is(",") {
                self.want(")")?;
                return Ok(Kind::Set(values));
            }
        }
    }

    fn names(&mut self) -> Parsed<Vec<String>> {
        self.want("(")?;
        let mut names = Vec::new();
        loop {
            names.push(self.name()?);
            if !self.is(",") {
                self.want(")")?;
                return Ok(names);
            }
        }
    }

    fn repeat(&mut self, word: &str) -> Parsed<Kind> {
        self.want("(")?;
        let mut counter = None;
        if word.ends_with('I') {
            counter = Some(self.variable()?);
            self.want(",")?;
        }
        let times = if word.starts_with("REP") {
            Times::Count(self.expr()?)
        } else {
            Times::While(self.test()?)
        };
        let separator = if self.is(",") { Some(Box::new(self.command()?)) } else { None };
        self.want(")")?;
        let body = self.commands(&["END"])?;
        self.at += 1;
        Ok(Kind::Loop { counter, times, separator, body })
    }

    fn decide(&mut self) -> Parsed<Kind> {
        self.want("(")?;
        let test = self.test()?;
        self.want(")")?;
        let then = self.commands(&["ELSE", "END"])?;
        let has_else = matches!(self.peek(), Some(Token::Word(word)) if word == "ELSE");
        self.at += 1;
        let mut otherwise = Vec::new();
        if has_else {
            otherwise = self.commands(&["END"])?;
            self.at += 1;
        }
        Ok(Kind::If { test, then, otherwise })
    }

    fn name(&mut self) -> Parsed<String> {
        match self.peek().cloned() {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name)
            }
            other => self.wrong(format!("expected a variable, got {}", show(other.as_ref()))),
        }
    }

    fn variable(&mut self) -> Parsed<Variable> {
        let name = self.name()?;
        let mut index = Vec::new();
        if self.is("[") {
            loop {
                index.push(self.expr()?);
                if !self.is(",") {
                    self.want("]")?;
                    break;
                }
            }
        }
        Ok(Variable { name, index })
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.deeper(|own| {
            let mut left = own.term()?;
            loop {
                let operator = match () {
                    () if own.is("+") => Operator::Plus,
                    () if own.is("-") => Operator::Minus,
                    () => return Ok(left),
                };
                left = Expr::Binary(operator, Box::new(left), Box::new(own.term()?));
            }
        })
    }

    fn term(&mut self) -> Parsed<Expr> {
        let mut left = self.factor()?;
        loop {
            let operator = match () {
                () if self.is("*") => Operator::Times,
                () if self.is("/") => Operator::Divided,
                () if self.is("%") => Operator::Modulo,
                () => return Ok(left),
            };
            left = Expr::Binary(operator, Box::new(left), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Parsed<Expr> {
        if self.is("-") {
            return self.deeper(|own| Ok(Expr::Negative(Box::new(own.factor()?))));
        }
        let base = self.value()?;
        if self.is("^") {
            let exponent = self.deeper(Self::factor)?;
            return Ok(Expr::Binary(Operator::Power, Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn value(&mut self) -> Parsed<Expr> {
        let token = self.peek().cloned();
        let value = match &token {
            Some(Token::Sign("(")) => {
                self.at += 1;
                let inner = self.expr()?;
                self.want(")")?;
                return Ok(inner);
            }
            Some(Token::Name(_)) => return Ok(Expr::Variable(self.variable()?)),
            Some(Token::Word(word)) if word == "STRLEN" => {
                self.at += 1;
                self.want("(")?;
                let text = self.expr()?;
                self.want(")")?;
                return Ok(Expr::Length(Box::new(text)));
            }
            Some(Token::Int(text)) => text.parse().ok().map(Value::Int),
            Some(Token::Float(text)) => decimal(text).map(Value::Float),
            Some(Token::Text(text)) => Some(Value::Text(text.clone())),
            _ => None,
        };
        match value {
            Some(value) => {
                self.at += 1;
                Ok(Expr::Value(value))
            }
            None => self.wrong(format!("expected a value, got {}", show(token.as_ref()))),
        }
    }

    fn test(&mut self) -> Parsed<Test> {
        self.deeper(|own| {
            let mut left = own.all()?;
            while own.is("||") {
                left = Test::Or(Box::new(left), Box::new(own.all()?));
            }
            Ok(left)
        })
    }

    fn all(&mut self) -> Parsed<Test> {
        let mut left = self.one()?;
        while self.is("&&") {
            left = Test::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Parsed<Test> {
        if self.is("!") {
            return self.deeper(|own| Ok(Test::Not(Box::new(own.one()?))));
        }
        let word = match self.peek() {
            Some(Token::Word(word)) => word.clone(),
            _ => String::new(),
        };
        self.at += 1;
        match word.as_str() {
            "ISEOF" => return Ok(Test::AtEnd),
            "MATCH" => {
                self.want("(")?;
                let text = self.expr()?;
                self.want(")")?;
                return Ok(Test::Match(text));
            }
            "UNIQUE" => return Ok(Test::Unique(self.names()?)),
            "INARRAY" => {
                self.want("(")?;
                let value = self.expr()?;
                self.want(",")?;
                let array = self.name()?;
                self.want(")")?;
                return Ok(Test::InArray(value, array));
            }
            _ => self.at -= 1,
        }
        // What begins with a parenthesis may be a comparison or a test in parentheses.
        let start = self.at;
        let compared = self.comparison();
        if compared.is_ok() || !matches!(self.tokens.get(start), Some((_, Token::Sign("(")))) {
            return compared;
        }
        self.at = start + 1;
        let test = self.test()?;
        self.want(")")?;
        Ok(test)
    }

    fn comparison(&mut self) -> Parsed<Test> {
        let left = self.expr()?;
        let signs = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("==", Comparison::Same),
            ("!=", Comparison::Other),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let found = signs.into_iter().find(|(sign, _)| self.is(sign));
        let Some((_, comparison)) = found else {
            return self.wrong(format!("expected a comparison, got {}", show(self.peek())));
        };
        Ok(Test::Compare(comparison, left, self.expr()?))
    }
}
