//! All peers of a worker: by place and by number, whose turn it is, and when.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use slab::Slab;

use crate::change::Sending;
use crate::id::{PeerId, TrackId};
use crate::peer::Peer;
use crate::subscriber::Subscriber;

/// A peer and what its share of the calls is.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) peer: Peer,
    pub(crate) subscriber: Subscriber,
    /// The sections that were agreed for tracks, whether they are subscribed yet or not.
    pub(crate) sections: HashMap<TrackId, Sending>,
    /// When it wants its turn.
    deadline: Option<Instant>,
    is_dirty: bool,
    pub(crate) since: Instant,
}

/// All peers of a worker.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    slots: Slab<Slot>,
    places: HashMap<PeerId, usize>,
    timers: BTreeSet<(Instant, usize)>,
    dirty: Vec<usize>,
}

impl Peers {
    /// A new peer gets a place; a second one of the same number does not.
    pub(crate) fn insert(&mut self, now: Instant, peer: Peer) -> Option<usize> {
        if self.places.contains_key(&peer.id) {
            return None;
        }
        let id = peer.id;
        let place = self.slots.insert(Slot {
            peer,
            subscriber: Subscriber::default(),
            sections: HashMap::new(),
            deadline: None,
            is_dirty: false,
            since: now,
        });
        self.places.insert(id, place);
        Some(place)
    }

    pub(crate) fn remove(&mut self, place: usize) -> Option<Slot> {
        let slot = self.slots.try_remove(place)?;
        self.places.remove(&slot.peer.id);
        if let Some(deadline) = slot.deadline {
            self.timers.remove(&(deadline, place));
        }
        Some(slot)
    }

    pub(crate) fn place(&self, id: PeerId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Slot> {
        self.slots.get(place)
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Slot> {
        self.slots.get_mut(place)
    }

    /// The peer at a place, which gets its turn before time passes on.
    pub(crate) fn touch(&mut self, place: usize) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(place)?;
        if !slot.is_dirty {
            slot.is_dirty = true;
            self.dirty.push(place);
        }
        Some(slot)
    }

    /// The next one whose turn it is.
    pub(crate) fn next_dirty(&mut self) -> Option<usize> {
        while let Some(place) = self.dirty.pop() {
            if let Some(slot) = self.slots.get_mut(place)
                && std::mem::take(&mut slot.is_dirty)
            {
                return Some(place);
            }
        }
        None
    }

    /// Gives their turn to all whose time has come.
    pub(crate) fn wake(&mut self, now: Instant) {
        while let Some((deadline, place)) = self.timers.first().copied()
            && deadline <= now
        {
            self.timers.pop_first();
            if let Some(slot) = self.slots.get_mut(place) {
                slot.deadline = None;
            }
            self.touch(place);
        }
    }

    /// Notes when a peer wants its turn.
    pub(crate) fn sleep(&mut self, place: usize, until: Instant) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        if let Some(before) = slot.deadline.replace(until) {
            self.timers.remove(&(before, place));
        }
        self.timers.insert((until, place));
    }

    /// When the first of them wants its turn.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.timers.first().map(|it| it.0)
    }

    /// The places of all.
    pub(crate) fn all(&self) -> Vec<usize> {
        self.slots.iter().map(|(place, _)| place).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}
