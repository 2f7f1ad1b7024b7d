//! Who gets what: the events of a pass on their way to the sockets.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::hub::{ChannelKey, Delta, Format, Lost, Position, Side, Verdict};
use wire::centrifugo::{Disconnect, Unsubscribe};

use super::broadcast::{Audience, Broadcast};
use super::link::{Delivered, LinkId};
use super::shard::Shard;
use crate::door;

/// Frames of one channel are joined up to this size.
const JOINED_BYTES_MAX: usize = 64 << 10;

/// Publications of this pass that wait to be joined, by channel.
#[derive(Debug, Default)]
pub(super) struct Pending {
    places: HashMap<ChannelKey, usize>,
    lists: Vec<(ChannelKey, Vec<Arc<Broadcast>>)>,
}

impl Shard {
    pub(super) fn broadcast(&mut self, event: Arc<Broadcast>) {
        if event.audience() == Audience::Watchers {
            self.send_pending();
            let slots = self.channels.watching(&event.channel);
            return self.send_to(&slots, &event);
        }
        let told = |tag: &str| event.tag(tag);
        let position = event
            .position
            .as_ref()
            .map(|(offset, epoch)| (*offset, &**epoch));
        let mut verdict = self.channels.accept(&event.channel, position, &event);
        if let Some(client) = event.except() {
            verdict = self.channels.leave_out(verdict, client);
        }
        let mut passing = self.channels.passing(&event.channel, told);
        if let Some(client) = event.except() {
            passing.retain(|slot| !self.channels.is_of(*slot, client));
        }
        match verdict {
            Verdict::Nobody => {}
            Verdict::Everybody(key) if event.is_volatile() => {
                self.send_pending();
                let lists = self.channels.live(key);
                let all = lists.flat_map(|(_, slots)| slots).copied();
                let slots: Vec<u32> = all.chain(passing).collect();
                let slots = self.reading(slots);
                self.send_to(&slots, &event);
            }
            Verdict::Everybody(key) => {
                self.send_to(&passing, &event);
                self.pending.push(key, event);
            }
            Verdict::These(key, mut slots) => {
                // What came before goes out before.
                self.send_pending();
                slots.append(&mut passing);
                if event.is_volatile() {
                    slots = self.reading(slots);
                }
                self.send_to(&slots, &event);
                self.told_apart(key, &event);
            }
            Verdict::Broken(key) => {
                self.send_pending();
                for lost in self.channels.lost(key) {
                    self.lose(lost, &event.channel);
                }
                self.send_to(&passing, &event);
                let lists = self.channels.live(key);
                let mut left: Vec<u32> = lists.flat_map(|(_, slots)| slots).copied().collect();
                if let Some(client) = event.except() {
                    left.retain(|slot| !self.channels.is_of(*slot, client));
                }
                self.send_to(&left, &event);
                self.told_apart(key, &event);
            }
        }
    }

    /// Those of these connections that have read everything before.
    fn reading(&mut self, mut slots: Vec<u32>) -> Vec<u32> {
        slots.retain(|slot| {
            let link = self.link_of(*slot);
            link.is_some_and(|link| self.unsent_bytes(link) == 0)
        });
        slots
    }

    /// Keeps up what differences build on, after an event that was told to each one whole.
    fn told_apart(&mut self, key: ChannelKey, event: &Broadcast) {
        if event.position.is_none() {
            self.channels.set_delta(key, Delta::First);
        }
        if let Some(client) = event.except() {
            self.channels.restart_delta(key, client);
        }
    }

    /// Tells those who have missed something of a stream in memory, wherever that got lost.
    pub(super) fn check_positions(&mut self, positions: &HashMap<Arc<str>, Position>) {
        let stands = |name: &str| {
            let position = positions.get(name);
            position.map(|position| (&*position.epoch, position.top))
        };
        for (channel, lost) in self.channels.astray(stands) {
            tracing::warn!(
                channel = &*channel,
                listeners = lost.len(),
                "a stream was lost"
            );
            for lost in lost {
                self.lose(lost, &channel);
            }
        }
    }

    /// Sends away those who hear a channel whose past is gone: they come back and begin anew.
    pub(super) fn restart(&mut self, channel: &str) {
        for lost in self.channels.lost_in(channel) {
            self.lose(lost, channel);
        }
    }

    /// The client missed something: it recovers the channel, or connects anew.
    fn lose(&mut self, lost: Lost, channel: &str) {
        let Some(link) = self.link_of(lost.connection.slot) else {
            return;
        };
        match lost.side {
            Side::Client => {
                self.channels.unsubscribe(lost.connection, channel);
                door::unsubscribed(self, link, channel, Unsubscribe::InsufficientState.code());
            }
            Side::Server => self.close(link, Disconnect::InsufficientState),
        }
    }

    fn send_to(&mut self, slots: &[u32], event: &Broadcast) {
        for slot in slots {
            if let Some(link) = self.link_of(*slot)
                && let Some(format) = self.format(link)
            {
                let delta = self.whole(*slot, event);
                self.hand(link, event.bytes(Format { delta, ..format }));
            }
        }
    }

    /// How a publication is told that builds on nothing.
    pub(super) fn whole(&self, slot: u32, event: &Broadcast) -> Delta {
        if event.deltas() && self.channels.takes_deltas(slot, &event.channel) {
            Delta::First
        } else {
            Delta::None
        }
    }

    /// Sends what waits to be joined.
    pub(crate) fn send_pending(&mut self) {
        if self.pending.lists.is_empty() {
            return;
        }
        self.pending.places.clear();
        let lists = std::mem::take(&mut self.pending.lists);
        let alone = lists.len() == 1;
        let mut trouble = Vec::new();
        for (key, events) in &lists {
            for (format, slots) in self.channels.live(*key) {
                self.messages.sent += (slots.len() * events.len()) as u64;
                for joined in joined(events, format) {
                    for slot in slots {
                        let Some(link_slot) = self.link_of.get(*slot as usize) else {
                            continue;
                        };
                        let Some(link) = self.links.get_mut(*link_slot as usize) else {
                            continue;
                        };
                        let id = LinkId {
                            slot: *link_slot,
                            serial: link.serial,
                        };
                        match link.deliver(&joined, alone) {
                            Delivered::Sent => {}
                            Delivered::Queued => self.dirty.push(id),
                            Delivered::Trouble(written) => trouble.push((id, written)),
                        }
                    }
                }
            }
        }
        for (key, events) in &lists {
            let built_on = events.last().is_some_and(|event| event.position.is_some());
            let delta = if built_on { Delta::Next } else { Delta::First };
            self.channels.set_delta(*key, delta);
        }
        for (id, written) in trouble {
            self.settle(id, written);
        }
    }
}

impl Pending {
    fn push(&mut self, key: ChannelKey, event: Arc<Broadcast>) {
        let place = *self.places.entry(key).or_insert_with(|| {
            self.lists.push((key, Vec::new()));
            self.lists.len() - 1
        });
        if let Some((_, list)) = self.lists.get_mut(place) {
            list.push(event);
        }
    }
}

/// The frames of several events, joined into few pieces; none when nothing is to be told.
fn joined(events: &[Arc<Broadcast>], format: Format) -> Vec<Bytes> {
    if format.delta != Delta::None {
        return joined_deltas(events, format);
    }
    if let [event] = events {
        let frame = event.bytes(format);
        return Vec::from_iter((!frame.is_empty()).then(|| frame.clone()));
    }
    let mut pieces = Vec::new();
    let mut piece = BytesMut::new();
    for event in events {
        let frame = event.bytes(format);
        if !piece.is_empty() && piece.len() + frame.len() > JOINED_BYTES_MAX {
            pieces.push(piece.split().freeze());
        }
        piece.extend_from_slice(frame);
    }
    if !piece.is_empty() {
        pieces.push(piece.freeze());
    }
    pieces
}

/// The same for those who take differences: each event builds on the one before it, unless that has
/// no place in the stream.
fn joined_deltas(events: &[Arc<Broadcast>], format: Format) -> Vec<Bytes> {
    let mut delta = format.delta;
    let mut pieces = Vec::new();
    for event in events {
        pieces.push(event.bytes(Format { delta, ..format }).clone());
        delta = match event.position {
            Some(_) => Delta::Next,
            None => Delta::First,
        };
    }
    pieces
}
