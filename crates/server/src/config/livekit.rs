//! Clients of LiveKit's SDKs: the keys that developers sign access tokens with.

use std::collections::BTreeMap;

use super::section::section;
use crate::auth::access_token::OWN_KEY;

/// A secret is at least so long, in characters.
const SECRET_CHARS_MIN: usize = 32;

section! {
    /// LiveKit's protocol for apps of developers (docs/calls.md).
    LiveKit as "livekit" {
        /// Keys that access tokens are signed with: name and secret.
        #[example = "{ devkey = \"secretsecretsecretsecretsecretsecret\" }"]
        keys: BTreeMap<String, String> = BTreeMap::new(),
        /// Addresses that are told what happens in calls of these keys.
        #[example = "[\"https://app.example.org/livekit\"]"]
        webhook_urls: Vec<String> = Vec::new(),
    }
}

impl LiveKit {
    /// Says what makes no sense, if something does.
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, secret) in &self.keys {
            if name.is_empty() || name == OWN_KEY {
                return Err(format!(
                    "[livekit] keys: {name:?} can not be the name of a key"
                ));
            }
            if secret.chars().count() < SECRET_CHARS_MIN {
                return Err(format!(
                    "[livekit] keys: the secret of {name} is shorter than {SECRET_CHARS_MIN} \
                     characters"
                ));
            }
        }
        Ok(())
    }
}
