//! App channels: what happens in them, by namespace.

use base::limits::{STREAM_IDLE_MS_MAX, STREAM_PUBLICATIONS_MAX};
use domain::channel::{
    Allowed, ChannelName, ChannelOptions, ClientKey, DataFormat, MapOptions, Namespaces,
    RecoveryMode, SubscriptionType,
};
use domain::hub::Keep;
use domain::hub::map::MapRules;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::section::{Field, Section, section};

/// A compiled `channel_regex`, in bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// How long a map holds what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapMode {
    /// Values for a while.
    Ephemeral,
    /// Values for a while, and what changed for those who were away.
    #[serde(alias = "durable")]
    Recoverable,
    /// Values until they are removed, and what changed.
    Persistent,
}

/// A way to send publications as differences to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeltaType {
    /// Fossil's.
    Fossil,
}

section! {
    /// Channels of developers whose name has no namespace (no `:`). Everything is off at first, so
    /// nobody can do anything there. The options are Centrifugo's and mean the same.
    Channels as "channels" {
        /// Subscribers are shown in the channel's presence.
        presence: bool = false,
        /// Who comes and goes is told to the subscribers that ask for it.
        join_leave: bool = false,
        /// ... and to those that do not ask.
        force_push_join_leave: bool = false,
        /// How many publications are kept in memory; 0 for none.
        history_size: u32 = 0,
        /// How long a publication is kept, in seconds; 0 keeps none.
        history_ttl_s: u64 = 0,
        /// How long the position of a stream that nobody uses is remembered, in seconds.
        history_meta_ttl_s: u64 = STREAM_IDLE_MS_MAX / 1_000,
        /// Subscribers that missed a publication are told so, asked or not.
        force_positioning: bool = false,
        /// Subscribers may ask for it.
        allow_positioning: bool = false,
        /// Subscribers that come back get what they missed, asked or not. Needs a history.
        force_recovery: bool = false,
        /// Subscribers may ask for it.
        allow_recovery: bool = false,
        /// What who comes back gets: `"stream"` for all it missed, `"cache"` for the newest alone.
        force_recovery_mode: RecoveryMode = RecoveryMode::Stream,
        /// With `"cache"`: the newest comes with the first subscription as well.
        auto_cache_recover: bool = false,
        /// Ways in which subscribers may ask for publications as differences: `["fossil"]`.
        #[example = "[\"fossil\"]"]
        allowed_delta_types: Vec<DeltaType> = Vec::new(),
        /// What clients publish is sent as a difference to those who asked for that.
        delta_publish: bool = false,
        /// Subscribers may ask for publications with certain tags only.
        allow_tags_filter: bool = false,
        /// Every client with a name may subscribe without a token for the channel.
        allow_subscribe_for_client: bool = false,
        /// ... and the anonymous ones.
        allow_subscribe_for_anonymous: bool = false,
        /// Every client with a name may publish, subscribed or not.
        allow_publish_for_client: bool = false,
        /// Subscribers with a name may publish.
        allow_publish_for_subscriber: bool = false,
        /// ... and the anonymous ones, where one of the two holds.
        allow_publish_for_anonymous: bool = false,
        /// Every client with a name may read the history.
        allow_history_for_client: bool = false,
        /// Subscribers with a name may read the history.
        allow_history_for_subscriber: bool = false,
        /// ... and the anonymous ones, where one of the two holds.
        allow_history_for_anonymous: bool = false,
        /// Every client with a name may ask who is there.
        allow_presence_for_client: bool = false,
        /// Subscribers with a name may ask who is there.
        allow_presence_for_subscriber: bool = false,
        /// ... and the anonymous ones, where one of the two holds.
        allow_presence_for_anonymous: bool = false,
        /// Channels named after users, as `#42` or `dialog#42,43`, are open to those users.
        allow_user_limited_channels: bool = false,
        /// What the name behind the namespace has to look like. Empty: anything.
        channel_regex: String = String::new(),
        /// What may be published: `"json"` for any value, `"json_object"` for an object.
        publication_data_format: DataFormat = DataFormat::Json,
        /// The backend under `[proxy]` decides who subscribes without a token.
        subscribe_proxy_enabled: bool = false,
        /// The backend under `[proxy]` decides, and nothing else, what clients publish.
        publish_proxy_enabled: bool = false,
        /// The backend under `[proxy]` decides whether subscriptions go on whose end has come.
        sub_refresh_proxy_enabled: bool = false,
        /// What the channels are: `"stream"`, `"map"` (the newest value of each key),
        /// `"map_clients"` or `"map_users"` (maps of who is subscribed to another channel, kept by
        /// the server).
        subscription_type: SubscriptionType = SubscriptionType::Stream,
        /// What a map holds for how long: `"ephemeral"` (for `map_key_ttl_s`; who comes back is
        /// given everything anew), `"recoverable"` (the same, but who comes back is given what
        /// changed) or `"persistent"` (until it is removed, or the server restarts).
        map_mode: MapMode = MapMode::Ephemeral,
        /// How long a value stands after it was set, in seconds.
        map_key_ttl_s: u64 = 0,
        /// Entries have scores, and come with the highest first.
        map_ordered: bool = false,
        /// How many changes are kept for those who were away.
        map_stream_size: u32 = 1_000,
        /// How long a change is kept, in seconds.
        map_stream_ttl_s: u64 = 60,
        /// Which keys clients write: `""` for those they name, `"client_id"` for the id of their
        /// connection, `"user_id"` for the name of their user.
        map_client_key: ClientKey = ClientKey::Own,
        /// The entry under the id of a connection goes when its subscription ends.
        map_remove_client_on_unsubscribe: bool = false,
        /// Every client with a name may set values, subscribed or not.
        map_allow_publish_for_client: bool = false,
        /// Subscribers with a name may set values.
        map_allow_publish_for_subscriber: bool = false,
        /// ... and the anonymous ones, where one of the two holds.
        map_allow_publish_for_anonymous: bool = false,
        /// Every client with a name may remove keys, subscribed or not.
        map_allow_remove_for_client: bool = false,
        /// Subscribers with a name may remove keys.
        map_allow_remove_for_subscriber: bool = false,
        /// ... and the anonymous ones, where one of the two holds.
        map_allow_remove_for_anonymous: bool = false,
        /// The backend under `[proxy]` decides, and nothing else, which values clients set.
        map_publish_proxy_enabled: bool = false,
        /// The backend under `[proxy]` decides, and nothing else, which keys clients remove.
        map_remove_proxy_enabled: bool = false,
        /// Before the name of a channel: the map of the connections that are subscribed to it, in a
        /// namespace of `map_clients`.
        #[example = "\"clients:\""]
        map_clients_presence_channel_prefix: String = String::new(),
        /// The same of users, in a namespace of `map_users`.
        #[example = "\"users:\""]
        map_users_presence_channel_prefix: String = String::new(),
        /// Who publishes gets the publication like everybody else; `false` spares them their own.
        echo: bool = true,
        /// `<namespace>:*` is a subscription to all channels of the namespace. Of no use without
        /// one.
        wildcard: bool = false,
    }
}

/// A namespace: its name, and the options of its channels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Namespace {
    /// What stands before the `:` in the names of its channels.
    pub name: String,
    /// What happens in its channels.
    #[serde(flatten)]
    pub options: Channels,
}

impl Namespace {
    /// What the documentation tells of this section.
    pub const SECTION: Section = Section {
        name: "namespaces",
        doc: &[
            " Channels whose name begins with `<name>:`. May stand any number of times; takes",
            " every key of `[channels]` with the same defaults, nothing is inherited from there.",
        ],
        fields: &[Field {
            key: "name",
            doc: &[" The name: two or more letters, digits, `-` or `_`."],
            example: Some("\"chat\""),
        }],
        defaults: || toml::Table::from_iter([("name".to_owned(), "".into())]),
    };
}

impl Channels {
    /// The options as the rules want them.
    ///
    /// # Errors
    /// A value makes no sense; the text says which.
    pub fn options(&self) -> Result<ChannelOptions, String> {
        if self.history_size as usize > STREAM_PUBLICATIONS_MAX {
            return Err(format!("history_size is at most {STREAM_PUBLICATIONS_MAX}"));
        }
        let ms = |seconds: u64| seconds.saturating_mul(1_000);
        let keeps = self.history_size > 0 && self.history_ttl_s > 0;
        let history = keeps.then(|| Keep {
            size: self.history_size,
            ttl_ms: ms(self.history_ttl_s),
            meta_ttl_ms: ms(self.history_meta_ttl_s.max(self.history_ttl_s)),
        });
        Ok(ChannelOptions {
            presence: self.presence,
            join_leave: self.join_leave,
            force_push_join_leave: self.force_push_join_leave,
            history,
            force_positioning: self.force_positioning,
            allow_positioning: self.allow_positioning,
            force_recovery: self.force_recovery,
            allow_recovery: self.allow_recovery,
            force_recovery_mode: self.force_recovery_mode,
            auto_cache_recover: self.auto_cache_recover,
            fossil: self.allowed_delta_types.contains(&DeltaType::Fossil),
            delta_publish: self.delta_publish,
            allow_tags_filter: self.allow_tags_filter,
            subscribe: Allowed {
                client: self.allow_subscribe_for_client,
                subscriber: false,
                anonymous: self.allow_subscribe_for_anonymous,
            },
            publish: Allowed {
                client: self.allow_publish_for_client,
                subscriber: self.allow_publish_for_subscriber,
                anonymous: self.allow_publish_for_anonymous,
            },
            read_history: Allowed {
                client: self.allow_history_for_client,
                subscriber: self.allow_history_for_subscriber,
                anonymous: self.allow_history_for_anonymous,
            },
            read_presence: Allowed {
                client: self.allow_presence_for_client,
                subscriber: self.allow_presence_for_subscriber,
                anonymous: self.allow_presence_for_anonymous,
            },
            allow_user_limited_channels: self.allow_user_limited_channels,
            channel_regex: self.regex()?,
            publication_data_format: self.publication_data_format,
            subscribe_proxy_enabled: self.subscribe_proxy_enabled,
            publish_proxy_enabled: self.publish_proxy_enabled,
            sub_refresh_proxy_enabled: self.sub_refresh_proxy_enabled,
            echo: self.echo,
            wildcard: self.wildcard,
            subscription_type: self.subscription_type,
            map: self.map()?,
            map_clients_presence_channel_prefix: self.map_clients_presence_channel_prefix.clone(),
            map_users_presence_channel_prefix: self.map_users_presence_channel_prefix.clone(),
        })
    }

    /// What happens in maps.
    fn map(&self) -> Result<MapOptions, String> {
        let ms = |seconds: u64| seconds.saturating_mul(1_000);
        let ttl_ms = (self.map_key_ttl_s > 0).then(|| ms(self.map_key_ttl_s));
        let is_map = self.subscription_type != SubscriptionType::Stream;
        let is_written = self.subscription_type == SubscriptionType::Map;
        let wrong = [
            (
                is_map && (self.wildcard || self.history_size > 0),
                "a map has no history and no wildcard; see map_stream_size",
            ),
            (
                is_written && self.map_mode != MapMode::Persistent && ttl_ms.is_none(),
                "a map that is not \"persistent\" needs map_key_ttl_s",
            ),
            (
                is_written && self.map_mode == MapMode::Persistent && ttl_ms.is_some(),
                "map_key_ttl_s is not for a map that is \"persistent\"",
            ),
        ];
        if let Some((_, text)) = wrong.iter().find(|(holds, _)| *holds) {
            return Err((*text).to_owned());
        }
        if !(1..=STREAM_PUBLICATIONS_MAX).contains(&(self.map_stream_size as usize)) {
            let max = STREAM_PUBLICATIONS_MAX;
            return Err(format!("map_stream_size is 1 to {max}"));
        }
        Ok(MapOptions {
            rules: MapRules {
                stream_size: self.map_stream_size,
                stream_ttl_ms: ms(self.map_stream_ttl_s.max(1)),
                key_ttl_ms: ttl_ms,
                meta_ttl_ms: ms(self.history_meta_ttl_s.max(self.map_stream_ttl_s)),
            },
            recoverable: self.map_mode != MapMode::Ephemeral,
            ordered: self.map_ordered,
            client_key: self.map_client_key,
            remove_client_on_unsubscribe: self.map_remove_client_on_unsubscribe,
            publish: Allowed {
                client: self.map_allow_publish_for_client,
                subscriber: self.map_allow_publish_for_subscriber,
                anonymous: self.map_allow_publish_for_anonymous,
            },
            remove: Allowed {
                client: self.map_allow_remove_for_client,
                subscriber: self.map_allow_remove_for_subscriber,
                anonymous: self.map_allow_remove_for_anonymous,
            },
            publish_proxy_enabled: self.map_publish_proxy_enabled,
            remove_proxy_enabled: self.map_remove_proxy_enabled,
        })
    }

    fn regex(&self) -> Result<Option<Regex>, String> {
        if self.channel_regex.is_empty() {
            return Ok(None);
        }
        RegexBuilder::new(&self.channel_regex)
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map(Some)
            .map_err(|error| format!("channel_regex: {error}"))
    }
}

/// The options of all app channels.
///
/// # Errors
/// A value makes no sense; the text says where.
pub fn namespaces(channels: &Channels, named: &[Namespace]) -> Result<Namespaces, String> {
    let without = channels
        .options()
        .map_err(|text| format!("[channels] {text}"))?;
    let mut namespaces = Namespaces::new(without);
    for namespace in named {
        let place = |text: String| format!("[[namespaces]] {:?}: {text}", namespace.name);
        let options = namespace.options.options().map_err(place)?;
        namespaces
            .add(&namespace.name, options)
            .map_err(|unusable| format!("[[namespaces]] {unusable}"))?;
    }
    for (place, options) in places(channels, named) {
        shows(&namespaces, options).map_err(|text| format!("{place}: {text}"))?;
    }
    Ok(namespaces)
}

/// Every section of options, and what it is called.
fn places<'a>(
    channels: &'a Channels,
    named: &'a [Namespace],
) -> impl Iterator<Item = (String, &'a Channels)> {
    let named = named.iter().map(|namespace| {
        let place = format!("[[namespaces]] {:?}", namespace.name);
        (place, &namespace.options)
    });
    std::iter::once(("[channels]".to_owned(), channels)).chain(named)
}

/// Says which map of who is there can not be, if one can not.
fn shows(namespaces: &Namespaces, options: &Channels) -> Result<(), String> {
    let prefixes = [
        (
            "map_clients_presence_channel_prefix",
            &options.map_clients_presence_channel_prefix,
            SubscriptionType::MapClients,
        ),
        (
            "map_users_presence_channel_prefix",
            &options.map_users_presence_channel_prefix,
            SubscriptionType::MapUsers,
        ),
    ];
    for (key, prefix, kind) in prefixes.iter().filter(|(_, prefix, _)| !prefix.is_empty()) {
        let name = ChannelName::parse(prefix).ok();
        let there = name.and_then(|name| namespaces.options(name));
        if there.is_none_or(|there| there.subscription_type != *kind) {
            return Err(format!("{key} {prefix:?} is of no namespace of that type"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::channel::ChannelName;

    use super::super::Config;
    use super::*;

    fn load(text: &str) -> Result<Namespaces, String> {
        let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
        namespaces(&config.channels, &config.namespaces)
    }

    #[test]
    fn a_namespace_takes_the_options_of_channels_and_inherits_nothing() {
        let text = "[channels]\npresence = true\n\n[[namespaces]]\nname = \"chat\"\n\
            history_size = 5\nhistory_ttl_s = 60\nforce_recovery_mode = \"cache\"\n\
            allowed_delta_types = [\"fossil\"]\n";
        let namespaces = load(text).unwrap();
        let options = |name| {
            let name = ChannelName::parse(name).unwrap();
            namespaces.options(name).cloned()
        };
        assert!(options("news").unwrap().presence);
        let chat = options("chat:1").unwrap();
        assert!(!chat.presence && chat.fossil && chat.echo);
        let keep = chat.history.unwrap();
        assert_eq!((keep.size, keep.ttl_ms), (5, 60_000));
        assert_eq!(chat.force_recovery_mode, RecoveryMode::Cache);
        assert!(options("other:1").is_none());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (text, word) in [
            (
                "[[namespaces]]\nname = \"chat\"\nhistroy_size = 1\n",
                "histroy_size",
            ),
            ("[[namespaces]]\npresence = true\n", "name"),
            ("[[namespaces]]\nname = \"room\"\n", "room"),
            ("[channels]\nchannel_regex = \"(\"\n", "channel_regex"),
            ("[channels]\nhistory_size = 1000000\n", "history_size"),
            ("[channels]\nforce_recovery_mode = \"all\"\n", "all"),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
