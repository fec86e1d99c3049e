//! `sonocode images pull`.

use super::{Here, judge};
use crate::{
    cli::ImagesPull,
    command::{print_json, session::on_pull},
    error::{Code, Error},
    judge::Language,
    sandbox::docker::images::{Images, OWN},
    view::{
        live::Downloads,
        terminal::{complain, print, say},
        units::bytes,
    },
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

pub(super) async fn pull(args: ImagesPull) -> Result<Code, Error> {
    let here = Here::read(args.data_dir.as_deref())?;
    let named = here.named(&args.languages)?;
    let engine = here.engine().await?;
    let wanted = if args.all {
        by_image(here.languages.iter().filter(|language| !is_own(language)))
    } else if named.is_empty() {
        missing(&here, &engine).await?
    } else {
        by_image(named.into_iter())
    };
    if wanted.is_empty() {
        say("every image that is needed here is here; name languages to pull theirs");
    }
    let on_pull = on_pull(Arc::new(Downloads::default()));
    let mut code = Code::OK;
    for (image, languages) in wanted {
        // The others may well be there.
        if let Err(error) = engine.pull(image, &on_pull).await {
            complain(&error.to_string());
            code = Code::JUDGE;
            continue;
        }
        let found = engine.find(image).await.map_err(|error| judge(&error))?;
        let size = found.as_ref().map_or(0, |found| found.bytes);
        if args.json {
            let id = found.map(|found| found.id);
            print_json(&json!({"image": image, "languages": languages, "bytes": size, "id": id}))?;
        } else {
            print(&format!("pulled {image} ({}), {}", languages.join(", "), bytes(size)))?;
        }
    }
    Ok(code)
}

/// The images that are needed and missing.
async fn missing<'a>(
    here: &'a Here,
    engine: &Images,
) -> Result<BTreeMap<&'a str, Vec<&'a str>>, Error> {
    let needed = here.languages.iter().filter(|language| here.needs_image(language));
    let mut wanted = by_image(needed);
    for image in wanted.keys().copied().collect::<Vec<_>>() {
        if engine.find(image).await.map_err(|error| judge(&error))?.is_some() {
            wanted.remove(image);
        }
    }
    Ok(wanted)
}

/// Each image once, with the languages that it is for.
fn by_image<'a>(languages: impl Iterator<Item = &'a Language>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut images: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for language in languages {
        images.entry(&language.toolchain.image).or_default().push(&language.id);
    }
    images
}

/// Whether no registry has its image.
fn is_own(language: &Language) -> bool {
    language.toolchain.image.starts_with(OWN)
}
