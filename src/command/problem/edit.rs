//! `sonocode problem edit`.

use super::{added, stored::Copy};
use crate::{
    cli::Edit,
    command::{
        print_json,
        session::{self, Session},
    },
    error::{Code, Error},
    view::terminal::{ask, can_ask, complain, print, say},
};
use std::{ffi::OsString, fs, path::Path};

/// What is opened, as far as it is there.
const FILES: [&str; 2] = ["problem.toml", "statement.md"];

pub(super) async fn edit(args: Edit) -> Result<Code, Error> {
    let editor = editor()?;
    session::with(&args.connect.configuration()?, async |session| {
        let copy = Copy::fetch(session, &args.slug).await?;
        rounds(session, copy, &editor, &args).await
    })
    .await
}

/// Edits until the package is right, or until the user gives up.
async fn rounds(
    session: &Session,
    copy: Copy,
    editor: &OsString,
    args: &Edit,
) -> Result<Code, Error> {
    let before = texts(copy.folder());
    loop {
        open(editor, copy.folder()).await?;
        if texts(copy.folder()) == before {
            if args.json {
                print_json(&session.client().problem(&args.slug).await?)?;
            } else {
                print(&format!("{} is left as it was", args.slug))?;
            }
            return Ok(Code::OK);
        }
        match copy.replace(session).await {
            Ok(done) => {
                if args.json {
                    print_json(&done.problem)?;
                } else {
                    print(&added(&done).replacen("added", "changed", 1))?;
                }
                return Ok(Code::OK);
            }
            Err(error @ Error::Invalid { .. }) => {
                complain(&error.to_string());
                if can_ask() && ask("Edit it again?") {
                    continue;
                }
                let kept = copy.keep();
                let kept = kept.display();
                return Err(Error::NotFound(format!(
                    "{} is left as it was; what you wrote is in {kept}, and `sonocode problem add \
                     {kept} --slug {} --force` adds it when it is right",
                    args.slug, args.slug
                )));
            }
            Err(error) => {
                say(&format!("what you wrote is in {}", copy.keep().display()));
                return Err(error);
            }
        }
    }
}

/// `$VISUAL`, else `$EDITOR`.
fn editor() -> Result<OsString, Error> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).ok_or_else(|| {
        Error::Usage("no editor is set; EDITOR=nano sonocode problem edit …".to_owned())
    })
}

/// Runs the editor on the package's files and waits for its end. A shell splits the words of
/// `$EDITOR`, as other programs do; the files are arguments of it and nothing that it reads.
async fn open(editor: &OsString, folder: &Path) -> Result<(), Error> {
    let mut script = editor.clone();
    script.push(" \"$@\"");
    let files = FILES.into_iter().map(|name| folder.join(name)).filter(|file| file.is_file());
    let mut command = tokio::process::Command::new("/bin/sh");
    command.arg("-c").arg(script).arg("editor").args(files).kill_on_drop(true);
    let name = editor.to_string_lossy();
    match command.status().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Other(format!("the editor `{name}` failed: {status}"))),
        Err(error) => Err(Error::Other(format!("the editor `{name}` cannot be run: {error}"))),
    }
}

fn texts(folder: &Path) -> [Option<Vec<u8>>; 2] {
    FILES.map(|name| fs::read(folder.join(name)).ok())
}
