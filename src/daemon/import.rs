//! Adding the packages of `serve --problems DIR` at the start.

use super::DaemonError;
use crate::{
    evaluator::{Evaluator, GenerateError},
    health::Health,
    problem::{AddError, Draft, Problems},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::watch;

/// Puts a folder of packages among the problems.
pub(super) struct Importer {
    pub problems: Arc<Problems>,
    pub evaluator: Arc<Evaluator>,
    pub health: watch::Receiver<Health>,
}

impl Importer {
    /// Adds every package that is new or has changed and needs no engine for that; gives back those
    /// that do. A package with mistakes is reported and left out: it must not keep the others away.
    pub(super) async fn stage(&self, packages: Vec<PathBuf>) -> Result<Vec<Draft>, DaemonError> {
        let mut pending = Vec::new();
        for package in packages {
            pending.extend(self.stage_one(package).await?);
        }
        Ok(pending)
    }

    /// A draft that needs an engine; everything else is done here.
    async fn stage_one(&self, package: PathBuf) -> Result<Option<Draft>, DaemonError> {
        let name = package.display().to_string();
        let store = self.problems.store().clone();
        let staged = tokio::task::spawn_blocking(move || store.stage_folder(&package, None));
        let draft = match staged.await.map_err(DaemonError::other)? {
            Ok(draft) => draft,
            Err(error) => {
                report(&name, &error);
                return Ok(None);
            }
        };
        let draft = match self.problems.changed(draft).await {
            Ok(Some(draft)) if draft.generated.is_empty() => draft,
            Ok(other) => return Ok(other),
            Err(error) => {
                report(&name, &error.into());
                return Ok(None);
            }
        };
        match self.problems.install(draft, true).await {
            Ok(added) => tracing::info!(slug = %added.problem.slug, "added"),
            Err(error) => report(&name, &error),
        }
        Ok(None)
    }

    /// Makes the tests of the rest as soon as there is an engine, and adds them.
    pub(super) async fn finish(mut self, drafts: Vec<Draft>) {
        for draft in drafts {
            let slug = draft.problem.slug.clone();
            if self.health.wait_for(|health| matches!(health, Health::Ready(_))).await.is_err() {
                return;
            }
            match self.evaluator.generate(&draft).await {
                Ok(()) => {}
                Err(GenerateError::Package(mistakes)) => {
                    report(slug.as_str(), &AddError::Invalid(mistakes));
                    continue;
                }
                Err(error) => {
                    tracing::error!(package = %slug, %error, "left out: its tests were not made");
                    continue;
                }
            }
            match self.problems.install(draft, true).await {
                Ok(_) => tracing::info!(%slug, "added"),
                Err(error) => report(slug.as_str(), &error),
            }
        }
    }
}

/// The packages in a folder.
pub(super) fn packages(folder: &Path) -> Result<Vec<PathBuf>, DaemonError> {
    let told = |error: io::Error| DaemonError::Other(format!("{}: {error}", folder.display()));
    let mut packages: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(told)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("problem.toml").is_file())
        .collect();
    packages.sort();
    Ok(packages)
}

fn report(package: &str, error: &AddError) {
    tracing::error!(%package, %error, "left out");
    if let AddError::Invalid(mistakes) = error {
        for mistake in mistakes {
            tracing::error!(%package, "{mistake}");
        }
    }
}
