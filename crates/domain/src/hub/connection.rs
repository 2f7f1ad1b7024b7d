//! The connections of one shard and the users behind them.

use std::collections::HashMap;
use std::sync::Arc;

use base::SessionId;
use bytes::Bytes;
use slab::Slab;

use super::channel::Channel;
use super::subscription::Subscription;
use super::{ChannelKey, ClientInfo, Format, User};

/// The id of one connection as clients see it: 128 random bits, written as a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientId(pub u128);

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            bits >> 96,
            (bits >> 80) & 0xFFFF,
            (bits >> 64) & 0xFFFF,
            (bits >> 48) & 0xFFFF,
            bits & 0xFFFF_FFFF_FFFF
        )
    }
}

impl std::str::FromStr for ClientId {
    type Err = NoClientId;

    /// Reads what [`Display`](std::fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, NoClientId> {
        let bits = u128::from_str_radix(&text.replace('-', ""), 16).map_err(|_| NoClientId)?;
        let id = Self(bits);
        if id.to_string() == text { Ok(id) } else { Err(NoClientId) }
    }
}

/// The text is not the id of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a connection")]
pub struct NoClientId;

/// One connection of one hub. A slot is used again, a serial is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    /// Its place, for the caller's own tables.
    pub slot: u32,
    /// Which connection of that place.
    pub serial: u32,
}

/// A connection that has just been accepted.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// Whose it is.
    pub user: User,
    /// The login behind it.
    pub session: Option<SessionId>,
    /// The id that clients see.
    pub client: ClientId,
    /// JSON for presence and joins.
    pub info: Option<Bytes>,
    /// How it wants to be written to.
    pub format: Format,
}

/// What ended with a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Who it was.
    pub info: ClientInfo,
    /// The channels that are to be told.
    pub left: Vec<Arc<str>>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection<P> {
    pub(super) serial: u32,
    pub(super) format: Format,
    pub(super) user: User,
    session: Option<SessionId>,
    pub(super) client: ClientId,
    conn_info: Option<Bytes>,
    pub(super) subscriptions: Vec<Subscription<P>>,
}

impl<P> Connection<P> {
    pub(super) fn info(&self) -> ClientInfo {
        let client = Some(self.client);
        ClientInfo {
            user: self.user.clone(),
            client,
            conn_info: self.conn_info.clone(),
        }
    }

    pub(super) fn position(&self, key: ChannelKey) -> Option<usize> {
        self.subscriptions
            .iter()
            .position(|subscription| subscription.channel == key)
    }

    pub(super) fn subscription(&self, key: ChannelKey) -> Option<&Subscription<P>> {
        self.subscriptions
            .iter()
            .find(|subscription| subscription.channel == key)
    }

    pub(super) fn subscription_mut(&mut self, key: ChannelKey) -> Option<&mut Subscription<P>> {
        self.subscriptions
            .iter_mut()
            .find(|subscription| subscription.channel == key)
    }
}

/// The connections of one shard, their channels and who is who. `P` is a payload that is cheap to
/// clone.
#[derive(Debug)]
pub struct Hub<P> {
    pub(super) connections: Slab<Connection<P>>,
    pub(super) channels: Slab<Channel>,
    pub(super) names: HashMap<Arc<str>, ChannelKey>,
    users: HashMap<User, Vec<u32>>,
    pub(super) subscriptions: usize,
    next_serial: u32,
}

impl<P> Default for Hub<P> {
    fn default() -> Self {
        Self {
            connections: Slab::new(),
            channels: Slab::new(),
            names: HashMap::new(),
            users: HashMap::new(),
            subscriptions: 0,
            next_serial: 0,
        }
    }
}

impl<P: Clone> Hub<P> {
    /// Takes a connection in.
    pub fn connect(&mut self, newcomer: Newcomer) -> ConnectionId {
        let serial = self.next_serial;
        self.next_serial = serial.wrapping_add(1);
        let slot = self.connections.insert(Connection {
            serial,
            format: newcomer.format,
            user: newcomer.user.clone(),
            session: newcomer.session,
            client: newcomer.client,
            conn_info: newcomer.info,
            subscriptions: Vec::new(),
        }) as u32;
        self.users.entry(newcomer.user).or_default().push(slot);
        ConnectionId { slot, serial }
    }

    /// Forgets a connection and all its subscriptions. `None` when it is gone already.
    pub fn disconnect(&mut self, id: ConnectionId) -> Option<Gone> {
        let info = self.connection(id)?.info();
        let mut left = Vec::new();
        while let Some(key) = self.last_channel(id.slot) {
            let name = self
                .channels
                .get(key.0 as usize)
                .map(|channel| Arc::clone(&channel.name));
            let gone = self.remove(id.slot, key);
            if gone.is_some_and(|gone| gone.answered && gone.grant.join_leave) {
                left.extend(name);
            }
        }
        let connection = self.connections.remove(id.slot as usize);
        if let Some(slots) = self.users.get_mut(&connection.user) {
            slots.retain(|slot| *slot != id.slot);
            if slots.is_empty() {
                self.users.remove(&connection.user);
            }
        }
        Some(Gone { info, left })
    }

    fn last_channel(&self, slot: u32) -> Option<ChannelKey> {
        let connection = self.connections.get(slot as usize)?;
        connection
            .subscriptions
            .last()
            .map(|subscription| subscription.channel)
    }

    pub(super) fn connection(&self, id: ConnectionId) -> Option<&Connection<P>> {
        let connection = self.connections.get(id.slot as usize)?;
        (connection.serial == id.serial).then_some(connection)
    }

    /// The connection is written to in another way from here on.
    pub fn reformat(&mut self, id: ConnectionId, format: Format) {
        let Some(connection) = self.connections.get_mut(id.slot as usize) else {
            return;
        };
        if connection.serial != id.serial {
            return;
        }
        let before = std::mem::replace(&mut connection.format, format);
        let live = connection.subscriptions.iter().filter(|it| it.is_live());
        let places: Vec<_> = live.map(|it| (it.channel, it.place)).collect();
        for (key, place) in places {
            self.leave_list(key, Some(before), place);
            self.enter_live(id.slot, key, format);
        }
    }

    /// What others see of a connection.
    #[must_use]
    pub fn info(&self, id: ConnectionId) -> Option<ClientInfo> {
        self.connection(id).map(Connection::info)
    }

    /// The connections of a user.
    #[must_use]
    pub fn connections_of(&self, user: &User) -> Vec<ConnectionId> {
        let slots = self.users.get(user).map(Vec::as_slice).unwrap_or_default();
        slots.iter().filter_map(|slot| self.id(*slot)).collect()
    }

    /// The connections of a login.
    #[must_use]
    pub fn connections_of_session(&self, session: SessionId) -> Vec<ConnectionId> {
        let all = self.connections.iter();
        all.filter(|(_, connection)| connection.session == Some(session))
            .map(|(slot, connection)| ConnectionId {
                slot: slot as u32,
                serial: connection.serial,
            })
            .collect()
    }

    /// The connection that stands in a slot now.
    #[must_use]
    pub fn id(&self, slot: u32) -> Option<ConnectionId> {
        let connection = self.connections.get(slot as usize)?;
        Some(ConnectionId {
            slot,
            serial: connection.serial,
        })
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections_count(&self) -> usize {
        self.connections.len()
    }

    /// How many channels somebody listens to.
    #[must_use]
    pub fn channels_count(&self) -> usize {
        self.channels.len()
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions_count(&self) -> usize {
        self.subscriptions
    }
}
