//! The text of a message as it is taken in.
//!
//! Posts and edits come through here. It cleans what cannot be shown and bounds the length; what
//! the words mean is the filter's and the mentions' business.

use base::{Code, limits};

use crate::Refusal;

/// The text as it is stored: line breaks are `\n`, other control characters are gone except the
/// tab, blank lines and spaces around it too.
#[must_use]
pub fn clean(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    text.push('\n');
                }
            }
            '\u{2028}' | '\u{2029}' => text.push('\n'),
            '\n' | '\t' => text.push(c),
            // Direction overrides make a text say something else than what is stored.
            '\u{202d}' | '\u{202e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => {}
            _ if c.is_control() => {}
            _ => text.push(c),
        }
    }
    // Spaces that indent the first line are kept: they may be code.
    let without_end = text.trim_end();
    without_end
        .get(first_line(without_end)..)
        .unwrap_or(without_end)
        .to_owned()
}

/// Where the first line that is not blank begins.
fn first_line(text: &str) -> usize {
    let blank = text.len() - text.trim_start().len();
    text.get(..blank)
        .and_then(|lead| lead.rfind('\n'))
        .map_or(0, |at| at + 1)
}

/// Refuses a raw text that is too long before anything else is done with it.
///
/// # Errors
/// `too_long`.
pub fn bounded(raw: &str) -> Result<(), Refusal> {
    let most = limits::MESSAGE_CHARS_MAX;
    if raw.len() > most * 4 || raw.chars().count() > most {
        return Err(Refusal::of(
            Code::TooLong,
            "text",
            format!("A message has at most {most} characters. Attach a file for more."),
        ));
    }
    Ok(())
}

/// Whether nothing of a text can be seen.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || crate::auth::name::is_hidden(c))
}

/// The refusal for a message without text and files.
pub(super) fn nothing_to_post() -> Refusal {
    Refusal::of(
        Code::Empty,
        "text",
        "There is nothing to post. Write something or add a file.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_one_kind_and_control_characters_go() {
        assert_eq!(
            clean("a\r\nb\rc\u{2028}d\u{0}\u{1b}[1m\te"),
            "a\nb\nc\nd[1m\te"
        );
        assert_eq!(clean("\u{202e}evil"), "evil");
    }

    #[test]
    fn blank_lines_around_a_text_go_and_its_indentation_stays() {
        assert_eq!(clean("\n \n    code\n  more\n\n"), "    code\n  more");
        assert_eq!(clean("  \n\t\n"), "");
    }

    #[test]
    fn a_text_of_invisible_characters_is_blank() {
        assert!(is_blank(" \u{200b}\u{2060}\n"));
        assert!(!is_blank(" . "));
    }

    #[test]
    fn the_limit_counts_characters() {
        assert!(bounded(&"漢".repeat(limits::MESSAGE_CHARS_MAX)).is_ok());
        let refusal = bounded(&"x".repeat(limits::MESSAGE_CHARS_MAX + 1)).unwrap_err();
        assert_eq!((refusal.code, refusal.field), (Code::TooLong, Some("text")));
    }
}
