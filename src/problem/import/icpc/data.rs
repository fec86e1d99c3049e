//! The tests below `data/`: which there are, and what is said of each.

use super::{Ignored, Importer, carry, flags, programs::Judge};
use crate::{
    judge::Compare,
    problem::{files::Kind, spec::TestSpec},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// What the files of a test end with, the longest first where one is the end of another.
const ENDS: [&str; 15] = [
    ".in.statement",
    ".ans.statement",
    ".in.download",
    ".ans.download",
    ".interaction",
    ".in",
    ".ans",
    ".out",
    ".yaml",
    ".hint",
    ".desc",
    ".png",
    ".jpg",
    ".jpeg",
    ".svg",
];

/// Those that are kept beside the problem, for people.
const KEPT: [&str; 5] = [".hint", ".png", ".jpg", ".jpeg", ".svg"];

/// A test and its files.
#[derive(Debug, Default)]
pub(super) struct Case {
    /// Its files in the package by what they end with.
    pub(super) files: BTreeMap<&'static str, String>,
    /// Files that lie beside the program, by their names.
    pub(super) beside: BTreeMap<String, String>,
}

impl Case {
    /// Whether all its files are for people.
    fn is_only_shown(&self) -> bool {
        let shown = |end: &&str| {
            end.ends_with(".statement") || end.ends_with(".download") || **end == *".interaction"
        };
        self.beside.is_empty() && self.files.keys().all(shown)
    }
}

/// The tests of a folder by name, which is their path below `data/`.
pub(super) type Cases = BTreeMap<String, Case>;

/// What is said of a test beside its files. What is absent is the problem's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) args: Vec<String>,
    pub(super) judge_args: Vec<String>,
    pub(super) validator_args: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) hidden: bool,
}

impl Importer<'_> {
    /// Takes the tests over.
    pub(super) fn data(&mut self, judge: Judge) -> io::Result<()> {
        let mut cases = self.cases("sample/", true);
        cases.append(&mut self.cases("secret/", true));
        self.unknown_folders();
        if cases.is_empty() {
            let message = "holds no tests; there must be some, such as data/secret/1.in with data/secret/1.ans";
            self.mistakes.file("data/secret", message);
        } else if !cases.keys().any(|name| name.starts_with("secret/")) {
            let reason = "holds no tests, so that the samples are the only ones";
            self.ignored.push(Ignored::file("data/secret", reason));
        }
        for (name, case) in &cases {
            let to = format!("tests/{name}");
            for (end, new) in [(".in", ".in"), (".ans", ".out")] {
                if let Some(from) = case.files.get(end) {
                    let to = format!("{to}{new}");
                    carry(self.package, self.tree, from, self.into, &to, self.mistakes)?;
                }
            }
            for (file, from) in &case.beside {
                let to = format!("{to}.files/{file}");
                carry(self.package, self.tree, from, self.into, &to, self.mistakes)?;
            }
        }
        let mut settings = self.groups(&cases)?;
        self.annotations(&cases, &mut settings)?;
        self.say(&settings, judge);
        self.tests = settings.into_iter().map(|(name, _)| name).collect();
        Ok(())
    }

    /// Folders of `data/` that are none of the format's.
    fn unknown_folders(&mut self) {
        let known = [
            "sample",
            "secret",
            "invalid_input",
            "invalid_output",
            "valid_output",
            "invalid_inputs",
            "invalid_answers",
            "invalid_outputs",
            "valid_outputs",
            "bad",
        ];
        let mut told = BTreeSet::new();
        for (path, _) in self.tree.below("data/") {
            let Some((folder, _)) = path.split_once('/') else {
                if !matches!(path, "test_group.yaml" | "testdata.yaml") {
                    self.ignored
                        .push(Ignored::file(format!("data/{path}"), "is no part of the format"));
                }
                continue;
            };
            if !known.contains(&folder) && told.insert(folder) {
                let reason = "is no folder of the format; tests are in sample and secret";
                self.ignored.push(Ignored::file(format!("data/{folder}"), reason));
            }
        }
    }

    /// The tests below a folder of `data/` (written with its final slash). `whole` ones need an answer.
    pub(super) fn cases(&mut self, folder: &str, whole: bool) -> Cases {
        let mut cases = Cases::new();
        let mut odd: BTreeMap<(String, &str), usize> = BTreeMap::new();
        let place = format!("data/{folder}");
        for (path, _) in self.tree.below(&place) {
            let (name, from) = (format!("{folder}{path}"), format!("data/{folder}{path}"));
            if let Some((name, file)) = name.split_once(".files/") {
                cases.entry(name.to_owned()).or_default().beside.insert(file.to_owned(), from);
                continue;
            }
            let file = name.rsplit('/').next().unwrap_or_default();
            if matches!(file, "test_group.yaml" | "testdata.yaml") {
                continue;
            }
            match ENDS.iter().find_map(|end| Some((*end, name.strip_suffix(end)?))) {
                Some((end, stem)) if !stem.is_empty() && !stem.ends_with('/') => {
                    cases.entry(stem.to_owned()).or_default().files.insert(end, from);
                }
                _ => {
                    let end =
                        file.rfind('.').map_or("", |at| &path[path.len() - file.len() + at..]);
                    let place = from.rsplit_once('/').map_or("", |(place, _)| place).to_owned();
                    *odd.entry((place, end)).or_default() += 1;
                }
            }
        }
        for ((place, end), count) in odd {
            let what = if end.is_empty() { "without an extension" } else { end };
            let reason = format!("{count} file(s) {what}: no part of a test");
            self.ignored.push(Ignored::file(place, reason));
        }
        self.partners(&mut cases, whole);
        cases
    }

    /// Every test has an input, and an answer where it needs one. A sample that has neither is only shown.
    fn partners(&mut self, cases: &mut Cases, whole: bool) {
        let mut shown = 0;
        cases.retain(|name, case| {
            if !case.files.contains_key(".in") {
                if name.starts_with("sample/") && case.is_only_shown() {
                    match case.files.get(".interaction") {
                        Some(talk) => self.talks.push(talk.clone()),
                        None => shown += 1,
                    }
                    return false;
                }
                let first = case.files.values().next().cloned();
                let path = first.unwrap_or_else(|| format!("data/{name}.files"));
                self.mistakes.file(&path, format!("has no input; add data/{name}.in"));
                return false;
            }
            if whole && !case.files.contains_key(".ans") {
                let message = format!("has no answer; add data/{name}.ans");
                self.mistakes.file(&format!("data/{name}.in"), message);
            }
            true
        });
        if shown > 0 {
            let reason = format!("{shown} sample(s) that are shown and not judged are not kept");
            self.ignored.push(Ignored::file("data/sample", reason));
        }
    }

    /// Files that say something of a test for people.
    fn annotations(
        &mut self,
        cases: &Cases,
        settings: &mut [(String, Settings)],
    ) -> io::Result<()> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, case) in cases {
            let said = settings.iter_mut().find(|(known, _)| known == name).map(|(_, said)| said);
            let Some(said) = said else { continue };
            for (end, path) in &case.files {
                match *end {
                    ".desc" => {
                        let text = self.text(path)?.unwrap_or_default();
                        said.description =
                            Some(text.trim().to_owned()).filter(|text| !text.is_empty());
                    }
                    ".interaction" => {
                        self.talks.push(path.clone());
                        // Graders know samples by what is shown.
                        said.hidden = name.starts_with("sample/") && !self.meta.scoring;
                    }
                    ".in" | ".ans" | ".yaml" | ".out" => {}
                    other => {
                        if KEPT.contains(&other) {
                            let to = format!("attachments/{path}");
                            carry(self.package, self.tree, path, self.into, &to, self.mistakes)?;
                        }
                        *counts.entry(other).or_default() += 1;
                    }
                }
            }
        }
        for (end, count) in counts {
            let what = match end {
                ".hint" => "hints are not shown; they are kept in attachments/",
                end if KEPT.contains(&end) => {
                    "pictures of tests are not shown; they are kept in attachments/"
                }
                _ => "samples are shown as they are judged",
            };
            self.ignored.push(Ignored::file("data", format!("{count} file(s) {end}: {what}")));
        }
        Ok(())
    }

    /// Writes what is said of the tests as few entries of `[[tests]]`.
    fn say(&mut self, settings: &[(String, Settings)], judge: Judge) {
        let mut entries = Vec::new();
        self.entries("", settings, judge, &mut entries);
        self.spec.tests = entries;
    }

    fn entries(
        &mut self,
        prefix: &str,
        tests: &[(String, Settings)],
        judge: Judge,
        out: &mut Vec<TestSpec>,
    ) {
        let Some((_, first)) = tests.first() else { return };
        if !prefix.is_empty() && tests.len() > 1 && tests.iter().all(|(_, said)| said == first) {
            out.extend(self.test_entry(format!("{prefix}*"), first, judge));
            return;
        }
        let mut folders: BTreeMap<&str, Vec<(String, Settings)>> = BTreeMap::new();
        for (name, said) in tests {
            match name[prefix.len()..].split_once('/') {
                Some((folder, _)) => {
                    folders.entry(folder).or_default().push((name.clone(), said.clone()));
                }
                None => out.extend(self.test_entry(name.clone(), said, judge)),
            }
        }
        for (folder, tests) in folders {
            self.entries(&format!("{prefix}{folder}/"), &tests, judge, out);
        }
    }

    fn test_entry(&mut self, name: String, said: &Settings, judge: Judge) -> Option<TestSpec> {
        let own = said.judge_args != self.meta.validator_flags;
        let mut entry = TestSpec {
            args: (!said.args.is_empty()).then(|| said.args.clone()),
            validator_args: (!said.validator_args.is_empty()).then(|| said.validator_args.clone()),
            description: said.description.clone(),
            sample: said.hidden.then_some(false),
            ..TestSpec::default()
        };
        match judge {
            Judge::Program => entry.judge_args = own.then(|| said.judge_args.clone()),
            Judge::Default if own => match flags::compare(&said.judge_args) {
                Ok(compare) => {
                    entry.compare =
                        (self.spec.compare.as_ref() != Some(&compare)).then_some(compare);
                }
                Err(message) => {
                    let at = format!("data/{}", name.trim_end_matches("/*"));
                    self.mistakes.field(&at, None, self.flags_key(), message);
                    entry.compare = Some(Compare::default());
                }
            },
            Judge::Default => {}
        }
        let silent = entry.args.is_none()
            && entry.validator_args.is_none()
            && entry.description.is_none()
            && entry.sample.is_none()
            && entry.judge_args.is_none()
            && entry.compare.is_none();
        entry.name = name;
        (!silent).then_some(entry)
    }

    fn flags_key(&self) -> &'static str {
        if self.legacy_groups() { "output_validator_flags" } else { "output_validator_args" }
    }

    /// Whether the tests are in groups as legacy packages have them; drafts of the later version may.
    pub(super) fn legacy_groups(&self) -> bool {
        use super::metadata::Version;
        match self.meta.version {
            Version::Legacy | Version::LegacyIcpc => true,
            Version::Latest => false,
            Version::Draft => self.tree.below("data/").any(|(path, kind)| {
                path.ends_with("testdata.yaml") && matches!(kind, Kind::Regular(_))
            }),
        }
    }
}
