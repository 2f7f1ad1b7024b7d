//! Numbers that wrap, seen twice, or to be sent again: extension, windows and the replay log.
//!
//! Never reads what it keeps. Bounded in all directions, since the numbers come from peers.
//! `layer`,
//! `munge` and `red` use the first two, `room` the others for data channels.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::time::{Duration, Instant};

use bytes::Bytes;

use base::limits::{REPLAY_LOG_AGE_MS_MAX, REPLAY_LOG_BYTES_MAX, REPLAY_LOG_PACKETS_MAX};

/// Extends numbers of `BITS` bits (at most 32) to 64, by the nearest to the highest so far
/// (RFC 3711 section 3.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extension<const BITS: u32> {
    highest: Option<u64>,
}

impl<const BITS: u32> Extension<BITS> {
    const TURN: u64 = 1 << BITS;

    /// The extended number. The first is placed one turn up, so that earlier ones have room below.
    pub fn extend(&mut self, number: u64) -> u64 {
        let number = number & (Self::TURN - 1);
        let Some(highest) = self.highest else {
            self.highest = Some(Self::TURN + number);
            return Self::TURN + number;
        };
        let ahead = number.wrapping_sub(highest) & (Self::TURN - 1);
        if ahead < Self::TURN / 2 {
            self.highest = Some(highest + ahead);
            return highest + ahead;
        }
        // Never below zero: the first was placed a turn up, and half a turn is the farthest back.
        (highest + ahead).saturating_sub(Self::TURN)
    }
}

/// How many numbers a [`Window`] looks back.
pub const WINDOW_NUMBERS: u64 = 1024;
const WORDS: usize = (WINDOW_NUMBERS / 64) as usize;

/// Which of the latest [`WINDOW_NUMBERS`] numbers were seen (as in RFC 4303 section 3.4.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    /// The number after the highest seen: 0 says that nothing was.
    next: u64,
    seen: [u64; WORDS],
}

impl Window {
    /// Whether a number is new; it is seen from now on. Numbers below the window are not new.
    pub fn accept(&mut self, number: u64) -> bool {
        if number >= self.next {
            self.advance(number);
        } else if self.next - number > WINDOW_NUMBERS {
            return false;
        }
        let (word, bit) = Self::place(number);
        let Some(word) = self.seen.get_mut(word) else {
            return false;
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// The highest number seen.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.next.checked_sub(1)
    }

    /// Whether a number was seen and is still inside the window.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        let inside = number < self.next && self.next - number <= WINDOW_NUMBERS;
        let (word, bit) = Self::place(number);
        inside && self.seen.get(word).is_some_and(|word| word & bit != 0)
    }

    fn place(number: u64) -> (usize, u64) {
        let within = number % WINDOW_NUMBERS;
        ((within / 64) as usize, 1 << (within % 64))
    }

    fn advance(&mut self, number: u64) {
        if number - self.next >= WINDOW_NUMBERS {
            self.seen = [0; WORDS];
        } else {
            for skipped in self.next..=number {
                let (word, bit) = Self::place(skipped);
                if let Some(word) = self.seen.get_mut(word) {
                    *word &= !bit;
                }
            }
        }
        self.next = number.saturating_add(1);
    }
}

/// Data packets seen, by their sender and number.
#[derive(Debug)]
pub struct Duplicates<K> {
    senders: HashMap<K, Window>,
}

impl<K> Default for Duplicates<K> {
    fn default() -> Self {
        Self {
            senders: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash> Duplicates<K> {
    /// Whether a packet is new. Number 0 says that its sender does not number: always new.
    pub fn accept(&mut self, sender: K, sequence: u32) -> bool {
        sequence == 0
            || self
                .senders
                .entry(sender)
                .or_default()
                .accept(u64::from(sequence))
    }

    /// A sender has gone for good. Whoever adds senders calls this, or the table only grows.
    pub fn forget(&mut self, sender: &K) {
        self.senders.remove(sender);
    }
}

#[derive(Debug)]
struct Logged<K> {
    at: Instant,
    sender: K,
    sequence: u32,
    bytes: Bytes,
}

/// The latest reliable data packets for one subscriber, to be sent again when it resumes.
#[derive(Debug)]
pub struct ReplayLog<K> {
    packets: VecDeque<Logged<K>>,
    bytes: usize,
}

impl<K> Default for ReplayLog<K> {
    fn default() -> Self {
        Self {
            packets: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl<K: Ord> ReplayLog<K> {
    /// A packet went out. The oldest go when the log is full or when they are too old.
    pub fn push(&mut self, now: Instant, sender: K, sequence: u32, bytes: Bytes) {
        self.bytes += bytes.len();
        self.packets.push_back(Logged {
            at: now,
            sender,
            sequence,
            bytes,
        });
        let oldest = Duration::from_millis(REPLAY_LOG_AGE_MS_MAX);
        while self.packets.front().is_some_and(|packet| {
            self.bytes > REPLAY_LOG_BYTES_MAX
                || self.packets.len() > REPLAY_LOG_PACKETS_MAX
                || now.saturating_duration_since(packet.at) > oldest
        }) {
            let gone = self.packets.pop_front();
            self.bytes -= gone.map_or(0, |packet| packet.bytes.len());
        }
    }

    /// What the subscriber missed, in order: of each sender what comes after the number that it
    /// names, and all of senders that it does not name.
    pub fn missed<'a>(&'a self, seen: &'a BTreeMap<K, u32>) -> impl Iterator<Item = &'a Bytes> {
        self.packets
            .iter()
            .filter(|packet| {
                seen.get(&packet.sender)
                    .is_none_or(|last| packet.sequence > *last)
            })
            .map(|packet| &packet.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_grow_over_the_turn_and_earlier_ones_stay_below() {
        let mut extension = Extension::<16>::default();
        assert_eq!(extension.extend(65_534), 65_536 + 65_534);
        assert_eq!(extension.extend(1), 2 * 65_536 + 1);
        assert_eq!(extension.extend(65_535), 65_536 + 65_535);
        assert_eq!(extension.extend(2), 2 * 65_536 + 2);
    }

    #[test]
    fn a_number_is_new_once_and_never_below_the_window() {
        let mut window = Window::default();
        assert!(window.accept(10));
        assert!(!window.accept(10));
        assert!(window.accept(9));
        assert!(window.accept(5000));
        assert!(!window.accept(10));
        assert!(window.accept(5000 - WINDOW_NUMBERS + 1));
        assert!(!window.accept(5000 - WINDOW_NUMBERS));
    }

    #[test]
    fn a_senders_numbers_are_its_own_and_zero_is_none() {
        let mut seen = Duplicates::default();
        assert!(seen.accept("ann", 1));
        assert!(seen.accept("ben", 1));
        assert!(!seen.accept("ann", 1));
        assert!(seen.accept("ann", 0) && seen.accept("ann", 0));
        seen.forget(&"ann");
        assert!(seen.accept("ann", 1));
    }

    #[test]
    fn who_resumes_gets_what_it_missed_of_each_sender_in_order() {
        let mut log = ReplayLog::default();
        let now = Instant::now();
        for (sender, sequence, text) in [
            ("ann", 1, "a1"),
            ("ben", 1, "b1"),
            ("ann", 2, "a2"),
            ("eve", 7, "e7"),
        ] {
            log.push(now, sender, sequence, Bytes::from_static(text.as_bytes()));
        }
        let seen = BTreeMap::from([("ann", 1), ("ben", 1)]);
        assert_eq!(log.missed(&seen).collect::<Vec<_>>(), ["a2", "e7"]);
    }

    #[test]
    fn the_log_holds_no_more_than_its_limits() {
        let mut log = ReplayLog::default();
        let start = Instant::now();
        for number in 0..20_u32 {
            log.push(
                start,
                0,
                number,
                Bytes::from(vec![0; REPLAY_LOG_BYTES_MAX / 8]),
            );
        }
        assert_eq!(log.missed(&BTreeMap::new()).count(), 8);
        for number in 0..3 * REPLAY_LOG_PACKETS_MAX {
            log.push(start, 0, number as u32, Bytes::new());
        }
        assert_eq!(log.missed(&BTreeMap::new()).count(), REPLAY_LOG_PACKETS_MAX);
        let later = start + Duration::from_millis(REPLAY_LOG_AGE_MS_MAX + 1);
        log.push(later, 0, 1, Bytes::new());
        assert_eq!(log.missed(&BTreeMap::new()).count(), 1);
    }

    proptest! {
        #[test]
        fn extension_undoes_the_cut_of_any_walk(
            start in 0_u64..65_536,
            steps in prop::collection::vec(-30_000_i64..30_000, 1..200),
        ) {
            let mut extension = Extension::<16>::default();
            let mut truth = (1 << 16) + start;
            let mut highest = truth;
            prop_assert_eq!(extension.extend(truth), truth);
            for step in steps {
                // Any number within half a turn of the highest.
                truth = highest.saturating_add_signed(step);
                prop_assert_eq!(extension.extend(truth & 0xffff), truth);
                highest = highest.max(truth);
            }
        }

        #[test]
        fn the_window_agrees_with_a_set(numbers in prop::collection::vec(0_u64..4000, 1..400)) {
            let mut window = Window::default();
            let mut set = std::collections::HashSet::new();
            let mut highest = 0;
            for number in numbers {
                highest = highest.max(number);
                let new = highest - number < WINDOW_NUMBERS && set.insert(number);
                prop_assert_eq!(window.accept(number), new);
                prop_assert_eq!(window.contains(number), highest - number < WINDOW_NUMBERS);
            }
        }
    }
}
