//! Where several daemons have their problems in common: a catalogue, which says which version of a problem is in force, and
//! the packages by the digest of their archives.

use super::Listed;
use crate::judge::Slug;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::io;
use tokio::{fs::File, sync::watch};

/// What several daemons share. Every change of the catalogue is one step, and what it names is there as a whole.
#[async_trait]
pub trait Depot: Send + Sync {
    /// What the catalogue says of a slug; `None`: it never heard of it, or has lost it.
    async fn look(&self, slug: &Slug) -> Result<Option<Standing>, DepotError>;

    /// The slugs that changed after this edition of the catalogue, in the order of their last changes; at most as many as
    /// fit into a page, and none when there are no more.
    async fn changes(&self, after: u64) -> Result<Changes, DepotError>;

    /// Keeps the archive of a version and then puts that version in force; when that was. An archive that is there
    /// already is not sent again. Refused with [`DepotError::Taken`] as `terms` say.
    async fn publish(&self, new: &New, archive: &mut File) -> Result<u64, DepotError>;

    /// Gives a problem another slug.
    async fn rename(&self, old: &Slug, new: &Slug) -> Result<(), DepotError>;

    /// Takes a problem out of the catalogue; whether it was there. `known`: the daemon has it, so that a catalogue that never
    /// heard of it must remember that it is gone.
    async fn remove(&self, slug: &Slug, known: bool) -> Result<bool, DepotError>;

    /// Writes the archive of a version into a file. What is in the file may be used only after this has returned `Ok`: then
    /// its digest is right. [`DepotError::Spoiled`] when it is not there as it should be.
    async fn fetch(&self, package: &Package, into: &mut File) -> Result<(), DepotError>;

    /// Asks those who have the archive of this version to publish it again.
    async fn want(&self, package: &Package) -> Result<(), DepotError>;

    /// The archives that somebody wants.
    async fn wanted(&self) -> Result<Vec<String>, DepotError>;

    /// Those of these archives that are not there.
    async fn lacking(&self, blobs: &[String]) -> Result<Vec<String>, DepotError>;

    /// Changes whenever there may be something new: in the catalogue, among what is wanted, or because nobody could hear for
    /// a while.
    fn news(&self) -> watch::Receiver<u64>;

    /// Returns when the depot may be asked again after [`DepotError::Away`].
    async fn back(&self);
}

/// What the catalogue says of a slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is a problem.
    There {
        /// The version in force.
        package: Package,
        /// Whether its archive is there.
        complete: bool,
    },
    /// The problem got another slug.
    Renamed {
        /// Which.
        to: Slug,
        /// When, in microseconds since 1970 by the depot's clock.
        at: u64,
    },
    /// The problem was removed.
    Removed {
        /// When, in microseconds since 1970 by the depot's clock.
        at: u64,
    },
}

/// A version in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The problem as listings show it.
    pub about: About,
    /// SHA-256 of its archive, in hexadecimal.
    pub blob: String,
    /// Length of the archive in bytes.
    pub bytes: u64,
    /// When it was installed, in microseconds since 1970 by the depot's clock. Of two versions the later one is in force.
    pub at: u64,
}

/// What the catalogue tells of a version beside its archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The problem as listings show it.
    #[serde(flatten)]
    pub listed: Listed,
    /// Digest of the package as it was given, before its tests were generated or it was edited.
    pub source: String,
}

/// A version that is to be put in force.
#[derive(Clone, Debug)]
pub struct New {
    /// The problem.
    pub about: About,
    /// When it may be.
    pub terms: Terms,
}

/// When a version may be put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Always.
    Always,
    /// If there is no problem with this slug, or this very version.
    Vacant,
    /// If this version is in force.
    Over(String),
    /// If it was installed at this time (microseconds since 1970 by the depot's clock; 0: nobody knows) and the catalogue
    /// knows of nothing later. It is brought back, and keeps its time.
    Since(u64),
}

/// A page of changes.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The slugs with the editions of their last changes and what is said of them now.
    pub slugs: Vec<(Slug, u64, Standing)>,
    /// The catalogue's edition. Less than one that was seen before when it has lost something.
    pub edition: u64,
    /// How many slugs it knows.
    pub known: usize,
}

/// Why the depot did not do it.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// It cannot be reached at the moment. What was asked for may have been done or not.
    #[error("{0}")]
    Away(String),
    /// Another version is in force than was expected, or another problem has the slug.
    #[error("the catalogue has another version of `{0}`; try again")]
    Taken(Slug),
    /// There is no such problem.
    #[error("the catalogue has no problem `{0}`")]
    Unknown(Slug),
    /// An archive is not there as it should be.
    #[error(
        "the package of `{slug}` in the shared catalogue {why}; add the problem again on any daemon to mend it"
    )]
    Spoiled {
        /// Of this problem.
        slug: Slug,
        /// What is wrong with it.
        why: String,
    },
    /// It failed, and will again.
    #[error("the shared catalogue of problems failed: {0}")]
    Failed(String),
    /// This machine's disk failed.
    #[error("on the daemon's own machine: {0}")]
    Io(#[from] io::Error),
}
