//! Which backend is used.

use super::{
    Engine, SandboxError,
    backend::{Backend, Connect},
    docker::{DockerEngine, OnPull},
    native::NativeEngine,
};
use crate::config::{SandboxConfig, SandboxKind};
use async_trait::async_trait;
use std::sync::Arc;

/// Asks who would serve this configuration, and what it can do here. Makes at most one cell, and
/// removes it.
pub async fn probe(config: &SandboxConfig) -> Result<Engine, SandboxError> {
    let owner = format!("probe-{}", std::process::id());
    let choice = Choice { config: config.clone(), owner, on_pull: Arc::new(|_| {}) };
    let backend = choice.connect().await?;
    let engine = backend.describe();
    if engine.host_toolchains {
        backend.try_out().await?;
    }
    Ok(engine)
}

/// The backend that a configuration names.
pub struct Choice {
    /// The configuration.
    pub config: SandboxConfig,
    /// Stands for the data directory, in the names and labels of cells.
    pub owner: String,
    /// Told of every step of a pull.
    pub on_pull: OnPull,
}

impl Choice {
    async fn docker(&self) -> Result<Arc<dyn Backend>, SandboxError> {
        let (config, owner) = (self.config.clone(), self.owner.clone());
        Ok(Arc::new(DockerEngine::connect(config, owner, self.on_pull.clone()).await?))
    }

    async fn native(&self) -> Result<Arc<dyn Backend>, SandboxError> {
        let backend: Arc<dyn Backend> =
            Arc::new(NativeEngine::connect(self.config.clone(), &self.owner).await?);
        backend.try_out().await?;
        Ok(backend)
    }

    /// The engine where one answers, else the kernel where it allows that.
    async fn auto(&self) -> Result<Arc<dyn Backend>, SandboxError> {
        let no_engine = match self.docker().await {
            Err(SandboxError::NoEngine(reason)) => reason,
            other => return other,
        };
        self.native()
            .await
            .map_err(|error| SandboxError::NoEngine(format!("{no_engine}, and {error}")))
    }
}

#[async_trait]
impl Connect for Choice {
    async fn connect(&self) -> Result<Arc<dyn Backend>, SandboxError> {
        match self.config.kind {
            SandboxKind::Docker => self.docker().await,
            SandboxKind::Native => self.native().await,
            SandboxKind::Auto => self.auto().await,
        }
    }
}
