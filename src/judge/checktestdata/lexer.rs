//! From a script's text to its words.

use super::Complaint;

/// A word of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A command, a function or an option: upper-case letters.
    Word(String),
    Name(String),
    Int(String),
    Float(String),
    Text(Vec<u8>),
    Sign(&'static str),
}

/// Signs, the longer ones first.
const SIGNS: [&str; 22] = [
    "&&", "||", "<=", ">=", "==", "!=", "<", ">", "!", "(", ")", "[", "]", ",", "=", "+", "-", "*",
    "/", "%", "^", ".",
];

/// A complaint about a line of the script.
pub(super) fn complaint(line: u32, message: impl Into<String>) -> Complaint {
    Complaint { script_line: line, place: None, message: message.into() }
}

/// The words of a script, each with its line.
pub(super) fn tokens(script: &str) -> Result<Vec<(u32, Token)>, Complaint> {
    let bytes = script.as_bytes();
    let (mut at, mut line) = (0, 1);
    let mut tokens = Vec::new();
    let run = |from: usize, fits: &dyn Fn(u8) -> bool| {
        from + bytes[from..].iter().take_while(|&&b| fits(b)).count()
    };
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let token = match byte {
            b'\n' => {
                line += 1;
                at += 1;
                continue;
            }
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' => {
                at = run(at, &|b| b != b'\n');
                continue;
            }
            b'"' => {
                let (text, end, lines) =
                    text(&bytes[at + 1..]).map_err(|message| complaint(line, message))?;
                at += 1 + end;
                tokens.push((line, Token::Text(text)));
                line += lines;
                continue;
            }
            b'A'..=b'Z' => {
                at = run(at, &|b| b.is_ascii_uppercase());
                Token::Word(script[start..at].to_owned())
            }
            b'a'..=b'z' => {
                at = run(at, &|b| b.is_ascii_lowercase() || b.is_ascii_digit());
                Token::Name(script[start..at].to_owned())
            }
            b'0'..=b'9' => {
                let (end, is_float) = number(bytes, at);
                at = end;
                let text = script[start..at].to_owned();
                if is_float { Token::Float(text) } else { Token::Int(text) }
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| bytes[at..].starts_with(sign.as_bytes()));
                let Some(sign) = sign else {
                    let c = script[at..].chars().next().unwrap_or_default();
                    return Err(complaint(line, format!("{c:?} has no meaning here")));
                };
                at += sign.len();
                Token::Sign(sign)
            }
        };
        tokens.push((line, token));
    }
    Ok(tokens)
}

/// Where a number ends, and whether it has a point or an exponent.
fn number(bytes: &[u8], from: usize) -> (usize, bool) {
    let digits = |from: usize| {
        from + bytes[from.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let whole = digits(from);
    let mut end = if bytes.get(whole) == Some(&b'.') { digits(whole + 1) } else { whole };
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let last = digits(end + 1 + sign);
        if last > end + 1 + sign {
            end = last;
        }
    }
    (end, end > whole)
}

/// A text after its first quote: its bytes, where it ends, and how many lines it goes over.
fn text(bytes: &[u8]) -> Result<(Vec<u8>, usize, u32), String> {
    let (mut out, mut at, mut lines) = (Vec::new(), 0, 0);
    loop {
        match bytes[at.min(bytes.len())..] {
            [] => return Err("a text has no end".to_owned()),
            [b'"', ..] => return Ok((out, at + 1, lines)),
            [b'\\', b'0'..=b'7', ..] => {
                let digits =
                    bytes[at + 1..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(b));
                let digits: Vec<u8> = digits.copied().collect();
                let value = digits.iter().fold(0_u32, |value, b| value * 8 + u32::from(b - b'0'));
                let byte = u8::try_from(value);
                out.push(byte.map_err(|_| format!("`\\{value:o}` is no byte"))?);
                at += 1 + digits.len();
                continue;
            }
            [b'\\', escaped @ (b'n' | b't' | b'r' | b'b' | b'f' | b'"' | b'\\'), ..] => {
                out.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 8,
                    b'f' => 12,
                    other => other,
                });
                at += 1;
            }
            [b'\\', b'\n', ..] => {
                lines += 1;
                at += 1;
            }
            [byte, ..] => {
                lines += u32::from(byte == b'\n');
                out.push(byte);
            }
        }
        at += 1;
    }
}

/// A word as complaints call it.
pub(super) fn show(token: Option<&Token>) -> String {
    match token {
        None => "the end of the script".to_owned(),
        Some(Token::Word(text) | Token::Name(text) | Token::Int(text) | Token::Float(text)) => {
            format!("`{text}`")
        }
        Some(Token::Text(_)) => "a text".to_owned(),
        Some(Token::Sign(sign)) => format!("`{sign}`"),
    }
}
