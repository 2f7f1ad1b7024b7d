//! What administrators see and do with the place itself: its name, its log of changes, its health.

use std::fmt::Display;

use domain::auth::name;
use domain::auth::permit::Verb;
use store::{AuditEntry, Command};

use super::{Login, auth, commit, commit_noted, may_in_place};
use crate::app::{App, VERSION};
use crate::clock;
use crate::files::free_bytes;
use crate::problem::{Answer, Problem};
use crate::view::account::Place;
use crate::view::admin::{AuditPage, Health, audit_entry};

/// Lines in one page of the log of changes.
const AUDIT_PAGE_MAX: usize = 200;

/// A line for the log of changes.
pub(super) fn entry(login: &Login, action: &str, object: impl Display, detail: &str) -> AuditEntry {
    AuditEntry {
        id: 0,
        at: clock::now(),
        actor: Some(login.person.id),
        action: action.to_owned(),
        object: object.to_string(),
        detail: detail.to_owned(),
    }
}

/// Writes a line of its own into the log of changes, for what changes nothing on the disk.
pub(super) async fn note(app: &App, entry: AuditEntry) {
    if let Err(problem) = commit(app, Command::Audit(Box::new(entry))).await {
        tracing::warn!(%problem, "a change could not be noted");
    }
}

/// Gives the place another name.
///
/// # Errors
/// `forbidden`, `bad_request`, `too_long`.
pub async fn rename_place(app: &App, login: &Login, wanted: &str) -> Answer<Place> {
    may_in_place(login.actor(), Verb::RenamePlace)?;
    let name = name::place_name(wanted, "name")?;
    let entry = entry(login, "place.rename", "place", &name);
    commit_noted(app, Command::RenamePlace { name }, [entry]).await?;
    auth::place(app).await
}

/// A page of the log of changes, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn audit(
    app: &App,
    login: &Login,
    before: Option<u64>,
    limit: Option<usize>,
) -> Answer<AuditPage> {
    may_in_place(login.actor(), Verb::ReadAudit)?;
    let limit = limit.unwrap_or(50).clamp(1, AUDIT_PAGE_MAX);
    let records = app.store.audit_page(before, limit).await?;
    Ok(AuditPage {
        entries: records.iter().map(audit_entry).collect(),
    })
}

/// How the server is doing.
///
/// # Errors
/// `forbidden`.
pub async fn health(app: &App, login: &Login) -> Answer<Health> {
    may_in_place(login.actor(), Verb::ReadHealth)?;
    let counts = app.store.counts().await?;
    Ok(Health {
        version: VERSION,
        uptime_s: app.started.elapsed().as_secs(),
        people: counts.people,
        rooms: counts.rooms,
        messages: counts.messages,
        connections: app.hub.stats().connections as u64,
        data_bytes: counts.data_bytes,
        disk_free_bytes: free_bytes(&app.data).map_err(Problem::fault)?,
        last_backup_at: app.store.last_backup_at(),
        insecure: app.insecure,
    })
}
