//! The layers of the configuration: files, environment and flags, each value with its origin.

use super::{Config, Key, Kind, Value, redis_url};
use etcetera::BaseStrategy;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The embedded default.
    Default,
    /// A file and a line in it.
    File(PathBuf, usize),
    /// An environment variable.
    Variable(String),
    /// A command line option.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A mistake in the configuration: where, which key, and what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {}{message}", key.as_ref().map(|key| format!("`{key}`: ")).unwrap_or_default())]
pub struct ConfigError {
    place: String,
    key: Option<String>,
    message: String,
}

impl ConfigError {
    fn new(place: impl fmt::Display, key: Option<&str>, message: impl Into<String>) -> Self {
        Self { place: place.to_string(), key: key.map(str::to_owned), message: message.into() }
    }

    /// Neither a home directory nor a data directory is known.
    pub(super) fn no_home() -> Self {
        let message = "you have no home directory; say where data is kept with --data-dir or \
                       SONOCODE_DATA_DIR";
        Self::new("configuration", Some("data_dir"), message)
    }
}

/// A checked value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value, in the key's form.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Entry {
    /// Sets the key's field; paths are made absolute as their origin says.
    pub(super) fn apply(&self, path: &str, config: &mut Config, sources: &Sources) {
        let Some(key) = Key::find(path) else { return };
        match &self.value {
            Value::Text(text) if matches!(key.kind, Kind::Path) => {
                (key.apply)(config, &Value::Text(self.absolute(text, sources)));
            }
            Value::List(texts) if matches!(key.kind, Kind::Paths) => {
                let paths = texts.iter().map(|text| self.absolute(text, sources));
                (key.apply)(config, &Value::List(paths.collect()));
            }
            value => (key.apply)(config, value),
        }
    }

    /// A path made absolute as the value's origin says.
    fn absolute(&self, text: &str, sources: &Sources) -> String {
        let base = match &self.origin {
            Origin::File(file, _) => file.parent().unwrap_or(&sources.cwd),
            _ => &sources.cwd,
        };
        sources.expand(text, base).to_string_lossy().into_owned()
    }
}

/// Where the layers are looked for. A value of its own, so that tests need not touch the process.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The user's file, whether or not it is there.
    pub user_file: Option<PathBuf>,
    /// The working directory.
    pub cwd: PathBuf,
    /// The user's home, for `~/`.
    pub home: Option<PathBuf>,
    /// The data directory when no layer names one.
    pub data_dir: Option<PathBuf>,
    /// The environment.
    pub env: BTreeMap<OsString, OsString>,
    /// Flags that were given: key, name of the flag, text.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// Those of this process, with these flags.
    pub fn of_process(
        flags: Vec<(&'static str, &'static str, String)>,
    ) -> Result<Self, ConfigError> {
        let cwd = std::env::current_dir().map_err(|error| {
            ConfigError::new("configuration", None, format!("no working directory: {error}"))
        })?;
        Ok(Self {
            user_file: user_dir().map(|dir| dir.join("config.toml")),
            cwd,
            home: etcetera::home_dir().ok(),
            data_dir: default_data_dir(),
            env: std::env::vars_os().collect(),
            flags,
        })
    }

    /// The files to read, the one that wins last.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let project = self.cwd.ancestors().map(|dir| dir.join("sonocode.toml"));
        self.user_file.iter().cloned().chain({ project }.find(|file| file.is_file())).collect()
    }

    fn expand(&self, text: &str, base: &Path) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => base.join(text).components().collect(),
        }
    }
}

/// The user's configuration folder, `$XDG_CONFIG_HOME/sonocode`.
pub fn user_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("sonocode"))
}

/// `$XDG_DATA_HOME/sonocode`.
pub(super) fn default_data_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.data_dir().join("sonocode"))
}

/// Where what can be made again is kept, when the user has a home.
pub(super) fn default_cache_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join("sonocode"))
}

/// The values of one layer.
pub(super) type Layer = Vec<(&'static str, Entry)>;

/// Puts a layer over those below it.
pub(super) fn put(entries: &mut BTreeMap<&'static str, Entry>, layer: Layer) {
    entries.extend(layer);
}

/// Reads a file; `None` when it is not there.
pub(super) fn file(path: &Path) -> Result<Option<Layer>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(content) => text(&content, &Origin::File(path.to_owned(), 0)).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::new(path.display(), None, error.to_string())),
    }
}

/// Reads TOML. `origin` is completed with the line of each value.
pub(super) fn text(content: &str, origin: &Origin) -> Result<Layer, ConfigError> {
    let at = |offset: usize| match origin {
        Origin::File(path, _) => {
            let before = content.get(..offset).unwrap_or_default();
            let line = 1 + before.matches('\n').count();
            Origin::File(path.clone(), line)
        }
        other => other.clone(),
    };
    let table = DeTable::parse(content).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start.min(content.len()));
        ConfigError::new(at(offset), None, error.message())
    })?;
    let mut layer = Layer::new();
    collect(table.get_ref(), "", &at, &mut layer)?;
    Ok(layer)
}

fn collect(
    table: &DeTable<'_>,
    prefix: &str,
    at: &impl Fn(usize) -> Origin,
    layer: &mut Layer,
) -> Result<(), ConfigError> {
    for (name, value) in table {
        let path = format!("{prefix}{}", name.get_ref());
        let place = at(name.span().start);
        if let Some(key) = Key::find(&path) {
            let value = plain(value.get_ref())
                .and_then(|value| key.check(value))
                .map_err(|message| ConfigError::new(&place, Some(&path), message))?;
            layer.push((key.path, Entry { value, origin: place }));
            continue;
        }
        let section = format!("{path}.");
        match value.get_ref().as_table() {
            Some(inner) if Key::ALL.iter().any(|key| key.path.starts_with(&section)) => {
                collect(inner, &section, at, layer)?;
            }
            _ => return Err(ConfigError::new(place, Some(&path), unknown(prefix))),
        }
    }
    Ok(())
}

/// What to say of an unknown key below a section.
fn unknown(prefix: &str) -> String {
    let known = Key::ALL.iter().filter_map(|key| key.path.strip_prefix(prefix));
    let mut names: Vec<_> = known.map(|rest| rest.split('.').next().unwrap_or(rest)).collect();
    names.dedup();
    format!("no such key; there are {}", names.join(", "))
}

fn plain(value: &DeValue<'_>) -> Result<Value, String> {
    match value {
        DeValue::String(text) => Ok(Value::Text(text.to_string())),
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
            .map(Value::Whole)
            .map_err(|_| format!("{number} is no whole number of at least 0")),
        DeValue::Float(number) => {
            number.as_str().parse().map(Value::Real).map_err(|_| format!("{number} is no number"))
        }
        DeValue::Array(items) => items
            .iter()
            .map(|item| match item.get_ref().as_str() {
                Some(text) => Ok(text.to_owned()),
                None => Err(format!("found {} in a list of texts", item.get_ref().type_str())),
            })
            .collect::<Result<_, _>>()
            .map(Value::List),
        DeValue::Boolean(yes) => Ok(Value::Flag(*yes)),
        other => Err(format!("a {} cannot stand here", other.type_str())),
    }
}

/// Reads the variables that name keys. An empty variable counts as not set.
pub(super) fn environment(sources: &Sources) -> Result<Layer, ConfigError> {
    let mut layer = Layer::new();
    for key in Key::ALL {
        let name = key.variable();
        let Some(text) = sources.env.get(&OsString::from(&name)).filter(|t| !t.is_empty()) else {
            continue;
        };
        let value = text
            .to_str()
            .ok_or_else(|| "not UTF-8".to_owned())
            .and_then(|text| key.parse(text))
            .map_err(|message| ConfigError::new(&name, Some(key.path), message))?;
        layer.push((key.path, Entry { value, origin: Origin::Variable(name) }));
    }
    Ok(layer)
}

/// The Redis that the variables of other programs name: `REDIS_URL`, else `REDIS_HOST` and what goes with it.
/// Everything that says `redis.url` itself wins over them.
pub(super) fn redis_of_others(sources: &Sources) -> Result<Layer, ConfigError> {
    let get = |name: &'static str| {
        let text = sources.env.get(&OsString::from(name)).filter(|text| !text.is_empty());
        text.map(|text| {
            let text = text.to_str();
            text.ok_or_else(|| ConfigError::new(name, Some(redis_url::KEY), "not UTF-8"))
        })
        .transpose()
    };
    let (name, url) = match (get("REDIS_URL")?, get("REDIS_HOST")?) {
        (Some(url), _) => ("REDIS_URL", url.to_owned()),
        (None, Some(host)) => {
            let (port, password) = (get("REDIS_PORT")?, get("REDIS_PASSWORD")?);
            ("REDIS_HOST", redis_url::url_of(host, port, password))
        }
        (None, None) => return Ok(Layer::new()),
    };
    let Some(key) = Key::find(redis_url::KEY) else { return Ok(Layer::new()) };
    let value =
        key.parse(&url).map_err(|message| ConfigError::new(name, Some(key.path), message))?;
    Ok(vec![(key.path, Entry { value, origin: Origin::Variable(name.to_owned()) })])
}

/// Variables that look like ours but name no key.
pub(super) fn unknown_variables(sources: &Sources) -> Vec<String> {
    let ours = |name: &str| Key::ALL.iter().any(|key| key.variable() == name);
    let names = sources.env.keys().filter_map(|name| name.to_str());
    names.filter(|name| name.starts_with("SONOCODE_") && !ours(name)).map(Into::into).collect()
}

/// Reads the flags.
pub(super) fn flags(sources: &Sources) -> Result<Layer, ConfigError> {
    let mut layer = Layer::new();
    for (path, flag, text) in &sources.flags {
        let Some(key) = Key::find(path) else { continue };
        let value =
            key.parse(text).map_err(|message| ConfigError::new(flag, Some(key.path), message))?;
        layer.push((key.path, Entry { value, origin: Origin::Flag(flag) }));
    }
    Ok(layer)
}
