//! Who comes in next: only so many connections are at their first request and its handshake at the
//! same time, because each of them takes memory that it gives back when it is through.
//!
//! The others wait with nothing but their socket. Nobody is turned away, and nobody holds a place
//! for longer than a second, whatever they do with it, so that those who stall only slow the others
//! down. It knows nothing of what a request is.

use std::sync::Arc;
use std::time::Duration;

use base::limits::{HANDSHAKE_TURN_MS_MAX, HANDSHAKES_MAX};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// The places.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HANDSHAKES_MAX)))
    }
}

/// A place. It is free again when the last copy is dropped, or when its time is over.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    _held: Arc<oneshot::Sender<()>>,
}

impl Turns {
    /// Waits for a place, in the order of those who asked.
    pub(crate) async fn next(&self) -> Turn {
        let place = Arc::clone(&self.0).acquire_owned().await;
        let (held, dropped) = oneshot::channel();
        tokio::spawn(async move {
            let patience = Duration::from_millis(HANDSHAKE_TURN_MS_MAX);
            // Nothing is ever sent: the last copy is gone, or the time is over.
            let _ = timeout(patience, dropped).await;
            drop(place);
        });
        Turn {
            _held: Arc::new(held),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_place_is_free_again_when_its_last_copy_is_dropped_or_its_time_is_over() {
        let turns = Turns::default();
        let mut held = Vec::new();
        for _ in 0..HANDSHAKES_MAX {
            held.push(turns.next().await);
        }
        let copy = held[0].clone();
        held.swap_remove(0);
        assert!(turns.next().now_or_never().is_none(), "all are taken");
        drop(copy);
        held.push(turns.next().await);
        // Those who stall lose theirs.
        turns.next().await;
        drop(held);
    }
}
