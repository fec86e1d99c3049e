//! `sonocode images build`.

use super::{Here, judge};
use crate::{
    cli::ImagesBuild,
    command::print_json,
    daemon::language_folders,
    error::{Code, Error},
    judge::Language,
    sandbox::docker::images::{Images, OWN, Recipe},
    templates,
    view::{
        terminal::{print, say},
        units::{bytes, one_line},
    },
};
use serde_json::json;
use std::path::PathBuf;

pub(super) async fn build(args: ImagesBuild) -> Result<Code, Error> {
    let here = Here::read(args.data_dir.as_deref())?;
    let folders = language_folders(&here.config.data_dir);
    if args.tag.is_some() && args.languages.len() > 1 {
        return Err(Error::Usage("--tag names one image: name one language".into()));
    }
    let mut plans = Vec::new();
    if args.all {
        for language in here.languages.iter() {
            plans.extend(dockerfile(language, &folders)?.map(|text| (language, text)));
        }
    }
    for language in here.named(&args.languages)? {
        let text = dockerfile(language, &folders)?.ok_or_else(|| none(language, &folders))?;
        plans.push((language, text));
    }
    if args.print {
        for (_, text) in &plans {
            print(text.trim_end())?;
        }
        return Ok(Code::OK);
    }
    let engine = here.engine().await?;
    for (language, text) in plans {
        one(&engine, language, &text, &args).await?;
    }
    Ok(Code::OK)
}

fn dockerfile(language: &Language, folders: &[PathBuf]) -> Result<Option<String>, Error> {
    templates::dockerfile(language, folders).map_err(|error| Error::NotFound(error.to_string()))
}

fn none(language: &Language, folders: &[PathBuf]) -> Error {
    let places = folders.iter().map(|dir| dir.join(format!("{}.Dockerfile", language.id)));
    let places: Vec<_> = places.map(|path| path.display().to_string()).collect();
    Error::NotFound(format!(
        "there is no Dockerfile for {}; write one at {}",
        language.id,
        places.join(" or ")
    ))
}

async fn one(
    engine: &Images,
    language: &Language,
    dockerfile: &str,
    args: &ImagesBuild,
) -> Result<(), Error> {
    let id = &language.id;
    let name = args.tag.clone().unwrap_or_else(|| format!("{OWN}{id}"));
    let (base, network) = (args.base.as_deref(), args.network.as_deref());
    let said = |line: &str| say(&format!("| {}", one_line(line)));
    engine
        .build(&name, &Recipe { dockerfile, base, network }, said)
        .await
        .map_err(|error| judge(&error))?;
    let found = engine.find(&name).await.map_err(|error| judge(&error))?;
    let size = found.as_ref().map_or(0, |found| found.bytes);
    let used = language.toolchain.image == name;
    if args.json {
        let image = found.map(|found| found.id);
        let built =
            json!({"image": name, "language": id, "bytes": size, "id": image, "used": used});
        return print_json(&built);
    }
    print(&format!("built {name}, {}", bytes(size)))?;
    if !used {
        say(&format!(
            "to use it, set in the configuration: [sandbox] images = [\"{id}={name}\"] (now it is {})",
            language.toolchain.image
        ));
    }
    Ok(())
}
