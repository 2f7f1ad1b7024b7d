//! What operators keep for developers: keys, token secrets, bans, revocations, webhooks, and a look
//! into the live doors. Admins and owners only; every change is a line of the log of changes.
//!
//! Readers on hot paths ([`keys::verify`], [`secrets::current`], [`bans::check`],
//! [`revocations::check`]) ask the board in memory, which follows the commits; the lists read the
//! same board or the store.

pub mod bans;
pub mod inspector;
pub mod keys;
pub mod revocations;
pub mod secrets;
pub mod webhooks;

use std::sync::Arc;

use base::Code;
use domain::auth::permit::Verb;
use domain::developer::Change;
use store::{AuditEntry, Command};

use super::{Login, commit_noted, may_in_place};
use crate::app::App;
use crate::problem::{Answer, Problem};
use crate::view::developer::{Configured, Overview};

fn may_keep(login: &Login) -> Answer<()> {
    may_in_place(login.actor(), Verb::KeepDeveloper)
}

/// Writes a change and the line that notes it. `too_many` is what is said when there are too many
/// of the kind already.
async fn change(app: &App, change: Change, entry: AuditEntry, too_many: &str) -> Answer<()> {
    let command = Command::Developer(Arc::new(change));
    let written = commit_noted(app, command, [entry]).await;
    match written {
        Ok(_) => Ok(()),
        Err(problem) if problem.code == Code::Conflict => {
            Err(Problem::new(Code::Conflict, too_many))
        }
        Err(problem) => Err(problem),
    }
}

/// What the configuration file holds beside the lists, and which insecure switches are on.
///
/// # Errors
/// `forbidden`.
pub fn overview(app: &App, login: &Login) -> Answer<Overview> {
    may_keep(login)?;
    let targets = app.known.webhooks.targets();
    let webhooks = targets.iter().filter(|it| webhooks::is_configured(it));
    let mut insecure = Vec::new();
    if app.channels.insecure {
        insecure.push("client.insecure");
    }
    if app.http_api_insecure {
        insecure.push("http_api.insecure");
    }
    Ok(Overview {
        configured: Configured {
            keys: app.configured_keys.len(),
            token_secrets: app.channels.configured_keys,
            webhooks: webhooks.count(),
        },
        insecure,
        allow_private: app.known.webhooks.reach() == crate::net::outbound::Reach::Anywhere,
    })
}
