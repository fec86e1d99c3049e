//! The programs of a package that judge: `checker/`, `interactor/`, `static_validator/` and `validators/`.

use super::{
    Reader,
    names::{PLAIN, is_note, is_plain},
    programs::has_script,
};
use crate::{
    judge::{Convention, JudgeProgram},
    problem::manifest::{self, Manifest},
};
use std::{collections::BTreeSet, io};

/// The extension of checktestdata's scripts, which validators may be.
const CHECKTESTDATA: &str = ".ctd";

impl Reader<'_> {
    /// Checks the folders against what the manifest says of them.
    pub(super) fn judges(&mut self, manifest: &Manifest) -> io::Result<()> {
        self.judge(manifest, manifest.checker.as_ref(), "checker")?;
        self.judge(manifest, manifest.interactor.as_ref(), "interactor")?;
        let static_validator = manifest.static_validator.as_ref();
        let program = static_validator.map(|(said, line)| (said.program.clone(), *line));
        self.judge(manifest, program.as_ref(), "static_validator")?;
        self.validators(manifest)?;
        self.combination(manifest);
        Ok(())
    }

    fn wrong_field(&mut self, line: u32, field: &str, message: impl AsRef<str>) {
        self.mistakes.field(manifest::FILE, Some(line), field, message);
    }

    fn judge(
        &mut self,
        manifest: &Manifest,
        said: Option<&(JudgeProgram, u32)>,
        name: &str,
    ) -> io::Result<()> {
        let folder = format!("{name}/");
        let files = self.folder(&folder)?;
        let Some((program, line)) = said else {
            if !files.is_empty() && manifest.readable && !manifest.judges.contains(&name) {
                let message = format!("problem.toml does not name a program of it: [{name}]");
                self.mistakes.file(name, message);
            }
            return Ok(());
        };
        self.judges_program(&folder, &files, program, (*line, &format!("{name}.program")))
    }

    fn judges_program(
        &mut self,
        folder: &str,
        files: &[&str],
        program: &JudgeProgram,
        (line, field): (u32, &str),
    ) -> io::Result<()> {
        if let Err(why) = self.runs(folder, files, &program.file)? {
            let script = if has_script(files) { "; its program is `run`" } else { "" };
            self.wrong_field(line, field, why + script);
        }
        Ok(())
    }

    /// Each folder of `validators/` is named, and each name has a folder.
    fn validators(&mut self, manifest: &Manifest) -> io::Result<()> {
        let mut folders = BTreeSet::new();
        for (path, _) in self.tree.below("validators/") {
            match path.split_once('/') {
                Some((folder, _)) => _ = folders.insert(folder),
                None if is_note(path) => {}
                None => {
                    let message = "belongs into a folder of its own, such as validators/input/";
                    self.mistakes.file(&format!("validators/{path}"), message);
                }
            }
        }
        for (validator, line) in &manifest.validators {
            let name = validator.name.as_str();
            if !is_plain(name) {
                self.wrong_field(*line, "validators.name", PLAIN);
                continue;
            }
            if !folders.remove(name) {
                let message = format!("there is no folder validators/{name}/");
                self.wrong_field(*line, "validators.name", message);
                continue;
            }
            let folder = format!("validators/{name}/");
            let files = self.folder(&folder)?;
            let file = validator.program.file.as_str();
            if file.ends_with(CHECKTESTDATA) && files.contains(&file) {
                self.text(&format!("{folder}{file}"), super::MAX_SOURCE_BYTES)?;
                continue;
            }
            let place = (*line, "validators.program");
            self.judges_program(&folder, &files, &validator.program, place)?;
        }
        if manifest.readable {
            for folder in folders {
                let message = format!(
                    "problem.toml does not name a program of it: [[validators]] with name = \
                     \"{folder}\""
                );
                self.mistakes.file(&format!("validators/{folder}"), message);
            }
        }
        Ok(())
    }

    /// What does not go together.
    fn combination(&mut self, manifest: &Manifest) {
        let interactor = manifest.interactor.as_ref();
        let checker = manifest.checker.as_ref();
        if let (Some(line), Some(_)) = (manifest.compare_line, checker.or(interactor)) {
            let who = if checker.is_some() { "[checker]" } else { "[interactor]" };
            let message = format!("is not used, because {who} decides; remove one of them");
            self.wrong_field(line, "compare", message);
        }
        if let (Some((program, _)), Some((_, line))) = (interactor, checker)
            && program.convention == Convention::Icpc
        {
            let message = "an ICPC interactor gives the verdict itself; a checker comes after a \
                           testlib interactor only";
            self.wrong_field(*line, "checker", message);
        }
        let last = interactor.or(checker);
        if let Some(line) = manifest.passes.1
            && manifest.passes.0 > 1
            && last.is_none_or(|(program, _)| program.convention != Convention::Icpc)
        {
            let message = "more than one pass needs a checker or an interactor with convention = \
                           \"icpc\", which says that there is a next pass (nextpass.in)";
            self.wrong_field(line, "passes", message);
        }
    }
}
