//! A call: who is in it and who speaks.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::event::Event;
use crate::id::{RoomId, TrackId};
use crate::speakers::Speakers;

/// A call.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// The places of its peers.
    pub(crate) peers: BTreeSet<usize>,
    /// What is published in it.
    pub(crate) tracks: BTreeSet<TrackId>,
    pub(crate) speakers: Speakers,
}

impl Room {
    /// Who speaks, when that changed.
    pub(crate) fn tick(&mut self, now: Instant, room: RoomId) -> Option<Event> {
        let spoken = self.speakers.tick(now)?;
        Some(Event::Speakers {
            room,
            speakers: spoken.speakers,
            changed: spoken.changed,
        })
    }
}
