//! `sonocode config show`.

use super::{configuration, print_json};
use crate::{
    cli::ConfigShow,
    config::{DEFAULT, Key, Kind, Loaded, Value},
    error::{Code, Error},
    view::terminal::print,
};
use serde_json::json;

pub(super) fn show(args: &ConfigShow) -> Result<Code, Error> {
    if args.default {
        print(DEFAULT.trim_end())?;
        return Ok(Code::OK);
    }
    let loaded = configuration([])?;
    if args.json {
        let values: serde_json::Map<_, _> = rows(&loaded)
            .map(|(key, value, origin)| (key.into(), entry(&value, &origin)))
            .collect();
        print_json(&values)?;
        return Ok(Code::OK);
    }
    print(&text(&loaded))?;
    Ok(Code::OK)
}

fn entry(value: &Value, origin: &str) -> serde_json::Value {
    let value = match value {
        Value::Text(text) => json!(text),
        Value::Whole(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::List(texts) => json!(texts),
        Value::Flag(yes) => json!(yes),
    };
    json!({ "value": value, "origin": origin })
}

/// What is in force as TOML, with the origin of each value as a comment.
fn text(loaded: &Loaded) -> String {
    let mut lines = Vec::new();
    let mut section = "";
    for (key, value, origin) in rows(loaded) {
        let (here, name) = key.rsplit_once('.').unwrap_or(("", key));
        if here != section {
            section = here;
            lines.push(format!("\n[{section}]"));
        }
        let setting = format!("{name} = {value}");
        lines.push(format!("{setting:<44} # {origin}"));
    }
    lines.join("\n")
}

/// Key, value and origin of everything that is set, in the order of the reference.
fn rows(loaded: &Loaded) -> impl Iterator<Item = (&'static str, Value, String)> {
    Key::ALL.iter().filter_map(|key| {
        let value = match (key.path, loaded.entries.get(key.path)) {
            // Shown as they are used: absolute.
            ("data_dir", _) => Value::Text(super::text(&loaded.config.data_dir)),
            ("cache_dir", _) => Value::Text(super::text(&loaded.config.cache_dir)),
            ("problems", Some(_)) => {
                Value::Text(super::text(loaded.config.problems.as_deref().unwrap_or("".as_ref())))
            }
            (_, entry) => {
                let hidden = matches!(key.kind, Kind::Secret(_));
                let value = entry?.value.clone();
                if hidden { Value::Text("(not shown)".to_owned()) } else { value }
            }
        };
        Some((key.path, value, loaded.origin(key.path).to_string()))
    })
}
