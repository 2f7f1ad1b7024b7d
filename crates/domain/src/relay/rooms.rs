//! The rooms that one socket is in.

use base::Code;
use base::limits::{SOCKETIO_ROOM_BYTES_MAX, SOCKETIO_ROOMS_PER_SOCKET_MAX};

use crate::Refusal;

/// The rooms that one socket is in, in the order of joining.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rooms(Vec<String>);

impl Rooms {
    /// Whether it is in this one.
    #[must_use]
    pub fn contains(&self, room: &str) -> bool {
        self.0.iter().any(|known| known == room)
    }

    /// The one that it joined last.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// All of them, in the order of joining.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Goes into a room; whether it was not there. A room that it is in counts as joined last.
    ///
    /// # Errors
    /// `bad_request` for a name that is none, `too_large` when it is in too many.
    pub fn join(&mut self, room: &str) -> Result<bool, Refusal> {
        let fits = !room.is_empty() && room.len() <= SOCKETIO_ROOM_BYTES_MAX;
        if !fits || room.contains(char::is_control) {
            let detail = "The name of a room is a text of at most 128 bytes.";
            return Err(Refusal::new(Code::BadRequest, detail));
        }
        let new = !self.leave(room);
        if self.0.len() >= SOCKETIO_ROOMS_PER_SOCKET_MAX {
            let detail = "This socket is in as many rooms as it may. Leave one first.";
            return Err(Refusal::new(Code::TooLarge, detail));
        }
        self.0.push(room.to_owned());
        Ok(new)
    }

    /// Goes out of a room; whether it was there.
    pub fn leave(&mut self, room: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|known| known != room);
        self.0.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_that_was_joined_last_is_known() {
        let mut rooms = Rooms::default();
        assert_eq!(rooms.join("a"), Ok(true));
        assert_eq!(rooms.join("b"), Ok(true));
        assert_eq!(rooms.join("a"), Ok(false));
        assert_eq!(rooms.last(), Some("a"));
        assert!(rooms.leave("a"));
        assert!(!rooms.leave("a"));
        assert_eq!(rooms.last(), Some("b"));
    }

    #[test]
    fn rooms_have_names_and_a_socket_has_not_endlessly_many() {
        let mut rooms = Rooms::default();
        let long = "x".repeat(SOCKETIO_ROOM_BYTES_MAX + 1);
        for name in ["", "a\nb", &long] {
            assert_eq!(rooms.join(name).unwrap_err().code, Code::BadRequest);
        }
        for number in 0..SOCKETIO_ROOMS_PER_SOCKET_MAX {
            assert_eq!(rooms.join(&number.to_string()), Ok(true));
        }
        assert_eq!(rooms.join("more").unwrap_err().code, Code::TooLarge);
        assert_eq!(rooms.join("0"), Ok(false), "where it is it may stay");
    }
}
