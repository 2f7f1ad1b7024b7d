//! What a connection has to say, one thing at a time.

use core::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use str0m::bwe::BweKind;
use str0m::media::SenderFeedback;
use str0m::net::Protocol;
use str0m::stats::{MediaEgressStats, MediaIngressStats};
use str0m::{Event, Output};

use super::{Arrived, Peer};
use crate::change::Mid;
use crate::command::Lane;
use crate::id::TrackId;
use crate::packet::SenderClock;
use crate::worker::Carrier;

/// Errors of one connection before it is given up.
const FAULTS_MAX: u32 = 64;

/// What a connection has to say.
#[derive(Debug)]
pub(crate) enum Polled {
    /// To be sent.
    Transmit {
        carrier: Carrier,
        destination: SocketAddr,
        bytes: Vec<u8>,
    },
    /// A packet came.
    Packet(Box<Arrived>),
    /// The publisher's clocks (RFC 3550, 6.4.1).
    Clock(TrackId, Mid, u8, SenderClock),
    /// The client can not show a track that it is sent.
    Blind(TrackId),
    /// What the path carries, in bit/s.
    Estimate(u64),
    /// ICE and DTLS stand.
    Connected,
    /// Both data channels are there.
    DataOpen,
    /// A packet of a data channel.
    Data(Lane, Bytes),
    /// Counters.
    Statistics(Statistics),
    /// Something that concerns nobody; ask again.
    Nothing,
    /// Nothing more before this time.
    Idle(Instant),
}

/// Counters of one stream since it began.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Statistics {
    /// Which stream of the connection: the same number means the same stream.
    pub(crate) stream: u64,
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
    /// Of the packets since the last report, how many were lost, 0 to 1.
    pub(crate) loss: f32,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) jitter: Duration,
}

impl Peer {
    /// The next thing; to be called until it is [`Polled::Idle`].
    pub(crate) fn poll(&mut self) -> Polled {
        let far = Polled::Idle(self.heard + Duration::from_secs(3600));
        let Some(rtc) = self.rtc.as_mut().filter(|_| !self.is_broken) else {
            return far;
        };
        match catch_unwind(AssertUnwindSafe(|| rtc.poll_output())) {
            Ok(Ok(Output::Timeout(at))) => Polled::Idle(at),
            Ok(Ok(Output::Transmit(transmit))) => Polled::Transmit {
                carrier: match transmit.proto {
                    Protocol::Udp => Carrier::Udp,
                    Protocol::Tcp | Protocol::SslTcp | Protocol::Tls => Carrier::Tcp,
                },
                destination: transmit.destination,
                bytes: transmit.contents.into(),
            },
            Ok(Ok(Output::Event(event))) => self.event(event).unwrap_or(Polled::Nothing),
            Ok(Err(_)) => {
                // What a packet left behind; the connection says itself when it is over.
                self.faults += 1;
                self.is_broken |= self.faults >= FAULTS_MAX;
                Polled::Nothing
            }
            Err(_) => {
                self.is_broken = true;
                far
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the events of the library are open, and most of them are for other modes"
    )]
    fn event(&mut self, event: Event) -> Option<Polled> {
        Some(match event {
            Event::Connected => {
                self.is_connected = true;
                Polled::Connected
            }
            Event::RtpPacket(packet) => Polled::Packet(Box::new(self.arrived(packet)?)),
            Event::KeyframeRequest(request) => Polled::Blind(self.sent(request.mid)?.0),
            Event::SenderFeedback(report) => {
                let (track, mid, stream) = self.reported(report.mid, report.rid)?;
                Polled::Clock(track, mid, stream, clock(&report)?)
            }
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                Polled::Estimate(estimate.as_u64())
            }
            Event::ChannelOpen(channel, label) => {
                if !self.opened(channel, &label) {
                    return None;
                }
                Polled::DataOpen
            }
            Event::ChannelData(data) => Polled::Data(self.lane(data.id)?, Bytes::from(data.data)),
            Event::MediaIngressStats(stats) => Polled::Statistics(received(&stats)),
            Event::MediaEgressStats(stats) => Polled::Statistics(sent(&stats)),
            _ => return None,
        })
    }
}

fn clock(report: &SenderFeedback) -> Option<SenderClock> {
    let info = &report.sender_info;
    let wall = info.ntp_time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(SenderClock {
        wall_us: u64::try_from(wall.as_micros()).ok()?,
        timestamp: u32::try_from(info.rtp_time.numer() & u64::from(u32::MAX)).ok()?,
    })
}

/// A number for a stream: the letters of its names, mixed (FNV-1a).
fn number(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |all: u64, byte| {
        (all ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Jitter in units of the clock is read as of pictures: it is a fault of a half for sound.
fn duration(jitter: u32) -> Duration {
    Duration::from_micros(u64::from(jitter) * 1_000_000 / 90_000)
}

fn received(stats: &MediaIngressStats) -> Statistics {
    let rid = stats.rid.as_ref().map_or(&b""[..], |it| it.as_bytes());
    Statistics {
        stream: number(&[b"in", stats.mid.as_bytes(), rid]),
        bytes: stats.bytes,
        packets: stats.packets,
        loss: stats.loss.unwrap_or(0.0),
        round_trip: stats.rtt,
        jitter: duration(stats.jitter),
    }
}

fn sent(stats: &MediaEgressStats) -> Statistics {
    let jitter = stats.remote.as_ref().map_or(0, |it| it.jitter);
    Statistics {
        stream: number(&[b"out", stats.mid.as_bytes()]),
        bytes: stats.bytes,
        packets: stats.packets,
        loss: stats.loss.unwrap_or(0.0),
        round_trip: stats.rtt,
        jitter: duration(jitter),
    }
}
