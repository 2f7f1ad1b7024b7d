//! Ids: 53-bit, time-ordered numbers that travel as short strings.
//!
//! An id is made by [`mint`] from the wall clock and random bits that the caller brings, so this
//! module stays pure. As text it is one letter for its type and eleven Crockford base32 digits, as
//! a number it fits the integers of JavaScript and of every SQL database.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::time::UnixMs;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGIT_COUNT: usize = 11;
const RANDOM_BITS: u32 = 12;
/// 2026-01-01T00:00:00Z, from when ids count their milliseconds.
const ID_EPOCH_MS: u64 = 1_767_225_600_000;
/// Ids stay below 2^53, the largest range of integers that JSON readers keep exact.
pub const ID_MAX: u64 = (1 << 53) - 1;

/// The text was not an id of the wanted type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an id of this type")]
pub struct MalformedId;

/// Makes the number of a new id: 41 bits of milliseconds, then 12 random bits.
///
/// Two ids made in the same millisecond collide once in 4,096 pairs; whoever stores one lets the
/// primary key decide and mints again.
#[must_use]
pub fn mint(now: UnixMs, random: u64) -> u64 {
    let ms = now.0.saturating_sub(ID_EPOCH_MS) & ((1 << (53 - RANDOM_BITS)) - 1);
    (ms << RANDOM_BITS) | (random & ((1 << RANDOM_BITS) - 1))
}

fn write_id(f: &mut fmt::Formatter<'_>, prefix: char, value: u64) -> fmt::Result {
    let mut text = [0u8; DIGIT_COUNT];
    let mut rest = value;
    for slot in text.iter_mut().rev() {
        *slot = DIGITS[(rest & 31) as usize];
        rest >>= 5;
    }
    write!(
        f,
        "{prefix}{}",
        std::str::from_utf8(&text).map_err(|_| fmt::Error)?
    )
}

fn read_id(prefix: char, text: &str) -> Result<u64, MalformedId> {
    let digits = text.strip_prefix(prefix).ok_or(MalformedId)?;
    if digits.len() != DIGIT_COUNT {
        return Err(MalformedId);
    }
    let mut value = 0u64;
    for byte in digits.bytes() {
        let digit = DIGITS.iter().position(|d| *d == byte).ok_or(MalformedId)?;
        value = (value << 5) | digit as u64;
    }
    if value > ID_MAX {
        Err(MalformedId)
    } else {
        Ok(value)
    }
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                read_id($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id_type!(
    /// A person (or, later, a bot); "user" in the words of the Centrifugo protocol.
    PersonId,
    'u'
);
id_type!(
    /// A room: one ordered event log with members.
    RoomId,
    'r'
);
id_type!(
    /// An uploaded file.
    FileId,
    'f'
);
id_type!(
    /// A login of one browser.
    SessionId,
    's'
);
id_type!(
    /// An API token.
    TokenId,
    't'
);
id_type!(
    /// A rule of the word filter.
    RuleId,
    'w'
);
id_type!(
    /// A key for the server HTTP API.
    KeyId,
    'k'
);
id_type!(
    /// A secret that developers sign their tokens with.
    SecretId,
    'y'
);
id_type!(
    /// A ban from the live doors.
    BanId,
    'b'
);
id_type!(
    /// Tokens that are not taken any more.
    RevocationId,
    'v'
);
id_type!(
    /// A webhook.
    WebhookId,
    'h'
);
id_type!(
    /// A call in a room: from the first person who comes to the last who goes.
    CallId,
    'c'
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_way_through_text() {
        for value in [0, 1, 4_095, ID_MAX] {
            let id = RoomId(value);
            assert_eq!(id.to_string().len(), 12);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn text_of_another_type_or_shape_is_not_an_id() {
        let room = RoomId(77).to_string();
        assert_eq!(room.parse::<PersonId>(), Err(MalformedId));
        for text in [
            "",
            "r",
            "r0000000000",
            "r0000000000!",
            "rzzzzzzzzzzz",
            "R00000000001",
        ] {
            assert_eq!(text.parse::<RoomId>(), Err(MalformedId), "{text}");
        }
    }

    #[test]
    fn ids_made_later_sort_later_in_both_shapes() {
        let early = PersonId(mint(UnixMs(ID_EPOCH_MS + 1), 4_095));
        let late = PersonId(mint(UnixMs(ID_EPOCH_MS + 2), 0));
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }
}
