//! `sonocode images list`.

use super::{Here, judge};
use crate::{
    cli::ImagesList,
    command::print_json,
    error::{Code, Error},
    view::{
        table::{Cell, Column, Tone, table},
        terminal::print,
        units::bytes,
    },
};
use serde::Serialize;

/// The image of one language.
#[derive(Debug, Serialize)]
struct Row<'a> {
    language: &'a str,
    image: &'a str,
    /// Whether programs in this language run in it here.
    needed: bool,
    /// Its size; absent when the engine does not have it.
    bytes: Option<u64>,
    id: Option<String>,
    created: Option<String>,
}

pub(super) async fn list(args: ImagesList) -> Result<Code, Error> {
    let here = Here::read(args.data_dir.as_deref())?;
    let engine = here.engine().await?;
    let mut rows = Vec::new();
    for language in here.languages.iter() {
        let image = &language.toolchain.image;
        let found = engine.find(image).await.map_err(|error| judge(&error))?;
        let needed = here.needs_image(language);
        let (bytes, id, created) = match found {
            Some(found) => (Some(found.bytes), Some(found.id), Some(found.created)),
            None => (None, None, None),
        };
        rows.push(Row { language: &language.id, image, needed, bytes, id, created });
    }
    if args.json {
        rows.iter().try_for_each(print_json)?;
        return Ok(Code::OK);
    }
    let columns = ["Language", "Image", "Used", "Here"].map(|title| Column(title, false));
    print(&table(&columns, rows.iter().map(cells).collect()))?;
    Ok(Code::OK)
}

fn cells(row: &Row<'_>) -> Vec<Cell> {
    let used = if row.needed { "yes" } else { "no" };
    let here = match row.bytes {
        Some(size) => Cell::new(bytes(size), Tone::Good),
        None => Cell::new("no", if row.needed { Tone::Warn } else { Tone::Plain }),
    };
    vec![row.language.into(), row.image.into(), used.into(), here]
}
