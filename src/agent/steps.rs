//! What the daemon asked for, carried out step by step in the order of asking.

use crate::{
    cgroup::{Group, Groups},
    command::{self, Leaving, Prepared, Setting},
    native,
    protocol::{Reply, Request, Spec},
    seccomp,
    sys::{self, InputFile},
    watch::Running,
};
use std::{
    collections::VecDeque,
    env, fs,
    io::{self, Write},
    os::fd::OwnedFd,
};

/// Size of the box, unless the daemon names another with `SONOCODE_BOX_BYTES`.
const BOX_BYTES: u64 = 256 << 20;

/// Files the box may hold.
const BOX_INODES: u32 = 65_536;

enum Step {
    Write { name: String, bytes: Vec<u8> },
    Run { spec: Spec, stdin: OwnedFd },
    Reset,
}

/// The agent's work: what waits, what is prepared, what runs.
pub struct Steps {
    setting: Setting,
    queue: VecDeque<Step>,
    input: Option<InputFile>,
    prepared: Option<Prepared>,
    current: Option<Running>,
    /// Groups of ended commands, removed while the next one runs.
    used_groups: Vec<Group>,
    /// Inits of ended commands.
    leaving: Vec<Leaving>,
    /// Commands so far; names their groups.
    number: u64,
    /// Whether no command has been prepared since the box was made.
    box_untouched: bool,
    box_options: String,
    processors: u64,
}

impl Steps {
    /// Makes the container the place that commands expect.
    pub fn open() -> io::Result<Self> {
        let private = libc::MS_REC | libc::MS_PRIVATE;
        sys::mount(c"", c"/", private, c"")?;
        let groups = Groups::open()?;
        let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        // The engine's own shared memory and message queues belong to the whole container; its
        // control groups and devices are nothing for programs; each command has a `/proc` of its
        // own. What is gone here need not be copied for every command. In a user namespace, a `/proc`
        // can be mounted only where another is seen, so it stays, under each command's own.
        let mut shared = vec![c"/dev/shm", c"/dev/mqueue", c"/sys"];
        if !native::in_user_namespace() {
            shared.push(c"/proc");
        }
        let one_user = native::has_one_user();
        for shared in shared {
            match sys::unmount(shared) {
                Err(error) if error.raw_os_error() != Some(libc::EINVAL) => return Err(error),
                _ => {}
            }
        }
        let bytes = env::var("SONOCODE_BOX_BYTES").ok().and_then(|text| text.parse().ok());
        let steps = Self {
            setting: setting(groups, one_user)?,
            queue: VecDeque::new(),
            input: None,
            prepared: None,
            current: None,
            used_groups: Vec::new(),
            leaving: Vec::new(),
            number: 0,
            box_untouched: true,
            box_options: format!(
                "mode=0777,size={},nr_inodes={BOX_INODES}",
                bytes.unwrap_or(BOX_BYTES)
            ),
            processors,
        };
        steps.mount_box()?;
        Ok(steps)
    }

    /// The agent's first word.
    pub fn ready(&self) -> Reply {
        Reply::Ready { cgroup_version: self.setting.groups.version() }
    }

    /// The command that runs now.
    pub fn current(&self) -> Option<&Running> {
        self.current.as_ref()
    }

    /// Takes a request.
    pub fn push(&mut self, request: Request) -> io::Result<()> {
        match request {
            Request::Write { name, bytes } => self.queue.push_back(Step::Write { name, bytes }),
            Request::Input(bytes) => self.input()?.append(&bytes)?,
            Request::Run(spec) => {
                self.input()?;
                let stdin = self.input.take().map(InputFile::seal).transpose()?;
                let stdin = stdin.ok_or_else(|| io::Error::other("no input"))?;
                self.queue.push_back(Step::Run { spec, stdin });
            }
            Request::Reset => self.queue.push_back(Step::Reset),
        }
        Ok(())
    }

    fn input(&mut self) -> io::Result<&InputFile> {
        if self.input.is_none() {
            self.input = Some(InputFile::new()?);
        }
        self.input.as_ref().ok_or_else(|| io::Error::other("no input"))
    }

    /// Does the next steps, up to the start of a command.
    pub fn advance(&mut self) -> io::Result<Vec<Reply>> {
        let mut replies = Vec::new();
        while self.current.is_none() {
            if let Some(prepared) = self.prepared.take() {
                self.start(prepared)?;
                break;
            }
            match self.queue.pop_front() {
                None => break,
                Some(Step::Write { name, bytes }) => self.write(&name, &bytes)?,
                Some(Step::Run { spec, stdin }) => match self.prepare(spec, &stdin)? {
                    Ok(prepared) => self.start(prepared)?,
                    Err(errno) => replies.push(Reply::StartFailed { errno }),
                },
                Some(Step::Reset) => {
                    self.reset()?;
                    replies.push(self.ready());
                }
            }
        }
        Ok(replies)
    }

    /// While a command runs: clears away what is left of earlier ones and prepares the next.
    pub fn tidy(&mut self) -> io::Result<()> {
        if self.current.is_none() {
            return Ok(());
        }
        self.clear_away(false)?;
        if self.prepared.is_none()
            && matches!(self.queue.front(), Some(Step::Run { .. }))
            && let Some(Step::Run { spec, stdin }) = self.queue.pop_front()
        {
            match self.prepare(spec.clone(), &stdin)? {
                Ok(prepared) => self.prepared = Some(prepared),
                // The failure is told when it is this command's turn.
                Err(_) => self.queue.push_front(Step::Run { spec, stdin }),
            }
        }
        Ok(())
    }

    /// Looks after the command that runs.
    pub fn attend(&mut self, listen: bool) -> io::Result<Vec<Reply>> {
        let mut replies = Vec::new();
        let Some(current) = &mut self.current else { return Ok(replies) };
        if current.gone()? {
            if let Some(ended) = self.current.take() {
                // The next program need not wait for the report on this one.
                if let Some(prepared) = self.prepared.take() {
                    self.start(prepared)?;
                }
                let (group, init) = ended.finish(&mut replies)?;
                self.used_groups.push(group);
                self.leaving.push(init);
            }
            return Ok(replies);
        }
        if listen {
            current.read_outputs(&mut replies)?;
        }
        current.check()?;
        Ok(replies)
    }

    /// A prepared command, or the error number of a program that is not there.
    fn prepare(&mut self, spec: Spec, stdin: &OwnedFd) -> io::Result<Result<Prepared, i32>> {
        self.number += 1;
        self.box_untouched = false;
        match command::prepare(&self.setting, spec, stdin, self.number) {
            Ok(prepared) => Ok(Ok(prepared)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Err(error.raw_os_error().unwrap_or(libc::ENOENT)))
            }
            Err(error) => Err(error),
        }
    }

    fn start(&mut self, prepared: Prepared) -> io::Result<()> {
        self.current = Some(Running::start(prepared, self.processors)?);
        Ok(())
    }

    fn mount_box(&self) -> io::Result<()> {
        let options = sys::c_string(&self.box_options)?;
        sys::mount(c"tmpfs", c"/box", libc::MS_NOSUID | libc::MS_NODEV, &options)
    }

    /// Adds to a file in the box. No untrusted code has been there yet: the daemon writes before it
    /// runs anything, so the name cannot lead elsewhere.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if name.is_empty() || name.contains('/') || name.starts_with('.') || !self.box_untouched {
            return Err(io::Error::other(format!("refused to write `{name}` into the box")));
        }
        let path = format!("/box/{name}");
        fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(bytes)
    }

    /// Removes what is left of ended commands as far as it is gone, or waits until their inits are.
    /// A group that is still busy is tried again the next time.
    fn clear_away(&mut self, wait: bool) -> io::Result<()> {
        for init in std::mem::take(&mut self.leaving) {
            if !init.gone(wait)? {
                self.leaving.push(init);
            }
        }
        for mut group in std::mem::take(&mut self.used_groups) {
            if !group.remove(&self.setting.groups)? {
                self.used_groups.push(group);
            }
        }
        Ok(())
    }

    fn reset(&mut self) -> io::Result<()> {
        self.clear_away(true)?;
        self.input = None;
        self.box_untouched = true;
        sys::unmount(c"/box")?;
        self.mount_box()
    }
}

/// The environment of programs: the image's own, with the box's conventions on top.
fn setting(groups: Groups, one_user: bool) -> io::Result<Setting> {
    let own = ["HOME", "LANG", "HOSTNAME", "SONOCODE_BOX_BYTES"];
    let path = env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
    let environment = env::vars()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .chain([("HOME".into(), "/tmp".into()), ("LANG".into(), "C.UTF-8".into())])
        .map(|(name, value)| sys::c_string(&format!("{name}={value}")))
        .collect::<io::Result<_>>()?;
    let path =
        path.split(':').filter(|folder| folder.starts_with('/')).map(str::to_owned).collect();
    Ok(Setting { groups, filter: seccomp::program(), environment, path, one_user })
}
