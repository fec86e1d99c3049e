//! `sonocode problem new`.

use crate::{
    cli::New,
    command::print_json,
    error::{Code, Error},
    templates::problems::{KINDS, Skeleton, languages},
    view::{
        table::{Column, table},
        terminal::{can_ask, choose, print},
    },
};
use std::{io, path::Path};

/// What is taken where nothing is said and nobody can be asked.
const TEMPLATE: &str = "basic";
const LANGUAGE: &str = "python";

pub(super) async fn new(args: New) -> Result<Code, Error> {
    if args.list {
        return list();
    }
    // Questions wait for somebody who types; Ctrl-C must be heard meanwhile.
    let made = tokio::task::spawn_blocking(move || make(&args)).await;
    made.map_err(|error| Error::Other(error.to_string()))?
}

fn list() -> Result<Code, Error> {
    let columns = [Column("Template", false), Column("Languages", false), Column("", false)];
    let row = |(name, what): (&str, &str)| {
        let languages: Vec<_> = languages(name).into_iter().collect();
        vec![name.into(), languages.join(", ").into(), what.into()]
    };
    print(&table(&columns, KINDS.map(row).into()))?;
    Ok(Code::OK)
}

fn make(args: &New) -> Result<Code, Error> {
    let Some(slug) = &args.name else {
        return Err(Error::Usage("a problem needs a NAME".to_owned()));
    };
    let folder = args.dir.join(slug.as_str());
    if folder.symlink_metadata().is_ok() {
        return Err(taken(&folder));
    }
    let kinds = KINDS.map(|(name, _)| name);
    let template = match &args.template {
        Some(template) => template.clone(),
        None => pick("What kind of problem?", &kinds, TEMPLATE)?,
    };
    if !kinds.contains(&template.as_str()) {
        let known = kinds.join(", ");
        return Err(Error::Usage(format!("there is no template `{template}`; one of {known}")));
    }
    let known = languages(&template);
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let language = match &args.lang {
        Some(language) => language.to_lowercase(),
        None => pick("In which language?", &names, LANGUAGE)?,
    };
    let language = match language.as_str() {
        "c++" | "g++" | "cc" => "cpp",
        "py" | "python3" => "python",
        other => other,
    };
    if !known.contains(language) {
        let known = names.join(", ");
        let text = format!("the template {template} is not there in `{language}`; one of {known}");
        return Err(Error::Usage(text));
    }
    let title = args.title.clone().unwrap_or_else(|| title_of(slug.as_str()));
    let skeleton = Skeleton { template: &template, language, slug: slug.as_str(), title: &title };
    let files = skeleton.write(&folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => taken(&folder),
        _ => Error::Other(format!("{} cannot be made: {error}", folder.display())),
    })?;
    tell(args, &skeleton, &folder, &files)
}

/// One of several words: asked for on a terminal, else the default.
fn pick(question: &str, words: &[&str], default: &str) -> Result<String, Error> {
    let mut words = words.to_vec();
    // The default is offered first.
    words.sort_by_key(|word| *word != default);
    if !can_ask() {
        return Ok(default.to_owned());
    }
    let chosen = choose(question, &words).map(|at| words[at].to_owned());
    chosen.ok_or_else(|| Error::Refused("nothing was made".to_owned()))
}

/// `Two cities` of `two-cities`.
fn title_of(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn taken(folder: &Path) -> Error {
    Error::Exists(format!("{} is there already; nothing was made", folder.display()))
}

fn tell(
    args: &New,
    skeleton: &Skeleton<'_>,
    folder: &Path,
    files: &[String],
) -> Result<Code, Error> {
    let Skeleton { template, language, slug, .. } = skeleton;
    let path = folder.display().to_string();
    if args.json {
        print_json(&serde_json::json!({
            "slug": slug, "folder": path, "template": template, "language": language,
            "files": files,
        }))?;
        return Ok(Code::OK);
    }
    let shown =
        if folder.is_absolute() || path.starts_with('.') { path } else { format!("./{path}") };
    print(&format!(
        "made {shown}: {template} in {language}, {} files\n\
         next: edit statement.md and problem.toml, then `sonocode problem verify {shown}` and \
         `sonocode problem add {shown}`",
        files.len()
    ))?;
    Ok(Code::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_made_of_slugs() {
        for (slug, title) in [("two-cities", "Two cities"), ("3sum", "3sum"), ("a", "A")] {
            assert_eq!(title_of(slug), title);
        }
    }
}
