//! The tree of groups, and what it is worth.

use super::{
    Aggregate, Grader, GraderVerdict, Group,
    plan::{Earned, first_failure},
};
use crate::judge::{Problem, Verdict};
use std::collections::BTreeMap;

/// What the tests that were judged earned.
pub(super) type Results = Vec<Option<Earned>>;

/// Something that a group's points come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item {
    /// A test, by its place.
    Test(usize),
    /// A group in it, by its place.
    Group(usize),
}

/// A group with its place in the tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub group: Group,
    pub parent: Option<usize>,
    /// Its tests and groups in the order in which they are judged.
    pub items: Vec<Item>,
    /// All its tests, those of the groups in it among them, in order.
    pub tests: Vec<usize>,
    /// What it requires.
    requires: Vec<usize>,
    /// Whether it holds samples and nothing else.
    pub samples: bool,
}

impl Node {
    /// What one of its tests is worth.
    pub fn worth(&self) -> f64 {
        let tests = self.items.iter().filter(|item| matches!(item, Item::Test(_))).count();
        match self.group.score {
            Aggregate::Min | Aggregate::Avg | Aggregate::Max => self.group.points,
            Aggregate::Sum => self.group.points / tests.max(1) as f64,
        }
    }
}

/// What a group is worth as far as is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    /// `None` when none of its tests was judged.
    pub verdict: Option<Verdict>,
    pub points: f64,
    /// Whether that is all there is.
    pub full: bool,
}

/// The groups of a problem. Packages whose groups are parts of each other in a circle, or require each other,
/// are refused; should one come by, every walk ends all the same.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The group of each test.
    owners: Vec<Option<usize>>,
}

impl Tree {
    pub fn new(problem: &Problem) -> Self {
        let names = problem.groups.iter().enumerate();
        let places: BTreeMap<&str, usize> =
            names.clone().map(|(at, group)| (group.name.as_str(), at)).collect();
        let by_test: BTreeMap<&str, usize> = names
            .flat_map(|(at, group)| group.tests.iter().map(move |test| (test.as_str(), at)))
            .collect();
        let place = |name: &String| places.get(name.as_str()).copied();
        let node = |group: &Group| Node {
            group: group.clone(),
            parent: group.parent.as_ref().and_then(place),
            items: Vec::new(),
            tests: Vec::new(),
            requires: group.requires.iter().filter_map(place).collect(),
            samples: false,
        };
        let tests = problem.tests.iter();
        let owners = tests.map(|test| by_test.get(test.name.as_str()).copied()).collect();
        let mut tree = Self { nodes: problem.groups.iter().map(node).collect(), owners };
        tree.fill();
        for node in &mut tree.nodes {
            let samples = node.tests.iter().all(|&test| problem.tests[test].sample);
            node.samples = samples && !node.tests.is_empty();
        }
        tree
    }

    /// Puts tests and groups into the groups they belong to.
    fn fill(&mut self) {
        for test in 0..self.owners.len() {
            let Some(owner) = self.owners[test] else { continue };
            self.nodes[owner].items.push(Item::Test(test));
            for at in self.above(owner).collect::<Vec<_>>() {
                self.nodes[at].tests.push(test);
            }
        }
        for at in 0..self.nodes.len() {
            if let Some(parent) = self.nodes[at].parent {
                self.nodes[parent].items.push(Item::Group(at));
            }
        }
        let firsts: Vec<_> = self.nodes.iter().map(|node| node.tests.first().copied()).collect();
        for node in &mut self.nodes {
            node.items.sort_by_key(|item| match *item {
                Item::Test(test) => (test, 0),
                Item::Group(at) => (firsts[at].unwrap_or(usize::MAX), 1),
            });
        }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The group of a test.
    pub fn owner(&self, test: usize) -> Option<usize> {
        self.owners.get(test).copied().flatten()
    }

    /// A group and all those that it is in.
    pub fn above(&self, at: usize) -> impl Iterator<Item = usize> {
        let parents = std::iter::successors(Some(at), |&at| self.nodes[at].parent);
        parents.take(self.nodes.len())
    }

    /// The first group that a group requires and that has failed.
    pub fn failed_need(&self, at: usize, results: &[Option<Earned>]) -> Option<usize> {
        self.failed_need_at(at, results, 0)
    }

    fn failed_need_at(&self, at: usize, results: &[Option<Earned>], depth: usize) -> Option<usize> {
        let mut required = self.nodes[at].requires.iter().copied();
        required.find(|&needed| self.failed(needed, results, depth + 1))
    }

    /// Whether a group has a test that was judged and not accepted or is left out, or required one that has.
    fn failed(&self, at: usize, results: &[Option<Earned>], depth: usize) -> bool {
        let own = self.nodes[at].tests.iter().any(|&test| {
            matches!(results.get(test), Some(Some(earned)) if !earned.verdict.is_accepted())
        });
        own || (depth < self.nodes.len()
            && (self.failed_need_at(at, results, depth).is_some()
                || self.cut_off(at, results, depth)))
    }

    /// Whether tests of a group are left out, because it or one that it is in has ended before them.
    fn cut_off(&self, at: usize, results: &[Option<Earned>], depth: usize) -> bool {
        let left = |&&test: &&usize| !matches!(results.get(test), Some(Some(_)));
        let Some(&next) = self.nodes[at].tests.iter().find(left) else { return false };
        let above: Vec<usize> = self.above(at).collect();
        let ended = |&&place: &&usize| {
            let mut items = self.nodes[place].items.iter();
            self.nodes[place].group.stop
                && items.any(|item| match *item {
                    Item::Test(test) => test < next && self.ends(place, test, results),
                    Item::Group(part) => {
                        let first = self.nodes[part].tests.first();
                        let earlier = first.is_some_and(|&first| first < next);
                        earlier && !above.contains(&part) && self.lost(part, results, depth + 1)
                    }
                })
        };
        above.iter().any(|place| ended(&place))
    }

    /// Whether a test's result ends its group, where one that is lost does.
    pub fn ends(&self, at: usize, test: usize, results: &[Option<Earned>]) -> bool {
        let Some(Some(earned)) = results.get(test) else { return false };
        match &self.nodes[at].group.grader {
            Some(_) => !earned.verdict.is_accepted(),
            None => earned.points <= 0.0 && !(earned.full && self.nodes[at].group.points <= 0.0),
        }
    }

    /// Whether nothing good can become of a group any more, as far as these results say: with a grader it
    /// is not accepted, without one it earns nothing.
    pub fn is_lost(&self, at: usize, results: &[Option<Earned>]) -> bool {
        self.lost(at, results, 0)
    }

    fn lost(&self, at: usize, results: &[Option<Earned>], depth: usize) -> bool {
        let node = &self.nodes[at];
        if depth > self.nodes.len() {
            return false;
        }
        if node.group.grader.is_some() {
            let verdict = self.graded(at, results, depth).verdict;
            return verdict.is_some_and(|verdict| !verdict.is_accepted());
        }
        if self.failed_need_at(at, results, depth).is_some() {
            return true;
        }
        let mut parts = node.items.iter().map(|item| match *item {
            Item::Test(test) => self.ends(at, test, results),
            Item::Group(part) => self.lost(part, results, depth + 1),
        });
        match node.group.score {
            Aggregate::Min => parts.any(|lost| lost),
            Aggregate::Sum | Aggregate::Avg | Aggregate::Max => {
                parts.len() > 0 && parts.all(|lost| lost)
            }
        }
    }

    /// What a group is worth. Tests that were not judged earn nothing.
    pub fn value(&self, at: usize, results: &[Option<Earned>]) -> Value {
        self.value_at(at, results, 0)
    }

    fn value_at(&self, at: usize, results: &[Option<Earned>], depth: usize) -> Value {
        let node = &self.nodes[at];
        let nothing = Value { verdict: None, points: 0.0, full: false };
        if depth > self.nodes.len() {
            return nothing;
        }
        if node.group.grader.is_some() {
            return self.graded(at, results, depth);
        }
        let judged = || node.tests.iter().filter_map(|&test| results.get(test)?.as_ref());
        let verdict = first_failure(judged()).or(judged().next().map(|_| Verdict::Accepted));
        let parts: Vec<(f64, bool)> = node
            .items
            .iter()
            .map(|item| match *item {
                Item::Test(test) => match results.get(test) {
                    Some(Some(earned)) => (earned.points, earned.full),
                    _ => (0.0, false),
                },
                Item::Group(part) => {
                    let value = self.value_at(part, results, depth + 1);
                    (value.points, value.full)
                }
            })
            .collect();
        if parts.is_empty() || self.failed_need(at, results).is_some() {
            return Value { verdict, ..nothing };
        }
        let most = node.group.points;
        let all = parts.iter().all(|(_, full)| *full);
        let points = aggregate(node.group.score, parts.iter().map(|(points, _)| *points));
        let points = match node.group.unbounded {
            true => points,
            // Whoever has everything has everything, whatever the parts are said to be worth.
            false if all => most,
            false => points.min(most),
        };
        Value {
            verdict,
            points,
            full: all || (!node.group.unbounded && most > 0.0 && points >= most),
        }
    }

    /// What the legacy grader makes of those of a group's parts that were judged.
    fn graded(&self, at: usize, results: &[Option<Earned>], depth: usize) -> Value {
        let node = &self.nodes[at];
        let nothing = Value { verdict: None, points: 0.0, full: false };
        let Some(grader) = node.group.grader.as_ref().filter(|_| depth <= self.nodes.len()) else {
            return nothing;
        };
        let parts: Vec<(Verdict, f64)> = node
            .items
            .iter()
            .filter_map(|item| match *item {
                Item::Test(test) => {
                    let earned = results.get(test)?.as_ref()?;
                    Some((earned.verdict, earned.points))
                }
                Item::Group(part) if grader.ignore_sample && self.nodes[part].samples => None,
                Item::Group(part) => {
                    let value = self.value_at(part, results, depth + 1);
                    Some((value.verdict?, value.points))
                }
            })
            .collect();
        if parts.is_empty() {
            return nothing;
        }
        let verdict = grade(grader, parts.iter().map(|(verdict, _)| *verdict));
        let points = aggregate(node.group.score, parts.iter().map(|(_, points)| *points));
        let full = node.group.unbounded || points >= node.group.points;
        Value { verdict: Some(verdict), points, full: full && verdict.is_accepted() }
    }

    /// The verdict of the whole tree, where its roots have graders.
    pub fn graded_verdict(&self, results: &[Option<Earned>]) -> Option<Verdict> {
        let roots = (0..self.nodes.len()).filter(|&at| self.nodes[at].parent.is_none());
        let roots: Vec<usize> = roots.filter(|&at| self.nodes[at].group.grader.is_some()).collect();
        let verdicts = roots.iter().filter_map(|&at| self.graded(at, results, 0).verdict);
        (!roots.is_empty()).then(|| worst(verdicts))
    }
}

fn aggregate(how: Aggregate, points: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = points.len().max(1) as f64;
    match how {
        Aggregate::Min => points.fold(f64::INFINITY, f64::min),
        Aggregate::Sum => points.sum(),
        Aggregate::Avg => points.sum::<f64>() / count,
        Aggregate::Max => points.fold(f64::NEG_INFINITY, f64::max),
    }
}

fn grade(grader: &Grader, verdicts: impl Iterator<Item = Verdict> + Clone) -> Verdict {
    if grader.any_accepted && verdicts.clone().any(Verdict::is_accepted) {
        return Verdict::Accepted;
    }
    match grader.verdict {
        GraderVerdict::WorstError => worst(verdicts),
        GraderVerdict::FirstError => {
            let mut verdicts = verdicts;
            verdicts.find(|verdict| !verdict.is_accepted()).unwrap_or(Verdict::Accepted)
        }
        GraderVerdict::AlwaysAccept => Verdict::Accepted,
    }
}

/// The worst verdict in the order of the legacy grader: JE, RTE, MLE, TLE, OLE, WA.
fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::InternalError => 0,
        Verdict::CompileError => 1,
        Verdict::RuntimeError => 2,
        Verdict::MemoryLimitExceeded => 3,
        Verdict::TimeLimitExceeded => 4,
        Verdict::OutputLimitExceeded => 5,
        Verdict::WrongAnswer => 6,
        Verdict::PresentationError => 7,
        Verdict::Accepted => 8,
    };
    verdicts.min_by_key(rank).unwrap_or(Verdict::Accepted)
}
