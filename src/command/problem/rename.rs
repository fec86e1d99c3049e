//! `sonocode problem rename`.

use crate::{
    cli::Rename,
    command::{print_json, session},
    error::{Code, Error},
    view::terminal::print,
};

pub(super) async fn rename(args: Rename) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        let problem = session.client().rename_problem(&args.old, &args.new).await?;
        if args.json {
            print_json(&problem)?;
        } else {
            print(&format!("renamed {} to {}", args.old, problem.slug))?;
        }
        Ok(Code::OK)
    })
    .await
}
