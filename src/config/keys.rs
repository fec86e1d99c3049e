//! Every key of the configuration: its form, its bounds and the field it sets.

use super::{Config, Dialect, Mode, Role, Roles, SandboxKind, Secret, ToolchainSource, redis_url};
use std::net::SocketAddr;

/// A value as files, variables and flags give it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A number.
    Real(f64),
    /// A list of texts.
    List(Vec<String>),
    /// Yes or no.
    Flag(bool),
}

impl std::fmt::Display for Value {
    /// As TOML writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |text: &String| toml::Value::from(text.as_str()).to_string();
        match self {
            Self::Text(value) => f.write_str(&text(value)),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value:?}"),
            Self::Flag(value) => write!(f, "{value}"),
            Self::List(values) => {
                write!(f, "[{}]", values.iter().map(text).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// What form a key's value has.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text that this function accepts.
    Text(fn(&str) -> Result<(), String>),
    /// A text that this function accepts and that is never shown.
    Secret(fn(&str) -> Result<(), String>),
    /// A path.
    Path,
    /// Paths.
    Paths,
    /// A whole number from … to ….
    Whole(u64, u64),
    /// A number from … to ….
    Real(f64, f64),
    /// Texts that this function accepts.
    List(fn(&str) -> Result<(), String>),
    /// Some of these words, one at least.
    Some(&'static [&'static str]),
    /// True or false.
    Flag,
}

/// One key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Its path, such as `limits.queue`.
    pub path: &'static str,
    /// The form of its value.
    pub kind: Kind,
    /// Puts a checked value into the configuration; values of another kind change nothing.
    pub apply: fn(&mut Config, &Value),
}

impl Key {
    /// Every key, in the order of the reference.
    pub const ALL: &'static [Key] = &[
        key("addr", Kind::Text(addr), |c, v| {
            if let Some(addr) = text(v).and_then(|t| parse_addr(t).ok()) {
                c.addr = addr;
            }
        }),
        key("roles", Kind::Some(Role::NAMES), |c, v| {
            if let Value::List(names) = v {
                let roles = Roles::named(names.iter().map(String::as_str));
                c.roles = roles.unwrap_or(c.roles);
            }
        }),
        key("url", Kind::Text(url), |c, v| {
            c.url = text(v).map(|t| t.trim_end_matches('/').to_owned());
        }),
        key("token", Kind::Secret(filled), |c, v| c.token = text(v).map(Secret::new)),
        key("data_dir", Kind::Path, |c, v| c.data_dir = text(v).unwrap_or_default().into()),
        key("cache_dir", Kind::Path, |c, v| c.cache_dir = text(v).unwrap_or_default().into()),
        key("workers", Kind::Whole(0, 1024), |c, v| c.workers = whole(v) as usize),
        key("problems", Kind::Path, |c, v| c.problems = text(v).map(Into::into)),
        key("cors_origins", Kind::List(origin), |c, v| {
            if let Value::List(origins) = v {
                c.cors_origins.clone_from(origins);
            }
        }),
        key("api.dialect", Kind::Text(dialect), |c, v| {
            if let Some(dialect) = text(v).and_then(|text| text.parse().ok()) {
                c.dialect = dialect;
            }
        }),
        key("limits.source_kib", Kind::Whole(1, 65_536), |c, v| c.limits.source_kib = whole(v)),
        key("limits.queue", Kind::Whole(1, 100_000_000), |c, v| c.limits.queue = whole(v)),
        key("limits.package_mib", Kind::Whole(1, 65_536), |c, v| c.limits.package_mib = whole(v)),
        key("judging.cache_mib", Kind::Whole(0, 1 << 30), |c, v| c.judging.cache_mib = whole(v)),
        key("judging.preludes", Kind::Flag, |c, v| c.judging.preludes = flag(v)),
        key("judging.parallel_tests", Kind::Flag, |c, v| c.judging.parallel_tests = flag(v)),
        key("judging.lease_secs", Kind::Whole(3, 3600), |c, v| c.judging.lease_secs = whole(v)),
        key("hub.dialects", Kind::List(dialect), |c, v| {
            if let Value::List(dialects) = v {
                c.hub.dialects = dialects.iter().filter_map(|text| text.parse().ok()).collect();
            }
        }),
        key("hub.hold_for_offline", Kind::Flag, |c, v| c.hub.hold_for_offline = flag(v)),
        key("hub.offsets", Kind::Flag, |c, v| c.hub.offsets = flag(v)),
        key("hub.ping_interval_ms", Kind::Whole(100, 3_600_000), |c, v| {
            c.hub.ping_interval_ms = whole(v);
        }),
        key("hub.ping_timeout_ms", Kind::Whole(100, 3_600_000), |c, v| {
            c.hub.ping_timeout_ms = whole(v);
        }),
        key("hub.connect_timeout_ms", Kind::Whole(100, 3_600_000), |c, v| {
            c.hub.connect_timeout_ms = whole(v);
        }),
        key("hub.max_payload_kib", Kind::Whole(1, 65_536), |c, v| c.hub.max_payload_kib = whole(v)),
        key("hub.send_buffer_kib", Kind::Whole(16, 1 << 20), |c, v| {
            c.hub.send_buffer_kib = whole(v);
        }),
        key("hub.send_timeout_ms", Kind::Whole(100, 3_600_000), |c, v| {
            c.hub.send_timeout_ms = whole(v);
        }),
        key("hub.pending_hours", Kind::Whole(0, 87_600), |c, v| c.hub.pending_hours = whole(v)),
        key("hub.max_connections_per_user", Kind::Whole(0, 1 << 32), |c, v| {
            c.hub.max_connections_per_user = whole(v);
        }),
        key("hub.max_connections_per_address", Kind::Whole(0, 1 << 32), |c, v| {
            c.hub.max_connections_per_address = whole(v);
        }),
        key("hub.messages_per_second", Kind::Whole(0, 1 << 32), |c, v| {
            c.hub.messages_per_second = whole(v);
        }),
        key("hub.burst", Kind::Whole(1, 1 << 32), |c, v| c.hub.burst = whole(v)),
        key("hub.keep_hours", Kind::Whole(1, 87_600), |c, v| c.hub.keep_hours = whole(v)),
        key("retention.finished_days", Kind::Whole(0, 36_500), |c, v| {
            c.hub.retention.finished_days = whole(v);
        }),
        key("retention.unreceived_days", Kind::Whole(0, 36_500), |c, v| {
            c.hub.retention.unreceived_days = whole(v);
        }),
        key("redis.url", Kind::Secret(redis_url::url), |c, v| {
            c.redis.url = text(v).map(Secret::new);
        }),
        key("redis.namespace", Kind::Text(redis_url::namespace), |c, v| {
            text(v).unwrap_or_default().clone_into(&mut c.redis.namespace);
        }),
        key("redis.package_cache_mib", Kind::Whole(0, 1 << 32), |c, v| {
            c.redis.package_cache_mib = whole(v);
        }),
        key("redis.bare_keys", Kind::Flag, |c, v| c.redis.bare_keys = flag(v)),
        key("sandbox.kind", Kind::Text(sandbox), |c, v| {
            if let Some(kind) = text(v).and_then(parse_sandbox) {
                c.sandbox.kind = kind;
            }
        }),
        key("sandbox.toolchain", Kind::Text(toolchain), |c, v| {
            if let Some(source) = text(v).and_then(parse_toolchain) {
                c.sandbox.toolchain = source;
            }
        }),
        key("sandbox.cell_memory_mib", Kind::Whole(64, 1 << 20), |c, v| {
            c.sandbox.cell_memory_mib = whole(v);
        }),
        key("sandbox.cell_cpus", Kind::Real(0.1, 1024.0), |c, v| {
            if let Value::Real(cpus) = v {
                c.sandbox.cell_cpus = *cpus;
            }
        }),
        key("sandbox.cell_disk_mib", Kind::Whole(16, 1 << 20), |c, v| {
            c.sandbox.cell_disk_mib = whole(v);
        }),
        key("sandbox.idle_secs", Kind::Whole(1, 1 << 31), |c, v| c.sandbox.idle_secs = whole(v)),
        key("sandbox.docker_host", Kind::Text(docker_host), |c, v| {
            c.sandbox.docker_host = text(v).map(str::to_owned);
        }),
        key("sandbox.images", Kind::List(image), |c, v| {
            if let Value::List(images) = v {
                c.sandbox.images = images.iter().filter_map(|text| parse_image(text)).collect();
            }
        }),
        key("auth.mode", Kind::Text(mode), |c, v| {
            if let Some(mode) = text(v).and_then(parse_mode) {
                c.auth.mode = mode;
            }
        }),
        key("auth.secret", Kind::Secret(secret), |c, v| c.auth.secret = text(v).map(Secret::new)),
        key("auth.secret_file", Kind::Path, |c, v| c.auth.secret_file = text(v).map(Into::into)),
        key("auth.public_keys", Kind::Paths, |c, v| {
            if let Value::List(paths) = v {
                c.auth.public_keys = paths.iter().map(Into::into).collect();
            }
        }),
        key("auth.audience", Kind::Text(filled), |c, v| {
            c.auth.audience = text(v).map(str::to_owned);
        }),
        key("auth.issuer", Kind::Text(filled), |c, v| c.auth.issuer = text(v).map(str::to_owned)),
        key("auth.leeway_secs", Kind::Whole(0, 3600), |c, v| c.auth.leeway_secs = whole(v)),
        key("auth.user_claim", Kind::Text(filled), |c, v| {
            text(v).unwrap_or_default().clone_into(&mut c.auth.user_claim);
        }),
        key("tls.cert", Kind::Path, |c, v| c.tls.cert = text(v).map(Into::into)),
        key("tls.key", Kind::Path, |c, v| c.tls.key = text(v).map(Into::into)),
        key("tls.ca", Kind::Path, |c, v| c.tls.ca = text(v).map(Into::into)),
    ];

    /// The key with this path.
    pub fn find(path: &str) -> Option<&'static Key> {
        Self::ALL.iter().find(|key| key.path == path)
    }

    /// The environment variable that sets it, such as `SONOCODE_LIMITS_QUEUE`.
    pub fn variable(&self) -> String {
        format!("SONOCODE_{}", self.path.replace('.', "_").to_uppercase())
    }

    /// Checks a value and brings it into the key's form (a whole number may stand for a number).
    /// The error says what is wrong with it.
    pub fn check(&self, value: Value) -> Result<Value, String> {
        match (self.kind, value) {
            (Kind::Text(check) | Kind::Secret(check), Value::Text(text)) => {
                check(&text).map(|()| Value::Text(text))
            }
            (Kind::Paths, Value::List(paths)) if paths.iter().any(String::is_empty) => {
                Err("an empty path".into())
            }
            (Kind::Paths, Value::List(paths)) => Ok(Value::List(paths)),
            (Kind::Path, Value::Text(text)) if text.is_empty() => {
                Err("an empty path; leave the key out for the default".into())
            }
            (Kind::Path, Value::Text(text)) => Ok(Value::Text(text)),
            (Kind::Whole(low, high), Value::Whole(n)) if !(low..=high).contains(&n) => {
                Err(format!("{n} is outside {low} to {high}"))
            }
            (Kind::Whole(..), Value::Whole(n)) => Ok(Value::Whole(n)),
            (Kind::Real(..), Value::Whole(n)) => self.check(Value::Real(n as f64)),
            (Kind::Real(low, high), Value::Real(n)) if !(low..=high).contains(&n) => {
                Err(format!("{n} is outside {low} to {high}"))
            }
            (Kind::Real(..), Value::Real(n)) => Ok(Value::Real(n)),
            (Kind::List(check), Value::List(texts)) => {
                texts.iter().try_for_each(|text| check(text))?;
                Ok(Value::List(texts))
            }
            (Kind::Some(words), Value::List(texts)) => {
                some(words, &texts).map(|()| Value::List(texts))
            }
            (Kind::Flag, Value::Flag(yes)) => Ok(Value::Flag(yes)),
            (_, other) => Err(format!("expected {}, found {}", self.expected(), form(&other))),
        }
    }

    /// Reads the value from the text of a variable or flag.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let wrong = |_| format!("expected {}, found `{text}`", self.expected());
        self.check(match self.kind {
            Kind::Text(_) | Kind::Secret(_) | Kind::Path => Value::Text(text.to_owned()),
            Kind::Whole(..) => Value::Whole(text.trim().parse().map_err(wrong)?),
            Kind::Real(..) => Value::Real(
                text.trim()
                    .parse()
                    .map_err(|_| format!("expected {}, found `{text}`", self.expected()))?,
            ),
            Kind::Flag => Value::Flag(
                text.trim()
                    .parse()
                    .map_err(|_| format!("expected {}, found `{text}`", self.expected()))?,
            ),
            Kind::List(_) | Kind::Some(_) | Kind::Paths => Value::List(
                text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(Into::into).collect(),
            ),
        })
    }

    fn expected(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) | Kind::Secret(_) => "a text",
            Kind::Path => "a path",
            Kind::Whole(..) => "a whole number of at least 0",
            Kind::Real(..) => "a number",
            Kind::List(_) | Kind::Some(_) => "a list of texts",
            Kind::Paths => "a list of paths",
            Kind::Flag => "true or false",
        }
    }
}

const fn key(path: &'static str, kind: Kind, apply: fn(&mut Config, &Value)) -> Key {
    Key { path, kind, apply }
}

fn form(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "a text",
        Value::Whole(_) => "a whole number",
        Value::Real(_) => "a number",
        Value::List(_) => "a list",
        Value::Flag(_) => "true or false",
    }
}

fn some(words: &[&str], texts: &[String]) -> Result<(), String> {
    if texts.is_empty() {
        return Err(format!("is empty; one or more of {}", words.join(", ")));
    }
    match texts.iter().find(|text| !words.contains(&text.as_str())) {
        Some(other) => Err(format!("`{other}` is none of {}", words.join(", "))),
        None => Ok(()),
    }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn whole(value: &Value) -> u64 {
    if let Value::Whole(number) = value { *number } else { 0 }
}

fn flag(value: &Value) -> bool {
    matches!(value, Value::Flag(true))
}

fn parse_addr(text: &str) -> Result<SocketAddr, std::net::AddrParseError> {
    match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}").parse(),
        None => text.parse(),
    }
}

fn addr(text: &str) -> Result<(), String> {
    parse_addr(text).map(drop).map_err(|_| {
        let port = text.strip_prefix(':').unwrap_or(text);
        if port.parse::<u16>().is_ok() {
            return format!("`{text}` is only a port; write 127.0.0.1:{port}");
        }
        if let Ok(ip) = text.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
            return format!("`{text}` has no port; write {}", SocketAddr::new(ip, 7878));
        }
        format!("`{text}` is no address; an IP address and a port, such as 127.0.0.1:7878")
    })
}

fn url(text: &str) -> Result<(), String> {
    if !text.is_empty() && !text.contains("://") && !text.contains(char::is_whitespace) {
        return Err(format!(
            "`{text}` does not begin with http:// or https://; write http://{text}"
        ));
    }
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let rest = rest.unwrap_or_default();
    if rest.is_empty() || rest.starts_with('/') || rest.contains(char::is_whitespace) {
        return Err(format!("`{text}` is no URL of a daemon, such as http://127.0.0.1:7878"));
    }
    Ok(())
}

fn origin(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains('/') => Ok(()),
        _ => Err(format!(
            "`{text}` is no origin; scheme, host and port without a path, such as http://localhost:5173"
        )),
    }
}

fn dialect(text: &str) -> Result<(), String> {
    text.parse::<Dialect>().map(drop).map_err(|error| error.to_string())
}

fn parse_sandbox(text: &str) -> Option<SandboxKind> {
    SandboxKind::ALL.into_iter().find(|kind| kind.name() == text)
}

fn sandbox(text: &str) -> Result<(), String> {
    match parse_sandbox(text) {
        Some(_) => Ok(()),
        None => Err(format!("`{text}` is none of auto, docker, native")),
    }
}

fn parse_toolchain(text: &str) -> Option<ToolchainSource> {
    [ToolchainSource::Auto, ToolchainSource::Host, ToolchainSource::Image]
        .into_iter()
        .find(|source| source.name() == text)
}

fn toolchain(text: &str) -> Result<(), String> {
    match parse_toolchain(text) {
        Some(_) => Ok(()),
        None => Err(format!("`{text}` is none of auto, host, image")),
    }
}

fn docker_host(text: &str) -> Result<(), String> {
    let known = ["unix://", "tcp://", "http://"];
    if known.iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme)) {
        return Ok(());
    }
    Err(format!("`{text}` is no engine's address, such as unix:///var/run/docker.sock"))
}

fn parse_image(text: &str) -> Option<(String, String)> {
    let (language, image) = text.split_once('=')?;
    let (language, image) = (language.trim(), image.trim());
    let good = !language.is_empty() && !image.is_empty() && !image.contains(char::is_whitespace);
    good.then(|| (language.to_owned(), image.to_owned()))
}

fn image(text: &str) -> Result<(), String> {
    match parse_image(text) {
        Some(_) => Ok(()),
        None => Err(format!("`{text}` is not LANGUAGE=IMAGE, such as cpp=sonocode/cpp")),
    }
}

fn parse_mode(text: &str) -> Option<Mode> {
    Mode::ALL.into_iter().find(|mode| mode.name() == text)
}

fn mode(text: &str) -> Result<(), String> {
    match parse_mode(text) {
        Some(_) => Ok(()),
        None => Err(format!("`{text}` is none of off, optional, required")),
    }
}

/// The text is not repeated: it is a secret, if a bad one.
fn secret(text: &str) -> Result<(), String> {
    if text.len() < Secret::MIN {
        return Err(format!(
            "has fewer than {} bytes; `openssl rand -hex 32` makes a good one",
            Secret::MIN
        ));
    }
    Ok(())
}

fn filled(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty; leave the key out".into());
    }
    Ok(())
}
