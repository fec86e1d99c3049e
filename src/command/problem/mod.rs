//! `sonocode problem …`.

mod add;
mod edit;
mod export;
mod generate;
mod list;
mod new;
mod package;
mod remove;
mod rename;
mod set;
mod show;
mod stored;
mod stress;
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
        Problem::New(args) => new::new(args).await,
        Problem::Generate(args) => generate::generate(args).await,
        Problem::Verify(args) => verify::verify(*args).await,
        Problem::Stress(args) => stress::stress(args).await,
        Problem::Edit(args) => edit::edit(args).await,
        Problem::Set(args) => set::set(args).await,
        Problem::Rename(args) => rename::rename(args).await,
        Problem::Export(args) => export::export(args).await,
        Problem::Remove(args) => remove::remove(args).await,
    }
}
