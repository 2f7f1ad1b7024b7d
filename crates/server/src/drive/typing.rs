//! What was told last of who types where, so that a renewal is not told too often. In memory only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base::{PersonId, RoomId, UnixMs};
use domain::chat::typing::TYPING_LIFE_MS;

/// Entries from which on old ones are swept out.
const SWEEP_FROM: usize = 4_096;

/// Who types where, since when.
#[derive(Debug, Default)]
pub struct TypingBoard(Mutex<HashMap<(RoomId, PersonId), (bool, UnixMs)>>);

impl TypingBoard {
    /// What was told last, and when.
    #[must_use]
    pub fn told(&self, room: RoomId, person: PersonId) -> Option<(bool, UnixMs)> {
        let board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        board.get(&(room, person)).copied()
    }

    /// Notes what is told now.
    pub fn note(&self, room: RoomId, person: PersonId, on: bool, now: UnixMs) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if board.len() >= SWEEP_FROM {
            board.retain(|_, (on, at)| *on && now.since_ms(*at) < TYPING_LIFE_MS);
        }
        board.insert((room, person), (on, now));
    }
}
