//! How a message begins, on one line: for lists, quotes and notices.
//!
//! Strips the signs of light markdown so that a preview reads like the message; it never renders.

use base::limits;

use super::emoji::clusters;
use super::prose::{Part, parts};
use crate::auth::name::is_hidden;

/// The beginning of a text on one line, without markdown signs, at most
/// `EXCERPT_CHARS_MAX` characters, an ellipsis included, cut between visible characters.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut line = Line::default();
    let mut begins_row = true;
    for part in parts(text) {
        match part {
            Part::Prose(prose) => {
                for (at, row) in prose.split('\n').enumerate() {
                    if at > 0 {
                        line.push(' ');
                    }
                    let row = if at > 0 || begins_row {
                        without_block_signs(row)
                    } else {
                        row
                    };
                    inline(row, &mut line);
                }
                begins_row = false;
            }
            Part::Span(code) => {
                line.push_str(code);
                begins_row = false;
            }
            Part::Block(code) => {
                line.push(' ');
                line.push_str(code);
                begins_row = true;
            }
        }
        if line.is_full() {
            break;
        }
    }
    line.finish()
}

/// A line without the signs of quotes, headings and lists in front of it.
fn without_block_signs(row: &str) -> &str {
    let row = row.trim_start_matches(['>', '#', ' ', '\t']);
    row.strip_prefix("- ")
        .or_else(|| row.strip_prefix("* "))
        .unwrap_or(row)
}

fn inline(row: &str, line: &mut Line) {
    let mut rest = row;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        if line.is_full() {
            return;
        }
        if let Some((label, after)) = link(rest) {
            line.push_str(label);
            rest = after;
            continue;
        }
        let doubled = ["**", "__", "~~", "||"]
            .iter()
            .find_map(|sign| rest.strip_prefix(sign));
        if let Some(after) = doubled {
            rest = after;
            continue;
        }
        let escaped = rest
            .strip_prefix('\\')
            .and_then(|after| after.chars().next().filter(char::is_ascii_punctuation));
        let shown = escaped.unwrap_or(c);
        // A single star is emphasis only where it touches a word.
        if c != '*' || (rest.starts_with("* ") && before == ' ') {
            line.push(shown);
        }
        before = shown;
        let used = if escaped.is_some() {
            1 + shown.len_utf8()
        } else {
            c.len_utf8()
        };
        rest = rest.get(used..).unwrap_or_default();
    }
}

/// `[label](target)` or `![label](target)`: the label, and what follows.
fn link(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("![").or_else(|| text.strip_prefix('['))?;
    let (label, after) = inside.split_once("](")?;
    let (target, after) = after.split_once(')')?;
    let plain = !label.contains(['[', ']', '\n']) && !target.contains([' ', '\n', '(']);
    (plain && !label.is_empty() && label.len() <= 400).then_some((label, after))
}

#[derive(Default)]
struct Line {
    text: String,
    /// More than can be shown is never gathered.
    chars: usize,
}

impl Line {
    fn is_full(&self) -> bool {
        // Room for the longest visible character beyond the end, to see whether it is cut.
        self.chars > limits::EXCERPT_CHARS_MAX + limits::EMOJI_BYTES_MAX
    }

    fn push(&mut self, c: char) {
        if self.is_full() {
            return;
        }
        let c = if c.is_whitespace() { ' ' } else { c };
        let doubled = c == ' ' && (self.text.is_empty() || self.text.ends_with(' '));
        let shown = c == '\u{200d}' || c == '\u{200c}' || !(is_hidden(c) || c.is_control());
        if shown && !doubled {
            self.text.push(c);
            self.chars += 1;
        }
    }

    fn push_str(&mut self, text: &str) {
        for c in text.chars().take(2 * limits::EXCERPT_CHARS_MAX) {
            self.push(c);
        }
    }

    fn finish(self) -> String {
        let whole = self.text.trim_end();
        if whole.chars().count() <= limits::EXCERPT_CHARS_MAX {
            return whole.to_owned();
        }
        let mut cut = String::new();
        let mut chars = 0;
        for cluster in clusters(whole) {
            chars += cluster.chars().count();
            if chars >= limits::EXCERPT_CHARS_MAX {
                break;
            }
            cut.push_str(cluster);
        }
        cut.truncate(cut.trim_end().len());
        cut.push('…');
        cut
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn several_lines_become_one() {
        assert_eq!(excerpt("one\n\n  two\tthree  "), "one two three");
    }

    #[test]
    fn the_signs_of_markdown_are_not_shown() {
        for (text, wanted) in [
            ("**bold** and *it* ~~no~~", "bold and it no"),
            ("> quoted\n# head\n- item", "quoted head item"),
            ("see [the plan](https://x.y/z) now", "see the plan now"),
            ("run `make test` then", "run make test then"),
            ("look:\n```rust\nlet x = 1;\n```", "look: let x = 1;"),
            (
                "2 * 3 = 6, snake_case \\*stays\\*",
                "2 * 3 = 6, snake_case *stays*",
            ),
            ("![map](f.png)", "map"),
            ("[not a link] (x)", "[not a link] (x)"),
        ] {
            assert_eq!(excerpt(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_long_text_ends_with_an_ellipsis_within_the_limit() {
        let cut = excerpt(&"漢".repeat(500));
        assert_eq!(cut.chars().count(), limits::EXCERPT_CHARS_MAX);
        assert!(cut.ends_with('…'));
        let fits = "x".repeat(limits::EXCERPT_CHARS_MAX);
        assert_eq!(excerpt(&fits), fits);
    }

    #[test]
    fn an_emoji_at_the_edge_is_kept_whole_or_left_out() {
        let family = "👨‍👩‍👧‍👦";
        for before in 125..141 {
            let cut = excerpt(&format!("{}{family}{}", "x".repeat(before), "y".repeat(40)));
            let shown = cut
                .trim_start_matches('x')
                .trim_end_matches('…')
                .trim_end_matches('y');
            assert!(shown.is_empty() || shown == family, "{cut}");
        }
    }

    #[test]
    fn hidden_characters_are_not_shown() {
        assert_eq!(excerpt("a\u{202e}b\u{200b}c\u{7}d"), "abcd");
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_and_on_one_line(text in "[\\PC\n\r\t`*\\[\\]()]{0,400}") {
            let cut = excerpt(&text);
            prop_assert!(cut.chars().count() <= limits::EXCERPT_CHARS_MAX);
            prop_assert!(!cut.contains(['\n', '\r', '\t']));
            prop_assert_eq!(cut.trim(), cut.as_str());
        }
    }
}
