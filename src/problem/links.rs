//! Symbolic links inside a package: what they lead to takes their place. They are followed by their
//! names only, never by the file system, so that none leads out of the package.

use super::{
    edit::link,
    files::{Kind, MAX_DEPTH, MAX_ENTRIES, Tree},
    mistake::Mistakes,
};
use std::{collections::BTreeMap, io, path::Path};

/// The longest path that a link may lead to, in bytes.
pub(super) const MAX_TARGET: u64 = 1024;
/// Links that may be met on the way to one file.
const MOST_HOPS: usize = 40;

const WRONG: &str = "is a symbolic link that leads out of the package or to nothing in it; put the \
                     file itself there";

/// The links of a package by path, each with what it says.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<String, String>);

/// Files that links stand for: the path of the link, or below it, and that of the file.
#[derive(Debug, Default)]
pub(super) struct Copies(Vec<(String, String)>);

impl Links {
    /// Takes a link down. What is not UTF-8 leads to nothing.
    pub(super) fn insert(&mut self, path: String, target: &[u8]) {
        let target = std::str::from_utf8(target).unwrap_or_default().to_owned();
        self.0.insert(path, target);
    }

    /// Puts the files that the links lead to into the tree in their place. A link that leads nowhere
    /// is a mistake and stays in the tree as refused.
    pub(super) fn resolve(&self, tree: &mut Tree, mistakes: &mut Mistakes) -> Copies {
        let before = tree.clone();
        let mut walk = Walk { links: self, tree: &before, found: Vec::new(), steps: 0 };
        for path in self.0.keys() {
            let start = walk.found.len();
            let in_file = |(at, _)| matches!(before.get(&path[..at]), Some(Kind::Regular(_)));
            let taken = before.below(&format!("{path}/")).next().is_some()
                || path.match_indices('/').any(in_file);
            if taken || !walk.follow(path, path) {
                walk.found.truncate(start);
                mistakes.file(path, WRONG);
            } else {
                tree.remove(path);
            }
        }
        let mut found = walk.found;
        found.sort();
        for (path, source) in &found {
            if let Some(kind) = before.get(source) {
                tree.insert(path.clone(), kind);
            }
        }
        Copies(found)
    }

    /// The path that a link leads to in the end, with no link in it.
    fn target(&self, link: &str) -> Option<String> {
        let mut done: Vec<String> = Vec::new();
        let mut left: Vec<String> = link.split('/').rev().map(str::to_owned).collect();
        let mut hops = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    done.pop()?;
                    continue;
                }
                _ => done.push(part),
            }
            let Some(target) = self.0.get(&done.join("/")) else { continue };
            hops += 1;
            if hops > MOST_HOPS || target.is_empty() || target.starts_with('/') {
                return None;
            }
            done.pop();
            left.extend(target.split('/').rev().map(str::to_owned));
        }
        Some(done.join("/"))
    }
}

/// The way to everything that links stand for.
struct Walk<'a> {
    links: &'a Links,
    tree: &'a Tree,
    found: Vec<(String, String)>,
    /// Files that were looked at, for those links too that came to nothing.
    steps: usize,
}

impl Walk<'_> {
    /// Finds the files that the link at `link` leads to, under the path `to`. False when it leads
    /// nowhere.
    fn follow(&mut self, link: &str, to: &str) -> bool {
        let Some(source) = self.links.target(link) else { return false };
        if let Some(Kind::Regular(_)) = self.tree.get(&source) {
            self.steps += 1;
            self.found.push((to.to_owned(), source));
            return self.steps <= MAX_ENTRIES;
        }
        let folder = if source.is_empty() { String::new() } else { format!("{source}/") };
        let tree = self.tree;
        let mut any = false;
        for (rest, kind) in tree.below(&folder) {
            let (inner, to) = (format!("{folder}{rest}"), format!("{to}/{rest}"));
            self.steps += 1;
            // A folder that holds a link to itself goes on until it is too deep.
            if to.split('/').count() > MAX_DEPTH || self.steps > MAX_ENTRIES {
                return false;
            }
            match kind {
                Kind::Regular(_) => self.found.push((to, inner)),
                Kind::Refused if self.follow(&inner, &to) => {}
                Kind::Refused => return false,
            }
            any = true;
        }
        any
    }
}

impl Copies {
    /// Makes the files below `root`, as second names of those that they are.
    pub(super) fn make(&self, root: &Path) -> io::Result<()> {
        self.0.iter().try_for_each(|(path, source)| link(&root.join(source), &root.join(path)))
    }

    /// The file that is to be read for a path.
    pub(super) fn source<'a>(&'a self, path: &'a str) -> &'a str {
        let at = self.0.binary_search_by(|(own, _)| own.as_str().cmp(path));
        at.map_or(path, |at| self.0[at].1.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(files: &[&str], links: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>) {
        let mut tree = Tree::default();
        let mut all = Links::default();
        for file in files {
            tree.insert((*file).to_owned(), Kind::Regular(1));
        }
        for (link, target) in links {
            tree.insert((*link).to_owned(), Kind::Refused);
            all.insert((*link).to_owned(), target.as_bytes());
        }
        let mut mistakes = Mistakes::default();
        let copies = all.resolve(&mut tree, &mut mistakes);
        for (path, source) in &copies.0 {
            assert_eq!(tree.get(path), Some(Kind::Regular(1)), "{path} of {source}");
            assert_eq!(copies.source(path), source);
        }
        let wrong = mistakes.into_vec().into_iter().map(|mistake| mistake.file).collect();
        (copies.0, wrong)
    }

    #[test]
    fn what_stays_inside_is_resolved() {
        let files = ["data/secret/1.in", "data/secret/1.ans", "x"];
        let links = [
            ("data/sample", "secret"),
            ("a", "./b"),
            ("b", "data/../x"),
            ("c", "data/sample/1.in"),
            ("d/e", "../data/sample"),
        ];
        let (copies, wrong) = resolve(&files, &links);
        assert!(wrong.is_empty(), "{wrong:?}");
        let found: Vec<(&str, &str)> =
            copies.iter().map(|(path, source)| (path.as_str(), source.as_str())).collect();
        assert_eq!(
            found,
            [
                ("a", "x"),
                ("b", "x"),
                ("c", "data/secret/1.in"),
                ("d/e/1.ans", "data/secret/1.ans"),
                ("d/e/1.in", "data/secret/1.in"),
                ("data/sample/1.ans", "data/secret/1.ans"),
                ("data/sample/1.in", "data/secret/1.in"),
            ]
        );
    }

    #[test]
    fn what_leaves_or_never_ends_is_refused() {
        for target in ["/etc/passwd", "../x", "a/../../x", "", "nothing", "self", "sub/link"] {
            let (copies, wrong) =
                resolve(&["x", "sub/y"], &[("self", target), ("sub/link", "../self")]);
            assert_eq!((copies.len(), wrong.len()), (0, 2), "{target}");
        }
        // A folder in itself.
        let (copies, wrong) = resolve(&["d/x"], &[("d/again", "."), ("all", ".")]);
        assert_eq!((copies.len(), wrong), (0, vec!["all".to_owned(), "d/again".to_owned()]));
        // A link that is a folder as well.
        let (_, wrong) = resolve(&["x", "l/y"], &[("l", "x"), ("x/z", "../l/y")]);
        assert_eq!(wrong, ["l", "x/z"]);
    }

    #[test]
    fn folders_that_double_are_bounded() {
        let links: Vec<(String, String)> = (0..7)
            .flat_map(|n| [(format!("d{n}/a"), n), (format!("d{n}/b"), n)])
            .map(|(path, n)| (path, format!("../d{}", n + 1)))
            .collect();
        let links: Vec<(&str, &str)> =
            links.iter().map(|(l, t)| (l.as_str(), t.as_str())).collect();
        let (copies, wrong) = resolve(&["d7/x"], &links);
        assert!(copies.len() < 1000 && !wrong.contains(&"d6/a".to_owned()), "{wrong:?}");
    }
}
