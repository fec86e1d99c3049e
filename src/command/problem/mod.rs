//! `sonocode problem …`.

mod add;
mod list;
mod remove;
mod show;
mod verify;

use crate::{
    cli::Problem,
    error::{Code, Error},
};

pub(super) use add::{add_folder, added};

pub(super) async fn problem(problem: Problem) -> Result<Code, Error> {
    match problem {
        Problem::Add(args) => add::add(args).await,
        Problem::List(args) => list::list(args).await,
        Problem::Show(args) => show::show(args).await,
        Problem::Remove(args) => remove::remove(args).await,
        Problem::Verify(args) => verify::verify(args).await,
    }
}
