//! `2025-09`.

use super::{Layout, Out, code, layout::Placed};
use crate::judge::{Aggregate, Group, TestCase};
use serde_json::{Map, Value, json};
use std::io;

/// Writes the package.
pub(in crate::problem::export) fn write(out: &mut Out<'_>) -> io::Result<()> {
    let problem = out.problem;
    let layout = Layout::flat(problem);
    out.lose_our_own();
    out.compares();
    let languages = out.statements("statement/")?;
    let names = out.names(&languages);
    let meta = metadata(out, names);
    out.yaml("problem.yaml", meta)?;
    out.tests(&layout)?;
    out.judges("output_validator/")?;
    out.validators()?;
    out.folder("static_validator/", "static_validator/")?;
    out.includes(true)?;
    out.drivers();
    groups(out, &layout)?;
    for test in &problem.tests {
        let own = case(out, test);
        out.yaml(&format!("data/{}.yaml", layout.of(&test.name)), own)?;
    }
    out.rest()?;
    out.submissions(&layout, true)
}

fn metadata(out: &mut Out<'_>, names: Value) -> Map<String, Value> {
    let (problem, about) = (out.problem, &out.problem.about);
    let mut types = vec![if problem.groups.is_empty() { "pass-fail" } else { "scoring" }];
    if problem.interactor.is_some() {
        types.push("interactive");
    }
    if problem.passes > 1 {
        types.push("multi-pass");
    }
    let uuid = about.uuid.clone().unwrap_or_else(|| uuid(&out.stored.version));
    let mut meta = Map::new();
    meta.insert("problem_format_version".to_owned(), "2025-09".into());
    meta.insert("name".to_owned(), names);
    meta.insert("type".to_owned(), json!(types));
    meta.insert("uuid".to_owned(), uuid.into());
    if !about.authors.is_empty() {
        meta.insert("credits".to_owned(), json!({ "authors": about.authors }));
    }
    match (&about.source, &about.source_url) {
        (Some(name), Some(url)) => {
            meta.insert("source".to_owned(), json!({ "name": name, "url": url }));
        }
        (Some(name), None) => _ = meta.insert("source".to_owned(), json!(name)),
        (None, Some(url)) => {
            meta.insert("source".to_owned(), json!({ "name": url, "url": url }));
        }
        (None, None) => {}
    }
    for (key, value) in [("license", &about.license), ("rights_owner", &about.rights_owner)] {
        if let Some(value) = value {
            meta.insert(key.to_owned(), json!(value));
        }
    }
    if !problem.tags.is_empty() {
        meta.insert("keywords".to_owned(), json!(problem.tags));
    }
    let codes: Vec<&str> = problem.languages.iter().filter_map(|id| code(id, out)).collect();
    if !codes.is_empty() {
        meta.insert("languages".to_owned(), json!(codes));
    }
    meta.insert("limits".to_owned(), limits(out));
    // As here, within the memory limit.
    meta.insert("allow_file_writing".to_owned(), json!(true));
    meta
}

fn limits(out: &Out<'_>) -> Value {
    let (limits, timing) = (&out.problem.limits, out.problem.timing);
    let mut map = Map::new();
    let inferred = timing.is_some_and(|timing| timing.inferred);
    let said = timing.map_or(1000, |timing| timing.resolution_ms);
    let fits = |step: &u64| inferred || limits.time_ms.is_multiple_of(*step);
    let resolution = [said, 1000, 100, 10].into_iter().find(fits).unwrap_or(1);
    if !inferred {
        map.insert("time_limit".to_owned(), seconds(limits.time_ms));
    }
    map.insert("time_resolution".to_owned(), seconds(resolution));
    if let Some(timing) = timing {
        let factors = json!({
            "ac_to_time_limit": timing.ac_to_time_limit,
            "time_limit_to_tle": timing.time_limit_to_tle,
        });
        map.insert("time_multipliers".to_owned(), factors);
    }
    map.insert("memory".to_owned(), json!(limits.memory_mib));
    map.insert("output".to_owned(), json!(limits.output_mib));
    if out.problem.passes > 1 {
        map.insert("validation_passes".to_owned(), json!(out.problem.passes));
    }
    Value::Object(map)
}

fn seconds(ms: u64) -> Value {
    if ms.is_multiple_of(1000) { json!(ms / 1000) } else { json!(ms as f64 / 1000.0) }
}

/// A number in the world for a problem that has none: always the same for the same version.
fn uuid(version: &str) -> String {
    let digits = &version[..version.len().min(32)];
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

/// What is said of the tests of a folder, and what they are worth.
fn groups(out: &mut Out<'_>, layout: &Layout<'_>) -> io::Result<()> {
    let scoring = !out.problem.groups.is_empty();
    let mut secret = settings(out);
    let sample = settings(out);
    out.yaml("data/sample/test_group.yaml", sample)?;
    let whole = layout.groups.len() == 1 && layout.groups[0].folder == "secret";
    let unbounded = layout.groups.iter().any(|placed| placed.group.is_some_and(|g| g.unbounded));
    let static_points = out.problem.static_validator.as_ref().map(|program| program.points);
    if scoring {
        let top = out.problem.groups.iter().find(|group| {
            group.tests.is_empty()
                && layout.groups.iter().any(|placed| {
                    placed.group.is_some_and(|g| g.parent.as_ref() == Some(&group.name))
                })
        });
        let only = whole.then(|| layout.groups[0].group).flatten();
        if let Some(group) = only.or(top) {
            let rule = rule(out, group, layout);
            secret.insert("score_aggregation".to_owned(), rule.into());
        }
        let own = |placed: &Placed<'_>| placed.group.map_or(0.0, |group| group.points);
        let sum: f64 = match top {
            Some(top) if !whole => top.points,
            _ => layout.groups.iter().map(own).sum(),
        };
        let most = sum + static_points.unwrap_or(0.0);
        secret.insert("max_score".to_owned(), score(out, "groups.points", most, unbounded));
        if let Some(group) = only {
            requires(out, group, layout, &mut secret);
        }
    }
    if let Some(program) = &out.problem.static_validator {
        let points = program.points;
        let value = if points > 0.0 {
            score(out, "static_validator.points", points, false)
        } else {
            "pass-fail".into()
        };
        secret.insert("static_validation_score".to_owned(), value);
        if !out.problem.static_validator.as_ref().is_none_or(|p| p.program.args.is_empty()) {
            let args = out.problem.static_validator.as_ref().map(|p| p.program.args.clone());
            secret.insert("static_validator_args".to_owned(), json!(args));
        }
    }
    out.yaml("data/secret/test_group.yaml", secret)?;
    if whole {
        return Ok(());
    }
    for placed in &layout.groups {
        let mut own = settings(out);
        let (points, unbounded) =
            placed.group.map_or((0.0, false), |group| (group.points, group.unbounded));
        own.insert("max_score".to_owned(), score(out, "groups.points", points, unbounded));
        if let Some(group) = placed.group {
            let rule = rule(out, group, layout);
            own.insert("score_aggregation".to_owned(), rule.into());
            requires(out, group, layout, &mut own);
        }
        out.yaml(&format!("data/{}/test_group.yaml", placed.folder), own)?;
    }
    Ok(())
}

/// A number of points, which are whole in the format.
fn score(out: &mut Out<'_>, field: &str, points: f64, unbounded: bool) -> Value {
    if unbounded {
        return "unbounded".into();
    }
    if points.fract() != 0.0 {
        out.lose(field, format!("points are whole numbers in the format: {points} was rounded"));
    }
    json!(points.round() as u64)
}

/// How a group's tests make its points.
fn rule(out: &mut Out<'_>, group: &Group, layout: &Layout<'_>) -> &'static str {
    let field = format!("groups.{}", group.name);
    if group.grader.is_some() {
        out.lose(format!("{field}.grader"), "the format has no graders; scores may differ");
    }
    let required = layout.groups.iter().filter_map(|placed| placed.group);
    let required = { required }.any(|other| other.requires.contains(&group.name));
    let judged = out.problem.checker.is_some() || out.problem.interactor.is_some();
    let (rule, stop) = match group.score {
        Aggregate::Sum => ("sum", false),
        // Without a program that says parts a test earns all or nothing.
        Aggregate::Min if required || !judged => ("pass-fail", true),
        Aggregate::Min => ("min", true),
        Aggregate::Avg | Aggregate::Max => {
            out.lose(
                format!("{field}.score"),
                "the format has only pass-fail, sum and min; sum is written",
            );
            ("sum", false)
        }
    };
    if group.stop != stop && group.grader.is_none() {
        out.lose(format!("{field}.stop"), "the format leaves it to the judge which tests are run");
    }
    rule
}

fn requires(out: &mut Out<'_>, group: &Group, layout: &Layout<'_>, own: &mut Map<String, Value>) {
    let mut needed = Vec::new();
    for name in &group.requires {
        let placed =
            layout.groups.iter().find(|placed| placed.group.is_some_and(|g| g.name == *name));
        let samples = out.problem.groups.iter().any(|g| {
            g.name == *name
                && !layout
                    .groups
                    .iter()
                    .any(|placed| placed.group.is_some_and(|p| p.name == g.name))
        });
        match placed {
            Some(Placed { group: Some(other), .. }) if other.score != Aggregate::Min => {
                let reason =
                    format!("`{name}` has a sum, and only pass-fail groups can be required");
                out.lose(format!("groups.{}.requires", group.name), reason);
            }
            Some(placed) => needed.push(placed.folder.clone()),
            None if samples => needed.push("sample".to_owned()),
            None => out
                .lose(format!("groups.{}.requires", group.name), format!("`{name}` has no tests")),
        }
    }
    if !needed.is_empty() {
        own.insert("require_pass".to_owned(), json!(needed));
    }
}

/// What is said of all tests of a folder.
fn settings(out: &Out<'_>) -> Map<String, Value> {
    let mut map = Map::new();
    let args = out.judge_args(None);
    if !args.is_empty() {
        map.insert("output_validator_args".to_owned(), json!(args));
    }
    map
}

/// What is said of one test.
fn case(out: &Out<'_>, test: &TestCase) -> Map<String, Value> {
    let mut map = Map::new();
    if !test.args.is_empty() {
        map.insert("args".to_owned(), json!(test.args));
    }
    if let Some(args) = &test.validator_args {
        map.insert("input_validator_args".to_owned(), json!(args));
    }
    let args = out.judge_args(Some(test));
    if args != out.judge_args(None) {
        map.insert("output_validator_args".to_owned(), json!(args));
    }
    if let Some(description) = &test.description {
        map.insert("description".to_owned(), json!(description));
    }
    map
}
