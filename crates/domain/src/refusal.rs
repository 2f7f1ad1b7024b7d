//! A refusal: the rules say no, and this is what the person is told.

use base::Code;
use thiserror::Error;

/// Why a command was not carried out. Never a fault of ours, never logged as one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// A sentence for a person: what is wrong and what to do.
    pub detail: String,
    /// The part of the input that is wrong, by its name in the protocol.
    pub field: Option<&'static str>,
}

impl Refusal {
    /// A refusal of the whole command.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
        }
    }

    /// A refusal because of one part of the input.
    #[must_use]
    pub fn of(code: Code, field: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: Some(field),
        }
    }
}
