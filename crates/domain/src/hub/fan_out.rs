//! Who gets a publication.

use std::sync::Arc;

use super::channel::{ChannelKey, Head, List};
use super::connection::Hub;
use super::subscription::{Past, Side, Stage};
use super::{ClientId, ConnectionId, Delta, Format};

/// What a publication means for the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody listens, or everybody has it.
    Nobody,
    /// Everybody in [`Hub::live`] gets it. It may wait and be sent together with what follows, as
    /// long as no subscription begins or ends meanwhile.
    Everybody(ChannelKey),
    /// Exactly these slots get it, now.
    These(ChannelKey, Vec<u32>),
    /// The stream is broken: an offset is missing, or another history began. Those of
    /// [`Hub::lost`] are to be unsubscribed, then everybody who is left gets it.
    Broken(ChannelKey),
}

/// A subscription that can not go on after its stream broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Whose.
    pub connection: ConnectionId,
    /// Who wanted it.
    pub side: Side,
}

impl<P: Clone> Hub<P> {
    /// Takes in a publication: of a stream, with its offset and epoch, or of none. Those with a
    /// filter are not among whom the verdict names: see [`Hub::passing`].
    pub fn accept(&mut self, channel: &str, position: Option<(u64, &str)>, payload: &P) -> Verdict {
        let Some(key) = self.names.get(channel).copied() else {
            return Verdict::Nobody;
        };
        let offset = position.map(|(offset, _)| offset);
        let mut broken = false;
        if let Some((offset, epoch)) = position {
            let known = &mut self.channels[key.0 as usize].head;
            match known {
                Some(head) if *head.epoch == *epoch => {
                    if offset <= head.top {
                        return Verdict::Nobody;
                    }
                    broken = offset != head.top + 1;
                    head.top = offset;
                }
                Some(_) | None => {
                    broken = known.is_some();
                    *known = Some(Head {
                        epoch: epoch.into(),
                        top: offset,
                    });
                }
            }
        }
        let filtered = &self.channels[key.0 as usize].filtered;
        if !filtered.is_empty() {
            self.to_judge.extend_from_slice(filtered);
        }
        if !self.channels[key.0 as usize].held.is_empty() {
            self.hold(key, offset, payload, broken);
        }
        if broken {
            return Verdict::Broken(key);
        }
        if self.channels[key.0 as usize].held.is_empty() {
            return Verdict::Everybody(key);
        }
        self.these(key, offset)
    }

    /// Keeps the publication for those who are not answered yet.
    fn hold(&mut self, key: ChannelKey, offset: Option<u64>, payload: &P, broken: bool) {
        for at in 0..self.channels[key.0 as usize].held.len() {
            let slot = self.channels[key.0 as usize].held[at];
            let connection = self.connections.get_mut(slot as usize);
            let subscription = connection.and_then(|it| it.subscription_mut(key));
            let Some(Stage::Joining(held)) = subscription.map(|it| &mut it.stage) else {
                continue;
            };
            held.push(offset, payload);
            held.broken |= broken;
        }
    }

    /// Everybody live, and those ahead who do not have it; who was caught up with becomes live.
    fn these(&mut self, key: ChannelKey, offset: Option<u64>) -> Verdict {
        let channel = &self.channels[key.0 as usize];
        let mut slots: Vec<u32> = channel.live.slots().collect();
        for slot in channel.held.clone() {
            let Some(connection) = self.connections.get(slot as usize) else {
                continue;
            };
            let format = connection.format;
            let Some(subscription) = connection.subscription(key) else {
                continue;
            };
            let (place, ahead) = match subscription.stage {
                Stage::Ahead(ahead) => (subscription.place, ahead),
                Stage::Joining(_) | Stage::Live => continue,
            };
            if offset.is_none_or(|offset| offset > ahead) {
                match subscription.filter() {
                    Some(_) => self.to_judge.push(slot),
                    None => slots.push(slot),
                }
            }
            if offset.is_some_and(|offset| offset >= ahead) {
                self.leave_list(key, List::Held, place);
                self.enter_live(slot, key, format);
            }
        }
        Verdict::These(key, slots)
    }

    /// Those whose filter lets the publication pass that was accepted last. `tag` finds the value
    /// of a tag. To be asked before the next one is accepted.
    pub fn passing<'a>(
        &mut self,
        channel: &str,
        tag: impl Fn(&str) -> Option<&'a str>,
    ) -> Vec<u32> {
        if self.to_judge.is_empty() {
            return Vec::new();
        }
        let mut slots = std::mem::take(&mut self.to_judge);
        let key = self.names.get(channel).copied();
        slots.retain(|slot| {
            let connection = self.connections.get(*slot as usize);
            let subscription = key.and_then(|key| connection?.subscription(key));
            let filter = subscription.and_then(|subscription| subscription.filter());
            filter.is_some_and(|filter| filter.admits(&tag))
        });
        slots
    }

    /// Whether a subscriber gets publications as differences.
    #[must_use]
    pub fn takes_deltas(&self, slot: u32, channel: &str) -> bool {
        let key = self.names.get(channel).copied();
        let connection = self.connections.get(slot as usize);
        let subscription = key.and_then(|key| connection?.subscription(key));
        subscription.is_some_and(|subscription| subscription.delta != Delta::None)
    }

    /// What those who take differences build on from here on: with [`Delta::Next`] all of them have
    /// the publication that was told last, with [`Delta::First`] none of them can use it.
    pub fn set_delta(&mut self, key: ChannelKey, delta: Delta) {
        let before = match delta {
            Delta::None => return,
            Delta::First => Delta::Next,
            Delta::Next => Delta::First,
        };
        let channel = self.channels.get_mut(key.0 as usize);
        let Some(channel) = channel.filter(|channel| channel.live.has(before)) else {
            return;
        };
        for slot in channel.live.take(before) {
            self.set_delta_of(slot, key, delta);
        }
    }

    /// One connection was left out of a publication: it can not build on it.
    pub fn restart_delta(&mut self, key: ChannelKey, client: ClientId) {
        let lists = self.live(key);
        let building = lists.filter(|(format, _)| format.delta == Delta::Next);
        let found = building
            .flat_map(|(_, slots)| slots.iter().copied())
            .find(|slot| self.is_of(*slot, client));
        let Some(slot) = found else {
            return;
        };
        let connection = self.connections.get(slot as usize);
        let place = connection.and_then(|it| {
            let subscription = it.subscription(key)?;
            Some((subscription.list(it.format), subscription.place))
        });
        if let Some((list, place)) = place {
            self.leave_list(key, list, place);
            self.set_delta_of(slot, key, Delta::First);
        }
    }

    /// Of a subscription that is in no list; puts it into the right one.
    fn set_delta_of(&mut self, slot: u32, key: ChannelKey, delta: Delta) {
        let Some(connection) = self.connections.get_mut(slot as usize) else {
            return;
        };
        let format = connection.format;
        if let Some(subscription) = connection.subscription_mut(key) {
            subscription.delta = delta;
        }
        self.enter_live(slot, key, format);
    }

    /// The verdict without one connection, which then is in neither of the lists of slots. Costs
    /// something on the shard of that connection only. A stream that broke reaches everybody: see
    /// [`Hub::is_of`].
    #[must_use]
    pub fn leave_out(&self, verdict: Verdict, client: ClientId) -> Verdict {
        match verdict {
            Verdict::Nobody | Verdict::Broken(_) => verdict,
            Verdict::Everybody(key) => {
                let live = || self.live(key).flat_map(|(_, slots)| slots).copied();
                if !live().any(|slot| self.is_of(slot, client)) {
                    return verdict;
                }
                Verdict::These(key, live().filter(|it| !self.is_of(*it, client)).collect())
            }
            Verdict::These(key, mut slots) => {
                slots.retain(|slot| !self.is_of(*slot, client));
                Verdict::These(key, slots)
            }
        }
    }

    /// Whether this connection stands in that slot.
    #[must_use]
    pub fn is_of(&self, slot: u32, client: ClientId) -> bool {
        let connection = self.connections.get(slot as usize);
        connection.is_some_and(|connection| connection.client == client)
    }

    /// The slots that get whatever comes, by format.
    pub fn live(&self, key: ChannelKey) -> impl Iterator<Item = (Format, &[u32])> + '_ {
        let channel = self.channels.get(key.0 as usize);
        channel.into_iter().flat_map(|channel| channel.live.lists())
    }

    /// The slots that asked for joins and leaves.
    #[must_use]
    pub fn watching(&self, channel: &str) -> Vec<u32> {
        let Some(key) = self.names.get(channel).copied() else {
            return Vec::new();
        };
        let slots = self.channels[key.0 as usize].slots();
        slots
            .filter(|slot| {
                let connection = self.connections.get(*slot as usize);
                let subscription = connection.and_then(|it| it.subscription(key));
                subscription.is_some_and(|it| it.grant.watching)
            })
            .collect()
    }

    /// The answered subscriptions that rely on the stream of this channel.
    #[must_use]
    pub fn lost(&self, key: ChannelKey) -> Vec<Lost> {
        self.relying(key, |past| past != Past::None)
    }

    /// The same by the name of the channel.
    #[must_use]
    pub fn lost_in(&self, channel: &str) -> Vec<Lost> {
        let key = self.names.get(channel);
        key.map_or_else(Vec::new, |key| self.lost(*key))
    }

    fn relying(&self, key: ChannelKey, on: impl Fn(Past) -> bool) -> Vec<Lost> {
        let Some(channel) = self.channels.get(key.0 as usize) else {
            return Vec::new();
        };
        let lost = channel.slots().filter_map(|slot| {
            let connection = self.connections.get(slot as usize)?;
            let subscription = connection.subscription(key)?;
            let answered = !matches!(subscription.stage, Stage::Joining(_));
            let relies = answered && on(subscription.grant.past);
            let connection = ConnectionId {
                slot,
                serial: connection.serial,
            };
            relies.then_some(Lost {
                connection,
                side: subscription.side,
            })
        });
        lost.collect()
    }

    /// Listeners of streams in memory whose channel does not stand where the stream stands, by
    /// channel. `stands` tells a stream's epoch and newest offset.
    pub fn astray<'a>(
        &self,
        stands: impl Fn(&str) -> Option<(&'a str, u64)>,
    ) -> Vec<(Arc<str>, Vec<Lost>)> {
        let mut astray = Vec::new();
        for (key, channel) in &self.channels {
            let Some(head) = &channel.head else {
                continue;
            };
            if stands(&channel.name) == Some((&*head.epoch, head.top)) {
                continue;
            }
            let in_memory = |past| matches!(past, Past::Memory | Past::Map);
            let lost = self.relying(ChannelKey(key as u32), in_memory);
            if !lost.is_empty() {
                astray.push((Arc::clone(&channel.name), lost));
            }
        }
        astray
    }

    /// How many listen to each channel, answered or not.
    pub fn listeners(&self) -> impl Iterator<Item = (&Arc<str>, usize)> {
        let channels = self.channels.iter();
        channels.map(|(_, channel)| (&channel.name, channel.slots().count()))
    }

    /// The name of a channel.
    #[must_use]
    pub fn name(&self, key: ChannelKey) -> Option<&Arc<str>> {
        self.channels
            .get(key.0 as usize)
            .map(|channel| &channel.name)
    }
}
