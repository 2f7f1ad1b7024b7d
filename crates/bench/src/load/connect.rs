//! Getting everyone connected and subscribed, many at a time, on one thread that never blocks.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::time::Timespec;

use super::frame::{Head, Rule, Tally};
use super::{Publisher, Subscriber};
use crate::dialect::{Dialect, Part, Step, Until};
use crate::error::{BenchError, Doing};

/// Connections that are on their way at the same time, where nobody asks for more.
pub(crate) const AT_ONCE: usize = 200;
/// Nothing at all for so long ends the run.
const PATIENCE: Duration = Duration::from_secs(20);
/// A refused connection is tried again after so long, as a client would.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Loopback addresses that the connections come from in turn: one has 28,000 ports.
const SOURCES: u32 = 8;

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowd {
    /// Channels; the publisher takes them in turn.
    pub(crate) channels: usize,
    /// Subscribers in all, dealt out to the channels in equal shares.
    pub(crate) subscribers: usize,
    /// How many of them never read.
    pub(crate) stalled: usize,
    /// Connections that publish, in turn.
    pub(crate) publishers: usize,
}

/// A connection that is through.
struct Arrived {
    stream: TcpStream,
    /// Received and not yet understood.
    bytes: Vec<u8>,
    took: Duration,
}

/// What a connection on its way waits for.
enum Awaiting {
    /// The three-way handshake.
    Connection,
    /// The end of the answer to the upgrade.
    Upgrade,
    /// A message.
    Message(Until),
}

/// A connection on its way.
struct Arrival {
    stream: OwnedFd,
    awaiting: Awaiting,
    steps: VecDeque<Step>,
    bytes: Vec<u8>,
    request: Vec<u8>,
    began: Instant,
}

/// Where an arrival stands after a look at it.
enum Stage {
    OnTheWay,
    Through,
    Refused,
}

/// Connects and subscribes the crowd, so many at once; the stalled ones are the last. Gives how
/// long each took, too.
pub(super) fn subscribers(
    port: u16,
    dialect: &Dialect,
    crowd: &Crowd,
    (rule, at_once): (Rule, usize),
) -> Result<(Vec<Subscriber>, Vec<Duration>), BenchError> {
    let channel = |number: usize| number % crowd.channels.max(1);
    let parts: Vec<Part> = (0..crowd.subscribers)
        .map(|number| Part::Subscriber(channel(number)))
        .collect();
    let mut subscribers = Vec::with_capacity(crowd.subscribers);
    let mut times = Vec::with_capacity(crowd.subscribers);
    let arrived = Arrivals::new(port, dialect, &parts)?.all(at_once)?;
    for (number, arrived) in arrived.into_iter().enumerate() {
        let mut tally = Tally::default();
        tally.feed(&arrived.bytes, rule);
        times.push(arrived.took);
        subscribers.push(Subscriber {
            stream: arrived.stream,
            tally,
            channel: channel(number),
            seen: 0,
            stalled: number >= crowd.subscribers - crowd.stalled,
        });
    }
    Ok((subscribers, times))
}

/// Connects those who publish.
pub(super) fn publishers(
    port: u16,
    dialect: &Dialect,
    crowd: &Crowd,
) -> Result<Vec<Publisher>, BenchError> {
    let parts = vec![Part::Publisher; crowd.publishers];
    let publisher = |arrived: Arrived| Publisher {
        stream: arrived.stream,
        tally: Tally::default(),
        turns: vec![false; crowd.channels],
        burst: Vec::new(),
    };
    let arrived = Arrivals::new(port, dialect, &parts)?.all(AT_ONCE)?;
    Ok(arrived.into_iter().map(publisher).collect())
}

/// Everyone who comes, and where each of them stands.
struct Arrivals<'a> {
    port: u16,
    dialect: &'a Dialect,
    parts: &'a [Part],
    epoll: OwnedFd,
    on_the_way: Vec<Option<Arrival>>,
    through: Vec<Option<Arrived>>,
    /// Turned away, and when they try again; since when they have been trying.
    again: VecDeque<(Instant, usize, Instant)>,
    scratch: Vec<u8>,
}

impl<'a> Arrivals<'a> {
    fn new(port: u16, dialect: &'a Dialect, parts: &'a [Part]) -> Result<Self, BenchError> {
        let nobody = || 0..parts.len();
        Ok(Self {
            port,
            dialect,
            parts,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).doing("create epoll")?,
            on_the_way: nobody().map(|_| None).collect(),
            through: nobody().map(|_| None).collect(),
            again: VecDeque::new(),
            scratch: vec![0; 64 << 10],
        })
    }

    fn all(mut self, at_once: usize) -> Result<Vec<Arrived>, BenchError> {
        let (mut next, mut done) = (0, 0);
        let mut last_progress = Instant::now();
        let mut events = Vec::with_capacity(512);
        while done < self.parts.len() {
            while next < self.parts.len() && next - done < at_once {
                self.set_out(next, Instant::now())?;
                next += 1;
            }
            while let Some(&(when, number, began)) = self.again.front()
                && Instant::now() >= when
            {
                self.again.pop_front();
                self.set_out(number, began)?;
            }
            let timeout = Timespec {
                tv_sec: 0,
                tv_nsec: 20_000_000,
            };
            let spare = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, spare, Some(&timeout)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error).doing("wait for those who come"),
            }
            if !events.is_empty() || !self.again.is_empty() {
                last_progress = Instant::now();
            } else if last_progress.elapsed() > PATIENCE {
                let text = format!("{done} of {} are through, then silence", self.parts.len());
                return Err(BenchError::Protocol(text));
            }
            for event in events.drain(..) {
                done += usize::from(self.look_at(event.data.u64() as usize)?);
            }
        }
        Ok(self.through.into_iter().flatten().collect())
    }

    /// Sends one off.
    fn set_out(&mut self, number: usize, began: Instant) -> Result<(), BenchError> {
        let Some(&part) = self.parts.get(number) else {
            return Ok(());
        };
        let stream = rustix::net::socket_with(
            AddressFamily::INET,
            SocketType::STREAM,
            SocketFlags::NONBLOCK | SocketFlags::CLOEXEC,
            None,
        )
        .doing("make a socket")?;
        rustix::net::sockopt::set_tcp_nodelay(&stream, true).doing("set nodelay")?;
        let source = Ipv4Addr::from(0x7f00_0001 + (number as u32 % SOURCES));
        rustix::net::bind(&stream, &SocketAddrV4::new(source, 0)).doing("bind the source")?;
        let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.port);
        match rustix::net::connect(&stream, &to) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error).doing("connect"),
        }
        let interest = epoll::EventFlags::IN | epoll::EventFlags::OUT;
        let data = epoll::EventData::new_u64(number as u64);
        epoll::add(&self.epoll, &stream, data, interest).doing("watch one who comes")?;
        let arrival = Arrival {
            stream,
            awaiting: Awaiting::Connection,
            steps: self.dialect.steps(part, number).into(),
            bytes: Vec::new(),
            request: request(self.port, self.dialect, part).into_bytes(),
            began,
        };
        if let Some(slot) = self.on_the_way.get_mut(number) {
            *slot = Some(arrival);
        }
        Ok(())
    }

    /// Something happened to one of them; true when it is through.
    fn look_at(&mut self, number: usize) -> Result<bool, BenchError> {
        let Some(arrival) = self.on_the_way.get_mut(number).and_then(Option::as_mut) else {
            return Ok(false);
        };
        let stage = arrival.go_on(&mut self.scratch)?;
        match stage {
            Stage::OnTheWay => {
                if matches!(arrival.awaiting, Awaiting::Upgrade) {
                    // From here on only what comes in is of interest.
                    let data = epoll::EventData::new_u64(number as u64);
                    epoll::modify(&self.epoll, &arrival.stream, data, epoll::EventFlags::IN)
                        .doing("watch one who comes")?;
                }
                Ok(false)
            }
            Stage::Refused => {
                let began = arrival.began;
                if began.elapsed() > PATIENCE {
                    return Err(BenchError::Protocol("refused for too long".to_owned()));
                }
                self.again
                    .push_back((Instant::now() + AGAIN_AFTER, number, began));
                self.take(number)?;
                Ok(false)
            }
            Stage::Through => {
                let arrived = self.take(number)?.map(|arrival| Arrived {
                    took: arrival.began.elapsed(),
                    stream: TcpStream::from(arrival.stream),
                    bytes: arrival.bytes,
                });
                if let Some(slot) = self.through.get_mut(number) {
                    *slot = arrived;
                }
                Ok(true)
            }
        }
    }

    /// Takes one off the way.
    fn take(&mut self, number: usize) -> Result<Option<Arrival>, BenchError> {
        let arrival = self.on_the_way.get_mut(number).and_then(Option::take);
        if let Some(arrival) = &arrival {
            epoll::delete(&self.epoll, &arrival.stream).doing("let go of one who came")?;
        }
        Ok(arrival)
    }
}

impl Arrival {
    /// Does what can be done now.
    fn go_on(&mut self, scratch: &mut [u8]) -> Result<Stage, BenchError> {
        if matches!(self.awaiting, Awaiting::Connection) {
            match rustix::net::sockopt::socket_error(&self.stream).doing("ask for the error")? {
                Ok(()) => {}
                Err(Errno::CONNREFUSED | Errno::CONNRESET) => return Ok(Stage::Refused),
                Err(error) => return Err(error).doing("connect"),
            }
            let request = std::mem::take(&mut self.request);
            self.send(&request)?;
            self.awaiting = Awaiting::Upgrade;
            return Ok(Stage::OnTheWay);
        }
        match rustix::net::recv(&self.stream, &mut *scratch, RecvFlags::DONTWAIT) {
            Ok((_, 0)) => {
                let said = String::from_utf8_lossy(&self.bytes).into_owned();
                let text = format!("hung up while connecting; said {said:?}");
                return Err(BenchError::Protocol(text));
            }
            Ok((_, count)) => self
                .bytes
                .extend_from_slice(scratch.get(..count).unwrap_or_default()),
            Err(Errno::AGAIN) => return Ok(Stage::OnTheWay),
            Err(error) => return Err(error).doing("receive while connecting"),
        }
        self.understand()
    }

    /// Takes in what has come.
    fn understand(&mut self) -> Result<Stage, BenchError> {
        loop {
            match &self.awaiting {
                Awaiting::Connection => return Ok(Stage::OnTheWay),
                Awaiting::Upgrade => {
                    let Some(end) = memchr::memmem::find(&self.bytes, b"\r\n\r\n") else {
                        return Ok(Stage::OnTheWay);
                    };
                    let head = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
                    self.bytes.drain(..end + 4);
                    if !head.starts_with("HTTP/1.1 101") {
                        return Err(BenchError::Protocol(format!("no upgrade: {head}")));
                    }
                    if self.next_step()? {
                        return Ok(Stage::Through);
                    }
                }
                Awaiting::Message(until) => {
                    let Some((head, payload)) = next_frame(&self.bytes) else {
                        return Ok(Stage::OnTheWay);
                    };
                    if head.opcode == 0x8 {
                        let said = String::from_utf8_lossy(payload).into_owned();
                        let text = format!("closed while connecting: {said:?}");
                        return Err(BenchError::Protocol(text));
                    }
                    let is_met = until.is_met(payload).map_err(BenchError::Protocol)?;
                    let frame_bytes = head.head_bytes + payload.len();
                    self.bytes.drain(..frame_bytes);
                    if is_met && self.next_step()? {
                        return Ok(Stage::Through);
                    }
                }
            }
        }
    }

    /// Says the next thing; true when there is none.
    fn next_step(&mut self) -> Result<bool, BenchError> {
        let Some(step) = self.steps.pop_front() else {
            return Ok(true);
        };
        self.send(&step.send)?;
        self.awaiting = Awaiting::Message(step.until);
        Ok(false)
    }

    /// What is said while connecting fits into any send buffer.
    fn send(&self, bytes: &[u8]) -> Result<(), BenchError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let sent = rustix::net::send(&self.stream, bytes, SendFlags::NOSIGNAL)
            .doing("send while connecting")?;
        match sent == bytes.len() {
            true => Ok(()),
            false => Err(BenchError::Protocol("a send buffer is full".to_owned())),
        }
    }
}

fn next_frame(bytes: &[u8]) -> Option<(Head, &[u8])> {
    let head = Head::parse(bytes)?;
    let end = head.head_bytes + head.payload_bytes as usize;
    Some((head, bytes.get(head.head_bytes..end)?))
}

fn request(port: u16, dialect: &Dialect, part: Part) -> String {
    let subprotocol = dialect.subprotocol().map_or_else(String::new, |name| {
        format!("Sec-WebSocket-Protocol: {name}\r\n")
    });
    let extension = match (dialect.deflate(), part) {
        (true, Part::Subscriber(_)) => "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        (true, Part::Publisher) | (false, _) => "",
    };
    format!(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         {subprotocol}{extension}\r\n",
        dialect.path(part)
    )
}
