//! The thread of a shard: it runs the shard, and begins anew with an empty one when a bug ended it.
//!
//! It never touches a socket or a channel itself. Only [`super::Shards::start`] begins one.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base::PersonId;
use base::limits::{MAP_EXPIRY_CHECK_MS, POSITION_CHECK_MS};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::Hub;
use super::shard::Shard;
use crate::door::backend::Backend;

/// Items that one pass takes at most, so that timers and sockets get their turn.
const PASS_ITEMS_MAX: usize = 1_024;
/// Timers are looked at in steps of this size, so that many pings share one wake-up.
const TICK_MS: u64 = 100;
/// How often streams that are over are let go of.
const TIDY: Duration = Duration::from_secs(60);
/// When a runtime is tried again after the system had none.
const RETRY: Duration = Duration::from_secs(1);

/// Who comes online (`true`) and goes.
type Appearances = mpsc::UnboundedReceiver<(PersonId, bool)>;

/// What outlives a shard that a bug ended: its place in the hub, and who is told.
pub(super) struct Life {
    pub(super) index: usize,
    pub(super) hub: Hub,
    pub(super) backend: Arc<dyn Backend>,
    /// Told by one shard for all.
    pub(super) appearances: Option<Appearances>,
}

impl Life {
    /// Runs until the hub is drained. A panic in a pass costs the connections of this shard; their
    /// clients come back and find an empty one.
    pub(super) fn live(mut self) {
        loop {
            let built = Builder::new_current_thread()
                .enable_all()
                .build_local(LocalOptions::default());
            match built {
                Ok(runtime) => {
                    if self.run_one(&runtime) {
                        return self.hub.inner.inboxes[self.index].close();
                    }
                    tracing::error!(shard = self.index, "a shard panicked; it begins anew");
                }
                Err(error) => {
                    tracing::error!(%error, "a shard has no event queue");
                    if self.hub.is_draining() {
                        return self.hub.inner.inboxes[self.index].close();
                    }
                    thread::sleep(RETRY);
                }
            }
        }
    }

    /// One shard from its beginning to its end; `false` when that was a panic.
    fn run_one(&mut self, runtime: &LocalRuntime) -> bool {
        let shard = Shard::new(self.index, self.hub.clone(), Arc::clone(&self.backend));
        let whole = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.run(&shard))));
        if whole.is_err() {
            let _within = runtime.enter();
            shard.borrow_mut().abandon();
        }
        whole.is_ok()
    }

    async fn run(&mut self, shard: &Rc<RefCell<Shard>>) {
        let Self {
            hub,
            backend,
            appearances,
            ..
        } = self;
        if let Some(appeared) = appearances {
            tokio::task::spawn_local(tidy_streams(hub.clone()));
            tokio::task::spawn_local(sweep_maps(hub.clone()));
            tokio::task::spawn_local(check_positions(hub.clone()));
            tokio::select! {
                () = passes(hub, shard) => {}
                () = tell_appearances(&**backend, appeared) => {}
            }
        } else {
            passes(hub, shard).await;
        }
    }
}

async fn passes(hub: &Hub, shard: &Rc<RefCell<Shard>>) {
    let (look, index) = (shard.borrow().look(), shard.borrow().index);
    let inbox = &hub.inner.inboxes[index];
    let mut items = Vec::new();
    while !shard.borrow().is_done() {
        let next_ms = shard.borrow().next_deadline_ms();
        // Never is a time like any other, but for the sums below.
        let next_ms = next_ms.unwrap_or(u64::MAX).min(u64::MAX / 2);
        let wake_ms = (next_ms / TICK_MS + 1) * TICK_MS;
        shard.borrow_mut().sleeps_until_ms = wake_ms;
        let wake = hub
            .inner
            .started
            .checked_add(Duration::from_millis(wake_ms));
        let wake = wake.unwrap_or_else(|| Instant::now() + TIDY);
        tokio::select! {
            biased;
            () = inbox.arrived() => {
                // What answers and what sockets that were just read publish goes out with it.
                shard.borrow_mut().gather();
                tokio::task::yield_now().await;
                inbox.take(&mut items, PASS_ITEMS_MAX);
            }
            () = sleep_until(wake.into()) => {}
            () = look.notified() => {}
        }
        shard.borrow_mut().pass(&mut items);
        shard.borrow_mut().tick();
    }
}

/// Tells the backend who comes and goes; never ends, since the hub holds the other end.
async fn tell_appearances(backend: &dyn Backend, appeared: &mut Appearances) {
    while let Some((user, online)) = appeared.recv().await {
        let tell = || {
            if online {
                backend.online(user);
            } else {
                backend.offline(user);
            }
        };
        // A bug there is not worth the connections of this shard.
        if catch_unwind(AssertUnwindSafe(tell)).is_err() {
            tracing::error!("who came or went could not be told");
        }
    }
}

async fn tidy_streams(hub: Hub) {
    loop {
        tokio::time::sleep(TIDY).await;
        let now_ms = hub.now_ms();
        hub.streams().tidy(now_ms);
        hub.maps().tidy(now_ms);
    }
}

async fn sweep_maps(hub: Hub) {
    loop {
        tokio::time::sleep(Duration::from_millis(MAP_EXPIRY_CHECK_MS)).await;
        hub.sweep_maps();
    }
}

async fn check_positions(hub: Hub) {
    loop {
        tokio::time::sleep(Duration::from_millis(POSITION_CHECK_MS)).await;
        hub.check_positions();
    }
}
