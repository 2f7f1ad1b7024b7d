//! Numbers that wrap, seen twice, or to be sent again: extension, windows and the replay log.
//!
//! Never reads what it keeps. Bounded in all directions, since numbers come from peers.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::time::Instant;

use bytes::Bytes;

/// Extends numbers of `BITS` bits to 64, by the nearest to the highest so far (RFC 3711 3.3.1).
#[derive(Debug, Clone, Copy, Default)]
pub struct Extension<const BITS: u32> {
    highest: Option<u64>,
}

impl<const BITS: u32> Extension<BITS> {
    /// The extended number. The first is placed one turn up, so that earlier ones have room below.
    pub fn extend(&mut self, _number: u64) -> u64 {
        0
    }
}

/// Which of the latest 1024 numbers were seen (RFC 4303 section 3.4.3).
#[derive(Debug, Clone, Default)]
pub struct Window {}

impl Window {
    /// Whether a number is new; it is seen from now on. Numbers below the window are not new.
    pub fn accept(&mut self, _number: u64) -> bool {
        true
    }
}

/// Data packets seen, by their sender and number.
#[derive(Debug, Default)]
pub struct Duplicates<K> {
    senders: std::collections::HashMap<K, Window>,
}

impl<K: Eq + Hash> Duplicates<K> {
    /// Whether a packet is new. Number 0 means that its sender does not number: always new.
    pub fn accept(&mut self, _sender: K, _sequence: u32) -> bool {
        true
    }

    /// A sender has gone.
    pub fn forget(&mut self, sender: &K) {
        self.senders.remove(sender);
    }
}

/// The latest reliable data packets for one subscriber, to be sent again when it resumes.
#[derive(Debug)]
pub struct ReplayLog<K> {
    packets: std::collections::VecDeque<(Instant, K, u32, Bytes)>,
}

impl<K: Ord + Clone> ReplayLog<K> {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self {
            packets: std::collections::VecDeque::new(),
        }
    }

    /// A packet went out. The oldest go when the log is full or they are too old.
    pub fn push(&mut self, now: Instant, sender: K, sequence: u32, bytes: Bytes) {
        self.packets.push_back((now, sender, sequence, bytes));
    }

    /// What the subscriber missed, in order: of each sender what comes after the number it names,
    /// all of senders that it does not name.
    pub fn missed<'a>(
        &'a self,
        seen: &'a BTreeMap<K, u32>,
    ) -> impl Iterator<Item = &'a Bytes> + 'a {
        self.packets
            .iter()
            .filter(|(_, sender, sequence, _)| seen.get(sender).is_none_or(|last| sequence > last))
            .map(|(_, _, _, bytes)| bytes)
    }
}

impl<K: Ord + Clone> Default for ReplayLog<K> {
    fn default() -> Self {
        Self::new()
    }
}
