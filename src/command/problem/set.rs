//! `sonocode problem set`.

use crate::{
    cli::Set,
    command::{
        print_json,
        session::{self, Session},
    },
    error::{Code, Error},
    view::{terminal::print, units::harmless},
};
use serde_json::{Map, Value, json};

/// The keys that can be set; those with a dot belong to a table.
const KEYS: [&str; 14] = [
    "title",
    "difficulty",
    "tags",
    "limits.time_ms",
    "limits.wall_ms",
    "limits.memory_mib",
    "limits.output_mib",
    "limits.processes",
    "compare.mode",
    "compare.absolute",
    "compare.relative",
    "compare.case_sensitive",
    "compare.space_change_sensitive",
    "description",
];

pub(super) async fn set(args: Set) -> Result<Code, Error> {
    let pairs = args.values.iter().map(|word| pair(word)).collect::<Result<Vec<_>, _>>()?;
    session::with(&args.connect.configuration()?, async |session| {
        let patch = patch(session, &args, pairs).await?;
        let problem = session.client().patch_problem(&args.slug, &patch).await?;
        if args.json {
            print_json(&problem)?;
        } else {
            let version: String = problem.version.chars().take(12).collect();
            let (slug, title) = (&problem.slug, harmless(&problem.title));
            print(&format!("changed {slug}: {title}, version {version}"))?;
        }
        Ok(Code::OK)
    })
    .await
}

/// `limits.time_ms=1500` as key and value.
fn pair(word: &str) -> Result<(&'static str, Value), Error> {
    let usage = |text: String| Error::Usage(text);
    let (key, text) =
        word.split_once('=').ok_or_else(|| usage(format!("`{word}` is not KEY=VALUE")))?;
    let known = KEYS.iter().find(|known| **known == key.trim());
    let key = *known.ok_or_else(|| {
        let known = KEYS.join(", ");
        usage(format!(
            "`{key}` is no key that can be set; one of {known}. `problem edit` changes all"
        ))
    })?;
    Ok((key, value(key, text.trim())))
}

/// A value as the daemon takes it: it knows the types and says what is wrong.
fn value(key: &str, text: &str) -> Value {
    match key {
        "tags" => text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect(),
        "title" | "description" | "difficulty" | "compare.mode" => text.into(),
        _ if text.is_empty() => Value::Null,
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

/// The change of the whole problem: a way of comparing is told whole.
async fn patch(
    session: &Session,
    args: &Set,
    pairs: Vec<(&'static str, Value)>,
) -> Result<Value, Error> {
    let mut patch = Map::new();
    for (key, value) in pairs {
        match key.split_once('.') {
            None => _ = patch.insert(key.to_owned(), value),
            Some((table, key)) => {
                let table = patch.entry(table).or_insert_with(|| json!({}));
                table[key] = value;
            }
        }
    }
    if let Some(Value::Object(new)) = patch.get_mut("compare") {
        let problem = session.client().problem(&args.slug).await?;
        let now = serde_json::to_value(problem.compare)
            .map_err(|error| Error::Other(error.to_string()))?;
        overlay(new, &now);
    }
    Ok(patch.into())
}

/// What is not said stays as it is, as long as outputs are still compared in the same way.
fn overlay(new: &mut Map<String, Value>, now: &Value) {
    let same = new.get("mode").is_none_or(|mode| *mode == now["mode"]);
    for (key, value) in now.as_object().into_iter().flatten().filter(|_| same) {
        new.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn words_are_keys_and_values() {
        let cases = [
            ("title=Two = sum", "title", json!("Two = sum")),
            ("tags=a, b,,", "tags", json!(["a", "b"])),
            ("tags=", "tags", json!([])),
            ("limits.time_ms=1500", "limits.time_ms", json!(1500)),
            ("limits.time_ms=fast", "limits.time_ms", json!("fast")),
            ("limits.wall_ms=", "limits.wall_ms", Value::Null),
            ("compare.absolute=1e-9", "compare.absolute", json!(1e-9)),
            ("title=5", "title", json!("5")),
        ];
        for (word, key, value) in cases {
            assert_eq!(pair(word).unwrap(), (key, value), "{word}");
        }
        for wrong in ["title", "limits=5", "limits.time=5", ""] {
            assert_eq!(pair(wrong).unwrap_err().code().0, 2, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_said_of_a_comparison_stays_unless_its_mode_changes() {
        let now = json!({"mode": "float", "absolute": 0.5, "relative": 0.1});
        let mut new = json!({"absolute": 0.25}).as_object().unwrap().clone();
        overlay(&mut new, &now);
        assert_eq!(Value::from(new), json!({"absolute": 0.25, "mode": "float", "relative": 0.1}));
        let mut new = json!({"mode": "tokens"}).as_object().unwrap().clone();
        overlay(&mut new, &now);
        assert_eq!(Value::from(new), json!({"mode": "tokens"}));
    }
}
