//! One media thread: waits for datagrams, commands and time, lets its worker act, sends what comes
//! of it. No runtime, no lock; everything that reaches it comes through a bounded queue.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use base::limits::{MEDIA_EVENTS_KEPT_MAX, MEDIA_ROUTES_MAX};
use media::{Carrier, Command, Datagram, Event, Heard, Lane, Outgoing, Worker, worker_of};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fd::OwnedFd;
use tokio::sync::mpsc;

use super::counters::Counters;
use super::socket::MediaSocket;

/// Batches of datagrams that are read before what came of them is sent.
const BATCHES_MAX: usize = 8;
/// Commands and handed-over datagrams that are taken before the port is looked at again.
const TASKS_MAX: usize = 1_024;

/// A datagram that came in elsewhere.
#[derive(Debug)]
pub(super) struct Handed {
    pub(super) carrier: Carrier,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) bytes: Vec<u8>,
    /// The thread that read it, where it can be told to hand over the next ones too.
    pub(super) reader: Option<u8>,
}

/// What a thread is asked.
#[derive(Debug)]
pub(super) enum Task {
    Handed(Handed),
    /// Datagrams of this address belong to that thread.
    Route(SocketAddr, u8),
    /// A TCP connection was opened, and takes datagrams here.
    Opened(SocketAddr, mpsc::Sender<Vec<u8>>),
    Closed(SocketAddr),
}

/// The way to a thread.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) commands: SyncSender<Vec<Command>>,
    pub(super) tasks: SyncSender<Task>,
    waker: Arc<OwnedFd>,
}

/// The other end of a [`Post`].
#[derive(Debug)]
pub(super) struct Inbox {
    commands: Receiver<Vec<Command>>,
    tasks: Receiver<Task>,
    waker: Arc<OwnedFd>,
}

/// A way to a thread, and its end there.
pub(super) fn post() -> std::io::Result<(Post, Inbox)> {
    let waker = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
    let (commands, commands_in) =
        std::sync::mpsc::sync_channel(base::limits::MEDIA_QUEUE_COMMANDS_MAX);
    let (tasks, tasks_in) = std::sync::mpsc::sync_channel(base::limits::MEDIA_QUEUE_DATAGRAMS_MAX);
    let post = Post {
        commands,
        tasks,
        waker: Arc::clone(&waker),
    };
    let inbox = Inbox {
        commands: commands_in,
        tasks: tasks_in,
        waker,
    };
    Ok((post, inbox))
}

impl Post {
    /// Hands something over; what does not fit is lost, as on any network.
    pub(super) fn hand(&self, task: Task) {
        if self.tasks.try_send(task).is_ok() {
            self.wake();
        }
    }

    pub(super) fn wake(&self) {
        // A counter that is full has woken it already.
        let _ = rustix::io::write(&self.waker, &1_u64.to_ne_bytes());
    }
}

/// A media thread.
pub(super) struct MediaThread {
    pub(super) number: u8,
    pub(super) worker: Worker,
    pub(super) socket: MediaSocket,
    pub(super) inbox: Inbox,
    /// The ways to all threads, this one included, by their numbers.
    pub(super) posts: Vec<Post>,
    /// Set when all is to end.
    pub(super) stop: Arc<AtomicBool>,
    pub(super) events: mpsc::Sender<Vec<Event>>,
    pub(super) counters: Counters,
    /// Addresses whose datagrams come in here and belong to others.
    pub(super) routes: HashMap<SocketAddr, u8>,
    pub(super) connections: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>>,
    pub(super) kept: Vec<Event>,
}

impl MediaThread {
    /// Runs until it is told to stop.
    pub(super) fn run(mut self) {
        let mut deadline = Instant::now();
        let mut is_busy = false;
        loop {
            if !is_busy {
                self.wait(deadline);
            }
            if self.stop.load(Ordering::Acquire) {
                self.worker.close(Instant::now());
                self.write();
                return;
            }
            let tasks = self.take_tasks();
            let mut batches = 0;
            while batches < BATCHES_MAX && self.read() > 0 {
                batches += 1;
            }
            is_busy = batches == BATCHES_MAX || tasks == TASKS_MAX;
            deadline = self.worker.tick(Instant::now());
            self.write();
            self.tell();
            self.counters.count(self.worker.census());
        }
    }

    /// Waits for a datagram, a task or the time.
    fn wait(&self, deadline: Instant) {
        let rest = deadline.saturating_duration_since(Instant::now());
        // Nobody waits longer than a second, whatever a clock says.
        let rest = rest.min(Duration::from_secs(1));
        let timeout = rustix::event::Timespec {
            tv_sec: i64::try_from(rest.as_secs()).unwrap_or(1),
            tv_nsec: i64::from(rest.subsec_nanos()),
        };
        let socket = self.socket.as_fd();
        let mut fds = [
            PollFd::new(&socket, PollFlags::IN),
            PollFd::new(&*self.inbox.waker, PollFlags::IN),
        ];
        // An interrupted wait is a short one.
        let _ = poll(&mut fds, Some(&timeout));
        let mut count = [0; 8];
        let _ = rustix::io::read(&*self.inbox.waker, &mut count);
    }

    /// Takes commands and tasks. Returns how many.
    fn take_tasks(&mut self) -> usize {
        let now = Instant::now();
        let mut count = 0;
        while count < TASKS_MAX
            && let Ok(commands) = self.inbox.commands.try_recv()
        {
            for command in commands {
                self.worker.command(now, command);
            }
            count += 1;
        }
        while count < TASKS_MAX
            && let Ok(task) = self.inbox.tasks.try_recv()
        {
            self.task(now, task);
            count += 1;
        }
        count
    }

    fn task(&mut self, now: Instant, task: Task) {
        match task {
            Task::Handed(handed) => {
                let heard = self.worker.datagram(
                    now,
                    Datagram {
                        carrier: handed.carrier,
                        source: handed.source,
                        destination: handed.destination,
                        bytes: &handed.bytes,
                    },
                );
                self.counters.heard(heard, handed.bytes.len());
                let reader = handed.reader.and_then(|it| self.posts.get(usize::from(it)));
                if let (Heard::Learned, Some(reader)) = (heard, reader) {
                    reader.hand(Task::Route(handed.source, self.number));
                }
            }
            Task::Route(address, thread) => {
                if self.routes.len() >= MEDIA_ROUTES_MAX {
                    // They are learned again by the next check of each connection.
                    self.routes.clear();
                }
                self.routes.insert(address, thread);
            }
            Task::Opened(address, connection) => {
                self.connections.insert(address, connection);
            }
            Task::Closed(address) => {
                self.connections.remove(&address);
            }
        }
    }

    /// Reads one batch, all of it with one time. Returns how many datagrams it had.
    fn read(&mut self) -> usize {
        let now = Instant::now();
        let Self {
            number,
            worker,
            socket,
            posts,
            counters,
            routes,
            ..
        } = self;
        socket.receive(|datagram| {
            let named = if posts.len() > 1 {
                worker_of(datagram.bytes)
            } else {
                None
            };
            let owner = named.or_else(|| routes.get(&datagram.source).copied());
            if let Some(owner) = owner.filter(|it| it != number) {
                if let Some(post) = posts.get(usize::from(owner)) {
                    counters.handed.increment(1);
                    post.hand(Task::Handed(Handed {
                        carrier: datagram.carrier,
                        source: datagram.source,
                        destination: datagram.destination,
                        bytes: datagram.bytes.to_vec(),
                        reader: Some(*number),
                    }));
                }
                return;
            }
            let heard = worker.datagram(now, datagram);
            if heard == Heard::Learned {
                // The address was another's before.
                routes.remove(&datagram.source);
            }
            counters.heard(heard, datagram.bytes.len());
        })
    }

    /// Sends everything that the worker wants sent.
    fn write(&mut self) {
        let mut outgoing: Vec<Outgoing> = Vec::new();
        while let Some(it) = self.worker.poll_transmit() {
            match it.carrier {
                Carrier::Udp => outgoing.push(it),
                Carrier::Tcp => self.write_tcp(it),
            }
        }
        let mut rest = outgoing.as_slice();
        while !rest.is_empty() {
            let (count, is_sent) = self.socket.send(rest);
            let (done, after) = rest.split_at(count.clamp(1, rest.len()));
            self.counters.sent(done, is_sent);
            rest = after;
        }
    }

    fn write_tcp(&mut self, outgoing: Outgoing) {
        if let Some(connection) = self.connections.get(&outgoing.destination) {
            let is_sent = connection.try_send(outgoing.bytes).is_ok();
            let counter = if is_sent {
                &self.counters.sent
            } else {
                &self.counters.unsent
            };
            counter.increment(1);
        }
    }

    /// Tells what became of the calls. While nobody listens it is kept, data excepted.
    fn tell(&mut self) {
        while let Some(event) = self.worker.poll_event() {
            let is_full = self.kept.len() >= MEDIA_EVENTS_KEPT_MAX;
            let is_loss = match &event {
                Event::Data { lane, .. } => is_full || self.is_late() && *lane == Lane::Lossy,
                Event::Speakers { .. } => is_full,
                Event::Connected(_)
                | Event::Disconnected(_)
                | Event::Flowing(_)
                | Event::Quality { .. }
                | Event::Paused { .. }
                | Event::Wanted { .. }
                | Event::DataOpen(_) => false,
            };
            if is_loss {
                self.counters.untold.increment(1);
            } else {
                self.kept.push(event);
            }
        }
        if self.kept.is_empty() {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(kept)) =
            self.events.try_send(std::mem::take(&mut self.kept))
        {
            self.kept = kept;
        }
    }

    /// Whether events wait for a listener since the last time.
    fn is_late(&self) -> bool {
        self.events.capacity() == 0
    }
}
