//! What waits for one shard, and waking it.
//!
//! Waking a thread costs more than most of what it is woken for, so what belongs together is put in
//! first and woken for once. Whoever puts something in without waking has to wake afterwards.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::shard::Item;
use super::stats::Gauges;

/// What waits for one shard.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    queue: Mutex<Queue>,
    arrived: Notify,
    /// What was put in and not taken up yet.
    waiting: AtomicUsize,
    pub(super) gauges: Gauges,
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    /// The shard has ended for good.
    closed: bool,
}

impl Inbox {
    /// Puts something in; its shard finds it when it is woken, or sooner.
    pub(super) fn put(&self, item: Item) {
        let mut queue = self.queue();
        // A shard that has ended has nobody to tell; who waits for an answer hears that by the
        // drop.
        if !queue.closed {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            queue.items.push_back(item);
        }
    }

    /// Wakes the shard if anything waits.
    pub(super) fn wake(&self) {
        if self.waiting() > 0 {
            self.arrived.notify_one();
        }
    }

    /// How many items wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Returns when something waits.
    pub(super) async fn arrived(&self) {
        while self.waiting() == 0 {
            self.arrived.notified().await;
        }
    }

    /// Takes what waits, in order, until `items` holds `most`.
    pub(super) fn take(&self, items: &mut Vec<Item>, most: usize) {
        let mut queue = self.queue();
        let count = queue.items.len().min(most.saturating_sub(items.len()));
        items.extend(queue.items.drain(..count));
        self.waiting.fetch_sub(count, Ordering::Relaxed);
    }

    /// Takes nothing any more and lets go of what waits.
    pub(super) fn close(&self) {
        let mut queue = self.queue();
        queue.closed = true;
        self.waiting.fetch_sub(queue.items.len(), Ordering::Relaxed);
        let left = std::mem::take(&mut queue.items);
        drop(queue);
        drop(left);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A panic can not have left it half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
