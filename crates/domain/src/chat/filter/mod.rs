//! The word filter: the operator's keywords and patterns, and what happens to what they match.
//!
//! [`Filter::compile`] builds automata from the rules, [`Filter::check`] asks them about a text;
//! messages, edits, names and file names all come through that one function. It is linear in the
//! text whatever the rules say, and pure: who keeps the rules and counts the hits is the handler's
//! business.

mod compile;
pub mod draft;
pub mod normalise;
pub mod rule;
pub mod verdict;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base::{Code, RuleId, limits};

pub use draft::{Draft, Existing};
pub use normalise::Normaliser;
pub use rule::{Action, Rule, RuleKind};
pub use verdict::{Hit, Scope, Verdict};

use self::compile::Matcher;
use self::normalise::{Span, View};
use crate::Refusal;

/// The rules in force, ready to be asked.
pub struct Filter {
    normaliser: Arc<Normaliser>,
    rules: Vec<Asked>,
    /// Looks at the folded text.
    plain: Matcher,
    /// Looks at the folded text without separators.
    squeezed: Matcher,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// What is kept of a rule besides its pattern.
#[derive(Debug, Clone, Copy)]
struct Asked {
    id: RuleId,
    action: Action,
    whole_word: bool,
}

/// What a dry run found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun<K> {
    /// How many texts were looked at.
    pub examined: usize,
    /// How many of them matched.
    pub matched: usize,
    /// The first that matched, by their keys, and where.
    pub samples: Vec<(K, Vec<Hit>)>,
}

impl Filter {
    /// Builds a filter from the rules that are enabled.
    ///
    /// # Errors
    /// `bad_request` or `too_long` with the field `pattern` for the first rule that cannot be
    /// used, and for too many or too large ones. The filter in force stays then.
    pub fn compile(normaliser: Arc<Normaliser>, rules: &[Rule]) -> Result<Self, Refusal> {
        let enabled: Vec<_> = rules.iter().filter(|rule| rule.enabled).collect();
        let count = Existing::count(rules);
        if count.rules > limits::FILTER_RULES_MAX || count.regexes > limits::FILTER_REGEX_RULES_MAX
        {
            return Err(Refusal::new(
                Code::BadRequest,
                "The filter has too many rules.",
            ));
        }
        let mut plain = Vec::new();
        let mut squeezed = Vec::new();
        let mut asked = Vec::with_capacity(enabled.len());
        for (at, rule) in enabled.into_iter().enumerate() {
            let pattern = compile::pattern(&normaliser, rule)?;
            let view = if rule.ignore_separators {
                &mut squeezed
            } else {
                &mut plain
            };
            view.push((pattern, at));
            asked.push(Asked {
                id: rule.id,
                action: rule.action,
                whole_word: rule.whole_word,
            });
        }
        Ok(Self {
            normaliser,
            rules: asked,
            plain: Matcher::build(plain)?,
            squeezed: Matcher::build(squeezed)?,
        })
    }

    /// Looks at a text. The strongest action of all rules that match wins; of matches of the same
    /// action, one inside another is not told.
    #[must_use]
    pub fn check(&self, text: &str, scope: Scope) -> Verdict {
        let mut verdict = Verdict::clear(text);
        if self.rules.is_empty() {
            return verdict;
        }
        let view = self.normaliser.view(text);
        let mut found = Found::default();
        self.plain.find(&view, &mut |rule, bytes| {
            self.note(&view, rule, view.chars(bytes), &mut found);
        });
        if !self.squeezed.is_empty() {
            let squeezed = view.squeezed();
            self.squeezed.find(&squeezed, &mut |rule, bytes| {
                let chars = squeezed.origin(squeezed.chars(bytes));
                self.note(&view, rule, chars, &mut found);
            });
        }
        verdict.hits = found.hits(&view, &self.rules);
        if scope == Scope::Name {
            for hit in &mut verdict.hits {
                hit.action = strict(hit.action);
            }
        }
        verdict.action = verdict.hits.iter().map(|hit| hit.action).max();
        verdict.masked = mask(text, &verdict.hits);
        verdict
    }

    /// Looks at many texts and tells what would happen. Nobody is told and nothing is counted.
    pub fn dry_run<'a, K>(
        &self,
        texts: impl IntoIterator<Item = (K, &'a str)>,
        samples_max: usize,
    ) -> DryRun<K> {
        let mut run = DryRun {
            examined: 0,
            matched: 0,
            samples: Vec::new(),
        };
        for (key, text) in texts.into_iter().take(limits::FILTER_DRY_RUN_MESSAGES_MAX) {
            run.examined += 1;
            let verdict = self.check(text, Scope::Message);
            if verdict.hits.is_empty() {
                continue;
            }
            run.matched += 1;
            if run.samples.len() < samples_max {
                run.samples.push((key, verdict.hits));
            }
        }
        run
    }

    fn note(&self, view: &View, rule: usize, chars: Span, found: &mut Found) {
        let Some(asked) = self.rules.get(rule) else {
            return;
        };
        if chars.start < chars.end && (!asked.whole_word || is_whole(view, chars)) {
            found.note(asked.action, chars, rule);
        }
    }
}

/// Matches so far: for each action and end the longest, so that their number is bounded by the
/// length of the text, however the rules nest.
#[derive(Default)]
struct Found {
    by_end: HashMap<(Action, usize), (usize, usize)>,
}

impl Found {
    fn note(&mut self, action: Action, chars: Span, rule: usize) {
        let longest = self
            .by_end
            .entry((action, chars.end))
            .or_insert((chars.start, rule));
        if (chars.start, rule) < *longest {
            *longest = (chars.start, rule);
        }
    }

    fn hits(self, view: &View, rules: &[Asked]) -> Vec<Hit> {
        let mut spans: Vec<_> = self
            .by_end
            .into_iter()
            .map(|((action, end), (start, rule))| (action, Span { start, end }, rule))
            .collect();
        // By action, then leftmost, then longest.
        spans.sort_unstable_by_key(|(action, span, _)| {
            (*action, span.start, std::cmp::Reverse(span.end))
        });
        let mut hits = Vec::with_capacity(spans.len());
        let mut covered: Option<(Action, usize)> = None;
        for (action, span, rule) in spans {
            let inside = covered.is_some_and(|(of, end)| of == action && span.end <= end);
            let Some(asked) = rules.get(rule).filter(|_| !inside) else {
                continue;
            };
            covered = Some((action, span.end));
            let origin = view.origin(span);
            hits.push(Hit {
                rule: asked.id,
                action,
                start: origin.start,
                end: origin.end,
            });
        }
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        hits
    }
}

fn strict(action: Action) -> Action {
    match action {
        Action::Log => Action::Log,
        Action::Mask | Action::Block => Action::Block,
    }
}

/// Whether a match is not a part of a longer word, on the sides where it is a word of a script
/// that puts spaces between them.
fn is_whole(view: &View, chars: Span) -> bool {
    let matched = view.slice(chars);
    let (before, after) = view.around(chars);
    let goes_on = |inside: Option<char>, outside: Option<char>| {
        inside.is_some_and(is_spaced_word) && outside.is_some_and(is_spaced_word)
    };
    !goes_on(matched.chars().next(), before) && !goes_on(matched.chars().next_back(), after)
}

fn is_spaced_word(c: char) -> bool {
    // Above, letters are Han, kana or other scripts without spaces; Hangul is spaced, but its
    // particles follow a word directly.
    c.is_alphanumeric() && c < '\u{2e80}' && !matches!(c, '\u{e00}'..='\u{eff}')
}

/// Puts asterisks over what masking rules matched, character by character; lines stay lines.
fn mask(text: &str, hits: &[Hit]) -> Option<String> {
    let mut masking = hits
        .iter()
        .filter(|hit| hit.action == Action::Mask)
        .peekable();
    masking.peek()?;
    let mut end = 0;
    let mut masked = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        while let Some(hit) = masking.next_if(|hit| hit.start <= at) {
            end = end.max(hit.end);
        }
        masked.push(if at < end && c != '\n' { '*' } else { c });
    }
    Some(masked)
}

#[cfg(test)]
mod tests;
