//! `sonocode problem remove`.

use crate::{
    cli::Remove,
    command::session,
    error::{Code, Error},
    view::terminal::print,
};

pub(super) async fn remove(args: Remove) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        for slug in &args.slugs {
            session.client().remove_problem(slug).await?;
            print(&format!("removed {slug}"))?;
        }
        Ok(Code::OK)
    })
    .await
}
