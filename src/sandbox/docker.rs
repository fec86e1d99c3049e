//! Cells as containers of a Docker engine: the one door to bollard.
//!
//! A container gets no network, a read-only root, no capability but the three its agent needs
//! (`SYS_ADMIN` for namespaces, mounts and control groups; `SETUID` and `SETGID` to become the
//! program's user), no new privileges, and bounds on memory, swap, processes and processors. The
//! agent speaks over the container's standard input and output, so a remote engine works like a
//! local one; when the daemon dies, the input ends, the agent with it, and the engine removes the
//! container by itself.

pub mod archive;
pub mod images;
mod leftovers;

use super::{
    Engine, Rootfs, SandboxError,
    backend::Backend,
    base_image::{self, AGENT_PATH, HostMount},
    cell::Pipes,
    means::{self, Basis},
};
use crate::config::SandboxConfig;
use async_trait::async_trait;
use bollard::{
    Docker,
    container::LogOutput,
    errors::Error,
    models::{
        ContainerCreateBody, ContainerSummary, HostConfig, HostConfigLogConfig, Mount, MountType,
        SystemInfo, SystemInfoCgroupVersionEnum,
    },
    query_parameters::{
        AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, CreateImageOptionsBuilder,
        ListContainersOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
        WaitContainerOptionsBuilder,
    },
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future};
use std::{
    collections::HashMap,
    env::consts::ARCH,
    io,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::{sync::OnceCell, time::timeout};

/// The label that every container of ours carries; its value names the data directory.
pub const LABEL: &str = "sonocode.data-dir";

/// The label that says which connection a container was made over: process numbers come again.
const MAKER: &str = "sonocode.maker";

/// Size of a cell's box, where programs are compiled, in bytes.
pub(super) const BOX_BYTES: u64 = 256 << 20;

/// The most processes and threads of a cell, whatever its commands may use.
const CELL_PROCESSES: i64 = 8192;

/// How long an engine may take to remove a container.
const REMOVAL: Duration = Duration::from_secs(10);

/// Images of an engine and what is fetched of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// The image.
    pub image: String,
    /// Bytes that have arrived.
    pub done: u64,
    /// Bytes there are, as far as is known.
    pub total: u64,
    /// Whether it is all there.
    pub complete: bool,
}

/// Told of every step of a pull.
pub type OnPull = std::sync::Arc<dyn Fn(Pull) + Send + Sync>;

/// A connection to an engine and the means to make cells there.
pub struct DockerEngine {
    docker: Docker,
    config: SandboxConfig,
    owner: String,
    /// Its value of [`MAKER`].
    maker: String,
    info: SystemInfo,
    base_image: OnceCell<String>,
    agent_volume: OnceCell<String>,
    number: AtomicU64,
    on_pull: OnPull,
}

/// One of ours.
struct Container {
    id: String,
    maker: Option<String>,
}

async fn connect(config: &SandboxConfig) -> Result<(Docker, SystemInfo), SandboxError> {
    let docker = match &config.docker_host {
        Some(host) => Docker::connect_with_host(host),
        None => Docker::connect_with_defaults(),
    };
    let docker = docker.map_err(gone)?.negotiate_version().await.map_err(gone)?;
    let info = docker.info().await.map_err(gone)?;
    runs_our_agent(&info)?;
    Ok((docker, info))
}

/// The agent is this program's own part, so it is of this program's architecture.
fn runs_our_agent(info: &SystemInfo) -> Result<(), SandboxError> {
    let system = info.os_type.as_deref().unwrap_or("linux");
    let named = info.architecture.as_deref().unwrap_or(ARCH);
    let architecture = match named {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    };
    if system == "linux" && architecture == ARCH {
        return Ok(());
    }
    Err(SandboxError::NoEngine(format!(
        "the engine runs programs of {system} on {named}, and this sonocode holds an agent for Linux \
         on {ARCH}: use an engine of that kind (`sandbox.docker_host`), or a sonocode built for the \
         engine's"
    )))
}

/// Whether the engine's containers can show this machine's files: it is on this machine, and not in a
/// virtual machine or container of its own here.
fn sees_this_host(info: &SystemInfo, address: &str, kernel: &str, host_name: &str) -> bool {
    address.starts_with("unix://")
        && info.kernel_version.as_deref() == Some(kernel)
        && info.name.as_deref() == Some(host_name)
}

/// Whether the engine is an ordinary user's.
fn is_rootless(info: &SystemInfo) -> bool {
    info.security_options.iter().flatten().any(|option| option.contains("rootless"))
}

fn describe(info: &SystemInfo, address: &str) -> Engine {
    let version = info.server_version.as_deref().unwrap_or("of unknown version");
    let v2 = info.cgroup_version == Some(SystemInfoCgroupVersionEnum::_2);
    let uname = rustix::system::uname();
    let (kernel, name) = (uname.release().to_string_lossy(), uname.nodename().to_string_lossy());
    let basis = Basis {
        cgroup_version: if v2 { 2 } else { 1 },
        tells_peak: info.kernel_version.as_deref().is_none_or(means::tells_peak),
        rootless: is_rootless(info),
        engine_filter: true,
        host_toolchains: sees_this_host(info, address, &kernel, &name),
        images: true,
    };
    Engine {
        name: format!("Docker {version}{}", if basis.rootless { ", rootless" } else { "" }),
        cgroup_version: basis.cgroup_version,
        idle_cells: 0,
        missing: basis.missing().into_iter().collect(),
        means: basis.means(),
        host_toolchains: basis.host_toolchains,
    }
}

/// The engine's address: as configured, else as its own command finds it.
fn address(config: &SandboxConfig) -> String {
    let configured = config.docker_host.clone().or_else(|| std::env::var("DOCKER_HOST").ok());
    configured.unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned())
}

#[async_trait]
impl Backend for DockerEngine {
    fn describe(&self) -> Engine {
        describe(&self.info, &address(&self.config))
    }

    async fn look(&self) -> Result<(), SandboxError> {
        let late = self.containers().await.map_err(gone)?;
        let late = late.into_iter().filter(|one| one.maker.as_ref() != Some(&self.maker));
        // One that cannot be removed now meets the next look.
        match self.remove_all(late).await {
            Ok(0) => {}
            Ok(late) => tracing::info!(late, "removed cells that were made late"),
            Err(error) => tracing::warn!(%error, "cells of an earlier daemon are left for now"),
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<usize, SandboxError> {
        let all = self.containers().await.map_err(failed)?;
        self.remove_all(all).await
    }

    async fn remove(&self, id: &str) -> Result<(), SandboxError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match self.docker.remove_container(id, Some(options)).await {
            // Gone already.
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
            // The engine is just removing it, because its agent has ended.
            Err(Error::DockerResponseServerError { status_code: 409, .. }) => {
                self.removed(id).await;
                Ok(())
            }
            other => other.map_err(failed),
        }
    }

    async fn start(&self, rootfs: &Rootfs) -> Result<(String, Pipes), SandboxError> {
        let image = match rootfs {
            Rootfs::Host => self.base_image().await?.to_owned(),
            Rootfs::Image(image) => {
                images::pull_if_missing(&self.docker, image, &self.on_pull).await?;
                image.clone()
            }
        };
        let body = self.container(rootfs, image).await?;
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let name = format!("sonocode-{}-{}-{number}", self.owner, std::process::id());
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        let create = || self.docker.create_container(Some(options.clone()), body.clone());
        let created = match create().await {
            // A daemon of a later version has swept the image away.
            Err(Error::DockerResponseServerError { status_code: 404, .. })
                if *rootfs == Rootfs::Host =>
            {
                self.import().await?;
                create().await
            }
            created => created,
        };
        let created = created.map_err(failed)?;
        match self.attach_and_start(&created.id).await {
            Ok(pipes) => Ok((created.id, pipes)),
            Err(error) => {
                // The first error is the one to tell; a container that stays is swept at next start.
                let _ = self.remove(&created.id).await;
                Err(error)
            }
        }
    }

    fn explain(&self, failure: SandboxError) -> SandboxError {
        let refused = [os_error(1), os_error(13)];
        match failure {
            SandboxError::Cell(reason) if refused.iter().any(|text| reason.contains(text)) => {
                SandboxError::NoEngine(format!(
                    "{} does not let cells make mounts, namespaces and control groups ({reason}), for \
                     which it must grant SYS_ADMIN; rootless engines and Podman may refuse that, as \
                     AppArmor and SELinux may: use an engine of root's, or `sandbox.kind = \"native\"`",
                    self.describe().name
                ))
            }
            other => other,
        }
    }
}

impl DockerEngine {
    /// Connects. `owner` names the data directory in the labels of containers.
    pub async fn connect(
        config: SandboxConfig,
        owner: String,
        on_pull: OnPull,
    ) -> Result<Self, SandboxError> {
        let (docker, info) = connect(&config).await?;
        let random = getrandom::u64();
        let random =
            random.map_err(|error| SandboxError::Cell(format!("no random numbers: {error}")))?;
        Ok(Self {
            docker,
            config,
            owner,
            maker: format!("{random:016x}"),
            info,
            base_image: OnceCell::new(),
            agent_volume: OnceCell::new(),
            number: AtomicU64::new(0),
            on_pull,
        })
    }

    /// The containers of this data directory's daemons.
    async fn containers(&self) -> Result<Vec<Container>, Error> {
        let filters = HashMap::from([("label", vec![format!("{LABEL}={}", self.owner)])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let found = self.docker.list_containers(Some(options)).await?;
        let container = |found: ContainerSummary| {
            let maker = found.labels.and_then(|mut labels| labels.remove(MAKER));
            Some(Container { id: found.id?, maker })
        };
        Ok(found.into_iter().filter_map(container).collect())
    }

    /// Removes them; their number.
    async fn remove_all(
        &self,
        containers: impl IntoIterator<Item = Container>,
    ) -> Result<usize, SandboxError> {
        let (mut removed, mut last) = (0, Ok(()));
        for container in containers {
            match self.remove(&container.id).await {
                Ok(()) => removed += 1,
                // One that cannot be removed must not keep the others.
                Err(error) => last = Err(error),
            }
        }
        last.map(|()| removed)
    }

    /// Waits until a container is gone, for as long as that may take.
    async fn removed(&self, id: &str) {
        let options = WaitContainerOptionsBuilder::default().condition("removed").build();
        let mut end = self.docker.wait_container(id, Some(options));
        // Whatever comes, there is no more to wait for: its exit code, or that it is not there.
        let _ = timeout(REMOVAL, end.next()).await;
    }

    async fn attach_and_start(&self, id: &str) -> Result<Pipes, SandboxError> {
        let options = AttachContainerOptionsBuilder::default()
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .stream(true)
            .build();
        let attached = self.docker.attach_container(id, Some(options)).await.map_err(failed)?;
        self.docker.start_container(id, None::<StartContainerOptions>).await.map_err(failed)?;
        let output = attached.output.map_err(io::Error::other).try_filter_map(|chunk| {
            future::ready(Ok(match chunk {
                LogOutput::StdOut { message } => Some(message),
                other => {
                    tracing::warn!(agent = %other, "the agent wrote to its log");
                    None
                }
            }))
        });
        Ok(Pipes { input: attached.input, output: output.boxed() })
    }

    async fn container(
        &self,
        rootfs: &Rootfs,
        image: String,
    ) -> Result<ContainerCreateBody, SandboxError> {
        let memory = (self.config.cell_memory_mib << 20) as i64;
        let cpus = self.info.ncpu.map_or(1.0, |n| n as f64).min(self.config.cell_cpus);
        let mut host = HostConfig {
            network_mode: Some("none".into()),
            readonly_rootfs: Some(true),
            cap_drop: Some(vec!["ALL".into()]),
            cap_add: Some(["SYS_ADMIN", "SETUID", "SETGID"].map(String::from).to_vec()),
            security_opt: Some(self.security_options()),
            masked_paths: self.unmasked(),
            readonly_paths: self.unmasked(),
            memory: Some(memory),
            memory_swap: Some(memory),
            nano_cpus: Some((cpus * 1e9) as i64),
            pids_limit: Some(CELL_PROCESSES),
            auto_remove: Some(true),
            // The engine must not keep a copy of what the agent says.
            log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
            ..HostConfig::default()
        };
        match rootfs {
            Rootfs::Host => {
                let preludes = self.config.preludes.as_deref();
                let mounts = base_image::host_mounts(preludes).map_err(SandboxError::host)?;
                let bind = |mount: &HostMount| format!("{}:{}:ro", mount.source, mount.target);
                host.binds = Some(mounts.iter().map(bind).collect());
            }
            Rootfs::Image(_) => {
                let volume = self.agent_volume().await?;
                host.mounts = Some(vec![Mount {
                    target: Some("/sonocode".into()),
                    source: Some(volume.to_owned()),
                    typ: Some(MountType::VOLUME),
                    read_only: Some(true),
                    ..Mount::default()
                }]);
                // Makes the mount points, which an image may lack; the agent mounts the real ones
                // over them.
                let mount_points = ["/box", "/tmp"].map(|path| (path.into(), "size=4k".into()));
                host.tmpfs = Some(HashMap::from(mount_points));
            }
        }
        Ok(ContainerCreateBody {
            image: Some(image),
            entrypoint: Some(vec![AGENT_PATH.into()]),
            cmd: Some(Vec::new()),
            user: Some("0:0".into()),
            working_dir: Some("/".into()),
            env: Some(vec![format!("SONOCODE_BOX_BYTES={BOX_BYTES}")]),
            labels: Some(HashMap::from([
                (LABEL.into(), self.owner.clone()),
                (MAKER.into(), self.maker.clone()),
            ])),
            // The agent has nothing to put in order, and an engine that stops would wait for it.
            stop_signal: Some("SIGKILL".into()),
            open_stdin: Some(true),
            stdin_once: Some(true),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        })
    }

    /// `AppArmor`'s usual profile for containers refuses every mount, so where an engine uses it the
    /// cell goes without; the agent's own walls do not rest on it.
    fn security_options(&self) -> Vec<String> {
        let mut options = vec!["no-new-privileges".to_owned()];
        let engine = self.info.security_options.iter().flatten();
        if engine.into_iter().any(|option| option.contains("apparmor")) {
            options.push("apparmor=unconfined".to_owned());
        }
        options
    }

    /// In a user namespace, as a rootless engine's containers are, the kernel lets a new `/proc` be
    /// mounted only where a whole one is seen. The programs' own `/proc` has nothing masked in any
    /// case, and nothing in it is theirs to write.
    fn unmasked(&self) -> Option<Vec<String>> {
        is_rootless(&self.info).then(Vec::new)
    }

    /// The name of the image with nothing but the agent, imported when the engine lacks it.
    async fn base_image(&self) -> Result<&str, SandboxError> {
        self.base_image.get_or_try_init(|| self.import()).await.map(String::as_str)
    }

    async fn import(&self) -> Result<String, SandboxError> {
        let archive = base_image::archive().map_err(SandboxError::host)?;
        let image = format!("{}{}", leftovers::IMAGE, base_image::digest(&archive));
        if self.docker.inspect_image(&image).await.is_err() {
            let (repo, tag) = image.split_once(':').unwrap_or((&image, "latest"));
            let options =
                CreateImageOptionsBuilder::default().from_src("-").repo(repo).tag(tag).build();
            let body = bollard::body_full(Bytes::from(archive));
            let import = self.docker.create_image(Some(options), Some(body), None);
            let imported: Result<Vec<_>, _> = import.try_collect().await;
            imported.map_err(|error| images::failed(&image, &error))?;
            leftovers::sweep(&self.docker, &image).await;
        }
        Ok(image)
    }

    /// A volume with the agent in it, for cells whose image does not hold one: the engine fills an
    /// empty volume from the image of the first container that mounts it.
    async fn agent_volume(&self) -> Result<&str, SandboxError> {
        let make = async || {
            let base = self.base_image().await?;
            let name = base.replace(leftovers::IMAGE, leftovers::VOLUME);
            let body = ContainerCreateBody {
                image: Some(base.to_owned()),
                entrypoint: Some(vec![AGENT_PATH.into()]),
                labels: Some(HashMap::from([(LABEL.into(), self.owner.clone())])),
                host_config: Some(HostConfig {
                    binds: Some(vec![format!("{name}:/sonocode")]),
                    network_mode: Some("none".into()),
                    ..HostConfig::default()
                }),
                ..ContainerCreateBody::default()
            };
            let options = None::<bollard::query_parameters::CreateContainerOptions>;
            let filler = self.docker.create_container(options, body).await.map_err(failed)?;
            // Without `v`: the named volume stays.
            let options = RemoveContainerOptionsBuilder::default().force(true).build();
            self.docker.remove_container(&filler.id, Some(options)).await.map_err(failed)?;
            Ok(name)
        };
        self.agent_volume.get_or_try_init(make).await.map(String::as_str)
    }
}

/// How an error of the operating system ends that another process told.
fn os_error(number: i32) -> String {
    format!("(os error {number})")
}

/// The engine cannot be reached.
#[expect(clippy::needless_pass_by_value, reason = "used as a function value")]
fn gone(error: Error) -> SandboxError {
    SandboxError::NoEngine(error.to_string())
}

fn failed(error: Error) -> SandboxError {
    match error {
        Error::DockerResponseServerError { message, .. } => SandboxError::Cell(message),
        other => gone(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_elsewhere_is_told_from_one_here() {
        let here = SystemInfo {
            kernel_version: Some("6.1.0".into()),
            name: Some("ada".into()),
            ..SystemInfo::default()
        };
        let local = "unix:///var/run/docker.sock";
        assert!(sees_this_host(&here, local, "6.1.0", "ada"));
        assert!(!sees_this_host(&here, "tcp://127.0.0.1:2375", "6.1.0", "ada"), "a tunnel");
        assert!(!sees_this_host(&here, local, "6.1.0", "bob"), "we are in a container");
        assert!(!sees_this_host(&here, local, "6.6.0-linuxkit", "ada"), "it is in a machine");
    }

    #[test]
    fn an_engine_of_another_kind_is_refused_with_what_to_do() {
        let engine = |system: &str, architecture: &str| {
            let info = SystemInfo {
                os_type: Some(system.into()),
                architecture: Some(architecture.into()),
                ..SystemInfo::default()
            };
            runs_our_agent(&info).map_err(|error| error.to_string())
        };
        let (own, other) = match ARCH {
            "x86_64" => ("amd64", "aarch64"),
            _ => ("arm64", "x86_64"),
        };
        assert_eq!((engine("linux", own), engine("linux", ARCH)), (Ok(()), Ok(())));
        assert!(engine("linux", other).unwrap_err().contains("sandbox.docker_host"));
        assert!(engine("windows", own).unwrap_err().contains("programs of windows"));
    }
}
