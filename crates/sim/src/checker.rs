//! The judge of a history: does what was promised agree with what is left?
//!
//! Pure and O(n log n): a room's seq is the order of its log, so no search over possible orders is
//! needed. Each invariant has a number; `docs` and reports name them by it. A history that breaks
//! none of them is `ok`.

mod log;
mod posts;
mod streams;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::event::Event;
use crate::history::{Cursor, Entry, Intent, Standing};

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// Everything acknowledged is in the log, once, with the seq and the content that was told.
    I1,
    /// Seqs are dense, and the same after each restart.
    I2,
    /// What a subscriber gets is the log from its cursor: no gap, no double, no other order.
    I3,
    /// What went unanswered is in the log once or not at all; a retry tells the same seq.
    I4,
    /// What was acknowledged before something else was sent comes before it.
    I5,
    /// What was refused is nowhere.
    I6,
    /// Unread counts and mentions are those of the log.
    I7,
    /// Nothing is delivered to who was removed.
    I9,
    /// A resumed subscription gets exactly what it missed, or is told that it cannot.
    I10,
    /// A seq of an epoch always carries the same event.
    I11,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// In which room.
    pub room: String,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {}: {}", self.invariant, self.room, self.detail)
    }
}

/// What a history holds, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many commands were sent.
    pub invoked: usize,
    /// How many were acknowledged.
    pub acknowledged: usize,
    /// How many were refused.
    pub refused: usize,
    /// How many went unanswered.
    pub unknown: usize,
    /// How many subscriptions began.
    pub subscriptions: usize,
    /// How many of them resumed from a cursor without a gap.
    pub resumed: usize,
    /// How many publications arrived.
    pub delivered: usize,
    /// How often the server was killed.
    pub kills: usize,
    /// How many events all rooms hold at the end.
    pub events: u64,
    /// What is wrong, in no order of importance.
    pub violations: Vec<Violation>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} kills, {} commands: {} acknowledged, {} refused, {} unanswered",
            self.kills, self.invoked, self.acknowledged, self.refused, self.unknown
        )?;
        write!(
            f,
            "{} subscriptions ({} resumed), {} deliveries, {} events in the end",
            self.subscriptions, self.resumed, self.delivered, self.events
        )
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// No entry: it was cut off together with its client, and is treated as unanswered.
    Pending,
    Ok {
        at_us: u64,
        seq: Option<u64>,
        epoch: Option<String>,
    },
    Refused,
    Unknown,
}

/// A command with its end.
#[derive(Debug)]
struct Command<'a> {
    at_us: u64,
    person: &'a str,
    intent: &'a Intent,
    outcome: Outcome,
}

impl<'a> Command<'a> {
    fn sent(entry: &'a Entry) -> Option<Self> {
        let Entry::Invoke {
            at_us,
            person,
            intent,
            ..
        } = entry
        else {
            return None;
        };
        Some(Self {
            at_us: *at_us,
            person,
            intent,
            outcome: Outcome::Pending,
        })
    }

    /// Whether it may have had an effect.
    fn may_stand(&self) -> bool {
        match self.outcome {
            Outcome::Refused => false,
            Outcome::Pending | Outcome::Ok { .. } | Outcome::Unknown => true,
        }
    }

    fn is_ok(&self) -> bool {
        matches!(self.outcome, Outcome::Ok { .. })
    }
}

/// A subscription and what it got.
#[derive(Debug)]
struct Stream<'a> {
    number: u64,
    sent_us: u64,
    person: &'a str,
    asked: Option<&'a Cursor>,
    recovered: bool,
    head: &'a Cursor,
    replayed: u64,
    deliveries: Vec<(u64, &'a Event)>,
}

impl<'a> Stream<'a> {
    fn begun(entry: &'a Entry) -> Option<Self> {
        let Entry::Subscribed {
            sent_us,
            stream,
            person,
            asked,
            recovered,
            head,
            replayed,
            ..
        } = entry
        else {
            return None;
        };
        Some(Self {
            number: *stream,
            sent_us: *sent_us,
            person,
            asked: asked.as_ref(),
            recovered: *recovered,
            head,
            replayed: *replayed,
            deliveries: Vec::new(),
        })
    }
}

/// A page that was read before the end.
#[derive(Debug)]
struct Page<'a> {
    head: &'a Cursor,
    events: &'a [Event],
}

/// The end of a room.
#[derive(Debug)]
struct Final<'a> {
    head: &'a Cursor,
    events: &'a [Event],
    members: &'a [Standing],
    open_streams: &'a [u64],
}

/// Everything that a history tells of one room.
#[derive(Debug, Default)]
struct Room<'a> {
    id: &'a str,
    commands: Vec<Command<'a>>,
    streams: Vec<Stream<'a>>,
    pages: Vec<Page<'a>>,
    last: Option<Final<'a>>,
}

impl<'a> Room<'a> {
    /// The events of the end by seq.
    fn by_seq(&self) -> HashMap<u64, &'a Event> {
        let events = self.last.iter().flat_map(|last| last.events);
        events.map(|event| (event.seq, event)).collect()
    }
}

/// Where violations are gathered.
struct Findings<'r> {
    room: &'r str,
    found: &'r mut Vec<Violation>,
}

impl Findings<'_> {
    fn add(&mut self, invariant: Invariant, detail: String) {
        self.found.push(Violation {
            invariant,
            room: self.room.to_owned(),
            detail,
        });
    }
}

/// Judges a history.
#[must_use]
pub fn check(entries: &[Entry]) -> Report {
    let mut report = count(entries);
    for room in rooms(entries).values() {
        let mut findings = Findings {
            room: room.id,
            found: &mut report.violations,
        };
        let Some(last) = &room.last else {
            findings.add(Invariant::I1, "was never read back".to_owned());
            continue;
        };
        posts::check(room, last, &mut findings);
        log::check(room, last, &mut findings);
        streams::check(room, last, &mut findings);
    }
    report
}

fn count(entries: &[Entry]) -> Report {
    let mut report = Report::default();
    for entry in entries {
        match entry {
            Entry::Invoke { .. } => report.invoked += 1,
            Entry::Ok { .. } => report.acknowledged += 1,
            Entry::Refused { .. } => report.refused += 1,
            Entry::Unknown { .. } => report.unknown += 1,
            Entry::Subscribed { recovered, .. } => {
                report.subscriptions += 1;
                report.resumed += usize::from(*recovered);
            }
            Entry::Delivered { .. } => report.delivered += 1,
            Entry::Page { .. } => {}
            Entry::Killed { .. } => report.kills += 1,
            Entry::Final { head, .. } => report.events += head.seq,
        }
    }
    report
}

fn rooms(entries: &[Entry]) -> BTreeMap<&str, Room<'_>> {
    let mut sorted = Sorted::default();
    for entry in entries {
        sorted.take(entry);
    }
    sorted.rooms
}

/// A history sorted by room. Answers find their command and deliveries their stream by number.
#[derive(Default)]
struct Sorted<'a> {
    rooms: BTreeMap<&'a str, Room<'a>>,
    commands: HashMap<u64, (&'a str, usize)>,
    streams: HashMap<u64, (&'a str, usize)>,
}

impl<'a> Sorted<'a> {
    fn take(&mut self, entry: &'a Entry) {
        match entry {
            Entry::Invoke { op, room, .. } => {
                let commands = &mut self.room(room).commands;
                commands.extend(Command::sent(entry));
                let at = commands.len() - 1;
                self.commands.insert(*op, (room, at));
            }
            Entry::Ok {
                at_us,
                op,
                seq,
                epoch,
            } => {
                let (at_us, seq, epoch) = (*at_us, *seq, epoch.clone());
                self.settle(*op, Outcome::Ok { at_us, seq, epoch });
            }
            Entry::Refused { op, .. } => self.settle(*op, Outcome::Refused),
            Entry::Unknown { op, .. } => self.settle(*op, Outcome::Unknown),
            Entry::Subscribed { stream, room, .. } => {
                let streams = &mut self.room(room).streams;
                streams.extend(Stream::begun(entry));
                let at = streams.len() - 1;
                self.streams.insert(*stream, (room, at));
            }
            Entry::Delivered {
                stream,
                offset,
                event,
                ..
            } => {
                let Some((room, at)) = self.streams.get(stream).copied() else {
                    return;
                };
                if let Some(found) = self.room(room).streams.get_mut(at) {
                    found.deliveries.push((*offset, event));
                }
            }
            Entry::Page {
                room, head, events, ..
            } => {
                self.room(room).pages.push(Page { head, events });
            }
            Entry::Killed { .. } => {}
            Entry::Final {
                room,
                head,
                events,
                members,
                open_streams,
                ..
            } => {
                self.room(room).last = Some(Final {
                    head,
                    events,
                    members,
                    open_streams,
                });
            }
        }
    }

    fn room(&mut self, id: &'a str) -> &mut Room<'a> {
        self.rooms.entry(id).or_insert_with(|| Room {
            id,
            ..Room::default()
        })
    }

    fn settle(&mut self, op: u64, outcome: Outcome) {
        let Some((room, at)) = self.commands.get(&op).copied() else {
            return;
        };
        if let Some(found) = self.room(room).commands.get_mut(at) {
            found.outcome = outcome;
        }
    }
}

#[cfg(test)]
mod tests;
