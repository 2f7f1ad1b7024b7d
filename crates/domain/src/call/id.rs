//! The names of what a call consists of.
//!
//! Ids are random numbers that the caller brings, and texts as LiveKit's clients know them: a
//! prefix that tells the kind, and eleven letters and digits.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// So many digits hold any number of 64 bits.
const DIGITS_COUNT: usize = 11;

/// A text that is no id of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

fn write_digits(number: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [b'0'; DIGITS_COUNT];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
}

fn read_digits(text: &str) -> Result<u64, NotAnId> {
    if text.len() != DIGITS_COUNT {
        return Err(NotAnId);
    }
    let mut number = 0_u64;
    for byte in text.bytes() {
        let at = DIGITS.iter().position(|digit| *digit == byte);
        let digit = at.ok_or(NotAnId)? as u64;
        let shifted = number.checked_mul(62).ok_or(NotAnId)?;
        number = shifted.checked_add(digit).ok_or(NotAnId)?;
    }
    Ok(number)
}

macro_rules! id {
    ($(#[doc = $doc:literal])* $name:ident, $prefix:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                write_digits(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read_digits(text.strip_prefix($prefix).ok_or(NotAnId)?).map(Self)
            }
        }
    };
}

id! {
    /// One call: another one of the same name has another id. Text `RM_…`.
    CallId, "RM_"
}
id! {
    /// One stay of somebody in a call, over all its connections. Text `PA_…`.
    ParticipantId, "PA_"
}
id! {
    /// One published track. Text `TR_…`.
    TrackId, "TR_"
}

macro_rules! name {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// What a call is asked for by: the id of a room of the place, or any name that a developer
    /// gives.
    CallName
}
name! {
    /// Who somebody is in a call: only one participant has it at a time.
    Identity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        for number in [0, 1, 61, 62, 0x0123_4567_89ab_cdef, u64::MAX] {
            let text = TrackId(number).to_string();
            assert_eq!(text.len(), 3 + DIGITS_COUNT);
            assert_eq!(text.parse(), Ok(TrackId(number)));
            assert_eq!(text.parse::<ParticipantId>(), Err(NotAnId));
        }
    }

    #[test]
    fn what_is_no_id_is_told_so() {
        for text in [
            "",
            "TR_",
            "TR_0",
            "TR_zzzzzzzzzzz",
            "TR_0000000000ä",
            "TR_0000000000-",
        ] {
            assert_eq!(text.parse::<TrackId>(), Err(NotAnId), "{text}");
        }
    }
}
