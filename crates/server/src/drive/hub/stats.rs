//! How many there are of everything: each shard keeps its figures, whoever asks adds them up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Hub;
use super::inspect::Messages;

/// How many there are of everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HubStats {
    /// Open sockets.
    pub connections: usize,
    /// Users with at least one connection; nobody in particular is not one.
    pub users: usize,
    /// Subscriptions of all connections.
    pub subscriptions: usize,
    /// Channels that somebody listens to, counted once for each shard.
    pub channels: usize,
    /// Connections that were cut off since the start because they read too slowly.
    pub cut_off: usize,
    /// Publications without an offset that were dropped since the start because a shard was behind.
    pub dropped: usize,
    /// Messages of clients since the start.
    pub received: u64,
    /// Messages to clients since the start.
    pub sent: u64,
    /// Subscriptions since the start that wanted to go on where they were.
    pub recoveries_asked: u64,
    /// Those of them that could.
    pub recoveries_succeeded: u64,
}

/// What a shard tells about itself.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) connections: AtomicUsize,
    pub(crate) subscriptions: AtomicUsize,
    pub(crate) channels: AtomicUsize,
    pub(crate) cut_off: AtomicUsize,
    received: AtomicU64,
    sent: AtomicU64,
    recoveries_asked: AtomicU64,
    recoveries_succeeded: AtomicU64,
}

impl Gauges {
    pub(crate) fn store_counts(&self, messages: Messages, recoveries: (u64, u64)) {
        self.received.store(messages.received, Ordering::Relaxed);
        self.sent.store(messages.sent, Ordering::Relaxed);
        self.recoveries_asked.store(recoveries.0, Ordering::Relaxed);
        self.recoveries_succeeded
            .store(recoveries.1, Ordering::Relaxed);
    }
}

impl Hub {
    /// How many there are of everything.
    #[must_use]
    pub fn stats(&self) -> HubStats {
        let inboxes = &self.inner.inboxes;
        let sum = |gauge: fn(&Gauges) -> &AtomicUsize| {
            inboxes
                .iter()
                .map(|inbox| gauge(&inbox.gauges).load(Ordering::Relaxed))
                .sum()
        };
        let users = {
            let online = self.online();
            online.people.len() + online.others.len()
        };
        let total = |count: fn(&Gauges) -> &AtomicU64| {
            inboxes
                .iter()
                .map(|inbox| count(&inbox.gauges).load(Ordering::Relaxed))
                .sum()
        };
        HubStats {
            received: total(|gauges| &gauges.received),
            sent: total(|gauges| &gauges.sent),
            recoveries_asked: total(|gauges| &gauges.recoveries_asked),
            recoveries_succeeded: total(|gauges| &gauges.recoveries_succeeded),
            connections: sum(|gauges| &gauges.connections),
            users,
            subscriptions: sum(|gauges| &gauges.subscriptions),
            channels: sum(|gauges| &gauges.channels),
            cut_off: sum(|gauges| &gauges.cut_off),
            dropped: self.inner.dropped.load(Ordering::Relaxed),
        }
    }
}
