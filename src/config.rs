//! Configuration: the embedded, commented default < the user's file < the project's `sonocode.toml` < `SONOCODE_*` < flags.

/// The whole configuration of daemon and commands.
#[derive(Clone, Debug)]
pub struct Config {
    /// Limits of the API.
    pub limits: ApiLimits,
    /// The sandbox.
    pub sandbox: SandboxConfig,
}

/// Bounds on what clients may send.
#[derive(Clone, Copy, Debug)]
pub struct ApiLimits {
    /// Longest source in KiB.
    pub source_kib: u64,
    /// Submissions that may wait.
    pub queue: u64,
    /// Largest uploaded package in MiB.
    pub package_mib: u64,
}

/// How cells are made.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// `auto`, `host` or `image`.
    pub toolchain: ToolchainSource,
    /// Memory of a cell, compilers included, in MiB.
    pub cell_memory_mib: u64,
    /// Processors a cell may use at one time.
    pub cell_cpus: f64,
    /// Size of the writable file systems of a cell, in MiB.
    pub cell_disk_mib: u64,
    /// The engine's address; absent: DOCKER_HOST or the default socket.
    pub docker_host: Option<String>,
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
