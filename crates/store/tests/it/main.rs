//! The store's tests: the exam for SQLite, its plans, power loss, search and backups.

mod exam;
mod plans;
