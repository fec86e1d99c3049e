//! How the package's generators are called, with a place for fresh seeds.

use crate::{judge::Languages, problem::StoredProblem};
use std::{fs, io};

/// Where the seed goes in an argument.
pub(super) const SEED: &str = "{seed}";

/// A program of `generators/` and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The program.
    pub(super) program: String,
    /// Its arguments, [`SEED`] in one of them.
    pub(super) args: Vec<String>,
}

impl Recipe {
    /// The arguments with a seed.
    pub(super) fn seeded(&self, seed: u64) -> Vec<String> {
        self.args.iter().map(|arg| arg.replace(SEED, &seed.to_string())).collect()
    }

    /// Program and arguments, as in `problem.toml`.
    pub(super) fn text(&self) -> String {
        [&self.program].into_iter().chain(&self.args).cloned().collect::<Vec<_>>().join(" ")
    }
}

/// The recipes that `[generators]` has, and one with nothing but a seed for each program that it does not
/// name. `only`: those of this program. Fails when the disk does.
pub(super) fn recipes(
    stored: &StoredProblem,
    languages: &Languages,
    only: Option<&str>,
) -> io::Result<Vec<Recipe>> {
    let text = fs::read_to_string(stored.dir.join("problem.toml"))?;
    let mut recipes = said(&text);
    for program in stored.generators(languages)? {
        if !recipes.iter().any(|recipe| recipe.program == program) {
            recipes.push(Recipe { program, args: vec![SEED.to_owned()] });
        }
    }
    recipes.retain(|recipe| only.is_none_or(|only| recipe.program == only));
    Ok(recipes)
}

/// The recipes of a `problem.toml`, each once.
fn said(text: &str) -> Vec<Recipe> {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let mut recipes: Vec<Recipe> = Vec::new();
    let generators = manifest.get("generators").and_then(toml::Value::as_table);
    for entry in generators.into_iter().flat_map(toml::Table::values) {
        let list = entry.as_array().map(Vec::as_slice);
        let words = |list: &[toml::Value]| -> Vec<String> {
            list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect()
        };
        let recipe = match (list.map(words), entry.as_table()) {
            (Some(mut words), _) if !words.is_empty() => {
                let program = words.remove(0);
                with_seed(&mut words);
                Recipe { program, args: words }
            }
            (_, Some(table)) => {
                let program = table.get("program").and_then(toml::Value::as_str);
                let Some(program) = program.map(str::to_owned) else { continue };
                let args = table.get("args").and_then(toml::Value::as_array);
                let mut args = args.map_or_else(Vec::new, |args| words(args));
                if !args.iter().any(|arg| arg.contains(SEED)) {
                    with_seed(&mut args);
                }
                Recipe { program, args }
            }
            _ => continue,
        };
        if !recipes.contains(&recipe) {
            recipes.push(recipe);
        }
    }
    recipes
}

/// Puts the seed where it is by custom: the last argument that is a number. Where there is none, it is one
/// argument more.
fn with_seed(args: &mut Vec<String>) {
    match args.iter_mut().rev().find(|arg| arg.parse::<i64>().is_ok()) {
        Some(last) => SEED.clone_into(last),
        None => args.push(SEED.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_of_a_manifest() {
        let text = "\
title = \"x\"
[generators]
a = [\"gen.py\", \"100\", \"7\"]
b = [\"gen.py\", \"100\", \"8\"]
c = [\"gen.py\", \"line\"]
[generators.d]
program = \"big.py\"
args = [\"{seed}\", \"50\"]
count = 3
";
        let recipe = |program: &str, args: &[&str]| Recipe {
            program: program.into(),
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
        };
        let expected = [
            recipe("gen.py", &["100", SEED]),
            recipe("gen.py", &["line", SEED]),
            recipe("big.py", &[SEED, "50"]),
        ];
        assert_eq!(said(text), expected);
        assert_eq!(expected[0].seeded(41), ["100", "41"]);
        assert_eq!(said("title = 1"), []);
        assert_eq!(said("no toml"), []);
    }
}
