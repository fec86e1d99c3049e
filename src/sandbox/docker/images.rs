//! Images of a Docker engine: looked up, pulled, built and imported.

use super::{OnPull, Pull, archive, connect};
use crate::{config::SandboxConfig, sandbox::SandboxError};
use bollard::{
    Docker,
    errors::Error,
    models::ImageInspect,
    query_parameters::{
        BuildImageOptionsBuilder, CreateImageOptionsBuilder, ImportImageOptionsBuilder,
        TagImageOptionsBuilder,
    },
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use std::{collections::HashMap, path::Path, time::Duration};
use tokio_util::io::ReaderStream;

/// Names of images that are made here begin like this; they are never asked of a registry, where
/// anybody could have taken the name.
pub const OWN: &str = "sonocode/";

/// How long an engine may take for one step of a build or an import.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The images of a configuration's engine.
pub struct Images(Docker);

/// An image that an engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalImage {
    /// Its identity: a digest.
    pub id: String,
    /// Size of all its layers in bytes.
    pub bytes: u64,
    /// When it was made, as the engine writes it; empty when it does not say.
    pub created: String,
}

/// How an image is built.
#[derive(Clone, Copy, Debug)]
pub struct Recipe<'a> {
    /// The text of its Dockerfile.
    pub dockerfile: &'a str,
    /// The value of the Dockerfile's argument `BASE`; absent: the one it names itself.
    pub base: Option<&'a str>,
    /// The network of its `RUN` steps; absent: the engine's choice.
    pub network: Option<&'a str>,
}

impl Images {
    /// Connects to the engine of a configuration.
    pub async fn connect(config: &SandboxConfig) -> Result<Self, SandboxError> {
        Ok(Self(connect(config).await?.0.with_timeout(PATIENCE)))
    }

    /// What the engine has under a name; `None` when it has nothing.
    pub async fn find(&self, image: &str) -> Result<Option<LocalImage>, SandboxError> {
        Ok(inspect(&self.0, image).await?.map(|found| LocalImage {
            id: found.id.unwrap_or_default(),
            bytes: found.size.unwrap_or(0).max(0).cast_unsigned(),
            created: found.created.unwrap_or_default(),
        }))
    }

    /// Pulls an image, or what is new of it.
    pub async fn pull(&self, image: &str, on_pull: &OnPull) -> Result<(), SandboxError> {
        pull(&self.0, image, on_pull).await
    }

    /// Builds an image with the classic builder and gives it a name. `said` is told what the engine
    /// says.
    pub async fn build(
        &self,
        name: &str,
        recipe: &Recipe<'_>,
        mut said: impl FnMut(&str),
    ) -> Result<(), SandboxError> {
        let context = archive::with_one_file("Dockerfile", recipe.dockerfile.as_bytes())
            .map_err(SandboxError::host)?;
        let arguments: HashMap<_, _> = recipe.base.map(|base| ("BASE", base)).into_iter().collect();
        let mut options = BuildImageOptionsBuilder::default()
            .t(&tagged(name))
            .rm(true)
            .forcerm(true)
            .buildargs(&arguments);
        if let Some(mode) = recipe.network {
            options = options.networkmode(mode);
        }
        let options = options.build();
        let body = bollard::body_full(Bytes::from(context));
        let mut steps = self.0.build_image(options, None, Some(body));
        while let Some(step) = steps.next().await {
            let step = step.map_err(|error| failed(name, &error))?;
            if let Some(error) = step.error_detail {
                return Err(refused(name, error.message.unwrap_or_default()));
            }
            // While it pulls the base, the engine reports each block of each layer.
            let status = step.status.filter(|_| step.progress_detail.is_none());
            if let Some(text) = step.stream.or(status) {
                text.lines().filter(|line| !line.trim().is_empty()).for_each(&mut said);
            }
        }
        Ok(())
    }

    /// Makes an image of the files of a tar archive, which may be packed with gzip. Returns its whole
    /// name.
    pub async fn import(&self, path: &Path, name: &str) -> Result<String, SandboxError> {
        let name = tagged(name);
        let (repo, tag) = split(&name);
        let options =
            CreateImageOptionsBuilder::default().from_src("-").repo(repo).tag(tag).build();
        let body = Some(bollard::body_try_stream(content(path).await?));
        let steps = self.0.create_image(Some(options), body, None);
        let done: Result<Vec<_>, _> = steps.try_collect().await;
        done.map_err(|error| failed(&path.display().to_string(), &error))?;
        Ok(name)
    }

    /// Loads the images of an archive that `docker save` wrote, which may be packed with gzip. `name`
    /// becomes the name of the only image in it. Returns the names they have now.
    pub async fn load(&self, path: &Path, name: Option<&str>) -> Result<Vec<String>, SandboxError> {
        let shown = &path.display().to_string();
        let options = ImportImageOptionsBuilder::default().build();
        let body = bollard::body_try_stream(content(path).await?);
        let mut steps = self.0.import_image(options, body, None);
        let mut loaded = Vec::new();
        while let Some(step) = steps.next().await {
            let step = step.map_err(|error| failed(shown, &error))?;
            if let Some(error) = step.error_detail {
                return Err(refused(shown, error.message.unwrap_or_default()));
            }
            let said = step.stream.unwrap_or_default();
            loaded.extend(said.lines().filter_map(loaded_image).map(str::to_owned));
        }
        match (name, loaded.as_slice()) {
            (_, []) => Err(refused(shown, "the engine loaded no image of it".into())),
            (None, _) => Ok(loaded),
            (Some(name), [one]) => {
                self.tag(one, name).await?;
                Ok(vec![tagged(name)])
            }
            (Some(name), several) => {
                let why = format!(
                    "it holds {} images ({}), so none was named {name}: `docker tag` names one",
                    several.len(),
                    several.join(", ")
                );
                Err(refused(shown, why))
            }
        }
    }

    async fn tag(&self, image: &str, name: &str) -> Result<(), SandboxError> {
        let name = tagged(name);
        let (repo, tag) = split(&name);
        let options = TagImageOptionsBuilder::default().repo(repo).tag(tag).build();
        self.0.tag_image(image, Some(options)).await.map_err(|error| failed(&name, &error))
    }
}

async fn content(path: &Path) -> Result<ReaderStream<tokio::fs::File>, SandboxError> {
    let file = tokio::fs::File::open(path).await.map_err(SandboxError::host)?;
    Ok(ReaderStream::with_capacity(file, 1 << 18))
}

/// What an engine says when it has loaded an image.
fn loaded_image(line: &str) -> Option<&str> {
    line.strip_prefix("Loaded image: ").or_else(|| line.strip_prefix("Loaded image ID: "))
}

/// Pulls an image that the engine lacks.
pub(super) async fn pull_if_missing(
    docker: &Docker,
    image: &str,
    on_pull: &OnPull,
) -> Result<(), SandboxError> {
    match inspect(docker, image).await? {
        Some(_) => Ok(()),
        None => pull(docker, image, on_pull).await,
    }
}

async fn inspect(docker: &Docker, image: &str) -> Result<Option<ImageInspect>, SandboxError> {
    match docker.inspect_image(&tagged(image)).await {
        Ok(found) => Ok(Some(found)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(error) => Err(failed(image, &error)),
    }
}

async fn pull(docker: &Docker, image: &str, on_pull: &OnPull) -> Result<(), SandboxError> {
    if let Some(language) = image.strip_prefix(OWN) {
        let mend = format!("it is made here, not pulled: `sonocode images build {language}`");
        return Err(refused(image, mend));
    }
    // Without a tag, an engine would pull every one that there is.
    let options = CreateImageOptionsBuilder::default().from_image(&tagged(image)).build();
    let mut steps = docker.create_image(Some(options), None, None);
    let mut layers: HashMap<String, (u64, u64)> = HashMap::new();
    let tell = |layers: &HashMap<String, (u64, u64)>, complete| {
        let sum = |pick: fn(&(u64, u64)) -> u64| layers.values().map(pick).sum();
        let (done, total) = (sum(|layer| layer.0), sum(|layer| layer.1));
        on_pull(Pull { image: image.to_owned(), done, total, complete });
    };
    while let Some(step) = steps.next().await {
        let step = step.map_err(|error| failed(image, &error))?;
        let Some((id, progress)) = step.id.zip(step.progress_detail) else { continue };
        // Unpacking counts from the start again; only the download is shown.
        if step.status.as_deref() == Some("Downloading") {
            let bytes = |n: Option<i64>| n.unwrap_or(0).max(0).cast_unsigned();
            layers.insert(id, (bytes(progress.current), bytes(progress.total)));
            tell(&layers, false);
        }
    }
    tell(&layers, true);
    Ok(())
}

/// A name with its tag or digest; `latest` where it has neither.
fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

/// The repository and the tag of a name that has both.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(':').unwrap_or((name, "latest"))
}

pub(super) fn failed(image: &str, error: &Error) -> SandboxError {
    match error {
        Error::DockerResponseServerError { message, .. } => refused(image, message.clone()),
        other => refused(image, other.to_string()),
    }
}

fn refused(image: &str, reason: String) -> SandboxError {
    SandboxError::Image { image: image.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_tags() {
        for (name, full) in [
            ("gcc", "gcc:latest"),
            ("gcc:13", "gcc:13"),
            ("host:5000/a/gcc", "host:5000/a/gcc:latest"),
            ("host:5000/gcc:13", "host:5000/gcc:13"),
            ("gcc@sha256:00", "gcc@sha256:00"),
        ] {
            assert_eq!(tagged(name), full);
        }
        assert_eq!(split("host:5000/gcc:13"), ("host:5000/gcc", "13"));
    }

    #[test]
    fn engines_tell_what_they_loaded() {
        assert_eq!(loaded_image("Loaded image: gcc:13"), Some("gcc:13"));
        assert_eq!(loaded_image("Loaded image ID: sha256:00"), Some("sha256:00"));
        assert_eq!(loaded_image("The image gcc:13 already exists"), None);
    }
}
