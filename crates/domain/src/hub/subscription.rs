//! One connection's subscription to one channel, from the first moment to the last.

use std::sync::Arc;

use base::limits::{CHANNEL_NAME_BYTES_MAX, RECOVERY_PUBLICATIONS_MAX};
use bytes::Bytes;
use thiserror::Error;

use super::channel::List;
use super::channel::{Channel, leave};
use super::connection::{Connection, ConnectionId, Hub};
use super::journal::Happening;
use super::tags::Filter;
use super::{ChannelKey, ClientInfo, Delta, Format, Lost, User};

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
    /// In the memory of the hub, for channels that hold values by key ([`super::map`]).
    Map,
}

/// What a subscription may do. The default allows nothing but to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grant {
    /// Where the stream is that it relies on; with anything but [`Past::None`] it is told when it
    /// missed something.
    pub past: Past,
    /// Whether it may begin where it left off before.
    pub recoverable: bool,
    /// Recovering brings the newest publication and nothing else.
    pub cache: bool,
    /// ... even to somebody who never was there.
    pub auto_recover: bool,
    /// Whether it may get publications as differences to the one before.
    pub delta: bool,
    /// Whether it may choose publications by their tags.
    pub tags_filter: bool,
    /// Whether others see it in the channel's presence.
    pub presence: bool,
    /// Whether others are told that it comes and goes.
    pub announced: bool,
    /// Whether it is told of others that they come and go.
    pub watching: bool,
    /// Whether entries of maps come and go with it: the application is told when it does.
    pub tied: bool,
}

/// When the credentials of a subscription are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// By the clock of the caller.
    pub at_ms: u64,
    /// Somebody is asked then whether it goes on; else it ends.
    pub asked: bool,
}

/// A subscription whose credentials are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// To what.
    pub channel: Arc<str>,
    /// Whose, and who wanted it.
    pub lost: Lost,
    /// Somebody is to be asked whether it goes on.
    pub asked: bool,
}

/// What a subscription comes with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What it may do.
    pub grant: Grant,
    /// JSON that the channel shows of it, beside what it shows of the connection.
    pub info: Option<Bytes>,
    /// When its credentials are over, grace included, by the clock of the caller; `None` for never.
    pub expiry: Option<Expiry>,
    /// Gets publications as differences. Not with a filter.
    pub delta: bool,
    /// Which publications it gets; `None` for all.
    pub filter: Option<Filter>,
}

impl From<Grant> for Terms {
    fn from(grant: Grant) -> Self {
        Self {
            grant,
            ..Self::default()
        }
    }
}

/// What few subscriptions have.
#[derive(Debug, Default)]
pub(super) struct Extra {
    pub(super) info: Option<Bytes>,
    pub(super) expiry: Option<Expiry>,
    pub(super) filter: Option<Filter>,
}

impl Extra {
    pub(super) fn of(terms: Terms) -> Option<Box<Self>> {
        let Terms {
            grant: _,
            info,
            expiry,
            delta: _,
            filter,
        } = terms;
        let plain = info.is_none() && expiry.is_none() && filter.is_none();
        (!plain).then(|| {
            Box::new(Self {
                info,
                expiry,
                filter,
            })
        })
    }
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

impl<P> Default for Held<P> {
    fn default() -> Self {
        Self {
            publications: Vec::new(),
            broken: false,
        }
    }
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
    pub(super) extra: Option<Box<Extra>>,
    pub(super) delta: Delta,
    pub(super) stage: Stage<P>,
}

impl<P> Subscription<P> {
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Live)
    }

    pub(super) fn filter(&self) -> Option<&Filter> {
        self.extra.as_ref().and_then(|extra| extra.filter.as_ref())
    }

    /// In which list of the channel it stands, when its connection hears in this format.
    pub(super) fn list(&self, format: Format) -> List {
        match self.stage {
            Stage::Joining(_) | Stage::Ahead(_) => List::Held,
            Stage::Live if self.filter().is_some() => List::Filtered,
            Stage::Live => {
                let delta = self.delta;
                List::Live(Format { delta, ..format })
            }
        }
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
        if connection.subscriptions.len() >= self.subscriptions_max {
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
        let stage = Stage::Joining(Box::default());
        let grant = Grant::default();
        let subscription = Subscription {
            channel: key,
            place,
            side,
            grant,
            extra: None,
            delta: Delta::None,
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

    /// Newer credentials of an answered subscription: until when. Whether there is one.
    pub fn set_expiry(
        &mut self,
        id: ConnectionId,
        channel: &str,
        expiry: impl Into<Option<Expiry>>,
    ) -> bool {
        let expiry = expiry.into();
        let answered = self.subscribed(id, channel).is_some_and(|it| it.answered);
        let Some(key) = self.names.get(channel).copied().filter(|_| answered) else {
            return false;
        };
        let connection = self.connections.get_mut(id.slot as usize);
        let Some(subscription) = connection.and_then(|it| it.subscription_mut(key)) else {
            return false;
        };
        let extra = subscription.extra.get_or_insert_default();
        let before = std::mem::replace(&mut extra.expiry, expiry);
        if let Some(before) = before {
            self.expiring.remove(&(before.at_ms, id.slot, key));
        }
        if let Some(expiry) = expiry {
            self.expiring.insert((expiry.at_ms, id.slot, key));
        }
        true
    }

    /// What others see of an answered subscription from here on, beside the connection.
    pub fn set_info(&mut self, id: ConnectionId, channel: &str, info: Bytes) {
        let answered = self.subscribed(id, channel).is_some_and(|it| it.answered);
        let key = self.names.get(channel).copied().filter(|_| answered);
        let connection = self.connections.get_mut(id.slot as usize);
        if let Some(subscription) = key.and_then(|key| connection?.subscription_mut(key)) {
            subscription.extra.get_or_insert_default().info = Some(info);
        }
    }

    /// When the next subscription's credentials are over.
    #[must_use]
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.expiring.first().map(|(expires_ms, ..)| *expires_ms)
    }

    /// The subscriptions whose credentials are over; they are not ended here.
    #[must_use]
    pub fn expired(&self, now_ms: u64) -> Vec<Expired> {
        let due = self
            .expiring
            .range(..(now_ms.saturating_add(1), 0, ChannelKey(0)));
        let expired = due.filter_map(|(_, slot, key)| {
            let connection = self.id(*slot)?;
            let subscription = self.connection(connection)?.subscription(*key)?;
            let expiry = subscription.extra.as_ref().and_then(|extra| extra.expiry);
            Some(Expired {
                channel: Arc::clone(self.name(*key)?),
                lost: Lost {
                    connection,
                    side: subscription.side,
                },
                asked: expiry.is_some_and(|expiry| expiry.asked),
            })
        });
        expired.collect()
    }

    /// What others see of a connection in a channel that it is subscribed to.
    #[must_use]
    pub fn info_in(&self, id: ConnectionId, channel: &str) -> Option<ClientInfo> {
        let key = *self.names.get(channel)?;
        let connection = self.connection(id)?;
        Some(connection.info_in(connection.subscription(key)?))
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
        let list = gone.list(connection.format);
        let seen = gone.seen();
        if seen.answered {
            let name = Arc::clone(&self.channels[key.0 as usize].name);
            self.note(slot, || Happening::Left(name));
        }
        if let Some(expiry) = gone.extra.as_ref().and_then(|extra| extra.expiry) {
            self.expiring.remove(&(expiry.at_ms, slot, key));
        }
        self.leave_list(key, list, gone.place);
        if self.channels[key.0 as usize].is_empty() {
            let channel = self.channels.remove(key.0 as usize);
            self.names.remove(&channel.name);
        }
        self.subscriptions -= 1;
        Some(seen)
    }

    /// Takes one place out of a list of the channel and tells the connection that moves into it.
    pub(super) fn leave_list(&mut self, key: ChannelKey, list: List, place: u32) {
        let channel = &mut self.channels[key.0 as usize];
        let moved = match list {
            List::Live(format) => channel.live.leave(format, place),
            List::Filtered => leave(&mut channel.filtered, place),
            List::Held => leave(&mut channel.held, place),
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
            .map(|(connection, subscription)| connection.info_in(subscription))
            .collect()
    }

    /// How many the channel's presence shows, and who they are, each once per connection.
    pub fn present_users<'a>(
        &'a self,
        channel: &str,
    ) -> impl Iterator<Item = &'a User> + use<'a, P> {
        self.present_connections(channel)
            .map(|(connection, _)| &connection.user)
    }

    fn present_connections<'a>(
        &'a self,
        channel: &str,
    ) -> impl Iterator<Item = (&'a Connection<P>, &'a Subscription<P>)> + use<'a, P> {
        let key = self.names.get(channel).copied();
        let channel = key.and_then(|key| self.channels.get(key.0 as usize));
        let slots = channel.into_iter().flat_map(Channel::slots);
        slots.filter_map(move |slot| {
            let connection = self.connections.get(slot as usize)?;
            let subscription = connection.subscription(key?)?;
            let shown = subscription.grant.presence;
            shown.then_some((connection, subscription))
        })
    }
}
