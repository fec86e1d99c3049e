//! ICPC and Kattis packages: `legacy`, `legacy-icpc` and `2025-09`.

use super::Ignored;
use crate::{
    judge::Languages,
    problem::{files::Tree, mistake::Mistakes},
};
use std::{io, path::Path};

/// Converts the package whose files are `tree` below `package` into a native one in `into`.
pub(super) fn import(
    _package: &Path,
    _tree: &Tree,
    _into: &Path,
    _languages: &Languages,
    mistakes: &mut Mistakes,
    _ignored: &mut Vec<Ignored>,
) -> io::Result<()> {
    mistakes.file("problem.yaml", "packages of this format cannot be read yet");
    Ok(())
}
