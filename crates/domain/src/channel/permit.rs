//! Who may do what in an app channel, and what a subscription comes with.

use thiserror::Error;

use super::options::{Allowed, RecoveryMode, SubscriptionType};
use super::{ChannelName, ChannelOptions};
use crate::hub::{Grant, Past, User};

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// As whom.
    pub user: &'a User,
    /// Everything is allowed: the operator made the server so, for trying things out.
    pub insecure: bool,
    /// Whether the connection is subscribed to the channel.
    pub subscribed: bool,
}

/// What somebody wants to do in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Publish.
    Publish,
    /// Read the past.
    History,
    /// See who is there.
    Presence,
    /// Set the value of a key of a map.
    SetKey,
    /// Remove a key of a map.
    RemoveKey,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum No {
    /// The rules of the namespace do not allow it.
    #[error("not allowed")]
    Denied,
    /// The namespace does not have it.
    #[error("not switched on in this namespace")]
    NotAvailable,
    /// The name is not one of this namespace.
    #[error("the name does not fit the namespace")]
    Malformed,
}

impl Allowed {
    fn admits(self, asker: Asker<'_>) -> bool {
        let known = !asker.user.is_anonymous() || self.anonymous;
        asker.insecure || (known && (self.client || (self.subscriber && asker.subscribed)))
    }
}

/// Whether this may be done.
///
/// # Errors
/// [`No`].
pub fn may(options: &ChannelOptions, asker: Asker<'_>, act: Act) -> Result<(), No> {
    // What the server keeps itself, nobody else writes.
    let is_written = options.subscription_type == SubscriptionType::Map;
    let (there, allowed) = match act {
        Act::Publish => (!options.is_map(), options.publish),
        Act::History => (options.history.is_some(), options.read_history),
        Act::Presence => (options.presence, options.read_presence),
        Act::SetKey => (is_written, options.map.publish),
        Act::RemoveKey => (is_written, options.map.remove),
    };
    if !there {
        return Err(No::NotAvailable);
    }
    if allowed.admits(asker) {
        Ok(())
    } else {
        Err(No::Denied)
    }
}

/// Whether a client without a token of its own for the channel may subscribe to it.
///
/// # Errors
/// [`No`].
pub fn may_subscribe(
    options: &ChannelOptions,
    name: ChannelName<'_>,
    asker: Asker<'_>,
) -> Result<(), No> {
    fits(options, name)?;
    if name.is_private() {
        return Err(No::Denied);
    }
    if name.is_user_limited() {
        let owned = options.allow_user_limited_channels && name.belongs_to(asker.user.as_str());
        let allowed = owned || asker.insecure;
        return if allowed { Ok(()) } else { Err(No::Denied) };
    }
    if options.subscribe.admits(asker) {
        Ok(())
    } else {
        Err(No::Denied)
    }
}

/// Whether the name is one that the namespace has.
///
/// # Errors
/// [`No`].
pub fn fits(options: &ChannelOptions, name: ChannelName<'_>) -> Result<(), No> {
    if name.is_wildcard() {
        return if options.wildcard {
            Ok(())
        } else {
            Err(No::Denied)
        };
    }
    let rest = match (name.namespace(), name.as_str().split_once(':')) {
        (Some(_), Some((_, rest))) => rest,
        _ => name.as_str(),
    };
    match &options.channel_regex {
        Some(regex) if !regex.is_match(rest) => Err(No::Malformed),
        Some(_) | None => Ok(()),
    }
}

/// What a subscriber asks for beside the channel itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// To be told when it missed something.
    pub positioned: bool,
    /// To recover what it missed.
    pub recoverable: bool,
    /// To be told who comes and goes.
    pub join_leave: bool,
}

/// What a subscription comes with: what the namespace forces on everybody, and what was asked for
/// and is allowed.
#[must_use]
pub fn standing(options: &ChannelOptions, asker: Asker<'_>, wish: Wish) -> Grant {
    let subscriber = Asker {
        subscribed: true,
        ..asker
    };
    let allowed = |act| may(options, subscriber, act).is_ok();
    let kept = options.history.is_some();
    let reads = allowed(Act::History);
    let recoverable =
        options.force_recovery || (wish.recoverable && (options.allow_recovery || reads));
    let positioned = recoverable
        || options.force_positioning
        || (wish.positioned && (options.allow_positioning || reads));
    let watches = wish.join_leave && allowed(Act::Presence);
    let cache = options.force_recovery_mode == RecoveryMode::Cache;
    let grant = Grant {
        past: if kept && positioned {
            Past::Memory
        } else {
            Past::None
        },
        recoverable: kept && recoverable,
        cache: kept && recoverable && cache,
        auto_recover: kept && recoverable && cache && options.auto_cache_recover,
        delta: kept && options.fossil,
        tags_filter: options.allow_tags_filter,
        presence: options.presence,
        announced: options.join_leave,
        watching: options.join_leave && (options.force_push_join_leave || watches),
        tied: options.is_tied(),
    };
    match options.map_grant() {
        None => grant,
        Some(map) => Grant {
            past: map.past,
            recoverable: map.recoverable,
            cache: false,
            auto_recover: false,
            delta: map.delta,
            ..grant
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Keep;

    const KEEP: Keep = Keep {
        size: 10,
        ttl_ms: 1_000,
        meta_ttl_ms: 1_000,
    };

    fn asker(user: &User, subscribed: bool) -> Asker<'_> {
        Asker {
            user,
            insecure: false,
            subscribed,
        }
    }

    #[test]
    fn publishing_is_for_those_whom_the_namespace_allows() {
        #[rustfmt::skip]
        let table = [
            // client, subscriber, anonymous; anonymous user, subscribed; may
            (false, false, false, false, true, false),
            (true, false, false, false, false, true),
            (true, false, false, true, false, false),
            (true, false, true, true, false, true),
            (false, true, false, false, false, false),
            (false, true, false, false, true, true),
            (false, true, false, true, true, false),
            (false, true, true, true, true, true),
            (false, false, true, true, true, false),
        ];
        for row in table {
            let (client, subscriber, anonymous, nobody, subscribed, expected) = row;
            let publish = Allowed {
                client,
                subscriber,
                anonymous,
            };
            let options = ChannelOptions {
                publish,
                ..ChannelOptions::default()
            };
            let user = User::new(if nobody { "" } else { "42" });
            let may = may(&options, asker(&user, subscribed), Act::Publish);
            assert_eq!(may.is_ok(), expected, "{row:?}");
        }
    }

    #[test]
    fn what_a_namespace_does_not_have_is_not_available_even_where_all_is_allowed() {
        let user = User::ANONYMOUS;
        let insecure = Asker {
            insecure: true,
            ..asker(&user, false)
        };
        let none = ChannelOptions::default();
        assert_eq!(may(&none, insecure, Act::History), Err(No::NotAvailable));
        assert_eq!(may(&none, insecure, Act::Presence), Err(No::NotAvailable));
        assert_eq!(may(&none, insecure, Act::Publish), Ok(()));
        let all = ChannelOptions {
            presence: true,
            history: Some(KEEP),
            ..ChannelOptions::default()
        };
        assert_eq!(may(&all, insecure, Act::History), Ok(()));
        let known = User::new("42");
        assert_eq!(
            may(&all, asker(&known, true), Act::Presence),
            Err(No::Denied)
        );
    }

    #[test]
    fn subscribing_without_a_token_follows_the_name_first() {
        let open = Allowed {
            client: true,
            ..Allowed::default()
        };
        let regex = regex::Regex::new("^[a-z]+$").unwrap();
        let options = ChannelOptions {
            subscribe: open,
            allow_user_limited_channels: true,
            channel_regex: Some(regex),
            ..ChannelOptions::default()
        };
        let nothing = ChannelOptions::default();
        let user = User::new("42");
        #[rustfmt::skip]
        let table = [
            ("chat:index", &options, Ok(())),
            ("index", &options, Ok(())),
            ("chat:INDEX", &options, Err(No::Malformed)),
            ("$chat:index", &options, Err(No::Denied)),
            ("chat:*", &options, Err(No::Denied)),
            ("chat:index", &nothing, Err(No::Denied)),
        ];
        for (name, options, expected) in table {
            let parsed = ChannelName::parse(name).unwrap();
            let answer = may_subscribe(options, parsed, asker(&user, false));
            assert_eq!(answer, expected, "{name}");
        }
        let limited = ChannelOptions {
            allow_user_limited_channels: true,
            subscribe: open,
            wildcard: true,
            ..ChannelOptions::default()
        };
        for (name, expected) in [
            ("chat:*", Ok(())),
            ("#42", Ok(())),
            ("#41,42", Ok(())),
            ("#41", Err(No::Denied)),
        ] {
            let parsed = ChannelName::parse(name).unwrap();
            let answer = may_subscribe(&limited, parsed, asker(&user, false));
            assert_eq!(answer, expected, "{name}");
        }
        let insecure = Asker {
            insecure: true,
            ..asker(&User::ANONYMOUS, false)
        };
        let name = ChannelName::parse("anything").unwrap();
        assert_eq!(may_subscribe(&nothing, name, insecure), Ok(()));
    }

    #[test]
    fn a_subscription_comes_with_what_is_forced_or_asked_for_and_allowed() {
        let user = User::new("42");
        let asker = asker(&user, false);
        let wish = Wish {
            positioned: true,
            recoverable: true,
            join_leave: true,
        };
        let history = ChannelOptions {
            history: Some(KEEP),
            ..ChannelOptions::default()
        };
        assert_eq!(standing(&history, asker, wish), Grant::default());
        let forced = ChannelOptions {
            force_recovery: true,
            ..history.clone()
        };
        let grant = standing(&forced, asker, Wish::default());
        assert_eq!((grant.past, grant.recoverable), (Past::Memory, true));
        let positioned = ChannelOptions {
            allow_positioning: true,
            ..history.clone()
        };
        let grant = standing(&positioned, asker, wish);
        assert_eq!((grant.past, grant.recoverable), (Past::Memory, false));
        let without = ChannelOptions {
            force_recovery: true,
            ..ChannelOptions::default()
        };
        assert_eq!(standing(&without, asker, wish).past, Past::None);
        let watched = ChannelOptions {
            presence: true,
            join_leave: true,
            ..ChannelOptions::default()
        };
        let grant = standing(&watched, asker, wish);
        assert!(grant.presence && grant.announced && !grant.watching);
        let forced = ChannelOptions {
            force_push_join_leave: true,
            ..watched
        };
        assert!(standing(&forced, asker, Wish::default()).watching);
    }
}
