//! One connection's subscription to one channel, from the first moment to the last.

use std::sync::Arc;

use base::limits::{
    CHANNEL_NAME_BYTES_MAX, RECOVERY_PUBLICATIONS_MAX, SUBSCRIPTIONS_PER_CONNECTION_MAX,
};
use thiserror::Error;

use super::channel::{Channel, leave};
use super::connection::{Connection, ConnectionId, Hub};
use super::{ChannelKey, ClientInfo, User};

/// Where the past of a channel is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Past {
    /// Nowhere: what was missed is gone.
    #[default]
    None,
    /// In a log that the application keeps.
    Log,
    /// In the memory of the hub, for channels published with [`super::Lane::Kept`].
    Memory,
}

/// What a subscription may do. The default allows nothing but to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grant {
    /// Where its past is; anything but [`Past::None`] makes the subscription recoverable.
    pub past: Past,
    /// Whether others see it in the channel's presence.
    pub presence: bool,
    /// Whether it is told who comes and goes, and others of it.
    pub join_leave: bool,
    /// Whether it may ask for the channel's presence.
    pub may_presence: bool,
    /// Whether it may ask for the channel's history.
    pub may_history: bool,
}

/// Who wanted the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client asked for it.
    Client,
    /// The server put it there.
    Server,
}

/// A subscription that does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The connection has it.
    #[error("already subscribed")]
    Already,
    /// The connection has as many as it may.
    #[error("too many subscriptions")]
    TooMany,
    /// The channel's name is too long.
    #[error("the name of the channel is too long")]
    NameTooLong,
    /// There is no such connection.
    #[error("the connection is gone")]
    Gone,
}

/// A subscription as the doors see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscribed {
    /// What it may do.
    pub grant: Grant,
    /// Who wanted it.
    pub side: Side,
    /// Whether it was answered; until then nothing is delivered.
    pub answered: bool,
}

/// What comes while a subscription is not answered yet.
#[derive(Debug)]
pub(super) struct Held<P> {
    pub(super) publications: Vec<(Option<u64>, P)>,
    /// Something is missing in between: it can not be answered with a whole stream.
    pub(super) broken: bool,
}

impl<P: Clone> Held<P> {
    pub(super) fn push(&mut self, offset: Option<u64>, payload: &P) {
        if self.publications.len() >= RECOVERY_PUBLICATIONS_MAX {
            self.broken = true;
            self.publications.clear();
        }
        if !self.broken {
            self.publications.push((offset, payload.clone()));
        }
    }
}

/// How far a subscription is.
#[derive(Debug)]
pub(super) enum Stage<P> {
    /// Not answered yet.
    Joining(Box<Held<P>>),
    /// Has everything up to this offset, which the channel has not reached yet.
    Ahead(u64),
    /// Gets whatever comes.
    Live,
}

/// One connection's subscription to one channel.
#[derive(Debug)]
pub(super) struct Subscription<P> {
    pub(super) channel: ChannelKey,
    /// Where its connection stands in the channel's list.
    pub(super) place: u32,
    pub(super) side: Side,
    pub(super) grant: Grant,
    pub(super) stage: Stage<P>,
}

impl<P> Subscription<P> {
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Live)
    }

    fn seen(&self) -> Subscribed {
        let answered = !matches!(self.stage, Stage::Joining(_));
        Subscribed {
            grant: self.grant,
            side: self.side,
            answered,
        }
    }
}

impl<P: Clone> Hub<P> {
    /// Registers a subscription before anything is known about it: whatever is published from now
    /// on waits for [`Hub::finish`] or [`Hub::unsubscribe`].
    ///
    /// # Errors
    /// [`Refused`], and nothing has changed.
    pub fn begin(&mut self, id: ConnectionId, channel: &str, side: Side) -> Result<(), Refused> {
        if channel.len() > CHANNEL_NAME_BYTES_MAX {
            return Err(Refused::NameTooLong);
        }
        let connection = self.connection(id).ok_or(Refused::Gone)?;
        if connection.subscriptions.len() >= SUBSCRIPTIONS_PER_CONNECTION_MAX {
            return Err(Refused::TooMany);
        }
        let known = self.names.get(channel).copied();
        if known.is_some_and(|key| connection.subscription(key).is_some()) {
            return Err(Refused::Already);
        }
        let key = known.unwrap_or_else(|| self.open(channel));
        let held = &mut self.channels[key.0 as usize].held;
        let place = held.len() as u32;
        held.push(id.slot);
        let stage = Stage::Joining(Box::new(Held {
            publications: Vec::new(),
            broken: false,
        }));
        let grant = Grant::default();
        let subscription = Subscription {
            channel: key,
            place,
            side,
            grant,
            stage,
        };
        if let Some(connection) = self.connections.get_mut(id.slot as usize) {
            connection.subscriptions.push(subscription);
            self.subscriptions += 1;
        }
        Ok(())
    }

    fn open(&mut self, name: &str) -> ChannelKey {
        let name: Arc<str> = name.into();
        let key = ChannelKey(self.channels.insert(Channel::new(Arc::clone(&name))) as u32);
        self.names.insert(name, key);
        key
    }

    /// The subscription of a connection to a channel, answered or not.
    #[must_use]
    pub fn subscribed(&self, id: ConnectionId, channel: &str) -> Option<Subscribed> {
        let key = *self.names.get(channel)?;
        let subscription = self.connection(id)?.subscription(key)?;
        Some(subscription.seen())
    }

    /// Ends a subscription, answered or not: nothing of the channel reaches the connection from
    /// here on. `None` when there was none.
    pub fn unsubscribe(&mut self, id: ConnectionId, channel: &str) -> Option<Subscribed> {
        let key = *self.names.get(channel)?;
        self.connection(id)?;
        self.remove(id.slot, key)
    }

    /// Takes the subscription out of both sides.
    pub(super) fn remove(&mut self, slot: u32, key: ChannelKey) -> Option<Subscribed> {
        let connection = self.connections.get_mut(slot as usize)?;
        let at = connection.position(key)?;
        let gone = connection.subscriptions.swap_remove(at);
        if connection.subscriptions.is_empty() {
            connection.subscriptions = Vec::new();
        }
        let format = connection.format;
        self.leave_list(key, gone.is_live().then_some(format), gone.place);
        if self.channels[key.0 as usize].is_empty() {
            let channel = self.channels.remove(key.0 as usize);
            self.names.remove(&channel.name);
        }
        self.subscriptions -= 1;
        Some(gone.seen())
    }

    /// Takes one place out of a list of the channel (`held` without a format) and tells the
    /// connection that moves into it.
    pub(super) fn leave_list(&mut self, key: ChannelKey, live: Option<super::Format>, place: u32) {
        let channel = &mut self.channels[key.0 as usize];
        let moved = match live {
            Some(format) => channel.live.leave(format, place),
            None => leave(&mut channel.held, place),
        };
        let moved = moved.and_then(|slot| self.connections.get_mut(slot as usize));
        if let Some(moved) = moved.and_then(|connection| connection.subscription_mut(key)) {
            moved.place = place;
        }
    }

    /// Whom the channel's presence shows, at most `limit`.
    pub fn present(&self, channel: &str, limit: usize) -> Vec<ClientInfo> {
        self.present_connections(channel)
            .take(limit)
            .map(Connection::info)
            .collect()
    }

    /// How many the channel's presence shows, and who they are, each once per connection.
    pub fn present_users<'a>(
        &'a self,
        channel: &str,
    ) -> impl Iterator<Item = &'a User> + use<'a, P> {
        self.present_connections(channel)
            .map(|connection| &connection.user)
    }

    fn present_connections<'a>(
        &'a self,
        channel: &str,
    ) -> impl Iterator<Item = &'a Connection<P>> + use<'a, P> {
        let key = self.names.get(channel).copied();
        let channel = key.and_then(|key| self.channels.get(key.0 as usize));
        let slots = channel.into_iter().flat_map(Channel::slots);
        slots.filter_map(move |slot| {
            let connection = self.connections.get(slot as usize)?;
            let subscription = connection.subscription(key?)?;
            subscription.grant.presence.then_some(connection)
        })
    }
}
