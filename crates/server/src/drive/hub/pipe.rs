//! A connection without a socket of its own: what it is to be sent waits, bounded in bytes, until
//! an HTTP response takes it, one long one or one poll after the other.
//!
//! The shard writes, any thread reads; at most one reader at a time. What comes from the client
//! arrives as [`super::shard::Item::Parcel`], addressed with the secret that only the client knows.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use base::limits::OUTBOX_BYTES_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use domain::hub::Framing;
use hyper::body::{Body, Frame};
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;

use super::Hub;
use super::link::LinkId;
use super::shard::{Item, Parcel, Taken};

/// Pieces are joined up to this size on their way into a response.
const JOINED_BYTES_MAX: usize = 64 << 10;
const ADDRESS_BYTES: usize = 8 + 2 + 4 + 4 + 16;

/// Where a client without a socket finds its connection again, on any node and any thread. Whoever
/// knows it can speak for the client, so it is told to nobody else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// The process, of several.
    pub(super) node: u64,
    pub(super) shard: u16,
    pub(super) link: LinkId,
    secret: [u8; 16],
}

impl Address {
    /// The process, as clients are told.
    pub(crate) fn node(&self) -> String {
        format!("{:016x}", self.node)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("node", &self.node)
            .field("shard", &self.shard)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; ADDRESS_BYTES];
        let parts: [&[u8]; 5] = [
            &self.node.to_be_bytes(),
            &self.shard.to_be_bytes(),
            &self.link.slot.to_be_bytes(),
            &self.link.serial.to_be_bytes(),
            &self.secret,
        ];
        let all = parts.into_iter().flatten();
        bytes
            .iter_mut()
            .zip(all)
            .for_each(|(byte, part)| *byte = *part);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoAddress;

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let mut bytes = [0; ADDRESS_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(ADDRESS_BYTES) => {}
            Ok(_) | Err(_) => return Err(NoAddress),
        }
        let mut rest = &bytes[..];
        Ok(Self {
            node: u64::from_be_bytes(take(&mut rest)?),
            shard: u16::from_be_bytes(take(&mut rest)?),
            link: LinkId {
                slot: u32::from_be_bytes(take(&mut rest)?),
                serial: u32::from_be_bytes(take(&mut rest)?),
            },
            secret: take(&mut rest)?,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], NoAddress> {
    let (first, behind) = rest.split_first_chunk().ok_or(NoAddress)?;
    *rest = behind;
    Ok(*first)
}

impl Hub {
    /// Brings a message of a client that has no socket, and says what became of it.
    pub(crate) async fn parcel(&self, address: Address, parcel: Parcel) -> Taken {
        let (sender, taken) = oneshot::channel();
        self.to(&address, Item::Parcel(address, parcel, sender));
        taken.await.unwrap_or(Taken::Unknown)
    }

    /// A reader for what a client without a socket is sent.
    pub(crate) async fn read(&self, address: Address) -> Attached {
        let (sender, attached) = oneshot::channel();
        self.to(&address, Item::Read(address, sender));
        attached.await.unwrap_or(Attached::Unknown)
    }

    /// Ends a connection without a socket whose client broke its protocol or is gone.
    pub(crate) fn give_up(&self, address: Address) {
        self.to(&address, Item::GiveUp(address));
    }

    /// An address of another process is answered like one that never was.
    fn to(&self, address: &Address, item: Item) {
        if address.node == self.inner.node {
            self.send(usize::from(address.shard), item);
        }
    }
}

/// What both ends of a pipe share.
#[derive(Debug, Default)]
struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Bytes>,
    bytes: usize,
    waker: Option<Waker>,
    ended: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shard's end of a pipe.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) framing: Framing,
    shared: Arc<Shared>,
    secret: [u8; 16],
    /// Who reads now, by number; `None` between two polls.
    reader: Option<u32>,
    next_reader: u32,
}

impl Pipe {
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            framing,
            shared: Arc::default(),
            secret: rand::random(),
            reader: None,
            next_reader: 0,
        }
    }

    pub(super) const fn address(&self, node: u64, shard: u16, link: LinkId) -> Address {
        Address {
            node,
            shard,
            link,
            secret: self.secret,
        }
    }

    /// Whether the address was made for this very pipe.
    pub(super) fn is_at(&self, address: &Address) -> bool {
        self.secret.ct_eq(&address.secret).into()
    }

    /// A reader, if there is none now.
    pub(super) fn attach(&mut self, hub: Hub, shard: usize, link: LinkId) -> Option<PipeReader> {
        if self.reader.is_some() {
            return None;
        }
        let number = self.next_reader;
        self.next_reader = number.wrapping_add(1);
        self.reader = Some(number);
        Some(PipeReader {
            shared: Arc::clone(&self.shared),
            hub,
            shard,
            link,
            number,
        })
    }

    /// Takes note that a reader is gone; whether nobody reads now.
    pub(super) fn detach(&mut self, number: u32) -> bool {
        if self.reader == Some(number) {
            self.reader = None;
        }
        self.reader.is_none()
    }

    /// Whether somebody reads it now.
    pub(super) const fn is_read(&self) -> bool {
        self.reader.is_some()
    }

    /// Puts a message behind the others; `false` when more waits than may.
    pub(super) fn push(&self, message: Bytes) -> bool {
        let mut state = self.shared.state();
        state.bytes += message.len();
        state.queue.push_back(message);
        state.bytes <= OUTBOX_BYTES_MAX || state.queue.len() == 1
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.shared.state().bytes
    }

    /// Lets the reader see what was pushed.
    pub(super) fn wake(&self) {
        let waker = self.shared.state().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Gives up everything that waits, and gives it back.
    pub(super) fn cut(&self) -> Vec<Bytes> {
        let mut state = self.shared.state();
        state.bytes = 0;
        std::mem::take(&mut state.queue).into()
    }
}

impl Drop for Pipe {
    /// What waits is still read, then the reader sees the end.
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.wake();
    }
}

/// What who wants to read a pipe is given.
#[derive(Debug)]
pub(crate) enum Attached {
    /// The reading end.
    Reader(PipeReader),
    /// Somebody reads it already.
    Taken,
    /// There is no such connection.
    Unknown,
}

/// The reading end of a pipe: the body of a response, or whoever answers a poll with
/// [`PipeReader::batch`]. When it is dropped before the end, the connection has nobody to read it
/// and ends after the grace of its dialect, unless another reader comes.
#[derive(Debug)]
pub(crate) struct PipeReader {
    shared: Arc<Shared>,
    hub: Hub,
    shard: usize,
    link: LinkId,
    number: u32,
}

impl PipeReader {
    /// Everything that waits, as soon as there is something; `None` once the connection has ended
    /// and everything was read.
    pub(crate) async fn batch(&mut self) -> Option<Vec<Bytes>> {
        std::future::poll_fn(|cx| self.poll(cx, usize::MAX)).await
    }

    /// Puts what was taken and could not be answered with back to the front.
    pub(crate) fn put_back(&mut self, message: Bytes) {
        let mut state = self.shared.state();
        state.bytes += message.len();
        state.queue.push_front(message);
    }

    /// At least one message, as many as stay below so many bytes.
    fn poll(&self, cx: &Context<'_>, bytes_max: usize) -> Poll<Option<Vec<Bytes>>> {
        let mut state = self.shared.state();
        let mut bytes = 0;
        let mut taken = Vec::new();
        while let Some(front) = state.queue.front() {
            if bytes > 0 && bytes + front.len() > bytes_max {
                break;
            }
            bytes += front.len();
            taken.extend(state.queue.pop_front());
        }
        state.bytes = state.bytes.saturating_sub(bytes);
        if !taken.is_empty() {
            if state.queue.is_empty() {
                state.queue = VecDeque::new();
            }
            return Poll::Ready(Some(taken));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let Self { link, number, .. } = *self;
        self.hub.send(self.shard, Item::Unread { link, number });
    }
}

impl Body for PipeReader {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll(cx, JOINED_BYTES_MAX)
            .map(|batch| batch.map(|messages| Ok(Frame::data(joined(messages)))))
    }
}

fn joined(mut messages: Vec<Bytes>) -> Bytes {
    if let [message] = &mut messages[..] {
        return std::mem::take(message);
    }
    let mut all = BytesMut::with_capacity(messages.iter().map(Bytes::len).sum());
    for message in &messages {
        all.extend_from_slice(message);
    }
    all.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_again_in_its_text_and_tells_no_secret_in_the_log() {
        let link = LinkId { slot: 7, serial: 9 };
        let pipe = Pipe::new(Framing::Lines);
        let address = pipe.address(3, 1, link);
        let text = address.to_string();
        assert_eq!(text.parse(), Ok(address));
        assert!(pipe.is_at(&address));
        assert!(!Pipe::new(Framing::Lines).is_at(&address));
        assert!(!format!("{address:?}").contains("secret"));
        for wrong in ["", "a", &text[1..], &format!("{text}A"), "ä"] {
            assert_eq!(wrong.parse::<Address>(), Err(NoAddress), "{wrong}");
        }
    }
}
