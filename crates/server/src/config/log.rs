//! What is logged and how.

use super::section::section;

section! {
    /// What the server writes to its standard error.
    Log as "log" {
        /// `error`, `warn`, `info`, `debug` or `trace`, or a list such as `info,server=debug`.
        level: String = "info".to_owned(),
        /// `text` for people, `json` for machines.
        format: Format = Format::Text,
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}
