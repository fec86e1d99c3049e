//! What a benchmark says of the machine it ran on.

use anyhow::Result;
use std::{fs, thread};

/// The load of the last minute.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

/// The machine, in a line.
pub fn header() -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |text| text.trim_start_matches([' ', '\t', ':']));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let (kernel, date, load) = (kernel.trim(), jiff::Zoned::now().date(), load());
    Ok(format!("{model}, {cores} cores, Linux {kernel}, {date}; load when it began: {load}"))
}
