//! The floor: the least that a fan-out over TCP costs on this machine.
//!
//! A bare single-threaded epoll loop with one frame built beforehand and one `send` per delivery;
//! with `--cork` one `send` per subscriber and pass, however many messages the pass has read. It
//! checks nothing, encodes nothing and forgets who blocks: never a server, only a measure.

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use clap::Args;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use crate::error::{BenchError, Doing};
use crate::load::frame::{Head, TEXT};

#[derive(Args)]
pub(crate) struct Options {
    /// Port on the loopback.
    #[arg(long)]
    port: u16,
    /// Payload of the prebuilt frame, in bytes.
    #[arg(long, default_value_t = 128)]
    payload: usize,
    /// One send per subscriber and pass instead of one per delivery.
    #[arg(long)]
    cork: bool,
}

const LISTENER: u64 = u64::MAX;
const EVENTS_PER_PASS: usize = 256;
/// Messages that one corked send carries at most.
const MESSAGES_PER_SEND_MAX: usize = 64;

/// What a connection is.
enum Role {
    /// Its request is being read.
    Handshake(Vec<u8>),
    Subscriber,
    /// What it sent and is not a whole frame yet.
    Publisher(Vec<u8>),
}

struct Connection {
    stream: TcpStream,
    role: Role,
}

struct Floor {
    epoll: std::os::fd::OwnedFd,
    connections: Vec<Option<Connection>>,
    /// Per channel the positions in `connections`.
    channels: Vec<Vec<usize>>,
    /// The prebuilt frame, `MESSAGES_PER_SEND_MAX` times.
    frames: Vec<u8>,
    frame_bytes: usize,
    cork: bool,
    /// Messages per channel of this pass.
    pending: Vec<(usize, usize)>,
    scratch: Vec<u8>,
}

/// Serves until killed.
pub(crate) fn serve(options: &Options) -> Result<(), BenchError> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).doing("listen for the floor")?;
    // The standard library's backlog of 128 is too short for a batch of connections.
    rustix::net::listen(&listener, 4096).doing("lengthen the backlog")?;
    listener
        .set_nonblocking(true)
        .doing("unblock the listener")?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).doing("create epoll")?;
    let interest = epoll::EventFlags::IN;
    epoll::add(
        &epoll,
        &listener,
        epoll::EventData::new_u64(LISTENER),
        interest,
    )
    .doing("watch the listener")?;
    let frame = unmasked_frame(options.payload);
    let mut floor = Floor {
        epoll,
        connections: Vec::new(),
        channels: Vec::new(),
        frames: frame.repeat(MESSAGES_PER_SEND_MAX),
        frame_bytes: frame.len(),
        cork: options.cork,
        pending: Vec::new(),
        scratch: vec![0; 64 << 10],
    };
    let mut events = Vec::with_capacity(EVENTS_PER_PASS);
    loop {
        let spare = rustix::buffer::spare_capacity(&mut events);
        match epoll::wait(&floor.epoll, spare, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).doing("wait"),
        }
        for event in events.drain(..) {
            match event.data.u64() {
                LISTENER => floor.accept(&listener)?,
                index => floor.read(index as usize)?,
            }
        }
        floor.deliver();
    }
}

fn unmasked_frame(payload: usize) -> Vec<u8> {
    let mut frame = vec![0x80 | TEXT];
    if payload < 126 {
        frame.push(payload as u8);
    } else {
        frame.push(126);
        frame.extend((payload as u16).to_be_bytes());
    }
    frame.resize(frame.len() + payload, b'x');
    frame
}

impl Floor {
    fn accept(&mut self, listener: &TcpListener) -> Result<(), BenchError> {
        while let Ok((stream, _peer)) = listener.accept() {
            stream.set_nonblocking(true).doing("unblock a connection")?;
            rustix::net::sockopt::set_tcp_nodelay(&stream, true).doing("set nodelay")?;
            let index = self.connections.len();
            let token = epoll::EventData::new_u64(index as u64);
            epoll::add(&self.epoll, &stream, token, epoll::EventFlags::IN)
                .doing("watch a connection")?;
            let role = Role::Handshake(Vec::new());
            self.connections.push(Some(Connection { stream, role }));
        }
        Ok(())
    }

    fn read(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(Some(connection)) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let received = rustix::net::recv(
            &connection.stream,
            &mut self.scratch[..],
            RecvFlags::DONTWAIT,
        );
        let count = match received {
            Ok((_, count)) if count > 0 => count,
            Err(Errno::AGAIN) => return Ok(()),
            Ok(_) | Err(_) => {
                self.forget(index);
                return Ok(());
            }
        };
        let bytes = self.scratch.get(..count).unwrap_or_default();
        match &mut connection.role {
            Role::Subscriber => Ok(()),
            Role::Publisher(rest) => {
                rest.extend_from_slice(bytes);
                take_publications(rest, &mut self.pending);
                Ok(())
            }
            Role::Handshake(request) => {
                request.extend_from_slice(bytes);
                if request.ends_with(b"\r\n\r\n") {
                    self.upgrade(index)?;
                }
                Ok(())
            }
        }
    }

    /// Answers the request: `/sub?<channel>` or `/pub`.
    fn upgrade(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(Some(connection)) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let Role::Handshake(request) = &connection.role else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(request);
        let path = text.split(' ').nth(1).unwrap_or_default();
        let channel = path
            .strip_prefix("/sub?")
            .and_then(|number| number.parse::<usize>().ok());
        connection.role = match channel {
            Some(_) => Role::Subscriber,
            None => Role::Publisher(Vec::new()),
        };
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
            Connection: Upgrade\r\n\r\n";
        rustix::net::send(&connection.stream, answer, SendFlags::NOSIGNAL).doing("answer")?;
        if let Some(channel) = channel {
            if self.channels.len() <= channel {
                self.channels.resize(channel + 1, Vec::new());
            }
            self.channels[channel].push(index);
        }
        Ok(())
    }

    fn deliver(&mut self) {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let mut lost = Vec::new();
        for (channel, messages) in std::mem::take(&mut self.pending) {
            let (sends, per_send) = if self.cork {
                (1, messages)
            } else {
                (messages, 1)
            };
            let wanted = per_send.min(MESSAGES_PER_SEND_MAX) * self.frame_bytes;
            let frames = self.frames.get(..wanted).unwrap_or_default();
            for _ in 0..sends {
                for &index in self.channels.get(channel).into_iter().flatten() {
                    let Some(Some(connection)) = self.connections.get(index) else {
                        continue;
                    };
                    if rustix::net::send(&connection.stream, frames, flags) != Ok(wanted) {
                        lost.push(index);
                    }
                }
            }
        }
        lost.into_iter().for_each(|index| self.forget(index));
    }

    fn forget(&mut self, index: usize) {
        if let Some(slot) = self.connections.get_mut(index) {
            *slot = None;
        }
    }
}

/// Takes the whole frames out of `rest` and counts them per channel. Each payload starts with the
/// channel as four bytes, most significant first.
fn take_publications(rest: &mut Vec<u8>, pending: &mut Vec<(usize, usize)>) {
    let mut done = 0;
    while let Some(bytes) = rest.get(done..)
        && let Some(head) = Head::parse(bytes)
    {
        let start = head.head_bytes + 4;
        let end = start + head.payload_bytes as usize;
        let (Some(mask), Some(payload)) =
            (bytes.get(head.head_bytes..start), bytes.get(start..end))
        else {
            break;
        };
        done += end;
        let channel = payload
            .iter()
            .zip(mask)
            .fold(0, |sum, (byte, key)| sum << 8 | usize::from(byte ^ key));
        match pending.iter_mut().find(|(known, _)| *known == channel) {
            Some((_, messages)) => *messages += 1,
            None => pending.push((channel, 1)),
        }
    }
    rest.drain(..done);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::frame::{BINARY, masked};

    #[test]
    fn publications_are_counted_per_channel_and_a_half_frame_waits() {
        let frame = |channel: u32| masked(BINARY, &[&channel.to_be_bytes()[..], b"abc"].concat());
        let mut rest = [frame(7), frame(300), frame(7), frame(1)].concat();
        let tail = rest.split_off(rest.len() - 2);
        let mut pending = Vec::new();
        take_publications(&mut rest, &mut pending);
        assert_eq!(pending, [(7, 2), (300, 1)]);
        rest.extend(tail);
        take_publications(&mut rest, &mut pending);
        assert_eq!(pending, [(7, 2), (300, 1), (1, 1)]);
        assert!(rest.is_empty());
    }
}
