//! Packages out: a stored problem in the formats of others, and in our own.
//!
//! What a format cannot express is told as [`Ignored`], each thing with its reason: nothing is dropped in
//! silence. What both sides can express comes back as it was when the export is added again.

mod icpc;
mod json;
mod polygon;

use super::{
    Ignored, ProblemStore, Solution, StoredProblem,
    edit::link,
    files::{Tree, at, create, scan},
    index,
    mistake::Mistakes,
};
use crate::judge::{Languages, Problem};
use std::{
    fmt,
    fs::File,
    io::{self, Write},
    path::Path,
    str::FromStr,
};
use tempfile::TempDir;

/// A format that problems are exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Our own, byte by byte as the store has it.
    Native,
    /// ICPC and Kattis, 2025-09.
    Latest,
    /// ICPC and Kattis, legacy.
    Legacy,
    /// A full Polygon package.
    Polygon,
    /// A seed system's JSON document.
    Json,
}

impl Target {
    /// All formats.
    pub const ALL: [Self; 5] =
        [Self::Native, Self::Latest, Self::Legacy, Self::Polygon, Self::Json];

    /// Its name on the command line and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Latest => "2025-09",
            Self::Legacy => "legacy",
            Self::Polygon => "polygon",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|target| target.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|target| target.name()).collect();
            format!("`{text}` is no format; one of {}", names.join(", "))
        })
    }
}

/// A package that was written.
#[derive(Debug)]
pub struct Exported {
    /// The folder that holds it; removed when dropped. Its files may be other names of the store's own:
    /// they are to be read.
    pub dir: TempDir,
    /// What the format cannot express.
    pub ignored: Vec<Ignored>,
}

/// The form of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archive {
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
}

impl FromStr for Archive {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "tar" => Ok(Self::Tar),
            "zip" => Ok(Self::Zip),
            _ => Err(()),
        }
    }
}

impl Exported {
    /// Writes the package into an archive, below a folder of this name, without times and owners: the
    /// same package is always the same archive. Fails when the disk does.
    pub fn archive(&self, folder: &str, form: Archive, mut out: &File) -> io::Result<()> {
        let tree = scan(self.dir.path(), &mut Mistakes::default())?;
        let mut out = io::BufWriter::new(&mut out);
        match form {
            Archive::Tar => tar(self.dir.path(), &tree, folder, &mut out)?,
            Archive::Zip => zip(self.dir.path(), &tree, folder, &mut out)?,
        }
        out.flush()
    }
}

fn tar(dir: &Path, tree: &Tree, folder: &str, out: impl Write) -> io::Result<()> {
    let mut archive = ::tar::Builder::new(out);
    for (path, _) in tree.iter() {
        let full = dir.join(path);
        let file = File::open(&full).map_err(at(&full))?;
        let size = file.metadata().map_err(at(&full))?.len();
        let mut header = ::tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{folder}/{path}"), file)?;
    }
    archive.finish()
}

fn zip(dir: &Path, tree: &Tree, folder: &str, out: impl Write) -> io::Result<()> {
    let mut archive = ::zip::ZipWriter::new_stream(out);
    for (path, _) in tree.iter() {
        let full = dir.join(path);
        let mut file = File::open(&full).map_err(at(&full))?;
        let size = file.metadata().map_err(at(&full))?.len();
        let options = ::zip::write::SimpleFileOptions::default()
            .compression_method(::zip::CompressionMethod::Deflated)
            .last_modified_time(::zip::DateTime::default())
            .unix_permissions(0o644)
            .large_file(size >= 1 << 31);
        archive.start_file(format!("{folder}/{path}"), options).map_err(io::Error::other)?;
        io::copy(&mut file, &mut archive).map_err(at(&full))?;
    }
    archive.finish().map_err(io::Error::other)?.into_inner().flush()
}

impl ProblemStore {
    /// Writes a problem in a format into a staging folder. Fails when the disk does.
    pub fn export(&self, stored: &StoredProblem, target: Target) -> io::Result<Exported> {
        let dir = self.stage()?;
        let ignored = export(stored, target, dir.path(), &self.languages)?;
        Ok(Exported { dir, ignored })
    }
}

/// Writes a problem in a format into an empty folder, and tells what the format cannot express. Long files
/// are other names of the store's where the file system has such a thing.
fn export(
    stored: &StoredProblem,
    target: Target,
    into: &Path,
    languages: &Languages,
) -> io::Result<Vec<Ignored>> {
    let mut tree = scan(&stored.dir, &mut Mistakes::default())?;
    tree.remove(index::FILE);
    let solutions = stored.solutions()?;
    let problem = &stored.problem;
    let mut out = Out { stored, problem, tree, solutions, languages, into, ignored: Vec::new() };
    match target {
        Target::Native => out.folder("", "")?,
        Target::Latest => icpc::latest(&mut out)?,
        Target::Legacy => icpc::legacy(&mut out)?,
        Target::Polygon => polygon::write(&mut out)?,
        Target::Json => json::write(&mut out)?,
    }
    Ok(out.ignored)
}

/// A package on its way out.
struct Out<'a> {
    stored: &'a StoredProblem,
    problem: &'a Problem,
    /// The files of the stored package.
    tree: Tree,
    solutions: Vec<Solution>,
    languages: &'a Languages,
    into: &'a Path,
    ignored: Vec<Ignored>,
}

impl Out<'_> {
    /// Puts a file of the package where the format has it.
    fn put(&self, from: &str, to: &str) -> io::Result<()> {
        link(&self.stored.dir.join(from), &self.into.join(to))
    }

    /// Puts all files below a folder (both written with their final slash) where the format has them.
    fn folder(&self, from: &str, to: &str) -> io::Result<()> {
        let files = self.tree.below(from);
        { files }
            .try_for_each(|(path, _)| self.put(&format!("{from}{path}"), &format!("{to}{path}")))
    }

    /// Whether there is anything below a folder (written with its final slash).
    fn has(&self, folder: &str) -> bool {
        self.tree.below(folder).next().is_some()
    }

    fn write(&self, to: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.into.join(to);
        create(&path)?.write_all(bytes).map_err(at(&path))
    }

    /// Tells that a file of the package is not in the export.
    fn drop(&mut self, file: impl Into<String>, reason: impl Into<String>) {
        self.ignored.push(Ignored::file(file, reason));
    }

    /// Tells that what `problem.toml` says in a field is not in the export.
    fn lose(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.ignored.push(Ignored::field(super::manifest::FILE, field, reason));
    }

    /// Tells that the files below a folder are not in the export, if there are any.
    fn drop_folder(&mut self, folder: &str, reason: &str) {
        if self.has(folder) {
            self.drop(folder.trim_end_matches('/'), reason);
        }
    }

    /// The whole program of a solution: with the stub around it where the problem has stubs.
    fn program(&self, solution: &Solution) -> Option<String> {
        if self.problem.stubs.is_empty() {
            return None;
        }
        let language = solution.language(self.languages)?;
        Some(self.problem.program(&language.id, &solution.source))
    }

    /// Tells that the format does not say in which languages submissions may be.
    fn lose_languages(&mut self) {
        if !self.problem.languages.is_empty() {
            self.lose("languages", "the format does not say in which languages submissions may be");
        }
    }

    /// Tells what is lost of what every other format lacks.
    fn lose_our_own(&mut self) {
        let limits = &self.problem.limits;
        let ours = crate::judge::Limits::default();
        if limits.wall_ms.is_some() {
            self.lose("limits.wall_ms", "the format has no limit of wall-clock time");
        }
        if limits.processes != ours.processes {
            self.lose("limits.processes", "the format has no limit of processes");
        }
        if self.problem.difficulty != crate::judge::Difficulty::default() {
            self.lose("difficulty", "the format has no difficulties");
        }
        if self.problem.stop != crate::judge::StopPolicy::default() {
            self.lose("stop", "the format leaves it to the judge which tests are run");
        }
        for (folder, reason) in [
            (
                "stubs/",
                "the format has no code around the user's own; solutions are written out with it",
            ),
            ("valid_input/", "the format has no such tests of input validators"),
        ] {
            self.drop_folder(folder, reason);
        }
        let notes: Vec<String> = self
            .tree
            .iter()
            .map(|(path, _)| path)
            .filter(|path| !path.contains('/') && super::native::is_note(path))
            .map(str::to_owned)
            .collect();
        for note in notes {
            self.drop(note, "is for readers of the native package");
        }
    }
}
