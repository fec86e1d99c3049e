//! Which toolchain serves a language here.

use super::Evaluator;
use crate::{
    config::ToolchainSource,
    judge::Language,
    sandbox::{Rootfs, SandboxError},
    wire::{LanguageStatus, ToolchainOrigin},
};
use futures_util::future::join_all;
use std::{path::PathBuf, process::Stdio, time::Duration};

/// Where a cell looks programs up, and so where the host's toolchains must be.
const PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// How long a toolchain may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// The host's commands of a language, if all of them are there.
pub fn host_toolchain(language: &Language) -> Option<Vec<PathBuf>> {
    language.toolchain.host.iter().map(|command| find_on_host(command)).collect()
}

fn find_on_host(command: &str) -> Option<PathBuf> {
    PATH.iter().map(|folder| PathBuf::from(folder).join(command)).find(|path| path.is_file())
}

/// What a cell for a language holds. `shows_host`: whether cells can show this machine's toolchains.
pub(super) fn rootfs(
    language: &Language,
    source: ToolchainSource,
    shows_host: bool,
) -> Result<Rootfs, SandboxError> {
    let image = || Rootfs::Image(language.toolchain.image.clone());
    match (source, host_toolchain(language).filter(|_| shows_host)) {
        (ToolchainSource::Host, None) if !shows_host => Err(SandboxError::Start {
            command: language.toolchain.host.join(", "),
            reason: "the container engine does not see this machine's toolchains: set \
                     `sandbox.toolchain` to `auto` or `image`"
                .into(),
        }),
        (ToolchainSource::Image, _) | (ToolchainSource::Auto, None) => Ok(image()),
        (_, Some(_)) => Ok(Rootfs::Host),
        (ToolchainSource::Host, None) => Err(SandboxError::Start {
            command: language.toolchain.host.join(", "),
            reason: "not installed on this host, and `sandbox.toolchain` is `host`".into(),
        }),
    }
}

impl Evaluator {
    /// Every language with its toolchain. The toolchains are asked once.
    pub async fn languages_status(&self) -> Vec<LanguageStatus> {
        let ask = || async { join_all(self.languages.iter().map(|l| self.status_of(l))).await };
        self.statuses.get_or_init(ask).await.clone()
    }

    async fn status_of(&self, language: &Language) -> LanguageStatus {
        let image = &language.toolchain.image;
        let (source, version, hint) = match self.rootfs(language) {
            Ok(Rootfs::Host) => (ToolchainOrigin::Host, version(&language.version).await, None),
            Ok(Rootfs::Image(_)) => (ToolchainOrigin::Image, None, Some(format!("image {image}"))),
            Err(error) => (ToolchainOrigin::Missing, None, Some(error.to_string())),
        };
        LanguageStatus {
            id: language.id.clone(),
            name: language.name.clone(),
            aliases: language.aliases.clone(),
            extensions: language.extensions.clone(),
            source,
            version,
            hint,
        }
    }
}

/// The first line a host's command prints of its version.
async fn version(command: &[String]) -> Option<String> {
    let program = find_on_host(&command[0])?;
    let mut process = tokio::process::Command::new(program);
    process.args(&command[1..]).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, process.output()).await.ok()?.ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}
