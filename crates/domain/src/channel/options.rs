//! What happens in the channels of a namespace.

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::hub::map::MapRules;
use crate::hub::{Grant, Keep, Past};

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

impl ChannelOptions {
    /// Whether the channels are maps, whoever writes them.
    #[must_use]
    pub fn is_map(&self) -> bool {
        self.subscription_type != SubscriptionType::Stream
    }

    /// Whether entries of maps come and go with a subscription.
    pub(super) fn is_tied(&self) -> bool {
        let prefixes = [
            &self.map_clients_presence_channel_prefix,
            &self.map_users_presence_channel_prefix,
        ];
        let shown = prefixes.iter().any(|prefix| !prefix.is_empty());
        shown || (self.is_map() && self.map.remove_client_on_unsubscribe)
    }

    /// What a subscription to a map comes with; `None` where channels are none.
    pub(super) fn map_grant(&self) -> Option<Grant> {
        let grant = Grant {
            past: Past::Map,
            recoverable: self.map.recoverable,
            // Who is left out of what they publish has not what the next difference builds on.
            delta: self.fossil && self.echo,
            ..Grant::default()
        };
        match self.subscription_type {
            SubscriptionType::Stream => None,
            SubscriptionType::Map => Some(grant),
            SubscriptionType::MapClients | SubscriptionType::MapUsers => Some(Grant {
                delta: false,
                ..grant
            }),
        }
    }
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

/// What the channels of a namespace are; all their subscribers ask for the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionType {
    /// One publication after the other.
    #[default]
    Stream,
    /// The newest value of each key.
    Map,
    /// A map of the connections that are subscribed to another channel, kept by the server.
    MapClients,
    /// A map of the users behind them.
    MapUsers,
}

/// Which keys clients write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientKey {
    /// Those they name.
    #[default]
    #[serde(rename = "")]
    Own,
    /// The id of their connection and no other.
    #[serde(rename = "client_id")]
    Client,
    /// The name of their user and no other.
    #[serde(rename = "user_id")]
    User,
}

/// What happens in maps.
#[derive(Debug, Clone, Default)]
pub struct MapOptions {
    /// How long what is kept.
    pub rules: MapRules,
    /// Who comes back is told what changed, and not everything anew.
    pub recoverable: bool,
    /// Entries stand in the order of their scores.
    pub ordered: bool,
    /// Which keys clients write.
    pub client_key: ClientKey,
    /// The entry that has the id of a connection goes with its subscription.
    pub remove_client_on_unsubscribe: bool,
    /// Who may set values.
    pub publish: Allowed,
    /// Who may remove keys.
    pub remove: Allowed,
    /// The operator's backend decides which values are set.
    pub publish_proxy_enabled: bool,
    /// The operator's backend decides which keys are removed.
    pub remove_proxy_enabled: bool,
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
    /// What the channels are.
    pub subscription_type: SubscriptionType,
    /// What happens in them when they are maps.
    pub map: MapOptions,
    /// Before the name of a channel: the map of the connections subscribed to it. Empty for none.
    pub map_clients_presence_channel_prefix: String,
    /// The same of the users.
    pub map_users_presence_channel_prefix: String,
}
