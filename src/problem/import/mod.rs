//! The one door for whatever comes in: a folder, an archive, a JSON document.
//!
//! ```text
//! upload ─→ unpacked into staging ─→ detect ─→ importer ─→ a native package in staging ─→ native reader ─→ Draft
//!                                        └──── native ────────────────────────────────────────┘
//! ```
//!
//! An importer reports the mistakes of the foreign package in that package's own terms, and names
//! everything that it does not take over as [`Ignored`]. It never takes a thing over that it does not
//! understand.

mod companion;
mod detect;
mod icpc;
mod plain;
mod polygon;
mod tex;

pub(super) use polygon::TONGUES;

use super::{
    AddError, Draft, ProblemStore,
    archive::{Unpacked, unpack},
    document,
    edit::link,
    files::{Kind, MAX_TEST_BYTES, Tree, at, copy, open_regular, scan, scan_linked},
    manifest,
    mistake::Mistakes,
    native::{self, Rules},
    slugify,
    unzip::unzip,
};
use crate::judge::Slug;
use detect::{Format, detect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};
use tempfile::TempDir;

/// The longest JSON document in a package, in bytes.
const MAX_DOCUMENT: u64 = 64 << 20;
/// What mistakes call a JSON document.
const DOCUMENT: &str = "document";

/// Something that an importer did not take over, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ignored {
    /// The file, relative to the package; `document` for a JSON document.
    pub file: String,
    /// The field, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why it was not taken over.
    pub reason: String,
}

impl Ignored {
    /// A file that was not taken over.
    pub(super) fn file(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { file: file.into(), field: None, reason: reason.into() }
    }

    /// A field of a file that was not taken over.
    pub(super) fn field(
        file: impl Into<String>,
        field: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), field: Some(field.into()), reason: reason.into() }
    }
}

impl std::fmt::Display for Ignored {
    /// `problem.xml: tags: …`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}: {field}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

/// A package as it comes in.
pub struct Upload<'a> {
    content: Content<'a>,
    name: Option<String>,
}

enum Content<'a> {
    Folder(&'a Path),
    Tar(&'a mut dyn Read),
    Zip(&'a File),
    Document(&'a Value),
}

impl<'a> Upload<'a> {
    /// A folder on this machine. Its name is that of the package.
    pub fn folder(path: &'a Path) -> Self {
        Self { content: Content::Folder(path), name: None }
    }

    /// A tar archive, hostile until proven otherwise. A folder around the whole package is taken off.
    pub fn tar(archive: &'a mut dyn Read) -> Self {
        Self { content: Content::Tar(archive), name: None }
    }

    /// A zip archive, as hostile, in a file on this machine.
    pub fn zip(archive: &'a File) -> Self {
        Self { content: Content::Zip(archive), name: None }
    }

    /// A JSON document of a seed system.
    pub fn document(document: &'a Value) -> Self {
        Self { content: Content::Document(document), name: None }
    }

    /// Says what the package is called where it does not say so itself, such as by its file's name.
    #[must_use]
    pub fn named(mut self, name: Option<String>) -> Self {
        self.name = name;
        self
    }
}

impl ProblemStore {
    /// Reads whatever comes in into a staging folder as a native package. The slug defaults to the
    /// package's own name, made a slug, and then to the title. Every mistake is reported in one pass;
    /// nothing stays behind then. An error of a reader itself is [`AddError::Io`].
    pub fn stage_upload(&self, upload: Upload<'_>, slug: Option<Slug>) -> Result<Draft, AddError> {
        let mut mistakes = Mistakes::default();
        let unpacked = match upload.content {
            Content::Folder(path) => Some(self.copied(path, &mut mistakes)?),
            Content::Tar(archive) => {
                unpack(archive, &self.staging, self.unpacked_bytes, &mut mistakes)?
            }
            Content::Zip(file) => unzip(file, &self.staging, self.unpacked_bytes, &mut mistakes)?,
            Content::Document(document) => return self.stage_json(document, slug, mistakes),
        };
        let Some(Unpacked { dir, tree, folder }) = unpacked else {
            return Err(AddError::Invalid(mistakes.into_vec()));
        };
        let name = folder.or(upload.name);
        match detect(dir.path(), &tree)? {
            Ok(format) => self.convert(Package { dir, tree, name, format }, slug, mistakes),
            Err(message) => {
                // What was refused may be what would have told the format.
                if mistakes.is_empty() {
                    mistakes.file(".", message);
                }
                Err(AddError::Invalid(mistakes.into_vec()))
            }
        }
    }

    /// Reads a package folder; see [`Self::stage_upload`].
    pub fn stage_folder(&self, package: &Path, slug: Option<Slug>) -> Result<Draft, AddError> {
        self.stage_upload(Upload::folder(package), slug)
    }

    fn copied(&self, package: &Path, mistakes: &mut Mistakes) -> io::Result<Unpacked> {
        let root = package.canonicalize().map_err(at(package))?;
        let (tree, copies) = scan_linked(&root, mistakes)?;
        let dir = self.stage()?;
        let tree = copy(&root, &tree, &copies, dir.path())?;
        let folder = root.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Unpacked { dir, tree, folder })
    }

    /// Calls the importer of the package's format, and the native reader.
    fn convert(
        &self,
        package: Package,
        slug: Option<Slug>,
        mut mistakes: Mistakes,
    ) -> Result<Draft, AddError> {
        let Package { dir, tree, mut name, format } = package;
        let (from, languages) = (dir.path(), &*self.languages);
        let mut ignored = Vec::new();
        let into = match format.name {
            detect::NATIVE => {
                let staged = Staged { dir, name, format, ignored, needs_accepted: true };
                return self.draft(staged, &tree, slug, mistakes);
            }
            detect::JSON => {
                let Some(document) = read_document(from, &tree, &mut mistakes)? else {
                    return Err(AddError::Invalid(mistakes.into_vec()));
                };
                return self.stage_json(&document, slug, mistakes);
            }
            _ => self.stage()?,
        };
        let to = into.path();
        match format.name {
            detect::FILES => {
                let name = slug.as_ref().map(Slug::as_str).or(name.as_deref());
                plain::import(from, &tree, to, name, &mut mistakes, &mut ignored)?;
            }
            detect::POLYGON => {
                let own = polygon::import(from, &tree, to, languages, &mut mistakes, &mut ignored)?;
                name = own.or(name);
            }
            _ => icpc::import(from, &tree, to, languages, &mut mistakes, &mut ignored)?,
        }
        // What the native reader would say of half a package is noise.
        mistakes.check()?;
        let mut mistakes = Mistakes::default();
        let tree = scan(into.path(), &mut mistakes)?;
        let kind = format.name;
        let staged = Staged { dir: into, name, format, ignored, needs_accepted: false };
        self.draft(staged, &tree, slug, mistakes).map_err(|error| match error {
            AddError::Invalid(mut list) => {
                let made = format!(" (in the native package that was made of the {kind} one)");
                for mistake in &mut list {
                    mistake.message.push_str(&made);
                }
                AddError::Invalid(list)
            }
            other => other,
        })
    }

    fn stage_json(
        &self,
        document: &Value,
        slug: Option<Slug>,
        mut mistakes: Mistakes,
    ) -> Result<Draft, AddError> {
        let dir = self.stage()?;
        let (to, languages) = (dir.path(), &*self.languages);
        let mut ignored = Vec::new();
        let is_post = companion::is(document);
        let own = if is_post {
            companion::write(document, to, &mut mistakes, &mut ignored)?;
            std::mem::take(&mut mistakes).check()?;
            None
        } else {
            document::write(document, to, languages, &mut mistakes, &mut ignored)?
        };
        let own = slug.map_or(own, |slug| Some(slug.to_string()));
        let slug = own.and_then(|own| {
            own.parse().map_err(|e| mistakes.field(DOCUMENT, None, "slug", format!("{e}"))).ok()
        });
        if !mistakes.is_empty() && !dir.path().join(manifest::FILE).exists() {
            return Err(AddError::Invalid(mistakes.into_vec()));
        }
        let tree = scan(dir.path(), &mut mistakes)?;
        let format = Format::plain(if is_post { detect::COMPANION } else { detect::JSON });
        let staged = Staged { dir, name: None, format, ignored, needs_accepted: false };
        self.draft(staged, &tree, slug, mistakes).map_err(|error| match error {
            AddError::Invalid(mut list) => {
                list.iter_mut().for_each(document::translate);
                AddError::Invalid(list)
            }
            other => other,
        })
    }

    /// Reads what was staged, by now a native package.
    fn draft(
        &self,
        staged: Staged,
        tree: &Tree,
        slug: Option<Slug>,
        mut mistakes: Mistakes,
    ) -> Result<Draft, AddError> {
        let Staged { dir, name, format, ignored, needs_accepted } = staged;
        let rules = Rules { languages: &self.languages, needs_accepted, generated: false };
        let mut contents = native::read(dir.path(), tree, rules, &mut mistakes)?;
        let title = &contents.manifest.title;
        let slug = slug.or_else(|| name.as_deref().and_then(slugify)).or_else(|| slugify(title));
        let Some(slug) = slug else {
            if !title.is_empty() {
                let message = format!("no slug can be made of `{title}`; say one with --slug");
                mistakes.field(manifest::FILE, None, "title", message);
            }
            return Err(AddError::Invalid(mistakes.into_vec()));
        };
        mistakes.check()?;
        let tests = dir.path().join("tests");
        fs::create_dir_all(&tests).map_err(at(&tests))?;
        let generated = std::mem::take(&mut contents.generated);
        let standing = std::mem::take(&mut contents.standing);
        let reference = contents.manifest.reference.take().map(|(path, _)| path);
        let format = format.to_string();
        Ok(Draft {
            problem: contents.into_problem(slug),
            dir,
            generated,
            standing,
            reference,
            format,
            ignored,
        })
    }
}

/// Gives a file of the package a place in the native package. It gets a second name and is not read,
/// however large it is; one that is not there or was refused is passed over, since that is a mistake
/// already or one of the importer's.
pub(super) fn carry(
    package: &Path,
    tree: &Tree,
    from: &str,
    into: &Path,
    to: &str,
    mistakes: &mut Mistakes,
) -> io::Result<()> {
    match tree.get(from) {
        Some(Kind::Regular(size)) if size > MAX_TEST_BYTES => {
            mistakes.file(from, format!("is larger than {} MiB", MAX_TEST_BYTES >> 20));
            Ok(())
        }
        Some(Kind::Regular(_)) => link(&package.join(from), &into.join(to)),
        Some(Kind::Refused) | None => Ok(()),
    }
}

/// A package that was unpacked and whose format is known.
struct Package {
    dir: TempDir,
    tree: Tree,
    name: Option<String>,
    format: Format,
}

/// A native package in staging and what is known of where it comes from.
struct Staged {
    dir: TempDir,
    name: Option<String>,
    format: Format,
    ignored: Vec<Ignored>,
    needs_accepted: bool,
}

/// A name of plain characters.
fn plain_name(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' };
    let name: String = name.chars().map(fits).take(200).collect();
    if name.is_empty() || name.starts_with(['.', '-']) { format!("_{name}") } else { name }
}

/// The JSON document that is a package's only file.
fn read_document(dir: &Path, tree: &Tree, mistakes: &mut Mistakes) -> io::Result<Option<Value>> {
    let Some((path, Kind::Regular(size))) = tree.iter().next() else { return Ok(None) };
    if size > MAX_DOCUMENT {
        mistakes.file(path, format!("is larger than {} MiB", MAX_DOCUMENT >> 20));
        return Ok(None);
    }
    let full = dir.join(path);
    let mut bytes = Vec::new();
    open_regular(&full)?.take(MAX_DOCUMENT).read_to_end(&mut bytes).map_err(at(&full))?;
    match serde_json::from_slice(&bytes) {
        Ok(document) => Ok(Some(document)),
        Err(error) => {
            mistakes.line(path, Some(error.line() as u32), format!("is no JSON: {error}"));
            Ok(None)
        }
    }
}
