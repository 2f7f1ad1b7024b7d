//! One channel of a shard: who listens, and up to which offset they all have it.

use std::sync::Arc;

use super::Format;

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
    /// Those who get whatever comes, by format.
    pub(super) live: [Vec<u32>; Format::COUNT],
    /// Those who are looked at one by one: joining, or ahead of the head.
    pub(super) held: Vec<u32>,
}

impl Channel {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            head: None,
            live: Default::default(),
            held: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.live.iter().all(Vec::is_empty)
    }

    /// Everybody, in no particular order.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.live.iter().flatten().chain(&self.held).copied()
    }
}
