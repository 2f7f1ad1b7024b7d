//! What is in force for developers, in memory: asked at every connect, so it costs no read of the
//! database. The publisher keeps it up in the order of the commits; everybody else reads.

use std::sync::{Arc, PoisonError, RwLock};

use base::UnixMs;
use domain::developer::{Board, Change};

/// The board; clones share it.
#[derive(Debug, Clone, Default)]
pub struct DeveloperBoard(Arc<RwLock<Board>>);

impl DeveloperBoard {
    /// With what is kept already.
    #[must_use]
    pub fn new(kept: &[Change]) -> Self {
        let mut board = Board::default();
        for change in kept {
            board.apply(change);
        }
        Self(Arc::new(RwLock::new(board)))
    }

    /// Takes a change in.
    pub fn apply(&self, change: &Change) {
        self.write(|board| board.apply(change));
    }

    /// Forgets what has ended by time.
    pub fn forget_ended(&self, now: UnixMs) {
        self.write(|board| board.forget_ended(now));
    }

    /// Asks something of it. Not held across a wait.
    pub fn read<T>(&self, ask: impl FnOnce(&Board) -> T) -> T {
        ask(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Board)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}
