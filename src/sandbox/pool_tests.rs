use super::*;
use crate::{
    config::Config,
    sandbox::{
        cell::Pipes,
        protocol::{self, Reply, Request},
    },
};
use futures_util::{FutureExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    sync::mpsc,
};
use tokio_util::io::ReaderStream;

/// Cells whose agents can only say that they are ready; it tells of every start and removal, which take what they are
/// given of its time.
struct Fake {
    told: mpsc::UnboundedSender<Told>,
    time: Arc<Semaphore>,
}

#[derive(Debug, PartialEq)]
enum Told {
    Started(Rootfs),
    Removed,
}

#[async_trait]
impl Backend for Fake {
    fn describe(&self) -> Engine {
        Engine {
            name: "fake".into(),
            cgroup_version: 1,
            idle_cells: 0,
            missing: Vec::new(),
            means: Vec::new(),
            host_toolchains: true,
        }
    }

    async fn look(&self) -> Result<(), SandboxError> {
        Ok(())
    }

    async fn sweep(&self) -> Result<usize, SandboxError> {
        Ok(0)
    }

    async fn start(&self, rootfs: &Rootfs) -> Result<(String, Pipes), SandboxError> {
        let (ours, agents) = tokio::io::duplex(4096);
        tokio::spawn(agent(agents));
        self.told.send(Told::Started(rootfs.clone())).unwrap();
        self.time.acquire().await.unwrap().forget();
        let (output, input) = tokio::io::split(ours);
        Ok((
            String::new(),
            Pipes { input: Box::pin(input), output: ReaderStream::new(output).boxed() },
        ))
    }

    async fn remove(&self, _: &str) -> Result<(), SandboxError> {
        self.told.send(Told::Removed).unwrap();
        self.time.acquire().await.unwrap().forget();
        Ok(())
    }

    fn explain(&self, failure: SandboxError) -> SandboxError {
        failure
    }
}

async fn agent(mut channel: DuplexStream) -> std::io::Result<()> {
    let mut received = Vec::new();
    loop {
        let mut ready = Vec::new();
        Reply::Ready { cgroup_version: 1 }.encode(&mut ready);
        channel.write_all(&ready).await?;
        loop {
            if let Some((length, kind, fields)) = protocol::split(&received).unwrap() {
                assert_eq!(Request::decode(kind, fields), Ok(Request::Reset));
                received.drain(..length);
                break;
            }
            if channel.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        }
    }
}

struct Only(Arc<Fake>);

#[async_trait]
impl Connect for Only {
    async fn connect(&self) -> Result<Arc<dyn Backend>, SandboxError> {
        Ok(self.0.clone())
    }
}

fn pool(size: usize, idle_secs: u64) -> (CellPool, mpsc::UnboundedReceiver<Told>) {
    let (pool, told, time) = slow_pool(size, idle_secs);
    time.add_permits(1000);
    (pool, told)
}

/// Its backend does nothing until it is given time.
fn slow_pool(
    size: usize,
    idle_secs: u64,
) -> (CellPool, mpsc::UnboundedReceiver<Told>, Arc<Semaphore>) {
    let (sender, told) = mpsc::unbounded_channel();
    let config = SandboxConfig { idle_secs, ..Config::default().sandbox };
    let time = Arc::new(Semaphore::new(0));
    let fake = Fake { told: sender, time: time.clone() };
    (CellPool::on(Box::new(Only(Arc::new(fake))), config, size), told, time)
}

async fn told(receiver: &mut mpsc::UnboundedReceiver<Told>) -> Told {
    let next = time::timeout(Duration::from_secs(60), receiver.recv()).await;
    next.expect("nothing is told").expect("the backend lives as long as the test")
}

#[tokio::test]
async fn it_is_filled_at_the_start_and_before_a_cell_is_needed() {
    let (pool, mut news) = pool(2, 3600);
    pool.warm().await.unwrap();
    for _ in 0..3 {
        assert_eq!(told(&mut news).await, Told::Started(Rootfs::Host));
    }
    let lent = [pool.lease(&Rootfs::Host).await.unwrap(), pool.lease(&Rootfs::Host).await.unwrap()];
    assert_eq!(pool.health().await.unwrap().idle_cells, 1);
    let [first, second] = lent;
    first.release().await;
    drop(second);
    assert_eq!(told(&mut news).await, Told::Removed);
    // Nobody asked for the second cell of this image, but somebody will.
    let image = Rootfs::Image("gcc".into());
    let cell = pool.lease(&image).await.unwrap();
    assert_eq!(told(&mut news).await, Told::Started(image.clone()));
    assert_eq!(told(&mut news).await, Told::Started(image));
    cell.release().await;
    pool.warm().await.unwrap();
    pool.close().await;
    assert!(news.try_recv().is_ok_and(|first| first == Told::Removed));
    while let Ok(next) = news.try_recv() {
        assert_eq!(next, Told::Removed, "warming again starts nothing");
    }
}

#[tokio::test]
async fn it_shrinks_to_one_when_nobody_uses_it() {
    let (pool, mut news) = pool(3, 1);
    pool.warm().await.unwrap();
    for _ in 0..4 {
        assert_eq!(told(&mut news).await, Told::Started(Rootfs::Host));
    }
    for _ in 0..3 {
        assert_eq!(told(&mut news).await, Told::Removed);
    }
    assert_eq!(pool.health().await.unwrap().idle_cells, 1);
    let cell = pool.lease(&Rootfs::Host).await.unwrap();
    assert_eq!(told(&mut news).await, Told::Started(Rootfs::Host), "use makes it grow");
    cell.release().await;
    assert_eq!(told(&mut news).await, Told::Removed);
    pool.close().await;
}

/// Whoever has work taken from them as soon as they have begun would have a cell started for each.
#[tokio::test]
async fn who_asks_and_goes_away_again_and_again_is_given_few_cells() {
    let (pool, mut news, time) = slow_pool(2, 3600);
    let image = Rootfs::Image("gcc".into());
    for _ in 0..100 {
        assert!(pool.lease(&image).now_or_never().is_none(), "nothing is started yet");
    }
    for _ in 0..2 {
        assert_eq!(told(&mut news).await, Told::Started(image.clone()));
    }
    assert!(news.try_recv().is_err(), "no more than may be lent");
    time.add_permits(2);
    let lent = [pool.lease(&image).await.unwrap(), pool.lease(&image).await.unwrap()];
    assert_eq!(told(&mut news).await, Told::Started(image.clone()), "in advance");
    assert!(news.try_recv().is_err(), "both were there");

    // One is being started and two are being removed: the next start waits until one of them is gone.
    drop(lent);
    for _ in 0..2 {
        assert_eq!(told(&mut news).await, Told::Removed);
    }
    for _ in 0..100 {
        assert!(pool.lease(&image).now_or_never().is_none());
    }
    assert!(news.try_recv().is_err(), "as many are on their way as may be");
    time.add_permits(100);
    let cell = pool.lease(&image).await.unwrap();
    cell.release().await;
    pool.close().await;
}
