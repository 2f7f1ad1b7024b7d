//! Getting everyone connected and subscribed, in batches and with ordinary blocking sockets.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use super::frame::{Head, Rule, Tally};
use super::{Publisher, Subscriber};
use crate::dialect::{Dialect, Part, Step};
use crate::error::{BenchError, Doing};

/// Connections that get through their steps together.
const BATCH: usize = 100;
const PATIENCE: Duration = Duration::from_secs(20);

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

/// A connection that is still being set up.
struct Arrival {
    stream: TcpStream,
    /// Received and not yet understood.
    bytes: Vec<u8>,
}

/// Connects and subscribes the crowd. The stalled ones are the last.
pub(super) fn subscribers(
    port: u16,
    dialect: &Dialect,
    crowd: &Crowd,
    rule: Rule,
) -> Result<Vec<Subscriber>, BenchError> {
    let mut subscribers = Vec::with_capacity(crowd.subscribers);
    let numbers: Vec<usize> = (0..crowd.subscribers).collect();
    for batch in numbers.chunks(BATCH) {
        let parts: Vec<(usize, Part)> = batch
            .iter()
            .map(|&n| (n, Part::Subscriber(n % crowd.channels.max(1))))
            .collect();
        for (arrival, &number) in arrive(port, dialect, &parts)?.into_iter().zip(batch) {
            let mut tally = Tally::default();
            tally.feed(&arrival.bytes, rule);
            subscribers.push(Subscriber {
                stream: arrival.stream,
                tally,
                channel: number % crowd.channels.max(1),
                seen: 0,
                stalled: number >= crowd.subscribers - crowd.stalled,
            });
        }
    }
    Ok(subscribers)
}

/// Connects those who publish.
pub(super) fn publishers(
    port: u16,
    dialect: &Dialect,
    crowd: &Crowd,
) -> Result<Vec<Publisher>, BenchError> {
    let parts: Vec<(usize, Part)> = (0..crowd.publishers)
        .map(|number| (number, Part::Publisher))
        .collect();
    let publisher = |arrival: Arrival| Publisher {
        stream: arrival.stream,
        tally: Tally::default(),
        turns: vec![false; crowd.channels],
        burst: Vec::new(),
    };
    Ok(arrive(port, dialect, &parts)?
        .into_iter()
        .map(publisher)
        .collect())
}

fn arrive(
    port: u16,
    dialect: &Dialect,
    parts: &[(usize, Part)],
) -> Result<Vec<Arrival>, BenchError> {
    let mut arrivals = Vec::with_capacity(parts.len());
    for &(_, part) in parts {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).doing("connect")?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .doing("set the patience")?;
        stream.set_nodelay(true).doing("set nodelay")?;
        let mut arrival = Arrival {
            stream,
            bytes: Vec::new(),
        };
        arrival.send(request(port, dialect, part).as_bytes())?;
        arrivals.push(arrival);
    }
    for arrival in &mut arrivals {
        arrival.await_upgrade()?;
    }
    let steps: Vec<Vec<Step>> = parts
        .iter()
        .map(|&(number, part)| dialect.steps(part, number))
        .collect();
    for round in 0..steps.first().map_or(0, Vec::len) {
        let step_of = |steps: &'_ Vec<Step>| steps.get(round).map(|step| step.send.clone());
        for (arrival, steps) in arrivals.iter_mut().zip(&steps) {
            arrival.send(&step_of(steps).unwrap_or_default())?;
        }
        for (arrival, steps) in arrivals.iter_mut().zip(&steps) {
            if let Some(step) = steps.get(round) {
                arrival.await_step(step)?;
            }
        }
    }
    for arrival in &arrivals {
        arrival.stream.set_nonblocking(true).doing("unblock")?;
    }
    Ok(arrivals)
}

fn request(port: u16, dialect: &Dialect, part: Part) -> String {
    let subprotocol = dialect.subprotocol().map_or_else(String::new, |name| {
        format!("Sec-WebSocket-Protocol: {name}\r\n")
    });
    format!(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         {subprotocol}\r\n",
        dialect.path(part)
    )
}

impl Arrival {
    fn send(&mut self, bytes: &[u8]) -> Result<(), BenchError> {
        self.stream.write_all(bytes).doing("send while connecting")
    }

    fn receive(&mut self) -> Result<(), BenchError> {
        let mut chunk = [0; 4096];
        let count = self
            .stream
            .read(&mut chunk)
            .doing("receive while connecting")?;
        if count == 0 {
            let said = String::from_utf8_lossy(&self.bytes).into_owned();
            return Err(BenchError::Protocol(format!(
                "hung up while connecting; said {said:?}"
            )));
        }
        self.bytes
            .extend_from_slice(chunk.get(..count).unwrap_or_default());
        Ok(())
    }

    fn await_upgrade(&mut self) -> Result<(), BenchError> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.bytes, b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
                self.bytes.drain(..end + 4);
                if head.starts_with("HTTP/1.1 101") {
                    return Ok(());
                }
                return Err(BenchError::Protocol(format!("no upgrade: {head}")));
            }
            self.receive()?;
        }
    }

    /// Reads whole frames until one of them is the awaited one.
    fn await_step(&mut self, step: &Step) -> Result<(), BenchError> {
        loop {
            while let Some((head, payload)) = self.next_frame() {
                if head.opcode == 0x8 {
                    let said = String::from_utf8_lossy(&payload).into_owned();
                    return Err(BenchError::Protocol(format!(
                        "closed while connecting: {said:?}"
                    )));
                }
                if step.until.is_met(&payload).map_err(BenchError::Protocol)? {
                    return Ok(());
                }
            }
            self.receive()?;
        }
    }

    fn next_frame(&mut self) -> Option<(Head, Vec<u8>)> {
        let head = Head::parse(&self.bytes)?;
        let end = head.head_bytes + head.payload_bytes as usize;
        let payload = self.bytes.get(head.head_bytes..end)?.to_vec();
        self.bytes.drain(..end);
        Some((head, payload))
    }
}
