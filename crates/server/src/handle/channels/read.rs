//! Clients that look into an app channel: its past, and who is there.

use domain::channel::{Act, may};
use domain::hub::Past;

use super::name;
use crate::app::App;
use crate::door::backend::{Actor, Refused};

/// Whether the client may read the past, and where that is.
///
/// # Errors
/// 102, 103, 107, 108.
pub fn history(app: &App, actor: &Actor, channel: &str, subscribed: bool) -> Result<Past, Refused> {
    may_read(app, actor, (channel, subscribed), Act::History)?;
    Ok(Past::Memory)
}

/// Whether the client may see who is there.
///
/// # Errors
/// 102, 103, 107, 108.
pub fn presence(app: &App, actor: &Actor, channel: &str, subscribed: bool) -> Result<(), Refused> {
    may_read(app, actor, (channel, subscribed), Act::Presence)
}

fn may_read(
    app: &App,
    actor: &Actor,
    (channel, subscribed): (&str, bool),
    act: Act,
) -> Result<(), Refused> {
    let options = app.channels.options(name(channel)?)?;
    may(options, app.channels.asker(actor, subscribed), act)?;
    Ok(())
}
