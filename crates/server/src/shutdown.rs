//! Going down: what happens in which order, and that it always ends.

use std::sync::atomic::Ordering;
use std::time::Duration;

use base::limits;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;

/// The part of the deadline that live connections may use to be told.
const SOCKETS: Duration = Duration::from_secs(3);

/// The whole deadline.
pub const DEADLINE: Duration = Duration::from_millis(limits::DRAIN_MS_MAX);

/// Resolves when the operator or the system asks the process to end.
///
/// # Errors
/// Signals can not be watched.
pub async fn asked() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Takes no new work: load balancers look elsewhere, live connections are told to come back.
pub async fn drain(app: &App) {
    app.ready.store(false, Ordering::Release);
    app.hub.drain(SOCKETS).await;
}
