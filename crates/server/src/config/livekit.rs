//! Clients of LiveKit's SDKs: the keys that developers sign access tokens with.

use std::collections::BTreeMap;

use super::section::section;
use crate::auth::access_token::OWN_KEY;
use crate::net::outbound::{Reach, address};

/// A secret is at least so long, in characters.
const SECRET_CHARS_MIN: usize = 32;

section! {
    /// LiveKit's protocol for apps of developers (docs/calls.md).
    LiveKit as "livekit" {
        /// Keys that access tokens are signed with: name and secret.
        #[example = "{ devkey = \"secretsecretsecretsecretsecretsecret\" }"]
        keys: BTreeMap<String, String> = BTreeMap::new(),
        /// Addresses that are told what happens in calls of apps, as LiveKit tells it. They may
        /// lead anywhere, also to this machine.
        #[example = "[\"https://app.example.org/livekit\"]"]
        webhook_urls: Vec<String> = Vec::new(),
        /// The key that signs what they are told. Empty: the first one by name.
        webhook_key: String = String::new(),
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
        for url in &self.webhook_urls {
            let wrong = |what: String| format!("[livekit] webhook_urls: {url:?}: {what}");
            address(url, Reach::Anywhere).map_err(|error| wrong(error.to_string()))?;
            if self.webhook_urls.iter().filter(|it| *it == url).count() > 1 {
                return Err(wrong("it stands there twice".to_owned()));
            }
        }
        let named = self.webhook_key.is_empty() || self.keys.contains_key(&self.webhook_key);
        if !named || (self.keys.is_empty() && !self.webhook_urls.is_empty()) {
            let detail = "[livekit] webhook_urls: there is no key to sign with";
            return Err(detail.to_owned());
        }
        Ok(())
    }

    /// The name of the key that signs what webhooks are told.
    #[must_use]
    pub fn signing_key(&self) -> Option<&str> {
        let first = self.keys.keys().next().map(String::as_str);
        let named = Some(self.webhook_key.as_str());
        named.filter(|name| !name.is_empty()).or(first)
    }
}
