//! `sonocode problem remove`.

use crate::{
    cli::Remove,
    command::{print_json, session},
    error::{Code, Error},
    view::terminal::{ask, can_ask, print},
};

pub(super) async fn remove(args: Remove) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        for slug in &args.slugs {
            let sure = args.yes || !can_ask() || ask(&format!("Remove {slug} for good?"));
            if !sure {
                return Err(Error::Refused(format!("{slug} is left as it is")));
            }
            session.client().remove_problem(slug).await?;
            if args.json {
                print_json(&serde_json::json!({ "removed": slug }))?;
            } else {
                print(&format!("removed {slug}"))?;
            }
        }
        Ok(Code::OK)
    })
    .await
}
