//! A viewer: puts packets in order by what is written on them, decodes by the truth they carry.

use std::collections::{BTreeMap, BTreeSet};

use media::packet::Rewritten;

use crate::publisher::Truth;

/// A packet as it left for the viewer.
#[derive(Debug, Clone)]
pub struct Out {
    pub numbers: Rewritten,
    pub starts: bool,
    pub truth: Truth,
    pub bytes: usize,
    pub at_ms: u64,
}

/// The viewer.
#[derive(Debug, Default)]
pub struct Receiver {
    packets: BTreeMap<u64, Out>,
    decoded: BTreeSet<(u8, u64)>,
    done: BTreeSet<u32>,
    /// When pictures were decoded, and of which encoding.
    pub shown: Vec<(u64, u8)>,
    asked_ms: Option<u64>,
}

impl Receiver {
    pub fn receive(&mut self, now_ms: u64, out: Out) {
        let timestamp = out.numbers.timestamp;
        self.packets.entry(out.numbers.sequence).or_insert(out);
        // What is old was decoded or given up.
        while self.packets.len() > 800 {
            self.packets.pop_first();
        }
        self.try_picture(now_ms, timestamp);
    }

    /// Decodes everything that a picture, or those waiting for it, allow.
    fn try_picture(&mut self, now_ms: u64, timestamp: u32) {
        let mut waiting: Vec<u32> = vec![timestamp];
        waiting.extend(
            self.packets
                .values()
                .rev()
                .take(200)
                .map(|out| out.numbers.timestamp),
        );
        waiting.sort_by_key(|t| t.wrapping_sub(timestamp));
        waiting.dedup();
        for timestamp in waiting {
            if self.done.contains(&timestamp) {
                continue;
            }
            let Some(truth) = self.complete(timestamp) else {
                continue;
            };
            let can = truth
                .needs
                .is_none_or(|needs| self.decoded.contains(&(truth.stream, needs)));
            if can {
                self.done.insert(timestamp);
                self.decoded.insert((truth.stream, truth.picture));
                self.shown.push((now_ms, truth.stream));
            }
        }
    }

    /// A picture of which everything is there: from its start without a hole to its marker.
    fn complete(&self, timestamp: u32) -> Option<Truth> {
        let mut run = None;
        let of_picture = self
            .packets
            .iter()
            .filter(|(_, out)| out.numbers.timestamp == timestamp);
        for (sequence, out) in of_picture.filter(|(_, out)| !out.numbers.empty) {
            match run {
                None if out.starts => run = Some(*sequence),
                Some(last) if last + 1 == *sequence => run = Some(*sequence),
                None | Some(_) => return None,
            }
            if out.numbers.marker {
                return Some(out.truth);
            }
        }
        None
    }

    /// Whether the viewer asks for a keyframe now: it has seen nothing new for a while.
    pub fn asks(&mut self, now_ms: u64) -> bool {
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
    pub fn longest_still(&self, from_ms: u64, to_ms: u64) -> u64 {
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
