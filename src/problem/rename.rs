//! Another slug for a problem: after a crash it has the old one or the new one, and never both or none.

use super::{
    AddError, ProblemStore, StoredProblem,
    files::sync_folder,
    index::Entry,
    install::{Reached, Step},
};
use crate::judge::Slug;
use std::sync::Arc;

impl ProblemStore {
    /// Gives a problem another slug. The old one leads to it from then on ([`ProblemStore::get`]), until
    /// another problem takes it. The same slug changes nothing; that of another problem is refused.
    pub fn rename(&self, old: &Slug, new: &Slug) -> Result<Arc<StoredProblem>, AddError> {
        self.rename_stepwise(old, new, &mut || Ok(()), &mut |_| Ok(()))
    }

    pub(super) fn rename_stepwise(
        &self,
        old: &Slug,
        new: &Slug,
        agree: &mut dyn FnMut() -> Result<(), AddError>,
        reached: Reached<'_>,
    ) -> Result<Arc<StoredProblem>, AddError> {
        let _changing = self.change();
        let stored = self.exactly(old).ok_or_else(|| AddError::Unknown(old.clone()))?;
        let entry = self.entry(old).ok_or_else(|| AddError::Unknown(old.clone()))?;
        if old == new {
            return Ok(stored);
        }
        // One that is damaged and left out counts too.
        if self.current.has(new) {
            return Err(AddError::Exists(new.clone()));
        }
        agree()?;
        self.renamed.prepare(old, new.as_str())?;
        self.renamed.swap(old)?;
        sync_folder(&self.renamed.0)?;
        // Until here the old slug is that of the problem, and what leads on from it does not count.
        reached(Step::Prepared)?;
        self.current.rename(old, new)?;
        let renamed = Arc::new(Entry::renamed(&entry, new.clone()));
        let (before, led_on) = {
            let mut listing = self.write();
            let before = listing.problems.remove(old);
            listing.problems.insert(new.clone(), Arc::clone(&renamed));
            listing.renamed.insert(old.clone(), new.clone());
            (before, listing.renamed.remove(new).is_some())
        };
        drop(entry);
        self.retire(before);
        reached(Step::Swapped)?;
        sync_folder(&self.current.0)?;
        if led_on {
            self.renamed.remove(new)?;
        }
        Ok(renamed.load()?)
    }
}
