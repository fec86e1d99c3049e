//! Checker, interactor, validators and generators, each with the headers that it includes.

use super::{Importer, MAX_SOURCE, TESTLIB, plain_name, read_text, xml};
use crate::{
    judge::{Compare, Convention},
    problem::{
        mistake::Mistakes,
        spec::{Program, ValidatorSpec},
    },
};
use roxmltree::Node;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// What a test of a package's own set is called by validators.
const TESTSET: [&str; 2] = ["--testset", "tests"];
/// Unit tests of a checker.
const OUTPUTS: [(&str, &str); 3] =
    [("input-path-pattern", "in"), ("output-path-pattern", "out"), ("answer-path-pattern", "ans")];

/// A program's source and the headers that go with it.
struct Source {
    path: String,
    file: String,
    headers: BTreeSet<String>,
    /// The language, as the package writes it.
    language: String,
}

impl Importer<'_> {
    /// Takes the programs over.
    pub(super) fn programs(
        &mut self,
        root: Node<'_, '_>,
        assets: Node<'_, '_>,
        judging: Option<Node<'_, '_>>,
    ) -> io::Result<()> {
        let mut taken = BTreeSet::new();
        let interactor = xml::child(assets, "interactor");
        match xml::child(assets, "checker") {
            Some(node) => taken.extend(self.checker(node, judging)?),
            None if interactor.is_none() => {
                self.wrong(assets, "checker", "is missing; say in Polygon which one it is");
            }
            None => {}
        }
        if let Some(node) = interactor
            && let Some(source) = self.source(node, "interactor")?
        {
            self.spec.interactor = Some(program(&source));
            taken.insert(source.path.clone());
            self.place(&source, "interactor")?;
        }
        let validators = xml::child(assets, "validators");
        let validators: Vec<_> =
            validators.into_iter().flat_map(|all| xml::children(all, "validator")).collect();
        for node in &validators {
            taken.extend(self.validator(*node, validators.len())?);
        }
        let executables =
            xml::child(root, "files").and_then(|files| xml::child(files, "executables"));
        for node in executables.into_iter().flat_map(|all| xml::children(all, "executable")) {
            self.generator(node, &taken)?;
        }
        Ok(())
    }

    /// The source that a program's element names. A mistake says why there is none.
    fn source(&mut self, node: Node<'_, '_>, what: &str) -> io::Result<Option<Source>> {
        match self.try_source(node)? {
            Ok(source) => Ok(Some(source)),
            Err(why) => {
                self.wrong(node, "source", format!("the {what} cannot be taken over: {why}"));
                Ok(None)
            }
        }
    }

    /// The same; the inner error is for people.
    fn try_source(&mut self, node: Node<'_, '_>) -> io::Result<Result<Source, String>> {
        let Some(source) = xml::child(node, "source") else {
            return Ok(Err("its source is not named".to_owned()));
        };
        let path = source.attribute("path").unwrap_or_default();
        if self.tree.get(path).is_none() {
            return Ok(Err(format!("there is no {path}; take the full package")));
        }
        let file = path.rsplit('/').next().unwrap_or(path);
        let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
        if self.languages.by_extension(extension).is_none() {
            let ids = self.languages.ids();
            return Ok(Err(format!("{path} is in no known language ({ids})")));
        }
        let mut headers = BTreeSet::new();
        if let Err(why) = self.headers(path, &mut headers)? {
            return Ok(Err(why));
        }
        let language = source.attribute("type").unwrap_or_default().to_owned();
        Ok(Ok(Source { path: path.to_owned(), file: file.to_owned(), headers, language }))
    }

    /// The files of `files/` that a source includes, and those that they include.
    fn headers(
        &mut self,
        path: &str,
        all: &mut BTreeSet<String>,
    ) -> io::Result<Result<(), String>> {
        let mut left = vec![path.to_owned()];
        while let Some(path) = left.pop() {
            // What is no text is complained of when the program is read.
            let mut unread = Mistakes::default();
            let text = read_text(self.package, self.tree, &path, MAX_SOURCE, &mut unread)?;
            for name in text.iter().flat_map(|text| included(text)) {
                let header = format!("files/{name}");
                if self.tree.get(&header).is_some() {
                    if all.insert(header.clone()) {
                        left.push(header);
                    }
                } else if name == TESTLIB {
                    return Ok(Err(format!(
                        "{path} includes {TESTLIB}, which is not in files/; get it from \
                         github.com/MikeMirzayanov/testlib and put it there, or take the full package"
                    )));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Copies a program and its headers into a folder of our package.
    fn place(&mut self, source: &Source, folder: &str) -> io::Result<()> {
        self.carry(&source.path, &format!("{folder}/{}", source.file))?;
        for header in &source.headers {
            let name = header.trim_start_matches("files/");
            self.carry(header, &format!("{folder}/{name}"))?;
        }
        let newer = ["++20", "++23"].iter().any(|end| source.language.ends_with(end));
        if newer {
            let reason = format!("it is compiled as C++17, not as {}", source.language);
            self.ignored.push(super::Ignored::field(&source.path, "type", reason));
        }
        Ok(())
    }

    /// The checker; says the source that was taken.
    fn checker(
        &mut self,
        node: Node<'_, '_>,
        judging: Option<Node<'_, '_>>,
    ) -> io::Result<Option<String>> {
        if let Some(kind) = node.attribute("type").filter(|kind| *kind != "testlib") {
            let message = format!("`{kind}` is not known; only testlib's kind of checkers is");
            self.wrong(node, "type", message);
            return Ok(None);
        }
        let verdicts = BTreeMap::from([
            ("ok", "valid_output"),
            ("wrong-answer", "invalid_output"),
            ("wrong_answer", "invalid_output"),
            ("presentation-error", "invalid_output"),
            ("presentation_error", "invalid_output"),
        ]);
        self.unit_tests(node, "checker", &OUTPUTS, &verdicts)?;
        let name = node.attribute("name").unwrap_or_default();
        let source = match (self.try_source(node)?, standard(name)) {
            (Ok(source), _) => source,
            // A comparison of ours takes the same outputs.
            (Err(_), Some(compare)) => {
                self.spec.compare = Some(compare);
                return Ok(None);
            }
            (Err(_), None) if name == "std::fcmp.cpp" && !self.has_source(node) => {
                self.spec.compare = Some(Compare::Icpc {
                    case_sensitive: true,
                    space_change_sensitive: true,
                    absolute: None,
                    relative: None,
                });
                let reason = "std::fcmp.cpp is not in the package; words and the white space between them are compared";
                self.ignore(node, "checker", reason);
                return Ok(None);
            }
            (Err(why), None) => {
                self.wrong(node, "source", format!("the checker cannot be taken over: {why}"));
                return Ok(None);
            }
        };
        self.percent(&source.path, judging)?;
        self.spec.checker = Some(program(&source));
        self.place(&source, "checker")?;
        Ok(Some(source.path))
    }

    /// Whether the source that a program's element names is in the package.
    fn has_source(&self, node: Node<'_, '_>) -> bool {
        let path = xml::child(node, "source").and_then(|source| source.attribute("path"));
        path.is_some_and(|path| self.tree.get(path).is_some())
    }

    /// A checker's points are points here, never percent.
    fn percent(&mut self, path: &str, judging: Option<Node<'_, '_>>) -> io::Result<()> {
        let flag = "treat-points-from-checker-as-percent";
        let Some(judging) = judging.filter(|judging| judging.attribute(flag) == Some("true"))
        else {
            return Ok(());
        };
        let mut unread = Mistakes::default();
        let text = read_text(self.package, self.tree, path, MAX_SOURCE, &mut unread)?;
        // A checker that never gives points is not touched by the setting.
        if text.is_some_and(|text| ["quitp", "_points"].iter().any(|word| text.contains(word))) {
            let message = "the checker gives points, which are judged as points and not as percent; \
                           let it give parts by quitf(_pc(n), …) and turn the setting off";
            self.wrong(judging, flag, message);
        }
        Ok(())
    }

    fn validator(&mut self, node: Node<'_, '_>, count: usize) -> io::Result<Option<String>> {
        let Some(source) = self.source(node, "validator")? else { return Ok(None) };
        let stem = source.file.split('.').next().unwrap_or_default();
        let mut name = plain_name(stem);
        while self.spec.validators.iter().any(|validator| validator.name == name) {
            name.push('_');
        }
        self.place(&source, &format!("validators/{name}"))?;
        let args = TESTSET.map(str::to_owned).to_vec();
        let program = Program { args, ..program(&source) };
        let label = name.clone();
        self.spec.validators.push(ValidatorSpec { name, program });
        let verdicts = BTreeMap::from([("valid", "valid_input"), ("invalid", "invalid_input")]);
        // Ours are for every validator at once.
        if count == 1 {
            self.unit_tests(node, &label, &[("input-path-pattern", "in")], &verdicts)?;
        } else if node.descendants().any(|inner| inner.has_tag_name("test")) {
            self.ignore(node, "testset", "unit tests are taken over from a single validator only");
        }
        Ok(Some(source.path))
    }

    /// A program of the package that is none of those that judge makes tests.
    fn generator(&mut self, node: Node<'_, '_>, taken: &BTreeSet<String>) -> io::Result<()> {
        let path = xml::child(node, "source").and_then(|source| source.attribute("path"));
        let Some(path) = path.filter(|path| !taken.contains(*path)) else { return Ok(()) };
        match self.try_source(node)? {
            Ok(source) => {
                let stem = source.file.split('.').next().unwrap_or_default();
                self.place(&source, &format!("generators/{}", plain_name(stem)))
            }
            Err(why) => {
                self.used(path);
                self.ignore(node, "executable", format!("it makes no tests here: {why}"));
                Ok(())
            }
        }
    }

    /// Resources that are compiled with every solution, and attachments.
    pub(super) fn files(&mut self, root: Node<'_, '_>) -> io::Result<()> {
        let Some(files) = xml::child(root, "files") else { return Ok(()) };
        let resources = xml::child(files, "resources");
        for file in resources.into_iter().flat_map(|all| xml::children(all, "file")) {
            let Some(path) = file.attribute("path") else { continue };
            let asset = |node: Node<'_, '_>| {
                node.has_tag_name("asset")
                    && node
                        .attribute("name")
                        .is_some_and(|name| name.eq_ignore_ascii_case("solution"))
            };
            if file.descendants().any(asset) {
                self.resource(file, path)?;
            }
        }
        let attachments = xml::child(files, "attachments");
        for file in attachments.into_iter().flat_map(|all| xml::children(all, "file")) {
            let Some(path) = file.attribute("path") else { continue };
            let name = path.rsplit('/').next().unwrap_or(path);
            self.carry(path, &format!("attachments/{}", plain_name(name)))?;
        }
        Ok(())
    }

    fn resource(&mut self, node: Node<'_, '_>, path: &str) -> io::Result<()> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let languages: &[&str] = match extension {
            "h" | "hpp" | "cpp" | "cc" => &["cpp", "cpp20", "cpp23"],
            "c" => &["c"],
            "java" => &["java"],
            "py" => &["python", "pypy"],
            "kt" => &["kotlin"],
            _ => &[],
        };
        if languages.is_empty() {
            self.used(path);
            self.ignore(node, "asset", format!("it is not known which solutions use {name}"));
        }
        for language in languages {
            self.carry(path, &format!("include/{language}/{}", plain_name(name)))?;
            self.spec.include.entry((*language).to_owned()).or_default();
        }
        Ok(())
    }
}

fn program(source: &Source) -> Program {
    Program { program: source.file.clone(), convention: Convention::Testlib, args: Vec::new() }
}

/// The files that a C++ source includes by name.
fn included(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?;
        let rest = rest.trim_start();
        let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let bracketed = || rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        quoted.or_else(bracketed).map(|(name, _)| name)
    })
}

/// The comparison of ours that takes the same outputs as a checker of Polygon's own. Those that look at
/// lines or numbers in a way of their own have none.
fn standard(name: &str) -> Option<Compare> {
    let float = |epsilon| Compare::Float { absolute: epsilon, relative: epsilon };
    match name.strip_prefix("std::")?.strip_suffix(".cpp")? {
        "wcmp" | "ncmp" | "icmp" | "hcmp" => Some(Compare::Tokens),
        "yesno" | "nyesno" => Some(Compare::Caseless),
        "rcmp4" => Some(float(1e-4)),
        "rcmp6" => Some(float(1e-6)),
        "rcmp9" => Some(float(1e-9)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes() {
        let text =
            "#include \"testlib.h\"\n  #  include<bits/stdc++.h>\n// #include \"x\"\n#include M\n";
        assert_eq!(included(text).collect::<Vec<_>>(), ["testlib.h", "bits/stdc++.h"]);
    }

    #[test]
    fn checkers_of_its_own() {
        assert_eq!(standard("std::wcmp.cpp"), Some(Compare::Tokens));
        assert_eq!(standard("std::nyesno.cpp"), Some(Compare::Caseless));
        let float = Compare::Float { absolute: 1e-9, relative: 1e-9 };
        assert_eq!(standard("std::rcmp9.cpp"), Some(float));
        // Lines count in them, or more than one number does.
        for other in ["std::lcmp.cpp", "std::fcmp.cpp", "std::caseicmp.cpp", "wcmp.cpp", ""] {
            assert_eq!(standard(other), None, "{other}");
        }
    }
}
