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

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;

pub use handle::{Calls, DataLane, SentData};
pub(crate) use translate::participant_id;

use super::media::{MediaConfig, MediaError, MediaThreads, TcpDoor};
use crate::config;

/// Calls that are there.
pub struct Open {
    /// The way to them.
    pub calls: Calls,
    /// The task that owns them. It ends with the last handle, or when it is aborted.
    pub task: JoinHandle<()>,
    /// Takes calls over TCP, where that is allowed.
    pub tcp: Option<TcpDoor>,
}

/// Opens the port for media and starts the task, where there are calls; `addresses` are those that
/// the server listens at.
///
/// # Errors
/// The port can not be had, or a thread can not be started.
pub fn open(config: &config::Calls, addresses: &[SocketAddr]) -> Result<Option<Open>, MediaError> {
    if !config.enabled {
        return Ok(None);
    }
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let first = addresses.first().copied().unwrap_or(nowhere);
    let port = match config.udp_port {
        0 => first.port(),
        port => port,
    };
    let (threads, told) = MediaThreads::start(MediaConfig {
        udp: SocketAddr::new(first.ip(), port),
        addresses: config.addresses.clone(),
        tcp_port: config.tcp.then_some(first.port()),
        workers: config.workers,
    })?;
    let tcp = config.tcp.then(|| threads.tcp_door());
    let (calls, ends) = Calls::new();
    let owner = owner::Owner::new(&ends, Arc::new(threads), config.call_participants_max);
    let task = tokio::spawn(owner.run(ends.items, told));
    Ok(Some(Open { calls, task, tcp }))
}
