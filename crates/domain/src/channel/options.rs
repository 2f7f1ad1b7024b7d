//! What happens in the channels of a namespace.

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::hub::Keep;

/// How a client that comes back is brought up to date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryMode {
    /// With everything it missed.
    #[default]
    Stream,
    /// With the newest publication alone.
    Cache,
}

/// What may be published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataFormat {
    /// Any JSON value.
    #[default]
    #[serde(rename = "json")]
    Json,
    /// A JSON object and nothing else.
    #[serde(rename = "json_object")]
    Object,
}

impl DataFormat {
    /// Whether this JSON value, on one line and without white space in front, may be published.
    #[must_use]
    pub fn admits(self, data: &[u8]) -> bool {
        match self {
            Self::Json => !data.is_empty(),
            Self::Object => data.trim_ascii_start().first() == Some(&b'{'),
        }
    }
}

/// Who may do one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Every client that said who it is.
    pub client: bool,
    /// Of those, the ones that are subscribed to the channel.
    pub subscriber: bool,
    /// The anonymous user as well, where one of the others holds.
    pub anonymous: bool,
}

/// What happens in the channels of a namespace, checked and ready to use.
#[derive(Debug, Clone, Default)]
pub struct ChannelOptions {
    /// Subscribers are shown in the channel's presence.
    pub presence: bool,
    /// Who comes and goes is told to those who ask for it.
    pub join_leave: bool,
    /// ... and to everybody else in the channel.
    pub force_push_join_leave: bool,
    /// How much of the past is kept; `None` for nothing.
    pub history: Option<Keep>,
    /// Subscribers are told when they missed something, asked or not.
    pub force_positioning: bool,
    /// They may ask for it.
    pub allow_positioning: bool,
    /// Subscribers recover what they missed, asked or not.
    pub force_recovery: bool,
    /// They may ask for it.
    pub allow_recovery: bool,
    /// What recovering brings.
    pub force_recovery_mode: RecoveryMode,
    /// In the cache mode: the newest publication comes at the first subscription as well.
    pub auto_cache_recover: bool,
    /// Whether a subscriber may ask for publications as differences to the one before.
    pub fossil: bool,
    /// Publications are sent as differences to those who asked, whoever publishes.
    pub delta_publish: bool,
    /// Whether a subscriber may ask for publications with certain tags only.
    pub allow_tags_filter: bool,
    /// Who may subscribe without a token.
    pub subscribe: Allowed,
    /// Who may publish.
    pub publish: Allowed,
    /// Who may read the past.
    pub read_history: Allowed,
    /// Who may ask who is there.
    pub read_presence: Allowed,
    /// Channels named after users are open to them.
    pub allow_user_limited_channels: bool,
    /// What the rest of the name has to look like.
    pub channel_regex: Option<Regex>,
    /// What may be published.
    pub publication_data_format: DataFormat,
    /// The operator's backend decides who subscribes.
    pub subscribe_proxy_enabled: bool,
    /// The operator's backend decides what is published.
    pub publish_proxy_enabled: bool,
    /// The operator's backend decides which subscriptions go on.
    pub sub_refresh_proxy_enabled: bool,
    /// Whoever publishes gets the publication like everybody else.
    pub echo: bool,
    /// `namespace:*` is a subscription to all its channels.
    pub wildcard: bool,
}
