//! Tar archives that go to an engine.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

/// What an archive holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An image with its layers, as `docker save` writes it.
    Image,
    /// Plain files: what is to be in the root of a file system.
    Files,
}

/// The first bytes of what gzip packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Files at the top of an archive by which it is an image: Docker's, and the open format's.
const MARKS: [&str; 2] = ["manifest.json", "oci-layout"];

/// Looks what an archive holds. Reads it all where it is packed and has no image in it.
pub fn kind(path: &Path) -> io::Result<Kind> {
    let mut file = File::open(path)?;
    let mut first = [0; 2];
    let packed = file.read(&mut first)? == 2 && first == GZIP;
    file.rewind()?;
    if packed {
        let unpacked = flate2::read::MultiGzDecoder::new(BufReader::new(file));
        return find(tar::Archive::new(unpacked).entries()?);
    }
    // Jumps over the contents of files.
    find(tar::Archive::new(BufReader::new(file)).entries_with_seek()?)
}

fn find<R: Read>(entries: tar::Entries<'_, R>) -> io::Result<Kind> {
    let wrong = |error: io::Error| {
        let why = format!("it is no tar archive, plain or packed with gzip ({error})");
        io::Error::new(io::ErrorKind::InvalidData, why)
    };
    let mut empty = true;
    for entry in entries {
        let entry = entry.map_err(wrong)?;
        let path = entry.path().map_err(wrong)?;
        let name = path.strip_prefix(".").unwrap_or(&path);
        if MARKS.iter().any(|mark| name == Path::new(mark)) {
            return Ok(Kind::Image);
        }
        empty = false;
    }
    if empty { Err(wrong(io::Error::other("nothing is in it"))) } else { Ok(Kind::Files) }
}

/// An archive with one file in it.
pub(super) fn with_one_file(name: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, name, bytes)?;
    tar.into_inner()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use std::{fs, io::Write};

    fn kind_of(bytes: &[u8]) -> io::Result<Kind> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("archive");
        fs::write(&path, bytes).unwrap();
        kind(&path)
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn archives_are_told_apart() {
        for (name, wanted) in [
            ("manifest.json", Kind::Image),
            ("./oci-layout", Kind::Image),
            ("bin/sh", Kind::Files),
            ("etc/manifest.json", Kind::Files),
        ] {
            let tar = with_one_file(name, b"x").unwrap();
            assert_eq!(kind_of(&tar).unwrap(), wanted, "{name}");
            assert_eq!(kind_of(&packed(&tar)).unwrap(), wanted, "{name}, packed");
        }
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        for bytes in [&b""[..], b"x", &[7; 4096], &GZIP, &packed(&[7; 4096])] {
            let error = kind_of(bytes).unwrap_err().to_string();
            assert!(error.contains("no tar archive"), "{error}");
        }
    }
}
