//! The connections of one shard and the users behind them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use base::SessionId;
use base::limits::SUBSCRIPTIONS_PER_CONNECTION_MAX;
use bytes::Bytes;
use slab::Slab;

use super::channel::Channel;
use super::journal::{Happened, Happening, Journal};
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
    type Err = base::id::MalformedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || base::id::MalformedId;
        let bits: String = text.chars().filter(|sign| *sign != '-').collect();
        let bits = u128::from_str_radix(&bits, 16).map_err(|_| malformed())?;
        let id = Self(bits);
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(malformed())
        }
    }
}

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
    /// The channels that are to be told, and of whom.
    pub left: Vec<(Arc<str>, ClientInfo)>,
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
            chan_info: None,
        }
    }

    pub(super) fn info_in(&self, subscription: &Subscription<P>) -> ClientInfo {
        let extra = subscription.extra.as_ref();
        ClientInfo {
            chan_info: extra.and_then(|extra| extra.info.clone()),
            ..self.info()
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
    pub(super) journal: Journal,
    /// Subscriptions that wanted to go on where they were, and those that could.
    pub(super) recoveries: (u64, u64),
    next_serial: u32,
    pub(super) subscriptions_max: usize,
    /// Subscriptions whose credentials end, by that time.
    pub(super) expiring: BTreeSet<(u64, u32, ChannelKey)>,
    /// Those whose filter is to be asked about the publication that was accepted last.
    pub(super) to_judge: Vec<u32>,
}

impl<P> Default for Hub<P> {
    fn default() -> Self {
        Self {
            connections: Slab::new(),
            channels: Slab::new(),
            names: HashMap::new(),
            users: HashMap::new(),
            subscriptions: 0,
            journal: Journal::default(),
            recoveries: (0, 0),
            next_serial: 0,
            subscriptions_max: SUBSCRIPTIONS_PER_CONNECTION_MAX,
            expiring: BTreeSet::new(),
            to_judge: Vec::new(),
        }
    }
}

impl<P: Clone> Hub<P> {
    /// A hub whose connections may have so many subscriptions each.
    #[must_use]
    pub fn with_subscriptions_max(subscriptions_max: usize) -> Self {
        Self {
            subscriptions_max,
            ..Self::default()
        }
    }

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
        self.note(slot, || Happening::Opened);
        ConnectionId { slot, serial }
    }

    /// Forgets a connection and all its subscriptions. `None` when it is gone already.
    pub fn disconnect(&mut self, id: ConnectionId) -> Option<Gone> {
        self.connection(id)?;
        let mut left = Vec::new();
        while let Some(key) = self.last_channel(id.slot) {
            let name = self.name(key).cloned();
            let info = name.as_ref().and_then(|name| self.info_in(id, name));
            let gone = self.remove(id.slot, key);
            if gone.is_some_and(|gone| gone.answered && gone.grant.announced) {
                left.extend(name.zip(info));
            }
        }
        self.note(id.slot, || Happening::Closed);
        let connection = self.connections.remove(id.slot as usize);
        if let Some(slots) = self.users.get_mut(&connection.user) {
            slots.retain(|slot| *slot != id.slot);
            if slots.is_empty() {
                self.users.remove(&connection.user);
            }
        }
        Some(Gone { left })
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
        let places: Vec<_> = live
            .map(|it| (it.channel, it.list(before), it.place))
            .collect();
        for (key, list, place) in places {
            self.leave_list(key, list, place);
            self.enter_live(id.slot, key, format);
        }
    }

    /// Whether somebody wants to know what happens.
    pub const fn watch(&mut self, watched: bool) {
        self.journal.watch(watched);
    }

    /// What happened since the last time, in order.
    pub fn happened(&mut self) -> Vec<Happened> {
        self.journal.take()
    }

    /// How many subscriptions wanted to go on where they were, and how many could.
    #[must_use]
    pub const fn recoveries(&self) -> (u64, u64) {
        self.recoveries
    }

    /// Writes down what happens to the connection in a slot.
    pub(super) fn note(&mut self, slot: u32, what: impl FnOnce() -> Happening) {
        let connection = self.connections.get(slot as usize);
        self.journal.note(|| {
            let connection = connection?;
            Some(Happened {
                connection: ConnectionId {
                    slot,
                    serial: connection.serial,
                },
                client: connection.client,
                user: connection.user.clone(),
                what: what(),
            })
        });
    }

    /// What others see of a connection from here on.
    pub fn set_conn_info(&mut self, id: ConnectionId, info: Bytes) {
        let connection = self.connections.get_mut(id.slot as usize);
        if let Some(connection) = connection.filter(|it| it.serial == id.serial) {
            connection.conn_info = Some(info);
        }
    }

    /// The id of a connection as clients see it.
    #[must_use]
    pub fn client(&self, id: ConnectionId) -> Option<ClientId> {
        self.connection(id).map(|connection| connection.client)
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
