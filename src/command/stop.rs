//! `sonocode stop`.

use super::{
    configuration,
    lock::{Lock, readable},
    text,
};
use crate::{
    cli::Stop,
    error::{Code, Error},
    view::terminal::print,
};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::{io, time::Duration};
use tokio::net::unix::pipe;

pub(super) async fn stop(args: Stop) -> Result<Code, Error> {
    let data_dir = args.data_dir.as_deref().map(text);
    let loaded = configuration([("data_dir", "--data-dir", data_dir)])?;
    let dir = loaded.config.data_dir.display();
    let lock = Lock::of(&loaded.config.data_dir);
    // The file outlives its writer; only while the lock is held does its number mean that process.
    let holder = lock.holder().filter(|_| lock.is_held());
    let holder = holder.ok_or_else(|| Error::NotFound(format!("no daemon runs on {dir}")))?;
    if !holder.serves() {
        return Err(Error::Refused(format!(
            "{dir} is used by `{}` (pid {}), which runs a daemon only for itself and ends by itself",
            holder.command, holder.pid
        )));
    }
    let told = |error: io::Error| Error::Other(format!("pid {}: {error}", holder.pid));
    let process = terminate(holder.pid).map_err(told)?;
    let patience = Duration::from_secs(args.timeout);
    // A process descriptor can be read when its process has ended.
    match tokio::time::timeout(patience, process.readable()).await {
        Ok(ended) => drop(ended.map_err(told)?),
        Err(_) => {
            return Err(Error::Timeout(format!(
                "pid {} still drains; `sonocode stop` again ends it at once",
                holder.pid
            )));
        }
    }
    print(&format!("stopped (pid {})", holder.pid))?;
    Ok(Code::OK)
}

fn terminate(pid: u32) -> io::Result<pipe::Receiver> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    let process = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    pidfd_send_signal(&process, Signal::TERM)?;
    readable(process)
}
