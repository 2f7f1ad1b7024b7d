//! One spelling for the many ways to write the same text, and the way back.
//!
//! Text and patterns go through the same function: compatibility forms (full-width, circled,
//! ligatures), case, accents, invisible characters and Traditional characters are folded. Each
//! character remembers which ones of the original it came from, so that what matched can be shown
//! and masked there. It works character by character: phrases do not change what one folds to.

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, compose, is_combining_mark};

use crate::auth::name::is_hidden;

const HAN_FIRST: u32 = 0x3400;
const HAN_LAST: u32 = 0x9fff;

/// The tables of folding. Making them takes some ten milliseconds: make one and share it.
#[derive(Debug, Clone)]
pub struct Normaliser {
    /// For each character from `HAN_FIRST` to `HAN_LAST`, its Simplified form or itself.
    simplified: Vec<char>,
}

/// A range of characters, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A folded text and where each of its characters came from.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    /// The folded text.
    pub(super) text: String,
    /// The byte at which each character of `text` begins.
    starts: Vec<usize>,
    /// What each character of `text` stands for: characters of the text that was folded.
    origins: Vec<Span>,
}

impl View {
    fn push(&mut self, c: char, origin: Span) {
        self.starts.push(self.text.len());
        self.text.push(c);
        self.origins.push(origin);
    }

    fn pop(&mut self) -> Option<Span> {
        self.text.pop();
        self.starts.pop();
        self.origins.pop()
    }

    /// The characters of this view that a range of its bytes covers.
    pub(super) fn chars(&self, bytes: std::ops::Range<usize>) -> Span {
        Span {
            start: self.starts.partition_point(|at| *at < bytes.start),
            end: self.starts.partition_point(|at| *at < bytes.end),
        }
    }

    /// What a range of characters of this view stands for.
    pub(super) fn origin(&self, chars: Span) -> Span {
        let first = self.origins.get(chars.start);
        let last = self.origins.get(chars.end.wrapping_sub(1));
        match (first, last) {
            (Some(first), Some(last)) if chars.start < chars.end => Span {
                start: first.start,
                end: last.end.max(first.start),
            },
            _ => Span { start: 0, end: 0 },
        }
    }

    /// The characters just before and just after a range of characters.
    pub(super) fn around(&self, chars: Span) -> (Option<char>, Option<char>) {
        let at = |position: usize| {
            self.starts
                .get(position)
                .copied()
                .unwrap_or(self.text.len())
        };
        let before = self
            .text
            .get(..at(chars.start))
            .and_then(|text| text.chars().next_back());
        let after = self
            .text
            .get(at(chars.end)..)
            .and_then(|text| text.chars().next());
        (before, after)
    }

    /// The characters of a range.
    pub(super) fn slice(&self, chars: Span) -> &str {
        let at = |position: usize| {
            self.starts
                .get(position)
                .copied()
                .unwrap_or(self.text.len())
        };
        self.text
            .get(at(chars.start)..at(chars.end))
            .unwrap_or_default()
    }

    /// This view without everything but letters and digits; its origins are characters of this
    /// view.
    pub(super) fn squeezed(&self) -> Self {
        let mut squeezed = Self::default();
        for (at, c) in self.text.chars().enumerate() {
            if c.is_alphanumeric() {
                squeezed.push(
                    c,
                    Span {
                        start: at,
                        end: at + 1,
                    },
                );
            }
        }
        squeezed
    }
}

impl Normaliser {
    /// Loads the tables.
    ///
    /// # Errors
    /// The dictionary inside the program could not be read: a fault of the build.
    pub fn new() -> Result<Self, ferrous_opencc::error::OpenCCError> {
        let converter = OpenCC::from_config(BuiltinConfig::T2s)?;
        let convert = |c: char| {
            let mut buffer = [0; 4];
            let converted = converter.convert(c.encode_utf8(&mut buffer));
            let mut chars = converted.chars();
            match (chars.next(), chars.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        };
        let simplified = (HAN_FIRST..=HAN_LAST)
            .filter_map(char::from_u32)
            // Twice, so that folding what was folded changes nothing.
            .map(|c| convert(convert(c)))
            .collect();
        Ok(Self { simplified })
    }

    fn simplify(&self, c: char) -> char {
        let at = u32::from(c)
            .checked_sub(HAN_FIRST)
            .and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.simplified.get(at))
            .copied()
            .unwrap_or(c)
    }

    /// The folded form of a text.
    #[must_use]
    pub fn normalise(&self, text: &str) -> String {
        self.view(text).text
    }

    pub(super) fn view(&self, text: &str) -> View {
        let mut view = View {
            text: String::with_capacity(text.len()),
            starts: Vec::with_capacity(text.len()),
            origins: Vec::with_capacity(text.len()),
        };
        for (at, c) in text.chars().enumerate() {
            let origin = Span {
                start: at,
                end: at + 1,
            };
            let kept_before = view.origins.len();
            if c.is_ascii() && !c.is_ascii_control() {
                view.push(c.to_ascii_lowercase(), origin);
            } else if (HAN_FIRST..=HAN_LAST).contains(&u32::from(c)) {
                // These have no other form but the Simplified one.
                view.push(self.simplify(c), origin);
            } else {
                self.fold(c, origin, &mut view);
            }
            if view.origins.len() == kept_before
                && let Some(last) = view.origins.last_mut()
            {
                // What is dropped goes with the character before it, to be masked with it.
                last.end = last.end.max(origin.end);
            }
        }
        view
    }

    fn fold(&self, c: char, origin: Span, view: &mut View) {
        for lower in std::iter::once(c).nfkc().flat_map(char::to_lowercase) {
            for composed in std::iter::once(lower).nfkc() {
                if is_syllable(composed) {
                    self.keep(composed, origin, view);
                } else {
                    for part in std::iter::once(composed).nfd() {
                        self.keep(part, origin, view);
                    }
                }
            }
        }
    }

    fn keep(&self, c: char, origin: Span, view: &mut View) {
        if c.is_whitespace() {
            view.push(' ', origin);
            return;
        }
        if c.is_control() || is_dropped(c) {
            return;
        }
        // Voicing marks of kana make another letter: か and が are not the same.
        let voiced = matches!(c, '\u{3099}' | '\u{309a}')
            .then(|| {
                view.text
                    .chars()
                    .next_back()
                    .and_then(|before| compose(before, c))
            })
            .flatten();
        if let Some(voiced) = voiced {
            let start = view.pop().map_or(origin.start, |before| before.start);
            view.push(
                voiced,
                Span {
                    start,
                    end: origin.end,
                },
            );
            return;
        }
        let c = if c == 'ς' { 'σ' } else { c };
        // A compatibility form of an ideograph folds to one of the table.
        view.push(self.simplify(c), origin);
    }
}

/// Composed syllables that must not be taken apart: Hangul and kana.
fn is_syllable(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{3040}'..='\u{30ff}')
}

/// Invisible characters, and accents that are put on letters. Marks that make another letter
/// (vowel signs, nukta, virama) stay.
fn is_dropped(c: char) -> bool {
    let class = canonical_combining_class(c);
    let is_accent = is_combining_mark(c) && class != 0 && !(7..=9).contains(&class);
    is_accent
        || is_hidden(c)
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{20d0}'..='\u{20ff}' | '\u{488}'..='\u{489}')
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static NORMALISER: LazyLock<Normaliser> = LazyLock::new(|| Normaliser::new().unwrap());

    fn fold(text: &str) -> String {
        NORMALISER.normalise(text)
    }

    #[test]
    fn other_spellings_fold_to_one() {
        for (written, folded) in [
            ("ＦＵＣＫ", "fuck"),
            ("①②⑴", "12(1)"),
            ("賭博網站", "赌博网站"),
            ("f\u{200b}u\u{200d}c\u{2060}k", "fuck"),
            ("\u{202e}abc\u{feff}", "abc"),
            ("Crème brûlée", "creme brulee"),
            ("c\u{301}\u{302}\u{303}a\u{338}t", "cat"),
            ("ﬁle ﷺ", "file صلى الله عليه وسلم"),
            ("ΣΑΣ σας", "σασ σασ"),
            ("a\u{fe0f}b\u{e0061}", "ab"),
            ("İstanbul", "istanbul"),
            ("a\u{a0}b\nc\td", "a b c d"),
        ] {
            assert_eq!(fold(written), folded, "{written}");
        }
    }

    #[test]
    fn marks_that_make_another_letter_stay() {
        assert_eq!(fold("ｶﾞ"), "ガ");
        assert_eq!(fold("か\u{3099}"), "が");
        assert_ne!(fold("か"), fold("が"));
        assert_eq!(fold("각"), "각");
        assert_ne!(fold("कि"), fold("क"));
    }

    #[test]
    fn every_character_folds_to_a_fixed_form() {
        // The planes in between hold characters that fold to themselves only.
        let folding = ('\u{0}'..='\u{ffff}').chain('\u{1d400}'..='\u{1fbff}');
        for c in folding
            .chain('\u{2f800}'..='\u{2fa1f}')
            .chain('\u{e0000}'..='\u{e01ff}')
        {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn what_is_dropped_belongs_to_the_character_before() {
        let view = NORMALISER.view("a\u{200b}\u{301}b");
        assert_eq!(
            view.origin(Span { start: 0, end: 1 }),
            Span { start: 0, end: 3 }
        );
        assert_eq!(
            view.origin(Span { start: 1, end: 2 }),
            Span { start: 3, end: 4 }
        );
    }

    #[test]
    fn squeezing_leaves_letters_and_digits() {
        let view = NORMALISER.view("P i-a_o 不@当").squeezed();
        assert_eq!(view.text, "piao不当");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,60}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn every_folded_character_points_into_the_original(text in any::<String>()) {
            let chars = text.chars().count();
            let view = NORMALISER.view(&text);
            prop_assert_eq!(view.origins.len(), view.text.chars().count());
            let mut start = 0;
            for origin in &view.origins {
                prop_assert!(origin.start >= start && origin.end <= chars);
                prop_assert!(origin.start < origin.end);
                start = origin.start;
            }
        }
    }
}
