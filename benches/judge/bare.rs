//! The bound: the same commands started directly on this machine, with no walls around them.

use anyhow::{Context, Result, ensure};
use sonocode::{
    evaluator::host_toolchain,
    judge::{Language, Substitutions},
    templates,
};
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Where cells look programs up.
const PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// A compiled program in a folder of its own, and an input.
pub struct Bare {
    argv: Vec<PathBuf>,
    folder: tempfile::TempDir,
}

/// What one run took.
#[derive(Clone, Copy)]
pub struct Took {
    /// From before the start until output and end were seen.
    pub wall: Duration,
    /// User + system.
    pub cpu: Duration,
}

/// A language as the daemon has it.
pub fn language(id: &str) -> Result<Language> {
    let languages = templates::languages(&[])?;
    languages.find(id).cloned().with_context(|| format!("no language `{id}`"))
}

/// The compiler's command as the daemon makes it on this host, with the same linker and without a
/// precompiled header.
pub fn compile_command(language: &Language) -> Option<Vec<String>> {
    let there =
        |name: &&String| PATH.iter().any(|dir| Path::new(dir).join(format!("ld.{name}")).is_file());
    let linker = language.toolchain.linkers.iter().find(there).map(String::as_str);
    let sources = [language.source.clone()];
    language.compile_command(&Substitutions { sources: &sources, linker, prelude: None })
}

/// Compiles a source and runs so many tests, one after another, from nothing to the end.
pub fn submission(language: &Language, source: &str, input: &str, tests: u32) -> Result<Duration> {
    let began = Instant::now();
    Bare::compile(language, source, input)?.batch(tests)?;
    Ok(began.elapsed())
}

impl Bare {
    /// Compiles with the same command as the judge does.
    pub fn compile(language: &Language, source: &str, input: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(&language.source), source)?;
        fs::write(folder.path().join("input"), input)?;
        if let Some(argv) = compile_command(language) {
            let mut compiler = Command::new(program(language, &argv[0])?);
            environment(&mut compiler);
            let ended = compiler.args(&argv[1..]).current_dir(folder.path()).output()?;
            ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        }
        let argv = language.run_command(256).into_iter().enumerate().map(|(at, word)| {
            let in_folder = folder.path().join(&word);
            match at {
                0 if !word.contains('/') => program(language, &word),
                _ if in_folder.exists() => Ok(in_folder),
                _ => Ok(word.into()),
            }
        });
        let argv = argv.collect::<Result<_>>()?;
        Ok(Self { argv, folder })
    }

    /// Program and arguments.
    pub fn argv(&self) -> &[PathBuf] {
        &self.argv
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it with further arguments; standard error goes nowhere.
    pub fn start(&self, arguments: &[&Path], stdin: Stdio, stdout: Stdio) -> Result<Child> {
        let mut command = Command::new(&self.argv[0]);
        environment(&mut command);
        command.args(&self.argv[1..]).args(arguments);
        Ok(command.stdin(stdin).stdout(stdout).stderr(Stdio::null()).spawn()?)
    }

    /// A file beside the program; `input` is there from the beginning.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs it once: standard input from a file, standard output through a pipe.
    pub fn run(&self) -> Result<Took> {
        self.run_for_output().map(|(took, _)| took)
    }

    /// The same, and what it printed.
    pub fn run_for_output(&self) -> Result<(Took, Vec<u8>)> {
        let began = Instant::now();
        let input = File::open(self.file("input"))?;
        let mut child = self.start(&[], input.into(), Stdio::piped())?;
        let mut output = Vec::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_end(&mut output)?;
        }
        let cpu = ended(&child)?;
        Ok((Took { wall: began.elapsed(), cpu }, output))
    }

    /// Runs it `count` times, one after another; the mean.
    pub fn batch(&self, count: u32) -> Result<Took> {
        let began = Instant::now();
        let mut cpu = Duration::ZERO;
        for _ in 0..count {
            cpu += self.run()?.cpu;
        }
        Ok(Took { wall: began.elapsed() / count, cpu: cpu / count })
    }
}

/// The host's own file of a command: what a cell would find.
fn program(language: &Language, name: &str) -> Result<PathBuf> {
    let found = host_toolchain(language).into_iter().flatten();
    let mut found = found.filter(|path| path.file_name().is_some_and(|file| file == name));
    found.next().with_context(|| format!("`{name}` is not installed on this host"))
}

/// As small as a cell's.
fn environment(command: &mut Command) {
    command.env_clear().env("PATH", PATH.join(":")).env("LANG", "C.UTF-8");
    command.env("HOME", "/tmp");
}

/// Waits for a child, which must succeed, and returns its CPU time.
pub fn ended(child: &Child) -> Result<Duration> {
    let pid = child.id().cast_signed();
    // SAFETY: an all-zero `rusage` is valid, and both pointers are valid for writing.
    let (status, usage) = unsafe {
        let (mut status, mut usage) = (0, std::mem::zeroed::<libc::rusage>());
        if libc::wait4(pid, &raw mut status, 0, &raw mut usage) == -1 {
            return Err(io::Error::last_os_error().into());
        }
        (status, usage)
    };
    ensure!(status == 0, "a program run bare ended with wait status {status}");
    let time = |t: libc::timeval| {
        Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64)
    };
    Ok(time(usage.ru_utime) + time(usage.ru_stime))
}
