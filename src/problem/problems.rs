//! The problems as the rest of the daemon asks for them: those of its own store, or those of all daemons that share a depot.
//!
//! With a depot its catalogue is the truth, and the store holds copies. A change is in the catalogue before it is in force
//! here. See `shared.rs` for how copies come in.

use super::{
    AddError, Archive, Depot, DepotError, Draft, Listed, New, Patch, ProblemStore, Standing,
    StoredProblem, Target, Terms,
    depot::About,
    index::Origin,
    install::{Arrival, at_once},
    shared::Shared,
    store::source_of,
};
use crate::judge::Slug;
use std::{
    fs::File,
    io::{self, Seek},
    sync::Arc,
};
use tokio::{runtime::Handle, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

/// How often an edit is made anew because somebody else changed the problem meanwhile.
const EDITS: usize = 5;

/// All problems that a daemon knows.
pub struct Problems {
    store: Arc<ProblemStore>,
    shared: Option<Arc<Shared>>,
}

impl Problems {
    /// Those of this store alone.
    pub fn embedded(store: ProblemStore) -> Self {
        Self { store: Arc::new(store), shared: None }
    }

    /// Those of a depot, with this store for the copies.
    pub fn shared(store: ProblemStore, depot: Arc<dyn Depot>) -> Self {
        let store = Arc::new(store);
        let shared = Some(Arc::new(Shared::new(store.clone(), depot)));
        Self { store, shared }
    }

    /// The store, to stage and to export with. What is in it may be older than the catalogue.
    pub fn store(&self) -> &Arc<ProblemStore> {
        &self.store
    }

    /// The version of a problem that is in force everywhere at this moment; it is fetched first where it is not here. Waits
    /// until the depot can be asked. What is returned stays as it is for as long as it is held.
    pub async fn current(&self, slug: &Slug) -> Result<Option<Arc<StoredProblem>>, DepotError> {
        let Some(shared) = &self.shared else { return self.local(slug).await };
        loop {
            match shared.settle(slug).await {
                Err(DepotError::Away(why)) => {
                    tracing::warn!(%slug, "waits for the catalogue of problems: {why}");
                    shared.depot.back().await;
                }
                other => return other,
            }
        }
    }

    /// As [`Self::current`], but for a reader who does not wait: while the depot is away, it is the version that is here.
    pub async fn find(&self, slug: &Slug) -> Result<Option<Arc<StoredProblem>>, DepotError> {
        let Some(shared) = &self.shared else { return self.local(slug).await };
        match shared.settle(slug).await {
            Err(DepotError::Away(why)) => match self.local(slug).await? {
                Some(stored) => Ok(Some(stored)),
                None => Err(DepotError::Away(why)),
            },
            other => other,
        }
    }

    async fn local(&self, slug: &Slug) -> Result<Option<Arc<StoredProblem>>, DepotError> {
        let slug = slug.clone();
        self.blocking(move |store| Ok(store.get(&slug))).await
    }

    /// The version in force of the problem that has this slug now, without its package; the one that is here while the depot
    /// is away.
    pub async fn version(&self, slug: &Slug) -> Result<Option<String>, DepotError> {
        let standing = match &self.shared {
            Some(shared) => match shared.depot.look(slug).await {
                Err(DepotError::Away(_)) => None,
                other => other?,
            },
            None => None,
        };
        Ok(match standing {
            Some(Standing::There { package, .. }) => Some(package.about.listed.version),
            Some(Standing::Renamed { .. } | Standing::Removed { .. }) => None,
            None => self.store.entry(slug).map(|entry| entry.listed.version.clone()),
        })
    }

    /// All problems by slug, as the catalogue has them; as it was last seen while it is away.
    pub async fn list(&self) -> Vec<Listed> {
        let Some(shared) = &self.shared else { return self.store.list() };
        if let Err(error) = shared.refresh().await {
            tracing::warn!(%error, "problems are listed as they were");
        }
        shared.listed()
    }

    /// How many problems there are, by what is known here.
    pub fn count(&self) -> usize {
        self.shared.as_ref().map_or_else(|| self.store.count(), |shared| shared.listed().len())
    }

    /// A draft, unless it is what the problem of its slug was made from, as it is in force everywhere; see
    /// [`ProblemStore::unchanged`].
    pub async fn changed(&self, draft: Draft) -> Result<Option<Draft>, DepotError> {
        let standing = match &self.shared {
            Some(shared) => shared.depot.look(&draft.problem.slug).await?,
            None => None,
        };
        self.blocking(move |store| {
            let same = match standing {
                Some(Standing::There { package, .. }) => package.about.source == source_of(&draft)?,
                Some(Standing::Renamed { .. } | Standing::Removed { .. }) => false,
                None => store.unchanged(&draft),
            };
            Ok((!same).then_some(draft))
        })
        .await
    }

    /// As [`ProblemStore::install`], and for all daemons.
    pub async fn install(&self, draft: Draft, force: bool) -> Result<Arc<StoredProblem>, AddError> {
        let slug = draft.problem.slug.clone();
        let terms = if force { Terms::Always } else { Terms::Vacant };
        if let Some(shared) = &self.shared {
            shared.settle_removed(&slug).await?;
        }
        let Some(shared) = self.shared.clone() else {
            return self.blocking(move |store| store.install(draft, force)).await;
        };
        let (publishing, handle) = (shared.clone(), Handle::current());
        let installed = shared.change(move |store| {
            let mut agree = |arrival: &Arrival<'_>| {
                handle.block_on(publishing.publish(arrival, terms.clone())).map_err(AddError::from)
            };
            store.install_stepwise(draft, force, &mut agree, &mut |_| Ok(()))
        });
        match installed.await {
            Err(AddError::Depot(DepotError::Taken(_))) => Err(AddError::Exists(slug)),
            other => other,
        }
    }

    /// As [`ProblemStore::edit`], and for all daemons: of what is in force everywhere.
    pub async fn edit(&self, slug: &Slug, patch: Patch) -> Result<Arc<StoredProblem>, AddError> {
        let Some(shared) = &self.shared else {
            let slug = slug.clone();
            return self.blocking(move |store| store.edit_agreed(&slug, patch, &mut at_once)).await;
        };
        let mut tries = 0;
        loop {
            match shared.settle(slug).await? {
                Some(stored) if stored.problem.slug == *slug => {}
                _ => return Err(AddError::Unknown(slug.clone())),
            }
            tries += 1;
            let (publishing, handle) = (shared.clone(), Handle::current());
            let (slug, patch) = (slug.clone(), patch.clone());
            let edited = shared.change(move |store| {
                let mut agree = |arrival: &Arrival<'_>| {
                    let over = arrival.over.unwrap_or_default().to_owned();
                    let published = publishing.publish(arrival, Terms::Over(over));
                    handle.block_on(published).map_err(AddError::from)
                };
                store.edit_agreed(&slug, patch, &mut agree)
            });
            match edited.await {
                Err(AddError::Depot(DepotError::Taken(_))) if tries < EDITS => {}
                other => return other,
            }
        }
    }

    /// As [`ProblemStore::rename`], and for all daemons.
    pub async fn rename(&self, old: &Slug, new: &Slug) -> Result<Arc<StoredProblem>, AddError> {
        let (old, new) = (old.clone(), new.clone());
        let Some(shared) = self.shared.clone() else {
            return self.blocking(move |store| store.rename(&old, &new)).await;
        };
        // The new slug may be one that was given up elsewhere.
        shared.settle_removed(&new).await?;
        match shared.settle(&old).await? {
            Some(stored) if stored.problem.slug == old => {}
            _ => return Err(AddError::Unknown(old)),
        }
        let (depot, handle) = (shared.depot.clone(), Handle::current());
        let renamed = shared.change(move |store| {
            let mut agree = || match handle.block_on(depot.rename(&old, &new)) {
                Err(DepotError::Unknown(slug)) => Err(AddError::Unknown(slug)),
                Err(DepotError::Taken(slug)) => Err(AddError::Exists(slug)),
                other => other.map_err(AddError::from),
            };
            store.rename_stepwise(&old, &new, &mut agree, &mut |_| Ok(()))
        });
        renamed.await
    }

    /// As [`ProblemStore::remove`], and for all daemons.
    pub async fn remove(&self, slug: &Slug) -> Result<bool, AddError> {
        let slug = slug.clone();
        let Some(shared) = &self.shared else {
            return self.blocking(move |store| Ok(store.remove(&slug)?)).await;
        };
        let (depot, handle) = (shared.depot.clone(), Handle::current());
        let removed = shared.change(move |store| {
            let _changing = store.change();
            let known = store.entry(&slug).is_some();
            let removed = handle.block_on(depot.remove(&slug, known))?;
            Ok(store.take_out(&slug)? || removed)
        });
        removed.await
    }

    /// Keeps up with the other daemons until `closed` fires: hears of what they changed, and brings back what the depot lost.
    /// Returns at once where nothing is shared.
    pub async fn follow(self: Arc<Self>, closed: CancellationToken) {
        if let Some(shared) = &self.shared {
            closed.run_until_cancelled(shared.follow()).await;
        }
    }

    async fn blocking<T: Send + 'static, E: From<io::Error> + Send + 'static>(
        &self,
        call: impl FnOnce(&ProblemStore) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        blocking(&self.store, call).await
    }
}

/// Calls the store where it may block.
pub(super) async fn blocking<T: Send + 'static, E: From<io::Error> + Send + 'static>(
    store: &Arc<ProblemStore>,
    call: impl FnOnce(&ProblemStore) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    let store = Arc::clone(store);
    let called = spawn_blocking(move || call(&store)).await;
    called.unwrap_or_else(|error| Err(io::Error::other(error).into()))
}

impl Shared {
    /// Puts a version into the catalogue that is about to come into force here. The archive is made only where the
    /// catalogue does not have the version already.
    pub(super) async fn publish(
        &self,
        arrival: &Arrival<'_>,
        terms: Terms,
    ) -> Result<Origin, DepotError> {
        let stored = arrival.stored;
        let at = match self.depot.look(&stored.problem.slug).await? {
            Some(Standing::There { package, complete: true })
                if package.about.listed.version == stored.version =>
            {
                package.at
            }
            _ => {
                let about = About {
                    listed: Listed::of(&stored.problem, &stored.version),
                    source: arrival.source.to_owned(),
                };
                let (store, stored) = (self.store.clone(), stored.clone());
                let archive = blocking(&store, move |store| archived(store, &stored)).await?;
                let mut archive = tokio::fs::File::from_std(archive);
                self.depot.publish(&New { about, terms }, &mut archive).await?
            }
        };
        Ok(Origin { at, fetched: None })
    }
}

/// The archive of a version, in a file without a name, at its beginning.
pub(super) fn archived(store: &ProblemStore, stored: &StoredProblem) -> Result<File, DepotError> {
    let mut file = tempfile::tempfile_in(&store.staging)?;
    let exported = store.export(stored, Target::Native)?;
    exported.archive(stored.problem.slug.as_str(), Archive::Tar, &file)?;
    file.rewind()?;
    Ok(file)
}
