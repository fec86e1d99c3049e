//! Changes of a stored problem that need no new tests.

use super::{
    AddError, ProblemStore, StoredProblem,
    files::{at, create, scan},
    install::measure,
    manifest,
    mistake::Mistakes,
    native::{self, Rules, STATEMENT},
};
use crate::judge::{Compare, Difficulty, Limits, Slug};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

/// What is to be changed; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Patch {
    /// The title.
    pub title: Option<String>,
    /// The statement in Markdown.
    #[serde(alias = "description")]
    pub statement: Option<String>,
    /// How hard it is said to be.
    pub difficulty: Option<Difficulty>,
    /// All tags.
    pub tags: Option<Vec<String>>,
    /// All limits; those that are not named get their defaults.
    pub limits: Option<Limits>,
    /// How outputs are compared.
    pub compare: Option<Compare>,
}

impl Patch {
    /// What is wrong whatever the problem is. The rest is found when the changed package is read.
    fn check(&self) -> Result<(), AddError> {
        let mut mistakes = Mistakes::default();
        let limits = self.limits.as_ref().map(Limits::mistakes).unwrap_or_default();
        let compare = self.compare.as_ref().map(Compare::mistakes).unwrap_or_default();
        for (field, message) in limits.into_iter().chain(compare) {
            mistakes.field(manifest::FILE, None, field, message);
        }
        mistakes.check()
    }

    /// The text of `problem.toml` with these changes; comments are lost.
    fn rewrite(self, manifest: &str) -> io::Result<String> {
        let mut table: toml::Table = manifest.parse().map_err(io::Error::other)?;
        let mut set = |key: &str, value: Result<toml::Value, toml::ser::Error>| {
            table.insert(key.to_owned(), value.map_err(io::Error::other)?);
            io::Result::Ok(())
        };
        if let Some(title) = self.title {
            set("title", Ok(title.into()))?;
        }
        if let Some(difficulty) = self.difficulty {
            set("difficulty", Ok(difficulty.to_string().into()))?;
        }
        if let Some(tags) = self.tags {
            set("tags", toml::Value::try_from(tags))?;
        }
        if let Some(limits) = self.limits {
            set("limits", toml::Value::try_from(limits))?;
        }
        if let Some(compare) = self.compare {
            set("compare", toml::Value::try_from(compare))?;
        }
        toml::to_string(&table).map_err(io::Error::other)
    }
}

impl ProblemStore {
    /// Makes and installs a new version of a problem with these changes. Its tests stay as they are,
    /// and so does what [`ProblemStore::unchanged`] compares with: a package folder that is served
    /// replaces the edit when the folder changes, not at the next start.
    pub fn edit(&self, slug: &Slug, patch: Patch) -> Result<Arc<StoredProblem>, AddError> {
        patch.check()?;
        // From here on, so that two edits at one time both count.
        let _changing = self.change();
        let Some(entry) = self.entry(slug) else { return Err(AddError::Unknown(slug.clone())) };
        let old = entry.load()?;
        let dir = self.stage()?;
        copy_changed(&old.dir, dir.path(), patch)?;

        let mut mistakes = Mistakes::default();
        let tree = scan(dir.path(), &mut mistakes)?;
        let rules = Rules { languages: &self.languages, needs_accepted: false, generated: true };
        let contents = native::read(dir.path(), &tree, rules, &mut mistakes)?;
        mistakes.check()?;
        let problem = contents.into_problem(slug.clone());
        let (index, hashes) = measure(problem, &dir, |_| entry.source.clone())?;
        if index.version == old.version {
            return Ok(old);
        }
        self.publish(self.seal(dir, index, &hashes)?, &mut |_| Ok(()))
    }
}

/// Copies a stored package with the changes in its two texts. Tests never change, so that they can be
/// shared with the old version.
fn copy_changed(from: &Path, to: &Path, mut patch: Patch) -> io::Result<()> {
    let tree = scan(from, &mut Mistakes::default())?;
    let read = |path: &str| fs::read(from.join(path)).map_err(at(&from.join(path)));
    let write = |path: &str, bytes: &[u8]| create(&to.join(path))?.write_all(bytes);
    for (path, _) in tree.iter() {
        match path {
            manifest::FILE | STATEMENT | super::index::FILE => {}
            _ if path.starts_with("tests/") => link(&from.join(path), &to.join(path))?,
            _ => write(path, &read(path)?)?,
        }
    }
    let statement = match patch.statement.take() {
        Some(statement) => statement.into_bytes(),
        None => read(STATEMENT)?,
    };
    write(STATEMENT, &statement)?;
    let manifest = String::from_utf8(read(manifest::FILE)?).map_err(io::Error::other)?;
    write(manifest::FILE, patch.rewrite(&manifest)?.as_bytes())
}

/// A second name for a file, or a copy where the file system has no such thing.
pub(super) fn link(source: &Path, target: &Path) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    if fs::hard_link(source, target).is_err() {
        fs::copy(source, target).map_err(at(target))?;
    }
    Ok(())
}
