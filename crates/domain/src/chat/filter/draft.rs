//! Writing a rule of the word filter.

use base::{Code, RuleId, UnixMs, limits};

use super::compile::pattern;
use super::{Action, Normaliser, Rule, RuleKind};
use crate::Refusal;
use crate::auth::name::one_line;
use crate::auth::permit::{Actor, Object, Verb, may};

const NOTE_CHARS_MAX: usize = 400;

/// What somebody wants a rule to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it looks for.
    pub pattern: String,
    /// How the pattern is read.
    pub kind: RuleKind,
    /// What happens to what it matches.
    pub action: Action,
    /// Whether signs between the characters are passed over.
    pub ignore_separators: bool,
    /// Whether a Latin word must match as a whole.
    pub whole_word: bool,
    /// Whether it is in force.
    pub enabled: bool,
    /// The operator's note.
    pub note: String,
}

impl From<&Rule> for Draft {
    fn from(rule: &Rule) -> Self {
        Self {
            pattern: rule.pattern.clone(),
            kind: rule.kind,
            action: rule.action,
            ignore_separators: rule.ignore_separators,
            whole_word: rule.whole_word,
            enabled: rule.enabled,
            note: rule.note.clone(),
        }
    }
}

/// The rules there are, the one to be written not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Existing {
    /// All rules.
    pub rules: usize,
    /// Of which regular expressions.
    pub regexes: usize,
}

impl Existing {
    /// Counts them.
    #[must_use]
    pub fn count(rules: &[Rule]) -> Self {
        let regexes = rules
            .iter()
            .filter(|rule| rule.kind == RuleKind::Regex)
            .count();
        Self {
            rules: rules.len(),
            regexes,
        }
    }
}

/// Decides a new rule. The caller compiles the filter with it before storing it, so that what is
/// too large together is refused, too.
///
/// # Errors
/// `forbidden` below moderator, `too_long` and `bad_request` naming the field.
pub fn write(
    now: UnixMs,
    actor: Actor,
    (id, draft): (RuleId, Draft),
    existing: Existing,
    normaliser: &Normaliser,
) -> Result<Rule, Refusal> {
    may(actor, Verb::KeepFilter, Object::Place)?;
    let most = limits::FILTER_RULES_MAX;
    if existing.rules >= most {
        let detail = format!("The filter holds at most {most} rules. Remove some.");
        return Err(Refusal::new(Code::BadRequest, detail));
    }
    let most = limits::FILTER_REGEX_RULES_MAX;
    if draft.kind == RuleKind::Regex && existing.regexes >= most {
        let detail = format!("The filter holds at most {most} regular expressions.");
        return Err(Refusal::of(Code::BadRequest, "kind", detail));
    }
    let note = one_line(
        &draft
            .note
            .chars()
            .take(4 * NOTE_CHARS_MAX)
            .collect::<String>(),
    );
    if draft.note.len() > 16 * NOTE_CHARS_MAX || note.chars().count() > NOTE_CHARS_MAX {
        let detail = format!("A note has at most {NOTE_CHARS_MAX} characters.");
        return Err(Refusal::of(Code::TooLong, "note", detail));
    }
    let rule = Rule {
        id,
        pattern: draft.pattern,
        kind: draft.kind,
        action: draft.action,
        ignore_separators: draft.ignore_separators,
        whole_word: draft.whole_word,
        enabled: draft.enabled,
        note,
        created_at: now,
        hits: 0,
    };
    pattern(normaliser, &rule)?;
    Ok(rule)
}

/// Decides a change of a rule: its id, age and hits stay.
///
/// # Errors
/// Those of [`write`].
pub fn rewrite(
    actor: Actor,
    rule: &Rule,
    draft: Draft,
    others: Existing,
    normaliser: &Normaliser,
) -> Result<Rule, Refusal> {
    let written = write(rule.created_at, actor, (rule.id, draft), others, normaliser)?;
    Ok(Rule {
        hits: rule.hits,
        ..written
    })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use base::PersonId;

    use super::*;
    use crate::auth::Role;

    static NORMALISER: LazyLock<Normaliser> = LazyLock::new(|| Normaliser::new().unwrap());

    fn draft(kind: RuleKind, pattern: &str) -> Draft {
        Draft {
            pattern: pattern.into(),
            kind,
            action: Action::Block,
            ignore_separators: false,
            whole_word: false,
            enabled: true,
            note: " why \n".into(),
        }
    }

    fn decide(role: Role, draft: Draft, existing: Existing) -> Result<Rule, Refusal> {
        let actor = Actor {
            id: PersonId(1),
            role,
        };
        write(UnixMs(5), actor, (RuleId(9), draft), existing, &NORMALISER)
    }

    #[test]
    fn a_moderator_writes_a_rule_and_a_member_does_not() {
        let none = Existing::default();
        let rule = decide(Role::Moderator, draft(RuleKind::Keyword, "spam"), none).unwrap();
        assert_eq!(
            (rule.note.as_str(), rule.hits, rule.created_at),
            ("why", 0, UnixMs(5))
        );
        let refused = decide(Role::Member, draft(RuleKind::Keyword, "spam"), none).unwrap_err();
        assert_eq!(refused.code, Code::Forbidden);
    }

    #[test]
    fn a_bad_pattern_is_refused_with_its_field_and_a_reason() {
        for (kind, pattern, reason) in [
            (RuleKind::Regex, "(a", "unclosed group"),
            (RuleKind::Regex, "a(?=b)", "look-around"),
            (RuleKind::Regex, "a*", "matches the empty text"),
            (RuleKind::Regex, "\\w{900}{900}", "too large"),
            (RuleKind::Keyword, " \u{200b} ", "empty"),
        ] {
            let refusal =
                decide(Role::Owner, draft(kind, pattern), Existing::default()).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field),
                (Code::BadRequest, Some("pattern"))
            );
            assert!(
                refusal.detail.contains(reason),
                "{pattern}: {}",
                refusal.detail
            );
        }
    }

    #[test]
    fn a_keyword_of_separators_only_needs_them() {
        let signs = Draft {
            ignore_separators: true,
            ..draft(RuleKind::Keyword, "$$$")
        };
        assert!(decide(Role::Owner, signs.clone(), Existing::default()).is_err());
        let kept = Draft {
            ignore_separators: false,
            ..signs
        };
        assert!(decide(Role::Owner, kept, Existing::default()).is_ok());
    }

    #[test]
    fn patterns_notes_and_rules_have_limits() {
        let long = draft(RuleKind::Keyword, &"漢".repeat(261));
        let refusal = decide(Role::Owner, long, Existing::default()).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.field),
            (Code::TooLong, Some("pattern"))
        );
        let noted = Draft {
            note: "x".repeat(401),
            ..draft(RuleKind::Keyword, "x")
        };
        let refusal = decide(Role::Owner, noted, Existing::default()).unwrap_err();
        assert_eq!((refusal.code, refusal.field), (Code::TooLong, Some("note")));
        let full = Existing {
            rules: 20_000,
            regexes: 200,
        };
        assert!(decide(Role::Owner, draft(RuleKind::Keyword, "x"), full).is_err());
        let regexes = Existing {
            rules: 200,
            regexes: 200,
        };
        assert!(decide(Role::Owner, draft(RuleKind::Keyword, "x"), regexes).is_ok());
        assert!(decide(Role::Owner, draft(RuleKind::Regex, "x"), regexes).is_err());
    }

    #[test]
    fn a_changed_rule_keeps_its_id_and_hits() {
        let first = decide(
            Role::Owner,
            draft(RuleKind::Keyword, "x"),
            Existing::default(),
        )
        .unwrap();
        let first = Rule { hits: 7, ..first };
        let actor = Actor {
            id: PersonId(1),
            role: Role::Owner,
        };
        let draft = Draft {
            enabled: false,
            ..Draft::from(&first)
        };
        let second = rewrite(actor, &first, draft, Existing::default(), &NORMALISER).unwrap();
        assert_eq!(
            second,
            Rule {
                enabled: false,
                ..first
            }
        );
    }
}
