//! How a subscription becomes live: what was read from the past and what was published meanwhile,
//! put together without a gap or a double, or not at all.

use std::sync::Arc;

use thiserror::Error;

use super::channel::{ChannelKey, Head, List};
use super::connection::{ConnectionId, Hub};
use super::journal::Happening;
use super::subscription::{Extra, Stage, Terms};
use super::{Delta, Format};

/// What was read about the past of a channel, after the subscription was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// The channel has no past.
    Fresh,
    /// From now on: where the stream stood.
    Now {
        /// Its epoch.
        epoch: &'a str,
        /// Its newest offset.
        top: u64,
    },
    /// From where the client left off.
    Since {
        /// The epoch that the client knows; empty for whichever there is.
        known_epoch: &'a str,
        /// The last offset that the client has.
        offset: u64,
        /// The epoch of the stream.
        epoch: &'a str,
        /// The stream's newest offset, of the same snapshot as `read`.
        top: u64,
        /// The offsets of what was read above `offset`, in order; may end before `top`.
        read: &'a [u64],
    },
}

/// A subscription that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined<P> {
    /// Whether the client gets everything since the position it named.
    pub recovered: bool,
    /// What was published meanwhile and is not among what was read, in order: to be sent after the
    /// answer.
    pub meanwhile: Vec<P>,
}

/// A subscription that does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unjoined {
    /// It was ended while its past was read: by the server, or with its connection.
    #[error("the subscription was ended meanwhile")]
    Revoked,
    /// Something between the past and the present is missing; the client should try again.
    #[error("the stream moved on too fast")]
    Torn,
}

/// Whether everything after the client's position was read.
fn is_whole(offset: u64, top: u64, read: &[u64]) -> bool {
    match (read.first(), read.last()) {
        (Some(first), Some(last)) => *first == offset + 1 && *last == top,
        _ => offset == top,
    }
}

impl<P: Clone> Hub<P> {
    /// Answers a subscription that [`Hub::begin`] registered; from here on it gets whatever comes.
    ///
    /// # Errors
    /// [`Unjoined`]; the subscription is gone then.
    pub fn finish(
        &mut self,
        id: ConnectionId,
        channel: &str,
        terms: impl Into<Terms>,
        arrival: &Arrival<'_>,
    ) -> Result<Joined<P>, Unjoined> {
        let key = *self.names.get(channel).ok_or(Unjoined::Revoked)?;
        self.connection(id).ok_or(Unjoined::Revoked)?;
        let connection = self
            .connections
            .get_mut(id.slot as usize)
            .ok_or(Unjoined::Revoked)?;
        let subscription = connection.subscription_mut(key).ok_or(Unjoined::Revoked)?;
        let Stage::Joining(held) = std::mem::replace(&mut subscription.stage, Stage::Live) else {
            return Err(Unjoined::Revoked);
        };
        let terms = terms.into();
        subscription.grant = terms.grant;
        let expiry = terms.expiry;
        subscription.delta = if terms.delta && terms.filter.is_none() {
            Delta::First
        } else {
            Delta::None
        };
        subscription.extra = Extra::of(terms);
        let (place, format) = (subscription.place, connection.format);
        let recovered = match arrival {
            Arrival::Fresh | Arrival::Now { .. } => false,
            Arrival::Since {
                known_epoch,
                offset,
                epoch,
                top,
                read,
            } => (known_epoch.is_empty() || known_epoch == epoch) && is_whole(*offset, *top, read),
        };
        let position = match arrival {
            Arrival::Fresh => None,
            Arrival::Now { epoch, top } | Arrival::Since { epoch, top, .. } => Some((*epoch, *top)),
        };
        if let Some(expiry) = expiry {
            self.expiring.insert((expiry.at_ms, id.slot, key));
        }
        // The place in `held` is kept until the outcome is known, under a stage of its own.
        let outcome = self.meet(key, position, held.publications, held.broken);
        let Ok((meanwhile, ahead)) = outcome else {
            // It was never answered: it goes as it came.
            self.set_stage(id.slot, key, Stage::Joining(Box::default()));
            self.count_recovery(arrival, false);
            self.remove(id.slot, key);
            return Err(Unjoined::Torn);
        };
        match ahead {
            Some(offset) => self.set_stage(id.slot, key, Stage::Ahead(offset)),
            None => {
                self.leave_list(key, List::Held, place);
                self.enter_live(id.slot, key, format);
            }
        }
        self.count_recovery(arrival, recovered);
        if let Some(channel) = self.channels.get(key.0 as usize) {
            let name = Arc::clone(&channel.name);
            self.note(id.slot, || Happening::Joined(name));
        }
        Ok(Joined {
            recovered,
            meanwhile,
        })
    }

    fn count_recovery(&mut self, arrival: &Arrival<'_>, recovered: bool) {
        match arrival {
            Arrival::Fresh | Arrival::Now { .. } => {}
            Arrival::Since { .. } => {
                self.recoveries.0 += 1;
                self.recoveries.1 += u64::from(recovered);
            }
        }
    }

    /// Joins what was held to the position that was read. Gives what is to be sent, and the offset
    /// that the listener has if the channel has not come that far yet.
    fn meet(
        &mut self,
        key: ChannelKey,
        position: Option<(&str, u64)>,
        held: Vec<(Option<u64>, P)>,
        broken: bool,
    ) -> Result<(Vec<P>, Option<u64>), Unjoined> {
        let Some((epoch, top)) = position else {
            return Ok((held.into_iter().map(|(_, payload)| payload).collect(), None));
        };
        if broken {
            return Err(Unjoined::Torn);
        }
        let mut reached = top;
        let mut meanwhile = Vec::new();
        for (offset, payload) in held {
            match offset {
                Some(offset) if offset <= reached => continue,
                Some(offset) if offset == reached + 1 => reached = offset,
                Some(_) => return Err(Unjoined::Torn),
                None => {}
            }
            meanwhile.push(payload);
        }
        let channel = self
            .channels
            .get_mut(key.0 as usize)
            .ok_or(Unjoined::Revoked)?;
        let head = channel.head.get_or_insert_with(|| Head {
            epoch: Arc::from(epoch),
            top: reached,
        });
        if *head.epoch != *epoch || head.top > reached {
            return Err(Unjoined::Torn);
        }
        Ok((meanwhile, (head.top < reached).then_some(reached)))
    }

    fn set_stage(&mut self, slot: u32, key: ChannelKey, stage: Stage<P>) {
        let connection = self.connections.get_mut(slot as usize);
        if let Some(subscription) = connection.and_then(|it| it.subscription_mut(key)) {
            subscription.stage = stage;
        }
    }

    /// Puts a subscription that is in no list into that of those who get whatever comes, or what
    /// passes their filter. `format` is its connection's.
    pub(super) fn enter_live(&mut self, slot: u32, key: ChannelKey, format: Format) {
        let channel = &mut self.channels[key.0 as usize];
        let connection = self.connections.get_mut(slot as usize);
        let Some(subscription) = connection.and_then(|it| it.subscription_mut(key)) else {
            return;
        };
        subscription.stage = Stage::Live;
        subscription.place = match subscription.list(format) {
            List::Live(format) => channel.live.enter(format, slot),
            List::Filtered => {
                channel.filtered.push(slot);
                (channel.filtered.len() - 1) as u32
            }
            // Nobody who is live is held.
            List::Held => return,
        };
    }
}
