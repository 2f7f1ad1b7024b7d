//! A connection with a socket of its own: its decoder, its outbox, and the two tasks that wait for
//! it.

use std::cell::RefCell;
use std::io;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use rustix::net::{RecvFlags, Shutdown};
use tokio::io::Interest;
use tokio::net::TcpStream;
use wire::websocket::{Decoder, Terms};

use super::link::{Delivered, LinkId, Outcome};
use super::outbox::{Outbox, Written};
use super::shard::Shard;

/// What one read takes at most; shared by all connections of a thread.
const SCRATCH_BYTES: usize = 64 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// A WebSocket over TCP.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: Rc<TcpStream>,
    pub(super) decoder: Decoder,
    pub(super) outbox: Outbox,
    /// A task waits until the socket takes more.
    pub(super) blocked: bool,
    /// Whether messages are packed.
    pub(super) packed: bool,
}

impl Socket {
    pub(super) fn new(stream: Rc<TcpStream>, terms: Terms) -> Self {
        Self {
            stream,
            decoder: Decoder::new(terms),
            outbox: Outbox::default(),
            blocked: false,
            packed: terms.deflate,
        }
    }

    /// Ends one direction or both, whatever the other end does.
    pub(super) fn shut_down(&self, direction: Shutdown) {
        // An error is a socket that has ended.
        let _ = rustix::net::shutdown(&*self.stream, direction);
    }

    /// Writes what waits, telling the reactor when the socket takes no more.
    pub(super) fn flush(&mut self) -> Written {
        let mut written = Written::All;
        let Self { stream, outbox, .. } = self;
        let _ = stream.try_io(Interest::WRITABLE, || {
            written = outbox.flush(stream);
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

    /// Gives a frame to the socket; at once if nothing else of this pass can come (`alone`) and
    /// nothing waits.
    pub(super) fn deliver(&mut self, frame: &Bytes, alone: bool, dirty: &mut bool) -> Delivered {
        if alone && self.outbox.is_empty() {
            return match self.outbox.send(&self.stream, frame) {
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
        if self.blocked || std::mem::replace(dirty, true) {
            return Delivered::Sent;
        }
        Delivered::Queued
    }

    /// Writes a full outbox at once: only what the socket does not take tells a slow reader.
    fn relieve(&mut self) -> Delivered {
        match self.outbox.flush(&self.stream) {
            Written::All => Delivered::Sent,
            Written::Blocked if self.outbox.is_full() => Delivered::Trouble(Outcome::Full),
            written @ (Written::Blocked | Written::Broken) => {
                Delivered::Trouble(Outcome::Written(written))
            }
        }
    }
}

/// Whether a socket is read on, and for which link: that may change with what was just read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Onward {
    Read(LinkId),
    Stop,
}

/// Reads one socket until it ends. No buffer of its own: bytes are read into the thread's scratch
/// and only what is incomplete is kept. A bug in there ends this socket and no other.
pub(super) async fn read(shard: Rc<RefCell<Shard>>, id: LinkId, stream: Rc<TcpStream>) {
    let mut at = id;
    let reading = async {
        // The same slot of interest is used at every poll, so nothing is allocated while waiting.
        while std::future::poll_fn(|cx| poll_read(&shard, &mut at, &stream, cx)).await {
            // A socket that has more must not keep the others of this thread waiting.
            tokio::task::yield_now().await;
        }
    };
    if AssertUnwindSafe(reading).catch_unwind().await.is_err() {
        tracing::error!("what a client sent caused a panic; its connection ends");
    }
    shard.borrow_mut().drop_link(at);
}

/// One read; whether to go on.
fn poll_read(
    shard: &Rc<RefCell<Shard>>,
    at: &mut LinkId,
    stream: &TcpStream,
    cx: &mut Context<'_>,
) -> Poll<bool> {
    loop {
        match stream.poll_read_ready(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(_)) => return Poll::Ready(false),
            Poll::Ready(Ok(())) => {}
        }
        let goes_on = SCRATCH.with_borrow_mut(|scratch| {
            let read = receive(stream, scratch)?;
            if read == 0 {
                return Ok((false, false));
            }
            let onward = shard.borrow_mut().received(*at, &mut scratch[..read]);
            if let Onward::Read(next) = onward {
                *at = next;
            }
            io::Result::Ok((onward != Onward::Stop, read == SCRATCH_BYTES))
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
fn receive(stream: &TcpStream, scratch: &mut [u8]) -> io::Result<usize> {
    let mut received = None;
    let outcome = stream.try_io(Interest::READABLE, || {
        let (_, read) = rustix::net::recv(stream, &mut *scratch, RecvFlags::DONTWAIT)?;
        received = Some(read);
        if read > 0 && read < SCRATCH_BYTES {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(read)
    });
    received.map_or(outcome, Ok)
}

/// Waits until a socket that was full takes more, until nothing waits any longer.
pub(super) async fn drain(shard: Rc<RefCell<Shard>>, id: LinkId, stream: Rc<TcpStream>) {
    while stream.writable().await.is_ok() {
        if !shard.borrow_mut().unblock(id) {
            return;
        }
    }
}
