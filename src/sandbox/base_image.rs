//! The image of cells that use the host's toolchains: an agent, some empty folders, and nothing else.
//!
//! It is made here, in memory, and imported into the engine: nothing is pulled.

use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};

/// The agent, built by `build.rs`.
pub static AGENT: &[u8] = include_bytes!(env!("SONOCODE_AGENT"));

/// Where the agent is in every cell.
pub const AGENT_PATH: &str = "/sonocode/agent";

/// Folders of the host that hold toolchains. Those that are links on the host become the same links
/// in the image, the others are mounted read-only.
const TOOLCHAIN_FOLDERS: [&str; 7] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// What toolchains need of the host's `/etc`.
const TOOLCHAIN_SETTINGS: [&str; 5] =
    ["etc/alternatives", "etc/ld.so.cache", "etc/ld.so.conf", "etc/ld.so.conf.d", "etc/java*"];

/// Folders that are made empty, as mount points or because programs expect them.
const EMPTY: [&str; 8] = ["box", "dev", "etc", "proc", "run", "sys", "tmp", "var"];

/// Users that exist in a cell.
const PASSWD: &str = "root:x:0:0:root:/:/bin/false\nprogram:x:60606:60606:program:/tmp:/bin/false\n\
     judge:x:60607:60607:judge:/tmp:/bin/false\n";
const GROUP: &str = "root:x:0:\nprogram:x:60606:\njudge:x:60607:\n";

/// The host's paths to mount read-only, each at the same place in the cell.
pub fn host_mounts() -> io::Result<Vec<String>> {
    let folders = TOOLCHAIN_FOLDERS.iter().map(|folder| format!("/{folder}"));
    let mut mounts: Vec<String> =
        folders.filter(|path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())).collect();
    for setting in TOOLCHAIN_SETTINGS {
        match setting.strip_suffix('*') {
            None => {
                mounts.extend(Some(format!("/{setting}")).filter(|path| Path::new(path).exists()));
            }
            Some(stem) => mounts.extend(beginning_with(&format!("/{stem}"))?),
        }
    }
    Ok(mounts)
}

/// Entries of a folder whose paths begin like this.
fn beginning_with(stem: &str) -> io::Result<Vec<String>> {
    let folder = Path::new(stem).parent().unwrap_or(Path::new("/"));
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut found: Vec<String> =
        entries.iter().map(|e| e.path().to_string_lossy().into_owned()).collect();
    found.retain(|path| path.starts_with(stem));
    found.sort();
    Ok(found)
}

/// The image as a tar archive. The same host and the same agent make the same bytes.
pub fn archive() -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for folder in EMPTY.iter().chain(&["sonocode"]) {
        let mode = if *folder == "tmp" { 0o1777 } else { 0o755 };
        entry(&mut tar, folder, tar::EntryType::Directory, mode, &[])?;
    }
    for folder in TOOLCHAIN_FOLDERS {
        match fs::symlink_metadata(format!("/{folder}")) {
            Ok(meta) if meta.is_dir() => {
                entry(&mut tar, folder, tar::EntryType::Directory, 0o755, &[])?;
            }
            Ok(meta) if meta.is_symlink() => {
                let target = fs::read_link(format!("/{folder}"))?;
                let mut header = header(tar::EntryType::Symlink, 0o777, 0);
                tar.append_link(&mut header, folder, target)?;
            }
            _ => {}
        }
    }
    entry(&mut tar, "etc/passwd", tar::EntryType::Regular, 0o644, PASSWD.as_bytes())?;
    entry(&mut tar, "etc/group", tar::EntryType::Regular, 0o644, GROUP.as_bytes())?;
    entry(&mut tar, &AGENT_PATH[1..], tar::EntryType::Regular, 0o555, AGENT)?;
    tar.into_inner()
}

/// A short name for exactly these bytes.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..6])
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header
}

fn entry(
    tar: &mut tar::Builder<Vec<u8>>,
    path: &str,
    kind: tar::EntryType,
    mode: u32,
    bytes: &[u8],
) -> io::Result<()> {
    let mut header = header(kind, mode, bytes.len() as u64);
    tar.append_data(&mut header, path, bytes)
}
