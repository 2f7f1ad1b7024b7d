//! Calls: voice and video, and where their media goes.

use super::section::section;

section! {
    /// Calls with voice and video (docs/calls.md).
    Calls as "calls" {
        /// Whether there are calls at all.
        enabled: bool = true,
        /// Participants of one call at most.
        call_participants_max: u32 = base::limits::CALL_PARTICIPANTS_MAX,
    }
}

impl Calls {
    /// Says what makes no sense, if something does.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.call_participants_max == 0 {
            return Err("[calls] call_participants_max is at least 1".to_owned());
        }
        Ok(())
    }
}
