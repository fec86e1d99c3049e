//! From a source to a program in a cell: compiled there, or taken from the cache.

use super::{
    COMPILE_LIMITS, Evaluator, KEEP_TEXT,
    cache::{Artifact, Key, Note},
    message, usage,
};
use crate::{
    judge::{Language, Own, Substitutions},
    sandbox::{Cell, Command, File, SandboxError, Side},
};
use bytes::Bytes;
use std::sync::Arc;

/// A compiled program that is larger is not kept, in bytes.
const LARGEST_KEPT: u64 = 32 << 20;

/// A source to be built, with all that lies beside it.
pub(super) struct Source<'a> {
    /// Its language, for this program: see [`Language::for_program`].
    pub language: &'a Language,
    /// Whose box it is built in.
    pub side: Side,
    /// Everything to be written into the box.
    files: Vec<File>,
}

impl<'a> Source<'a> {
    /// A source of which `text` is the main file, and the files that lie beside it. The main file has the
    /// last word on its name.
    pub fn new(language: &'a Language, side: Side, text: &str, mut files: Vec<File>) -> Self {
        files.retain(|file| file.path != language.source);
        files.push(File::plain(&language.source, Bytes::copy_from_slice(text.as_bytes())));
        Self { language, side, files }
    }

    /// A script and everything that lies beside it.
    pub fn script(language: &'a Language, side: Side, mut files: Vec<File>) -> Self {
        for file in &mut files {
            file.executable = true;
        }
        Self { language, side, files }
    }

    /// The files that are compiled, the main one first.
    fn sources(&self, extensions: &[String]) -> Vec<String> {
        let main = &self.language.source;
        let is_source = |path: &str| {
            let extension = path.rsplit_once('.').map(|(_, extension)| extension);
            extension.is_some_and(|own| extensions.iter().any(|e| e.eq_ignore_ascii_case(own)))
        };
        let others = self.files.iter().map(|file| &file.path);
        let mut others: Vec<_> = others.filter(|path| *path != main && is_source(path)).collect();
        others.sort();
        // No name becomes an option of the compiler.
        let word =
            |path: &String| if path.starts_with('-') { format!("./{path}") } else { path.clone() };
        [main].into_iter().chain(others).map(word).collect()
    }
}

/// What became of a source.
pub(super) struct Built {
    /// What the compiler did; `None` for a language without one.
    pub compiled: Option<Compiled>,
    /// The program, to be put into other cells; `None` when it was not packed.
    pub ready: Option<Ready>,
}

/// A program that needs no more building.
#[derive(Clone)]
pub(super) enum Ready {
    /// What a cell packed after the compiler.
    Packed(Arc<Vec<u8>>),
    /// Files that are run as they are.
    Files(Side, Vec<File>),
}

impl Ready {
    /// Puts it into a box that nobody has used.
    pub async fn put(&self, cell: &mut dyn Cell) -> Result<(), SandboxError> {
        match self {
            Self::Packed(packed) => cell.restore(packed).await,
            Self::Files(side, files) => cell.write(*side, files.clone()).await,
        }
    }
}

/// A compiler that has ended.
pub(super) struct Compiled {
    /// Whether there is a program to run.
    pub ok: bool,
    /// What the compiler used, now or when the program was compiled first.
    pub note: Note,
    /// Whether the program was compiled earlier.
    pub cached: bool,
}

impl Built {
    /// Has the compiler speak of the user's own lines, where the problem's code lies around them.
    pub fn translate(&mut self, own: &Own) {
        if let (Some(stub), Some(compiled)) = (&own.stub, &mut self.compiled) {
            compiled.note.output = stub.own_words(&own.file, &own.code, &compiled.note.output);
        }
    }

    /// The compiler's words when there is no program to run.
    pub fn error(&self) -> Option<&str> {
        let compiled = self.compiled.as_ref().filter(|compiled| !compiled.ok)?;
        Some(&compiled.note.output)
    }
}

impl Evaluator {
    /// Builds a program in a cell whose box of that side nobody has used.
    pub(super) async fn build(
        &self,
        cell: &mut dyn Cell,
        source: Source<'_>,
    ) -> Result<Built, SandboxError> {
        let (language, side) = (source.language, source.side);
        let toolchain = self.toolchain_of(language)?;
        let sources = source.sources(self.languages.extensions_of(language));
        let substitutions = Substitutions {
            sources: &sources,
            linker: toolchain.linker.as_deref(),
            prelude: toolchain.prelude.as_deref(),
        };
        let compile = language.compile_command(&substitutions);
        let files = source.files;
        let Some(argv) = compile else {
            let ready = Ready::Files(side, files);
            ready.put(cell).await?;
            return Ok(Built { compiled: None, ready: Some(ready) });
        };
        let key = key(&self.agent, side, &argv, &toolchain.identity, &files);
        if let Some(artifact) = self.cached(&key).await {
            cell.restore(&artifact.packed).await?;
            let compiled = Compiled { ok: true, note: artifact.note, cached: true };
            let ready = Some(Ready::Packed(artifact.packed.into()));
            return Ok(Built { compiled: Some(compiled), ready });
        }
        cell.write(side, files).await?;
        let compiled = compile_in(cell, side, argv).await?;
        let ready =
            if compiled.ok { self.keep(cell, side, key, &compiled.note).await? } else { None };
        Ok(Built { compiled: Some(compiled), ready })
    }

    async fn cached(&self, key: &Key) -> Option<Artifact> {
        if !self.cache.is_on() {
            return None;
        }
        let (cache, key) = (self.cache.clone(), key.clone());
        tokio::task::spawn_blocking(move || cache.get(&key)).await.ok()?
    }

    /// Packs a program that was just compiled, if anybody may want it again, and keeps it.
    async fn keep(
        &self,
        cell: &mut dyn Cell,
        side: Side,
        key: Key,
        note: &Note,
    ) -> Result<Option<Ready>, SandboxError> {
        if !self.cache.is_on() && !self.parallel_tests {
            return Ok(None);
        }
        cell.pack(side, LARGEST_KEPT).await?;
        let Some(packed) = cell.fetched().await? else { return Ok(None) };
        let packed = Arc::new(packed);
        if self.cache.is_on() {
            let (cache, packed, note) = (self.cache.clone(), packed.clone(), note.clone());
            // Nobody waits for the disk.
            tokio::task::spawn_blocking(move || {
                if let Err(error) = cache.put(&key, &note, &packed) {
                    tracing::warn!(%error, "a compiled program could not be kept");
                }
            });
        }
        Ok(Some(Ready::Packed(packed)))
    }
}

async fn compile_in(
    cell: &mut dyn Cell,
    side: Side,
    argv: Vec<String>,
) -> Result<Compiled, SandboxError> {
    cell.begin(Command {
        side,
        writes_box: true,
        keep_stdout: KEEP_TEXT,
        keep_stderr: KEEP_TEXT,
        ..Command::new(argv, COMPILE_LIMITS)
    })
    .await?;
    let mut ran = cell.ended().await?;
    Ok(Compiled {
        ok: ran.facts.stopped.is_none() && ran.facts.exit.success(),
        note: Note {
            usage: usage(&ran.facts),
            output: message::compiler(&mut ran, &COMPILE_LIMITS),
        },
        cached: false,
    })
}

/// The digest of everything that the compiler is given.
fn key(agent: &str, side: Side, argv: &[String], toolchain: &str, files: &[File]) -> Key {
    let side = [side as u8];
    let words = argv.iter().map(String::as_bytes);
    let files = files.iter().flat_map(|file| [file.path.as_bytes(), &file.bytes[..]]);
    // An empty part ends the list of words.
    let head = [agent.as_bytes(), &side[..], toolchain.as_bytes()];
    Key::of(head.into_iter().chain(words).chain([&b""[..]]).chain(files))
}
