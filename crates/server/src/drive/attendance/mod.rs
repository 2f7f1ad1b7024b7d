//! Who is in the calls of rooms, and what the rest of the place hears of it.
//!
//! [`Attendance`] is what everybody may ask; [`Keeper`] is the one task that changes it. It follows
//! the calls, writes their beginning and end to the rooms' logs, tells the members who is in,
//! rings, notes on disk what goes on, and takes out of a call whoever lost the right to be there.
//! Knows no media: what happens inside a call is `drive/calls`'.

mod board;
mod keep;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{CallId, PersonId, RoomId, UnixMs};
use tokio::sync::Notify;

use crate::view;
use board::Board;
pub use keep::{Keeper, end_all, end_cut_off};

#[derive(Debug, Default)]
struct Inner {
    board: Mutex<Board>,
    /// Rooms in which somebody may have lost or won rights.
    doubtful: Mutex<HashSet<RoomId>>,
    doubted: Notify,
}

/// Who is in the calls of rooms. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Attendance(Arc<Inner>);

impl Attendance {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doubtful(&self) -> MutexGuard<'_, HashSet<RoomId>> {
        self.0
            .doubtful
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The call that goes on in a room, as it is shown.
    #[must_use]
    pub fn seen(&self, room: RoomId) -> Option<view::call::Call> {
        self.board().seen(room)
    }

    /// Which call goes on in a room, since when, and who came first.
    #[must_use]
    pub fn origin(&self, room: RoomId) -> Option<(CallId, UnixMs, PersonId)> {
        self.board().origin(room)
    }

    /// Who is in a room's call and since when.
    #[must_use]
    pub fn people(&self, room: RoomId) -> Vec<(PersonId, UnixMs)> {
        self.board().people(room)
    }

    /// Whether a moderator took somebody out of the call that goes on.
    #[must_use]
    pub fn is_barred(&self, room: RoomId, person: PersonId) -> bool {
        self.board().is_barred(room, person)
    }

    /// Keeps somebody out of the call that goes on, for as long as it does.
    pub fn bar(&self, room: RoomId, person: PersonId) {
        self.board().bar(room, person);
    }

    /// Rights in a room changed: whoever is in its call is judged anew. Never waits.
    pub fn doubt(&self, room: RoomId) {
        if self.board().goes_on(room) {
            self.doubtful().insert(room);
            self.0.doubted.notify_one();
        }
    }

    /// Somebody's rights changed everywhere. Never waits.
    pub fn doubt_all(&self) {
        for room in self.board().rooms() {
            self.doubt(room);
        }
    }
}
