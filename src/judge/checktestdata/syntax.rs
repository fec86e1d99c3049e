//! A script as it is read.

use super::value::Value;

/// What stands in a script as a value or is computed.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Value(Value),
    Variable(Variable),
    /// The length of a text.
    Length(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    Divided,
    Modulo,
    Power,
}

/// A variable, or one value of an array.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub name: String,
    pub index: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    Greater,
    AtMost,
    AtLeast,
    Same,
    Other,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Compare(Comparison, Expr, Expr),
    AtEnd,
    /// Whether the next character is one of these.
    Match(Expr),
    Unique(Vec<String>),
    InArray(Expr, String),
}

/// How a floating-point number must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Fixed,
    Scientific,
}

#[derive(Clone, Debug)]
pub(super) struct Command {
    pub line: u32,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Space,
    Newline,
    End,
    Int {
        range: [Expr; 2],
        into: Option<Variable>,
    },
    Float {
        range: [Expr; 2],
        decimals: Option<[Expr; 2]>,
        into: Option<Variable>,
        notation: Option<Notation>,
    },
    Text(Expr),
    Regex(Expr, Option<Variable>),
    Assert(Test),
    Set(Vec<(Variable, Expr)>),
    Unset(Vec<String>),
    Loop {
        counter: Option<Variable>,
        times: Times,
        separator: Option<Box<Command>>,
        body: Vec<Command>,
    },
    If {
        test: Test,
        then: Vec<Command>,
        otherwise: Vec<Command>,
    },
}

#[derive(Clone, Debug)]
pub(super) enum Times {
    Count(Expr),
    While(Test),
}
