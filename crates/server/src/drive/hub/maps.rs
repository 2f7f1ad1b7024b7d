//! Channels that hold values by key: the maps live in the handle, as the streams do, and everything
//! that happens to them reaches the shards in the order in which it happened.

use std::sync::{Arc, MutexGuard, PoisonError};

use domain::hub::map::{
    Answered, Ask, Entry, Full, Made, MapChanges, MapRules, Maps, State, StateQuery, Unrecoverable,
    Write, Written, answer,
};
use domain::hub::{KeptQuery, Lane, MapChange, Position, Publication};

use super::Hub;
use super::broadcast::Broadcast;
use super::shard::Item;

/// What a map holds for a key, as it goes out.
pub(crate) type Change = Arc<Broadcast>;

/// A new value of a key.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// What those who listen are told.
    pub(crate) told: Publication,
    /// What the entry is, when that is something else.
    pub(crate) entry: Option<Publication>,
    /// When it is wanted.
    pub(crate) write: Write,
}

impl Hub {
    /// Sets the value of a key.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn map_publish(
        &self,
        (channel, key): (&str, &str),
        rules: MapRules,
        value: Value,
    ) -> Result<Written<Change>, Full> {
        let mut maps = self.swept_maps();
        let Value { told, entry, write } = value;
        let moment = self.moment();
        let made = |fresh: domain::hub::map::Fresh<'_, Change>| Made {
            entry: entry.map(|entry| Arc::new(Broadcast::changing(channel, &fresh, entry))),
            change: Arc::new(Broadcast::changing(channel, &fresh, told)),
        };
        let written = maps.publish(moment, (channel, key), (rules, write), made)?;
        self.tell(&written);
        Ok(written)
    }

    /// Removes a key.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn map_remove(
        &self,
        (channel, key): (&str, &str),
        told: Publication,
    ) -> Result<Written<Change>, Full> {
        let mut maps = self.swept_maps();
        self.take_out(&mut maps, (channel, key), told)
    }

    /// What a client that builds its copy of a map is told next.
    ///
    /// # Errors
    /// It has to begin anew.
    pub(crate) fn map_answer(
        &self,
        (channel, ask): (&str, Ask<'_>),
        admits: impl Fn(&Change) -> bool,
    ) -> Result<Answered<Change>, Unrecoverable> {
        let mut maps = self.swept_maps();
        answer(&mut maps, self.moment(), (channel, ask), admits)
    }

    /// A page of the entries.
    ///
    /// # Errors
    /// There is no room for another map.
    pub(crate) fn map_state(
        &self,
        channel: &str,
        query: StateQuery<'_>,
    ) -> Result<State<Change>, Full> {
        let mut maps = self.swept_maps();
        maps.state(self.moment(), (channel, query), |_| true)
    }

    /// The entry of one key.
    ///
    /// # Errors
    /// There is no room for another map.
    pub(crate) fn map_entry(
        &self,
        channel: &str,
        key: &str,
    ) -> Result<(Option<Entry<Change>>, Position), Full> {
        self.swept_maps().entry(self.moment(), (channel, key))
    }

    /// A page of the changes.
    ///
    /// # Errors
    /// There is no room for another map.
    pub(crate) fn map_changes(
        &self,
        channel: &str,
        query: KeptQuery,
    ) -> Result<MapChanges<Change>, Full> {
        self.swept_maps().changes(self.moment(), channel, query)
    }

    /// How many keys a map has.
    pub(crate) fn map_keys_count(&self, channel: &str) -> usize {
        self.swept_maps().keys_count(channel)
    }

    /// Forgets a map with everything in it; those who listen come back and find it empty.
    pub(crate) fn map_clear(&self, channel: &str) {
        let mut maps = self.maps();
        if maps.clear(channel) {
            let channel: Arc<str> = channel.into();
            self.each_inbox(|| Item::Restart(Arc::clone(&channel)));
        }
    }

    /// Removes what is over by now.
    pub(super) fn sweep_maps(&self) {
        drop(self.swept_maps());
    }

    /// The maps without what is over by now. Under the lock until it stands in every inbox, so that
    /// offsets arrive in order.
    fn swept_maps(&self) -> MutexGuard<'_, Maps<Change>> {
        let mut maps = self.maps();
        while let Some((channel, key)) = maps.overdue(self.now_ms()) {
            // What is there has room.
            let _ = self.take_out(&mut maps, (&channel, &key), removal(&key));
        }
        maps
    }

    fn take_out(
        &self,
        maps: &mut Maps<Change>,
        (channel, key): (&str, &str),
        mut told: Publication,
    ) -> Result<Written<Change>, Full> {
        let written = maps.remove(self.moment(), (channel, key), |fresh| {
            // Whoever hears by labels heard of it by these.
            if let Some(before) = fresh.before.and_then(|before| before.published()) {
                told.tags.clone_from(&before.tags);
            }
            Arc::new(Broadcast::changing(channel, &fresh, told))
        })?;
        self.tell(&written);
        Ok(written)
    }

    fn tell(&self, written: &Written<Change>) {
        match written {
            Written::Done(change, _) => self.to_all(change),
            Written::Suppressed(..) => {}
        }
    }

    pub(super) fn maps(&self) -> MutexGuard<'_, Maps<Change>> {
        let maps = self.inner.maps.lock();
        maps.unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told of a key that is removed.
pub(crate) fn removal(key: &str) -> Publication {
    Publication {
        change: Some(MapChange {
            key: key.into(),
            removed: true,
            score: 0,
        }),
        ..Publication::new(Lane::Ephemeral, bytes::Bytes::new())
    }
}
