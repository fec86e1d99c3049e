//! Output of a program, however much it is: in memory while it is short, then in a file.

use super::SandboxError;
use std::{
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
};
use tempfile::SpooledTempFile;

/// What is longer than this is kept in a file, in bytes.
const IN_MEMORY: usize = 1 << 20;

/// Bytes that were gathered. The file of a long one has no name and goes away with it.
#[derive(Debug)]
pub struct Spool(SpooledTempFile);

impl Spool {
    /// An empty one.
    pub fn new() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }

    /// Adds bytes. Fails when the disk does.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), SandboxError> {
        self.0.write_all(bytes).map_err(SandboxError::host)
    }

    /// Reads it from its start.
    pub fn reader(&mut self) -> io::Result<impl BufRead + '_> {
        self.0.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(64 << 10, &mut self.0))
    }

    /// All of it, which must be known to be short.
    pub fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes it to a file.
    pub fn save(&mut self, path: &Path) -> io::Result<()> {
        let mut file = std::fs::File::create(path)?;
        io::copy(&mut self.reader()?, &mut file).map(drop)
    }
}

impl Default for Spool {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_whether_short_or_long() {
        for length in [0, 5, IN_MEMORY + 1] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let mut spool = Spool::new();
            for part in bytes.chunks(4096) {
                spool.push(part).unwrap();
            }
            assert_eq!(spool.0.is_rolled(), length > IN_MEMORY);
            assert_eq!(spool.bytes().unwrap(), bytes);
            let folder = tempfile::tempdir().unwrap();
            spool.save(&folder.path().join("copy")).unwrap();
            assert_eq!(std::fs::read(folder.path().join("copy")).unwrap(), bytes);
        }
    }
}
