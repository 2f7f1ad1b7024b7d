//! Where one visible character ends, and what is a single emoji.
//!
//! A light form of the grapheme rules of Unicode (UAX 29) and of the emoji sequences (UTS 51):
//! enough never to cut a flag, a family or an accent in two. It knows shapes, not which of the
//! sequences a font can draw.

use base::limits;
use unicode_normalization::char::is_combining_mark;

const JOINER: char = '\u{200d}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const TAG_END: char = '\u{e007f}';

fn is_region(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// Whether a character may begin an emoji, flags and keycaps apart. A little wider than the
/// property `Extended_Pictographic`.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{24c2}'
        | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}' | '\u{25aa}'..='\u{27bf}'
        | '\u{2934}'..='\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
        && !is_region(c)
}

/// Whether a character belongs to the visible one before it.
fn extends(c: char) -> bool {
    is_combining_mark(c)
        || is_tone(c)
        || is_tag(c)
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | JOINER | '\u{200c}')
}

/// The visible characters of a text, in order; together they are the text.
pub fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (cluster, after) = rest.split_at_checked(cluster_bytes(rest))?;
        rest = after;
        if cluster.is_empty() {
            None
        } else {
            Some(cluster)
        }
    })
}

fn cluster_bytes(text: &str) -> usize {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let mut bytes = first.len_utf8();
    let mut before = first;
    let mut flag_is_open = is_region(first);
    for c in chars {
        let joined = before == JOINER && is_pictograph(c);
        let second_region = flag_is_open && is_region(c);
        let line_break = first == '\r' && c == '\n';
        if !(extends(c) || joined || second_region || line_break) {
            break;
        }
        flag_is_open = false;
        bytes += c.len_utf8();
        before = c;
    }
    bytes
}

/// Whether a text is exactly one emoji.
#[must_use]
pub fn is_one(text: &str) -> bool {
    if text.len() > limits::EMOJI_BYTES_MAX {
        return false;
    }
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let rest = chars.as_str();
    match first {
        '0'..='9' | '#' | '*' => {
            let mut rest = rest.chars().filter(|c| *c != EMOJI_STYLE);
            rest.next() == Some(KEYCAP) && rest.next().is_none() && chars.count() <= 2
        }
        _ if is_region(first) => chars.next().is_some_and(is_region) && chars.next().is_none(),
        _ => is_sequence(text),
    }
}

/// Pictographs joined by U+200D, each with a style or a skin tone; the last may carry tags.
fn is_sequence(text: &str) -> bool {
    text.split(JOINER).all(|element| {
        let mut chars = element.chars();
        let Some(first) = chars.next() else {
            return false;
        };
        let mut rest = chars.as_str().trim_start_matches(is_tone);
        rest = rest.strip_prefix(EMOJI_STYLE).unwrap_or(rest);
        let tagged = rest.ends_with(TAG_END) && rest.chars().all(is_tag);
        is_pictograph(first) && (rest.is_empty() || tagged)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_emoji_of_every_shape_is_one() {
        for emoji in [
            "👍",
            "👍🏽",
            "❤️",
            "❤",
            "🇨🇳",
            "1️⃣",
            "#⃣",
            "👨‍👩‍👧‍👦",
            "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            "🧑🏿‍🚀",
            "🏳️‍🌈",
            "㊗️",
            "©️",
            "🫠",
        ] {
            assert!(is_one(emoji), "{emoji}");
            assert_eq!(clusters(emoji).count(), 1, "{emoji}");
        }
    }

    #[test]
    fn words_digits_and_several_emoji_are_not_one() {
        for text in [
            "",
            "a",
            "1",
            "11",
            "👍👍",
            "👍a",
            "🇨",
            "🇨🇳🇨🇳",
            "\u{200d}",
            "👍\u{200d}",
            "漢",
            "\u{fe0f}",
            "<",
            "👍 ",
        ] {
            assert!(!is_one(text), "{text:?}");
        }
        assert!(!is_one(&"👍\u{200d}".repeat(20)));
    }

    #[test]
    fn accents_flags_and_families_are_never_cut() {
        let parts = ["e\u{301}", "🇨🇳", "🇫🇷", "👨‍👩‍👧", "漢", "\r\n", "x"];
        let text = parts.concat();
        assert_eq!(clusters(&text).collect::<Vec<_>>(), parts);
    }

    proptest! {
        #[test]
        fn visible_characters_together_are_the_text(text in "\\PC*") {
            prop_assert_eq!(clusters(&text).collect::<String>(), text);
        }
    }
}
