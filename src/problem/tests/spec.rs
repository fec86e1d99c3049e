//! What importers write is what the reader reads.

use crate::{
    judge::{
        About, Aggregate, Compare, Convention, Difficulty, Expectation, Grader, GraderVerdict,
        Group, Limits, PartExpectation, StopPolicy, TimeUse, Timing, Verdict,
    },
    problem::{
        manifest::{self, Manifest},
        mistake::Mistakes,
        spec::{IncludeSpec, Program, SolutionSpec, Spec, StaticSpec, TestSpec, ValidatorSpec},
    },
};
use std::collections::{BTreeMap, BTreeSet};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn full() -> Spec {
    let verdicts = |verdicts: &[Verdict]| verdicts.iter().copied().collect::<BTreeSet<_>>();
    Spec {
        title: "Everything \"at\" once".into(),
        difficulty: Some(Difficulty::Hard),
        tags: words(&["a", "b c"]),
        languages: vec!["cpp".into(), "python".into()],
        reference: Some("accepted/main.cpp".into()),
        passes: Some(2),
        stop: Some(StopPolicy::FirstFailure),
        about: About {
            format: Some("2025-09".into()),
            uuid: Some("d0".into()),
            language: Some("sv".into()),
            titles: BTreeMap::from([("en".into(), "All".into()), ("pt-BR".into(), "Tudo".into())]),
            authors: words(&["Å. B"]),
            source: Some("Contest".into()),
            source_url: Some("https://example.org/?a=b".into()),
            license: Some("cc by-sa".into()),
            rights_owner: Some("C".into()),
        },
        limits: Some(Limits { time_ms: 1234, wall_ms: Some(9999), ..Limits::default() }),
        timing: Some(Timing {
            ac_to_time_limit: 5.0,
            time_limit_to_tle: 1.25,
            resolution_ms: 100,
            inferred: true,
        }),
        compare: Some(Compare::Icpc {
            case_sensitive: true,
            space_change_sensitive: true,
            absolute: Some(1e-9),
            relative: None,
        }),
        checker: Some(Program {
            program: "check.py".into(),
            convention: Convention::Icpc,
            args: words(&["-x", "y z"]),
        }),
        interactor: Some(Program { program: "run".into(), ..Program::default() }),
        static_validator: Some(StaticSpec {
            program: "s.py".into(),
            args: words(&["1"]),
            points: 2.5,
        }),
        include: BTreeMap::from([(
            "python".into(),
            IncludeSpec { entry: Some("driver.py".into()), user: Some("user.py".into()) },
        )]),
        generators: BTreeMap::from([("secret/3".into(), words(&["gen.py", "7"]))]),
        validators: vec![ValidatorSpec {
            name: "input".into(),
            program: Program {
                program: "v.ctd".into(),
                convention: Convention::Icpc,
                args: Vec::new(),
            },
        }],
        tests: vec![TestSpec {
            name: "secret/*".into(),
            sample: Some(false),
            args: Some(Vec::new()),
            judge_args: Some(words(&["--fast"])),
            validator_args: Some(words(&["--n", "5"])),
            compare: Some(Compare::Float { absolute: 0.5, relative: 0.0 }),
            description: Some("Two\nlines.".into()),
        }],
        groups: vec![Group {
            name: "secret".into(),
            tests: words(&["secret/*"]),
            points: 50.5,
            score: Aggregate::Avg,
            requires: words(&["sample"]),
            stop: true,
            parent: Some("data".into()),
            unbounded: true,
            grader: Some(Grader {
                verdict: GraderVerdict::FirstError,
                accept_score: 3.0,
                reject_score: -1.0,
                any_accepted: true,
                ignore_sample: true,
            }),
        }],
        solutions: vec![
            SolutionSpec {
                path: "mixed/*".into(),
                language: Some("python".into()),
                entry: Some("a.py".into()),
                expectation: Expectation {
                    permitted: verdicts(&[Verdict::Accepted, Verdict::RuntimeError]),
                    required: verdicts(&[Verdict::RuntimeError]),
                    score: Some([0.0, f64::INFINITY]),
                    message: Some("too small".into()),
                    tests: vec![PartExpectation {
                        pattern: "secret/*".into(),
                        permitted: verdicts(&[Verdict::Accepted]),
                        required: verdicts(&[Verdict::Accepted]),
                        score: Some([1.0, 2.0]),
                        message: Some("no".into()),
                    }],
                },
                time_limit: Some(TimeUse::Upper),
            },
            SolutionSpec { path: "accepted/x".into(), ..SolutionSpec::default() },
        ],
    }
}

fn read(spec: &Spec) -> Manifest {
    let text = spec.to_toml().unwrap();
    let mut mistakes = Mistakes::default();
    let manifest = manifest::parse(&text, &mut mistakes);
    assert_eq!(mistakes.into_vec(), [], "{text}");
    manifest
}

#[test]
fn a_full_spec_is_read_as_it_was_written() {
    let (spec, read) = (full(), read(&full()));
    assert_eq!((&read.title, Some(read.difficulty)), (&spec.title, spec.difficulty));
    assert_eq!((&read.tags, Some(read.stop)), (&spec.tags, spec.stop));
    assert_eq!(read.reference.map(|(path, _)| path), spec.reference);
    assert_eq!(Some(read.passes.0), spec.passes);
    assert_eq!(read.about, spec.about);
    assert_eq!((Some(read.limits), read.timing), (spec.limits, spec.timing));
    assert_eq!(Some(read.compare), spec.compare);
    let (checker, said) = (read.checker.unwrap().0, spec.checker.unwrap());
    assert_eq!((checker.file, checker.convention), (said.program, said.convention));
    assert_eq!(checker.args, said.args);
    let (interactor, said) = (read.interactor.unwrap().0, spec.interactor.unwrap());
    assert_eq!((interactor.file, interactor.convention), (said.program, said.convention));
    let (validator, said) = (read.static_validator.unwrap().0, spec.static_validator.unwrap());
    assert_eq!((validator.program.file, validator.points), (said.program, said.points));
    assert_eq!(
        (validator.program.args, validator.program.convention),
        (said.args, Convention::Icpc)
    );
    let include = &read.include["python"];
    assert_eq!(include.entry, spec.include["python"].entry);
    assert_eq!(include.user, spec.include["python"].user);
    let command = read.generators["secret/3"].command.clone().unwrap();
    assert_eq!([vec![command.0], command.1].concat(), spec.generators["secret/3"]);
    let (validator, said) = (&read.validators[0].0, &spec.validators[0]);
    assert_eq!((&validator.name, &validator.program.file), (&said.name, &said.program.program));
    assert_eq!(validator.program.convention, Convention::Icpc);
}

#[test]
fn what_is_said_of_tests_groups_and_solutions_is_read() {
    let (spec, read) = (full(), read(&full()));
    let (test, said) = (&read.tests[0], &spec.tests[0]);
    assert_eq!((&test.pattern.0, test.sample), (&said.name, said.sample));
    assert_eq!((&test.args, &test.judge_args), (&said.args, &said.judge_args));
    assert_eq!(test.validator_args, said.validator_args);
    assert_eq!(test.compare.map(|(compare, _)| compare), said.compare);
    assert_eq!(test.description, said.description);
    let (group, said) = (&read.groups[0], &spec.groups[0]);
    assert_eq!((&group.name.0, &group.tests[0].0), (&said.name, &said.tests[0]));
    assert_eq!((group.points, group.score), (said.points, said.score));
    assert_eq!((group.stop, group.unbounded), (said.stop, said.unbounded));
    assert_eq!(group.requires[0].0, said.requires[0]);
    assert_eq!(group.parent.as_ref().map(|(name, _)| name), said.parent.as_ref());
    assert_eq!(group.grader, said.grader);
    let (entry, said) = (&read.solutions[0], &spec.solutions[0]);
    let word = |placed: &Option<(String, u32)>| placed.as_ref().map(|(text, _)| text.clone());
    assert_eq!(entry.pattern.0, said.path);
    assert_eq!(
        (word(&entry.language), word(&entry.entry)),
        (said.language.clone(), said.entry.clone())
    );
    let expected = &said.expectation;
    assert_eq!(entry.permitted.as_ref(), Some(&expected.permitted));
    assert_eq!(entry.required.as_ref(), Some(&expected.required));
    assert_eq!((entry.score, &entry.message), (expected.score, &expected.message));
    let parts: Vec<_> = entry.tests.iter().flatten().map(|(part, _)| part.clone()).collect();
    assert_eq!(parts, expected.tests);
    assert_eq!(entry.time_limit, said.time_limit);
    let nothing = &read.solutions[1];
    assert!(nothing.permitted.is_none() && nothing.required.is_none() && nothing.tests.is_none());
    assert!(nothing.time_limit.is_none() && nothing.score.is_none());
}

#[test]
fn what_is_not_said_is_not_written() {
    let spec = Spec { title: "T".into(), ..Spec::default() };
    assert_eq!(spec.to_toml().unwrap(), "title = \"T\"\n");
    assert!(read(&spec).groups.is_empty());
}
