//! Which toolchain serves a language here.

use super::Evaluator;
use crate::{
    config::ToolchainSource,
    judge::Language,
    sandbox::{Rootfs, SandboxError},
    wire::{LanguageStatus, ToolchainOrigin},
};
use futures_util::future::join_all;
use std::{
    fmt::Write, fs, os::unix::fs::MetadataExt, path::PathBuf, process::Stdio, time::Duration,
};

/// Where a cell looks programs up, and so where the host's toolchains must be.
pub(super) const PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// How long a toolchain may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// The host's commands of a language, if all of them are there.
pub fn host_toolchain(language: &Language) -> Option<Vec<PathBuf>> {
    language.toolchain.host.iter().map(|command| find_on_host(command)).collect()
}

/// A host's command, where cells look it up.
pub(super) fn find_on_host(command: &str) -> Option<PathBuf> {
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

/// The linker that programs in this language are linked with: on the host the fastest that is there,
/// in an image the one that the language names. `None` means the compiler's own.
pub(super) fn linker<'a>(language: &'a Language, rootfs: &Rootfs) -> Option<&'a str> {
    let toolchain = &language.toolchain;
    match rootfs {
        Rootfs::Host => {
            let there = |name: &&String| find_on_host(&format!("ld.{name}")).is_some();
            toolchain.linkers.iter().find(there).map(String::as_str)
        }
        Rootfs::Image(_) => toolchain.image_linker.as_deref(),
    }
}

/// What tells one toolchain from another, such as before and after an upgrade: what one compiled may
/// not run, and what one wrote in advance may not be read, with another. The files of the host's
/// commands and linker, with size and time of change, or the image's name.
pub fn identity(language: &Language, rootfs: &Rootfs) -> String {
    if let Rootfs::Image(image) = rootfs {
        return format!("image {image}");
    }
    let linker = linker(language, rootfs).map(|name| format!("ld.{name}"));
    let commands = language.toolchain.host.iter().chain(&linker);
    commands.fold("host".to_owned(), |mut text, command| {
        let file = find_on_host(command).and_then(|path| fs::canonicalize(path).ok());
        let file = file.and_then(|path| Some((fs::metadata(&path).ok()?, path)));
        // Writing to a text cannot fail.
        let _ = match file {
            Some((meta, path)) => {
                let (size, seconds, nanos) = (meta.len(), meta.mtime(), meta.mtime_nsec());
                write!(text, "; {} {size} {seconds}.{nanos:09}", path.display())
            }
            None => write!(text, "; {command} missing"),
        };
        text
    })
}

impl Evaluator {
    /// Every language with its toolchain. The toolchains are asked once.
    pub async fn languages_status(&self) -> Vec<LanguageStatus> {
        let ask = || async { join_all(self.languages.iter().map(|l| self.status_of(l))).await };
        self.statuses.get_or_init(ask).await.clone()
    }

    async fn status_of(&self, language: &Language) -> LanguageStatus {
        let host = || {
            let paths = host_toolchain(language).unwrap_or_default();
            paths.first().map(|path| path.display().to_string())
        };
        let (source, place, version, hint) = match self.rootfs(language) {
            Ok(Rootfs::Host) => {
                (ToolchainOrigin::Host, host(), version(&language.version).await, None)
            }
            Ok(Rootfs::Image(image)) => (ToolchainOrigin::Image, Some(image), None, None),
            Err(error) => (ToolchainOrigin::Missing, None, None, Some(error.to_string())),
        };
        LanguageStatus {
            id: language.id.clone(),
            name: language.name.clone(),
            aliases: language.aliases.clone(),
            extensions: language.extensions.clone(),
            source,
            place,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn language(host: &str) -> Language {
        let text = format!(
            r#"id = "x"
            name = "X"
            extensions = []
            source = "main.x"
            run = ["./main"]
            version = ["sh"]
            toolchain = {{ host = ["sh", "{host}"], image = "x:1", linkers = ["none", "so"] }}"#
        );
        Language::parse(&text).unwrap()
    }

    #[test]
    fn a_toolchain_is_told_by_its_files() {
        let (here, gone) = (language("cat"), language("no-such-command"));
        let identity = |language| identity(language, &Rootfs::Host);
        let text = identity(&here);
        assert!(text.starts_with("host; /") && text.contains("/cat "), "{text}");
        assert_eq!(text, identity(&here));
        assert_ne!(text, identity(&gone));
        assert!(identity(&gone).contains("no-such-command missing"));
        let image = Rootfs::Image("x:1".into());
        assert_eq!(super::identity(&here, &image), "image x:1");
    }

    #[test]
    fn the_first_linker_that_is_there_is_taken() {
        let mut language = language("cat");
        language.toolchain.linkers = vec!["no-such-linker".into(), "bfd".into()];
        let found = linker(&language, &Rootfs::Host);
        assert_eq!(found, find_on_host("ld.bfd").map(|_| "bfd"));
        let image = Rootfs::Image("x:1".into());
        assert_eq!(linker(&language, &image), None);
        language.toolchain.image_linker = Some("gold".into());
        assert_eq!(linker(&language, &image), Some("gold"));
    }
}
