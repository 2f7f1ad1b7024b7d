//! A network that loses, delays, reorders and doubles, and the seed that it all comes from.

use std::collections::BTreeMap;

/// Chance from a seed (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// True so many times in a thousand.
    pub(crate) fn permille(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weather {
    pub(crate) loss_permille: u64,
    pub(crate) double_permille: u64,
    pub(crate) delay_ms: u64,
    /// Up to so much more delay for each packet: what overtakes is reordered.
    pub(crate) jitter_ms: u64,
    /// Lost packets come again after so long, if they are asked for; 0 never.
    pub(crate) again_ms: u64,
}

/// One direction of a network.
#[derive(Debug)]
pub(crate) struct Network<T> {
    pub(crate) weather: Weather,
    pub(crate) chance: Chance,
    under_way: BTreeMap<(u64, u64), T>,
    sent: u64,
    /// What never arrives.
    pub(crate) lost: Vec<T>,
}

impl<T: Clone> Network<T> {
    pub(crate) fn new(seed: u64, weather: Weather) -> Self {
        let under_way = BTreeMap::new();
        Self {
            weather,
            chance: Chance(seed),
            under_way,
            sent: 0,
            lost: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, now_ms: u64, packet: T) {
        let weather = self.weather;
        let mut at = now_ms + weather.delay_ms;
        let mut tries = 0;
        while self.chance.permille(weather.loss_permille) {
            tries += 1;
            if weather.again_ms == 0 || tries > 4 {
                self.lost.push(packet);
                return;
            }
            at += weather.again_ms;
        }
        if self.chance.permille(weather.double_permille) {
            let again = at + 1 + self.chance.below(weather.jitter_ms + 1);
            self.put(again, packet.clone());
        }
        at += self.chance.below(weather.jitter_ms + 1);
        self.put(at, packet);
    }

    fn put(&mut self, at_ms: u64, packet: T) {
        self.under_way.insert((at_ms, self.sent), packet);
        self.sent += 1;
    }

    pub(crate) fn arrived(&mut self, now_ms: u64) -> Vec<T> {
        let later = self.under_way.split_off(&(now_ms + 1, 0));
        std::mem::replace(&mut self.under_way, later)
            .into_values()
            .collect()
    }
}
