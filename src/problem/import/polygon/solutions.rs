//! Solutions and what their tags say.

use super::{Importer, plain_name, xml};
use crate::{
    judge::{Expectation, PartExpectation, Verdict},
    problem::spec::SolutionSpec,
};
use Verdict::{
    Accepted, MemoryLimitExceeded, PresentationError, RuntimeError, TimeLimitExceeded, WrongAnswer,
};
use roxmltree::Node;
use std::{collections::BTreeSet, io};

/// What a tag says: the folder, and what it permits and requires where the folder does not say that.
struct Tag {
    folder: &'static str,
    permitted: &'static [Verdict],
    required: &'static [Verdict],
}

/// What a tag says; `None` for those that are not known.
fn tag(name: &str) -> Option<Tag> {
    const FAILURES: &[Verdict] =
        &[WrongAnswer, PresentationError, TimeLimitExceeded, MemoryLimitExceeded, RuntimeError];
    let (folder, permitted, required): (_, &[Verdict], &[Verdict]) = match name {
        "main" | "accepted" => ("accepted", &[Accepted], &[Accepted]),
        "wrong-answer" => ("wrong_answer", &[Accepted, WrongAnswer], &[WrongAnswer]),
        "presentation-error" => {
            ("presentation_error", &[Accepted, PresentationError], &[PresentationError])
        }
        "time-limit-exceeded" => {
            ("time_limit_exceeded", &[Accepted, TimeLimitExceeded], &[TimeLimitExceeded])
        }
        "memory-limit-exceeded" => {
            ("memory_limit_exceeded", &[Accepted, MemoryLimitExceeded], &[MemoryLimitExceeded])
        }
        "failed" => ("run_time_error", &[Accepted, RuntimeError], &[RuntimeError]),
        "rejected" => ("rejected", &[], FAILURES),
        "time-limit-exceeded-or-accepted" => ("mixed", &[Accepted, TimeLimitExceeded], &[]),
        "time-limit-exceeded-or-memory-limit-exceeded" => (
            "mixed",
            &[Accepted, TimeLimitExceeded, MemoryLimitExceeded],
            &[TimeLimitExceeded, MemoryLimitExceeded],
        ),
        _ => return None,
    };
    Some(Tag { folder, permitted, required })
}

/// Our language for one of Polygon's, such as `cpp.g++17`; `None` when there is none.
fn language(name: &str) -> Option<&'static str> {
    Some(match name {
        _ if name.starts_with("cpp.") => match name.rsplit("++").next() {
            Some("20") => "cpp20",
            Some("23" | "26") => "cpp23",
            _ => "cpp",
        },
        _ if name.starts_with("c.") => "c",
        _ if name.starts_with("java") => "java",
        "python.3" => "python",
        _ if name.starts_with("python.pypy3") => "pypy",
        _ if name.starts_with("kotlin") => "kotlin",
        _ if name.starts_with("rust") => "rust",
        _ if name.starts_with("go") => "go",
        _ if name.starts_with("csharp") => "csharp",
        _ if name.starts_with("js") => "javascript",
        _ if name.starts_with("ruby") => "ruby",
        _ if name.starts_with("haskell") => "haskell",
        _ => return None,
    })
}

impl Importer<'_> {
    /// Takes the solutions over.
    pub(super) fn solutions(&mut self, assets: Node<'_, '_>) -> io::Result<()> {
        let all = xml::child(assets, "solutions");
        let mut taken = BTreeSet::new();
        for node in all.into_iter().flat_map(|all| xml::children(all, "solution")) {
            self.solution(node, &mut taken)?;
        }
        Ok(())
    }

    fn solution(&mut self, node: Node<'_, '_>, taken: &mut BTreeSet<String>) -> io::Result<()> {
        let source = xml::child(node, "source");
        let path = source.and_then(|source| source.attribute("path")).unwrap_or_default();
        if self.tree.get(path).is_none() {
            self.wrong(node, "source", format!("there is no file `{path}`; take the full package"));
            return Ok(());
        }
        self.used(path);
        let file = plain_name(path.rsplit('/').next().unwrap_or(path));
        let name = node.attribute("tag").unwrap_or_default();
        if name == "do-not-run" {
            self.ignore(node, "solution.tag", format!("{path} is not run, as its tag says"));
            return Ok(());
        }
        let Some(tag) = tag(name) else {
            let message = format!("`{name}` is no tag that is known");
            self.wrong(node, "tag", message);
            return Ok(());
        };
        let kind = source.and_then(|source| source.attribute("type")).unwrap_or_default();
        let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
        let usual = self.languages.by_extension(extension).map(|language| language.id.clone());
        let known = language(kind).filter(|id| self.languages.find(id).is_some());
        let language = match known {
            Some(id) => id.to_owned(),
            None if kind.is_empty() && usual.is_some() => usual.clone().unwrap_or_default(),
            None => {
                let reason = format!("{path} is not judged: there is no language for `{kind}`");
                self.ignore(node, "solution.source", reason);
                return Ok(());
            }
        };
        let place = free(tag.folder, &file, taken);
        self.carry(path, &format!("solutions/{place}"))?;
        if name == "main" {
            self.spec.reference = Some(place.clone());
        }
        let set = |verdicts: &[Verdict]| verdicts.iter().copied().collect();
        let tests = self.parts(node);
        let expectation = Expectation {
            permitted: set(tag.permitted),
            required: set(tag.required),
            tests,
            ..Expectation::default()
        };
        let language = Some(language).filter(|id| usual.as_ref() != Some(id));
        let spec = SolutionSpec { path: place, language, expectation, ..SolutionSpec::default() };
        self.spec.solutions.push(spec);
        Ok(())
    }

    /// What a solution's further tags say of groups.
    fn parts(&mut self, node: Node<'_, '_>) -> Vec<PartExpectation> {
        let extra = xml::child(node, "extra-tags");
        let mut parts = Vec::new();
        for extra in extra.into_iter().flat_map(|all| xml::children(all, "extra-tag")) {
            let Some(group) = extra.attribute("group") else {
                self.ignore(extra, "extra-tag", "only tags of groups are taken over");
                continue;
            };
            let name = extra.attribute("tag").unwrap_or_default();
            let Some(tag) = tag(name) else {
                self.wrong(extra, "tag", format!("`{name}` is no tag that is known"));
                continue;
            };
            let Some(pattern) = self.pattern_of(group) else {
                self.wrong(extra, "group", format!("there is no test of group `{group}`"));
                continue;
            };
            let set = |verdicts: &[Verdict]| verdicts.iter().copied().collect();
            parts.push(PartExpectation {
                pattern,
                permitted: set(tag.permitted),
                required: set(tag.required),
                ..PartExpectation::default()
            });
        }
        parts
    }

    /// A pattern that the tests of a group fit, and no others.
    fn pattern_of(&self, group: &str) -> Option<String> {
        let folder = self.folders.get(group)?;
        Some(format!("*/{folder}/*"))
    }
}

/// A path below `solutions/` that no other solution has.
fn free(folder: &str, file: &str, taken: &mut BTreeSet<String>) -> String {
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let mut place = format!("{folder}/{file}");
    let mut number = 2;
    while !taken.insert(place.to_ascii_lowercase()) {
        place = format!("{folder}/{stem}-{number}.{extension}");
        number += 1;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for (name, id) in [
            ("cpp.g++17", Some("cpp")),
            ("cpp.gcc13-64-winlibs-g++20", Some("cpp20")),
            ("cpp.gcc14-64-msys2-g++23", Some("cpp23")),
            ("cpp.ms2017", Some("cpp")),
            ("c.gcc", Some("c")),
            ("java21", Some("java")),
            ("python.3", Some("python")),
            ("python.pypy3-64", Some("pypy")),
            ("python.2", None),
            ("python.pypy2", None),
            ("pas.fpc", None),
        ] {
            assert_eq!(language(name), id, "{name}");
        }
    }

    #[test]
    fn paths_are_taken_once() {
        let mut taken = BTreeSet::new();
        let paths: Vec<String> =
            ["a.cpp", "a.cpp", "A.cpp"].map(|file| free("mixed", file, &mut taken)).to_vec();
        assert_eq!(paths, ["mixed/a.cpp", "mixed/a-2.cpp", "mixed/A-3.cpp"]);
    }
}
