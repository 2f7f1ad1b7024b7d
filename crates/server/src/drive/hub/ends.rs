//! How the connections of a shard end, and what the time asks of them.

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use domain::hub::{ConnectionId, Happened, Happening};
use rustix::net::Shutdown;

use super::broadcast::Broadcast;
use super::inspect::Circumstances;
use super::link::{Carrier, Closing, LinkId};
use super::shard::Shard;
use crate::door;
use crate::door::backend::Actor;

/// How long a closed connection may take to read its farewell.
const CLOSE_MS_MAX: u64 = 2_000;

impl Shard {
    /// Ends a connection: says why, and takes it out of every channel at once.
    pub(crate) fn close(&mut self, id: LinkId, closing: impl Into<Closing>) {
        let now_ms = self.now_ms();
        let Some(link) = self.link(id) else {
            return;
        };
        if std::mem::replace(&mut link.closing, true) {
            return;
        }
        let closing = closing.into();
        let farewell = link.dialect.farewell(&closing, link.carrier.framing());
        match &mut link.carrier {
            Carrier::Socket(socket) => {
                // The farewell goes out even past the limit: it is the last one.
                socket.outbox.append(farewell);
                link.drops_ms = now_ms.saturating_add(CLOSE_MS_MAX);
                let blocked = socket.blocked;
                self.reschedule(id);
                self.leave(id, Some(&closing));
                if !blocked {
                    self.dirty.push(id);
                }
            }
            Carrier::Pipe(pipe) => {
                pipe.push(farewell);
                self.leave(id, Some(&closing));
                // Who reads now, or comes for what is left in time, sees it and then the end.
                self.drop_link(id);
            }
        }
    }

    /// After the farewell: no more is written; the client's end of it is awaited.
    pub(super) fn finish_closing(&mut self, id: LinkId) {
        if let Some(link) = self.link(id).filter(|link| link.closing)
            && let Carrier::Socket(socket) = &link.carrier
        {
            socket.shut_down(Shutdown::Write);
        }
    }

    /// Takes the connection out of the hub and tells who wants to know.
    pub(super) fn leave(&mut self, id: LinkId, closing: Option<&Closing>) {
        self.tell_happened(None);
        let Some(link) = self.link(id) else {
            return;
        };
        let counted = link.counted.take();
        while let Some((connection, actor)) = self.link(id).and_then(|it| it.dialect.leave()) {
            self.depart((connection, actor), closing);
        }
        // Behind what is told about the connection itself.
        drop(counted);
    }

    /// Takes one connection out of the hub, whatever becomes of its link.
    pub(crate) fn depart(
        &mut self,
        (connection, actor): (ConnectionId, Actor),
        closing: Option<&Closing>,
    ) {
        // What waits to be sent is for those who listened when it came.
        self.send_pending();
        if let Some(gone) = self.channels.disconnect(connection) {
            for (channel, info) in gone.left {
                self.hub.announce(Broadcast::leave(&channel, &info));
            }
            self.tell_happened(closing);
            self.backend.closed(actor);
        }
        self.gauge();
    }

    /// Forgets a connection. Both tasks of a socket end, since it is shut down.
    pub(super) fn drop_link(&mut self, id: LinkId) {
        self.leave(id, None);
        if let Some(Carrier::Socket(socket)) = self.link(id).map(|link| &link.carrier) {
            socket.shut_down(Shutdown::Both);
        }
        self.forget(id);
    }

    /// Lets go of a link, whatever becomes of its carrier.
    pub(super) fn forget(&mut self, id: LinkId) {
        if self.link(id).is_some() {
            drop(self.links.remove(id.slot as usize));
            self.hub
                .gauges(self.index)
                .connections
                .fetch_sub(1, Ordering::Relaxed);
        }
        if self.is_done() {
            self.look.notify_one();
        }
    }

    /// After a bug: lets go of all connections at once, without a word, and of what they counted.
    /// Whoever watches their channels from another shard is not told that they left.
    pub(super) fn abandon(&mut self) {
        for (_, link) in std::mem::take(&mut self.links) {
            if let Carrier::Socket(socket) = &link.carrier {
                socket.shut_down(Shutdown::Both);
            }
            let told = link.dialect.entered().map(|(connection, actor)| {
                let ended = Happened {
                    connection,
                    client: actor.client,
                    user: actor.user.clone(),
                    what: Happening::Closed,
                };
                let backend = &self.backend;
                catch_unwind(AssertUnwindSafe(|| {
                    backend.happened(ended, Circumstances::default());
                    backend.closed(actor);
                }))
            });
            if let Some(Err(_)) = told {
                tracing::error!("the end of a connection could not be told");
            }
        }
        let gauges = self.hub.gauges(self.index);
        gauges.connections.store(0, Ordering::Relaxed);
        gauges.channels.store(0, Ordering::Relaxed);
        gauges.subscriptions.store(0, Ordering::Relaxed);
    }

    // Time.

    /// When [`Shard::tick`] is to be called next.
    pub(super) fn next_deadline_ms(&self) -> Option<u64> {
        let link = self.deadlines.peek().map(|Reverse((at_ms, ..))| *at_ms);
        let subscription = self.channels.next_expiry_ms();
        link.into_iter().chain(subscription).min()
    }

    /// The link's deadline may have come nearer. When it went further away, its entry comes up
    /// early and is put back.
    pub(crate) fn reschedule(&mut self, id: LinkId) {
        let Some(link) = self.link(id) else {
            return;
        };
        let deadline_ms = link.deadline_ms();
        if deadline_ms < link.scheduled_ms {
            link.scheduled_ms = deadline_ms;
            self.deadlines
                .push(Reverse((deadline_ms, id.slot, id.serial)));
            self.wake_at(deadline_ms);
        }
    }

    /// Does what the time asks for.
    pub(super) fn tick(&mut self) {
        let now_ms = self.now_ms();
        while let Some(Reverse((at_ms, slot, serial))) = self.deadlines.peek().copied() {
            if at_ms > now_ms {
                break;
            }
            self.deadlines.pop();
            let id = LinkId { slot, serial };
            // Any other entry was replaced by a nearer one.
            if self.link(id).is_some_and(|link| link.scheduled_ms == at_ms) {
                self.due(id, now_ms);
            }
        }
        for expired in self.channels.expired(now_ms) {
            door::expired(self, &expired);
        }
        self.flush_dirty();
    }

    fn due(&mut self, id: LinkId, now_ms: u64) {
        let Some(link) = self.link(id) else {
            return;
        };
        if now_ms >= link.drops_ms {
            return self.drop_link(id);
        }
        if !link.closing {
            door::due(self, id, now_ms);
        }
        if let Some(link) = self.link(id) {
            link.scheduled_ms = link.deadline_ms();
            let entry = (link.scheduled_ms, id.slot, id.serial);
            self.deadlines.push(Reverse(entry));
        }
    }
}
