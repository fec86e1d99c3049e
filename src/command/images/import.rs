//! `sonocode images import`.

use super::{Here, judge};
use crate::{
    cli::ImagesImport,
    command::print_json,
    error::{Code, Error},
    sandbox::docker::archive::{Kind, kind},
    view::{terminal::print, units::bytes},
};
use serde_json::json;

pub(super) async fn import(args: ImagesImport) -> Result<Code, Error> {
    let here = Here::read(args.data_dir.as_deref())?;
    let languages: Vec<_> = args.lang.into_iter().collect();
    let of_language = here.named(&languages)?.pop().map(|language| &language.toolchain.image);
    let name = of_language.or(args.tag.as_ref()).map(String::as_str);
    let shown = args.file.display();
    // Nothing else goes on in this process.
    let kind = kind(&args.file).map_err(|error| Error::NotFound(format!("{shown}: {error}")))?;
    let engine = here.engine().await?;
    let names = match (kind, name) {
        (Kind::Image, name) => engine.load(&args.file, name).await,
        (Kind::Files, Some(name)) => engine.import(&args.file, name).await.map(|name| vec![name]),
        (Kind::Files, None) => {
            return Err(Error::Usage(format!(
                "{shown} holds files and no image, so it needs a name: --lang LANGUAGE or --tag NAME"
            )));
        }
    };
    let names = names.map_err(|error| judge(&error))?;
    for name in names {
        let found = engine.find(&name).await.map_err(|error| judge(&error))?;
        let size = found.as_ref().map_or(0, |found| found.bytes);
        if args.json {
            let id = found.map(|found| found.id);
            print_json(&json!({"image": name, "bytes": size, "id": id}))?;
        } else {
            print(&format!("imported {name}, {}", bytes(size)))?;
        }
    }
    Ok(Code::OK)
}
