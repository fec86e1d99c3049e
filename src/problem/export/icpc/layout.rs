//! Where tests and groups are in `data/`.

use crate::judge::{Group, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// The name of the group of tests that are in none, where groups must hold all.
const UNGROUPED: &str = "ungrouped";

/// A group and its folder below `data/`.
#[derive(Debug)]
pub(super) struct Placed<'p> {
    /// The group; `None` for the tests that are in none.
    pub(super) group: Option<&'p Group>,
    /// Such as `secret/small`, or `secret` for the only group.
    pub(super) folder: String,
}

/// The places of all tests and groups.
#[derive(Debug, Default)]
pub(super) struct Layout<'p> {
    /// Paths below `data/`, without extension, by the names of tests.
    pub(super) tests: BTreeMap<&'p str, String>,
    /// The groups that hold tests, in their order.
    pub(super) groups: Vec<Placed<'p>>,
}

impl<'p> Layout<'p> {
    /// Groups one folder deep, whose byte order is the order in which they are judged.
    pub(super) fn flat(problem: &'p Problem) -> Self {
        let samples: BTreeSet<&str> = problem
            .tests
            .iter()
            .filter(|test| test.sample)
            .map(|test| test.name.as_str())
            .collect();
        let secret = |group: &&Group| group.tests.iter().any(|test| !samples.contains(&**test));
        let groups: Vec<&Group> = problem.groups.iter().filter(secret).collect();
        let grouped: BTreeSet<&str> =
            groups.iter().flat_map(|group| &group.tests).map(String::as_str).collect();
        let lonely = |name: &str| !samples.contains(name) && !grouped.contains(name);
        let some_lonely = !groups.is_empty() && problem.tests.iter().any(|test| lonely(&test.name));
        let folders = folders(&groups, some_lonely);
        let placed =
            folders.iter().map(|(group, folder)| Placed { group: *group, folder: folder.clone() });
        let mut layout = Self { groups: placed.collect(), ..Self::default() };
        let mut taken = BTreeSet::new();
        for test in &problem.tests {
            let name = test.name.as_str();
            let of = |(group, _): &&(Option<&Group>, String)| match group {
                Some(group) => group.tests.iter().any(|own| own == name),
                None => lonely(name),
            };
            let place = match folders.iter().find(of) {
                _ if test.sample => format!("sample/{}", inner(name, "sample")),
                Some((_, folder)) => format!("{folder}/{}", inner(name, folder).replace('/', "-")),
                None => format!("secret/{}", inner(name, "secret")),
            };
            layout.tests.insert(name, unique(&place, &mut taken));
        }
        layout
    }

    /// Every test where its name says, below `sample` or `secret`.
    pub(super) fn deep(problem: &'p Problem) -> Self {
        let mut taken = BTreeSet::new();
        let place = |test: &'p crate::judge::TestCase| {
            let top = if test.sample { "sample" } else { "secret" };
            let place = format!("{top}/{}", inner(&test.name, top));
            (test.name.as_str(), unique(&place, &mut taken))
        };
        Self { tests: problem.tests.iter().map(place).collect(), groups: Vec::new() }
    }

    /// The place of a test.
    pub(super) fn of(&self, test: &str) -> &str {
        self.tests.get(test).map_or("", String::as_str)
    }
}

/// The name of a test in a folder: without the folders that say the same.
fn inner<'n>(name: &'n str, folder: &str) -> &'n str {
    let below = |folder: &str| name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    below(folder).or_else(|| below(folder.split('/').next().unwrap_or(folder))).unwrap_or(name)
}

fn unique(place: &str, taken: &mut BTreeSet<String>) -> String {
    let mut free = place.to_owned();
    for number in 2.. {
        if taken.insert(free.clone()) {
            break;
        }
        free = format!("{place}_{number}");
    }
    free
}

/// The folders of groups in their order, perhaps with the tests of no group before them.
fn folders<'p>(groups: &[&'p Group], lonely: bool) -> Vec<(Option<&'p Group>, String)> {
    if let ([only], false) = (groups, lonely) {
        return vec![(Some(*only), "secret".to_owned())];
    }
    let mut all: Vec<Option<&Group>> = groups.iter().map(|group| Some(*group)).collect();
    if lonely {
        all.insert(0, None);
    }
    let names: Vec<String> = all
        .iter()
        .map(|group| group.map_or_else(|| UNGROUPED.to_owned(), |group| plain(&group.name)))
        .collect();
    let in_order = names.windows(2).all(|pair| pair[0] < pair[1]);
    let digits = all.len().to_string().len();
    let folder = |(at, (group, name)): (usize, (Option<&'p Group>, String))| {
        let name = if in_order { name } else { format!("{:0digits$}-{name}", at + 1) };
        (group, format!("secret/{name}"))
    };
    all.into_iter().zip(names).enumerate().map(folder).collect()
}

/// A group's name as a folder's.
fn plain(name: &str) -> String {
    let name = name.strip_prefix("secret/").unwrap_or(name);
    let fit = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(fit).collect();
    match name.trim_start_matches(['-', '.']) {
        "" => "group".to_owned(),
        name => name.to_owned(),
    }
}
