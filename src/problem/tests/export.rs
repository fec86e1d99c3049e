//! What both sides can express comes back from every format; what one cannot is told.

use super::{Package, Store};
use crate::{
    judge::{About, Aggregate, Compare, Difficulty, Problem, StopPolicy},
    problem::{Archive, Draft, Ignored, Solution, StoredProblem, Target, Upload},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, fmt::Write, fs, io::Seek};

/// A package with what every format has: names as ICPC packages have them, tokens, one solution each.
fn everything() -> Package {
    Package::sum()
        .cut("tests")
        .cut("solutions")
        .put("tests/sample/1.in", "1 2\n")
        .put("tests/sample/1.out", "3\n")
        .put("tests/secret/01-zero.in", "0 0\n")
        .put("tests/secret/01-zero.out", "0\n")
        .put("tests/secret/02-big.in", "5 6\n")
        .put("tests/secret/02-big.out", "11\n")
        .put("solutions/accepted/main.py", "print(sum(map(int, input().split())))\n")
        .put("solutions/wrong_answer/zero.py", "print(0)\n")
}

struct Back {
    draft: Draft,
    ignored: Vec<Ignored>,
}

/// Adds, exports and reads again.
fn round(package: &Package, target: Target) -> (std::sync::Arc<StoredProblem>, Store, Back) {
    let store = Store::new();
    let stored = store.install(store.draft(package), false).unwrap();
    let exported = store.export(&stored, target).unwrap();
    let draft = match store.stage_folder(exported.dir.path(), Some(stored.problem.slug.clone())) {
        Ok(draft) => draft,
        Err(crate::problem::AddError::Invalid(mistakes)) => {
            let files: Vec<_> = super::snapshot(exported.dir.path())
                .into_iter()
                .map(|(path, (_, _, bytes))| (path, String::from_utf8_lossy(&bytes).into_owned()))
                .collect();
            panic!("{target}: {mistakes:#?}\n{files:#?}")
        }
        Err(error) => panic!("{target}: {error}"),
    };
    (stored, store, Back { draft, ignored: exported.ignored })
}

fn fields(ignored: &[Ignored]) -> Vec<&str> {
    ignored.iter().map(|one| one.field.as_deref().unwrap_or(&one.file)).collect()
}

/// The comparison as the formats' own validator has it.
fn icpc(compare: Compare) -> Compare {
    let icpc = |case_sensitive, space_change_sensitive, absolute, relative| Compare::Icpc {
        case_sensitive,
        space_change_sensitive,
        absolute,
        relative,
    };
    match compare {
        Compare::Tokens | Compare::Lines => icpc(true, false, None, None),
        Compare::Exact => icpc(true, true, None, None),
        Compare::Caseless => icpc(false, false, None, None),
        Compare::Float { absolute, relative } => icpc(true, false, Some(absolute), Some(relative)),
        own @ Compare::Icpc { .. } => own,
    }
}

/// What 2025-09 and we can both express: everything but what is ours alone, with each test's comparison said
/// of the test.
fn shared(problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    let judged = problem.checker.is_some() || problem.interactor.is_some();
    for test in &mut problem.tests {
        let compare = test.compare.take().unwrap_or(problem.compare);
        test.compare = (!judged).then(|| icpc(compare));
    }
    problem.compare = Compare::default();
    problem.statement = problem.statement.trim().to_owned();
    problem.statements.clear();
    problem.about = About::default();
    problem.difficulty = Difficulty::default();
    problem.limits.wall_ms = None;
    problem.limits.processes = 64;
    problem.stop = StopPolicy::Never;
    problem.timing = None;
    problem
}

/// The solutions with what must become of them.
fn solutions(stored: &StoredProblem) -> Vec<Solution> {
    stored.solutions().unwrap()
}

fn texts(stored: &StoredProblem) -> BTreeMap<String, (String, String)> {
    let read = |path| fs::read_to_string(path).unwrap();
    let tests = stored.problem.tests.iter().map(|test| &test.name);
    tests.map(|t| (t.clone(), (read(stored.input(t)), read(stored.answer(t))))).collect()
}

fn installed(store: &Store, draft: Draft) -> std::sync::Arc<StoredProblem> {
    store.install(draft, true).unwrap()
}

#[test]
fn native_is_the_same_bytes() {
    let store = Store::new();
    let package = everything().put("attachments/data.bin", [0, 255, 10]);
    let stored = store.install(store.draft(&package), false).unwrap();
    let exported = store.export(&stored, Target::Native).unwrap();
    assert_eq!(exported.ignored, []);
    let bytes = |root: &std::path::Path| {
        let files = super::snapshot(root).into_iter().filter(|(path, _)| path.is_file());
        files
            .map(|(path, (_, _, bytes))| (path.strip_prefix(root).unwrap().to_owned(), bytes))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(bytes(exported.dir.path()), bytes(&package.dir));
    for form in [Archive::Tar, Archive::Zip] {
        let mut file = tempfile::tempfile().unwrap();
        exported.archive("sum", form, &file).unwrap();
        file.rewind().unwrap();
        let upload = match form {
            Archive::Tar => Upload::tar(&mut file),
            Archive::Zip => Upload::zip(&file),
        };
        let draft = store.stage_upload(upload, None).unwrap();
        assert!(store.unchanged(&draft), "{form:?}");
    }
}

#[test]
fn an_icpc_package_comes_back() {
    for target in [Target::Latest, Target::Legacy] {
        let package = everything().manifest(
            "title = \"Sum\"\ntags = [\"math\", \"easy\"]\nreference = \"accepted/main.py\"\n\
             [limits]\ntime_ms = 2000\nmemory_mib = 512\noutput_mib = 8\n",
        );
        let (stored, store, back) = round(&package, target);
        assert_eq!(fields(&back.ignored), Vec::<&str>::new(), "{target}");
        assert_eq!(back.draft.format, target.name());
        let again = installed(&store, back.draft);
        let (mut old, mut new) = (shared(&stored.problem), shared(&again.problem));
        // Legacy packages stop at the first failure unless they say otherwise.
        old.stop = StopPolicy::Never;
        new.stop = StopPolicy::Never;
        assert_eq!(old, new, "{target}");
        assert_eq!(texts(&stored), texts(&again));
        let main = |stored: &StoredProblem| {
            let one = |s: Solution| (s.path, s.source, s.expectation);
            solutions(stored).into_iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(main(&stored), main(&again), "{target}");
    }
}

#[test]
fn groups_come_back_with_their_points_and_what_they_require() {
    let package = everything()
        .put("tests/secret/large/1.in", "7 8\n")
        .put("tests/secret/large/1.out", "15\n")
        .put("tests/secret/small/1.in", "7 9\n")
        .put("tests/secret/small/1.out", "16\n")
        .cut("tests/secret/01-zero.in")
        .cut("tests/secret/01-zero.out")
        .cut("tests/secret/02-big.in")
        .cut("tests/secret/02-big.out")
        .manifest(
            "title = \"Sum\"\n\
             [[groups]]\nname = \"secret/large\"\ntests = [\"secret/large/*\"]\npoints = 30\n\
             [[groups]]\nname = \"secret/small\"\ntests = [\"secret/small/*\"]\npoints = 70\n\
             score = \"sum\"\nrequires = [\"secret/large\"]\n",
        );
    let (stored, _store, back) = round(&package, Target::Latest);
    assert_eq!(fields(&back.ignored), Vec::<&str>::new());
    assert_eq!(stored.problem.groups, back.draft.problem.groups);

    let (stored, _store, back) = round(&package, Target::Legacy);
    assert_eq!(fields(&back.ignored), ["groups.secret/small.requires"]);
    for group in &stored.problem.groups {
        let graded = back.draft.problem.groups.iter().find(|own| own.name == group.name).unwrap();
        assert_eq!((graded.points, graded.score), (group.points, group.score), "{}", group.name);
        assert_eq!(graded.tests, group.tests);
    }
}

#[test]
fn names_of_ours_become_names_of_theirs_in_the_same_order() {
    let package = Package::sum()
        .put("tests/03-c.in", "1 1\n")
        .put("tests/03-c.out", "2\n")
        .put("tests/04-d.in", "1 3\n")
        .put("tests/04-d.out", "4\n")
        .manifest(
            "title = \"Sum\"\n\
             [[groups]]\nname = \"the small ones\"\ntests = [\"02-*\"]\npoints = 30\n\
             [[groups]]\nname = \"a large one\"\ntests = [\"04-*\"]\npoints = 70\n",
        )
        .cut("solutions/wrong_answer");
    let (_stored, _store, back) = round(&package, Target::Latest);
    let names: Vec<_> = back.draft.problem.tests.iter().map(|test| test.name.as_str()).collect();
    let expected = [
        "sample/01-sample",
        "secret/1-ungrouped/03-c",
        "secret/2-the-small-ones/02-zero",
        "secret/3-a-large-one/04-d",
    ];
    assert_eq!(names, expected);
    let points: Vec<_> = back.draft.problem.groups.iter().map(|group| group.points).collect();
    assert_eq!(points, [0.0, 30.0, 70.0]);
}

#[test]
fn what_a_format_cannot_express_is_told() {
    let package = everything()
        .put("stubs/python/end.py", "print(solve())")
        .put("valid_input/x.in", "1 1\n")
        .put("README.md", "hello")
        .put("solutions/compile_error/x.cpp", "int")
        .put("solutions/memory_limit_exceeded/x.py", "x = [0] * 10**9\n")
        .put("checker/check.py", "raise SystemExit(0)\n")
        .manifest(
            "title = \"Sum\"\ndifficulty = \"hard\"\nstop = \"first-failure\"\n\
             [limits]\nwall_ms = 9000\nprocesses = 2\n[checker]\nprogram = \"check.py\"\n",
        )
        .cut("solutions/compile_error/x.cpp");
    let store = Store::new();
    let stored = store.install(store.draft(&package), false).unwrap();
    let lost = |target| {
        let exported = store.export(&stored, target).unwrap();
        fields(&exported.ignored).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for target in [Target::Latest, Target::Legacy, Target::Polygon] {
        let lost = lost(target);
        for field in [
            "limits.wall_ms",
            "limits.processes",
            "difficulty",
            "stop",
            "stubs",
            "valid_input",
            "README.md",
        ] {
            assert!(lost.iter().any(|one| one == field), "{target} {field}: {lost:?}");
        }
    }
    assert!(lost(Target::Latest).contains(&"checker/check.py".to_owned()));
    assert!(!lost(Target::Polygon).contains(&"checker/check.py".to_owned()));
    let json = lost(Target::Json);
    for field in ["stop", "checker", "solutions/wrong_answer/zero.py"] {
        assert!(json.iter().any(|one| one == field), "{field}: {json:?}");
    }
    // With the code around it, what is exported is a whole program.
    let exported = store.export(&stored, Target::Latest).unwrap();
    let text =
        fs::read_to_string(exported.dir.path().join("submissions/accepted/main.py")).unwrap();
    assert!(text.contains("print(solve())"), "{text}");
}

#[test]
fn a_document_comes_back() {
    let package = everything().put("stubs/python/end.py", "# end").cut("solutions/wrong_answer");
    let (stored, store, back) = round(&package, Target::Json);
    assert_eq!(fields(&back.ignored), ["tests"]);
    let again = installed(&store, back.draft);
    let (old, new) = (&stored.problem, &again.problem);
    assert_eq!((&old.title, &old.limits, &old.compare), (&new.title, &new.limits, &new.compare));
    assert_eq!(old.stubs, new.stubs);
    assert_eq!(old.statement.trim(), new.statement.trim());
    let values = |stored: &StoredProblem| {
        let samples = stored.problem.tests.iter().map(|test| test.sample).collect::<Vec<_>>();
        (samples, texts(stored).into_values().collect::<Vec<_>>())
    };
    assert_eq!(values(&stored), values(&again));
    let codes = |stored: &StoredProblem| {
        solutions(stored).into_iter().map(|s| s.source.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&stored), codes(&again));
}

#[test]
fn a_polygon_package_says_all_of_it() {
    let package = everything().manifest(
        "title = \"Sum & \\\"more\\\"\"\ntags = [\"math\"]\n\
         [[groups]]\nname = \"a\"\ntests = [\"secret/01-*\"]\npoints = 40\n\
         [[groups]]\nname = \"b\"\ntests = [\"secret/02-*\"]\npoints = 60\nrequires = [\"a\"]\n",
    );
    let store = Store::new();
    let stored = store.install(store.draft(&package), false).unwrap();
    let exported = store.export(&stored, Target::Polygon).unwrap();
    let read = |path: &str| fs::read_to_string(exported.dir.path().join(path)).unwrap();
    assert_eq!((&*read("tests/01"), &*read("tests/03.a")), ("1 2\n", "11\n"));
    let text = read("problem.xml");
    let xml = roxmltree::Document::parse(&text).unwrap();
    let find = |name: &str| xml.descendants().filter(|n| n.has_tag_name(name)).collect::<Vec<_>>();
    assert_eq!(find("name")[0].attribute("value"), Some("Sum & \"more\""));
    assert_eq!(find("memory-limit")[0].text(), Some("268435456"));
    let tests = find("test");
    assert_eq!(tests.len(), 3);
    assert_eq!(tests[0].attribute("sample"), Some("true"));
    assert_eq!(tests[2].attribute("group"), Some("b"));
    assert_eq!(find("dependency")[0].attribute("group"), Some("a"));
    assert_eq!(find("checker")[0].attribute("name"), Some("std::wcmp.cpp"));
    let tags: Vec<_> = find("solution").iter().map(|s| s.attribute("tag").unwrap()).collect();
    assert_eq!(tags, ["main", "wrong-answer"]);
    for source in find("source").iter().skip(1) {
        let path = source.attribute("path").unwrap();
        assert!(exported.dir.path().join(path).exists(), "{path}");
    }
}

#[test]
fn an_export_is_the_store_s_own_files_and_leaves_them_alone() {
    let store = Store::new();
    let stored = store.install(store.draft(&everything()), false).unwrap();
    let before = super::snapshot(&stored.dir);
    for target in Target::ALL {
        drop(store.export(&stored, target).unwrap());
    }
    assert_eq!(super::snapshot(&stored.dir), before);
    assert!(store.names("staging").is_empty());
}

/// A manifest, and how many tests and groups there are.
#[derive(Clone, Debug)]
struct Made {
    title: String,
    tags: Vec<String>,
    limits: (u64, u64, u64),
    compare: usize,
    /// Points of each group and whether they are a sum; without any, the problem is pass-fail.
    groups: Vec<(u32, bool)>,
    tests: Vec<String>,
    args: Vec<String>,
    description: Option<String>,
    more: More,
}

/// What may be there beside the tests.
#[derive(Clone, Debug)]
struct More {
    /// A validator, with examples of inputs.
    validator: bool,
    /// Whether the only languages are C++ and Python.
    languages: bool,
    /// Whether each group after the first requires the one before it.
    chained: bool,
    /// A file beside the program on the first test.
    file: Option<String>,
    /// What else a wrong solution may get, and its own words.
    solution: Option<(bool, Option<String>)>,
}

fn more() -> impl Strategy<Value = More> {
    (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        proptest::option::of("[a-z]{1,6}\\.(txt|dat)"),
        proptest::option::of((any::<bool>(), proptest::option::of("[a-z]{2,9}"))),
    )
        .prop_map(|(validator, languages, chained, file, solution)| More {
            validator,
            languages,
            chained,
            file,
            solution,
        })
}

fn made() -> impl Strategy<Value = Made> {
    (
        "[A-Za-z][A-Za-z0-9 :#'\"&<>-]{0,20}[A-Za-z0-9]",
        proptest::collection::btree_set("[a-z]{1,8}", 0..3),
        (1_u64..10_000, 4_u64..2048, 1_u64..64),
        0_usize..6,
        proptest::collection::vec((1_u32..100, any::<bool>()), 0..4),
        proptest::collection::vec("[ -~]{0,30}", 1..4),
        proptest::collection::vec("[a-z0-9=:#'\" -]{1,9}", 0..3),
        proptest::option::of("[a-z][a-z0-9:#'\" -]{0,20}[a-z]"),
        more(),
    )
        .prop_map(|(title, tags, limits, compare, groups, tests, args, description, more)| {
            Made {
                title,
                tags: tags.into_iter().collect(),
                limits,
                compare,
                groups,
                tests,
                args,
                description,
                more,
            }
        })
}

impl Made {
    fn package(&self) -> Package {
        let mut text = format!("title = {:?}\ntags = {:?}\n", self.title, self.tags);
        if self.more.languages {
            text.push_str("languages = [\"cpp\", \"cpp20\", \"cpp23\", \"python\", \"pypy\"]\n");
        }
        let (time, memory, output) = self.limits;
        write!(text, "[limits]\ntime_ms = {time}\nmemory_mib = {memory}\noutput_mib = {output}\n")
            .unwrap();
        let compare = ["tokens", "caseless", "float", "icpc", "exact", "lines"][self.compare];
        write!(text, "[compare]\nmode = \"{compare}\"\n").unwrap();
        if compare == "float" {
            text.push_str("absolute = 0.001\nrelative = 1e-9\n");
        }
        let mut package = everything().cut("tests/secret");
        let folders: Vec<String> = match self.groups.len() {
            0 => vec!["secret".to_owned()],
            count => (1..=count).map(|n| format!("secret/group{n}")).collect(),
        };
        for folder in &folders {
            for (at, content) in self.tests.iter().enumerate() {
                package = package
                    .put(&format!("tests/{folder}/{at}.in"), content)
                    .put(&format!("tests/{folder}/{at}.out"), content.to_uppercase());
            }
        }
        write!(text, "[[tests]]\nname = \"{}/0\"\nargs = {:?}\n", folders[0], self.args).unwrap();
        if let Some(description) = &self.description {
            writeln!(text, "description = {description:?}").unwrap();
        }
        for (at, (points, sum)) in self.groups.iter().enumerate() {
            let folder = if folders.len() == 1 { "secret" } else { &folders[at] };
            let score = if *sum { "sum" } else { "min" };
            write!(
                text,
                "[[groups]]\nname = {folder:?}\ntests = [\"{folder}/*\"]\npoints = {points}\n\
                 score = {score:?}\n"
            )
            .unwrap();
            if self.more.chained && at > 0 {
                writeln!(text, "requires = [{:?}]", folders[at - 1]).unwrap();
            }
        }
        if self.more.validator {
            text.push_str(
                "[[validators]]\nname = \"v\"\nprogram = \"v.py\"\nconvention = \"icpc\"\n",
            );
            package = package
                .put("validators/v/v.py", "raise SystemExit(42)\n")
                .put("invalid_input/none.in", "none\n")
                .put("invalid_output/none.in", "1 2\n")
                .put("invalid_output/none.ans", "3\n")
                .put("invalid_output/none.out", "none\n");
        }
        if let Some(file) = &self.more.file {
            package = package.put(&format!("tests/{}/0.files/{file}", folders[0]), "beside\n");
        }
        if let Some((late, words)) = &self.more.solution {
            text.push_str("[[solutions]]\npath = \"wrong_answer/zero.py\"\n");
            if *late {
                text.push_str("permitted = [\"AC\", \"WA\", \"TLE\"]\n");
            }
            if let Some(words) = words {
                writeln!(text, "message = {words:?}").unwrap();
            }
        }
        package.manifest(&text)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_package_comes_back_from_2025_09(made in made()) {
        let package = made.package();
        let (stored, store, back) = round(&package, Target::Latest);
        let Back { draft, ignored } = back;
        let again = installed(&store, draft);
        let (mut old, mut new) = (shared(&stored.problem), shared(&again.problem));
        // Only groups that are all or nothing can be required; the loss of others is told.
        for group in &mut old.groups {
            if ignored.iter().any(|one| {
                one.field.as_ref() == Some(&format!("groups.{}.requires", group.name))
            }) {
                group.requires.clear();
            }
        }
        if made.groups.len() == 1 {
            // The only group is the whole of the secret tests, whose folders need not stay.
            for problem in [&mut old, &mut new] {
                problem.groups.iter_mut().for_each(|group| group.tests.clear());
                problem.tests.iter_mut().for_each(|test| test.name.clear());
            }
        }
        prop_assert_eq!(old, new);
        let values = |stored: &StoredProblem| texts(stored).into_values().collect::<Vec<_>>();
        prop_assert_eq!(values(&stored), values(&again));
        let one = |s: Solution| (s.path, s.source, s.expectation.message);
        let told = |stored: &StoredProblem| solutions(stored).into_iter().map(one).collect::<Vec<_>>();
        prop_assert_eq!(told(&stored), told(&again));
        let late = crate::judge::Verdict::TimeLimitExceeded;
        let permits = |stored: &StoredProblem| {
            let one = |s: Solution| s.expectation.permitted.contains(&late);
            solutions(stored).into_iter().map(one).collect::<Vec<_>>()
        };
        let told = ignored.iter().any(|one| one.file == "solutions/wrong_answer/zero.py");
        prop_assert!(told || permits(&stored) == permits(&again));
        let units = |stored: &StoredProblem| stored.unit_tests().unwrap().inputs.len();
        prop_assert_eq!(units(&stored), units(&again));
    }

    #[test]
    fn every_package_comes_back_as_its_own_bytes(made in made()) {
        let (stored, store, back) = round(&made.package(), Target::Native);
        prop_assert_eq!(fields(&back.ignored), Vec::<&str>::new());
        prop_assert!(store.unchanged(&back.draft));
        let exported = store.export(&stored, Target::Native).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        exported.archive("sum", Archive::Zip, &file).unwrap();
        file.rewind().unwrap();
        let draft = store.stage_upload(Upload::zip(&file), None).unwrap();
        prop_assert!(store.unchanged(&draft));
    }

    #[test]
    fn every_package_comes_back_from_legacy(made in made()) {
        let more = More { chained: false, ..made.more.clone() };
        let made = Made { args: Vec::new(), more, ..made };
        let (stored, store, back) = round(&made.package(), Target::Legacy);
        let again = installed(&store, back.draft);
        let points = |problem: &Problem, name: &str| {
            let group = problem.groups.iter().find(|group| group.name == name);
            group.map(|group| (group.points, group.score == Aggregate::Sum))
        };
        for group in &stored.problem.groups {
            let own = points(&stored.problem, &group.name).unwrap();
            let theirs = points(&again.problem, &group.name).unwrap_or_default();
            prop_assert!((own.0 - theirs.0).abs() < 1e-6 && own.1 == theirs.1, "{:?} {:?}", own, theirs);
        }
        let (mut old, mut new) = (shared(&stored.problem), shared(&again.problem));
        for problem in [&mut old, &mut new] {
            problem.groups.clear();
            problem.languages.clear();
        }
        if made.groups.len() == 1 {
            for problem in [&mut old, &mut new] {
                problem.tests.iter_mut().for_each(|test| test.name.clear());
            }
        }
        prop_assert_eq!(old, new);
    }

    #[test]
    fn every_package_comes_back_from_polygon(made in made()) {
        let (stored, store, back) = round(&made.package(), Target::Polygon);
        let lost = fields(&back.ignored).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let again = installed(&store, back.draft);
        let (old, new) = (&stored.problem, &again.problem);
        prop_assert_eq!((&old.title, &old.tags), (&new.title, &new.tags));
        prop_assert_eq!(old.limits.time_ms, new.limits.time_ms);
        prop_assert_eq!(old.limits.memory_mib, new.limits.memory_mib);
        prop_assert_eq!(&old.statement, &new.statement);
        // What is not said there is told.
        let output = old.limits.output_mib == new.limits.output_mib;
        prop_assert!(output || lost.iter().any(|field| field == "limits.output_mib"), "{:?}", lost);
        let compare = icpc(old.compare) == icpc(new.compare);
        prop_assert!(compare || lost.iter().any(|field| field == "compare"), "{:?}", lost);
        // Tests have numbers for names, in the same order.
        let tests = |stored: &StoredProblem| {
            let read = |path| fs::read(path).unwrap();
            let one = |t: &crate::judge::TestCase| {
                let bytes = (read(stored.input(&t.name)), read(stored.answer(&t.name)));
                (t.sample, t.description.clone(), bytes)
            };
            stored.problem.tests.iter().map(one).collect::<Vec<_>>()
        };
        prop_assert_eq!(tests(&stored), tests(&again));
        let groups = |problem: &Problem| {
            let place = |name: &String| problem.tests.iter().position(|test| test.name == *name);
            let one = |group: &crate::judge::Group| {
                let tests = group.tests.iter().map(place).collect::<Vec<_>>();
                let points = (group.points * 1e6).round() as u64;
                (points, group.score, group.requires.len(), tests)
            };
            problem.groups.iter().map(one).collect::<Vec<_>>()
        };
        prop_assert_eq!(groups(old), groups(new));
        let verdicts = |stored: &StoredProblem| {
            let one = |s: Solution| (s.source, s.expectation.is_accepted());
            solutions(stored).into_iter().map(one).collect::<Vec<_>>()
        };
        prop_assert_eq!(verdicts(&stored), verdicts(&again));
        let units = |stored: &StoredProblem| {
            let units = stored.unit_tests().unwrap();
            let inputs = units.inputs.iter().map(|u| (u.valid, fs::read(&u.input).unwrap()));
            let outputs = units.outputs.iter().map(|u| (u.valid, fs::read(&u.output).unwrap()));
            (inputs.collect::<Vec<_>>(), outputs.collect::<Vec<_>>())
        };
        prop_assert_eq!(units(&stored), units(&again));
    }

    #[test]
    fn every_package_comes_back_from_a_document(made in made()) {
        let (stored, store, back) = round(&made.package(), Target::Json);
        let again = installed(&store, back.draft);
        let (old, new) = (&stored.problem, &again.problem);
        prop_assert_eq!((&old.title, &old.tags, &old.limits), (&new.title, &new.tags, &new.limits));
        prop_assert_eq!(old.compare, new.compare);
        let lengths = |problem: &Problem| {
            let one = |t: &crate::judge::TestCase| (t.sample, t.input_bytes, t.answer_bytes);
            problem.tests.iter().map(one).collect::<Vec<_>>()
        };
        prop_assert_eq!(lengths(old), lengths(new));
    }
}
