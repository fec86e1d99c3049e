//! The image of cells that use the host's toolchains: an agent, some empty folders, and nothing else.
//!
//! It is made here, in memory, and imported into the engine: nothing is pulled.

use sha2::{Digest, Sha256};
use std::{fs, io, path::Path, sync::LazyLock};

/// The agent, built by `build.rs`.
pub static AGENT: &[u8] = include_bytes!(env!("SONOCODE_AGENT"));

/// Where the agent is in every cell.
pub const AGENT_PATH: &str = "/sonocode/agent";

/// Folders of the host that hold toolchains. Those that are links on the host become the same links
/// in the image, the others are mounted read-only.
const TOOLCHAIN_FOLDERS: [&str; 7] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// What toolchains need of the host beside those folders. A Haskell compiler finds its libraries by
/// a list in `/var`.
const TOOLCHAIN_SETTINGS: [&str; 7] = [
    "etc/alternatives",
    "etc/ld.so.cache",
    "etc/ld.so.conf",
    "etc/ld.so.conf.d",
    "etc/java*",
    "etc/mono",
    "var/lib/ghc",
];

/// Folders that are made empty, as mount points or because programs expect them.
const EMPTY: [&str; 10] =
    ["box", "dev", "etc", "proc", "run", "sonocode", "sonocode/preludes", "sys", "tmp", "var"];

/// Users that exist in a cell.
const PASSWD: &str = "root:x:0:0:root:/:/bin/false\nprogram:x:60606:60606:program:/tmp:/bin/false\n\
     judge:x:60607:60607:judge:/tmp:/bin/false\n";
const GROUP: &str = "root:x:0:\nprogram:x:60606:\njudge:x:60607:\n";

/// Where every cell with the host's toolchains sees the folder of preludes.
pub const PRELUDES_PATH: &str = "/sonocode/preludes";

/// Something of the host that is in a cell, read-only.
pub struct HostMount {
    /// Its path on the host.
    pub source: String,
    /// Its path in the cell.
    pub target: String,
}

/// What of the host is in a cell: its toolchains, each at the same place, and the preludes, if any.
pub fn host_mounts(preludes: Option<&Path>) -> io::Result<Vec<HostMount>> {
    let folders = TOOLCHAIN_FOLDERS.iter().map(|folder| format!("/{folder}"));
    let mut paths: Vec<String> =
        folders.filter(|path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())).collect();
    for setting in TOOLCHAIN_SETTINGS {
        match setting.strip_suffix('*') {
            None => {
                paths.extend(Some(format!("/{setting}")).filter(|path| Path::new(path).exists()));
            }
            Some(stem) => paths.extend(beginning_with(&format!("/{stem}"))?),
        }
    }
    let same = |path: String| HostMount { source: path.clone(), target: path };
    let preludes = preludes.map(|folder| HostMount {
        source: folder.to_string_lossy().into_owned(),
        target: PRELUDES_PATH.to_owned(),
    });
    Ok(paths.into_iter().map(same).chain(preludes).collect())
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

/// Something of a cell's root file system that is not the host's.
pub enum Entry {
    /// An empty folder and its mode.
    Folder(String, u32),
    /// A link and what it points to.
    Link(String, String),
    /// A file and its text.
    File(String, &'static str),
}

/// What a cell's root file system holds beside the host's folders and the agent. Paths are absolute.
pub fn entries() -> io::Result<Vec<Entry>> {
    let mode = |folder| if folder == "tmp" { 0o1777 } else { 0o755 };
    let mut entries: Vec<Entry> =
        EMPTY.iter().map(|folder| Entry::Folder(format!("/{folder}"), mode(*folder))).collect();
    for folder in TOOLCHAIN_FOLDERS.map(|folder| format!("/{folder}")) {
        match fs::symlink_metadata(&folder) {
            Ok(meta) if meta.is_dir() => entries.push(Entry::Folder(folder, 0o755)),
            Ok(meta) if meta.is_symlink() => {
                let target = fs::read_link(&folder)?;
                entries.push(Entry::Link(folder, target.to_string_lossy().into_owned()));
            }
            _ => {}
        }
    }
    entries.push(Entry::File("/etc/passwd".into(), PASSWD));
    entries.push(Entry::File("/etc/group".into(), GROUP));
    Ok(entries)
}

/// The image as a tar archive. The same host and the same agent make the same bytes.
pub fn archive() -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for made in entries()? {
        match made {
            Entry::Folder(path, mode) => {
                entry(&mut tar, &path, tar::EntryType::Directory, mode, &[])?;
            }
            Entry::Link(path, target) => {
                let mut header = header(tar::EntryType::Symlink, 0o777, 0);
                tar.append_link(&mut header, &path[1..], target)?;
            }
            Entry::File(path, text) => {
                entry(&mut tar, &path, tar::EntryType::Regular, 0o644, text.as_bytes())?;
            }
        }
    }
    entry(&mut tar, AGENT_PATH, tar::EntryType::Regular, 0o555, AGENT)?;
    tar.into_inner()
}

/// Tells the agent of this program from those of others: what one has packed, only the same one can be
/// trusted to unpack.
pub fn agent_digest() -> String {
    static DIGEST: LazyLock<String> = LazyLock::new(|| digest(AGENT));
    DIGEST.clone()
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
    tar.append_data(&mut header, &path[1..], bytes)
}
