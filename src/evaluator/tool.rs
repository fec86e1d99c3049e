//! A problem's own program, built once in a cell of its own and run for many inputs: a validator, a
//! generator, a checker.

use super::{
    Evaluator, KEEP_TEXT,
    court::{JUDGE_LIMITS, Judge},
};
use crate::{
    judge::{Checked, Convention, Facts, JudgeProgram, Language},
    problem::StoredProblem,
    sandbox::{Cell, Command, Input, Ran, Rootfs, SandboxError, Side, Spool},
};
use std::path::Path;

/// A program of a problem that is ready to be run. Dropping it destroys its cell.
pub struct Tool {
    cell: Box<dyn Cell>,
    judge: Judge,
}

/// One run of a tool.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its arguments.
    pub args: Vec<String>,
    /// Its standard input.
    pub stdin: Input,
    /// How much of its standard output is kept, in bytes.
    pub keep_stdout: u64,
}

/// What came of a run of a tool.
#[derive(Debug)]
pub struct Called {
    /// What happened.
    pub facts: Facts,
    /// Its standard output, as far as it was to be kept.
    pub stdout: Spool,
    /// The beginning of its standard error.
    pub stderr: Vec<u8>,
}

impl Called {
    /// How it failed of itself, apart from its exit code: a signal or a limit. `None` when it did not.
    pub fn crash(&self) -> Option<String> {
        match (self.facts.stopped, self.facts.exit) {
            _ if self.facts.out_of_memory => Some("it ran out of memory".to_owned()),
            (Some(stop), _) => {
                Some(format!("it passed a limit of the problem's own programs: {stop:?}"))
            }
            (None, crate::judge::Exit::Signal(_)) => Some(self.facts.exit.describe()),
            (None, crate::judge::Exit::Code(_)) => None,
        }
    }
}

impl Evaluator {
    /// Builds a program of the problem's own. `files` are those of its folder, the program among them. The
    /// inner error says why it cannot be built.
    pub async fn tool(
        &self,
        program: &JudgeProgram,
        files: Vec<(String, Vec<u8>)>,
    ) -> Result<Result<Tool, String>, SandboxError> {
        let rootfs = match self.tool_rootfs(program) {
            Ok(rootfs) => rootfs,
            Err(why) => return Ok(Err(why)),
        };
        let mut cell = self.sandbox.lease(&rootfs).await?;
        let built = self.build_judge(cell.as_mut(), program, Side::Checker, files, &rootfs).await?;
        match built {
            Ok((judge, _)) => Ok(Ok(Tool { cell, judge })),
            Err(why) => {
                cell.release().await;
                Ok(Err(why))
            }
        }
    }

    /// The toolchain of a program of the problem's own that is alone in its cell.
    pub(super) fn tool_rootfs(&self, program: &JudgeProgram) -> Result<Rootfs, String> {
        if program.is_script() {
            return self.rootfs(&Language::script(false)).map_err(|error| error.to_string());
        }
        let extension = Path::new(&program.file).extension().unwrap_or_default().to_string_lossy();
        let Some(language) = self.languages.by_extension(&extension) else {
            return Err(format!("`{}` is in no language that is here", program.file));
        };
        self.rootfs(language).map_err(|error| error.to_string())
    }

    /// Builds the problem's checker, in a cell of its own. `None` where it has none; the inner error says
    /// why it cannot be built.
    pub async fn checker_tool(
        &self,
        stored: &StoredProblem,
    ) -> Result<Option<Result<CheckerTool, String>>, SandboxError> {
        let Some(program) = &stored.problem.checker else { return Ok(None) };
        let files = stored.checker_files().map_err(SandboxError::host)?;
        let tool = self.tool(program, files).await?;
        Ok(Some(tool.map(|Tool { cell, judge }| CheckerTool { cell, judge })))
    }
}

impl Tool {
    /// How it is called and answers.
    pub fn convention(&self) -> Convention {
        self.judge.convention
    }

    /// Runs it.
    pub async fn call(&mut self, call: Call) -> Result<Called, SandboxError> {
        let mut argv = self.judge.argv.clone();
        argv.extend(call.args);
        let command = Command {
            side: Side::Checker,
            stdin: call.stdin,
            keep_stdout: call.keep_stdout,
            keep_stderr: KEEP_TEXT,
            fresh_feedback: true,
            ..Command::new(argv, JUDGE_LIMITS)
        };
        self.cell.begin(command).await?;
        let Ran { facts, stdout, stderr } = self.cell.ended().await?;
        Ok(Called { facts, stdout, stderr })
    }

    /// Gives its cell back.
    pub async fn release(self) {
        self.cell.release().await;
    }
}

/// A problem's checker that is ready to be asked. Dropping it destroys its cell.
pub struct CheckerTool {
    cell: Box<dyn Cell>,
    judge: Judge,
}

impl CheckerTool {
    /// What it says of an output. The inner error is its own fault, in words for the setter. `args` take
    /// the place of its own.
    pub async fn check(
        &mut self,
        [input, output, answer]: [Input; 3],
        args: Option<&[String]>,
    ) -> Result<Result<Checked, String>, SandboxError> {
        let cell = self.cell.as_mut();
        let input = cell.hold(input).await?;
        let output = cell.hold(output).await?;
        let answer = cell.hold(answer).await?;
        let judge = match args {
            Some(args) => Judge { args: args.to_vec(), ..self.judge.clone() },
            None => self.judge.clone(),
        };
        cell.begin(judge.check([input, output, answer], true)).await?;
        judge.ask(cell).await?;
        let (word, _) = judge.word(cell).await?;
        for held in [input, output, answer] {
            cell.forget(held).await?;
        }
        Ok(word)
    }

    /// Gives its cell back.
    pub async fn release(self) {
        self.cell.release().await;
    }
}
