//! All maps: how values come in and go, and what is remembered of that.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use base::limits::{
    MAP_KEYS_MAX, MAPS_BYTES_MAX, MAPS_MAX, STREAM_IDLE_MS_MAX, STREAM_PUBLICATIONS_MAX,
};
use thiserror::Error;

use super::entry::{Entry, KeyMode, MapRules, Rank, Suppressed, Write};
use crate::hub::{Moment, Position, Weigh};

/// There is no room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no room for more in the maps")]
pub struct Full;

/// A change that is about to be made.
#[derive(Debug)]
pub struct Fresh<'a, P> {
    /// Its number in the stream of the map.
    pub offset: u64,
    /// The map's epoch.
    pub epoch: &'a Arc<str>,
    /// What the key was before.
    pub before: Option<&'a P>,
    /// Whether those who listen were told that very payload.
    pub told: bool,
}

/// What a change is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made<P> {
    /// What those who listen are told, and who comes back.
    pub change: P,
    /// What the entry is from here on, when that is something else.
    pub entry: Option<P>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<P> {
    /// It was made: what those who listen are to be told, and its place in the stream.
    Done(P, Position),
    /// It was not wanted; where the map stands.
    Suppressed(Suppressed, Position),
}

#[derive(Debug)]
pub(super) struct Kept<P> {
    pub(super) offset: u64,
    pub(super) payload: P,
    until_ms: u64,
}

#[derive(Debug)]
pub(super) struct Map<P> {
    pub(super) epoch: Arc<str>,
    pub(super) top: u64,
    pub(super) entries: HashMap<Arc<str>, Entry<P>>,
    pub(super) order: BTreeSet<Rank>,
    pub(super) stream: VecDeque<Kept<P>>,
    rules: MapRules,
    bytes: usize,
    touched_ms: u64,
}

/// All maps in memory. Times are milliseconds of a clock that does not go back.
#[derive(Debug)]
pub struct Maps<P> {
    maps: HashMap<Arc<str>, Map<P>>,
    /// Entries that go by themselves, by when.
    expiring: BTreeSet<(u64, Arc<str>, Arc<str>)>,
    bytes: usize,
    bytes_max: usize,
}

impl<P> Default for Maps<P> {
    fn default() -> Self {
        Self {
            maps: HashMap::new(),
            expiring: BTreeSet::new(),
            bytes: 0,
            bytes_max: MAPS_BYTES_MAX,
        }
    }
}

impl<P: Clone + Weigh> Maps<P> {
    /// Sets the value of a key, unless that is not wanted. `make` makes it.
    ///
    /// # Errors
    /// There is no room.
    pub fn publish(
        &mut self,
        moment: Moment,
        (channel, key): (&str, &str),
        (rules, write): (MapRules, Write),
        make: impl FnOnce(Fresh<'_, P>) -> Made<P>,
    ) -> Result<Written<P>, Full> {
        let (channel, has_room) = (self.open(moment, channel)?, self.bytes < self.bytes_max);
        let Some(map) = self.maps.get_mut(&channel) else {
            return Err(Full);
        };
        let known = map.entries.get(key);
        if let Some(reason) = unwanted(known, &write) {
            return Ok(Written::Suppressed(reason, map.position()));
        }
        if !has_room || (known.is_none() && map.entries.len() >= MAP_KEYS_MAX) {
            return Err(Full);
        }
        let before = map.bytes;
        map.rules = rules;
        map.top += 1;
        let fresh = Fresh {
            offset: map.top,
            epoch: &map.epoch,
            before: known.map(|entry| &entry.payload),
            told: known.is_some_and(|entry| entry.told),
        };
        let Made { change, entry } = make(fresh);
        let key: Arc<str> = known.map_or_else(|| key.into(), |entry| Arc::clone(&entry.key));
        let until_ms = rules
            .key_ttl_ms
            .map(|ttl| moment.now_ms.saturating_add(ttl));
        if let Some(gone) = map.take(&key) {
            forget(&mut self.expiring, &channel, &gone);
        }
        if let Some(until_ms) = until_ms {
            let place = (until_ms, Arc::clone(&channel), Arc::clone(&key));
            self.expiring.insert(place);
        }
        map.put(Entry {
            key,
            told: entry.is_none(),
            payload: entry.unwrap_or_else(|| change.clone()),
            offset: map.top,
            score: write.score,
            version: write.version,
            until_ms,
        });
        map.append(moment.now_ms, change.clone());
        self.bytes = (self.bytes + map.bytes).saturating_sub(before);
        Ok(Written::Done(change, map.position()))
    }

    /// Removes a key. `make` makes what is told of that.
    ///
    /// # Errors
    /// There is no room for another map.
    pub fn remove(
        &mut self,
        moment: Moment,
        (channel, key): (&str, &str),
        make: impl FnOnce(Fresh<'_, P>) -> P,
    ) -> Result<Written<P>, Full> {
        let channel = self.open(moment, channel)?;
        let Some(map) = self.maps.get_mut(&channel) else {
            return Err(Full);
        };
        let before = map.bytes;
        let Some(gone) = map.take(key) else {
            let reason = Suppressed::KeyNotFound;
            return Ok(Written::Suppressed(reason, map.position()));
        };
        forget(&mut self.expiring, &channel, &gone);
        map.top += 1;
        let change = make(Fresh {
            offset: map.top,
            epoch: &map.epoch,
            before: Some(&gone.payload),
            told: gone.told,
        });
        map.append(moment.now_ms, change.clone());
        self.bytes = (self.bytes + map.bytes).saturating_sub(before);
        Ok(Written::Done(change, map.position()))
    }

    /// The entry whose time is over first, if one is: channel and key.
    #[must_use]
    pub fn overdue(&self, now_ms: u64) -> Option<(Arc<str>, Arc<str>)> {
        let (until_ms, channel, key) = self.expiring.first()?;
        (*until_ms <= now_ms).then(|| (Arc::clone(channel), Arc::clone(key)))
    }

    /// Forgets a map with everything in it; the next one under its name has another epoch. Whether
    /// there was one.
    pub fn clear(&mut self, channel: &str) -> bool {
        let Some(map) = self.maps.remove(channel) else {
            return false;
        };
        self.bytes = self.bytes.saturating_sub(map.bytes);
        for entry in map.entries.values() {
            forget(&mut self.expiring, channel, entry);
        }
        true
    }

    /// Where each map stands.
    pub fn positions(&self) -> impl Iterator<Item = (&Arc<str>, Position)> {
        let maps = self.maps.iter();
        maps.map(|(name, map)| (name, map.position()))
    }

    /// Lets go of changes and of empty maps that are over; to be called now and then.
    pub fn tidy(&mut self, now_ms: u64) {
        let mut bytes = 0;
        self.maps.retain(|_, map| {
            map.expire(now_ms);
            bytes += map.bytes;
            let idle_ms = now_ms.saturating_sub(map.touched_ms);
            !map.is_empty() || idle_ms < map.rules.meta_ttl_ms
        });
        self.bytes = bytes;
    }

    pub(super) fn find(&self, channel: &str) -> Option<&Map<P>> {
        self.maps.get(channel)
    }

    /// The map of a channel, for whoever reads it; begins it when there is none, so that the
    /// position that is handed out holds.
    pub(super) fn look(&mut self, moment: Moment, channel: &str) -> Result<&mut Map<P>, Full> {
        let channel = self.open(moment, channel)?;
        self.maps.get_mut(&channel).ok_or(Full)
    }

    /// The name of the map of a channel, which is there from here on.
    fn open(&mut self, moment: Moment, channel: &str) -> Result<Arc<str>, Full> {
        if let Some((name, _)) = self.maps.get_key_value(channel) {
            let name = Arc::clone(name);
            if let Some(map) = self.maps.get_mut(&name) {
                map.touched_ms = moment.now_ms;
                let before = map.bytes;
                map.expire(moment.now_ms);
                self.bytes = self.bytes.saturating_sub(before - map.bytes);
            }
            return Ok(name);
        }
        if self.maps.len() >= MAPS_MAX {
            self.forget_idle();
        }
        if self.maps.len() >= MAPS_MAX {
            return Err(Full);
        }
        let name: Arc<str> = channel.into();
        self.maps.insert(Arc::clone(&name), Map::new(moment));
        Ok(name)
    }

    /// Forgets empty maps that nobody used for the longest time, many at once.
    fn forget_idle(&mut self) {
        let empty = self.maps.iter().filter(|(_, map)| map.is_empty());
        let mut idle: Vec<_> = empty
            .map(|(name, map)| (map.touched_ms, Arc::clone(name)))
            .collect();
        idle.sort_unstable();
        for (_, name) in idle.into_iter().take(MAPS_MAX / 16 + 1) {
            self.clear(&name);
        }
    }
}

/// Why a change is not wanted, if it is not.
fn unwanted<P>(known: Option<&Entry<P>>, write: &Write) -> Option<Suppressed> {
    match (known, write.mode) {
        (Some(_), KeyMode::IfNew) => Some(Suppressed::KeyExists),
        (None, KeyMode::IfExists) => Some(Suppressed::KeyNotFound),
        (Some(there), KeyMode::Any | KeyMode::IfExists) => {
            let behind = write.version.is_behind(&there.version);
            behind.then_some(Suppressed::Version)
        }
        (None, KeyMode::Any | KeyMode::IfNew) => None,
    }
}

/// An entry does not go by itself any more.
fn forget<P>(expiring: &mut BTreeSet<(u64, Arc<str>, Arc<str>)>, channel: &str, entry: &Entry<P>) {
    if let Some(until_ms) = entry.until_ms {
        expiring.remove(&(until_ms, channel.into(), Arc::clone(&entry.key)));
    }
}

impl<P: Clone + Weigh> Map<P> {
    fn new(moment: Moment) -> Self {
        Self {
            epoch: format!("{:08x}", moment.random).into(),
            top: 0,
            entries: HashMap::new(),
            order: BTreeSet::new(),
            stream: VecDeque::new(),
            rules: MapRules {
                meta_ttl_ms: STREAM_IDLE_MS_MAX,
                ..MapRules::default()
            },
            bytes: 0,
            touched_ms: moment.now_ms,
        }
    }

    pub(super) fn position(&self) -> Position {
        Position {
            epoch: Arc::clone(&self.epoch),
            top: self.top,
        }
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.stream.is_empty()
    }

    fn put(&mut self, entry: Entry<P>) {
        self.bytes += weight(&entry);
        self.order.insert(entry.rank());
        self.entries.insert(Arc::clone(&entry.key), entry);
    }

    fn take(&mut self, key: &str) -> Option<Entry<P>> {
        let gone = self.entries.remove(key)?;
        self.order.remove(&gone.rank());
        self.bytes = self.bytes.saturating_sub(weight(&gone));
        Some(gone)
    }

    /// The newest change, which has the offset `top`.
    fn append(&mut self, now_ms: u64, payload: P) {
        self.bytes += payload.bytes();
        self.stream.push_back(Kept {
            offset: self.top,
            payload,
            until_ms: now_ms.saturating_add(self.rules.stream_ttl_ms),
        });
        let size = (self.rules.stream_size as usize).min(STREAM_PUBLICATIONS_MAX);
        while self.stream.len() > size {
            self.drop_oldest();
        }
    }

    fn expire(&mut self, now_ms: u64) {
        while self
            .stream
            .front()
            .is_some_and(|kept| kept.until_ms <= now_ms)
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(gone) = self.stream.pop_front() {
            self.bytes = self.bytes.saturating_sub(gone.payload.bytes());
        }
    }
}

/// About how many bytes of memory an entry takes.
fn weight<P: Weigh>(entry: &Entry<P>) -> usize {
    std::mem::size_of::<Entry<P>>() + 3 * entry.key.len() + entry.payload.bytes()
}
