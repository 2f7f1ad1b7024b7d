//! Calls over TCP, for networks that let nothing else through: datagrams in frames of a length and
//! their bytes (RFC 4571), on the port of HTTP. Each connection belongs to the thread that its
//! first frame names, and ends when nothing comes for long.

use std::net::SocketAddr;
use std::time::Duration;

use base::limits::{MEDIA_TCP_DATAGRAMS_MAX, MEDIA_TCP_IDLE_MS_MAX};
use media::{Carrier, worker_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

use super::socket::canonical;
use super::thread::{Handed, Post, Task};

/// A frame is a datagram of a call: none is longer.
const FRAME_BYTES_MAX: usize = 4_096;
/// The head of a STUN request within the first frame: what tells it from HTTP and TLS.
pub(crate) const FIRST_BYTES: usize = 10;

/// Whether the first bytes of a connection are a frame with a STUN request (RFC 8489, 5).
#[must_use]
pub(crate) fn is_call(first: &[u8]) -> bool {
    let is_request = first.get(2..4) == Some(&[0, 1]);
    is_request && first.get(6..10) == Some(&[0x21, 0x12, 0xa4, 0x42])
}

/// Frames of a connection, as they come.
struct Frames {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Frames {
    /// The next datagram; `None` at the end, at nonsense and after a long silence.
    async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some((head, rest)) = self.buffer.split_first_chunk::<2>() {
                let length = usize::from(u16::from_be_bytes(*head));
                if length > FRAME_BYTES_MAX {
                    return None;
                }
                if let Some(datagram) = rest.get(..length) {
                    let datagram = datagram.to_vec();
                    self.buffer.drain(..2 + length);
                    return Some(datagram);
                }
            }
            let idle = Duration::from_millis(MEDIA_TCP_IDLE_MS_MAX);
            let read = self.stream.read_buf(&mut self.buffer);
            match tokio::time::timeout(idle, read).await {
                Ok(Ok(count)) if count > 0 => {}
                Ok(Ok(_) | Err(_)) | Err(_) => return None,
            }
        }
    }
}

/// Carries a connection until it ends.
pub(super) async fn carry(stream: TcpStream, posts: Vec<Post>) {
    let (Ok(remote), Ok(local)) = (stream.peer_addr(), stream.local_addr()) else {
        return;
    };
    let (remote, local) = (canonical(remote), canonical(local));
    let (reader, writer) = stream.into_split();
    let mut frames = Frames {
        stream: reader,
        buffer: Vec::new(),
    };
    let Some(datagram) = frames.next().await else {
        return;
    };
    let owner = worker_of(&datagram).and_then(|it| posts.get(usize::from(it)));
    let Some(owner) = owner.cloned() else {
        return;
    };
    let (connection, datagrams) = mpsc::channel(MEDIA_TCP_DATAGRAMS_MAX);
    owner.hand(Task::Opened(remote, connection));
    let writing = tokio::spawn(write(writer, datagrams));
    let mut datagram = Some(datagram);
    while let Some(bytes) = datagram {
        owner.hand(handed((remote, local), bytes));
        datagram = frames.next().await;
    }
    owner.hand(Task::Closed(remote));
    // It ends by itself when the thread has let go; a queue that was full must not keep it.
    writing.abort();
}

fn handed((source, destination): (SocketAddr, SocketAddr), bytes: Vec<u8>) -> Task {
    Task::Handed(Handed {
        carrier: Carrier::Tcp,
        source,
        destination,
        bytes,
        reader: None,
    })
}

async fn write(mut writer: OwnedWriteHalf, mut datagrams: mpsc::Receiver<Vec<u8>>) {
    let mut batch = Vec::new();
    while let Some(first) = datagrams.recv().await {
        batch.clear();
        frame(&mut batch, &first);
        while batch.len() < 64 << 10
            && let Ok(next) = datagrams.try_recv()
        {
            frame(&mut batch, &next);
        }
        if writer.write_all(&batch).await.is_err() {
            return;
        }
    }
}

fn frame(batch: &mut Vec<u8>, datagram: &[u8]) {
    if let Ok(length) = u16::try_from(datagram.len()) {
        batch.extend_from_slice(&length.to_be_bytes());
        batch.extend_from_slice(datagram);
    }
}
