//! What earlier versions left on an engine: their agents, as images and volumes.

use bollard::{
    Docker,
    models::ImageSummary,
    query_parameters::{
        ListImagesOptionsBuilder, ListVolumesOptionsBuilder, RemoveImageOptions,
        RemoveVolumeOptions,
    },
};
use std::collections::HashMap;

/// Images and volumes that are made here are called so.
pub(super) const IMAGE: &str = "sonocode-cell:";
pub(super) const VOLUME: &str = "sonocode-agent-";

/// An image that is younger may be that of another daemon which has no container just now, in seconds.
const AGE: i64 = 7 * 24 * 3600;

/// Removes the images of earlier versions that nothing uses, and the volumes whose image is gone. What
/// cannot be removed stays: the next version's start tries again.
pub(super) async fn sweep(docker: &Docker, own: &str) {
    // Volumes before images: one that is being made now has its image first.
    let filters = HashMap::from([("name", vec![VOLUME.to_owned()])]);
    let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
    let Ok(volumes) = docker.list_volumes(Some(options)).await else { return };
    let filters = HashMap::from([("reference", vec![format!("{IMAGE}*")])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    let Ok(images) = docker.list_images(Some(options)).await else { return };
    let mut digests = digests(&images);
    for image in stale(&images, own, jiff::Timestamp::now().as_second() - AGE) {
        // Without force: the engine refuses to remove what a container uses.
        if docker.remove_image(&image, None::<RemoveImageOptions>, None).await.is_ok() {
            tracing::info!(%image, "removed: it held the agent of an earlier version");
            digests.retain(|digest| Some(digest.as_str()) != image.strip_prefix(IMAGE));
        }
    }
    for volume in volumes.volumes.into_iter().flatten() {
        let orphan = volume
            .name
            .strip_prefix(VOLUME)
            .is_some_and(|digest| !digests.iter().any(|known| known == digest));
        if orphan {
            // Refused, like an image, while a container uses it.
            let _ = docker.remove_volume(&volume.name, None::<RemoveVolumeOptions>).await;
        }
    }
}

fn tags(images: &[ImageSummary]) -> impl Iterator<Item = (&str, i64)> {
    let ours = |tag: &&String| tag.starts_with(IMAGE);
    images.iter().flat_map(move |image| {
        image.repo_tags.iter().filter(ours).map(|tag| (tag.as_str(), image.created))
    })
}

fn digests(images: &[ImageSummary]) -> Vec<String> {
    tags(images).filter_map(|(tag, _)| tag.strip_prefix(IMAGE)).map(str::to_owned).collect()
}

/// The images of ours that are not `own` and were made before a moment, in seconds since 1970.
fn stale(images: &[ImageSummary], own: &str, before: i64) -> Vec<String> {
    let old = tags(images).filter(|(tag, created)| *tag != own && *created < before);
    old.map(|(tag, _)| tag.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_images_of_ours_that_are_not_in_force_are_stale() {
        let image = |tags: &[&str], created| ImageSummary {
            repo_tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            created,
            ..ImageSummary::default()
        };
        let images = [
            image(&["sonocode-cell:aa", "mine:latest"], 100),
            image(&["sonocode-cell:bb"], 100),
            image(&["sonocode-cell:cc"], 900),
            image(&["gcc:13", "my/sonocode-cell:dd"], 1),
        ];
        assert_eq!(stale(&images, "sonocode-cell:bb", 500), ["sonocode-cell:aa"]);
        assert_eq!(digests(&images), ["aa", "bb", "cc"]);
    }
}
