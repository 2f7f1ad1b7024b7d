//! The writer's loop: what waits goes into one transaction, acknowledged when it is durable.
//!
//! It owns [`store::Writer`]; nobody else writes. There is no timer between commands: while one
//! transaction is being synced the next one gathers, so that batches grow with the load by
//! themselves. A transaction that began is never cut short. Committed commands go to the sink in
//! the order they were committed, before their senders hear of it. It never decides whether
//! somebody may do something.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use base::Code;
use base::limits::{
    WAL_CHECKPOINT_BYTES, WAL_TRUNCATE_BYTES, WRITER_BATCH_BYTES_MAX, WRITER_BATCH_COMMANDS_MAX,
    WRITER_COMMAND_AGE_MS_MAX, WRITER_QUEUE_BYTES_MAX, WRITER_QUEUE_COMMANDS_MAX,
};
use domain::hub::ClientId;
pub use store::WriterState;
use store::{Checkpoint, Command, Done, Fault, FaultKind, Outcome, Writer};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Above this part of the queue, new commands are refused as `busy`.
const BUSY_PERCENT: usize = 75;
/// How soon a refused command may be sent again, in milliseconds.
const RETRY_AFTER_MS: u64 = 500;
/// How long nothing has to happen before the log is checkpointed, in milliseconds.
const IDLE_MS: u64 = 1_000;
/// How long to leave a log alone that readers kept from being cut, in milliseconds.
const BLOCKED_MS: u64 = 10_000;
/// After so many commands it is asked how much the log holds; each writes a few pages.
const MEASURED_EVERY: usize = 64;
/// How often a full disk is looked at, in milliseconds.
const PROBE_MS: u64 = 5_000;

/// From where a command came, for whoever tells of it. Held in memory only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The connection that sent it and is not told of it.
    pub client: ClientId,
    /// A post's text as it was sent, where the word filter changed nothing: doors that relay texts
    /// as they are give this one, not the tidied one that is stored.
    pub verbatim: Option<Arc<str>>,
}

/// A command that was carried out, in commit order.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Its result; commands that came a second time are not told again.
    pub done: Done,
    /// From where it came, when that matters.
    pub origin: Option<Origin>,
}

/// Why a command was not even queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// Too much waits.
    Full {
        /// When to try again, in milliseconds.
        retry_after_ms: u64,
    },
    /// The disk is full, and this command does not erase.
    ReadOnly,
    /// The server is going down, as asked or because the disk failed.
    ShuttingDown,
}

impl Busy {
    /// What the sender is told.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Full { .. } => Code::Busy,
            Self::ReadOnly => Code::ReadOnly,
            Self::ShuttingDown => Code::ShuttingDown,
        }
    }
}

/// How the loop ended.
#[derive(Debug)]
pub enum End {
    /// As asked: everything that waited was written and the log is in the database.
    ShutDown,
    /// The disk failed. What was acknowledged is safe; nothing else will be. End the process.
    Stopped(Fault),
}

/// A command on its way. Dropping it does not take the command back.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<Outcome>);

impl Future for Ticket {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.0).poll(context).map(|outcome| {
            outcome.unwrap_or_else(|_| {
                let detail = "the writer ended before it answered".to_owned();
                Outcome::Fault(Fault {
                    kind: FaultKind::DiskFailed,
                    detail,
                })
            })
        })
    }
}

#[derive(Debug)]
struct Waiting {
    command: Command,
    origin: Option<Origin>,
    size_bytes: usize,
    since: Instant,
    reply: oneshot::Sender<Outcome>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    size_bytes: usize,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    arrived: Notify,
    shutting_down: AtomicBool,
    state: AtomicU8,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A panic while the queue was held can not have left it half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_state(&self, state: WriterState) {
        let number = match state {
            WriterState::Open => 0,
            WriterState::ReadOnly => 1,
            WriterState::Stopped => 2,
        };
        self.state.store(number, Ordering::Release);
    }

    fn state(&self) -> WriterState {
        match self.state.load(Ordering::Acquire) {
            0 => WriterState::Open,
            1 => WriterState::ReadOnly,
            _ => WriterState::Stopped,
        }
    }
}

/// Where commands go in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WriterHandle(Arc<Shared>);

impl WriterHandle {
    /// Queues a command. Commands of one caller are carried out in the order they were submitted.
    ///
    /// # Errors
    /// [`Busy`] at once when too much waits or nothing is written any more; the command is gone.
    pub fn submit(&self, command: Command) -> Result<Ticket, Busy> {
        self.submit_from(None, command)
    }

    /// The same, remembering from where it came.
    ///
    /// # Errors
    /// See [`WriterHandle::submit`].
    pub fn submit_from(&self, origin: Option<Origin>, command: Command) -> Result<Ticket, Busy> {
        if self.0.shutting_down.load(Ordering::Acquire) {
            return Err(Busy::ShuttingDown);
        }
        match self.0.state() {
            WriterState::Open => {}
            WriterState::ReadOnly if command.erases() => {}
            WriterState::ReadOnly => return Err(Busy::ReadOnly),
            WriterState::Stopped => return Err(Busy::ShuttingDown),
        }
        let size_bytes = command.size_bytes();
        let (reply, ticket) = oneshot::channel();
        let mut queue = self.0.queue();
        // Looked at again under the lock: the loop empties the queue when it ends.
        if self.0.state() == WriterState::Stopped {
            return Err(Busy::ShuttingDown);
        }
        let commands_max = WRITER_QUEUE_COMMANDS_MAX * BUSY_PERCENT / 100;
        let bytes_max = WRITER_QUEUE_BYTES_MAX * BUSY_PERCENT / 100;
        if queue.waiting.len() >= commands_max || queue.size_bytes + size_bytes > bytes_max {
            return Err(Busy::Full {
                retry_after_ms: RETRY_AFTER_MS,
            });
        }
        queue.size_bytes += size_bytes;
        queue.waiting.push_back(Waiting {
            command,
            origin,
            size_bytes,
            since: Instant::now(),
            reply,
        });
        drop(queue);
        self.0.arrived.notify_one();
        Ok(Ticket(ticket))
    }

    /// What the writer still does.
    #[must_use]
    pub fn state(&self) -> WriterState {
        self.0.state()
    }

    /// How many commands wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.queue().waiting.len()
    }

    /// Takes no more commands; those that wait are written, then the loop ends.
    pub fn shut_down(&self) {
        self.0.shutting_down.store(true, Ordering::Release);
        self.0.arrived.notify_one();
    }
}

/// Starts the loop. `sink` hears of every command that was carried out, those of one transaction
/// together, in commit order and before their senders; it runs on the loop, so it must not block.
pub fn start<S>(writer: Writer, sink: S) -> (WriterHandle, JoinHandle<End>)
where
    S: FnMut(Vec<Committed>) + Send + 'static,
{
    let shared = Arc::new(Shared {
        queue: Mutex::new(Queue::default()),
        arrived: Notify::new(),
        shutting_down: AtomicBool::new(false),
        state: AtomicU8::new(0),
    });
    let handle = WriterHandle(Arc::clone(&shared));
    let writing = Loop {
        writer,
        sink,
        shared,
        dirty: true,
        blocked: false,
        checkpointed_at_bytes: 0,
        unmeasured: 0,
    };
    // A thread of its own: its connection blocks, and nobody else's work comes before its own.
    let (ended, end) = oneshot::channel();
    let spawned = std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || ended.send(alone(writing.run())));
    let end = async move {
        match (spawned, end.await) {
            (Ok(_), Ok(Ok(end))) => end,
            (Err(error), _) | (_, Ok(Err(error))) => stopped(error.to_string()),
            (Ok(_), Err(_)) => stopped("the writer panicked".to_owned()),
        }
    };
    (handle, tokio::spawn(end))
}

/// Runs something to its end on a runtime of this thread.
fn alone(work: impl Future<Output = End>) -> std::io::Result<End> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    Ok(runtime.block_on(work))
}

fn stopped(detail: String) -> End {
    End::Stopped(Fault {
        kind: FaultKind::DiskFailed,
        detail,
    })
}

struct Loop<S> {
    writer: Writer,
    sink: S,
    shared: Arc<Shared>,
    /// Something was written since the last checkpoint.
    dirty: bool,
    /// Readers kept the log from being cut the last time.
    blocked: bool,
    /// How much the log held when it was last checkpointed.
    checkpointed_at_bytes: u64,
    /// Commands since it was last asked how much the log holds.
    unmeasured: usize,
}

/// However the loop ends, by order, by a panic or with its runtime: nothing is taken any more, and
/// whoever still waits hears of it.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.set_state(WriterState::Stopped);
        let waiting = std::mem::take(&mut *self.0.queue());
        drop(waiting);
    }
}

impl<S: FnMut(Vec<Committed>)> Loop<S> {
    async fn run(mut self) -> End {
        let _ending = Ending(Arc::clone(&self.shared));
        loop {
            self.shared.set_state(self.writer.state());
            if self.writer.state() == WriterState::Stopped {
                return self.give_up();
            }
            let batch = self.take();
            if !batch.is_empty() {
                self.carry_out(batch).await;
                self.checkpoint_when_large().await;
            } else if self.shared.shutting_down.load(Ordering::Acquire) {
                return self.end().await;
            } else {
                self.wait().await;
            }
        }
    }

    /// Takes what waits, within the bounds of one transaction. Commands that have waited too long
    /// are dropped here and nowhere else: what is taken is carried out.
    fn take(&self) -> Vec<Waiting> {
        let age_max = Duration::from_millis(WRITER_COMMAND_AGE_MS_MAX);
        let mut queue = self.shared.queue();
        let mut batch = Vec::with_capacity(queue.waiting.len().min(WRITER_BATCH_COMMANDS_MAX));
        let mut size_bytes = 0;
        while let Some(first) = queue.waiting.front() {
            let full = size_bytes + first.size_bytes > WRITER_BATCH_BYTES_MAX;
            if batch.len() == WRITER_BATCH_COMMANDS_MAX || (full && !batch.is_empty()) {
                break;
            }
            let Some(next) = queue.waiting.pop_front() else {
                break;
            };
            queue.size_bytes -= next.size_bytes;
            if next.since.elapsed() > age_max {
                answer(next.reply, Outcome::Refused(Code::Busy));
                continue;
            }
            size_bytes += next.size_bytes;
            batch.push(next);
        }
        batch
    }

    async fn carry_out(&mut self, batch: Vec<Waiting>) {
        let (commands, senders): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.command, (waiting.origin, waiting.reply)))
            .unzip();
        self.unmeasured += commands.len();
        let (origins, replies): (Vec<_>, Vec<_>) = senders.into_iter().unzip();
        let outcomes = self.writer.commit(commands).await;
        self.dirty = true;
        let told = outcomes.iter().zip(origins);
        let told = told.filter_map(|(outcome, origin)| match outcome {
            Outcome::Done(done) => {
                let done = done.clone();
                Some(Committed { done, origin })
            }
            Outcome::Duplicate(_) | Outcome::Refused(_) | Outcome::Fault(_) => None,
        });
        (self.sink)(told.collect());
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            answer(reply, outcome);
        }
    }

    /// Under load the log is moved into the database each time it has grown by a good piece,
    /// without waiting for readers; when they kept it from beginning anew for long, it is cut.
    async fn checkpoint_when_large(&mut self) {
        if self.unmeasured < MEASURED_EVERY {
            return;
        }
        self.unmeasured = 0;
        let wal_bytes = self.wal_bytes().await;
        if wal_bytes < self.checkpointed_at_bytes {
            self.checkpointed_at_bytes = 0;
        }
        if wal_bytes - self.checkpointed_at_bytes < WAL_CHECKPOINT_BYTES {
            return;
        }
        let large = wal_bytes > WAL_TRUNCATE_BYTES;
        self.checkpoint(if large {
            Checkpoint::Truncate
        } else {
            Checkpoint::Passive
        })
        .await;
        self.checkpointed_at_bytes = self.wal_bytes().await;
    }

    async fn wal_bytes(&self) -> u64 {
        self.writer.wal_bytes().await.unwrap_or_else(|fault| {
            tracing::warn!(%fault, "nobody knows how much the log holds");
            0
        })
    }

    async fn checkpoint(&mut self, mode: Checkpoint) {
        if let Err(fault) = self.writer.checkpoint(mode).await {
            tracing::warn!(%fault, "a checkpoint failed");
        }
        self.shared.set_state(self.writer.state());
    }

    /// Waits for commands; in a quiet moment tidies up, on a full disk looks for room.
    async fn wait(&mut self) {
        let read_only = self.writer.state() == WriterState::ReadOnly;
        let tidy = self.dirty || self.writer.holds_old_text();
        let quiet_ms = match (read_only, tidy, self.blocked) {
            (true, _, _) => Some(PROBE_MS),
            (false, true, true) => Some(BLOCKED_MS),
            (false, true, false) => Some(IDLE_MS),
            (false, false, _) => None,
        };
        let arrived = self.shared.arrived.notified();
        let Some(quiet_ms) = quiet_ms else {
            return arrived.await;
        };
        if tokio::time::timeout(Duration::from_millis(quiet_ms), arrived)
            .await
            .is_ok()
        {
            return;
        }
        if read_only {
            return self.writer.probe().await;
        }
        self.dirty = false;
        // Cutting the log is what takes deleted texts off the disk.
        let old_text = self.writer.holds_old_text();
        self.checkpoint(if old_text {
            Checkpoint::Truncate
        } else {
            Checkpoint::Passive
        })
        .await;
        self.blocked = self.writer.holds_old_text();
    }

    async fn end(self) -> End {
        match self.writer.close().await {
            Ok(()) => End::ShutDown,
            Err(fault) => End::Stopped(fault),
        }
    }

    fn give_up(self) -> End {
        stopped("the disk failed".to_owned())
    }
}

/// Whoever asked may have gone meanwhile; the command stands all the same.
fn answer(reply: oneshot::Sender<Outcome>, outcome: Outcome) {
    let _gone = reply.send(outcome);
}

#[cfg(test)]
#[path = "writer/tests.rs"]
mod tests;
