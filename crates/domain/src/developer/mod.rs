//! What an operator sets up for developers: keys, token secrets, bans, revocations, webhooks.
//!
//! The records, the rules about them, and [`Board`]: what is in force at this moment. Never reads a
//! clock or makes a secret; `server/handle/developer` brings both. Knows no rooms and no hub.

pub mod ban;
pub mod board;
pub mod change;
pub mod key;
pub mod revocation;
pub mod secret;
pub mod webhook;

pub use ban::{Ban, Subject};
pub use board::Board;
pub use change::Change;
pub use key::ApiKey;
pub use revocation::{Revocation, Revoked};
pub use secret::TokenSecret;
pub use webhook::{EventKind, EventKinds, Webhook};

use base::Code;
use base::limits::{DISPLAY_NAME_CHARS_MAX, USER_BYTES_MAX};

use crate::Refusal;

/// The name of a key, a secret or a webhook, without space around it.
///
/// # Errors
/// `bad_request` when nothing is left or it holds control characters, `too_long`.
pub fn name(raw: &str) -> Result<String, Refusal> {
    let name = raw.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        let detail = "Please give it a name, so that you recognise it later.";
        return Err(Refusal::of(Code::BadRequest, "name", detail));
    }
    if name.chars().count() > DISPLAY_NAME_CHARS_MAX {
        return Err(Refusal::of(Code::TooLong, "name", "This name is too long."));
    }
    Ok(name.to_owned())
}

/// The name of somebody behind a connection, as developers' tokens say it.
///
/// # Errors
/// `bad_request` when it is empty or longer than tokens may name.
pub fn user(raw: &str) -> Result<String, Refusal> {
    if raw.is_empty() || raw.len() > USER_BYTES_MAX {
        let detail = "Name the user as their token does: 1 to 255 bytes.";
        return Err(Refusal::of(Code::BadRequest, "user", detail));
    }
    Ok(raw.to_owned())
}
