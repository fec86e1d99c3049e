//! `legacy`.

use super::{Layout, Out};
use crate::judge::{Aggregate, Grader, GraderVerdict, Group, TestCase};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, io};

/// Writes the package.
pub(in crate::problem::export) fn write(out: &mut Out<'_>) -> io::Result<()> {
    let problem = out.problem;
    // Groups that came from such a package are in the folders that they were in.
    let graded = problem.groups.iter().any(|group| group.grader.is_some());
    let layout = if graded { Layout::deep(problem) } else { Layout::flat(problem) };
    out.lose_our_own();
    out.lose_languages();
    out.compares();
    out.statements("problem_statement/")?;
    let meta = metadata(out);
    out.yaml("problem.yaml", meta)?;
    if !problem.timing.is_some_and(|timing| timing.inferred) {
        let seconds = problem.limits.time_ms as f64 / 1000.0;
        out.write("domjudge-problem.ini", format!("timelimit = {seconds}\n").as_bytes())?;
    }
    out.tests(&layout)?;
    out.judges("output_validators/judge/")?;
    out.validators()?;
    out.drop_folder("static_validator/", "the format has no static validators");
    out.includes(false)?;
    out.drivers();
    if graded {
        graders(out)?;
    } else {
        groups(out, &layout)?;
    }
    for test in &problem.tests {
        say(out, test, layout.of(&test.name))?;
    }
    out.rest()?;
    out.submissions(&layout, false)
}

fn metadata(out: &mut Out<'_>) -> Map<String, Value> {
    let (problem, about) = (out.problem, &out.problem.about);
    let mut meta = Map::new();
    let mut set = |key: &str, value: Value| _ = meta.insert(key.to_owned(), value);
    set("problem_format_version", "legacy".into());
    set("name", problem.title.clone().into());
    set("type", if problem.groups.is_empty() { "pass-fail" } else { "scoring" }.into());
    if let Some(uuid) = &about.uuid {
        set("uuid", json!(uuid));
    }
    if !about.authors.is_empty() {
        set("author", about.authors.join(", ").into());
    }
    let known = [
        ("source", &about.source),
        ("source_url", &about.source_url),
        ("license", &about.license),
        ("rights_owner", &about.rights_owner),
    ];
    for (key, value) in known {
        if let Some(value) = value {
            set(key, json!(value));
        }
    }
    if !problem.tags.is_empty() {
        set("keywords", problem.tags.join(" ").into());
    }
    let judged = problem.checker.is_some() || problem.interactor.is_some();
    let mut validation = vec![if judged { "custom" } else { "default" }];
    if problem.interactor.is_some() {
        validation.push("interactive");
    }
    if judged && !problem.groups.is_empty() {
        validation.push("score");
    }
    set("validation", validation.join(" ").into());
    let flags = out.judge_args(None);
    if !flags.is_empty() {
        set("validator_flags", flags.join(" ").into());
    }
    let mut limits =
        json!({ "memory": problem.limits.memory_mib, "output": problem.limits.output_mib });
    if let Some(timing) = problem.timing {
        limits["time_multiplier"] = json!(timing.ac_to_time_limit);
        limits["time_safety_margin"] = json!(timing.time_limit_to_tle);
    }
    set("limits", limits);
    if flags.iter().any(|flag| flag.contains(char::is_whitespace)) {
        out.lose(
            "checker.args",
            "arguments with spaces in them cannot be told apart in the format",
        );
    }
    if problem.tags.iter().any(|tag| tag.contains(char::is_whitespace)) {
        out.lose(
            "tags",
            "keywords are single words in the format: tags of several words became several",
        );
    }
    if !about.titles.is_empty() {
        out.lose("about.titles", "the format has one title, that of the problem's own language");
    }
    if problem.passes > 1 {
        out.lose("passes", "the format has no problems of several passes");
    }
    meta
}

/// What is said of single tests.
fn say(out: &mut Out<'_>, test: &TestCase, place: &str) -> io::Result<()> {
    let field = |key: &str| format!("tests.{}.{key}", test.name);
    if !test.args.is_empty() {
        out.lose(field("args"), "the format has no arguments of programs");
    }
    if test.validator_args.is_some() {
        out.lose(field("validator_args"), "flags of validators belong to groups in the format");
    }
    if out.judge_args(Some(test)) != out.judge_args(None) {
        out.lose(field("judge_args"), "flags of output validators belong to groups in the format");
    }
    match &test.description {
        Some(text) => out.write(&format!("data/{place}.desc"), format!("{text}\n").as_bytes()),
        None => Ok(()),
    }
}

/// Groups of ours, as the default grader grades them.
fn groups(out: &mut Out<'_>, layout: &Layout<'_>) -> io::Result<()> {
    if layout.groups.is_empty() {
        return Ok(());
    }
    let top = json!({ "on_reject": "continue", "grader_flags": "always_accept sum ignore_sample" });
    out.write("data/testdata.yaml", super::yaml(&top)?.as_bytes())?;
    let whole = layout.groups.len() == 1 && layout.groups[0].folder == "secret";
    if !whole {
        let secret = json!({ "on_reject": "continue", "grader_flags": "first_error sum" });
        out.write("data/secret/testdata.yaml", super::yaml(&secret)?.as_bytes())?;
    }
    for placed in &layout.groups {
        let Some(group) = placed.group else {
            let nothing = json!({ "on_reject": "continue", "accept_score": 0, "range": "0 0" });
            let to = format!("data/{}/testdata.yaml", placed.folder);
            out.write(&to, super::yaml(&nothing)?.as_bytes())?;
            continue;
        };
        let field = |key: &str| format!("groups.{}.{key}", group.name);
        if !group.requires.is_empty() {
            out.lose(field("requires"), "groups cannot require others in the format");
        }
        let tests = group.tests.len().max(1) as f64;
        let each = if group.score == Aggregate::Sum { group.points / tests } else { group.points };
        let range =
            if group.unbounded { "0 +inf".to_owned() } else { format!("0 {}", group.points) };
        let settings = json!({
            "on_reject": if group.stop { "break" } else { "continue" },
            "accept_score": number(each),
            "reject_score": 0,
            "range": range,
            "grader_flags": format!("first_error {}", aggregate(group.score)),
        });
        let to = format!("data/{}/testdata.yaml", placed.folder);
        out.write(&to, super::yaml(&settings)?.as_bytes())?;
    }
    Ok(())
}

fn aggregate(score: Aggregate) -> &'static str {
    match score {
        Aggregate::Min => "min",
        Aggregate::Sum => "sum",
        Aggregate::Avg => "avg",
        Aggregate::Max => "max",
    }
}

fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}

/// Groups that came from such a package, with all that their graders do.
fn graders(out: &mut Out<'_>) -> io::Result<()> {
    let groups: BTreeMap<&str, &Group> =
        out.problem.groups.iter().map(|group| (group.name.as_str(), group)).collect();
    for (name, group) in groups {
        let Some(grader) = &group.grader else { continue };
        let folder = if name == "data" { String::new() } else { format!("{name}/") };
        let range =
            if group.unbounded { "0 +inf".to_owned() } else { format!("0 {}", group.points) };
        let settings = json!({
            "on_reject": if group.stop { "break" } else { "continue" },
            "accept_score": number(grader.accept_score),
            "reject_score": number(grader.reject_score),
            "range": range,
            "grader_flags": flags(grader, group.score),
        });
        out.write(&format!("data/{folder}testdata.yaml"), super::yaml(&settings)?.as_bytes())?;
    }
    Ok(())
}

fn flags(grader: &Grader, score: Aggregate) -> String {
    let verdict = match grader.verdict {
        GraderVerdict::WorstError => "worst_error",
        GraderVerdict::FirstError => "first_error",
        GraderVerdict::AlwaysAccept => "always_accept",
    };
    let mut flags = vec![verdict, aggregate(score)];
    if grader.any_accepted {
        flags.push("accept_if_any_accepted");
    }
    if grader.ignore_sample {
        flags.push("ignore_sample");
    }
    flags.join(" ")
}
