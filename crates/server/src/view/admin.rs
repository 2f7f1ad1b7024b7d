//! What administrators look at: the log of changes and the server's health.

use base::{PersonId, UnixMs};
use serde::Serialize;
use store::AuditEntry as Record;
use utoipa::ToSchema;

/// A line of the log of changes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Goes in as `before` for the next page.
    pub id: String,
    /// When.
    #[schema(value_type = u64)]
    pub at: UnixMs,
    /// Who; null for the operator at the command line.
    #[schema(value_type = Option<String>)]
    pub actor: Option<PersonId>,
    /// What was done.
    pub action: String,
    /// To what.
    pub object: String,
    /// More about it.
    pub detail: String,
}

/// A page of the log of changes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
}

/// How the server is doing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Health {
    /// Its version.
    pub version: &'static str,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// People with an account.
    pub people: u64,
    /// Rooms.
    pub rooms: u64,
    /// Messages that stand.
    pub messages: u64,
    /// Open live connections.
    pub connections: u64,
    /// What the data takes.
    pub data_bytes: u64,
    /// What is left on its disk.
    pub disk_free_bytes: u64,
    /// When the last backup was taken, null for never.
    #[schema(value_type = Option<u64>)]
    pub last_backup_at: Option<UnixMs>,
    /// Whether people reach it from other machines without HTTPS.
    pub insecure: bool,
}

/// A line of the log of changes.
#[must_use]
pub fn audit_entry(record: &Record) -> AuditEntry {
    AuditEntry {
        id: record.id.to_string(),
        at: record.at,
        actor: record.actor,
        action: record.action.clone(),
        object: record.object.clone(),
        detail: record.detail.clone(),
    }
}
