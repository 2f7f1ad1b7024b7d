//! One channel of a shard: who listens, and up to which offset they all have it.

use std::sync::Arc;

use super::{Delta, Format};

/// A channel of one hub, for as long as somebody listens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelKey(pub(super) u32);

/// Where a stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) epoch: Arc<str>,
    pub(super) top: u64,
}

/// The listeners of one channel. Lists hold slots of connections; each subscription knows its
/// place in its list, so leaving costs the same however many listen.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) name: Arc<str>,
    /// What every listener in `live` has; `None` before the first offset is known.
    pub(super) head: Option<Head>,
    /// Those who get whatever comes.
    pub(super) live: Live,
    /// Those who get what passes their filter.
    pub(super) filtered: Vec<u32>,
    /// Those who are looked at one by one: joining, or ahead of the head.
    pub(super) held: Vec<u32>,
}

/// A list of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Live(Format),
    Filtered,
    Held,
}

impl Channel {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            head: None,
            live: Live::default(),
            filtered: Vec::new(),
            held: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.live.is_empty() && self.filtered.is_empty()
    }

    /// Everybody, in no particular order.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        let apart = self.filtered.iter().chain(&self.held).copied();
        self.live.slots().chain(apart)
    }
}

/// Slots by format, with a list only for formats that somebody listens in: there are many formats,
/// and most channels have listeners in one.
#[derive(Debug, Default)]
pub(super) struct Live(Vec<(Format, Vec<u32>)>);

impl Live {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lists, none of them empty.
    pub(super) fn lists(&self) -> impl Iterator<Item = (Format, &[u32])> + '_ {
        self.0
            .iter()
            .map(|(format, slots)| (*format, slots.as_slice()))
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|(_, slots)| slots).copied()
    }

    /// Whether somebody gets publications like this.
    pub(super) fn has(&self, delta: Delta) -> bool {
        self.0.iter().any(|(format, _)| format.delta == delta)
    }

    /// Takes everybody out who gets publications like this.
    pub(super) fn take(&mut self, delta: Delta) -> Vec<u32> {
        let mut taken = Vec::new();
        self.0.retain_mut(|(format, slots)| {
            let keep = format.delta != delta;
            if !keep {
                taken.append(slots);
            }
            keep
        });
        taken
    }

    /// Puts a slot behind the others of its format and gives its place.
    pub(super) fn enter(&mut self, format: Format, slot: u32) -> u32 {
        let known = self.0.iter().position(|(it, _)| *it == format);
        let at = known.unwrap_or_else(|| {
            self.0.reserve_exact(1);
            self.0.push((format, Vec::new()));
            self.0.len() - 1
        });
        let Some((_, slots)) = self.0.get_mut(at) else {
            return 0;
        };
        slots.push(slot);
        (slots.len() - 1) as u32
    }

    /// Takes a place out of the list of a format; gives the slot that moved into it.
    pub(super) fn leave(&mut self, format: Format, place: u32) -> Option<u32> {
        let at = self.0.iter().position(|(it, _)| *it == format)?;
        let (_, slots) = self.0.get_mut(at)?;
        let moved = leave(slots, place);
        if slots.is_empty() {
            self.0.swap_remove(at);
        }
        moved
    }
}

/// Takes a place out of a list; gives the slot that moved into it.
pub(super) fn leave(list: &mut Vec<u32>, place: u32) -> Option<u32> {
    list.swap_remove(place as usize);
    if list.len() * 4 < list.capacity() {
        list.shrink_to(list.len() * 2);
    }
    list.get(place as usize).copied()
}
