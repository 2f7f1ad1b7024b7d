//! What waits to be written to one socket.

use std::collections::VecDeque;
use std::io::IoSlice;

use base::limits::OUTBOX_BYTES_MAX;
use bytes::{Buf, Bytes};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use tokio::net::TcpStream;

/// Pieces that one call of the system takes.
const PIECES_MAX: usize = 64;

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Nothing waits.
    All,
    /// The socket takes no more for now.
    Blocked,
    /// The socket is broken.
    Broken,
}

/// The bytes that wait for one socket, oldest first. The oldest frame has a place of its own, since
/// most sockets never have two waiting.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    front: Option<Bytes>,
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// The front was written in part: it has to be finished, whatever follows.
    torn: bool,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.front.is_none()
    }

    fn frames(&self) -> impl Iterator<Item = &Bytes> {
        self.front.iter().chain(&self.queue)
    }

    /// Puts a frame behind the others; see [`Outbox::is_full`].
    pub(super) fn append(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        if self.front.is_none() {
            self.front = Some(frame);
        } else {
            self.queue.push_back(frame);
        }
    }

    /// More waits than may. One frame alone may always wait, however long it is: it was never
    /// tried, so it says nothing about the reader.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > OUTBOX_BYTES_MAX && !self.queue.is_empty()
    }

    /// Bytes that wait.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives up everything that has not been begun.
    pub(super) fn cut(&mut self) {
        self.queue = VecDeque::new();
        self.front = self.front.take().filter(|_| self.torn);
        self.bytes = self.frames().map(Bytes::len).sum();
    }

    /// Writes one frame past the empty queue; what the socket does not take is queued.
    pub(super) fn send(&mut self, socket: &TcpStream, frame: &Bytes) -> Written {
        let sent = match rustix::net::send(socket, frame, FLAGS) {
            Ok(sent) if sent == frame.len() => return Written::All,
            Ok(sent) => sent,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Err(_) => return Written::Broken,
        };
        self.torn = sent > 0;
        self.append(frame.slice(sent..));
        Written::Blocked
    }

    /// Writes what waits until it is gone or the socket takes no more.
    pub(super) fn flush(&mut self, socket: &TcpStream) -> Written {
        while !self.is_empty() {
            match self.write(socket) {
                Ok(sent) => self.consume(sent),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Written::Blocked,
                Err(_) => return Written::Broken,
            }
        }
        self.queue = VecDeque::new();
        Written::All
    }

    fn write(&self, socket: &TcpStream) -> Result<usize, Errno> {
        if let (true, Some(frame)) = (self.queue.is_empty(), &self.front) {
            return rustix::net::send(socket, frame, FLAGS);
        }
        let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
        let mut count = 0;
        for (piece, frame) in pieces.iter_mut().zip(self.frames()) {
            *piece = IoSlice::new(frame);
            count += 1;
        }
        let mut control = SendAncillaryBuffer::default();
        rustix::net::sendmsg(socket, &pieces[..count], &mut control, FLAGS)
    }

    fn consume(&mut self, mut sent: usize) {
        self.bytes -= sent;
        self.torn = false;
        while let Some(front) = &mut self.front {
            if sent < front.len() {
                front.advance(sent);
                self.torn = self.torn || sent > 0;
                return;
            }
            sent -= front.len();
            self.front = self.queue.pop_front();
        }
    }
}

const FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
