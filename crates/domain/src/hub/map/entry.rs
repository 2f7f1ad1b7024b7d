//! One entry of a map, and the rules by which it comes, changes and goes.

use std::cmp::Reverse;
use std::sync::Arc;

/// What holds for all maps of a namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MapRules {
    /// How many changes are kept for those who were away.
    pub stream_size: u32,
    /// How long a change is kept, in milliseconds.
    pub stream_ttl_ms: u64,
    /// How long an entry stands after its last change, in milliseconds; `None` until it is removed.
    pub key_ttl_ms: Option<u64>,
    /// How long the position of an empty map is remembered, in milliseconds.
    pub meta_ttl_ms: u64,
}

/// When a change is wanted at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyMode {
    /// Whether there is an entry or not.
    #[default]
    Any,
    /// Only when there is none.
    IfNew,
    /// Only when there is one.
    IfExists,
}

/// The writer's own number of a change: an entry never goes back to a lower or equal one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// The number; 0 for none.
    pub number: u64,
    /// Numbers of different epochs are not compared.
    pub epoch: Arc<str>,
}

impl Version {
    /// Whether a change with this version is older than, or the same as, what is there.
    pub(super) fn is_behind(&self, there: &Self) -> bool {
        self.number > 0 && self.epoch == there.epoch && self.number <= there.number
    }
}

/// A new value of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Write {
    /// When it is wanted.
    pub mode: KeyMode,
    /// The writer's number of it.
    pub version: Version,
    /// Where it stands among the entries: the highest first, then by key.
    pub score: i64,
}

/// Why a change was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppressed {
    /// There is an entry already.
    KeyExists,
    /// There is none.
    KeyNotFound,
    /// A newer one is there.
    Version,
}

/// Where an entry stands among the others.
pub(super) type Rank = (Reverse<i64>, Arc<str>);

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<P> {
    /// The key.
    pub key: Arc<str>,
    /// What it is.
    pub payload: P,
    /// The number of the change that made it so.
    pub offset: u64,
    /// See [`Write::score`].
    pub score: i64,
    pub(super) version: Version,
    /// Whether those who listened were told this very payload, so that the next one may be told as
    /// the difference to it.
    pub(super) told: bool,
    /// When it goes by itself.
    pub(super) until_ms: Option<u64>,
}

impl<P> Entry<P> {
    pub(super) fn rank(&self) -> Rank {
        (Reverse(self.score), Arc::clone(&self.key))
    }
}
