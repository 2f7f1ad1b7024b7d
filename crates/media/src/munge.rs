//! Rewriting a stream's numbers, so that a subscriber sees one stream without holes whatever is
//! left out or switched on the way.
//!
//! Sequence numbers (RFC 3550) and VP8 picture ids (RFC 7741) close up over what is dropped; a gap
//! that the publisher's network made stays a gap, and what comes late falls into its own place.
//! Time stamps of different encodings are related through sender reports where there are any,
//! through what is remembered or through arrival otherwise. Chooses nothing: `forward` says what is
//! kept.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::descriptor::Rewrite;
use crate::packet::{Packet, Rewritten, STREAMS_MAX, SenderClock};
use crate::payload::{PictureId, PictureNumbers};
use crate::window::Extension;

/// Runs remembered for packets that come late: a second or two of a thinned-out stream.
const RUNS_MAX: usize = 64;
/// Related time stamps may be off what the arrival says by so much; beyond, somebody's clock lies.
const TIMESTAMP_OFF_MAX: Duration = Duration::from_secs(1);

/// A run of incoming numbers with one fate: they go out less `minus`, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    first: u64,
    minus: Option<u64>,
}

/// Where the numbers of one encoding go.
#[derive(Debug, Clone)]
struct Runs {
    runs: VecDeque<Run>,
    /// The highest incoming number so far.
    highest: u64,
    /// The outgoing number after the highest.
    next: u64,
}

impl Runs {
    /// The incoming number `first` goes out as `next`.
    fn begin(first: u64, next: u64) -> Self {
        let run = Run {
            first,
            minus: Some(first.wrapping_sub(next)),
        };
        Self {
            runs: VecDeque::from([run]),
            highest: first,
            next: next + 1,
        }
    }

    fn push(&mut self, run: Run) {
        if self.runs.len() == RUNS_MAX {
            self.runs.pop_front();
        }
        self.runs.push_back(run);
    }

    /// What was missed between the highest and a newer number goes out as a gap: from now on
    /// numbers are less by what this gives.
    fn reopen(&mut self) -> u64 {
        if let Some(Run {
            minus: Some(minus), ..
        }) = self.runs.back()
        {
            return *minus;
        }
        let first = self.highest + 1;
        let minus = first.wrapping_sub(self.next);
        self.push(Run {
            first,
            minus: Some(minus),
        });
        minus
    }

    /// The outgoing number of one that is kept; `None` when its place is gone.
    fn keep(&mut self, number: u64) -> Option<u64> {
        if number <= self.highest {
            return self.place(number);
        }
        let out = number.wrapping_sub(self.reopen());
        self.highest = number;
        self.next = out + 1;
        Some(out)
    }

    /// A number goes out no more and leaves no gap. `joined`: so do all between it and the highest.
    /// Gives the place of one that comes too late for that.
    fn drop(&mut self, number: u64, joined: bool) -> Option<u64> {
        if number <= self.highest {
            return self.place(number);
        }
        let dropping = self.runs.back().is_some_and(|run| run.minus.is_none());
        if !(dropping && (joined || number == self.highest + 1)) {
            self.next = number.wrapping_sub(self.reopen());
            self.push(Run {
                first: number,
                minus: None,
            });
        }
        self.highest = number;
        None
    }

    /// Where a dropped number would have gone: the place of the one after it.
    fn beside(&self, number: u64) -> u64 {
        let kept = self.runs.iter().rev().find_map(|run| run.minus);
        number.wrapping_sub(kept.unwrap_or(0))
    }

    /// The outgoing number of one that is not the newest.
    fn place(&self, number: u64) -> Option<u64> {
        let run = self.runs.iter().rev().find(|run| run.first <= number)?;
        Some(number.wrapping_sub(run.minus?))
    }
}

/// How the numbers of one encoding are rewritten.
#[derive(Debug, Clone)]
struct Mapping {
    stream: u8,
    sequences: Runs,
    pictures: Option<Runs>,
    short: Extension<7>,
    long: Extension<15>,
    timestamp_minus: u32,
    base_minus: u8,
    key_minus: u8,
    number_minus: u16,
    /// The time stamp of the latest dropped packet.
    dropped: Option<u32>,
}

/// The newest picture that went out.
#[derive(Debug, Clone, Copy)]
struct Newest {
    stream: u8,
    timestamp: u32,
    arrival: Instant,
}

/// Rewrites the numbers of one subscription.
#[derive(Debug)]
pub struct Munger {
    clock_hz: u32,
    next: u64,
    first_timestamp: u32,
    now: Option<Mapping>,
    before: Option<Mapping>,
    newest: Option<Newest>,
    /// The first time stamp of the encoding being sent.
    began: u32,
    /// What was subtracted from the time stamps of each encoding when it was last sent.
    minus: [Option<u32>; STREAMS_MAX],
    base: u8,
    key: u8,
    number: Option<u16>,
}

impl Munger {
    /// Begins at these numbers. The sequence number stays below 65 536 at first, since the receiver
    /// of SRTP (RFC 3711) begins with no rollovers.
    #[must_use]
    pub fn new(clock_hz: u32, sequence: u16, timestamp: u32) -> Self {
        Self {
            clock_hz: clock_hz.max(1),
            next: u64::from(sequence),
            first_timestamp: timestamp,
            now: None,
            before: None,
            newest: None,
            began: timestamp,
            minus: [None; STREAMS_MAX],
            base: 0,
            key: 0,
            number: None,
        }
    }

    /// The encoding of a packet is sent from this packet on, whatever was sent before.
    pub fn begin(&mut self, packet: &Packet, clocks: &[Option<SenderClock>]) -> Option<Rewritten> {
        let timestamp = self.first_timestamp_of(packet, clocks);
        let next = self
            .now
            .as_ref()
            .map_or(self.next, |mapping| mapping.sequences.next);
        let pictures = self.next_picture(packet);
        let numbers = packet.payload.numbers.unwrap_or_default();
        let same = self
            .now
            .as_ref()
            .filter(|mapping| mapping.stream == packet.stream);
        let number = packet.frame.as_ref().map_or(0, |frame| frame.number);
        let mapping = Mapping {
            stream: packet.stream,
            sequences: Runs::begin(packet.sequence, next),
            pictures: pictures.0,
            short: pictures.1,
            long: pictures.2,
            timestamp_minus: packet.timestamp.wrapping_sub(timestamp),
            base_minus: numbers
                .base
                .unwrap_or(0)
                .wrapping_sub(self.base.wrapping_add(1)),
            key_minus: numbers
                .key
                .unwrap_or(0)
                .wrapping_sub(self.key.wrapping_add(1)),
            number_minus: match (same, self.number) {
                (Some(mapping), _) => mapping.number_minus,
                (None, Some(last)) => number.wrapping_sub(last.wrapping_add(1)),
                (None, None) => 0,
            },
            dropped: None,
        };
        if let Some(minus) = self.minus.get_mut(usize::from(packet.stream)) {
            *minus = Some(mapping.timestamp_minus);
        }
        self.began = timestamp;
        self.before = self
            .now
            .replace(mapping)
            .filter(|before| before.stream != packet.stream);
        Some(Rewritten {
            begins: true,
            ..self.keep(packet)?
        })
    }

    /// A packet of the encoding being sent, or a late one of the encoding sent before: its numbers,
    /// `None` when there is no place for it any more.
    pub fn keep(&mut self, packet: &Packet) -> Option<Rewritten> {
        let current = self.now.as_mut()?;
        if current.stream != packet.stream {
            let before = self
                .before
                .as_mut()
                .filter(|before| before.stream == packet.stream)?;
            let sequence = before.sequences.place(packet.sequence);
            let late = packet.sequence <= before.sequences.highest;
            let mut rewritten = before.rewritten(packet, sequence.filter(|_| late)?);
            // A picture that the new encoding shows in its stead only fills its place.
            rewritten.empty = ahead(rewritten.timestamp, self.began) >= 0;
            return Some(rewritten);
        }
        let newer = packet.sequence >= current.sequences.highest;
        let sequence = current.sequences.keep(packet.sequence)?;
        let rewritten = current.rewritten(packet, sequence);
        if newer {
            self.note(packet, &rewritten);
        }
        Some(rewritten)
    }

    /// A packet of the encoding being sent is left out. Gives what to send in its place where the
    /// subscriber has seen a gap already.
    pub fn skip(&mut self, packet: &Packet) -> Option<Rewritten> {
        let mapping = self
            .now
            .as_mut()
            .filter(|mapping| mapping.stream == packet.stream)?;
        let joined = mapping.dropped == Some(packet.timestamp);
        mapping.dropped = Some(packet.timestamp);
        let place = mapping.sequences.drop(packet.sequence, joined);
        let Some(sequence) = place else {
            let picture = packet.payload.numbers.and_then(|numbers| numbers.picture);
            if let Some((picture, runs)) = mapping.picture(picture) {
                runs.drop(picture, false);
            }
            return None;
        };
        let timestamp = packet.timestamp.wrapping_sub(mapping.timestamp_minus);
        Some(Rewritten {
            sequence,
            timestamp,
            marker: false,
            empty: true,
            begins: false,
            numbers: None,
            descriptor: None,
        })
    }

    fn note(&mut self, packet: &Packet, rewritten: &Rewritten) {
        if self.newest.is_none_or(|newest| {
            newest.stream != packet.stream || ahead(rewritten.timestamp, newest.timestamp) > 0
        }) {
            self.newest = Some(Newest {
                stream: packet.stream,
                timestamp: rewritten.timestamp,
                arrival: packet.arrival,
            });
        }
        if let Some(numbers) = rewritten.numbers {
            self.base = numbers.base.unwrap_or(self.base);
            self.key = numbers.key.unwrap_or(self.key);
        }
        if let Some(descriptor) = rewritten.descriptor {
            self.number = Some(descriptor.number);
        }
    }

    /// The time stamp that the first packet of an encoding goes out with.
    fn first_timestamp_of(&self, packet: &Packet, clocks: &[Option<SenderClock>]) -> u32 {
        let Some(newest) = self.newest else {
            return self.first_timestamp;
        };
        let elapsed = packet.arrival.saturating_duration_since(newest.arrival);
        let arrived = newest.timestamp.wrapping_add(self.ticks(elapsed));
        let off_max = i64::from(self.ticks(TIMESTAMP_OFF_MAX));
        let related = self.related(packet, newest.stream, clocks);
        let wanted = related
            .filter(|timestamp| i64::from(ahead(*timestamp, arrived)).abs() <= off_max)
            .unwrap_or(arrived);
        // Half of what 32 bit hold is hours: after such a pause nothing stands before anything.
        let near = elapsed < Duration::from_secs(3600);
        if near && ahead(wanted, newest.timestamp) <= 0 {
            return newest.timestamp.wrapping_add(1);
        }
        wanted
    }

    /// What a packet's time stamp is on the subscriber's time line, when that can be told without
    /// looking at when it came.
    fn related(&self, packet: &Packet, last: u8, clocks: &[Option<SenderClock>]) -> Option<u32> {
        let remembered = self
            .minus
            .get(usize::from(packet.stream))
            .copied()
            .flatten();
        let remembered = remembered.map(|minus| packet.timestamp.wrapping_sub(minus));
        if packet.stream == last {
            return remembered;
        }
        let clock = |stream: u8| clocks.get(usize::from(stream)).copied().flatten();
        let minus = self.minus.get(usize::from(last)).copied().flatten();
        if let (Some(of), Some(to), Some(minus)) = (clock(packet.stream), clock(last), minus) {
            let hz = i128::from(self.clock_hz);
            let between = i128::from(of.wall_us) - i128::from(to.wall_us);
            let between = (between * hz / 1_000_000) as u32;
            let since = packet.timestamp.wrapping_sub(of.timestamp);
            let there = to.timestamp.wrapping_add(between).wrapping_add(since);
            return Some(there.wrapping_sub(minus));
        }
        remembered
    }

    fn ticks(&self, duration: Duration) -> u32 {
        // Wraps as time stamps do.
        (duration.as_micros() * u128::from(self.clock_hz) / 1_000_000) as u32
    }

    /// The picture numbers of an encoding that begins: they follow those that went out.
    fn next_picture(&self, packet: &Packet) -> (Option<Runs>, Extension<7>, Extension<15>) {
        let (mut short, mut long) = (Extension::default(), Extension::default());
        let next = self
            .now
            .as_ref()
            .and_then(|mapping| mapping.pictures.as_ref());
        let picture = packet.payload.numbers.and_then(|numbers| numbers.picture);
        let runs = picture.map(|picture| {
            let first = extend(&mut short, &mut long, picture);
            Runs::begin(first, next.map_or(first, |runs| runs.next))
        });
        (runs, short, long)
    }
}

impl Mapping {
    fn picture(&mut self, picture: Option<PictureId>) -> Option<(u64, &mut Runs)> {
        let number = extend(&mut self.short, &mut self.long, picture?);
        Some((number, self.pictures.as_mut()?))
    }

    /// A packet with its numbers rewritten.
    fn rewritten(&mut self, packet: &Packet, sequence: u64) -> Rewritten {
        let numbers = packet.payload.numbers.map(|numbers| self.numbers(numbers));
        let descriptor = packet.frame.as_ref().map(|frame| Rewrite {
            number: frame.number.wrapping_sub(self.number_minus),
            active: None,
        });
        Rewritten {
            sequence,
            timestamp: packet.timestamp.wrapping_sub(self.timestamp_minus),
            marker: packet.marker,
            empty: false,
            begins: false,
            numbers,
            descriptor,
        }
    }

    fn numbers(&mut self, numbers: PictureNumbers) -> PictureNumbers {
        let picture = match (numbers.picture, self.picture(numbers.picture)) {
            (Some(PictureId { long, .. }), Some((number, runs))) => {
                let mask = if long { 0x7fff } else { 0x7f };
                let place = runs.keep(number).unwrap_or_else(|| runs.beside(number));
                Some(PictureId {
                    value: (place & mask) as u16,
                    long,
                })
            }
            // A stream that begins to number its pictures in the middle is left as it is.
            (picture, _) => picture,
        };
        PictureNumbers {
            picture,
            base: numbers.base.map(|base| base.wrapping_sub(self.base_minus)),
            key: numbers
                .key
                .map(|key| key.wrapping_sub(self.key_minus) & 0x1f),
        }
    }
}

fn extend(short: &mut Extension<7>, long: &mut Extension<15>, picture: PictureId) -> u64 {
    if picture.long {
        long.extend(u64::from(picture.value))
    } else {
        short.extend(u64::from(picture.value))
    }
}

/// How far a time stamp is ahead of another, the shorter way around.
fn ahead(timestamp: u32, of: u32) -> i32 {
    timestamp.wrapping_sub(of).cast_signed()
}
