//! The room log: its rows, appending to it, reading it.
//!
//! A message's row is the message in its newest state. The rows of edits, deletions and reactions
//! point at it and carry none of its text, so that a deletion really erases.

pub(crate) mod change;
pub(crate) mod hydrate;
pub(crate) mod post;
mod read;
pub(crate) mod row;

pub use read::{Log, Page, Window};

use base::limits::EXCERPT_CHARS_MAX;

/// A text on one line, cut to [`EXCERPT_CHARS_MAX`] characters: what lists and quotes show.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > EXCERPT_CHARS_MAX * 4 {
            break;
        }
    }
    match line.char_indices().nth(EXCERPT_CHARS_MAX) {
        None => line,
        Some(_) => {
            let kept: String = line.chars().take(EXCERPT_CHARS_MAX - 1).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_and_never_longer_than_its_limit() {
        assert_eq!(excerpt("  two\n\nlines\there "), "two lines here");
        let long = excerpt(&"字".repeat(500));
        assert_eq!(long.chars().count(), EXCERPT_CHARS_MAX);
        assert!(long.ends_with('…'));
        let exact = "a".repeat(EXCERPT_CHARS_MAX);
        assert_eq!(excerpt(&exact), exact);
        assert_eq!(excerpt(""), "");
    }
}
