//! The attacks: what each is, on which problem, and what must come of it.

use sonocode::judge::Verdict::{
    self, Accepted, CompileError, MemoryLimitExceeded, OutputLimitExceeded, RuntimeError,
    TimeLimitExceeded, WrongAnswer,
};

/// A problem whose one test has the input `1` and the answer `refused`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 500 ms of CPU time, a generous wall clock, 128 MiB, 1 MiB of output, 32 processes.
    Small,
    /// The same with a wall clock of one second.
    Brief,
    /// 10 s of CPU time, 1 GiB, 1 MiB of output, 64 processes.
    Roomy,
}

impl Problem {
    pub const ALL: [Self; 3] = [Self::Small, Self::Brief, Self::Roomy];

    pub fn slug(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Brief => "brief",
            Self::Roomy => "roomy",
        }
    }

    pub fn limits(self) -> &'static str {
        match self {
            Self::Small => {
                "[limits]\ntime_ms = 500\nwall_ms = 60000\nmemory_mib = 128\noutput_mib = 1\nprocesses = 32\n"
            }
            Self::Brief => {
                "[limits]\ntime_ms = 500\nwall_ms = 1000\nmemory_mib = 128\noutput_mib = 1\nprocesses = 32\n"
            }
            Self::Roomy => {
                "[limits]\ntime_ms = 10000\nwall_ms = 60000\nmemory_mib = 1024\noutput_mib = 1\nprocesses = 64\n"
            }
        }
    }
}

/// What the figures of a test must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// Nothing in particular.
    Any,
    /// All the CPU time was used up, and not much more.
    Burned,
    /// Hardly any CPU time was used.
    Idle,
    /// The memory limit was reached, and not passed.
    Full,
}

/// A hostile program.
pub struct Attack {
    /// Its file.
    pub file: &'static str,
    pub source: &'static str,
    pub problem: Problem,
    pub verdict: Verdict,
    /// What the outcome's message must contain.
    pub says: &'static str,
    pub figures: Figures,
}

impl Attack {
    /// The id of the language that its file name stands for.
    pub fn language(&self) -> &'static str {
        match self.file.rsplit_once('.') {
            Some((_, "cpp")) => "cpp",
            Some((_, "py")) => "python",
            Some((_, "java")) => "java",
            _ => "c",
        }
    }
}

macro_rules! attacks {
    ($($file:literal $problem:ident => $verdict:ident $says:literal $figures:ident)*) => {
        &[$(Attack {
            file: $file,
            source: include_str!(concat!("programs/", $file)),
            problem: Problem::$problem,
            verdict: $verdict,
            says: $says,
            figures: Figures::$figures,
        }),*]
    };
}

/// Programs that attack when they run.
pub const PROGRAMS: &[Attack] = attacks![
    // Processes.
    "fork_bomb.c"             Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "fork_bomb.py"            Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "fork_and_pause.c"        Brief => TimeLimitExceeded "idle" Idle
    "thread_bomb.c"           Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "orphans.c"               Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "daemon.c"                Small => Accepted "" Any
    "parent_ends_first.c"     Small => WrongAnswer "got end of output" Any
    "unwaited_child.c"        Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "many_short_children.c"   Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "stop_itself.c"           Brief => TimeLimitExceeded "idle" Idle
    "kill_group.c"            Small => RuntimeError "signal 9 (SIGKILL)" Any
    "exec_loop.c"             Small => TimeLimitExceeded "500 ms of CPU time" Burned
    // Time.
    "idle_sleep.c"            Brief => TimeLimitExceeded "idle" Idle
    "idle_pause.c"            Brief => TimeLimitExceeded "idle" Idle
    "idle_select.c"           Brief => TimeLimitExceeded "idle" Idle
    "busy_user.c"             Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "busy_system.c"           Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "busy_threads.c"          Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "slow_output.c"           Brief => TimeLimitExceeded "idle" Idle
    // Memory.
    "memory_malloc.c"         Small => MemoryLimitExceeded "128 MiB" Full
    "memory_mmap.c"           Small => MemoryLimitExceeded "128 MiB" Full
    "memory_stack.c"          Small => MemoryLimitExceeded "128 MiB" Full
    "memory_static.c"         Small => MemoryLimitExceeded "128 MiB" Full
    "memory_files.c"          Small => MemoryLimitExceeded "128 MiB" Full
    "memory_nameless.c"       Small => MemoryLimitExceeded "128 MiB" Full
    "memory_sysv.c"           Small => MemoryLimitExceeded "128 MiB" Full
    "memory_children.c"       Small => MemoryLimitExceeded "128 MiB" Full
    "memory_child_dies.c"     Small => MemoryLimitExceeded "128 MiB" Full
    "memory_child_replaced.c" Small => MemoryLimitExceeded "128 MiB" Full
    "memory_kernel.c"         Small => MemoryLimitExceeded "128 MiB" Full
    "memory_bytes.py"         Small => MemoryLimitExceeded "128 MiB" Full
    "recursion.py"            Small => MemoryLimitExceeded "128 MiB" Full
    // Output.
    "flood_stdout.c"          Small => OutputLimitExceeded "1 MiB of output" Any
    "flood_stderr.c"          Small => OutputLimitExceeded "1 MiB of output" Any
    "flood_children.c"        Small => OutputLimitExceeded "1 MiB of output" Any
    "long_line.c"             Small => OutputLimitExceeded "1 MiB of output" Any
    "null_bytes.c"            Small => WrongAnswer "line 1" Any
    "close_output.c"          Small => WrongAnswer "got end of output" Any
    "packets.c"               Small => Accepted "" Any
    "splice.c"                Small => WrongAnswer "line 1" Any
    "held_output.c"           Small => Accepted "" Any
    "asynchronous.c"          Small => Accepted "" Any
    "terminals.c"             Small => Accepted "" Any
    // Files.
    "disk_fill.c"             Roomy => Accepted "" Any
    "inode_fill.c"            Roomy => Accepted "" Any
    "write_everywhere.c"      Roomy => Accepted "" Any
    "kernel_files.c"          Small => Accepted "" Any
    "symlinks.c"              Small => Accepted "" Any
    "rewrite_input.c"         Small => Accepted "" Any
    "run_output.c"            Small => Accepted "" Any
    // The agent, the judge and the machine.
    "other_processes.c"       Small => Accepted "" Any
    "forge_reply.c"           Small => RuntimeError "exit code 7" Any
    "setuid_programs.c"       Roomy => Accepted "" Any
    "escape.c"                Small => Accepted "" Any
    "too_large_to_start.c"    Small => RuntimeError "signal 11 (SIGSEGV)" Any
    // Java.
    "threads.java"            Small => TimeLimitExceeded "500 ms of CPU time" Burned
    "exit_early.java"         Roomy => WrongAnswer "got end of output" Any
    "run_commands.java"       Roomy => Accepted "" Any
    "memory_heap.java"        Small => MemoryLimitExceeded "MiB" Any
];

/// Calls that only one kind of machine has.
#[cfg(target_arch = "x86_64")]
pub const MACHINE_CALLS: &[Attack] = attacks![
    "call_32_bit.c"           Small => RuntimeError "signal 31 (SIGSYS)" Any
    "call_x32.c"              Small => RuntimeError "signal 31 (SIGSYS)" Any
];
#[cfg(not(target_arch = "x86_64"))]
pub const MACHINE_CALLS: &[Attack] = &[];

/// Sources that attack when they are compiled.
pub const COMPILE_BOMBS: &[Attack] = attacks![
    "compile_template_depth.cpp" Small => CompileError "template instantiation depth" Any
    "compile_template_width.cpp" Small => CompileError "the compiler was ended" Any
    "compile_constexpr.cpp"      Small => CompileError "constexpr" Any
    "compile_include_zero.c"     Small => CompileError "the compiler was ended" Any
    "compile_include_stdin.c"    Small => Accepted "" Any
    "compile_include_passwd.c"   Small => CompileError "/etc/shadow: No such file" Any
    "compile_array.c"            Small => CompileError "No space left on device" Any
    "compile_assembler.c"        Small => CompileError "the compiler was ended" Any
    "compile_diagnostics.c"      Small => CompileError "16 MiB of output" Any
    "compile_nested.py"          Small => CompileError "too many nested parentheses" Any
];

/// Sources for a language whose compiler runs them.
pub const COMPILERS_THAT_RUN_CODE: &[Attack] = attacks![
    "compile_with_code.py"    Small => Accepted "" Any
    "compile_makes_fifo.py"   Small => RuntimeError "exit code 126" Any
    "compile_makes_folder.py" Small => RuntimeError "exit code 126" Any
    "compile_makes_link.py"   Small => RuntimeError "" Any
    "compile_makes_broken.py" Small => RuntimeError "exit code 126" Any
    "compile_makes_closed.py" Small => RuntimeError "exit code 126" Any
];
