//! Who judges what a program writes: the problem's comparison, its checker or its interactor; how those
//! are called, and what they leave.

use super::KEEP_TEXT;
use crate::{
    judge::{Checked, Convention, Exit, RunLimits, Said},
    sandbox::{Cell, Command, Held, Input, SandboxError, Side},
};
use std::time::Duration;

/// What a checker or an interactor may use: the ICPC's usual bounds. An interactor has as much time
/// again as the submission it talks to.
pub(super) const JUDGE_LIMITS: RunLimits = RunLimits {
    cpu: Duration::from_secs(60),
    wall: Duration::from_secs(120),
    memory_bytes: 2048 << 20,
    output_bytes: 64 << 20,
    processes: 64,
};

/// How much of a judge's feedback file is read, in bytes.
const FEEDBACK: u64 = 64 << 10;

/// Where commands find the files that they are shown.
const SHOWN: [&str; 3] = ["/proc/self/fd/3", "/proc/self/fd/4", "/proc/self/fd/5"];

/// How a checker or an interactor is run.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    /// Program and arguments, without those of the convention.
    pub argv: Vec<String>,
    /// Those at the end.
    pub args: Vec<String>,
    /// How it is called and answers.
    pub convention: Convention,
}

/// Who judges what a program writes.
#[derive(Clone, Debug)]
pub(super) enum Court {
    /// The problem's comparison.
    Compare,
    /// A checker, afterwards.
    Checker(Judge),
    /// An interactor, meanwhile; and a checker, if there is one, on what the interactor wrote.
    Interactor(Judge, Option<Judge>),
}

impl Court {
    /// Itself with other arguments for the one who has the last word: the checker, else the interactor.
    /// Without any it keeps its own.
    pub fn with_args(&self, args: Option<&[String]>) -> Self {
        let mut court = self.clone();
        if let (
            Self::Checker(judge) | Self::Interactor(_, Some(judge)) | Self::Interactor(judge, None),
            Some(args),
        ) = (&mut court, args)
        {
            judge.args = args.to_vec();
        }
        court
    }
}

/// What a judge left in its feedback folder.
#[derive(Default)]
pub(super) struct Left {
    message: Option<Vec<u8>>,
    score: Option<Vec<u8>>,
    multiplier: Option<Vec<u8>>,
    pub next_pass: bool,
}

impl Left {
    pub fn said<'a>(&'a self, exit: Exit, stderr: &'a [u8]) -> Said<'a> {
        Said {
            exit,
            stderr,
            message: self.message.as_deref(),
            score: self.score.as_deref(),
            multiplier: self.multiplier.as_deref(),
            next_pass: self.next_pass,
        }
    }
}

impl Judge {
    /// The exit code with which an interactor rejects.
    pub fn rejects(&self) -> i32 {
        match self.convention {
            Convention::Testlib => 1,
            Convention::Icpc => 43,
        }
    }

    /// Its command with these first arguments.
    pub fn command(
        &self,
        side: Side,
        own: &[&str],
        shown: &[Held],
        fresh_feedback: bool,
    ) -> Command {
        let mut argv = self.argv.clone();
        argv.extend(own.iter().map(|&word| word.to_owned()));
        argv.extend(self.args.iter().cloned());
        Command {
            side,
            shown: shown.to_vec(),
            keep_stderr: KEEP_TEXT,
            fresh_feedback,
            ..Command::new(argv, JUDGE_LIMITS)
        }
    }

    /// The command of a checker on input, output and answer.
    pub(super) fn check(
        &self,
        [input, output, answer]: [Held; 3],
        fresh_feedback: bool,
    ) -> Command {
        let [first, second, third] = SHOWN;
        match self.convention {
            Convention::Testlib => {
                let shown = [input, output, answer];
                self.command(Side::Checker, &[first, second, third], &shown, fresh_feedback)
            }
            Convention::Icpc => Command {
                stdin: Input::Held(output),
                ..self.command(
                    Side::Checker,
                    &[first, second, "feedback/"],
                    &[input, answer],
                    fresh_feedback,
                )
            },
        }
    }

    /// The command of an interactor.
    pub fn talk(&self, files: [Held; 2], program: &RunLimits, fresh_feedback: bool) -> Command {
        let [first, second, _] = SHOWN;
        let own = match self.convention {
            Convention::Testlib => [first, "feedback/tout", second],
            Convention::Icpc => [first, second, "feedback/"],
        };
        let mut command = self.command(Side::Interactor, &own, &files, fresh_feedback);
        // It waits for the submission, whose own backstop comes first.
        command.limits.wall += program.wall;
        command
    }

    /// Asks for what it leaves.
    pub(super) async fn ask(&self, cell: &mut dyn Cell) -> Result<(), SandboxError> {
        if self.convention == Convention::Icpc {
            for name in ["judgemessage.txt", "score.txt", "score_multiplier.txt"] {
                cell.fetch(name, FEEDBACK, None).await?;
            }
            cell.fetch("nextpass.in", 0, None).await?;
        }
        Ok(())
    }

    /// What it left.
    pub async fn left(&self, cell: &mut dyn Cell) -> Result<Left, SandboxError> {
        match self.convention {
            Convention::Testlib => Ok(Left::default()),
            Convention::Icpc => Ok(Left {
                message: cell.fetched().await?,
                score: cell.fetched().await?,
                multiplier: cell.fetched().await?,
                next_pass: cell.fetched().await?.is_some(),
            }),
        }
    }

    /// A checker's word, and whether it wants another pass.
    pub(super) async fn word(
        &self,
        cell: &mut dyn Cell,
    ) -> Result<(Result<Checked, String>, bool), SandboxError> {
        let ran = cell.ended().await?;
        let left = self.left(cell).await?;
        let word = self.convention.word(&ran.facts, &left.said(ran.facts.exit, &ran.stderr));
        Ok((word.map_err(|fault| format!("checker: {fault}")), left.next_pass))
    }
}
