//! The scripts, and requests that run them.

use redis::{Cmd, RedisResult, ToRedisArgs, Value, aio::MultiplexedConnection};
use std::sync::{Arc, LazyLock};

/// The version of the keys' form that this program writes and knows.
pub(super) const KNOWN_FORM: u32 = 1;

/// How long a client's replies are kept after it was last heard of, in seconds.
pub(super) const REPLIES_KEPT: u32 = 600;

/// A script that runs in the server.
pub(crate) struct Script(redis::Script);

/// Arguments of a script.
#[derive(Default)]
pub(crate) struct Args(Vec<Vec<u8>>);

impl Args {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds one, or those of a list.
    pub(crate) fn arg(mut self, arg: impl ToRedisArgs) -> Self {
        arg.write_redis_args(&mut self.0);
        self
    }

    /// Adds others behind these.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How long they are together.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

/// A script with its arguments.
pub(crate) struct Request<'a> {
    script: &'a Script,
    cmd: Cmd,
}

impl Script {
    /// What a client runs first.
    pub(super) fn opening() -> Self {
        Self::with_head(include_str!("open.lua"))
    }

    /// One that begins with `head.lua`.
    pub(crate) fn with_head(text: &str) -> Self {
        Self(redis::Script::new(&format!("{}{text}", include_str!("head.lua"))))
    }

    /// One of operations that write, for [`Client::write`](super::Client::write).
    pub(crate) fn of_operations(text: &str) -> Arc<Self> {
        let (begin, end) = (include_str!("write.lua"), include_str!("batch.lua"));
        Arc::new(Self::with_head(&format!("{begin}{text}{end}")))
    }

    /// A request to run it on the keys that begin so.
    pub(super) fn request(&self, prefix: &str, args: &[&Args]) -> Request<'_> {
        let mut cmd = redis::cmd("EVALSHA");
        cmd.arg(self.0.get_hash()).arg(1).arg(prefix);
        for args in args {
            cmd.arg(&args.0);
        }
        Request { script: self, cmd }
    }
}

impl Request<'_> {
    /// Runs it. A server that has not seen the script yet, as after its restart, is given it.
    pub(super) async fn send(&self, conn: &mut MultiplexedConnection) -> RedisResult<Value> {
        let unknown = redis::ErrorKind::Server(redis::ServerErrorKind::NoScript);
        match self.try_once(conn).await {
            Err(error) if error.kind() == unknown => {
                self.script.0.load_async(conn).await?;
                self.try_once(conn).await
            }
            result => result,
        }
    }

    /// Errors within the answer stay there.
    async fn try_once(&self, conn: &mut MultiplexedConnection) -> RedisResult<Value> {
        match conn.send_packed_command(&self.cmd).await? {
            Value::ServerError(error) => Err(error.into()),
            value => Ok(value),
        }
    }
}

const OPERATIONS: &str = concat!(
    include_str!("operations/submit.lua"),
    include_str!("operations/lease.lua"),
    include_str!("operations/renew.lua"),
    include_str!("operations/append.lua"),
    include_str!("operations/finish.lua"),
    include_str!("operations/requeue.lua"),
    include_str!("operations/cancel.lua"),
    include_str!("operations/rejudge.lua"),
    include_str!("operations/post.lua"),
);

macro_rules! scripts {
    ($($name:ident: $($part:literal)+;)*) => {
        /// Every script; what it does and takes is said at its beginning.
        pub(super) struct Scripts {
            /// Those of the ledger that write.
            pub(super) operations: Arc<Script>,
            $(pub(super) $name: Script,)*
        }

        impl Scripts {
            /// All of them. Their digests are made once in a process.
            pub(super) fn all() -> &'static Self {
                static ALL: LazyLock<Scripts> = LazyLock::new(|| Scripts {
                    operations: Script::of_operations(OPERATIONS),
                    $($name: Script::with_head(concat!(
                        $(include_str!(concat!($part, ".lua")),)+
                    )),)*
                });
                &ALL
            }
        }
    };
}

scripts! {
    expiry: "expiry";
    submission: "submission";
    list: "list";
    journal: "journal";
    counts: "counts";
    queue: "queue";
    field: "field";
    page: "page";
    message: "message";
    place_before: "places" "place_before";
    receive: "receive";
    session: "session";
    sweep: "places" "sweep";
    sweep_ended: "sweep_ended";
}
