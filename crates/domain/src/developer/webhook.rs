//! Webhooks: which events an app's backend wants to hear of, and whether an event is one of them.

use std::fmt;
use std::sync::Arc;

use base::limits::{CHANNEL_NAME_BYTES_MAX, WEBHOOK_CHANNELS_MAX};
use base::{Code, PersonId, UnixMs, WebhookId};

use crate::Refusal;

/// What can happen to a connection, or in a developer's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// It was accepted.
    Connect,
    /// It ended.
    Disconnect,
    /// It began to hear a channel.
    Join,
    /// It hears a channel no longer.
    Leave,
    /// Something in a call; told in LiveKit's words, to those alone who understand them.
    Call,
}

impl EventKind {
    /// Those that happen to connections: what can be asked for by name.
    pub const ALL: [Self; 4] = [Self::Connect, Self::Disconnect, Self::Join, Self::Leave];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Call => "call",
        }
    }

    /// The event of that word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Connect => 1,
            Self::Disconnect => 2,
            Self::Join => 4,
            Self::Leave => 8,
            Self::Call => 16,
        }
    }
}

/// A set of events.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct EventKinds(u8);

impl fmt::Debug for EventKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kinds()).finish()
    }
}

impl EventKinds {
    /// What happens in calls.
    pub const CALLS: Self = Self(EventKind::Call.bit());

    /// Whether it is one of them.
    #[must_use]
    pub const fn has(self, kind: EventKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The events, in their order.
    pub fn kinds(self) -> impl Iterator<Item = EventKind> {
        let all = EventKind::ALL.into_iter().chain([EventKind::Call]);
        all.filter(move |kind| self.has(*kind))
    }

    /// The set as a small number, for storing.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The way back from [`Self::bits`].
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 15)
    }

    /// The set of these words.
    ///
    /// # Errors
    /// `bad_request` for a word that is no event, or none at all.
    pub fn of_names<S: AsRef<str>>(names: &[S]) -> Result<Self, Refusal> {
        let wrong = || {
            let detail = "Choose some of connect, disconnect, join and leave.";
            Refusal::of(Code::BadRequest, "events", detail)
        };
        let mut set = Self::default();
        for name in names {
            set.0 |= EventKind::of_name(name.as_ref()).ok_or_else(wrong)?.bit();
        }
        if set.0 == 0 { Err(wrong()) } else { Ok(set) }
    }
}

/// A webhook: an address that is told what happens.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The id by which it is seen and changed.
    pub id: WebhookId,
    /// What it is called.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// What they are signed with; told to its maker once.
    pub secret: Arc<str>,
    /// Which events.
    pub events: EventKinds,
    /// For join and leave: which channels, by name or with `*` at the end. None at all: every
    /// channel of apps, none of the product's own.
    pub channels: Vec<String>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// When it was made.
    pub created_at: UnixMs,
    /// Who made it; none for one of the configuration file.
    pub created_by: Option<PersonId>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("events", &self.events)
            .field("channels", &self.channels)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// The namespaces of the product's own channels; a channel named `place` is one by itself.
const PRODUCT_NAMESPACES: [&str; 5] = ["room", "user", "typing", "live", "game"];

/// Whether a channel is the product's own rather than an app's.
#[must_use]
pub fn is_product_channel(channel: &str) -> bool {
    match channel.split_once(':') {
        Some((namespace, _)) => PRODUCT_NAMESPACES.contains(&namespace),
        None => channel == "place",
    }
}

impl Webhook {
    /// Whether it wants to hear of this: an event, and the channel of a join or leave.
    #[must_use]
    pub fn wants(&self, kind: EventKind, channel: Option<&str>) -> bool {
        if !self.enabled || !self.events.has(kind) {
            return false;
        }
        let Some(channel) = channel else {
            return true;
        };
        if self.channels.is_empty() {
            return !is_product_channel(channel);
        }
        self.channels
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => channel.starts_with(prefix),
                None => channel == pattern,
            })
    }
}

/// The channel patterns of a webhook.
///
/// # Errors
/// `bad_request` for too many, an empty one, or a `*` that is not at the end.
pub fn channels(raw: Vec<String>) -> Result<Vec<String>, Refusal> {
    let fits = |pattern: &String| {
        let name = pattern.strip_suffix('*').unwrap_or(pattern);
        !pattern.is_empty() && pattern.len() <= CHANNEL_NAME_BYTES_MAX && !name.contains('*')
    };
    if raw.len() > WEBHOOK_CHANNELS_MAX || !raw.iter().all(fits) {
        let detail = "Channels are names, or the beginning of names with * at the end; 50 at most.";
        return Err(Refusal::of(Code::BadRequest, "channels", detail));
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(events: &[&str], channels: &[&str]) -> Webhook {
        Webhook {
            id: WebhookId(1),
            name: "backend".to_owned(),
            url: "https://example.org/".to_owned(),
            secret: "s".into(),
            events: EventKinds::of_names(events).unwrap(),
            channels: channels.iter().map(|&name| name.to_owned()).collect(),
            enabled: true,
            created_at: UnixMs(0),
            created_by: None,
        }
    }

    #[test]
    fn a_webhook_hears_of_its_events_and_channels_only() {
        let hook = webhook(&["connect", "join"], &["chat:*", "news"]);
        assert!(hook.wants(EventKind::Connect, None));
        assert!(!hook.wants(EventKind::Disconnect, None));
        for (channel, wanted) in [("chat:1", true), ("news", true), ("news2", false)] {
            assert_eq!(
                hook.wants(EventKind::Join, Some(channel)),
                wanted,
                "{channel}"
            );
            assert!(!hook.wants(EventKind::Leave, Some(channel)));
        }
        let off = Webhook {
            enabled: false,
            ..hook
        };
        assert!(!off.wants(EventKind::Connect, None));
    }

    #[test]
    fn the_products_own_channels_are_told_only_when_named() {
        let all = webhook(&["join"], &[]);
        for channel in ["room:r1", "user:u1", "typing:r1", "place"] {
            assert!(!all.wants(EventKind::Join, Some(channel)), "{channel}");
        }
        assert!(all.wants(EventKind::Join, Some("places")));
        assert!(webhook(&["join"], &["room:*"]).wants(EventKind::Join, Some("room:r1")));
    }

    #[test]
    fn a_star_stands_at_the_end() {
        for wrong in ["", "a*b", "**"] {
            assert!(channels(vec![wrong.to_owned()]).is_err(), "{wrong}");
        }
        assert!(channels(vec!["*".to_owned(), "a:*".to_owned()]).is_ok());
    }
}
