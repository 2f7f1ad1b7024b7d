//! What the word filter says of a text.

use base::{Code, RuleId};

use super::Action;
use crate::Refusal;

/// What a text is: it decides how strictly the word filter looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A message, posted or edited.
    Message,
    /// The name of an uploaded file.
    FileName,
    /// The name of a person, room or place, or a topic. A name with asterisks would be no name:
    /// what masks elsewhere blocks here.
    Name,
}

/// Where a rule matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which rule.
    pub rule: RuleId,
    /// What it asks for.
    pub action: Action,
    /// The first character that matched, counted in characters of the original.
    pub start: usize,
    /// The character after the last one that matched.
    pub end: usize,
}

/// A text that went through the word filter, and what that found.
///
/// The only way to one is [`super::Filter::check`] (or [`Verdict::clear`] where there is no
/// filter), and posting takes nothing else: no text goes unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub(super) original: String,
    pub(super) masked: Option<String>,
    pub(super) action: Option<Action>,
    pub(super) hits: Vec<Hit>,
}

impl Verdict {
    /// The verdict of a filter without rules.
    #[must_use]
    pub fn clear(text: impl Into<String>) -> Self {
        Self {
            original: text.into(),
            masked: None,
            action: None,
            hits: Vec::new(),
        }
    }

    /// The text as it came in.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The text as it may be stored: what masking rules match is replaced by asterisks, one per
    /// character.
    #[must_use]
    pub fn masked(&self) -> &str {
        self.masked.as_deref().unwrap_or(&self.original)
    }

    /// The strongest action of all rules that matched, none when none did.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        self.action
    }

    /// Where rules matched, in the order of the text.
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Whether the text may be stored.
    ///
    /// # Errors
    /// `blocked_words`, with what stands in the way, in the author's own words.
    pub fn allowed(&self) -> Result<(), Refusal> {
        match self.action {
            Some(Action::Block) => Err(self.refusal()),
            Some(Action::Mask | Action::Log) | None => Ok(()),
        }
    }

    fn refusal(&self) -> Refusal {
        let blocking = self.hits.iter().find(|hit| hit.action == Action::Block);
        let words: String = blocking.map_or_else(String::new, |hit| {
            self.original
                .chars()
                .skip(hit.start)
                .take((hit.end - hit.start).min(40))
                .collect()
        });
        let words = crate::auth::name::one_line(&words);
        Refusal::new(
            Code::BlockedWords,
            format!("This place does not allow “{words}”. Change the text and try again."),
        )
    }
}
