//! Changes of a stored problem that need no new tests.

use super::{
    AddError, ProblemStore, StoredProblem,
    files::{at, create, scan},
    install::{Agree, at_once, measure},
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
use toml_edit::{DocumentMut, Item, Table};

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

    /// The text of `problem.toml` with these changes; everything else stays as it is.
    fn rewrite(self, manifest: &str) -> io::Result<String> {
        let mut document: DocumentMut = manifest.parse().map_err(io::Error::other)?;
        let values = Values {
            title: self.title,
            difficulty: self.difficulty,
            tags: self.tags,
            limits: self.limits,
            compare: self.compare,
        };
        let new = toml::to_string(&values).map_err(io::Error::other)?;
        let new: DocumentMut = new.parse().map_err(io::Error::other)?;
        for (key, item) in new.into_table() {
            match (document.get_mut(&key), item) {
                (Some(Item::Table(old)), Item::Table(table)) => {
                    old.retain(|key, _| table.contains_key(key));
                    table.into_iter().for_each(|(key, item)| put(old, &key, item));
                }
                (_, item) => put(&mut document, &key, item),
            }
        }
        Ok(document.to_string())
    }
}

/// What a change says of `problem.toml`, under its keys.
#[derive(Serialize)]
struct Values {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difficulty: Option<Difficulty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compare: Option<Compare>,
}

/// Sets a key. One that is there keeps its place and the comments around it.
fn put(table: &mut Table, key: &str, item: Item) {
    match (table.get_mut(key), item) {
        (Some(Item::Value(old)), Item::Value(mut new)) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        (_, item) => _ = table.insert(key, item),
    }
}

impl ProblemStore {
    /// Makes and installs a new version of a problem with these changes. Its tests stay as they are,
    /// and so does what [`ProblemStore::unchanged`] compares with: a package folder that is served
    /// replaces the edit when the folder changes, not at the next start.
    pub fn edit(&self, slug: &Slug, patch: Patch) -> Result<Arc<StoredProblem>, AddError> {
        self.edit_agreed(slug, patch, &mut at_once)
    }

    /// As [`Self::edit`], if this agrees.
    pub(super) fn edit_agreed(
        &self,
        slug: &Slug,
        patch: Patch,
        agree: Agree<'_>,
    ) -> Result<Arc<StoredProblem>, AddError> {
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
        let sealed = self.seal(dir, index, &hashes)?.over(&old.version);
        self.publish(sealed, agree, &mut |_| Ok(()))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_comments_and_other_keys_alone() {
        let before = "\
# The problem.
title = \"Old\" # for now
reference = \"accepted/main.py\"

# Generous.
[limits]
time_ms = 500 # half a second
wall_ms = 3000

[[groups]]
name = \"all\" # of them
";
        let limits = Limits { time_ms: 700, wall_ms: None, ..Limits::default() };
        let patch = Patch {
            title: Some("New".into()),
            tags: Some(vec!["a".into()]),
            limits: Some(limits.clone()),
            compare: Some(Compare::Float { absolute: 0.5, relative: 0.0 }),
            ..Patch::default()
        };
        let after = patch.rewrite(before).unwrap();
        for kept in [
            "# The problem.\ntitle = \"New\" # for now\n",
            "reference = \"accepted/main.py\"\n",
            "# Generous.\n[limits]\ntime_ms = 700 # half a second\n",
            "[[groups]]\nname = \"all\" # of them\n",
        ] {
            assert!(after.contains(kept), "`{kept}` is not in:\n{after}");
        }
        let table: toml::Table = after.parse().unwrap();
        assert_eq!(table["tags"], toml::Value::try_from(["a"]).unwrap());
        assert_eq!(table["limits"].clone().try_into::<Limits>().unwrap(), limits);
        assert!(table["limits"].get("wall_ms").is_none(), "what is not said is the default");
        assert_eq!(table["compare"]["mode"].as_str(), Some("float"));
        let inline = "title = \"x\"\nlimits = { time_ms = 5 }\n";
        let patch = Patch { limits: Some(limits), ..Patch::default() };
        let table: toml::Table = patch.rewrite(inline).unwrap().parse().unwrap();
        assert_eq!(table["limits"]["time_ms"].as_integer(), Some(700));
    }
}
