//! The load: thousands of connections on one thread, cheap enough not to be what is measured.
//!
//! Raw epoll, no library, polling without sleeping while it measures (else the server pays for
//! waking it). It counts messages and never decodes one: the n-th publication that a connection
//! receives is the n-th one of its channel, which gives a latency for every protocol. What it can
//! not notice is a wrong payload; that is for tests.

mod connect;
pub(crate) mod frame;
mod pace;

use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use rustix::time::Timespec;

use crate::dialect::Dialect;
use crate::error::{BenchError, Doing};
use crate::histogram::Histogram;
use frame::{Rule, Tally};

pub(crate) use connect::Crowd;
pub(crate) use pace::{Measured, Pace};

const EVENTS_PER_PASS: usize = 512;
/// Tokens of epoll from here on are publishers.
const PUBLISHERS: u64 = 1 << 32;
/// Nothing for so long means that nothing is on its way.
const QUIET: Duration = Duration::from_millis(300);
/// How long a run waits for what was published and has not arrived.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// Nothing shorter is taken for a publication.
const PUBLICATION_BYTES_MIN: u64 = 64;
/// A publication may be shorter than the first one was by so much (offsets have digits).
const PUBLICATION_SLACK_BYTES: u64 = 24;

struct Subscriber {
    stream: TcpStream,
    tally: Tally,
    channel: usize,
    /// Publications of its channel that it has.
    seen: usize,
    stalled: bool,
}

/// One publication on its way.
#[derive(Clone, Copy)]
struct Publication {
    sent: Instant,
    /// Subscribers that do not have it yet.
    left: u32,
}

/// One connection that publishes.
struct Publisher {
    stream: TcpStream,
    tally: Tally,
    /// Per channel which of its two frames is next.
    turns: Vec<bool>,
    /// Frames that go out together.
    burst: Vec<u8>,
}

/// Connections that listen, and some that publish in turn.
pub(crate) struct Load {
    epoll: OwnedFd,
    times: Vec<Duration>,
    subscribers: Vec<Subscriber>,
    publishers: Vec<Publisher>,
    /// Per channel whole frames that publish to it, to be sent in turn.
    frames: Vec<[Vec<u8>; 2]>,
    /// Publications entered so far; the next publisher and channel follow from it.
    entered: usize,
    pong: Vec<u8>,
    rule: Rule,
    /// Per channel its healthy subscribers.
    healthy: Vec<u32>,
    /// Per channel its publications, as positions in `publications`.
    channels: Vec<Vec<u32>>,
    publications: Vec<Publication>,
    finished: usize,
    deliveries: u64,
    unexpected: u64,
    latency: Histogram,
    scratch: Vec<u8>,
    events: Vec<epoll::Event>,
}

impl Load {
    /// Connects everyone and waits until nothing arrives any more.
    pub(crate) fn connect(
        port: u16,
        dialect: &Dialect,
        crowd: &Crowd,
        payload_bytes: usize,
    ) -> Result<Self, BenchError> {
        let mut load = Self::arrive(port, dialect, crowd, (payload_bytes, connect::AT_ONCE))?;
        load.settle()?;
        Ok(load)
    }

    /// Connects everyone, so many at once; what else arrives is still to be read.
    pub(crate) fn arrive(
        port: u16,
        dialect: &Dialect,
        crowd: &Crowd,
        (payload_bytes, at_once): (usize, usize),
    ) -> Result<Self, BenchError> {
        let rule = Rule {
            boundary: dialect.boundary(),
            publication_bytes_min: PUBLICATION_BYTES_MIN,
            ping_bytes: dialect.ping_bytes(),
            marker: dialect.marker(),
        };
        let (subscribers, times) = connect::subscribers(port, dialect, crowd, (rule, at_once))?;
        let publishers = connect::publishers(port, dialect, crowd)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).doing("create epoll")?;
        let mut healthy = vec![0; crowd.channels];
        for (index, subscriber) in subscribers.iter().enumerate() {
            if subscriber.stalled {
                continue;
            }
            watch(&epoll, &subscriber.stream, index as u64)?;
            if let Some(count) = healthy.get_mut(subscriber.channel) {
                *count += 1;
            }
        }
        for (index, publisher) in publishers.iter().enumerate() {
            watch(&epoll, &publisher.stream, PUBLISHERS + index as u64)?;
        }
        Ok(Self {
            epoll,
            times,
            subscribers,
            publishers,
            frames: (0..crowd.channels)
                .map(|c| dialect.publish(c, payload_bytes))
                .collect(),
            entered: 0,
            pong: dialect.pong(),
            rule,
            healthy,
            channels: vec![Vec::new(); crowd.channels],
            publications: Vec::new(),
            finished: 0,
            deliveries: 0,
            unexpected: 0,
            latency: Histogram::new(),
            scratch: vec![0; 256 << 10],
            events: Vec::with_capacity(EVENTS_PER_PASS),
        })
    }

    /// How long each subscriber took to be there, in no order.
    pub(crate) fn times(&self) -> &[Duration] {
        &self.times
    }

    /// Publishes once to every channel and learns from it how long a publication is on the wire,
    /// so that whatever else a server says is not counted.
    pub(crate) fn learn(&mut self) -> Result<(), BenchError> {
        for subscriber in &mut self.subscribers {
            subscriber.tally.message_bytes_max = 0;
        }
        self.entered = 0;
        for channel in 0..self.frames.len() {
            self.publish(Instant::now())?;
            // Not all at once: a server may bound what one connection has waiting.
            let pause = if channel % 16 == 15 {
                Duration::from_millis(5)
            } else {
                Duration::ZERO
            };
            while self.pump(pause)? > 0 {}
        }
        // Durable ones may take their time: wait until everybody has one.
        let deadline = Instant::now() + DRAIN_MAX;
        while self.shortest() < PUBLICATION_BYTES_MIN && Instant::now() < deadline {
            self.pump(QUIET)?;
        }
        self.settle()?;
        let shortest = self.shortest();
        if shortest < PUBLICATION_BYTES_MIN {
            let text = format!("a subscriber got no publication (longest message: {shortest} B)");
            return Err(BenchError::Protocol(text));
        }
        self.rule.publication_bytes_min = shortest - PUBLICATION_SLACK_BYTES.min(shortest);
        self.forget_the_past();
        Ok(())
    }

    /// Of the longest message that each reading subscriber has had, the shortest.
    fn shortest(&self) -> u64 {
        let healthy = self
            .subscribers
            .iter()
            .filter(|subscriber| !subscriber.stalled);
        let longest = healthy.map(|subscriber| subscriber.tally.message_bytes_max);
        longest.min().unwrap_or(0)
    }

    /// Starts counting anew. Nothing may be on its way.
    fn forget_the_past(&mut self) {
        self.publications.clear();
        self.finished = 0;
        self.deliveries = 0;
        self.unexpected = 0;
        self.latency = Histogram::new();
        self.channels.iter_mut().for_each(Vec::clear);
        self.subscribers
            .iter_mut()
            .for_each(|subscriber| subscriber.seen = 0);
    }

    /// Reads until nothing has come for [`QUIET`].
    fn settle(&mut self) -> Result<(), BenchError> {
        let deadline = Instant::now() + DRAIN_MAX;
        while self.pump(QUIET)? > 0 && Instant::now() < deadline {}
        Ok(())
    }

    /// Sends a publication whose latency counts from `sent`.
    fn publish(&mut self, sent: Instant) -> Result<(), BenchError> {
        self.enter(sent);
        self.send()
    }

    /// Writes a publication to the next channel down as being on its way; the next publisher gets
    /// its frame, for [`Load::send`].
    fn enter(&mut self, sent: Instant) {
        let channel = self.entered % self.frames.len().max(1);
        let publisher = self.entered % self.publishers.len().max(1);
        self.entered += 1;
        if let (Some(frames), Some(publisher)) =
            (self.frames.get(channel), self.publishers.get_mut(publisher))
            && let Some(turn) = publisher.turns.get_mut(channel)
        {
            publisher
                .burst
                .extend_from_slice(&frames[usize::from(*turn)]);
            *turn = !*turn;
        }
        let left = self.healthy.get(channel).copied().unwrap_or(0);
        let index = self.publications.len() as u32;
        if let Some(publications) = self.channels.get_mut(channel) {
            publications.push(index);
        }
        self.publications.push(Publication { sent, left });
    }

    /// Sends what was entered, in one write per publisher; reads meanwhile when a server does not
    /// take it.
    fn send(&mut self) -> Result<(), BenchError> {
        for index in 0..self.publishers.len() {
            let mut sent = 0;
            while let Some(publisher) = self.publishers.get_mut(index)
                && let Some(rest) = publisher.burst.get(sent..)
                && !rest.is_empty()
            {
                match rustix::net::send(&publisher.stream, rest, SendFlags::NOSIGNAL) {
                    Ok(count) => sent += count,
                    Err(Errno::AGAIN) => {
                        self.pump(Duration::ZERO)?;
                    }
                    Err(error) => return Err(error).doing("publish"),
                }
            }
            if let Some(publisher) = self.publishers.get_mut(index) {
                publisher.burst.clear();
            }
        }
        Ok(())
    }

    /// One pass: waits at most `patience`, reads whatever is there. Returns how many sockets had
    /// something.
    fn pump(&mut self, patience: Duration) -> Result<usize, BenchError> {
        let mut events = std::mem::take(&mut self.events);
        let timeout = Timespec {
            tv_sec: patience.as_secs() as i64,
            tv_nsec: i64::from(patience.subsec_nanos()),
        };
        let spare = rustix::buffer::spare_capacity(&mut events);
        match epoll::wait(&self.epoll, spare, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).doing("wait"),
        }
        let count = events.len();
        for event in events.drain(..) {
            match event.data.u64() {
                token @ PUBLISHERS.. => self.read_publisher((token - PUBLISHERS) as usize)?,
                index => self.read_subscriber(index as usize)?,
            }
        }
        self.events = events;
        Ok(count)
    }

    fn read_publisher(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(publisher) = self.publishers.get_mut(index) else {
            return Ok(());
        };
        let count = receive(&publisher.stream, &mut self.scratch)?;
        let bytes = self.scratch.get(..count).unwrap_or_default();
        let found = publisher.tally.feed(bytes, self.rule);
        if found.closed {
            let said = String::from_utf8_lossy(bytes).into_owned();
            return Err(BenchError::Protocol(format!(
                "a publisher was closed: {said:?}"
            )));
        }
        answer(&publisher.stream, found, &self.pong)
    }

    fn read_subscriber(&mut self, index: usize) -> Result<(), BenchError> {
        let Some(subscriber) = self.subscribers.get_mut(index) else {
            return Ok(());
        };
        let count = receive(&subscriber.stream, &mut self.scratch)?;
        let bytes = self.scratch.get(..count).unwrap_or_default();
        let found = subscriber.tally.feed(bytes, self.rule);
        if found.closed {
            let said = String::from_utf8_lossy(bytes).into_owned();
            return Err(BenchError::Protocol(format!(
                "subscriber {index} was closed: {said:?}"
            )));
        }
        if found.publications > 0 {
            let now = Instant::now();
            let expected = self
                .channels
                .get(subscriber.channel)
                .map_or(&[][..], Vec::as_slice);
            for position in subscriber.seen..subscriber.seen + found.publications as usize {
                let publication = expected
                    .get(position)
                    .and_then(|&index| self.publications.get_mut(index as usize));
                let Some(publication) = publication else {
                    self.unexpected += 1;
                    continue;
                };
                publication.left -= 1;
                self.finished += usize::from(publication.left == 0);
                self.deliveries += 1;
                self.latency
                    .record(now.saturating_duration_since(publication.sent).as_nanos() as u64);
            }
            subscriber.seen += found.publications as usize;
        }
        if found.pings + found.control_pings > 0 {
            return answer(&subscriber.stream, found, &self.pong);
        }
        Ok(())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Close with a reset: thousands of sockets in TIME_WAIT would eat the ports. A socket
        // that refuses the option closes the ordinary way, which the next run survives.
        let subscribers = self.subscribers.iter().map(|subscriber| &subscriber.stream);
        for stream in subscribers.chain(self.publishers.iter().map(|publisher| &publisher.stream)) {
            let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
        }
    }
}

fn watch(epoll: &OwnedFd, stream: &TcpStream, token: u64) -> Result<(), BenchError> {
    epoll::add(
        epoll,
        stream,
        epoll::EventData::new_u64(token),
        epoll::EventFlags::IN,
    )
    .doing("watch a connection")
}

/// Reads once. A socket that would block counts as empty; an ended one is an error.
fn receive(stream: &TcpStream, scratch: &mut [u8]) -> Result<usize, BenchError> {
    match rustix::net::recv(stream, scratch, RecvFlags::DONTWAIT) {
        Ok((_, 0)) => Err(BenchError::Protocol("the server hung up".to_owned())),
        Ok((_, count)) => Ok(count),
        Err(Errno::AGAIN) => Ok(0),
        Err(error) => Err(error).doing("receive"),
    }
}

/// Answers pings, those of the inner protocol and those of RFC 6455.
fn answer(stream: &TcpStream, found: frame::Found, pong: &[u8]) -> Result<(), BenchError> {
    let control = if found.control_pings > 0 {
        frame::masked(frame::PONG, &[])
    } else {
        Vec::new()
    };
    let inner: &[u8] = if found.pings > 0 { pong } else { &[] };
    for bytes in [control.as_slice(), inner] {
        if !bytes.is_empty() {
            rustix::net::send(stream, bytes, SendFlags::NOSIGNAL).doing("answer a ping")?;
        }
    }
    Ok(())
}
