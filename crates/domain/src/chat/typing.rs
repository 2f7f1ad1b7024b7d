//! Showing that one is typing: ephemeral, never stored, forgotten when it is not renewed.

use base::{Code, UnixMs};
use serde::Deserialize;

use super::standing::Standing;
use crate::Refusal;
use crate::auth::permit::Verb;

/// How long a signal holds without being renewed, in milliseconds.
pub const TYPING_LIFE_MS: u64 = 6_000;
/// Who was found to be allowed to type is not looked up again for so long, in milliseconds.
pub const TYPING_TRUST_MS: u64 = 10_000;
/// A renewal sooner than this after the last one told is not told again, in milliseconds.
pub const TYPING_RENEWAL_MS_MIN: u64 = 2_000;

#[derive(Deserialize)]
struct Signal {
    on: bool,
}

/// What a publication on a typing channel says: whether somebody types.
///
/// # Errors
/// `bad_request` for anything but `{"on": true}` or `false`.
pub fn signal(data: &[u8]) -> Result<bool, Refusal> {
    let malformed = |_| Refusal::of(Code::BadRequest, "on", "Send {\"on\": true} or false.");
    serde_json::from_slice::<Signal>(data)
        .map(|signal| signal.on)
        .map_err(malformed)
}

/// Decides a signal: whether it is told to the others.
///
/// `told` is what was told last of this person in this room, and when.
///
/// # Errors
/// `not_found`, `forbidden` for who is not in, `room_archived`.
pub fn typing(
    now: UnixMs,
    standing: Standing<'_>,
    told: Option<(bool, UnixMs)>,
    on: bool,
) -> Result<bool, Refusal> {
    standing.may_append(Verb::Post)?;
    Ok(is_news(now, told, on))
}

/// Whether a signal says something that the others do not know, whoever may send it.
#[must_use]
pub fn is_news(now: UnixMs, told: Option<(bool, UnixMs)>, on: bool) -> bool {
    match (told, on) {
        (Some((true, at)), true) => now.since_ms(at) >= TYPING_RENEWAL_MS_MIN,
        (Some((true, at)), false) => now.since_ms(at) < TYPING_LIFE_MS,
        (Some((false, _)) | None, _) => on,
    }
}

#[cfg(test)]
mod tests {
    use super::super::RoomKind;
    use super::super::standing::tests::{LIN, NOW, archived_room, member, room, standing};
    use super::*;

    fn told(last: Option<(bool, UnixMs)>, on: bool) -> bool {
        let (room, me) = (room(RoomKind::Open), member(LIN));
        typing(NOW, standing(&room, Some(&me)), last, on).unwrap()
    }

    #[test]
    fn the_first_signal_is_told_and_quick_renewals_are_not() {
        assert!(told(None, true));
        assert!(!told(Some((true, UnixMs(NOW.0 - 100))), true));
        assert!(told(
            Some((true, UnixMs(NOW.0 - TYPING_RENEWAL_MS_MIN))),
            true
        ));
    }

    #[test]
    fn stopping_is_told_once_and_only_while_it_matters() {
        assert!(told(Some((true, UnixMs(NOW.0 - 100))), false));
        assert!(!told(Some((true, UnixMs(NOW.0 - TYPING_LIFE_MS))), false));
        assert!(!told(Some((false, NOW)), false));
        assert!(!told(None, false));
    }

    #[test]
    fn only_members_type_and_only_where_they_could_post() {
        let (open, shut, me) = (room(RoomKind::Open), archived_room(), member(LIN));
        let outside = typing(NOW, standing(&open, None), None, true).unwrap_err();
        assert_eq!(outside.code, Code::Forbidden);
        let archived = typing(NOW, standing(&shut, Some(&me)), None, true).unwrap_err();
        assert_eq!(archived.code, Code::RoomArchived);
    }

    #[test]
    fn a_signal_is_on_or_off() {
        assert!(signal(b"{\"on\": true}").unwrap());
        assert!(!signal(b"{\"on\":false}").unwrap());
        for bad in [b"".as_slice(), b"{}", b"{\"on\":1}", b"[", b"\xff"] {
            assert_eq!(signal(bad).unwrap_err().code, Code::BadRequest);
        }
    }
}
