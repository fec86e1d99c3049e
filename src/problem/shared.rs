//! How problems come here from other daemons: what the catalogue says is looked up, and a package that is not here is fetched,
//! once however many ask for it.
//!
//! Of two versions the one counts that was installed later by the depot's clock. A daemon that has a later one than the
//! catalogue says, or any where the catalogue knows of none, brings it back: then the depot has lost something. What was
//! installed without a depot counts as older than everything in it.

use super::{
    DepotError, Listed, New, ProblemStore, StoredProblem, Terms,
    depot::{About, Depot, Package, Standing},
    index::Entry,
    problems::{archived, blocking},
};
use crate::judge::Slug;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{self, Seek},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{fs::File, time};

/// How many new slugs of one problem are followed; names may go in a circle.
const RENAMES: usize = 64;

/// How long a fetch waits for somebody to publish an archive again that is not there as it should be.
const REPAIR: Duration = Duration::from_secs(5);

/// The problems of several daemons, from the view of one.
pub(super) struct Shared {
    pub(super) store: Arc<ProblemStore>,
    pub(super) depot: Arc<dyn Depot>,
    /// The catalogue as it was last seen.
    mirror: Mutex<Mirror>,
    /// Packages that are being fetched.
    flights: Mutex<HashMap<Slug, Arc<tokio::sync::Mutex<()>>>>,
    /// One reader of changes at a time.
    reading: tokio::sync::Mutex<()>,
    /// Held by whoever changes the store, before a thread waits for the store's own lock: a change may last as long as it
    /// takes to send a package, and needs further threads meanwhile.
    changing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Mirror {
    edition: u64,
    slugs: BTreeMap<Slug, Standing>,
}

impl Shared {
    pub(super) fn new(store: Arc<ProblemStore>, depot: Arc<dyn Depot>) -> Self {
        Self {
            store,
            depot,
            mirror: Mutex::default(),
            flights: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            changing: Arc::default(),
        }
    }

    /// Calls the store for a change, alone.
    pub(super) async fn change<T: Send + 'static, E: From<io::Error> + Send + 'static>(
        &self,
        call: impl FnOnce(&ProblemStore) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let alone = self.changing.clone().lock_owned().await;
        blocking(&self.store, move |store| {
            let result = call(store);
            drop(alone);
            result
        })
        .await
    }

    // A panic while it is held cannot leave the map half changed: every change is one call.
    fn mirror(&self) -> MutexGuard<'_, Mirror> {
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version in force everywhere, fetched where it is not here.
    pub(super) async fn settle(
        &self,
        slug: &Slug,
    ) -> Result<Option<Arc<StoredProblem>>, DepotError> {
        let mut slug = slug.clone();
        for _ in 0..RENAMES {
            match self.depot.look(&slug).await? {
                Some(Standing::There { package, .. }) => return self.have(package).await.map(Some),
                Some(Standing::Renamed { to, at }) => {
                    self.follow_name(&slug, &to, at).await?;
                    slug = to;
                }
                Some(Standing::Removed { at }) => {
                    self.forget(&slug, at).await?;
                    return Ok(None);
                }
                None => match (self.store.entry(&slug), self.store.renamed_to(&slug)) {
                    (Some(entry), _) => self.bring_back(&entry).await?,
                    (None, Some(to)) => slug = to,
                    (None, None) => return Ok(None),
                },
            }
        }
        Ok(None)
    }

    /// Makes sure that what was removed or renamed elsewhere does not keep others from this slug here.
    pub(super) async fn settle_removed(&self, slug: &Slug) -> Result<(), DepotError> {
        match self.depot.look(slug).await? {
            Some(Standing::Removed { at }) => self.forget(slug, at).await,
            Some(Standing::Renamed { to, at }) => self.follow_name(slug, &to, at).await,
            Some(Standing::There { .. }) | None => Ok(()),
        }
    }

    async fn forget(&self, slug: &Slug, at: u64) -> Result<(), DepotError> {
        if self.store.entry(slug).is_none() {
            return Ok(());
        }
        let slug = slug.clone();
        self.change(move |store| Ok(store.forget(&slug, at)?)).await
    }

    /// Gives a copy its new slug, so that it need not be fetched again.
    async fn follow_name(&self, old: &Slug, new: &Slug, at: u64) -> Result<(), DepotError> {
        if self.store.entry(old).is_none_or(|entry| entry.origin.at > at) {
            return Ok(());
        }
        let (old, new) = (old.clone(), new.clone());
        self.change(move |store| match store.rename(&old, &new) {
            Ok(_) => Ok(()),
            // The new slug has its copy already, or the old copy is damaged.
            Err(_) => Ok(store.forget(&old, at)?),
        })
        .await
    }

    /// The version of the catalogue, or a later one that is here; fetched where there is neither.
    async fn have(&self, package: Package) -> Result<Arc<StoredProblem>, DepotError> {
        if let Some(stored) = self.here(&package).await? {
            return Ok(stored);
        }
        let slug = package.about.listed.slug.clone();
        let flight = Arc::clone(self.flights().entry(slug.clone()).or_default());
        let fetched = {
            let _alone = flight.lock().await;
            match self.here(&package).await? {
                Some(stored) => Ok(stored),
                None => self.fetch(package).await,
            }
        };
        let mut flights = self.flights();
        // Ours and the map's.
        if Arc::strong_count(&flight) == 2 {
            flights.remove(&slug);
        }
        fetched
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<Slug, Arc<tokio::sync::Mutex<()>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn here(&self, package: &Package) -> Result<Option<Arc<StoredProblem>>, DepotError> {
        let slug = &package.about.listed.slug;
        let Some(entry) = self.store.entry(slug).filter(|entry| entry.serves(package)) else {
            return Ok(None);
        };
        if entry.listed.version != package.about.listed.version {
            self.bring_back(&entry).await?;
        }
        let slug = slug.clone();
        blocking(&self.store, move |store| Ok(store.exactly(&slug))).await
    }

    /// Fetches a package and puts it in force here. An archive that is not as it should be is asked for again, once.
    async fn fetch(&self, package: Package) -> Result<Arc<StoredProblem>, DepotError> {
        match self.fetch_once(&package).await {
            Err(DepotError::Spoiled { slug, why }) => {
                tracing::warn!(%slug, "its package in the catalogue {why}; others are asked for it");
                match self.repaired(&package).await? {
                    Some(package) => self.fetch_once(&package).await,
                    None => Err(DepotError::Spoiled { slug, why }),
                }
            }
            other => other,
        }
    }

    async fn fetch_once(&self, package: &Package) -> Result<Arc<StoredProblem>, DepotError> {
        let staging = self.store.staging.clone();
        let file =
            blocking(&self.store, move |_| Ok::<_, DepotError>(tempfile::tempfile_in(staging)?));
        let mut file = File::from_std(file.await?);
        self.depot.fetch(package, &mut file).await?;
        let mut file = file.into_std().await;
        let adopted = package.clone();
        let stored = self.change(move |store| {
            file.rewind()?;
            let slug = adopted.about.listed.slug.clone();
            let stored = store.adopt(&mut io::BufReader::new(file), &adopted).map_err(|error| {
                let why = match error {
                    super::AddError::Invalid(mistakes) => {
                        let words = mistakes.iter().map(ToString::to_string);
                        format!("cannot be used here: {}", words.collect::<Vec<_>>().join("; "))
                    }
                    error => format!("cannot be used here: {error}"),
                };
                DepotError::Failed(format!("the package of `{slug}` {why}"))
            })?;
            store.trim()?;
            Ok::<_, DepotError>(stored)
        });
        let stored = stored.await?;
        let about = &package.about.listed;
        tracing::info!(slug = %about.slug, version = about.version, bytes = package.bytes, "fetched");
        Ok(stored)
    }

    /// Waits until somebody has published an archive again; `None` when nobody does.
    async fn repaired(&self, package: &Package) -> Result<Option<Package>, DepotError> {
        let slug = &package.about.listed.slug;
        let mut news = self.depot.news();
        self.depot.want(package).await?;
        let again = async {
            loop {
                if let Some(Standing::There { package, complete: true }) =
                    self.depot.look(slug).await?
                {
                    return Ok(Some(package));
                }
                // Whoever could tell is gone.
                if news.changed().await.is_err() {
                    return Ok(None);
                }
            }
        };
        time::timeout(REPAIR, again).await.unwrap_or(Ok(None))
    }

    /// Publishes what is here and of which the catalogue has an older version, or none.
    async fn bring_back(&self, entry: &Arc<Entry>) -> Result<(), DepotError> {
        let slug = entry.listed.slug.clone();
        if let Some(Standing::There { package, complete: true }) = self.depot.look(&slug).await?
            && package.at >= entry.origin.at
        {
            return Ok(());
        }
        let loaded = slug.clone();
        let load = move |store: &ProblemStore| Ok::<_, DepotError>(store.exactly(&loaded));
        let stored = blocking(&self.store, load).await?;
        let Some(stored) = stored.filter(|stored| stored.version == entry.listed.version) else {
            return Ok(());
        };
        let about = About {
            listed: Listed::of(&stored.problem, &stored.version),
            source: entry.source.clone(),
        };
        let new = New { about, terms: Terms::Since(entry.origin.at) };
        let archived_from = stored.clone();
        let archive = blocking(&self.store, move |store| archived(store, &archived_from)).await?;
        match self.depot.publish(&new, &mut File::from_std(archive)).await {
            Ok(at) => {
                tracing::info!(%slug, version = stored.version, "published for the other daemons");
                let version = stored.version.clone();
                self.change(move |store| Ok(store.date(&slug, &version, at)?)).await
            }
            // Somebody else was faster, or has a later one.
            Err(DepotError::Taken(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads what has changed in the catalogue, and removes here what was removed there.
    pub(super) async fn refresh(&self) -> Result<(), DepotError> {
        let _alone = self.reading.lock().await;
        let mut after = self.mirror().edition;
        let mut anew = false;
        loop {
            let changes = self.depot.changes(after).await?;
            let lost = changes.edition < after
                || (changes.slugs.is_empty() && self.mirror().slugs.len() != changes.known);
            if lost && !anew {
                // The catalogue has lost something: it is read from its beginning.
                *self.mirror() = Mirror::default();
                (after, anew) = (0, true);
                continue;
            }
            if changes.slugs.is_empty() {
                return Ok(());
            }
            for (slug, edition, standing) in changes.slugs {
                match &standing {
                    Standing::Removed { at } => self.forget(&slug, *at).await?,
                    Standing::Renamed { to, at } => self.follow_name(&slug, to, *at).await?,
                    Standing::There { .. } => {}
                }
                let mut mirror = self.mirror();
                mirror.slugs.insert(slug, standing);
                mirror.edition = edition;
                after = edition;
            }
        }
    }

    /// The catalogue as it was last seen, and what is here and not in it yet.
    pub(super) fn listed(&self) -> Vec<Listed> {
        let mirror = self.mirror();
        let mut listed: BTreeMap<Slug, Listed> = self
            .store
            .list()
            .into_iter()
            .filter(|own| !mirror.slugs.contains_key(&own.slug))
            .map(|own| (own.slug.clone(), own))
            .collect();
        for (slug, standing) in &mirror.slugs {
            if let Standing::There { package, .. } = standing {
                listed.insert(slug.clone(), package.about.listed.clone());
            }
        }
        listed.into_values().collect()
    }

    /// Keeps up with the other daemons, for ever.
    pub(super) async fn follow(&self) {
        let mut news = self.depot.news();
        loop {
            // Marked as seen before looking, so that news right after the look are seen.
            news.mark_unchanged();
            match self.catch_up().await {
                Ok(()) => {
                    if news.changed().await.is_err() {
                        return;
                    }
                }
                Err(DepotError::Away(why)) => {
                    tracing::warn!("the catalogue of problems is away: {why}");
                    self.depot.back().await;
                }
                Err(error) => {
                    tracing::error!(%error, "the catalogue of problems");
                    self.depot.back().await;
                }
            }
        }
    }

    /// Reads what changed, and brings back what the depot lacks and this daemon has.
    async fn catch_up(&self) -> Result<(), DepotError> {
        self.refresh().await?;
        let mut own = Vec::new();
        let mut copies = Vec::new();
        for entry in self.store.entries() {
            let standing = self.mirror().slugs.get(&entry.listed.slug).cloned();
            match standing {
                None => self.bring_back(&entry).await?,
                Some(Standing::There { package, .. }) => {
                    if entry.listed.version == package.about.listed.version {
                        let kept =
                            if entry.origin.fetched.is_none() { &mut own } else { &mut copies };
                        kept.push((package.blob, entry));
                    } else if entry.origin.at > package.at {
                        self.bring_back(&entry).await?;
                    }
                }
                Some(Standing::Renamed { .. } | Standing::Removed { .. }) => {}
            }
        }
        // Those who installed a problem see to it that its archive is there; those with a copy, when somebody asks for it.
        let blobs: Vec<String> = own.iter().map(|(blob, _)| blob.clone()).collect();
        let mut lacking: BTreeSet<String> = self.depot.lacking(&blobs).await?.into_iter().collect();
        lacking.extend(self.depot.wanted().await?);
        for (_, entry) in own.iter().chain(&copies).filter(|(blob, _)| lacking.contains(blob)) {
            self.bring_back(entry).await?;
        }
        Ok(())
    }
}
