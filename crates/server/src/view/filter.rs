//! The word filter's rules and what they find.

use base::{RoomId, RuleId, UnixMs};
use domain::chat::filter::{Action, Rule as Record, RuleKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::event::Event;

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Rule {
    /// Its id.
    #[schema(value_type = String)]
    pub id: RuleId,
    /// What it looks for.
    pub pattern: String,
    /// keyword or regex.
    #[schema(value_type = String)]
    pub kind: RuleKind,
    /// mask, block or log.
    #[schema(value_type = String)]
    pub action: Action,
    /// Whether signs between the characters are passed over.
    pub ignore_separators: bool,
    /// Whether a Latin word must match as a whole.
    pub whole_word: bool,
    /// Whether it is in force.
    pub enabled: bool,
    /// The operator's note.
    pub note: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// How often it matched.
    pub hits: u64,
}

/// All rules.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Rules {
    /// Newest first.
    pub rules: Vec<Rule>,
}

/// Where a rule matched, in characters of the text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Hit {
    /// Which rule; null for a draft.
    #[schema(value_type = Option<String>)]
    pub rule: Option<RuleId>,
    /// The first character.
    pub start: usize,
    /// Behind the last character.
    pub end: usize,
}

/// What the filter would do to a text.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Tried {
    /// none, mask, block or log.
    pub action: &'static str,
    /// The text as it would be posted.
    pub masked: String,
    /// What matched.
    pub hits: Vec<Hit>,
}

/// A message that a draft would have met.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Sample {
    /// The room.
    #[schema(value_type = String)]
    pub room: RoomId,
    /// The message.
    pub event: Event,
    /// Where it matched.
    pub hits: Vec<Hit>,
}

/// What a draft would have met.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DryRun {
    /// Messages looked at.
    pub examined: usize,
    /// Of which it matched so many.
    pub matched: usize,
    /// Some of them, newest first.
    pub samples: Vec<Sample>,
}

/// The name of an action, or `none`.
#[must_use]
pub fn action(action: Option<Action>) -> &'static str {
    match action {
        None => "none",
        Some(Action::Mask) => "mask",
        Some(Action::Block) => "block",
        Some(Action::Log) => "log",
    }
}

/// A rule.
#[must_use]
pub fn rule(record: &Record) -> Rule {
    Rule {
        id: record.id,
        pattern: record.pattern.clone(),
        kind: record.kind,
        action: record.action,
        ignore_separators: record.ignore_separators,
        whole_word: record.whole_word,
        enabled: record.enabled,
        note: record.note.clone(),
        created_at: record.created_at,
        hits: record.hits,
    }
}
