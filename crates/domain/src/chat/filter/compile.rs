//! From rules to automata: one pass over a text finds every keyword, one finds which regular
//! expressions are worth a closer look.
//!
//! Built when the rules change, never per text. Patterns fold the way texts do.

use std::collections::HashMap;

use base::{Code, limits};
use daachorse::CharwiseDoubleArrayAhoCorasick;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::normalise::{Normaliser, View};
use super::{Rule, RuleKind};
use crate::Refusal;

/// How deep a regular expression may nest.
const NESTING_MAX: u32 = 40;
/// What a single compiled regular expression may take, in bytes.
const REGEX_BYTES_MAX: usize = limits::FILTER_REGEX_BYTES_MAX / 16;

/// What one pattern looks for, folded.
#[derive(Debug)]
pub(super) enum Pattern {
    /// A word or phrase.
    Word(String),
    /// A regular expression; it matches whatever the case.
    Regex(Box<Regex>),
}

/// Folds and checks one rule's pattern.
///
/// # Errors
/// `too_long` and `bad_request`, naming the field `pattern` and what is wrong with it.
pub(super) fn pattern(normaliser: &Normaliser, rule: &Rule) -> Result<Pattern, Refusal> {
    let most = limits::FILTER_PATTERN_CHARS_MAX;
    if rule.pattern.chars().count() > most {
        let detail = format!("A pattern has at most {most} characters.");
        return Err(Refusal::of(Code::TooLong, "pattern", detail));
    }
    match rule.kind {
        RuleKind::Keyword => {
            let view = normaliser.view(rule.pattern.trim());
            let word = if rule.ignore_separators {
                view.squeezed().text
            } else {
                view.text
            };
            if word.trim().is_empty() {
                return Err(bad_pattern(
                    "The keyword is empty, or has only signs passed over.",
                ));
            }
            Ok(Pattern::Word(word))
        }
        RuleKind::Regex => {
            let folded = fold_regex(normaliser, &rule.pattern);
            let regex = RegexBuilder::new(&folded)
                .case_insensitive(true)
                .nest_limit(NESTING_MAX)
                .size_limit(REGEX_BYTES_MAX)
                .dfa_size_limit(REGEX_BYTES_MAX)
                .build()
                .map_err(|error| bad_pattern(&explain(&error)))?;
            if regex.is_match("") {
                return Err(bad_pattern(
                    "This matches the empty text, and so everything.",
                ));
            }
            Ok(Pattern::Regex(Box::new(regex)))
        }
    }
}

fn bad_pattern(detail: &str) -> Refusal {
    Refusal::of(Code::BadRequest, "pattern", detail)
}

fn explain(error: &regex::Error) -> String {
    if let regex::Error::CompiledTooBig(_) = error {
        return "This expression is too large. Use fewer or smaller repetitions.".to_owned();
    }
    // The parser draws the place over several lines; the last one says what it is.
    let text = error.to_string();
    let reason = text
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error:")
        .trim();
    format!("This is not a usable regular expression: {reason}.")
}

/// Folds the letters of an expression and leaves its signs.
fn fold_regex(normaliser: &Normaliser, pattern: &str) -> String {
    let mut folded = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        if c.is_ascii() {
            folded.push(c);
        } else {
            // A full-width sign folds to one that would mean something here.
            let mut buffer = [0; 4];
            folded.push_str(&regex::escape(
                &normaliser.normalise(c.encode_utf8(&mut buffer)),
            ));
        }
    }
    folded
}

/// The patterns that look at the same view of a text.
#[derive(Default)]
pub(super) struct Matcher {
    words: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    /// For each word, the rules that look for it.
    owners: Vec<Vec<usize>>,
    set: Option<RegexSet>,
    /// The expressions in the order of the set, each with its rule.
    expressions: Vec<(Regex, usize)>,
}

impl Matcher {
    /// Builds the automata. Each pattern comes with the index of its rule.
    ///
    /// # Errors
    /// `bad_request` when all expressions together are too large.
    pub(super) fn build(patterns: Vec<(Pattern, usize)>) -> Result<Self, Refusal> {
        let mut owners: Vec<Vec<usize>> = Vec::new();
        let mut values: HashMap<String, u32> = HashMap::new();
        let mut expressions = Vec::new();
        for (pattern, rule) in patterns {
            match pattern {
                Pattern::Word(word) => {
                    let next = u32::try_from(owners.len()).unwrap_or(u32::MAX);
                    let value = *values.entry(word).or_insert_with(|| {
                        owners.push(Vec::new());
                        next
                    });
                    if let Some(owners) = owners.get_mut(value as usize) {
                        owners.push(rule);
                    }
                }
                Pattern::Regex(regex) => expressions.push((*regex, rule)),
            }
        }
        let words = if values.is_empty() {
            None
        } else {
            let built = CharwiseDoubleArrayAhoCorasick::with_values(values);
            Some(built.map_err(|error| bad_pattern(&error.to_string()))?)
        };
        let set = if expressions.is_empty() {
            None
        } else {
            Some(set(&expressions)?)
        };
        Ok(Self {
            words,
            owners,
            set,
            expressions,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_none() && self.set.is_none()
    }

    /// Tells every match: the rule and the bytes of the view. Overlapping keywords are all told,
    /// those that end at the same place longest first.
    pub(super) fn find(&self, view: &View, tell: &mut dyn FnMut(usize, std::ops::Range<usize>)) {
        if let Some(words) = &self.words {
            for found in words.find_overlapping_iter(&view.text) {
                let owners = self.owners.get(found.value() as usize);
                for rule in owners.into_iter().flatten() {
                    tell(*rule, found.start()..found.end());
                }
            }
        }
        let Some(set) = &self.set else { return };
        for at in set.matches(&view.text) {
            let Some((regex, rule)) = self.expressions.get(at) else {
                continue;
            };
            for found in regex.find_iter(&view.text) {
                tell(*rule, found.range());
            }
        }
    }
}

fn set(expressions: &[(Regex, usize)]) -> Result<RegexSet, Refusal> {
    RegexSetBuilder::new(expressions.iter().map(|(regex, _)| regex.as_str()))
        .case_insensitive(true)
        .nest_limit(NESTING_MAX)
        .size_limit(limits::FILTER_REGEX_BYTES_MAX)
        .build()
        .map_err(|_| bad_pattern("All expressions together are too large. Remove some."))
}
