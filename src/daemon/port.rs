//! Binding the port, and naming the process that holds a busy one.

use super::DaemonError;
use std::{fs, io, net::SocketAddr};
use tokio::net::TcpListener;

/// Listens at an address.
pub(super) async fn listen(addr: SocketAddr) -> Result<TcpListener, DaemonError> {
    match TcpListener::bind(addr).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let holder = holder_of(addr.port()).unwrap_or_else(|| "another process".into());
            Err(DaemonError::AddrInUse { addr, holder })
        }
        Err(error) => Err(DaemonError::Other(format!("cannot listen at {addr}: {error}"))),
    }
}

/// The process that listens on a TCP port, as `name (pid N)`; `None` when it cannot be told, such as
/// when it belongs to another user.
pub(crate) fn holder_of(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .find_map(|table| table.lines().find_map(|line| listening_inode(line, port)))?;
    let socket = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    for process in processes {
        // Beside the numbers there is `self`, which is one of them.
        let name = process.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        let holds = |file: fs::DirEntry| {
            fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == socket.as_str())
        };
        if files.flatten().any(holds) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", name.trim()));
        }
    }
    None
}

/// The socket's inode if this line of `/proc/net/tcp` is one that listens on the port.
fn listening_inode(line: &str, port: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace();
    let (_, local) = fields.nth(1)?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    let fits = state == LISTEN && u16::from_str_radix(local, 16) == Ok(port);
    fits.then(|| inode.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_port_names_its_holder() {
        let first = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let addr = first.local_addr().unwrap();
        let Err(DaemonError::AddrInUse { holder, .. }) = listen(addr).await else {
            panic!("bound twice");
        };
        assert!(holder.contains(&format!("(pid {})", std::process::id())), "{holder}");
    }
}
