//! Problems that several daemons share, over a depot in memory that fails as it is told.

use super::{Package as Folder, open};
use crate::{
    judge::Slug,
    problem::{
        AddError, Changes, Depot, DepotError, New, Package, Patch, Problems, Standing, Terms,
    },
};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
    sync::{Notify, watch},
};

/// A catalogue and archives in memory.
#[derive(Default)]
struct Shelf {
    said: Mutex<BTreeMap<Slug, Standing>>,
    archives: Mutex<BTreeMap<String, Vec<u8>>>,
    news: watch::Sender<u64>,
    clock: AtomicUsize,
    fetches: AtomicUsize,
    away: AtomicBool,
    /// Somebody waits for it to come back.
    waiting: Notify,
    returned: Notify,
}

impl Shelf {
    fn is_away(&self) -> Result<(), DepotError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(DepotError::Away("it is away".into()));
        }
        Ok(())
    }

    fn tick(&self) -> u64 {
        10 + self.clock.fetch_add(1, Ordering::SeqCst) as u64
    }

    fn say(&self, slug: &Slug, standing: Standing) {
        self.said.lock().unwrap().insert(slug.clone(), standing);
        self.news.send_modify(|n| *n += 1);
    }

    fn package(&self, slug: &Slug) -> Package {
        match self.said.lock().unwrap().get(slug) {
            Some(Standing::There { package, .. }) => package.clone(),
            other => panic!("{other:?}"),
        }
    }
}

#[async_trait]
impl Depot for Shelf {
    async fn look(&self, slug: &Slug) -> Result<Option<Standing>, DepotError> {
        self.is_away()?;
        let mut standing = self.said.lock().unwrap().get(slug).cloned();
        if let Some(Standing::There { package, complete }) = &mut standing {
            *complete = self.archives.lock().unwrap().contains_key(&package.blob);
        }
        Ok(standing)
    }

    async fn changes(&self, after: u64) -> Result<Changes, DepotError> {
        self.is_away()?;
        let said = self.said.lock().unwrap();
        // Every change is the last one: all is read again whenever anything is new.
        let edition = *self.news.borrow();
        let slugs = said.iter().map(|(slug, said)| (slug.clone(), edition, said.clone()));
        let slugs = if after < edition { slugs.collect() } else { Vec::new() };
        Ok(Changes { slugs, edition, known: said.len() })
    }

    async fn publish(&self, new: &New, archive: &mut File) -> Result<u64, DepotError> {
        self.is_away()?;
        let mut bytes = Vec::new();
        archive.rewind().await?;
        archive.read_to_end(&mut bytes).await?;
        let slug = &new.about.listed.slug;
        let at = match (&new.terms, self.look(slug).await?) {
            (Terms::Since(at), Some(Standing::There { package, .. })) if package.at >= *at => {
                return Err(DepotError::Taken(slug.clone()));
            }
            (Terms::Since(at), _) if *at > 0 => *at,
            _ => self.tick(),
        };
        let blob = hex::encode(Sha256::digest(&bytes));
        let (about, length) = (new.about.clone(), bytes.len() as u64);
        self.archives.lock().unwrap().insert(blob.clone(), bytes);
        let package = Package { about, blob, bytes: length, at };
        self.say(slug, Standing::There { package, complete: true });
        Ok(at)
    }

    async fn rename(&self, _: &Slug, _: &Slug) -> Result<(), DepotError> {
        Err(DepotError::Failed("no test renames here".into()))
    }

    async fn remove(&self, slug: &Slug, _: bool) -> Result<bool, DepotError> {
        self.is_away()?;
        let at = self.tick();
        self.say(slug, Standing::Removed { at });
        Ok(true)
    }

    async fn fetch(&self, package: &Package, into: &mut File) -> Result<(), DepotError> {
        self.is_away()?;
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let slug = package.about.listed.slug.clone();
        let bytes = self.archives.lock().unwrap().get(&package.blob).cloned();
        let bytes = bytes.ok_or(DepotError::Spoiled { slug, why: "is gone".into() })?;
        into.write_all(&bytes).await?;
        into.flush().await?;
        Ok(())
    }

    async fn want(&self, _: &Package) -> Result<(), DepotError> {
        self.is_away()
    }

    async fn wanted(&self) -> Result<Vec<String>, DepotError> {
        Ok(Vec::new())
    }

    async fn lacking(&self, _: &[String]) -> Result<Vec<String>, DepotError> {
        Ok(Vec::new())
    }

    fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    async fn back(&self) {
        self.waiting.notify_one();
        self.returned.notified().await;
    }
}

struct Daemon {
    dir: TempDir,
    problems: Arc<Problems>,
}

impl std::ops::Deref for Daemon {
    type Target = Problems;

    fn deref(&self) -> &Problems {
        &self.problems
    }
}

impl Daemon {
    fn new(shelf: &Arc<Shelf>) -> Self {
        Self::at(tempfile::tempdir().unwrap(), shelf)
    }

    fn at(dir: TempDir, shelf: &Arc<Shelf>) -> Self {
        let store = open(dir.path()).with_cache_bound(0);
        Self { problems: Arc::new(Problems::shared(store, shelf.clone())), dir }
    }

    async fn add(&self, folder: &Folder) -> String {
        let draft = self.store().stage_folder(&folder.dir, None).unwrap();
        self.install(draft, true).await.unwrap().version.clone()
    }

    fn versions(&self) -> usize {
        count(&self.dir.path().join("problems/versions"))
    }
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn sum() -> Slug {
    "sum".parse().unwrap()
}

fn changed() -> Folder {
    Folder::sum().put("tests/02-zero.out", "1\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_want_a_package_fetch_it_once() {
    let shelf = Arc::new(Shelf::default());
    let (one, other) = (Daemon::new(&shelf), Daemon::new(&shelf));
    let version = one.add(&Folder::sum()).await;
    let asking = (0..20).map(|_| {
        let problems = other.problems.clone();
        tokio::spawn(async move { problems.current(&sum()).await })
    });
    for asked in asking.collect::<Vec<_>>() {
        assert_eq!(asked.await.unwrap().unwrap().unwrap().version, version);
    }
    assert_eq!(shelf.fetches.load(Ordering::SeqCst), 1);
    // What it was made from came along: the same folder need not be added here.
    let draft = other.store().stage_folder(&Folder::sum().dir, None).unwrap();
    assert!(other.changed(draft).await.unwrap().is_none());
    let draft = other.store().stage_folder(&changed().dir, None).unwrap();
    assert!(other.changed(draft).await.unwrap().is_some());
}

/// A digest is not all: what is in the archive must be the version that is meant.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_another_version_is_refused() {
    let shelf = Arc::new(Shelf::default());
    let (one, other) = (Daemon::new(&shelf), Daemon::new(&shelf));
    one.add(&Folder::sum()).await;
    let right = shelf.package(&sum());
    one.add(&changed()).await;
    let mut wrong = shelf.package(&sum());
    wrong.about = right.about;
    shelf.say(&sum(), Standing::There { package: wrong.clone(), complete: true });
    let refused = other.current(&sum()).await.unwrap_err().to_string();
    assert!(refused.contains("is version") && refused.contains("`sum`"), "{refused}");
    // Nor is one that is no package.
    let text = b"no archive".to_vec();
    wrong.bytes = text.len() as u64;
    shelf.archives.lock().unwrap().insert(wrong.blob.clone(), text);
    shelf.say(&sum(), Standing::There { package: wrong, complete: true });
    let refused = other.current(&sum()).await.unwrap_err().to_string();
    assert!(refused.contains("cannot be used here: archive: "), "{refused}");
    assert_eq!(other.versions(), 0);
    assert_eq!(count(&other.dir.path().join("problems/staging")), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_waits_for_the_catalogue_and_a_reader_does_not() {
    let shelf = Arc::new(Shelf::default());
    let one = Daemon::new(&shelf);
    let old = one.add(&Folder::sum()).await;
    let other = Daemon::new(&shelf);
    shelf.away.store(true, Ordering::SeqCst);
    assert_eq!(one.find(&sum()).await.unwrap().unwrap().version, old);
    assert!(matches!(other.find(&sum()).await, Err(DepotError::Away(_))));
    let draft = one.store().stage_folder(&changed().dir, None).unwrap();
    let refused = one.install(draft, true).await;
    assert!(matches!(refused, Err(AddError::Depot(DepotError::Away(_)))), "{refused:?}");
    assert_eq!(one.find(&sum()).await.unwrap().unwrap().version, old, "nothing has changed");
    assert_eq!(one.list().await.len(), 1);

    let problems = one.problems.clone();
    let worker = tokio::spawn(async move { problems.current(&sum()).await });
    // The version that is judged is the one in force when the catalogue is back.
    shelf.waiting.notified().await;
    shelf.away.store(false, Ordering::SeqCst);
    let new = other.add(&changed()).await;
    shelf.returned.notify_one();
    assert_eq!(worker.await.unwrap().unwrap().unwrap().version, new);
}

/// What a depot lost comes back, and of two versions the one that was installed later.
#[tokio::test(flavor = "multi_thread")]
async fn the_later_install_wins_when_the_catalogue_is_lost() {
    let shelf = Arc::new(Shelf::default());
    let (early, late) = (Daemon::new(&shelf), Daemon::new(&shelf));
    early.add(&Folder::sum()).await;
    let version = late.add(&changed()).await;
    let at = shelf.package(&sum()).at;
    shelf.said.lock().unwrap().clear();
    shelf.archives.lock().unwrap().clear();
    // The one with the older version is there first.
    assert!(early.current(&sum()).await.unwrap().is_some());
    assert_ne!(shelf.package(&sum()).about.listed.version, version);
    for daemon in [&late, &early] {
        assert_eq!(daemon.current(&sum()).await.unwrap().unwrap().version, version);
    }
    assert_eq!(shelf.package(&sum()).at, at, "it counts from when it was installed");

    // What was removed does not come back from one that has it still.
    assert!(late.remove(&sum()).await.unwrap());
    assert!(early.current(&sum()).await.unwrap().is_none());
    assert!(early.list().await.is_empty());
}

/// What was installed without a depot gives way to what is in it, and else is published.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_its_own_joins() {
    let shelf = Arc::new(Shelf::default());
    let one = Daemon::new(&shelf);
    let version = one.add(&Folder::sum()).await;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for (slug, folder) in [("sum", changed()), ("own", Folder::sum())] {
        let draft = store.stage_folder(&folder.dir, Some(slug.parse().unwrap())).unwrap();
        store.install(draft, false).unwrap();
    }
    drop(store);
    let joined = Daemon::at(dir, &shelf);
    let listed: Vec<String> = joined.list().await.iter().map(|one| one.slug.to_string()).collect();
    assert_eq!(listed, ["own", "sum"]);
    assert_eq!(joined.current(&sum()).await.unwrap().unwrap().version, version);
    assert!(one.current(&"own".parse().unwrap()).await.unwrap().is_none());
    joined.current(&"own".parse().unwrap()).await.unwrap().unwrap();
    assert!(one.current(&"own".parse().unwrap()).await.unwrap().is_some());
}

/// A version that somebody holds stays, whatever the bound and however many versions follow.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_is_not_removed() {
    let shelf = Arc::new(Shelf::default());
    let (one, other) = (Daemon::new(&shelf), Daemon::new(&shelf));
    one.add(&Folder::sum()).await;
    let held = other.current(&sum()).await.unwrap().unwrap();
    for title in ["A", "B", "C"] {
        let patch = Patch { title: Some(title.into()), ..Patch::default() };
        one.edit(&sum(), patch).await.unwrap();
        assert_eq!(other.current(&sum()).await.unwrap().unwrap().problem.title, title);
        assert!(held.input("01-sample").exists());
    }
    assert_eq!(other.versions(), 2, "the one that is held, and the last one that was fetched");
    drop(held);
    one.add(&Folder::sum().put("tests/02-zero.out", "2\n")).await;
    other.current(&sum()).await.unwrap().unwrap();
    assert_eq!(other.versions(), 1);
}
