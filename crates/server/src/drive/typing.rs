//! What was told last of who types where, so that a renewal is not told too often, and who was
//! found to be allowed to, so that a signal costs no read of the database. In memory only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base::{PersonId, RoomId, UnixMs};
use domain::chat::typing::{TYPING_LIFE_MS, TYPING_TRUST_MS};

/// Entries from which on old ones are swept out.
const SWEEP_FROM: usize = 4_096;

/// What is known of one person in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typist {
    /// When they were last found to be allowed to type there.
    pub checked_at: UnixMs,
    /// What was told last, and when.
    pub told: Option<(bool, UnixMs)>,
}

#[derive(Debug)]
struct Board {
    typists: HashMap<(RoomId, PersonId), Typist>,
    sweep_at: usize,
}

/// Who types where, since when.
#[derive(Debug)]
pub struct TypingBoard(Mutex<Board>);

impl Default for TypingBoard {
    fn default() -> Self {
        Self(Mutex::new(Board {
            typists: HashMap::new(),
            sweep_at: SWEEP_FROM,
        }))
    }
}

impl TypingBoard {
    /// What is known of a person in a room.
    #[must_use]
    pub fn typist(&self, room: RoomId, person: PersonId) -> Option<Typist> {
        let board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        board.typists.get(&(room, person)).copied()
    }

    /// Notes what is known from now on.
    pub fn note(&self, room: RoomId, person: PersonId, typist: Typist, now: UnixMs) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if board.typists.len() >= board.sweep_at {
            board.typists.retain(|_, typist| typist.matters(now));
            // Twice of what is left, so that sweeping costs each entry a constant.
            board.sweep_at = SWEEP_FROM.max(2 * board.typists.len());
        }
        board.typists.insert((room, person), typist);
    }
}

impl Typist {
    /// Whether the last look at what they may do still holds.
    #[must_use]
    pub fn is_trusted(&self, now: UnixMs) -> bool {
        now.since_ms(self.checked_at) < TYPING_TRUST_MS
    }

    fn matters(&self, now: UnixMs) -> bool {
        let typing = self
            .told
            .is_some_and(|(on, at)| on && now.since_ms(at) < TYPING_LIFE_MS);
        typing || self.is_trusted(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_any_more_is_swept_out() {
        let board = TypingBoard::default();
        let early = UnixMs(1_000);
        let typist = |at| Typist {
            checked_at: at,
            told: Some((true, at)),
        };
        for number in 0..SWEEP_FROM as u64 {
            board.note(RoomId(number), PersonId(1), typist(early), early);
        }
        let late = UnixMs(1_000 + TYPING_TRUST_MS);
        board.note(RoomId(1 << 40), PersonId(1), typist(late), late);
        assert_eq!(board.typist(RoomId(0), PersonId(1)), None);
        let kept = board.typist(RoomId(1 << 40), PersonId(1));
        assert!(kept.is_some_and(|kept| kept.is_trusted(late)));
    }
}
