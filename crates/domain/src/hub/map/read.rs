//! Reading maps: entries in their order, and changes since a position, page by page.

use std::cmp::Reverse;
use std::ops::Bound;
use std::sync::Arc;

use super::entry::{Entry, Rank};
use super::store::{Full, Maps};
use crate::hub::{KeptQuery, Moment, Position, Weigh};

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateQuery<'a> {
    /// Behind where an earlier page ended; empty for the first.
    pub cursor: &'a str,
    /// At most so many.
    pub limit: usize,
    /// The lowest score first.
    pub ascending: bool,
    /// Only those whose last change has at most this offset.
    pub not_above: Option<u64>,
    /// At most so many bytes of payload, but one entry in any case.
    pub bytes_max: usize,
}

/// A page of entries, and where the map stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State<P> {
    /// Where it stands.
    pub position: Position,
    /// The entries, in order.
    pub entries: Vec<Entry<P>>,
    /// Where the next page begins; `None` when this was the last.
    pub cursor: Option<String>,
    /// How many there are in all.
    pub count: usize,
}

/// A page of changes, and where the map stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes<P> {
    /// Where it stands.
    pub position: Position,
    /// Offset and payload of each, in the order asked for.
    pub changes: Vec<(u64, P)>,
    /// Whether every change behind the position asked for is there or on later pages.
    pub whole: bool,
}

/// Between the parts of a cursor.
const BETWEEN: char = ':';

fn cursor<P>(entry: &Entry<P>) -> String {
    format!("{}{BETWEEN}{}", entry.score, entry.key)
}

/// Where a page begins. A cursor that nobody gave out begins anew.
fn rank(cursor: &str) -> Option<Rank> {
    let (score, key) = cursor.split_once(BETWEEN)?;
    Some((Reverse(score.parse().ok()?), key.into()))
}

impl<P: Clone + Weigh> Maps<P> {
    /// Reads a page of the entries that `admits` lets through.
    ///
    /// # Errors
    /// There is no room for another map.
    pub fn state(
        &mut self,
        moment: Moment,
        (channel, query): (&str, StateQuery<'_>),
        admits: impl Fn(&P) -> bool,
    ) -> Result<State<P>, Full> {
        let map = self.look(moment, channel)?;
        let behind = rank(query.cursor).map_or(Bound::Unbounded, Bound::Excluded);
        let mut order: Box<dyn Iterator<Item = &Rank>> = if query.ascending {
            Box::new(map.order.range((Bound::Unbounded, behind)).rev())
        } else {
            Box::new(map.order.range((behind, Bound::Unbounded)))
        };
        let wanted = |entry: &&Entry<P>| {
            query.not_above.is_none_or(|above| entry.offset <= above) && admits(&entry.payload)
        };
        let mut found = order
            .by_ref()
            .filter_map(|(_, key)| map.entries.get(key))
            .filter(wanted);
        let (mut entries, mut bytes) = (Vec::new(), 0_usize);
        let mut more = false;
        for entry in found.by_ref() {
            bytes = bytes.saturating_add(entry.payload.bytes());
            more = entries.len() >= query.limit.max(1)
                || (bytes > query.bytes_max && !entries.is_empty());
            if more {
                break;
            }
            entries.push(entry.clone());
        }
        Ok(State {
            position: map.position(),
            cursor: entries.last().filter(|_| more).map(cursor),
            count: map.entries.len(),
            entries,
        })
    }

    /// The entry of a key, and where the map stands.
    ///
    /// # Errors
    /// There is no room for another map.
    pub fn entry(
        &mut self,
        moment: Moment,
        (channel, key): (&str, &str),
    ) -> Result<(Option<Entry<P>>, Position), Full> {
        let map = self.look(moment, channel)?;
        Ok((map.entries.get(key).cloned(), map.position()))
    }

    /// Reads a page of the changes; see [`KeptQuery`].
    ///
    /// # Errors
    /// There is no room for another map.
    pub fn changes(
        &mut self,
        moment: Moment,
        channel: &str,
        query: KeptQuery,
    ) -> Result<Changes<P>, Full> {
        let map = self.look(moment, channel)?;
        let since = query.since.unwrap_or(0);
        let first = map.stream.front().map_or(map.top + 1, |kept| kept.offset);
        let whole = since <= map.top && first <= since.saturating_add(1);
        let entry = |offset: u64, payload: &P| (offset, payload.clone());
        let kept = map.stream.iter();
        let changes = if query.reverse {
            let below = query.since.unwrap_or(u64::MAX);
            let wanted = kept.rev().filter(|kept| kept.offset < below);
            let wanted = wanted.take(query.limit);
            wanted
                .map(|kept| entry(kept.offset, &kept.payload))
                .collect()
        } else {
            let wanted = kept.filter(|kept| kept.offset > since);
            let wanted = wanted.take(query.limit);
            wanted
                .map(|kept| entry(kept.offset, &kept.payload))
                .collect()
        };
        Ok(Changes {
            position: map.position(),
            changes,
            whole,
        })
    }

    /// How many keys a map has; none without a map.
    #[must_use]
    pub fn keys_count(&self, channel: &str) -> usize {
        self.find(channel).map_or(0, |map| map.entries.len())
    }

    /// The epoch of a map that is there.
    #[must_use]
    pub fn epoch(&self, channel: &str) -> Option<Arc<str>> {
        self.find(channel).map(|map| Arc::clone(&map.epoch))
    }
}
