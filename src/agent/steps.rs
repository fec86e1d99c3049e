//! What the daemon asked for, carried out step by step in the order of asking.

use crate::{
    boxes::{self, Boxes},
    cgroup::{Group, Groups},
    command::{self, Files, Leaving, Prepared, Setting},
    held::Held,
    native,
    pair::Pair,
    protocol::{CHUNK, Reply, Request, Spec},
    seccomp,
    sys::{self, Dir},
    watch::{Piece, Running},
};
use std::{
    collections::VecDeque,
    env,
    io::{self, Read},
    os::fd::{AsRawFd, OwnedFd, RawFd},
    path::Path,
};

/// Size of a box, unless the daemon names another with `SONOCODE_BOX_BYTES`.
const BOX_BYTES: u64 = 256 << 20;

/// What runs now.
enum Current {
    One(Box<Running>),
    Two(Box<Pair>),
}

/// The agent's work: what waits, what is prepared, what runs.
pub struct Steps {
    setting: Setting,
    boxes: Boxes,
    held: Held,
    queue: VecDeque<Request>,
    prepared: Option<Prepared>,
    current: Option<Current>,
    /// Groups of ended commands, removed while the next one runs.
    used_groups: Vec<Group>,
    /// Inits of ended commands.
    leaving: Vec<Leaving>,
    /// Commands so far; names their groups.
    number: u64,
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
        let proc = Dir::open(Path::new("/proc"))?;
        for shared in shared {
            match sys::unmount(shared) {
                Err(error) if error.raw_os_error() != Some(libc::EINVAL) => return Err(error),
                _ => {}
            }
        }
        let bytes = env::var("SONOCODE_BOX_BYTES").ok().and_then(|text| text.parse().ok());
        Ok(Self {
            setting: setting(groups, proc, one_user)?,
            boxes: Boxes::open(bytes.unwrap_or(BOX_BYTES))?,
            held: Held::default(),
            queue: VecDeque::new(),
            prepared: None,
            current: None,
            used_groups: Vec::new(),
            leaving: Vec::new(),
            number: 0,
            processors,
        })
    }

    /// The agent's first word.
    pub fn ready(&self) -> Reply {
        Reply::Ready { cgroup_version: self.setting.groups.version() }
    }

    /// Whether output is to be sent as it comes.
    pub fn is_live(&self) -> bool {
        matches!(&self.current, Some(Current::One(running)) if running.spec().live)
    }

    /// What is to be waited for, and for how many milliseconds at most (-1: for ever).
    pub fn watch(&self, listen: bool, entries: &mut Vec<libc::pollfd>) -> libc::c_int {
        match &self.current {
            None => -1,
            Some(Current::One(running)) => {
                let sources = running.sources([listen; 2]);
                entries.extend(sources.map(|fd| sys::poll_entry(fd, libc::POLLIN)));
                running.milliseconds_to_check()
            }
            Some(Current::Two(pair)) => {
                pair.watch(listen, entries);
                pair.milliseconds_to_check()
            }
        }
    }

    /// Takes a request.
    pub fn push(&mut self, request: Request) -> io::Result<()> {
        match request {
            Request::Hold { number, bytes } => self.held.append(number, &bytes),
            other => {
                self.queue.push_back(other);
                Ok(())
            }
        }
    }

    /// Does the next steps, up to the start of a command.
    pub fn advance(&mut self) -> io::Result<Vec<Reply>> {
        let mut replies = Vec::new();
        while self.current.is_none() {
            if let Some(prepared) = self.prepared.take() {
                self.start(prepared)?;
                break;
            }
            let Some(step) = self.queue.pop_front() else { break };
            self.take(step, &mut replies)?;
        }
        Ok(replies)
    }

    fn take(&mut self, step: Request, replies: &mut Vec<Reply>) -> io::Result<()> {
        match step {
            Request::Hold { number, bytes } => self.held.append(number, &bytes)?,
            Request::Forget { number } => self.held.forget(number),
            Request::Write { side, path, executable, bytes } => {
                self.boxes.write(side, &path, executable, &bytes)?;
            }
            Request::Run(spec) => match self.prepare(spec)? {
                Ok(prepared) => self.start(prepared)?,
                Err(errno) => replies.push(Reply::StartFailed { errno }),
            },
            Request::Interact { program, judge, rejects } => {
                self.interact(program, judge, rejects, replies)?;
            }
            Request::Fetch { name, limit, hold } => self.fetch(&name, limit, hold, replies)?,
            Request::Pack { side, limit } => {
                let packed = boxes::pack(side, limit);
                let size = packed.as_ref().map(|frames| frames.len() as u64);
                send(&packed.unwrap_or_default(), replies);
                replies.push(Reply::Fetched { size });
            }
            Request::Lay { side, path, bytes } => self.boxes.lay(side, &path, &bytes)?,
            Request::Lift => self.boxes.lift()?,
            Request::Reset => {
                self.clear_away(true)?;
                self.held.clear();
                self.boxes.reset()?;
                replies.push(self.ready());
            }
        }
        Ok(())
    }

    /// While a command runs: clears away what is left of earlier ones and prepares the next.
    pub fn tidy(&mut self) -> io::Result<()> {
        if self.current.is_none() {
            return Ok(());
        }
        self.clear_away(false)?;
        // The command that runs has its own hold of what it reads.
        while let Some(&Request::Forget { number }) = self.queue.front() {
            self.held.forget(number);
            self.queue.pop_front();
        }
        if self.prepared.is_none()
            && let Some(Request::Run(spec)) = self.queue.front()
            && self.is_ready_for(spec)
            && let Some(Request::Run(spec)) = self.queue.pop_front()
        {
            match self.prepare(spec.clone())? {
                Ok(prepared) => self.prepared = Some(prepared),
                // The failure is told when it is this command's turn.
                Err(_) => self.queue.push_front(Request::Run(spec)),
            }
        }
        Ok(())
    }

    /// Whether nothing that a command is shown is still being written by the one that runs.
    fn is_ready_for(&self, next: &Spec) -> bool {
        match &self.current {
            Some(Current::One(running)) => {
                let written = running.spec().hold_stdout;
                written == 0 || (next.stdin != written && !next.shown.contains(&written))
            }
            Some(Current::Two(_)) => !next.side.is_judge(),
            None => true,
        }
    }

    /// Looks after what runs.
    pub fn attend(&mut self, listen: bool) -> io::Result<Vec<Reply>> {
        let mut replies = Vec::new();
        match self.current.take() {
            None => {}
            Some(Current::One(running)) => self.attend_one(running, listen, &mut replies)?,
            Some(Current::Two(mut pair)) => {
                let mut left = Vec::new();
                let done = pair.attend(listen, &self.setting, &mut replies, &mut left)?;
                for (group, init) in left {
                    self.used_groups.push(group);
                    self.leaving.push(init);
                }
                if done {
                    replies.extend(pair.finish());
                } else {
                    self.current = Some(Current::Two(pair));
                }
            }
        }
        Ok(replies)
    }

    fn attend_one(
        &mut self,
        mut running: Box<Running>,
        listen: bool,
        replies: &mut Vec<Reply>,
    ) -> io::Result<()> {
        let gone = running.gone()?;
        let hold = running.spec().hold_stdout;
        let files = &mut self.held;
        let mut sink = |piece: Piece<'_>| {
            if piece.stream == 1 && hold != 0 {
                files.append(hold, piece.bytes)?;
            }
            if piece.kept > 0 {
                let bytes = piece.bytes[..piece.kept].to_vec();
                replies.push(Reply::Output { stream: piece.stream, bytes });
            }
            Ok(())
        };
        if !gone {
            if listen {
                running.read_outputs([true; 2], &mut sink)?;
            }
            running.check(&self.setting)?;
            self.current = Some(Current::One(running));
            return Ok(());
        }
        // Before the next is let go: it may be one that reads what this one wrote.
        running.read_rest(&mut sink)?;
        // The next program need not wait for the report on this one.
        if let Some(prepared) = self.prepared.take() {
            self.start(prepared)?;
        }
        let (reply, group, init) = running.finish(false)?;
        replies.push(reply);
        self.used_groups.push(group);
        self.leaving.push(init);
        Ok(())
    }

    /// A prepared command, or the error number of a program that is not there.
    fn prepare(&mut self, spec: Spec) -> io::Result<Result<Prepared, i32>> {
        // What a program writes into must be there even when it writes nothing.
        if spec.hold_stdout != 0 {
            self.held.append(spec.hold_stdout, &[])?;
        }
        let stdin = self.held.reader(spec.stdin)?;
        self.prepare_with(spec, stdin)
    }

    fn prepare_with(&mut self, spec: Spec, stdin: RawFd) -> io::Result<Result<Prepared, i32>> {
        self.number += 1;
        self.boxes.enter(spec.side, spec.fresh_feedback)?;
        let shown = spec.shown.iter().map(|&number| self.held.reader(number));
        let files = Files { stdin, shown: shown.collect::<io::Result<_>>()? };
        match command::prepare(&self.setting, spec, &files, self.number) {
            Ok(prepared) => Ok(Ok(prepared)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Err(error.raw_os_error().unwrap_or(libc::ENOENT)))
            }
            Err(error) => Err(error),
        }
    }

    fn start(&mut self, prepared: Prepared) -> io::Result<()> {
        let running = Running::start(prepared, self.processors)?;
        self.current = Some(Current::One(Box::new(running)));
        Ok(())
    }

    fn interact(
        &mut self,
        program: Spec,
        judge: Spec,
        rejects: i32,
        replies: &mut Vec<Reply>,
    ) -> io::Result<()> {
        let mut side = |spec| -> io::Result<Result<(Prepared, OwnedFd), i32>> {
            let (heard, said) = sys::pipe(0)?;
            sys::set_nonblocking(said.as_raw_fd())?;
            let prepared = self.prepare_with(spec, heard.as_raw_fd())?;
            Ok(prepared.map(|prepared| (prepared, said)))
        };
        let (program, judge) = (side(program)?, side(judge)?);
        match (program, judge) {
            (Ok((program, to_program)), Ok((judge, to_judge))) => {
                // The judge first: its start is no time in which the program waits.
                let judge = Running::start(judge, self.processors)?;
                let program = Running::start(program, self.processors)?;
                let pair = Pair::new((program, to_program), (judge, to_judge), rejects);
                self.current = Some(Current::Two(Box::new(pair)));
            }
            (program, judge) => {
                // One that could be prepared waits for a word that never comes, and ends.
                for side in [program, judge] {
                    let errno = match side {
                        Err(errno) => errno,
                        Ok((prepared, _)) => {
                            prepared.kill()?;
                            let (group, init) = prepared.leave();
                            self.used_groups.push(group);
                            self.leaving.push(init);
                            0
                        }
                    };
                    replies.push(Reply::StartFailed { errno });
                }
            }
        }
        Ok(())
    }

    /// Sends or holds what the judge's last command left.
    fn fetch(
        &mut self,
        name: &str,
        limit: u64,
        hold: u32,
        replies: &mut Vec<Reply>,
    ) -> io::Result<()> {
        if hold != 0 {
            // A command that is shown it finds an empty file where there is none.
            self.held.append(hold, &[])?;
        }
        let Some(mut file) = self.boxes.feedback(name)? else {
            replies.push(Reply::Fetched { size: None });
            return Ok(());
        };
        let size = file.metadata()?.len();
        let mut left = limit;
        loop {
            let mut bytes = Vec::new();
            file.by_ref().take(left.min(CHUNK as u64)).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                break;
            }
            left -= bytes.len() as u64;
            if hold == 0 {
                send(&bytes, replies);
            } else {
                self.held.append(hold, &bytes)?;
            }
        }
        if hold != 0 {
            boxes::remove_feedback(name)?;
        }
        replies.push(Reply::Fetched { size: Some(size) });
        Ok(())
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
}

/// Puts what was asked for into frames.
fn send(bytes: &[u8], replies: &mut Vec<Reply>) {
    let frames = bytes.chunks(CHUNK).map(|part| Reply::Output { stream: 4, bytes: part.to_vec() });
    replies.extend(frames);
}

/// The environment of programs: the image's own, with the box's conventions on top.
fn setting(groups: Groups, proc: Dir, one_user: bool) -> io::Result<Setting> {
    let own = ["HOME", "LANG", "HOSTNAME", "SONOCODE_BOX_BYTES"];
    let path = env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
    let environment = env::vars()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .chain([("HOME".into(), "/tmp".into()), ("LANG".into(), "C.UTF-8".into())])
        .map(|(name, value)| sys::c_string(&format!("{name}={value}")))
        .collect::<io::Result<_>>()?;
    let path =
        path.split(':').filter(|folder| folder.starts_with('/')).map(str::to_owned).collect();
    Ok(Setting { groups, proc, filter: seccomp::program(), environment, path, one_user })
}
