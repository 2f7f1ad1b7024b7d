//! A viewer: puts packets in order by what is written on them, decodes by the truth they carry.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use media::packet::Rewritten;

use crate::publisher::Truth;

/// A packet as it left for the viewer.
#[derive(Debug, Clone)]
pub(crate) struct Out {
    pub(crate) numbers: Rewritten,
    pub(crate) starts: bool,
    pub(crate) truth: Truth,
    pub(crate) bytes: usize,
    pub(crate) at_ms: u64,
}

/// The viewer.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    /// Pictures that are not decoded yet, by time stamp, in the order they began to arrive.
    pictures: VecDeque<(u32, BTreeMap<u64, Out>)>,
    decoded: BTreeSet<(u8, u64)>,
    done: BTreeSet<u32>,
    /// When pictures were decoded, and of which encoding.
    pub(crate) shown: Vec<(u64, u8)>,
    asked_ms: Option<u64>,
}

/// Pictures that a viewer keeps waiting.
const WAITING_MAX: usize = 60;

impl Receiver {
    pub(crate) fn receive(&mut self, now_ms: u64, out: Out) {
        let timestamp = out.numbers.timestamp;
        if out.numbers.empty || self.done.contains(&timestamp) {
            return;
        }
        let known = self
            .pictures
            .iter_mut()
            .find(|(known, _)| *known == timestamp);
        if let Some((_, packets)) = known {
            packets.entry(out.numbers.sequence).or_insert(out);
        } else {
            let packets = BTreeMap::from([(out.numbers.sequence, out)]);
            self.pictures.push_back((timestamp, packets));
        }
        if self.pictures.len() > WAITING_MAX {
            self.pictures.pop_front();
        }
        while let Some(place) = self
            .pictures
            .iter()
            .position(|(_, packets)| self.can(packets))
        {
            if let Some((timestamp, packets)) = self.pictures.remove(place) {
                self.done.insert(timestamp);
                let truths = packets.values().map(|out| out.truth);
                self.decoded
                    .extend(truths.map(|truth| (truth.stream, truth.picture)));
                self.shown.extend(
                    packets
                        .values()
                        .next()
                        .map(|out| (now_ms, out.truth.stream)),
                );
            }
        }
    }

    /// Whether a picture is whole, from its start without a hole to its marker, and what it needs
    /// was decoded.
    fn can(&self, packets: &BTreeMap<u64, Out>) -> bool {
        let (Some((first, one)), Some((last, other))) =
            (packets.first_key_value(), packets.last_key_value())
        else {
            return false;
        };
        let whole = (last - first + 1) as usize == packets.len();
        let needs = one.truth.needs.map(|needs| (one.truth.stream, needs));
        one.starts
            && other.numbers.marker
            && whole
            && needs.is_none_or(|needs| self.decoded.contains(&needs))
    }

    /// Whether the viewer asks for a keyframe now: it has seen nothing new for a while.
    pub(crate) fn asks(&mut self, now_ms: u64) -> bool {
        let since = self
            .shown
            .last()
            .map_or(0, |(at, _)| *at)
            .max(self.asked_ms.unwrap_or(0));
        let asks = now_ms >= since + 300;
        if asks {
            self.asked_ms = Some(now_ms);
        }
        asks
    }

    /// The longest time without a new picture between two moments.
    pub(crate) fn longest_still(&self, from_ms: u64, to_ms: u64) -> u64 {
        let within = self
            .shown
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| (from_ms..to_ms).contains(at));
        let mut last = from_ms;
        let mut longest = 0;
        for at in within.chain([to_ms]) {
            longest = longest.max(at - last);
            last = at;
        }
        longest
    }
}
