//! Configuration: the embedded, commented default < `REDIS_*` < the user's file < the project's file <
//! `SONOCODE_*` < flags.
//!
//! `templates/config.toml` is the default and the reference at once. The project's file is
//! `sonocode.toml` in the working directory or in the nearest parent that has one, up to the root
//! of the file system; only that one is read. Every value remembers its [`Origin`], so that a
//! mistake names file, line and key, and `sonocode config show` can say where a value comes from.

mod access;
mod dialect;
mod keys;
mod layer;
mod redis_url;
mod retention;
mod roles;

pub use access::{AuthConfig, Mode, Secret};
pub use dialect::{Dialect, ParseDialectError};
pub use keys::{Key, Kind, Value};
pub use layer::{ConfigError, Entry, Origin, Sources, user_dir};
pub use retention::Retention;
pub use roles::{Role, Roles};

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// The commented default configuration, and the reference of every key.
pub const DEFAULT: &str = include_str!("../templates/config.toml");

/// The whole configuration of daemon and commands.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where the daemon listens and where commands look for one first.
    pub addr: SocketAddr,
    /// What the daemon does.
    pub roles: Roles,
    /// The daemon that commands must use; absent: the one at `addr`, else one of their own.
    pub url: Option<String>,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Where compiled programs and precompiled headers are kept; what is there can be made again.
    pub cache_dir: PathBuf,
    /// Evaluations at one time; 0: one for each core. See [`Config::worker_count`].
    pub workers: usize,
    /// A folder of problem packages to add when the daemon starts.
    pub problems: Option<PathBuf>,
    /// Origins of web pages that may use the API, beside the daemon's own.
    pub cors_origins: Vec<String>,
    /// The seed system in whose form the API answers, `api.dialect`.
    pub dialect: Dialect,
    /// Limits of the API.
    pub limits: ApiLimits,
    /// How submissions are judged.
    pub judging: JudgingConfig,
    /// The socket hub.
    pub hub: HubConfig,
    /// Where submissions and their journal are shared with other daemons.
    pub redis: RedisConfig,
    /// The sandbox.
    pub sandbox: SandboxConfig,
    /// Who may use the daemon.
    pub auth: AuthConfig,
    /// TLS, of the daemon and of whom the commands trust.
    pub tls: TlsConfig,
    /// The token that commands show; absent: the one in the data directory, to the daemon there.
    pub token: Option<Secret>,
}

/// What the socket hub promises and allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubConfig {
    /// The systems whose names it speaks.
    pub dialects: Vec<Dialect>,
    /// Whether a push to a user who is not connected is kept (202) and not refused (404).
    pub hold_for_offline: bool,
    /// Whether events carry their place as one more argument, from which a client resumes.
    pub offsets: bool,
    /// Between two pings, in milliseconds.
    pub ping_interval_ms: u64,
    /// How long a pong may take, in milliseconds.
    pub ping_timeout_ms: u64,
    /// How long a connection may be without a namespace, in milliseconds.
    pub connect_timeout_ms: u64,
    /// The largest packet and the largest push, in KiB.
    pub max_payload_kib: u64,
    /// What may wait for one socket, in KiB; what is beyond it stays in the log until there is room.
    pub send_buffer_kib: u64,
    /// How long a socket may take nothing while so much waits for it, in milliseconds.
    pub send_timeout_ms: u64,
    /// What is older is not sent to a user who comes, in hours.
    pub pending_hours: u64,
    /// Sockets that one user may have; 0: any number.
    pub max_connections_per_user: u64,
    /// Sockets that may come from one address; 0: any number.
    pub max_connections_per_address: u64,
    /// Messages that one socket may send in a second for long; 0: any number.
    pub messages_per_second: u64,
    /// Messages that it may send at once after a pause.
    pub burst: u64,
    /// Pushes are kept so long, in hours, and longer while they are pending.
    pub keep_hours: u64,
    /// How long submissions that have ended are kept: who removes pushes removes these.
    pub retention: Retention,
}

impl HubConfig {
    /// [`HubConfig::max_payload_kib`] in bytes.
    pub fn max_payload(&self) -> u64 {
        self.max_payload_kib << 10
    }

    /// [`HubConfig::send_buffer_kib`] in bytes.
    pub fn send_buffer(&self) -> usize {
        usize::try_from(self.send_buffer_kib << 10).unwrap_or(usize::MAX)
    }

    /// [`HubConfig::send_timeout_ms`] as a duration.
    pub fn send_timeout(&self) -> Duration {
        Duration::from_millis(self.send_timeout_ms)
    }
}

impl Default for HubConfig {
    /// The embedded default.
    fn default() -> Self {
        Self {
            dialects: Dialect::ALL.to_vec(),
            hold_for_offline: false,
            offsets: true,
            ping_interval_ms: 25_000,
            ping_timeout_ms: 60_000,
            connect_timeout_ms: 45_000,
            max_payload_kib: 1024,
            send_buffer_kib: 1024,
            send_timeout_ms: 20_000,
            pending_hours: 24,
            max_connections_per_user: 100,
            max_connections_per_address: 1000,
            messages_per_second: 50,
            burst: 200,
            keep_hours: 168,
            retention: Retention::default(),
        }
    }
}

/// Bounds on what clients may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiLimits {
    /// Longest source in KiB.
    pub source_kib: u64,
    /// Submissions that may wait.
    pub queue: u64,
    /// Largest uploaded package in MiB.
    pub package_mib: u64,
}

/// The Redis that several daemons share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisConfig {
    /// Its URL, which may hold a password; absent: the ledger is a file in the data directory.
    pub url: Option<Secret>,
    /// What the names of its keys begin with; daemons with the same one share everything.
    pub namespace: String,
    /// Packages that were fetched from others and are kept, in MiB in all.
    pub package_cache_mib: u64,
    /// Whether each user's newest socket is written as `USER` = socket as well, for services of the seed systems.
    pub bare_keys: bool,
}

/// TLS on the daemon's port, and whom commands trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// A PEM file with the daemon's certificate, and those of the authorities between it and a known one; absent: no TLS.
    pub cert: Option<PathBuf>,
    /// A PEM file with its private key. Only together with `cert`.
    pub key: Option<PathBuf>,
    /// A PEM file with authorities whose daemons the commands trust, beside those of the system.
    pub ca: Option<PathBuf>,
}

/// How submissions are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgingConfig {
    /// Compiled programs that are kept in all, in MiB; 0: none.
    pub cache_mib: u64,
    /// Whether headers are precompiled, once for each toolchain.
    pub preludes: bool,
    /// Whether tests of one submission may run in several cells when workers are idle.
    pub parallel_tests: bool,
    /// How long a worker that is not heard of keeps a submission, in seconds.
    pub lease_secs: u64,
}

/// How cells are made.
#[derive(Clone, Debug, PartialEq)]
pub struct SandboxConfig {
    /// `auto`, `docker` or `native`.
    pub kind: SandboxKind,
    /// `auto`, `host` or `image`.
    pub toolchain: ToolchainSource,
    /// Memory of a cell, compilers included, in MiB.
    pub cell_memory_mib: u64,
    /// Processors a cell may use at one time.
    pub cell_cpus: f64,
    /// Size of the writable file systems of a cell, in MiB.
    pub cell_disk_mib: u64,
    /// How long a cell may wait unused before it is removed, in seconds.
    pub idle_secs: u64,
    /// The folder of this machine's preludes, which cells see read-only; absent: none are used. Made of
    /// `cache_dir` and `judging.preludes`.
    pub preludes: Option<PathBuf>,
    /// The engine's address; absent: `DOCKER_HOST` or the default socket.
    pub docker_host: Option<String>,
    /// Images to use in place of those that the languages name: a language's id and an image.
    pub images: Vec<(String, String)>,
}

/// What makes the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SandboxKind {
    /// The container engine where one answers, else the kernel of this machine.
    #[default]
    Auto,
    /// The container engine only.
    Docker,
    /// The kernel of this machine, without a container engine.
    Native,
}

impl SandboxKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Docker, Self::Native];

    /// Its name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Docker => "docker",
            Self::Native => "native",
        }
    }
}

/// Where toolchains come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolchainSource {
    /// The host's where its compiler is there, else the image.
    #[default]
    Auto,
    /// The host's only.
    Host,
    /// The image only.
    Image,
}

impl ToolchainSource {
    /// Its name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Host => "host",
            Self::Image => "image",
        }
    }
}

impl Default for Config {
    /// The embedded default, with the data directory below the working directory when the user has
    /// no home.
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 7878)),
            roles: Roles::ALL,
            url: None,
            data_dir: layer::default_data_dir().unwrap_or_else(|| "sonocode-data".into()),
            cache_dir: layer::default_cache_dir().unwrap_or_else(|| "sonocode-cache".into()),
            workers: 0,
            problems: None,
            cors_origins: Vec::new(),
            dialect: Dialect::Sonocode,
            limits: ApiLimits { source_kib: 256, queue: 10_000, package_mib: 2048 },
            judging: JudgingConfig {
                cache_mib: 512,
                preludes: true,
                parallel_tests: false,
                lease_secs: 15,
            },
            hub: HubConfig::default(),
            redis: RedisConfig {
                url: None,
                namespace: "sonocode".into(),
                package_cache_mib: 4096,
                bare_keys: false,
            },
            sandbox: SandboxConfig {
                kind: SandboxKind::Auto,
                toolchain: ToolchainSource::Auto,
                cell_memory_mib: 2560,
                cell_cpus: 2.0,
                cell_disk_mib: 512,
                idle_secs: 600,
                preludes: None,
                docker_host: None,
                images: Vec::new(),
            },
            auth: AuthConfig::default(),
            tls: TlsConfig::default(),
            token: None,
        }
    }
}

impl Config {
    /// What the daemon's URLs begin with: `https` with a certificate, else `http`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.cert.is_some() { "https" } else { "http" }
    }

    /// The number of workers that is in force: `workers`, or one for each core.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            some => some,
        }
    }

    /// How many submissions are judged at one time: none without the role.
    pub fn judges(&self) -> usize {
        if self.roles.has(Role::Worker) { self.worker_count() } else { 0 }
    }
}

/// A configuration and where each of its values comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What is in force.
    pub config: Config,
    /// Every value that is set, by key.
    pub entries: BTreeMap<&'static str, Entry>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// Variables that begin with `SONOCODE_` but name no key; probably misspelt.
    pub unknown_variables: Vec<String>,
}

impl Loaded {
    /// Reads every layer and puts them together. Fails on the first mistake.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let mut entries = BTreeMap::new();
        let mut files = Vec::new();
        layer::put(&mut entries, layer::text(DEFAULT, &Origin::Default)?);
        layer::put(&mut entries, layer::redis_of_others(sources)?);
        for path in sources.files() {
            if let Some(layer) = layer::file(&path)? {
                layer::put(&mut entries, layer);
                files.push(path);
            }
        }
        layer::put(&mut entries, layer::environment(sources)?);
        layer::put(&mut entries, layer::flags(sources)?);
        let config = assemble(&entries, sources)?;
        let unknown_variables = layer::unknown_variables(sources);
        Ok(Self { config, entries, files, unknown_variables })
    }

    /// Where a key's value comes from.
    pub fn origin(&self, key: &str) -> &Origin {
        self.entries.get(key).map_or(&Origin::Default, |entry| &entry.origin)
    }
}

/// Makes the configuration of checked entries.
fn assemble(
    entries: &BTreeMap<&'static str, Entry>,
    sources: &Sources,
) -> Result<Config, ConfigError> {
    let mut config =
        Config { data_dir: sources.data_dir.clone().unwrap_or_default(), ..Config::default() };
    for (key, entry) in entries {
        entry.apply(key, &mut config, sources);
    }
    if config.data_dir.as_os_str().is_empty() {
        return Err(ConfigError::no_home());
    }
    Ok(config)
}

#[cfg(test)]
mod tests;
