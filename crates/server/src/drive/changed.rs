//! Rooms that changed: each is told of at once, and then at most once a second, however many
//! changes there were. For tasks that tell absolute values.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use base::RoomId;
use tokio::time::Instant;

/// Between two tellings of one room's changes, in milliseconds.
const ROOM_TOLD_EVERY_MS: u64 = 1_000;

/// Rooms that changed and when each may be told again. Pure: the clock is the caller's.
#[derive(Debug, Default)]
pub(super) struct ChangedRooms {
    waiting: HashSet<RoomId>,
    /// When those that were told lately may be told again; kept no longer than that.
    again_at: HashMap<RoomId, Instant>,
}

impl ChangedRooms {
    pub(super) fn changed(&mut self, room: RoomId) {
        self.waiting.insert(room);
    }

    /// When the next room is due; none when none waits.
    pub(super) fn next_at(&self, now: Instant) -> Option<Instant> {
        let due = |room| self.again_at.get(room).copied().unwrap_or(now);
        self.waiting.iter().map(due).min()
    }

    /// Takes the rooms that may be told now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<RoomId> {
        self.again_at.retain(|_, at| *at > now);
        let again_at = &self.again_at;
        let due: Vec<RoomId> = self
            .waiting
            .extract_if(|room| !again_at.contains_key(room))
            .collect();
        let next = now + Duration::from_millis(ROOM_TOLD_EVERY_MS);
        self.again_at.extend(due.iter().map(|room| (*room, next)));
        due
    }
}

/// Waits until then; for ever when there is no time.
pub(super) async fn until(next: Option<Instant>) {
    match next {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_changes_all_the_time_is_told_at_once_and_then_once_a_second() {
        let start = Instant::now();
        let mut rooms = ChangedRooms::default();
        let mut told = Vec::new();
        for ms in 0..2_500 {
            let now = start + Duration::from_millis(ms);
            rooms.changed(RoomId(1));
            if rooms.next_at(now).is_some_and(|at| at <= now) {
                assert_eq!(rooms.due(now), [RoomId(1)]);
                told.push(ms);
            }
        }
        assert_eq!(told, [0, 1_000, 2_000]);
        let end = start + Duration::from_millis(2_500);
        assert_eq!(rooms.next_at(end), Some(start + Duration::from_secs(3)));
        rooms.changed(RoomId(2));
        assert_eq!(rooms.due(end), [RoomId(2)], "another room does not wait");
    }
}
