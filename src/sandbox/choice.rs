//! Which backend is used.

use super::{
    SandboxError,
    backend::{Backend, Connect},
    docker::{DockerEngine, OnPull},
};
use crate::config::SandboxConfig;
use async_trait::async_trait;
use std::sync::Arc;

/// The backend that a configuration names.
pub struct Choice {
    /// The configuration.
    pub config: SandboxConfig,
    /// Stands for the data directory, in the names and labels of cells.
    pub owner: String,
    /// Told of every step of a pull.
    pub on_pull: OnPull,
}

#[async_trait]
impl Connect for Choice {
    async fn connect(&self) -> Result<Arc<dyn Backend>, SandboxError> {
        let (config, owner) = (self.config.clone(), self.owner.clone());
        Ok(Arc::new(DockerEngine::connect(config, owner, self.on_pull.clone()).await?))
    }
}
