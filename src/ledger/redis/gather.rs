//! Gathers what writes: whatever came while one batch was on its way goes to the server as the next one.
//!
//! So many callers share one round trip, one run of a script, one message to the other daemons and, with `appendfsync always`,
//! one write to the disk; alone, a caller waits for nobody. One that went away before its turn is passed over; nothing of
//! its call is done.

use super::{
    given::Given,
    link::Up,
    scripts::{Args, REPLIES_KEPT, Script},
    trouble::Trouble,
    value::Items,
};
use crate::ledger::signals::Signals;
use redis::{ErrorKind, RedisError, RedisResult, Value};
use std::{collections::VecDeque, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    task,
};

/// Calls in one batch, at most: it bounds for how long the server does nothing else.
const GROUP: usize = 128;

/// Bytes of arguments in one batch; the call that goes beyond them is its last.
const BYTES: usize = 1 << 20;

/// The operations that begin with a command which Redis refuses when its memory is full. It looks no more once a script has
/// written, so that behind others they would not be refused.
const REFUSABLE: [&str; 3] = ["submit", "post", "append"];

/// A call of an operation.
pub(super) struct Call {
    /// Where the operation is.
    pub(super) script: Arc<Script>,
    pub(super) operation: &'static str,
    /// The client's slot for the reply.
    pub(super) slot: u16,
    /// Greater than that of every earlier call in the slot.
    pub(super) number: u64,
    pub(super) args: Args,
}

impl Call {
    /// What comes before its arguments.
    fn head(&self) -> Args {
        Args::new().arg(self.slot).arg(self.number).arg(self.operation).arg(self.args.len())
    }

    /// Whether one script has the operations of both.
    fn goes_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.script, &other.script)
    }
}

/// What sends calls.
pub(super) struct Gatherer {
    calls: mpsc::UnboundedSender<Pending>,
}

/// A call on its way.
struct Pending {
    call: Arc<Call>,
    up: Up,
    reply: oneshot::Sender<RedisResult<Value>>,
}

impl Gatherer {
    /// Of the client with this name, whose keys begin so. What is new is told to the signals before any caller hears of it.
    pub(super) fn start(prefix: String, name: String, signals: Signals, given: Arc<Given>) -> Self {
        let (calls, incoming) = mpsc::unbounded_channel();
        let (waiting, broken) = (VecDeque::new(), 0);
        tokio::spawn(Batches { prefix, name, signals, given, waiting, broken }.run(incoming));
        Self { calls }
    }

    /// Sends a call over this connection, or a newer one, and returns its reply.
    pub(super) async fn send(&self, up: Up, call: Arc<Call>) -> RedisResult<Value> {
        let (reply, answer) = oneshot::channel();
        let ended = || RedisError::from((ErrorKind::Client, "the ledger is closed"));
        self.calls.send(Pending { call, up, reply }).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

/// What the task has that sends them.
struct Batches {
    prefix: String,
    name: String,
    signals: Signals,
    given: Arc<Given>,
    waiting: VecDeque<Pending>,
    /// The number of the last connection that broke.
    broken: u64,
}

impl Batches {
    async fn run(mut self, mut incoming: mpsc::UnboundedReceiver<Pending>) {
        loop {
            if self.waiting.is_empty() {
                match incoming.recv().await {
                    Some(first) => self.waiting.push_back(first),
                    None => return,
                }
            }
            // Who was woken with the first has something to ask as well.
            task::yield_now().await;
            while let Ok(more) = incoming.try_recv() {
                self.waiting.push_back(more);
            }
            let batch = self.next();
            let Some(up) = batch.iter().map(|pending| &pending.up).max_by_key(|up| up.number)
            else {
                continue;
            };
            let up = up.clone();
            let reply = if up.number > self.broken {
                self.ask(&up, &batch).await
            } else {
                // To wait for another answer there would be in vain.
                Err(RedisError::from((ErrorKind::Io, "the connection broke")))
            };
            match reply {
                Ok(replies) => {
                    for (pending, reply) in batch.into_iter().zip(replies) {
                        pending.answer(match reply {
                            Value::ServerError(error) => Err(error.into()),
                            value => Ok(value),
                        });
                    }
                }
                Err(error) => {
                    if Trouble::of(&error) == Trouble::Connection {
                        self.broken = self.broken.max(up.number);
                    }
                    for pending in batch {
                        pending.answer(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// The next batch: calls of one script.
    fn next(&mut self) -> Vec<Pending> {
        let mut batch: Vec<Pending> = Vec::new();
        let mut bytes = 0;
        while batch.len() < GROUP
            && bytes < BYTES
            && let Some(pending) = self.waiting.pop_front()
        {
            if pending.reply.is_closed() {
                continue;
            }
            if batch.first().is_some_and(|first| !first.call.goes_with(&pending.call)) {
                self.waiting.push_front(pending);
                break;
            }
            bytes += pending.call.args.bytes();
            batch.push(pending);
        }
        batch.sort_by_key(|pending| !REFUSABLE.contains(&pending.call.operation));
        batch
    }

    /// Runs a batch; the replies are those to its calls.
    async fn ask(&self, up: &Up, batch: &[Pending]) -> RedisResult<Vec<Value>> {
        let Some(Pending { call: first, .. }) = batch.first() else { return Ok(Vec::new()) };
        let own = Args::new().arg(&self.name).arg(REPLIES_KEPT).arg(u8::from(up.may_take_over()));
        let heads: Vec<_> = batch.iter().map(|pending| pending.call.head()).collect();
        let calls = batch.iter().zip(&heads).flat_map(|(pending, head)| [head, &pending.call.args]);
        let args: Vec<_> = [&own].into_iter().chain(calls).collect();
        let request = first.script.request(&self.prefix, &args);
        let reply = request.send(&mut up.conn.clone()).await?;
        let strange =
            |what: String| RedisError::from((ErrorKind::UnexpectedReturnType, "a batch", what));
        let mut replies = Items::of(reply).map_err(|error| strange(error.to_string()))?;
        let news = replies.text().map_err(|error| strange(error.to_string()))?;
        self.signals.tell(self.given.read_news(&news));
        let replies = replies.rest();
        if replies.len() != batch.len() {
            return Err(strange(format!("{} replies to {} calls", replies.len(), batch.len())));
        }
        Ok(replies)
    }
}

impl Pending {
    fn answer(self, reply: RedisResult<Value>) {
        // A caller that has gone away meanwhile does not want to know.
        let _ = self.reply.send(reply);
    }
}
