//! Queries of addresses.

/// The parameters of a query, decoded, in order. What cannot be decoded stays as it is.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// The first parameter of a name, not empty.
pub(super) fn first(query: &str, name: &str) -> Option<String> {
    let found = pairs(query).into_iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// Text without percent signs and with spaces for plus signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if is_hex(*high) && is_hex(*low) => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                rest = after;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn nibble(digit: u8) -> u8 {
    (digit as char).to_digit(16).map_or(0, |value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_in_order() {
        let query = "EIO=4&transport=polling&a=%C3%A9+b%2&&flag&a=2";
        let text: Vec<String> =
            pairs(query).iter().map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(text, ["EIO:4", "transport:polling", "a:é b%2", "flag:", "a:2"]);
        assert_eq!(first(query, "a").as_deref(), Some("é b%2"));
        assert_eq!(first(query, "flag"), None);
        assert_eq!(first("x=%FF", "x").as_deref(), Some("%FF"));
        assert_eq!(first("", "x"), None);
    }
}
