//! `sonocode cancel`.

use super::{print_json, session};
use crate::{
    cli::Ids,
    error::{Code, Error},
    view::terminal::print,
};

pub(super) async fn cancel(args: Ids) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        for &id in &args.ids {
            let submission = session.client().cancel(id).await?;
            if args.json { print_json(&submission)? } else { print(&format!("#{id} cancelled"))? }
        }
        Ok(Code::OK)
    })
    .await
}
