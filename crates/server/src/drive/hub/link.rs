//! One socket of a shard: its decoder, its outbox, its session, and the two tasks that wait for it.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use rustix::net::RecvFlags;
use tokio::io::Interest;
use tokio::net::TcpStream;
use wire::centrifugo::{Encoding, Request};
use wire::websocket::Decoder;

use super::Counted;
use super::outbox::{Outbox, Written};
use super::shard::Shard;
use crate::door::centrifugo::Session;

/// What one read takes at most; shared by all connections of a thread.
const SCRATCH_BYTES: usize = 64 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// One socket of one shard. A slot is used again, a serial is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkId {
    pub(super) slot: u32,
    pub(super) serial: u32,
}

/// A socket that passed the handshake and looks for its shard.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) socket: std::net::TcpStream,
    /// What the client sent behind its handshake, mostly nothing.
    pub(crate) leftover: Vec<u8>,
    pub(crate) encoding: Encoding,
    pub(crate) address: IpAddr,
    pub(crate) user_agent: Option<String>,
    pub(crate) seat: Seat,
}

/// One socket.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) serial: u32,
    pub(super) socket: Rc<TcpStream>,
    pub(super) decoder: Decoder,
    pub(super) outbox: Outbox,
    pub(super) session: Session,
    /// Commands that wait for their turn, and whether a task works on them.
    pub(super) commands: VecDeque<(u32, Request)>,
    pub(super) working: bool,
    /// Something was put into the outbox in this pass.
    pub(super) dirty: bool,
    /// A task waits until the socket takes more.
    pub(super) blocked: bool,
    /// The close frame is on its way; nothing else is written or read.
    pub(super) closing: bool,
    /// When the shard looks at it next.
    pub(super) scheduled_ms: u64,
    /// When it is dropped, once it is closing.
    pub(super) closes_ms: u64,
    /// Of the handshake, until the connect is decided.
    pub(super) greeting: Option<Box<(IpAddr, Option<String>)>>,
    pub(super) _seat: Seat,
    /// Counts among the connections of its person while it is in the hub.
    pub(super) counted: Option<Counted>,
}

/// What became of a frame.
pub(super) enum Delivered {
    Sent,
    /// It waits for the end of the pass.
    Queued,
    Trouble(Outcome),
}

/// What became of a write.
#[derive(Clone, Copy)]
pub(super) enum Outcome {
    Written(Written),
    /// More waits than may.
    Full,
}

/// Sockets per address prefix, so that one machine can not take them all.
#[derive(Debug, Default)]
pub(crate) struct Crowd(Mutex<HashMap<u64, u32>>);

/// One socket's place in the crowd, given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crowd: Arc<Crowd>,
    prefix: u64,
}

impl Crowd {
    /// A place for one more socket from this address; `None` when there are too many.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, max: usize) -> Option<Seat> {
        let prefix = match address.to_canonical() {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(prefix).or_insert(0);
        if *count as usize >= max {
            return None;
        }
        *count += 1;
        Some(Seat {
            crowd: Arc::clone(self),
            prefix,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.prefix) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.prefix);
            }
        }
    }
}

/// Reads one socket until it ends. No buffer of its own: bytes are read into the thread's scratch
/// and only what is incomplete is kept.
pub(super) async fn read(shard: Rc<RefCell<Shard>>, id: LinkId, socket: Rc<TcpStream>) {
    // The same slot of interest is used at every poll, so nothing is allocated while waiting.
    while std::future::poll_fn(|cx| poll_read(&shard, id, &socket, cx)).await {
        // A socket that has more must not keep the others of this thread waiting.
        tokio::task::yield_now().await;
    }
    shard.borrow_mut().drop_link(id);
}

/// One read; whether to go on.
fn poll_read(
    shard: &Rc<RefCell<Shard>>,
    id: LinkId,
    socket: &TcpStream,
    cx: &mut Context<'_>,
) -> Poll<bool> {
    loop {
        match socket.poll_read_ready(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(_)) => return Poll::Ready(false),
            Poll::Ready(Ok(())) => {}
        }
        let goes_on = SCRATCH.with_borrow_mut(|scratch| {
            let read = receive(socket, scratch)?;
            let goes_on = read > 0 && shard.borrow_mut().received(id, &mut scratch[..read]);
            io::Result::Ok((goes_on, read == SCRATCH_BYTES))
        });
        match goes_on {
            Ok((true, more)) if more => return Poll::Ready(true),
            Ok((true, _)) => {}
            Ok((false, _)) => return Poll::Ready(false),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Poll::Ready(false),
        }
    }
}

/// Reads what is there. A read that does not fill the scratch has emptied the socket, and the
/// reactor is told so, which saves asking once more; an end that came along is not forgotten.
fn receive(socket: &TcpStream, scratch: &mut [u8]) -> io::Result<usize> {
    let mut received = None;
    let outcome = socket.try_io(Interest::READABLE, || {
        let (_, read) = rustix::net::recv(socket, &mut *scratch, RecvFlags::DONTWAIT)?;
        received = Some(read);
        if read > 0 && read < SCRATCH_BYTES {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(read)
    });
    received.map_or(outcome, Ok)
}

/// Waits until a socket that was full takes more, until nothing waits any longer.
pub(super) async fn drain(shard: Rc<RefCell<Shard>>, id: LinkId, socket: Rc<TcpStream>) {
    while socket.writable().await.is_ok() {
        if !shard.borrow_mut().unblock(id) {
            return;
        }
    }
}

impl Link {
    /// Writes what waits, telling the reactor when the socket takes no more.
    pub(super) fn flush(&mut self) -> Written {
        let mut written = Written::All;
        let Self { socket, outbox, .. } = self;
        let _ = socket.try_io(Interest::WRITABLE, || {
            written = outbox.flush(socket);
            match written {
                Written::All | Written::Broken => Ok(()),
                Written::Blocked => Err(io::ErrorKind::WouldBlock.into()),
            }
        });
        // Not even tried: the reactor knows that the socket takes nothing.
        if written == Written::All && !self.outbox.is_empty() {
            return Written::Blocked;
        }
        written
    }

    /// When the time asks for something.
    pub(super) fn deadline_ms(&self) -> u64 {
        if self.closing {
            self.closes_ms
        } else {
            self.session.deadline_ms()
        }
    }

    /// Gives a frame to the socket; at once if nothing else of this pass can come (`alone`) and
    /// nothing waits.
    pub(super) fn deliver(&mut self, frame: &Bytes, alone: bool) -> Delivered {
        if self.closing {
            return Delivered::Sent;
        }
        if alone && self.outbox.is_empty() {
            return match self.outbox.send(&self.socket, frame) {
                Written::All => Delivered::Sent,
                written @ (Written::Blocked | Written::Broken) => {
                    Delivered::Trouble(Outcome::Written(written))
                }
            };
        }
        self.outbox.append(frame.clone());
        if self.outbox.is_full() {
            return self.relieve();
        }
        if self.blocked || std::mem::replace(&mut self.dirty, true) {
            return Delivered::Sent;
        }
        Delivered::Queued
    }

    /// Writes a full outbox at once: only what the socket does not take tells a slow reader.
    fn relieve(&mut self) -> Delivered {
        match self.outbox.flush(&self.socket) {
            Written::All => Delivered::Sent,
            Written::Blocked if self.outbox.is_full() => Delivered::Trouble(Outcome::Full),
            written @ (Written::Blocked | Written::Broken) => {
                Delivered::Trouble(Outcome::Written(written))
            }
        }
    }
}
