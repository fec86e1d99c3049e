//! Validators: programs and checktestdata scripts that say whether an input is valid.

use super::{
    asks::{WORDS, Word, bytes},
    session::{blocking, cut},
};
use crate::{
    evaluator::{Call, Evaluator, Tool},
    judge::{Convention, Exit, JudgeProgram, checktestdata},
    problem::Files,
    sandbox::{Input, SandboxError},
};
use std::sync::Arc;

/// The longest input that a script is asked about, in bytes: unlike a program it runs in the daemon.
const LONGEST: u64 = 64 << 20;

/// A validator that is ready to be asked.
pub(super) enum Guard {
    /// A program in a cell.
    Program(Tool),
    /// A checktestdata script.
    Script(Arc<str>),
}

impl Guard {
    /// Builds one. The inner error says why it cannot be built.
    pub(super) async fn build(
        evaluator: &Evaluator,
        program: &JudgeProgram,
        files: Files,
    ) -> Result<Result<Self, String>, SandboxError> {
        if !program.file.ends_with(".ctd") {
            return Ok(evaluator.tool(program, files).await?.map(Self::Program));
        }
        let script = files.into_iter().find(|(path, _)| *path == program.file);
        let script = String::from_utf8(script.map(|(_, bytes)| bytes).unwrap_or_default());
        let Ok(script) = script else { return Ok(Err("is not UTF-8 text".to_owned())) };
        Ok(match checktestdata::check_script(&script) {
            Ok(()) => Ok(Self::Script(script.into())),
            Err(complaint) => Err(format!("is no checktestdata script:\n{complaint}")),
        })
    }

    /// What it says of an input.
    pub(super) async fn ask(
        &mut self,
        input: Input,
        args: Vec<String>,
    ) -> Result<Word, SandboxError> {
        match self {
            Self::Program(tool) => run(tool, input, args).await,
            Self::Script(script) => {
                let script = script.clone();
                blocking(move || match &input {
                    Input::File(path) if path.metadata()?.len() > LONGEST => {
                        let most = LONGEST >> 20;
                        Ok(Word::Fault(format!("the input is longer than {most} MiB")))
                    }
                    _ => Ok(read(&script, &bytes(input)?)),
                })
                .await
            }
        }
    }

    pub(super) async fn release(self) {
        match self {
            Self::Program(tool) => tool.release().await,
            Self::Script(_) => {}
        }
    }
}

/// What a script says of an input.
fn read(script: &str, input: &[u8]) -> Word {
    match checktestdata::check(script, input) {
        Ok(()) => Word::Yes,
        Err(complaint) if complaint.place.is_some() => Word::No(cut(&complaint.to_string(), WORDS)),
        Err(complaint) => Word::Fault(cut(&complaint.to_string(), WORDS)),
    }
}

async fn run(tool: &mut Tool, input: Input, args: Vec<String>) -> Result<Word, SandboxError> {
    let convention = tool.convention();
    let mut called = tool.call(Call { args, stdin: input, keep_stdout: 4 << 10 }).await?;
    if let Some(crash) = called.crash() {
        return Ok(Word::Fault(crash));
    }
    let stdout = called.stdout.bytes().unwrap_or_default();
    let said = [&called.stderr[..], &stdout].concat();
    let said = cut(String::from_utf8_lossy(&said).trim(), WORDS);
    Ok(word_of(convention, called.facts.exit, said))
}

/// What a validator's exit code means.
fn word_of(convention: Convention, exit: Exit, said: String) -> Word {
    let (yes, no) = match convention {
        Convention::Testlib => (0, 3),
        Convention::Icpc => (42, 43),
    };
    match exit {
        Exit::Code(code) if code == yes => Word::Yes,
        Exit::Code(code) if code == no => Word::No(said),
        exit => {
            let what = format!("{}, which is neither {yes} (valid) nor {no}", exit.describe());
            Word::Fault(if said.is_empty() { what } else { format!("{what}: {said}") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_scripts() {
        let script = "INT(1, 5) NEWLINE EOF";
        assert_eq!(read(script, b"3\n"), Word::Yes);
        assert!(matches!(read(script, b"6\n"), Word::No(why) if why.contains("line 1")));
        assert!(matches!(read("INT(1,", b"6\n"), Word::Fault(_)));
    }

    #[test]
    fn exit_codes_of_validators() {
        let word = |convention, code| word_of(convention, Exit::Code(code), "why".into());
        assert_eq!(word(Convention::Testlib, 0), Word::Yes);
        assert_eq!(word(Convention::Testlib, 3), Word::No("why".into()));
        assert_eq!(word(Convention::Icpc, 42), Word::Yes);
        assert_eq!(word(Convention::Icpc, 43), Word::No("why".into()));
        for (convention, code) in [
            (Convention::Testlib, 1),
            (Convention::Testlib, 42),
            (Convention::Icpc, 0),
            (Convention::Icpc, 1),
        ] {
            let Word::Fault(text) = word(convention, code) else { panic!("{convention:?} {code}") };
            assert!(text.ends_with(": why"), "{text}");
        }
    }
}
