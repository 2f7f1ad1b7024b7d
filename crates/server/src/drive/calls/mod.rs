//! Calls: one task owns what is going on in them, and everybody else asks it through [`Calls`].
//!
//! The rules stand in `domain::call`; here they meet time, randomness, the media threads and the
//! sockets of participants. Doors, the REST door and moderators come through the handle; nobody
//! else touches the state.

mod carry;
mod handle;
pub(crate) mod line;
mod negotiation;
mod owner;
pub(crate) mod request;
mod serve;
mod translate;

use std::sync::Arc;

use media::Event;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use handle::{Calls, DataLane, SentData};
pub(crate) use translate::participant_id;

use super::media::MediaThreads;

/// Starts the task. It ends with the last handle, or when it is aborted.
#[must_use]
pub fn start(
    threads: MediaThreads,
    told: mpsc::Receiver<Vec<Event>>,
    participants_max: u32,
) -> (Calls, JoinHandle<()>) {
    let (calls, ends) = Calls::new();
    let owner = owner::Owner::new(&ends, Arc::new(threads), participants_max);
    let task = tokio::spawn(owner.run(ends.items, told));
    (calls, task)
}
