//! What a PATH of `problem add` is, as the bytes that are sent.

use crate::problem::{PackError, pack, slugify};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, BufWriter, Read, Seek},
    path::Path,
};

/// A package, ready to be sent.
#[derive(Debug)]
pub(in crate::command::problem) struct Source {
    pub(in crate::command::problem) file: File,
    pub(in crate::command::problem) media: &'static str,
    /// What it is called where it does not say so itself.
    pub(in crate::command::problem) name: Option<String>,
}

impl Source {
    /// A folder, packed into a temporary file; a zip or tar archive or a JSON document as it is.
    pub(in crate::command::problem) fn open(path: &Path) -> Result<Self, PackError> {
        if path.is_dir() {
            let mut file = tempfile::tempfile()?;
            pack(path, BufWriter::new(&mut file))?;
            return Ok(Self { file, media: "application/x-tar", name: None });
        }
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(error.kind(), "no such file or folder"),
            _ => error,
        })?;
        let name = path.file_name().map(OsStr::to_string_lossy);
        Self::of(file, name.as_deref())
    }

    /// A file by its first bytes, whatever it is called.
    pub(super) fn of(mut file: File, name: Option<&str>) -> Result<Self, PackError> {
        let mut start = Vec::new();
        (&mut file).take(512).read_to_end(&mut start)?;
        file.rewind()?;
        let name = name.and_then(stem);
        match media(&start) {
            Ok(media) => Ok(Self { file, media, name }),
            Err(why) => Err(io::Error::new(io::ErrorKind::InvalidData, why).into()),
        }
    }
}

/// The media type of what begins like this.
fn media(start: &[u8]) -> Result<&'static str, &'static str> {
    match start {
        _ if start.trim_ascii_start().starts_with(b"{") => Ok("application/json"),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Ok("application/zip"),
        _ if start.get(257..262) == Some(b"ustar") => Ok("application/x-tar"),
        [0x1f, 0x8b, ..] => Err("compressed by gzip; unpack it, and add the folder"),
        _ => Err("neither a folder, a zip or tar archive nor a JSON document"),
    }
}

/// A file's name without its extension and without what Polygon appends to it, such as
/// `-12$linux.zip`.
fn stem(name: &str) -> Option<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = match stem.split_once('$') {
        Some((stem, _)) => {
            stem.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-')
        }
        None => stem,
    };
    slugify(stem).map(|_| stem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_its_first_bytes_say() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(media(&tar), Ok("application/x-tar"));
        assert_eq!(media(b"PK\x03\x04..."), Ok("application/zip"));
        for json in [&b"{}"[..], b"\n  {\"a\""] {
            assert_eq!(media(json), Ok("application/json"));
        }
        for (other, why) in [(&b"\x1f\x8b\x08"[..], "gzip"), (b"", "neither"), (b"[1]", "neither")]
        {
            assert!(media(other).unwrap_err().contains(why));
        }
    }

    #[test]
    fn names_come_from_files() {
        for (name, expected) in [
            ("two-sum.zip", Some("two-sum")),
            ("a-plus-b-12$linux.zip", Some("a-plus-b")),
            ("A & B.json", Some("A & B")),
            ("x.tar", Some("x")),
            ("….zip", None),
        ] {
            assert_eq!(stem(name).as_deref(), expected, "{name}");
        }
    }
}
