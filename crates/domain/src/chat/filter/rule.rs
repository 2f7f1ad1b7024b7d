//! Rules of the word filter.

use base::{RuleId, UnixMs};
use serde::{Deserialize, Serialize};

/// How a rule's pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// A word or phrase, normalised as the text is.
    Keyword,
    /// A regular expression over the normalised text.
    Regex,
}

/// What happens to a text that a rule matches; the strongest of all matching rules wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is noted in the log of changes.
    Log,
    /// What matched is replaced by asterisks, and it is noted.
    Mask,
    /// The text is refused, and it is noted.
    Block,
}

/// A rule of the word filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// What it looks for.
    pub pattern: String,
    /// How the pattern is read.
    pub kind: RuleKind,
    /// What happens to what it matches.
    pub action: Action,
    /// Whether signs between the characters are passed over (`P i a o`).
    pub ignore_separators: bool,
    /// Whether a Latin word must match as a whole.
    pub whole_word: bool,
    /// Whether it is in force.
    pub enabled: bool,
    /// The operator's note.
    pub note: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// How often it matched.
    pub hits: u64,
}
