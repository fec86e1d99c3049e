//! The static validator: a program of the problem that reads the submission's files and judges those.

use super::{
    Evaluator,
    court::Judge,
    judging::{Program, Whole, whole},
};
use crate::{
    judge::{Checked, Language},
    problem::StoredProblem,
    sandbox::{Cell, File, SandboxError, Side},
};

/// The folder of the submission's files in the validator's box, and its working directory.
const FOLDER: &str = "submission";

/// Where commands see their box.
const BOX: &str = "/box";

impl Evaluator {
    /// What the problem's static validator says of a program; `None` where the problem has none. The inner
    /// error is the problem's fault.
    pub(super) async fn static_word(
        &self,
        stored: &StoredProblem,
        language: &Language,
        program: &Program<'_>,
    ) -> Result<Result<Option<Checked>, String>, SandboxError> {
        let Some(validator) = &stored.problem.static_validator else { return Ok(Ok(None)) };
        let fault = |why: String| Ok(Err(format!("the problem's static validator {why}")));
        let rootfs = match self.tool_rootfs(&validator.program) {
            Ok(rootfs) => rootfs,
            Err(why) => return fault(why),
        };
        let whole = whole(stored, language, program.clone())?;
        let files = stored.static_validator_files().map_err(SandboxError::host)?;
        // A cell of its own: checker and interactor have their boxes in the submission's.
        let mut cell = self.sandbox.lease(&rootfs).await?;
        let cell_ref = cell.as_mut();
        let built =
            self.build_judge(cell_ref, &validator.program, Side::Checker, files, &rootfs).await?;
        let judge = match built {
            Ok((judge, _)) => judge,
            Err(why) => {
                cell.release().await;
                return fault(why);
            }
        };
        let word = ask(cell_ref, judge, whole).await?;
        cell.release().await;
        Ok(word.map(Some).map_err(|why| format!("the problem's static validator: {why}")))
    }
}

/// Runs the validator beside the submission's files.
async fn ask(
    cell: &mut dyn Cell,
    judge: Judge,
    whole: Whole,
) -> Result<Result<Checked, String>, SandboxError> {
    let Whole { language, text, files, .. } = whole;
    let entry = language.entry_point().to_owned();
    let mut files = files;
    files.retain(|file| file.path != language.source);
    files.push(File::plain(&language.source, text));
    let beside = |file: File| File { path: format!("{FOLDER}/{}", file.path), ..file };
    cell.lay(Side::Checker, files.into_iter().map(beside).collect()).await?;
    let judge = Judge { argv: from_elsewhere(&judge.argv), ..judge };
    let feedback = format!("{BOX}/feedback/");
    let own = [language.package_code(), &entry, &feedback];
    cell.begin(judge.command(Side::Checker, &own, &[], true)).await?;
    judge.ask(cell).await?;
    let (word, _) = judge.word(cell).await?;
    cell.lift().await?;
    Ok(word)
}

/// A program's command, for a working directory that is the folder with the submission's files.
fn from_elsewhere(argv: &[String]) -> Vec<String> {
    let word = |word: &String| match word.strip_prefix("./") {
        Some(file) => format!("{BOX}/{file}"),
        None if word.starts_with("main.") => format!("{BOX}/{word}"),
        None => word.replace(" ./run ", &format!(" {BOX}/run ")),
    };
    let shell = format!("cd {BOX}/{FOLDER} && exec \"$@\"");
    let class_path = format!("CLASSPATH={BOX}");
    let head = ["sh", "-c", &shell, "sh", "env", &class_path].map(str::to_owned);
    head.into_iter().chain(argv.iter().map(word)).collect()
}
