//! The programs of a package that judge: `checker/` and `interactor/`.

use super::{MAX_SOURCE_BYTES, PLAIN, Reader, is_note, is_plain, sources::language_of};
use crate::{
    judge::{Convention, JudgeProgram},
    problem::{
        Generated,
        files::Kind,
        manifest::{self, Manifest},
    },
};
use std::io;

/// How large a file beside a judge's program may be; testlib.h has 200 KiB.
const MAX_HELPER_BYTES: u64 = 1 << 20;

/// What the files of a folder may have together, since they are sent to each cell that judges.
const MAX_FOLDER_BYTES: u64 = 8 << 20;

impl<'a> Reader<'a> {
    /// Checks both folders against what the manifest says of them.
    pub(super) fn judges(
        &mut self,
        manifest: &Manifest,
        generated: &[Generated],
    ) -> io::Result<()> {
        self.judge(manifest, manifest.checker.as_ref(), "checker/")?;
        self.judge(manifest, manifest.interactor.as_ref(), "interactor/")?;
        self.combination(manifest, generated);
        Ok(())
    }

    fn wrong_field(&mut self, line: u32, field: &str, message: impl AsRef<str>) {
        self.mistakes.field(manifest::FILE, Some(line), field, message);
    }

    fn judge(
        &mut self,
        manifest: &Manifest,
        said: Option<&(JudgeProgram, u32)>,
        folder: &'static str,
    ) -> io::Result<()> {
        let files = self.folder(folder)?;
        let name = folder.trim_end_matches('/');
        let Some((program, line)) = said else {
            if !files.is_empty() && manifest.readable && !manifest.judges.contains(&name) {
                let message = format!("problem.toml does not name a program of it: [{name}]");
                self.mistakes.file(name, message);
            }
            return Ok(());
        };
        let field = format!("{name}.program");
        let path = format!("{folder}{}", program.file);
        if !files.contains(&program.file.as_str()) {
            self.wrong_field(*line, &field, format!("there is no {path}"));
        } else if language_of(&program.file, self.rules.languages).is_none() {
            let known = self.rules.languages.ids();
            self.wrong_field(*line, &field, format!("{path} is in no known language ({known})"));
        } else {
            self.text(&path, MAX_SOURCE_BYTES)?;
        }
        Ok(())
    }

    /// The files of a folder that holds a judge's program; checks their names, sizes and includes.
    fn folder(&mut self, folder: &'static str) -> io::Result<Vec<&'a str>> {
        let mut files = Vec::new();
        let mut total = 0;
        for (file, kind) in self.tree.below(folder) {
            let path = format!("{folder}{file}");
            if file.contains('/') {
                self.mistakes.file(&path, format!("{folder} holds no folders; move the file up"));
                continue;
            }
            if is_note(file) {
                continue;
            }
            if !is_plain(file) {
                self.mistakes.file(&path, PLAIN);
            }
            if let Kind::Regular(size) = kind {
                total += size;
                if size > MAX_HELPER_BYTES {
                    let message = format!("is larger than {} KiB", MAX_HELPER_BYTES >> 10);
                    self.mistakes.file(&path, message);
                }
            }
            files.push(file);
        }
        if total > MAX_FOLDER_BYTES {
            let message = format!("holds more than {} MiB", MAX_FOLDER_BYTES >> 20);
            self.mistakes.file(folder.trim_end_matches('/'), message);
        }
        for file in files.iter().filter(|_| !files.contains(&"testlib.h")) {
            self.needs_testlib(&format!("{folder}{file}"), folder)?;
        }
        Ok(files)
    }

    /// The mistake of a C++ file that includes testlib.h where there is none.
    fn needs_testlib(&mut self, path: &str, folder: &str) -> io::Result<()> {
        let language = language_of(path, self.rules.languages);
        if language.is_none_or(|language| !language.id.starts_with("cpp")) {
            return Ok(());
        }
        let Some(text) = self.text(path, MAX_HELPER_BYTES)? else { return Ok(()) };
        let includes = |line: &str| {
            let words = line.trim_start().strip_prefix('#').map(str::trim_start);
            words.is_some_and(|rest| rest.starts_with("include") && rest.contains("testlib.h"))
        };
        if let Some(at) = text.lines().position(includes) {
            let message = format!(
                "includes testlib.h, which the package does not have; take it from the repository \
                 MikeMirzayanov/testlib and put it into {folder}"
            );
            self.mistakes.line(path, Some(at as u32 + 1), message);
        }
        Ok(())
    }

    /// What does not go together.
    fn combination(&mut self, manifest: &Manifest, generated: &[Generated]) {
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
        let missing = generated.iter().find(|test| test.needs_answer);
        if let (Some((_, line)), Some(test)) = (interactor, missing) {
            let message = format!(
                "the reference cannot make the answer of {0}, since it talks to the interactor; \
                 add tests/{0}.out (it may be empty)",
                test.test
            );
            self.wrong_field(*line, "interactor", message);
        }
    }
}
