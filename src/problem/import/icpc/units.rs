//! Unit tests of validators: `data/invalid_input`, `data/invalid_output`, `data/valid_output`.

use super::{Ignored, Importer, carry, data::Cases};
use std::io;

/// Folders of `BAPCtools`, which judges answers by validators of their own.
const FOREIGN: [&str; 1] = ["invalid_answers"];

/// Why settings of unit tests are not kept.
const WITHOUT_ARGUMENTS: &str = "unit tests are run without arguments of their own";

impl Importer<'_> {
    /// Takes the unit tests over.
    pub(super) fn units(&mut self) -> io::Result<()> {
        for folder in FOREIGN {
            if self.tree.below(&format!("data/{folder}/")).next().is_some() {
                let reason = "belongs to BAPCtools; answers are judged by the output validator";
                self.ignored.push(Ignored::file(format!("data/{folder}"), reason));
            }
        }
        self.group_settings();
        // The later names are those of the native form; older packages had the plural.
        for folder in ["invalid_input", "invalid_inputs"] {
            let cases = self.cases(&format!("{folder}/"), false);
            self.unit_tests(&cases, folder, "invalid_input", &[".in"])?;
        }
        for (folder, to) in [
            ("invalid_output", "invalid_output"),
            ("invalid_outputs", "invalid_output"),
            ("valid_output", "valid_output"),
            ("valid_outputs", "valid_output"),
        ] {
            let cases = self.cases(&format!("{folder}/"), true);
            for (name, case) in &cases {
                if !case.files.contains_key(".out") {
                    let message = format!("has no output to be judged; add data/{name}.out");
                    self.mistakes.file(&format!("data/{name}.in"), message);
                }
            }
            if (self.meta.interactive || self.meta.multi_pass) && !cases.is_empty() {
                let reason =
                    "a problem that talks to submissions has no outputs to be judged by themselves";
                self.ignored.push(Ignored::file(format!("data/{folder}"), reason));
                continue;
            }
            self.unit_tests(&cases, folder, to, &[".in", ".ans", ".out"])?;
        }
        self.shown_outputs()
    }

    /// Tells of what is said of whole folders of unit tests.
    fn group_settings(&mut self) {
        let of_units = |path: &&str| {
            let name = path.rsplit('/').next();
            ["invalid_", "valid_"].iter().any(|start| path.starts_with(start))
                && name.is_some_and(|name| ["test_group.yaml", "testdata.yaml"].contains(&name))
        };
        let found = self.tree.below("data/").map(|(path, _)| path).filter(of_units);
        let found: Vec<String> = found.map(|path| format!("data/{path}")).collect();
        self.ignored.extend(found.into_iter().map(|path| Ignored::file(path, WITHOUT_ARGUMENTS)));
    }

    fn unit_tests(
        &mut self,
        cases: &Cases,
        folder: &str,
        to: &str,
        ends: &[&str],
    ) -> io::Result<()> {
        for (name, case) in cases {
            let name = name.strip_prefix(folder).unwrap_or(name);
            for (end, from) in &case.files {
                if ends.contains(end) {
                    let to = format!("{to}{name}{end}");
                    carry(self.package, self.tree, from, self.into, &to, self.mistakes)?;
                } else if *end == ".yaml" {
                    self.ignored.push(Ignored::file(from, WITHOUT_ARGUMENTS));
                }
            }
        }
        Ok(())
    }

    /// Outputs that samples show in place of their answers must be accepted as well.
    fn shown_outputs(&mut self) -> io::Result<()> {
        if self.meta.interactive || self.meta.multi_pass {
            return Ok(());
        }
        let shown: Vec<String> = self
            .tests
            .iter()
            .filter(|name| self.tree.get(&format!("data/{name}.out")).is_some())
            .cloned()
            .collect();
        for name in shown {
            for end in [".in", ".ans", ".out"] {
                let (from, to) = (format!("data/{name}{end}"), format!("valid_output/{name}{end}"));
                carry(self.package, self.tree, &from, self.into, &to, self.mistakes)?;
            }
        }
        Ok(())
    }
}
