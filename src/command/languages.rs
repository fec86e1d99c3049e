//! `sonocode languages`.

use super::{print_json, session};
use crate::{
    cli::Output,
    error::{Code, Error},
    view::{
        table::{Cell, Column, Tone, table},
        terminal::print,
    },
    wire::LanguageStatus,
};

pub(super) async fn languages(args: Output) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        let languages = session.client().languages().await?;
        if args.json {
            languages.iter().try_for_each(print_json)?;
        } else {
            let columns = ["Id", "Name", "Also", "Files", "Toolchain", "Where", "Version"];
            let rows = languages.iter().map(row).collect();
            print(&table(&columns.map(|title| Column(title, false)), rows))?;
        }
        Ok(Code::OK)
    })
    .await
}

fn row(language: &LanguageStatus) -> Vec<Cell> {
    let files: Vec<_> = language.extensions.iter().map(|e| format!(".{e}")).collect();
    let tone = if language.is_there() { Tone::Good } else { Tone::Bad };
    let version = language.version.as_ref().or(language.hint.as_ref());
    vec![
        language.id.as_str().into(),
        language.name.as_str().into(),
        language.aliases.join(", ").into(),
        files.join(" ").into(),
        Cell::new(language.source.name(), tone),
        language.place.clone().unwrap_or_default().into(),
        version.cloned().unwrap_or_default().into(),
    ]
}
