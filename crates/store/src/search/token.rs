//! From text to tokens, the same for what is indexed and for what is looked for. Pure.
//!
//! Compatible forms, letter case and Traditional and Simplified Chinese fall together. Chinese,
//! Japanese and Korean text becomes overlapping pairs of characters and the last character alone,
//! because nothing in it tells where words end; other words stand whole, and the parts of
//! `camelCase` beside them.

use std::collections::HashMap;

use base::RoomId;
use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use unicode_normalization::UnicodeNormalization as _;

use crate::Fault;

/// When what comes out of this file changes, this changes, and indexes are made anew.
pub(super) const TOKENS_VERSION: i64 = 2;
/// A word is cut to this many characters: longer ones are no words.
const WORD_CHARS_MAX: usize = 64;
/// The characters that have a Traditional and a Simplified form.
const IDEOGRAPHS: [std::ops::RangeInclusive<u32>; 3] =
    [0x4E00..=0x9FFF, 0x3400..=0x4DBF, 0xF900..=0xFAFF];

/// One stretch of a text.
#[derive(Debug, PartialEq, Eq)]
enum Run {
    /// Characters that are written without spaces between words.
    Dense(Vec<char>),
    /// A word, as written, compatible forms folded.
    Word(String),
}

/// Knows which characters are the same.
#[derive(Debug)]
pub(super) struct Tokeniser {
    simplified: HashMap<char, char>,
}

fn is_dense(letter: char) -> bool {
    matches!(u32::from(letter),
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF
        | 0x3041..=0x3096 | 0x30A1..=0x30FA | 0x30FC..=0x30FE | 0x3005..=0x3007
        | 0xAC00..=0xD7A3)
}

impl Tokeniser {
    /// Reads the table of Traditional characters, each by itself: a conversion that looked at whole
    /// words would tell the same two characters apart in a query and in a text.
    pub(super) fn new() -> Result<Self, Fault> {
        let table = OpenCC::from_config(BuiltinConfig::T2s)
            .map_err(|error| Fault::data(format!("the table of characters: {error}")))?;
        let letters: Vec<char> = IDEOGRAPHS
            .into_iter()
            .flatten()
            .filter_map(char::from_u32)
            .collect();
        let mut lines = String::with_capacity(letters.len() * 4);
        for letter in &letters {
            lines.push(*letter);
            lines.push('\n');
        }
        let converted = table.convert(&lines);
        let pairs = letters.into_iter().zip(converted.lines());
        let simplified = pairs
            .filter_map(|(letter, line)| Some((letter, line.chars().next()?)))
            .filter(|(letter, simple)| letter != simple)
            .collect();
        Ok(Self { simplified })
    }

    fn fold(&self, letter: char) -> char {
        self.simplified.get(&letter).copied().unwrap_or(letter)
    }

    fn runs(&self, text: &str) -> Vec<Run> {
        let mut runs = Vec::new();
        for letter in text.nfkc() {
            if is_dense(letter) {
                let letter = self.fold(letter);
                match runs.last_mut() {
                    Some(Run::Dense(run)) => run.push(letter),
                    _ => runs.push(Run::Dense(vec![letter])),
                }
            } else if letter.is_alphanumeric() {
                match runs.last_mut() {
                    Some(Run::Word(word)) => word.push(letter),
                    _ => runs.push(Run::Word(letter.to_string())),
                }
            } else {
                // Ends the run before it; empty ones are dropped below.
                runs.push(Run::Dense(Vec::new()));
            }
        }
        runs.retain(|run| !matches!(run, Run::Dense(letters) if letters.is_empty()));
        runs
    }

    /// The tokens of a text, with spaces between them, for the index.
    pub(super) fn tokens(&self, text: &str) -> String {
        let mut tokens = Vec::new();
        for run in self.runs(text) {
            match run {
                Run::Dense(letters) => {
                    tokens.extend(letters.windows(2).map(String::from_iter));
                    tokens.extend(letters.last().map(char::to_string));
                }
                Run::Word(word) => {
                    tokens.push(lower(&word));
                    let parts = parts(&word);
                    if parts.len() > 1 {
                        tokens.extend(parts.iter().map(|part| lower(part)));
                    }
                }
            }
        }
        tokens.join(" ")
    }

    /// What the index is asked for a query, none when there is nothing to look for: every stretch
    /// must be found; the word that is being typed may go on.
    pub(super) fn expression(&self, query: &str) -> Option<String> {
        let typing = query.chars().next_back().is_some_and(char::is_alphanumeric);
        let runs = self.runs(query);
        let count = runs.len();
        let terms: Vec<String> = runs
            .into_iter()
            .enumerate()
            .map(|(at, run)| match run {
                Run::Dense(letters) if letters.len() == 1 => {
                    format!("\"{}\" *", String::from_iter(letters))
                }
                Run::Dense(letters) => {
                    let pairs: Vec<String> = letters.windows(2).map(String::from_iter).collect();
                    format!("\"{}\"", pairs.join(" "))
                }
                Run::Word(word) if typing && at + 1 == count => format!("\"{}\" *", lower(&word)),
                Run::Word(word) => format!("\"{}\"", lower(&word)),
            })
            .collect();
        if terms.is_empty() {
            None
        } else {
            Some(terms.join(" AND "))
        }
    }
}

/// The token of a room: what narrows a search to a few rooms before anything is looked up.
pub(super) fn room_token(room: RoomId) -> String {
    format!("r{:x}", room.0)
}

fn lower(word: &str) -> String {
    word.to_lowercase().chars().take(WORD_CHARS_MAX).collect()
}

/// The parts of `camelCase`, `HTTPServer` and `room42`.
fn parts(word: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Lower,
        Upper,
        Digit,
    }
    let class = |letter: char| {
        if letter.is_numeric() {
            Class::Digit
        } else if letter.is_uppercase() {
            Class::Upper
        } else {
            Class::Lower
        }
    };
    let letters: Vec<char> = word.chars().collect();
    let mut parts: Vec<String> = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let now = class(*letter);
        let before = at
            .checked_sub(1)
            .and_then(|at| letters.get(at))
            .map(|l| class(*l));
        let after = letters.get(at + 1).map(|l| class(*l));
        let starts = match (before, now) {
            (None, _) => true,
            (Some(Class::Upper), Class::Upper) => after == Some(Class::Lower),
            (Some(Class::Upper), Class::Lower) => false,
            (Some(before), now) => before != now,
        };
        match parts.last_mut() {
            Some(part) if !starts => part.push(*letter),
            _ => parts.push(letter.to_string()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokeniser() -> Tokeniser {
        Tokeniser::new().unwrap()
    }

    #[test]
    fn dense_text_becomes_pairs_and_a_last_character() {
        let tokeniser = tokeniser();
        assert_eq!(tokeniser.tokens("今天天气"), "今天 天天 天气 气");
        assert_eq!(tokeniser.tokens("好"), "好");
        assert_eq!(tokeniser.tokens("好，吗"), "好 吗");
        assert_eq!(tokeniser.tokens("カタカナ"), "カタ タカ カナ ナ");
    }

    #[test]
    fn forms_of_the_same_character_fall_together() {
        let tokeniser = tokeniser();
        assert_eq!(tokeniser.tokens("電腦"), tokeniser.tokens("电脑"));
        assert_eq!(tokeniser.tokens("ＡＢＣ　１２"), "abc 12");
        assert_eq!(tokeniser.tokens("Straße"), "straße");
    }

    #[test]
    fn words_stand_whole_and_in_parts() {
        let tokeniser = tokeniser();
        assert_eq!(tokeniser.tokens("hello, world!"), "hello world");
        assert_eq!(tokeniser.tokens("camelCase"), "camelcase camel case");
        assert_eq!(tokeniser.tokens("HTTPServer2"), "httpserver2 http server 2");
        assert_eq!(tokeniser.tokens("snake_case"), "snake case");
        assert_eq!(tokeniser.tokens("用Rust写"), "用 rust 写");
    }

    #[test]
    fn a_query_asks_for_every_stretch() {
        let tokeniser = tokeniser();
        let ask = |query: &str| tokeniser.expression(query);
        assert_eq!(ask("天气").as_deref(), Some("\"天气\""));
        assert_eq!(ask("今天天").as_deref(), Some("\"今天 天天\""));
        assert_eq!(ask("人").as_deref(), Some("\"人\" *"));
        assert_eq!(ask("Hello wor").as_deref(), Some("\"hello\" AND \"wor\" *"));
        assert_eq!(ask("hello ").as_deref(), Some("\"hello\""));
        assert_eq!(ask("\"; DROP * -").as_deref(), Some("\"drop\""));
        assert_eq!(ask(" ?! "), None);
    }

    #[test]
    fn nothing_in_a_query_reaches_the_syntax_of_the_index() {
        let tokeniser = tokeniser();
        for query in [
            "a\"b",
            "NEAR(a b)",
            "tokens:x",
            "^a",
            "a* OR b",
            "(",
            "\0",
            "a AND",
        ] {
            let expression = tokeniser.expression(query).unwrap_or_default();
            let quoted: String = expression.split('"').skip(1).step_by(2).collect();
            assert!(
                quoted.chars().all(|c| c.is_alphanumeric() || c == ' '),
                "{query}"
            );
            assert!(!expression.contains("NEAR("), "{query}");
        }
    }
}
