//! Going down: what happens in which order, and that it always ends.

use std::sync::atomic::Ordering;
use std::time::Duration;

use base::limits;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::drive::attendance;

/// The part of the deadline that live connections may use to be told.
const SOCKETS: Duration = Duration::from_secs(3);
/// How long webhooks may take to hear of the connections that ended with the server; what they do
/// not take is told after the next start.
const WEBHOOKS: Duration = Duration::from_secs(1);

/// The whole deadline.
pub const DEADLINE: Duration = Duration::from_millis(limits::DRAIN_MS_MAX);

/// The signals by which the operator or the system asks the process to end.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Watches from now on: a signal that comes while the server still starts is kept.
    ///
    /// # Errors
    /// Signals can not be watched.
    pub fn watch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Resolves when one of them came.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Takes no new work: load balancers look elsewhere, live connections are told to come back.
pub async fn drain(app: &App) {
    app.ready.store(false, Ordering::Release);
    app.hub.drain(SOCKETS).await;
    attendance::end_all(&app.known.attendance, &app.writer).await;
    app.known.webhooks.settle(&app.store, WEBHOOKS).await;
}
