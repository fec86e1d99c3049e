//! The frames between daemon and agent. Compiled into both, so it needs only `std`.
//!
//! A frame is its length (4 bytes, little endian, of what follows), its kind (1 byte) and its
//! fields. Integers are little endian; a text or a list of bytes has its length (4 bytes) before
//! it. Requests are carried out in order and answered in order, so frames need no numbers: a `Run`
//! is answered by any number of `Output` frames and then one `Ended` or `StartFailed`. Only `Hold` is
//! carried out at once, so that the next inputs are there before the present command has ended.

use std::fmt;

/// The longest frame either side accepts. Longer data travels in several.
pub const MAX_FRAME: usize = 1 << 20;

/// How many bytes of data go into one frame.
pub const CHUNK: usize = 256 << 10;

/// Whose box a command runs in and sees as `/box`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The submission's.
    #[default]
    Program,
    /// That of the problem's interactor.
    Interactor,
    /// That of the problem's checker.
    Checker,
}

impl Side {
    /// Every side, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Program, Self::Interactor, Self::Checker];

    /// Whether what runs there is the problem's own.
    pub fn is_judge(self) -> bool {
        self != Self::Program
    }
}

/// From the daemon to the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Adds these bytes to a file in a box, making it when it is not there.
    Write {
        /// Whose box.
        side: Side,
        /// Its path below the box, such as `main.c`; folders on the way are made.
        path: String,
        /// Whether it may be executed.
        executable: bool,
        /// What to add.
        bytes: Vec<u8>,
    },
    /// Adds these bytes to a held file, making it when it is not there.
    Hold {
        /// Which one. Numbers are not used again.
        number: u32,
        /// What to add.
        bytes: Vec<u8>,
    },
    /// Forgets a held file.
    Forget {
        /// Which one.
        number: u32,
    },
    /// Runs a command.
    Run(Spec),
    /// Runs two commands at the same time, what one writes being what the other reads. Answered by
    /// `Said` and `Output` frames in the order in which things were said, and then by one `Ended` (or
    /// `StartFailed`) of each, the program's first.
    Interact {
        /// The submission.
        program: Spec,
        /// The interactor.
        judge: Spec,
        /// The program is ended when the interactor ends before it with this exit code.
        rejects: i32,
    },
    /// Asks for a file that checker or interactor left in their feedback folder. Answered by
    /// `Output` frames of stream 4 and one `Fetched`.
    Fetch {
        /// Its name, without a folder.
        name: String,
        /// The most bytes to send.
        limit: u64,
        /// The number under which it is held, and not sent; it is taken out of the folder then. 0: it
        /// is sent and stays.
        hold: u32,
    },
    /// Asks for all that is in a box, in the form of `Write` frames. Answered by `Output` frames of
    /// stream 4 and one `Fetched`.
    Pack {
        /// Whose box.
        side: Side,
        /// The most bytes to send.
        limit: u64,
    },
    /// Adds to a file that lies in a box for the next commands, until `Lift`. What has its place is moved
    /// aside.
    Lay {
        /// Whose box.
        side: Side,
        /// Its path below the box.
        path: String,
        /// What is added.
        bytes: Vec<u8>,
    },
    /// Takes away what `Lay` put into the box; everything is as it was.
    Lift,
    /// Wipes the boxes and forgets what is held. Answered by `Ready`.
    Reset,
}

/// A command and its limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// CPU time in microseconds.
    pub cpu_us: u64,
    /// Wall time in microseconds.
    pub wall_us: u64,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Bound on standard output, and on standard error, in bytes.
    pub output_bytes: u64,
    /// Bound on what the program may write into its temporary files, in bytes.
    pub disk_bytes: u64,
    /// Bytes of standard output to send back.
    pub keep_stdout: u64,
    /// Bytes of standard error to send back.
    pub keep_stderr: u64,
    /// Processes and threads.
    pub processes: u32,
    /// Whose box it runs in.
    pub side: Side,
    /// Whether the box is writable.
    pub writes_box: bool,
    /// Whether output is sent as it comes, and not in large pieces.
    pub live: bool,
    /// Whether the feedback folder is emptied before. Not for the program's side.
    pub fresh_feedback: bool,
    /// The held file on standard input; 0: nothing is.
    pub stdin: u32,
    /// The number under which standard output is held as well; 0: it is not.
    pub hold_stdout: u32,
    /// Held files that the command may read as `/proc/self/fd/3`, `4`, …
    pub shown: Vec<u32>,
}

/// From the agent to the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The agent is there, or the box is wiped.
    Ready {
        /// Which cgroup version measures and limits: 1 or 2.
        cgroup_version: u8,
    },
    /// What the running command wrote, or what was asked for.
    Output {
        /// 1 for standard output, 2 for standard error; 5 for an interactor's; 4 for what a `Fetch` or a
        /// `Pack` asked for.
        stream: u8,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The command and all its descendants are gone.
    Ended(Report),
    /// The command's program could not be executed.
    StartFailed {
        /// The operating system's error number.
        errno: i32,
    },
    /// The agent itself failed; the cell must be thrown away.
    Fault(String),
    /// A program or an interactor said something to the other.
    Said {
        /// 1: the program, 3: the interactor.
        stream: u8,
        /// When, in microseconds since both were let go.
        at_us: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The end of what a `Fetch` or a `Pack` asked for.
    Fetched {
        /// How much of it there is in bytes, whether sent or not; `None` when there is none, or when
        /// it is nothing that can be sent.
        size: Option<u64>,
    },
}

/// What happened to a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Exit code; meaningful when `signal` is 0.
    pub code: i32,
    /// The signal that ended it, or 0.
    pub signal: i32,
    /// Why the agent ended it: 0 it did not, 1 CPU, 2 wall, 3 output, 4 memory, 5 because the
    /// interactor had rejected it, 6 because program and interactor waited for each other.
    pub stopped: u8,
    /// CPU time of all processes in microseconds.
    pub cpu_us: u64,
    /// Wall time in microseconds.
    pub wall_us: u64,
    /// Peak memory in bytes.
    pub memory_bytes: u64,
    /// Bytes read from standard output.
    pub stdout_bytes: u64,
    /// Bytes read from standard error.
    pub stderr_bytes: u64,
    /// Whether the kernel ended a process for want of memory.
    pub out_of_memory: bool,
    /// Of the two commands of an `Interact`, whether this one ended first.
    pub first: bool,
}

/// A frame that breaks the rules.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed frame: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// A whole frame at the front of a buffer: its length there, its kind and its fields.
pub type Frame<'a> = (usize, u8, &'a [u8]);

/// Takes one whole frame off the front of `buffer`. `None` when more bytes must come first.
pub fn split(buffer: &[u8]) -> Result<Option<Frame<'_>>, Malformed> {
    let Some((head, rest)) = buffer.split_first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_le_bytes(*head) as usize;
    if length == 0 || length > MAX_FRAME {
        return Err(Malformed("length out of range"));
    }
    Ok(rest.get(..length).map(|body| (4 + length, body[0], &body[1..])))
}

impl Request {
    /// Appends this frame to a buffer.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Write { side, path, executable, bytes } => frame(out, 1, |w| {
                w.side(*side);
                w.bytes(path.as_bytes());
                w.bool(*executable);
                w.bytes(bytes);
            }),
            Self::Hold { number, bytes } => frame(out, 2, |w| {
                w.u32(*number);
                w.bytes(bytes);
            }),
            Self::Run(spec) => frame(out, 3, |w| spec.encode(w)),
            Self::Reset => frame(out, 4, |_| {}),
            Self::Forget { number } => frame(out, 5, |w| w.u32(*number)),
            Self::Interact { program, judge, rejects } => frame(out, 6, |w| {
                program.encode(w);
                judge.encode(w);
                w.u32(rejects.cast_unsigned());
            }),
            Self::Fetch { name, limit, hold } => frame(out, 7, |w| {
                w.bytes(name.as_bytes());
                w.u64(*limit);
                w.u32(*hold);
            }),
            Self::Pack { side, limit } => frame(out, 8, |w| {
                w.side(*side);
                w.u64(*limit);
            }),
            Self::Lay { side, path, bytes } => frame(out, 9, |w| {
                w.side(*side);
                w.bytes(path.as_bytes());
                w.bytes(bytes);
            }),
            Self::Lift => frame(out, 10, |_| {}),
        }
    }

    /// Reads the fields of a frame.
    pub fn decode(kind: u8, fields: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader(fields);
        let request = match kind {
            1 => Self::Write {
                side: r.side()?,
                path: r.text()?,
                executable: r.bool()?,
                bytes: r.bytes()?.to_vec(),
            },
            2 => Self::Hold { number: r.u32()?, bytes: r.bytes()?.to_vec() },
            3 => Self::Run(Spec::decode(&mut r)?),
            4 => Self::Reset,
            5 => Self::Forget { number: r.u32()? },
            6 => Self::Interact {
                program: Spec::decode(&mut r)?,
                judge: Spec::decode(&mut r)?,
                rejects: r.u32()?.cast_signed(),
            },
            7 => Self::Fetch { name: r.text()?, limit: r.u64()?, hold: r.u32()? },
            8 => Self::Pack { side: r.side()?, limit: r.u64()? },
            9 => Self::Lay { side: r.side()?, path: r.text()?, bytes: r.bytes()?.to_vec() },
            10 => Self::Lift,
            _ => return Err(Malformed("unknown request")),
        };
        r.end()?;
        Ok(request)
    }
}

impl Spec {
    fn encode(&self, w: &mut Writer<'_>) {
        w.u32(self.argv.len() as u32);
        for word in &self.argv {
            w.bytes(word.as_bytes());
        }
        for value in [
            self.cpu_us,
            self.wall_us,
            self.memory_bytes,
            self.output_bytes,
            self.disk_bytes,
            self.keep_stdout,
            self.keep_stderr,
        ] {
            w.u64(value);
        }
        w.u32(self.processes);
        w.side(self.side);
        w.bool(self.writes_box);
        w.bool(self.live);
        w.bool(self.fresh_feedback);
        w.u32(self.stdin);
        w.u32(self.hold_stdout);
        w.u32(self.shown.len() as u32);
        for &number in &self.shown {
            w.u32(number);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count = r.u32()?;
        if count == 0 || count > 4096 {
            return Err(Malformed("argument count out of range"));
        }
        let argv = (0..count).map(|_| r.text()).collect::<Result<_, _>>()?;
        Ok(Self {
            argv,
            cpu_us: r.u64()?,
            wall_us: r.u64()?,
            memory_bytes: r.u64()?,
            output_bytes: r.u64()?,
            disk_bytes: r.u64()?,
            keep_stdout: r.u64()?,
            keep_stderr: r.u64()?,
            processes: r.u32()?,
            side: r.side()?,
            writes_box: r.bool()?,
            live: r.bool()?,
            fresh_feedback: r.bool()?,
            stdin: r.u32()?,
            hold_stdout: r.u32()?,
            shown: r.numbers()?,
        })
    }
}

impl Reply {
    /// Appends this frame to a buffer.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ready { cgroup_version } => frame(out, 1, |w| w.u8(*cgroup_version)),
            Self::Output { stream, bytes } => frame(out, 2, |w| {
                w.u8(*stream);
                w.bytes(bytes);
            }),
            Self::Ended(report) => frame(out, 3, |w| {
                w.u32(report.code.cast_unsigned());
                w.u32(report.signal.cast_unsigned());
                w.u8(report.stopped);
                for value in [
                    report.cpu_us,
                    report.wall_us,
                    report.memory_bytes,
                    report.stdout_bytes,
                    report.stderr_bytes,
                ] {
                    w.u64(value);
                }
                w.bool(report.out_of_memory);
                w.bool(report.first);
            }),
            Self::StartFailed { errno } => frame(out, 4, |w| w.u32(errno.cast_unsigned())),
            Self::Fault(text) => frame(out, 5, |w| w.bytes(text.as_bytes())),
            Self::Fetched { size } => frame(out, 6, |w| {
                w.bool(size.is_some());
                w.u64(size.unwrap_or(0));
            }),
            Self::Said { stream, at_us, bytes } => frame(out, 7, |w| {
                w.u8(*stream);
                w.u64(*at_us);
                w.bytes(bytes);
            }),
        }
    }

    /// Reads the fields of a frame.
    pub fn decode(kind: u8, fields: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader(fields);
        let reply = match kind {
            1 => Self::Ready { cgroup_version: r.u8()? },
            2 => Self::Output { stream: r.u8()?, bytes: r.bytes()?.to_vec() },
            3 => Self::Ended(Report {
                code: r.u32()?.cast_signed(),
                signal: r.u32()?.cast_signed(),
                stopped: r.u8()?,
                cpu_us: r.u64()?,
                wall_us: r.u64()?,
                memory_bytes: r.u64()?,
                stdout_bytes: r.u64()?,
                stderr_bytes: r.u64()?,
                out_of_memory: r.bool()?,
                first: r.bool()?,
            }),
            4 => Self::StartFailed { errno: r.u32()?.cast_signed() },
            5 => Self::Fault(r.text()?),
            6 => {
                let (there, size) = (r.bool()?, r.u64()?);
                Self::Fetched { size: there.then_some(size) }
            }
            7 => Self::Said { stream: r.u8()?, at_us: r.u64()?, bytes: r.bytes()?.to_vec() },
            _ => return Err(Malformed("unknown reply")),
        };
        r.end()?;
        Ok(reply)
    }
}

/// Appends one frame: its kind and whatever `fields` writes.
fn frame(out: &mut Vec<u8>, kind: u8, fields: impl FnOnce(&mut Writer<'_>)) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind]);
    fields(&mut Writer(out));
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }
    fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }
    fn side(&mut self, side: Side) {
        self.u8(side as u8);
    }
    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    fn bytes(&mut self, value: &[u8]) {
        self.u32(value.len() as u32);
        self.0.extend_from_slice(value);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed("too short"))?;
        self.0 = rest;
        Ok(taken)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed("too short"))?;
        self.0 = rest;
        Ok(*taken)
    }
    fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }
    fn bool(&mut self) -> Result<bool, Malformed> {
        self.u8().map(|byte| byte != 0)
    }
    fn side(&mut self) -> Result<Side, Malformed> {
        let number = usize::from(self.u8()?);
        Side::ALL.get(number).copied().ok_or(Malformed("unknown side"))
    }
    /// A short list of numbers.
    fn numbers(&mut self) -> Result<Vec<u32>, Malformed> {
        let count = self.u32()?;
        if count > 64 {
            return Err(Malformed("too many held files"));
        }
        (0..count).map(|_| self.u32()).collect()
    }
    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }
    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()? as usize;
        self.take(length)
    }
    fn text(&mut self) -> Result<String, Malformed> {
        let bytes = self.bytes()?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Malformed("text is not UTF-8"))
    }
    fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("too long")) }
    }
}
