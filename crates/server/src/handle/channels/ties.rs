//! Entries of maps that come and go with subscriptions: who is there, and what a connection leaves
//! in a map that is to hold it no longer than the connection does.
//!
//! The index is told of every subscription that has such entries. Under its lock an entry is set
//! or removed, so that one user's connections on several threads come to one outcome.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::limits::CHANNEL_NAME_BYTES_MAX;
use bytes::Bytes;
use domain::channel::SubscriptionType;
use domain::hub::map::{MapRules, Write};
use domain::hub::{ClientId, ClientInfo, Lane, MapChange, Publication};

use super::name;
use crate::app::App;
use crate::drive::hub::maps::{Value, removal};

/// An entry that a subscription holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    map: Arc<str>,
    key: Arc<str>,
}

/// A subscription and what it holds.
#[derive(Debug)]
struct Tie {
    channel: Box<str>,
    held: Vec<Held>,
}

#[derive(Debug, Default)]
struct Index {
    by_client: HashMap<ClientId, Vec<Tie>>,
    /// How many subscriptions hold an entry.
    holders: HashMap<Held, u32>,
}

/// What is held by whom.
#[derive(Debug, Default)]
pub(super) struct Ties(Mutex<Index>);

impl Ties {
    fn index(&self) -> MutexGuard<'_, Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscription stands.
pub fn came(app: &App, channel: &str, info: &ClientInfo) {
    let (Some(client), Ok(parsed)) = (info.client, name(channel)) else {
        return;
    };
    let Ok(options) = app.channels.options(parsed) else {
        return;
    };
    let mut shown = Vec::new();
    let maps = [
        (
            &options.map_clients_presence_channel_prefix,
            client.to_string(),
            SubscriptionType::MapClients,
        ),
        (
            &options.map_users_presence_channel_prefix,
            info.user.to_string(),
            SubscriptionType::MapUsers,
        ),
    ];
    for (prefix, key, kind) in maps {
        let map = format!("{prefix}{channel}");
        let fits = map.len() <= CHANNEL_NAME_BYTES_MAX && !key.is_empty();
        if prefix.is_empty() || !fits {
            continue;
        }
        let there = name(&map).and_then(|name| app.channels.options(name)).ok();
        if let Some(options) = there.filter(|options| options.subscription_type == kind) {
            let (map, key) = (map.into(), key.into());
            shown.push((Held { map, key }, options.map.rules));
        }
    }
    let mut held: Vec<Held> = shown.iter().map(|(held, _)| held.clone()).collect();
    if options.is_map() && options.map.remove_client_on_unsubscribe {
        let (map, key) = (channel.into(), client.to_string().into());
        held.push(Held { map, key });
    }
    let mut index = app.channels.ties.index();
    let ties = index.by_client.entry(client).or_default();
    if ties.iter().any(|tie| *tie.channel == *channel) {
        return;
    }
    ties.push(Tie {
        channel: channel.into(),
        held: held.clone(),
    });
    for entry in held {
        *index.holders.entry(entry).or_insert(0) += 1;
    }
    for (held, rules) in shown {
        if index.holders.get(&held) == Some(&1) {
            show(app, &held, rules, info);
        }
    }
}

/// Somebody is there, for as long as a subscription says so.
fn show(app: &App, held: &Held, rules: MapRules, info: &ClientInfo) {
    let told = Publication {
        info: Some(info.clone()),
        change: Some(MapChange {
            key: Arc::clone(&held.key),
            removed: false,
            score: 0,
        }),
        ..Publication::new(Lane::Ephemeral, Bytes::new())
    };
    let value = Value {
        told,
        entry: None,
        write: Write::default(),
    };
    let rules = MapRules {
        key_ttl_ms: None,
        ..rules
    };
    if app
        .hub
        .map_publish((&held.map, &held.key), rules, value)
        .is_err()
    {
        tracing::warn!(channel = &*held.map, "no room to show who is there");
    }
}

/// A subscription has ended.
pub fn went(app: &App, channel: &str, client: ClientId) {
    let mut index = app.channels.ties.index();
    let Some(ties) = index.by_client.get_mut(&client) else {
        return;
    };
    let Some(at) = ties.iter().position(|tie| *tie.channel == *channel) else {
        return;
    };
    let gone = ties.swap_remove(at);
    if ties.is_empty() {
        index.by_client.remove(&client);
    }
    release(app, &mut index, gone);
}

/// A connection has ended, and all its subscriptions with it.
pub fn closed(app: &App, client: ClientId) {
    let mut index = app.channels.ties.index();
    for gone in index.by_client.remove(&client).unwrap_or_default() {
        release(app, &mut index, gone);
    }
}

/// Removes what nobody holds any more.
fn release(app: &App, index: &mut Index, gone: Tie) {
    for held in gone.held {
        let Some(count) = index.holders.get_mut(&held) else {
            continue;
        };
        *count -= 1;
        if *count == 0 {
            index.holders.remove(&held);
            let place = (&*held.map, &*held.key);
            // A map that has no room has no such key either.
            let _ = app.hub.map_remove(place, removal(&held.key));
        }
    }
}
