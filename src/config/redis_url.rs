//! The values of `redis.*`, and how other programs say where Redis is.

/// The key that says where Redis is.
pub(super) const KEY: &str = "redis.url";

/// A URL of a form that is known; whether all of it is right, its first use tells.
pub(super) fn url(text: &str) -> Result<(), String> {
    let schemes = [
        "redis://",
        "rediss://",
        "unix://",
        "redis+unix://",
        "redis+sentinel://",
        "rediss+sentinel://",
    ];
    if schemes.iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme)) {
        return Ok(());
    }
    // The text may hold a password.
    Err("this is no URL of a Redis, such as redis://127.0.0.1:6379".into())
}

/// A name that cannot be taken for a part of a key.
pub(super) fn namespace(text: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.len() <= 64 && text.chars().all(plain) {
        return Ok(());
    }
    Err(format!("`{text}` is no namespace; up to 64 letters, digits, `-`, `_` and `.`"))
}

/// The URL that host, port and password stand for.
pub(super) fn url_of(host: &str, port: Option<&str>, password: Option<&str>) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    let login = password.map(|text| format!(":{}@", text.bytes().map(encode).collect::<String>()));
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("redis://{}{host}:{}", login.unwrap_or_default(), port.unwrap_or("6379"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_a_url() {
        assert_eq!(url_of("cache", None, None), "redis://cache:6379");
        assert_eq!(url_of("::1", Some("6380"), Some("p@ß")), "redis://:p%40%C3%9F@[::1]:6380");
    }

    #[test]
    fn namespaces_are_plain() {
        assert_eq!(namespace("judge-2.blue_green"), Ok(()));
        for text in ["", "a:b", "{a}", "a b", "ü"] {
            assert!(namespace(text).is_err(), "{text}");
        }
    }
}
