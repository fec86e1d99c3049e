//! `sonocode images`: the images that toolchains come from. These commands talk to the engine of the
//! configuration by themselves; no daemon is needed.

mod build;
mod import;
mod list;
mod pull;

use super::{configuration, signals::Signals, text};
use crate::{
    cli,
    config::{Config, ToolchainSource},
    daemon,
    error::{Code, Error},
    evaluator::host_toolchain,
    judge::{Language, Languages},
    sandbox::{SandboxError, docker::images::Images},
};
use std::path::Path;

pub(super) async fn images(command: cli::Images) -> Result<Code, Error> {
    let mut signals = Signals::listen()?;
    let work = async {
        match command {
            cli::Images::Pull(args) => pull::pull(args).await,
            cli::Images::List(args) => list::list(args).await,
            cli::Images::Build(args) => build::build(args).await,
            cli::Images::Import(args) => import::import(args).await,
        }
    };
    // An engine goes on with a pull or a build only as long as somebody listens.
    signals.guard(work).await
}

/// What these commands work with.
struct Here {
    config: Config,
    languages: Languages,
}

impl Here {
    fn read(data_dir: Option<&Path>) -> Result<Self, Error> {
        let data_dir = data_dir.map(text);
        let config = configuration([("data_dir", "--data-dir", data_dir)])?.config;
        let languages = daemon::languages(&config, &config.data_dir)
            .map_err(|error| Error::Usage(error.to_string()))?;
        Ok(Self { config, languages })
    }

    async fn engine(&self) -> Result<Images, Error> {
        Images::connect(&self.config.sandbox).await.map_err(|error| judge(&error))
    }

    /// The languages of these names.
    fn named(&self, names: &[String]) -> Result<Vec<&Language>, Error> {
        let find = |name: &String| {
            self.languages.find(name).ok_or_else(|| {
                let ids = self.languages.ids();
                Error::NotFound(format!("there is no language `{name}`; there are {ids}"))
            })
        };
        names.iter().map(find).collect()
    }

    /// Whether programs in this language are compiled and run in its image here.
    fn needs_image(&self, language: &Language) -> bool {
        match self.config.sandbox.toolchain {
            ToolchainSource::Image => true,
            ToolchainSource::Host => false,
            ToolchainSource::Auto => host_toolchain(language).is_none(),
        }
    }
}

fn judge(error: &SandboxError) -> Error {
    Error::Judge(error.to_string())
}
