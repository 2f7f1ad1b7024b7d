//! A look at the connections and channels of one shard, for the people who run it.

use std::sync::Arc;

use super::channel::Channel;
use super::connection::{Connection, ConnectionId, Hub};
use super::{ClientId, User};

/// A connection as it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenConnection {
    /// The connection.
    pub connection: ConnectionId,
    /// The id that clients see.
    pub client: ClientId,
    /// Whose it is.
    pub user: User,
    /// Some of the channels it hears.
    pub channels: Vec<Arc<str>>,
    /// How many there are.
    pub channels_count: usize,
}

impl<P: Clone> Hub<P> {
    /// The connections, those of a user or those that hear a channel.
    pub fn seen_connections<'a>(
        &'a self,
        user: Option<&'a User>,
        channel: Option<&str>,
    ) -> impl Iterator<Item = ConnectionId> + use<'a, P> {
        let wanted = channel.map(|channel| self.names.get(channel).copied());
        let fits = move |connection: &Connection<P>| {
            let of_user = user.is_none_or(|user| connection.user == *user);
            let hears = match wanted {
                Some(Some(key)) => connection.subscription(key).is_some(),
                Some(None) => false,
                None => true,
            };
            of_user && hears
        };
        let all = self.connections.iter();
        all.filter(move |(_, connection)| fits(connection))
            .map(|(slot, connection)| ConnectionId {
                slot: slot as u32,
                serial: connection.serial,
            })
    }

    /// One connection, with at most so many of its channels by name.
    #[must_use]
    pub fn seen(&self, id: ConnectionId, channels_max: usize) -> Option<SeenConnection> {
        let connection = self.connection(id)?;
        let keys = connection.subscriptions.iter().map(|it| it.channel);
        let named = keys.filter_map(|key| self.channels.get(key.0 as usize));
        Some(SeenConnection {
            connection: id,
            client: connection.client,
            user: connection.user.clone(),
            channels: named
                .take(channels_max)
                .map(|channel| Arc::clone(&channel.name))
                .collect(),
            channels_count: connection.subscriptions.len(),
        })
    }

    /// The connection with this id.
    #[must_use]
    pub fn connection_of_client(&self, client: ClientId) -> Option<ConnectionId> {
        let mut all = self.connections.iter();
        all.find(|(_, connection)| connection.client == client)
            .map(|(slot, connection)| ConnectionId {
                slot: slot as u32,
                serial: connection.serial,
            })
    }

    /// The channels whose names begin so, and how many listen to each.
    pub fn seen_channels<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (Arc<str>, usize)> + use<'a, P> {
        let all = self.channels.iter().map(|(_, channel)| channel);
        all.filter(move |channel| channel.name.starts_with(prefix))
            .map(|channel| (Arc::clone(&channel.name), Channel::slots(channel).count()))
    }
}
