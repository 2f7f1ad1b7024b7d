//! The store's tests: the exam for SQLite, its plans, power loss, search and backups.

mod backup;
mod exam;
mod opening;
mod search;
