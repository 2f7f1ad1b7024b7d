//! What happened to people while somebody's connect was being decided.
//!
//! A connect is answered from facts that are read before the connection exists. A logout or a new
//! membership in between finds no connection to change; it waits here and is applied as soon as
//! the connection stands.

use std::collections::VecDeque;

use base::limits::CHANGES_WHILE_CONNECTING_MAX;

/// The changes since the oldest connect that is still undecided; empty when there is none.
#[derive(Debug)]
pub struct Changes<C> {
    first: u64,
    kept: VecDeque<C>,
    undecided: usize,
}

impl<C> Default for Changes<C> {
    fn default() -> Self {
        Self {
            first: 0,
            kept: VecDeque::new(),
            undecided: 0,
        }
    }
}

impl<C: Clone> Changes<C> {
    /// A connect begins. Every call needs one [`Changes::close`] with what comes back.
    pub fn open(&mut self) -> u64 {
        self.undecided += 1;
        self.first + self.kept.len() as u64
    }

    /// Something happened to a person.
    pub fn note(&mut self, change: C) {
        if self.undecided == 0 {
            return;
        }
        if self.kept.len() == CHANGES_WHILE_CONNECTING_MAX {
            self.kept.pop_front();
            self.first += 1;
        }
        self.kept.push_back(change);
    }

    /// The connect is decided: what happened since. `None` when that was too much to keep, and the
    /// client has to connect anew.
    pub fn close(&mut self, since: u64) -> Option<Vec<C>> {
        let skipped = since.checked_sub(self.first);
        let missed = skipped.map(|skipped| {
            let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
            self.kept.iter().skip(skipped).cloned().collect()
        });
        self.undecided = self.undecided.saturating_sub(1);
        if self.undecided == 0 {
            self.first += self.kept.len() as u64;
            self.kept.clear();
        }
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connect_sees_what_happened_since_it_began() {
        let mut changes = Changes::default();
        changes.note(0);
        let early = changes.open();
        changes.note(1);
        let late = changes.open();
        changes.note(2);
        assert_eq!(changes.close(late), Some(vec![2]));
        assert_eq!(changes.close(early), Some(vec![1, 2]));
        let next = changes.open();
        assert_eq!(changes.close(next), Some(vec![]));
    }

    #[test]
    fn more_than_is_kept_says_so() {
        let mut changes = Changes::default();
        let since = changes.open();
        for change in 0..=CHANGES_WHILE_CONNECTING_MAX {
            changes.note(change);
        }
        assert_eq!(changes.close(since), None);
    }
}
