//! Packages that came out of the depot, which are a cache, and what becomes of versions that nobody needs any more.
//!
//! What a user installed in this store stays until it is replaced. What was fetched stays as long as all that was fetched
//! fits into the bound; then those go that were not asked for the longest, and after a restart all that nobody has asked
//! for since count as the oldest. A version that somebody holds never goes.

use super::{
    AddError, ProblemStore, StoredProblem,
    archive::{Unpacked, unpack},
    depot::Package,
    files::at,
    index::{Entry, Origin},
    install::measure,
    mistake::Mistakes,
    native::{self, Rules},
};
use crate::judge::Slug;
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    sync::{Arc, PoisonError, atomic::Ordering},
};

impl ProblemStore {
    /// Puts a version in force that came out of the depot, unless a later one is in force by now: then it is that one that is
    /// returned. The archive is read as any other; what comes out must be the version that the catalogue says.
    pub(super) fn adopt(
        &self,
        archive: &mut dyn Read,
        package: &Package,
    ) -> Result<Arc<StoredProblem>, AddError> {
        let slug = &package.about.listed.slug;
        let mut mistakes = Mistakes::default();
        let unpacked = unpack(archive, &self.staging, package.bytes, &mut mistakes)?;
        let Some(Unpacked { dir, tree, folder: _ }) = unpacked else {
            return Err(AddError::Invalid(mistakes.into_vec()));
        };
        let rules = Rules { languages: &self.languages, needs_accepted: false, generated: true };
        let contents = native::read(dir.path(), &tree, rules, &mut mistakes)?;
        mistakes.check()?;
        let source = |_: &_| package.about.source.clone();
        let (index, hashes) = measure(contents.into_problem(slug.clone()), &dir, source)?;
        if index.version != package.about.listed.version {
            let (is, said) = (&index.version, &package.about.listed.version);
            let message = format!("the package of `{slug}` is version {is}, and not {said}");
            return Err(io::Error::other(message).into());
        }
        let sealed = self.seal(dir, index, &hashes)?;
        let origin = Origin { at: package.at, fetched: Some(package.bytes) };
        let _changing = self.change();
        if let Some(entry) = self.entry(slug)
            && entry.serves(package)
            && let Some(stored) = self.exactly(slug)
        {
            return Ok(stored);
        }
        self.publish(sealed, &mut |_| Ok(origin), &mut |_| Ok(()))
    }

    /// Notes when the version in force was installed, if it still is in force.
    pub(super) fn date(&self, slug: &Slug, version: &str, at: u64) -> io::Result<()> {
        let _changing = self.change();
        match self.entry(slug).filter(|entry| entry.listed.version == version) {
            Some(entry) => self.note_origin(&entry, Origin { at, ..entry.origin }),
            None => Ok(()),
        }
    }

    /// Removes a problem that was removed elsewhere at this time, unless it was installed later.
    pub(super) fn forget(&self, slug: &Slug, at: u64) -> io::Result<()> {
        let _changing = self.change();
        match self.entry(slug).filter(|entry| entry.origin.at <= at) {
            Some(_) => self.take_out(slug).map(drop),
            None => Ok(()),
        }
    }

    /// Keeps in mind what is not in force any more, where it is to be removed when nobody has it.
    pub(super) fn retire(&self, old: Option<Arc<Entry>>) {
        if let (Some(_), Some(old)) = (self.cache_bytes, old) {
            self.retired.lock().unwrap_or_else(PoisonError::into_inner).push(old);
        }
    }

    /// Removes what nobody needs: versions out of force, and of the fetched ones in force as many as go beyond the bound.
    pub(super) fn trim(&self) -> io::Result<()> {
        let Some(bound) = self.cache_bytes else { return Ok(()) };
        let _changing = self.change();
        self.shrink(bound)?;
        let gone = self.unused();
        if gone.is_empty() {
            return Ok(());
        }
        self.objects.will_be_swept()?;
        for folder in gone {
            let path = self.versions.join(folder);
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(at(&path)(error));
                }
                _ => {}
            }
        }
        self.objects.sweep()
    }

    /// Takes fetched versions out of force until the rest fits.
    fn shrink(&self, bound: u64) -> io::Result<()> {
        let mut fetched: Vec<_> = self
            .read()
            .problems
            .values()
            .filter_map(|entry| {
                let used = entry.used.load(Ordering::Relaxed);
                Some((used, entry.origin.fetched?, entry.listed.slug.clone()))
            })
            .collect();
        let mut total: u64 = fetched.iter().map(|(_, bytes, _)| bytes).sum();
        fetched.sort();
        for (_, bytes, slug) in fetched {
            if total <= bound {
                break;
            }
            let old = {
                let mut listing = self.write();
                // Who wants it from here on does not find it.
                match listing.problems.get(&slug) {
                    Some(entry) if !entry.in_use(1) => listing.problems.remove(&slug),
                    _ => None,
                }
            };
            if old.is_some() {
                self.current.remove(&slug)?;
                self.retire(old);
                total -= bytes;
                tracing::info!(%slug, bytes, "fetched package removed: the cache is full");
            }
        }
        Ok(())
    }

    /// The folders of retired versions that nobody has and nothing points at; they are retired no more.
    fn unused(&self) -> BTreeSet<String> {
        let listing = self.read();
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept: BTreeSet<String> =
            listing.problems.values().map(|entry| entry.folder.clone()).collect();
        kept.extend(retired.iter().filter(|old| old.in_use(1)).map(|old| old.folder.clone()));
        let mut gone = BTreeSet::new();
        retired.retain(|old| {
            if !kept.contains(&old.folder) {
                gone.insert(old.folder.clone());
            }
            old.in_use(1)
        });
        gone
    }
}

impl Entry {
    /// Whether it is what the catalogue says, or later.
    pub(super) fn serves(&self, package: &Package) -> bool {
        self.listed.version == package.about.listed.version || self.origin.at > package.at
    }
}
