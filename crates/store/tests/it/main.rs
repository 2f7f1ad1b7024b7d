//! The store's tests: the exam for SQLite, its plans, power loss, search and backups.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

mod backup;
mod batches;
mod exam;
mod opening;
mod power;
mod search;
