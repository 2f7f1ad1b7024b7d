//! Webhooks: where an app's backend hears of what happens to connections.

use domain::developer::EventKinds;

use super::section::section;
use crate::net::outbound::{Reach, address};

section! {
    /// Webhooks tell an app's backend who connects, disconnects, joins and leaves: in order, at
    /// least once, from an outbox on disk. More can be made on the admin page. `docs/developers.md`
    /// tells what is sent and how it is signed.
    Webhooks as "webhooks" {
        /// Webhooks of the file.
        endpoints: Vec<Endpoint> = Vec::new(),
        /// Whether webhooks of the admin page may lead to private and loopback addresses. Those of
        /// the file always may.
        allow_private: bool = false,
        /// How long one request may take, in milliseconds.
        timeout_ms: u64 = 5_000,
        /// The longest pause between two attempts, in milliseconds.
        retry_ms_max: u64 = 60_000,
        /// Events that wait in the outbox at most. When a webhook takes none for so long that it is
        /// full, its oldest events are given up, counted, and it is told how many.
        outbox_events_max: u64 = 100_000,
    }
}

section! {
    /// A webhook of the file. It may lead anywhere, also to this machine.
    Endpoint as "webhooks.endpoints" {
        /// Where events are sent.
        #[example = "\"http://127.0.0.1:3000/plaza\""]
        url: String = String::new(),
        /// What they are signed with.
        #[example = "\"a long random text\""]
        secret: String = String::new(),
        /// Which events: some of `connect`, `disconnect`, `join`, `leave`.
        #[example = "[\"connect\", \"disconnect\"]"]
        events: Vec<String> = Vec::new(),
        /// For join and leave: channels, by name or with `*` at the end. Empty: every channel of
        /// apps, none of the product's own.
        #[example = "[\"chat:*\"]"]
        channels: Vec<String> = Vec::new(),
    }
}

impl Webhooks {
    /// Says which value makes no sense, if one does.
    pub(super) fn check(&self) -> Result<(), String> {
        for endpoint in &self.endpoints {
            let url = &endpoint.url;
            let wrong = |what: String| format!("[webhooks] endpoints: {url:?}: {what}");
            address(url, Reach::Anywhere).map_err(|error| wrong(error.to_string()))?;
            EventKinds::of_names(&endpoint.events).map_err(|refusal| wrong(refusal.detail))?;
            domain::developer::webhook::channels(endpoint.channels.clone())
                .map_err(|refusal| wrong(refusal.detail))?;
            if endpoint.secret.is_empty() {
                return Err(wrong("it needs a secret".to_owned()));
            }
            if self
                .endpoints
                .iter()
                .filter(|other| other.url == *url)
                .count()
                > 1
            {
                return Err(wrong("it stands there twice".to_owned()));
            }
        }
        let above_zero = [
            ("timeout_ms", self.timeout_ms),
            ("retry_ms_max", self.retry_ms_max),
            ("outbox_events_max", self.outbox_events_max),
        ];
        match above_zero.iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(format!("[webhooks] {key} must be above 0")),
            None => Ok(()),
        }
    }
}
