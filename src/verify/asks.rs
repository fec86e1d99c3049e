//! Questions to the problem's own programs, validators and checkers: each is asked once, and what it
//! answered is kept. A program is built only when there is something to ask that is not known.

use super::{
    cache::{Book, Key},
    guard::Guard,
    session::{Session, blocking, cut},
    solutions::keys::of_files,
};
use crate::{
    evaluator::CheckerTool,
    judge::{Checked, Compare, JudgeProgram, Verdict},
    problem::Files,
    sandbox::{Input, SandboxError},
};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

/// Longest words of a program that are kept, in characters.
pub(super) const WORDS: usize = 400;
/// Fewer questions than this are not worth a cell of their own.
const SHARE: usize = 8;

/// Somebody who says yes or no.
pub(super) enum Asked {
    /// A validator: is this input valid?
    Validator { program: JudgeProgram, files: Files },
    /// The problem's checker: is this output accepted?
    Checker { program: JudgeProgram, files: Files },
    /// The problem's comparison.
    Compare(Compare),
}

/// A question.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// To a validator: input, and arguments in place of its own.
    Valid(Input, Option<Vec<String>>),
    /// To a checker: input, output and answer, and arguments in place of its own.
    Accepted(Box<[Input; 3]>, Option<Vec<String>>),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    /// Valid, or accepted.
    Yes,
    /// Neither, and why.
    No(String),
    /// It failed itself, and how.
    Fault(String),
}

/// A program that is ready to be asked.
enum Ready {
    Validator(Guard),
    Checker(CheckerTool),
    Compare(Compare),
}

impl Asked {
    /// Asks everything; the answers are in the order of the questions. The inner error says why the program
    /// cannot be built.
    pub(super) async fn all(
        &self,
        session: &Session<'_>,
        asks: Vec<Ask>,
    ) -> Result<Result<Vec<Word>, String>, SandboxError> {
        let mut book = session.book(&self.key(session)).await?;
        let mut words: Vec<Option<Word>> = Vec::new();
        let mut keys = Vec::new();
        for ask in &asks {
            let key = self.key_of(session, ask).await?;
            words.push(book.get(&key));
            keys.push(key);
        }
        let waiting: Vec<usize> = (0..asks.len()).filter(|&at| words[at].is_none()).collect();
        session.ran(0, (asks.len() - waiting.len()) as u64);
        for _ in waiting.len()..asks.len() {
            session.advance().await;
        }
        let cells = session.jobs.min(waiting.len().div_ceil(SHARE)).max(1);
        let mut shares: Vec<Vec<usize>> = vec![Vec::new(); cells];
        for (at, &ask) in waiting.iter().enumerate() {
            shares[at % cells].push(ask);
        }
        let work: Vec<_> = shares
            .into_iter()
            .filter(|share| !share.is_empty())
            .map(|share| self.some(session, &asks, share))
            .collect();
        let mut work = stream::iter(work).buffer_unordered(cells);
        let mut trouble = None;
        while let Some(done) = work.next().await {
            match done? {
                Ok(new) => {
                    for (at, word) in new {
                        book.put(&keys[at], &word);
                        words[at] = Some(word);
                    }
                }
                Err(why) => trouble = Some(why),
            }
        }
        drop(work);
        self.save(session, book).await?;
        match trouble {
            Some(why) => Ok(Err(why)),
            None => Ok(Ok(words.into_iter().flatten().collect())),
        }
    }

    async fn save(&self, session: &Session<'_>, book: Book) -> Result<(), SandboxError> {
        match self {
            // A comparison is as fast as the book that it would be in.
            Self::Compare(_) => Ok(()),
            Self::Validator { .. } | Self::Checker { .. } => session.keep(book).await,
        }
    }

    /// Asks some of the questions, one after the other in one cell.
    async fn some(
        &self,
        session: &Session<'_>,
        asks: &[Ask],
        share: Vec<usize>,
    ) -> Result<Result<Vec<(usize, Word)>, String>, SandboxError> {
        let mut ready = match self.ready(session).await? {
            Ok(ready) => ready,
            Err(why) => return Ok(Err(why)),
        };
        let mut words = Vec::new();
        for at in share {
            words.push((at, ready.ask(&asks[at], self.own_args()).await?));
            session.ran(u64::from(!matches!(self, Self::Compare(_))), 0);
            session.advance().await;
        }
        ready.release().await;
        Ok(Ok(words))
    }

    async fn ready(&self, session: &Session<'_>) -> Result<Result<Ready, String>, SandboxError> {
        Ok(match self {
            Self::Validator { program, files } => {
                let guard = Guard::build(session.evaluator, program, files.clone()).await?;
                guard.map(Ready::Validator)
            }
            Self::Checker { .. } => match session.evaluator.checker_tool(&session.stored).await? {
                Some(tool) => tool.map(Ready::Checker),
                None => Err("is not there".to_owned()),
            },
            Self::Compare(compare) => Ok(Ready::Compare(*compare)),
        })
    }

    fn own_args(&self) -> &[String] {
        match self {
            Self::Validator { program, .. } => &program.args,
            Self::Checker { .. } | Self::Compare(_) => &[],
        }
    }

    /// The digest of what decides its answers beside the questions.
    fn key(&self, session: &Session<'_>) -> Key {
        let (kind, program, files) = match self {
            Self::Validator { program, files } => ("validator", program, files),
            Self::Checker { program, files } => ("checker", program, files),
            Self::Compare(_) => return Key::of_texts(["compare"]),
        };
        let extension = program.file.rsplit_once('.').map_or("", |(_, extension)| extension);
        let language = session.evaluator.languages().by_extension(extension);
        let ground = language.and_then(|language| session.evaluator.ground(&language.id));
        let said = serde_json::to_string(program).unwrap_or_default();
        let files = of_files(files);
        Key::of_texts([kind, &ground.unwrap_or_default(), &said, files.as_str()])
    }

    async fn key_of(&self, session: &Session<'_>, ask: &Ask) -> Result<Key, SandboxError> {
        let (inputs, args): (&[Input], _) = match ask {
            Ask::Valid(input, args) => (std::slice::from_ref(input), args),
            Ask::Accepted(files, args) => (&files[..], args),
        };
        let mut parts = vec![serde_json::to_string(args).unwrap_or_default()];
        for input in inputs {
            parts.push(session.digest(input).await?);
        }
        Ok(Key::of_texts(parts.iter().map(String::as_str)))
    }
}

impl Ready {
    async fn ask(&mut self, ask: &Ask, own_args: &[String]) -> Result<Word, SandboxError> {
        match (self, ask) {
            (Self::Validator(guard), Ask::Valid(input, args)) => {
                let args = args.clone().unwrap_or_else(|| own_args.to_vec());
                guard.ask(input.clone(), args).await
            }
            (Self::Checker(tool), Ask::Accepted(files, args)) => {
                let word = tool.check((**files).clone(), args.as_deref()).await?;
                Ok(accepted(word))
            }
            (Self::Compare(compare), Ask::Accepted(files, _)) => {
                let [_, output, answer] = (**files).clone();
                let compare = *compare;
                let checked = blocking(move || {
                    compare.check(Cursor::new(bytes(output)?), Cursor::new(bytes(answer)?))
                });
                Ok(accepted(Ok(checked.await?)))
            }
            _ => Ok(Word::Fault("was asked what it cannot know".to_owned())),
        }
    }

    async fn release(self) {
        match self {
            Self::Validator(guard) => guard.release().await,
            Self::Checker(tool) => tool.release().await,
            Self::Compare(_) => {}
        }
    }
}

/// The bytes of a small input.
pub(super) fn bytes(input: Input) -> std::io::Result<Vec<u8>> {
    match input {
        Input::Bytes(bytes) => Ok(bytes.to_vec()),
        Input::File(path) => std::fs::read(path),
        Input::Held(_) => Err(std::io::Error::other("the file is in a cell")),
    }
}

fn accepted(word: Result<Checked, String>) -> Word {
    match word {
        Ok(checked) if checked.verdict == Verdict::Accepted => Word::Yes,
        Ok(checked) => Word::No(cut(&checked.message.unwrap_or_default(), WORDS)),
        Err(why) => Word::Fault(cut(&why, WORDS)),
    }
}
