//! The word filter: the operator's keywords and patterns, and what happens to what they match.

pub mod rule;
pub mod verdict;

pub use rule::{Action, Rule, RuleKind};
pub use verdict::{Hit, Scope, Verdict};
