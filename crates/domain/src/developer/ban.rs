//! Bans from the live doors.

use base::limits::{BAN_LIFE_S_MAX, BAN_REASON_CHARS_MAX};
use base::{BanId, Code, Network, PersonId, UnixMs};

use crate::Refusal;

/// Who is banned.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A user: a person's id, or the name in a developer's token.
    User(String),
    /// Whoever comes from these addresses.
    Address(Network),
}

/// A ban. One per subject: a newer one takes the place of the old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// The id by which it is seen and lifted.
    pub id: BanId,
    /// Who.
    pub subject: Subject,
    /// Why, for the people who run the place; the banned are not told.
    pub reason: String,
    /// Since when.
    pub created_at: UnixMs,
    /// By whom.
    pub created_by: PersonId,
    /// Until when; none: until it is lifted.
    pub ends_at: Option<UnixMs>,
}

impl Ban {
    /// Whether it is in force.
    #[must_use]
    pub fn holds(&self, now: UnixMs) -> bool {
        self.ends_at.is_none_or(|ends_at| now < ends_at)
    }
}

/// When something ends that lasts so many seconds from now; none: never.
///
/// # Errors
/// `bad_request` when it is nothing or more than ten years.
pub fn ends_at(now: UnixMs, seconds: Option<u64>) -> Result<Option<UnixMs>, Refusal> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    if seconds == 0 || seconds > BAN_LIFE_S_MAX {
        let detail = "Give a time between a second and ten years, or none.";
        return Err(Refusal::of(Code::BadRequest, "seconds", detail));
    }
    Ok(Some(now.plus_ms(seconds * 1000)))
}

/// The reason of a ban, without space around it.
///
/// # Errors
/// `too_long`, `bad_request` for control characters.
pub fn reason(raw: &str) -> Result<String, Refusal> {
    let reason = raw.trim();
    if reason.chars().count() > BAN_REASON_CHARS_MAX {
        let detail = "A reason has 200 characters at most.";
        return Err(Refusal::of(Code::TooLong, "reason", detail));
    }
    if reason.chars().any(char::is_control) {
        let detail = "A reason is one line of text.";
        return Err(Refusal::of(Code::BadRequest, "reason", detail));
    }
    Ok(reason.to_owned())
}
