//! The filter against the tricks of those who write around it.

use std::sync::LazyLock;

use base::UnixMs;
use proptest::prelude::*;

use super::*;

static NORMALISER: LazyLock<Arc<Normaliser>> =
    LazyLock::new(|| Arc::new(Normaliser::new().unwrap()));

fn rule(id: u64, pattern: &str, action: Action) -> Rule {
    Rule {
        id: RuleId(id),
        pattern: pattern.into(),
        kind: RuleKind::Keyword,
        action,
        ignore_separators: false,
        whole_word: false,
        enabled: true,
        note: String::new(),
        created_at: UnixMs(0),
        hits: 0,
    }
}

fn squeezing(id: u64, pattern: &str) -> Rule {
    Rule {
        ignore_separators: true,
        ..rule(id, pattern, Action::Mask)
    }
}

fn regex(id: u64, pattern: &str) -> Rule {
    Rule {
        kind: RuleKind::Regex,
        ..rule(id, pattern, Action::Mask)
    }
}

fn filter(rules: &[Rule]) -> Filter {
    Filter::compile(Arc::clone(&NORMALISER), rules).unwrap()
}

fn masked(rules: &[Rule], text: &str) -> String {
    filter(rules)
        .check(text, Scope::Message)
        .masked()
        .to_owned()
}

#[test]
fn a_filter_without_rules_lets_everything_through() {
    let verdict = filter(&[]).check("anything", Scope::Name);
    assert_eq!(verdict, Verdict::clear("anything"));
    assert!(verdict.allowed().is_ok());
}

#[test]
fn a_keyword_is_found_however_it_is_written() {
    for text in [
        "赌博网站",
        "賭博網站",
        "赌\u{200b}博\u{200d}网站",
        "赌\u{fe0f}博网\u{301}站",
        "ＸＹ赌博网站",
    ] {
        for pattern in ["赌博网站", "賭博網站"] {
            let verdict = filter(&[rule(1, pattern, Action::Block)]).check(text, Scope::Message);
            assert_eq!(verdict.action(), Some(Action::Block), "{pattern} in {text}");
        }
    }
    assert_eq!(
        masked(&[rule(1, "spam", Action::Mask)], "ＳＰＡＭ SpÄm spam"),
        "**** **** ****"
    );
}

#[test]
fn signs_between_the_characters_are_passed_over_where_the_rule_says_so() {
    let rules = [squeezing(1, "不当"), squeezing(2, "piao")];
    assert_eq!(masked(&rules, "你好不@当吗"), "你好***吗");
    assert_eq!(masked(&rules, "a P i a o b"), "a ******* b");
    assert_eq!(masked(&rules, "p.i-a_o 不\n当"), "******* *\n*");
    assert_eq!(masked(&[rule(1, "不当", Action::Mask)], "不@当"), "不@当");
}

#[test]
fn a_pattern_with_separators_of_its_own_is_squeezed_too() {
    assert_eq!(
        masked(&[squeezing(1, "New York")], "n e w y o r k, newyork"),
        "*************, *******"
    );
}

#[test]
fn a_whole_word_is_not_found_inside_another() {
    let whole = |pattern| Rule {
        whole_word: true,
        ..rule(1, pattern, Action::Mask)
    };
    assert_eq!(
        masked(&[whole("ass")], "class ass, assassin ASS!"),
        "class ***, assassin ***!"
    );
    assert_eq!(masked(&[whole("ass")], "你ass好"), "你***好");
    assert_eq!(masked(&[whole("不当")], "很不当的"), "很**的");
    let squeezed = Rule {
        ignore_separators: true,
        ..whole("shit")
    };
    assert_eq!(
        masked(std::slice::from_ref(&squeezed), "push it"),
        "push it"
    );
    assert_eq!(masked(&[squeezed], "s h i t"), "*******");
}

#[test]
fn the_longest_match_is_told_and_those_inside_it_are_not() {
    let rules = [rule(1, "赌", Action::Mask), rule(2, "赌博", Action::Mask)];
    let verdict = filter(&rules).check("赌博和赌", Scope::Message);
    let told: Vec<_> = verdict
        .hits()
        .iter()
        .map(|hit| (hit.rule.0, hit.start, hit.end))
        .collect();
    assert_eq!(told, [(2, 0, 2), (1, 3, 4)]);
}

#[test]
fn overlapping_matches_are_masked_together() {
    let rules = [rule(1, "abc", Action::Mask), rule(2, "cde", Action::Mask)];
    assert_eq!(masked(&rules, "xabcdex"), "x*****x");
}

#[test]
fn the_strongest_action_wins_even_inside_a_longer_weaker_match() {
    let rules = [
        rule(1, "abcdef", Action::Log),
        rule(2, "cd", Action::Block),
        rule(3, "bc", Action::Mask),
    ];
    let verdict = filter(&rules).check("abcdef", Scope::Message);
    assert_eq!(verdict.action(), Some(Action::Block));
    assert_eq!(verdict.hits().len(), 3);
    assert_eq!(verdict.masked(), "a**def");
}

#[test]
fn a_blocked_text_is_refused_in_its_own_words() {
    let verdict =
        filter(&[rule(1, "赌博", Action::Block)]).check("来賭\u{200b}博吧", Scope::Message);
    let refusal = verdict.allowed().unwrap_err();
    assert_eq!(refusal.code, Code::BlockedWords);
    assert!(refusal.detail.contains("賭博"), "{}", refusal.detail);
}

#[test]
fn a_logged_text_goes_through_unchanged() {
    let verdict = filter(&[rule(1, "psst", Action::Log)]).check("psst", Scope::Name);
    assert_eq!(
        (verdict.masked(), verdict.action()),
        ("psst", Some(Action::Log))
    );
    assert!(verdict.allowed().is_ok());
}

#[test]
fn a_name_is_refused_where_a_message_is_masked() {
    let filter = filter(&[rule(1, "spam", Action::Mask)]);
    assert!(filter.check("spam", Scope::Message).allowed().is_ok());
    assert_eq!(
        filter.check("spam.txt", Scope::FileName).masked(),
        "****.txt"
    );
    let name = filter.check("spam", Scope::Name).allowed().unwrap_err();
    assert_eq!(name.code, Code::BlockedWords);
}

#[test]
fn a_regular_expression_looks_at_the_folded_text() {
    assert_eq!(
        masked(&[regex(1, r"\d{3}-\d{4}")], "call ５５５－１２３４ now"),
        "call ******** now"
    );
    assert_eq!(masked(&[regex(1, "SPA+M")], "spaaam"), "******");
    assert_eq!(
        masked(&[regex(1, "加(薇|微)信")], "加薇信 加微信 加信"),
        "*** *** 加信"
    );
    assert_eq!(masked(&[regex(1, "[貓狗]+")], "猫狗貓"), "***");
    assert_eq!(masked(&[regex(1, "a＋b")], "aab a+b"), "aab ***");
    let squeezed = Rule {
        ignore_separators: true,
        ..regex(1, "qq[0-9]{5,}")
    };
    assert_eq!(masked(&[squeezed], "Q Q: 1 2 3 4 5!"), "**************!");
}

#[test]
fn a_disabled_rule_matches_nothing() {
    let off = Rule {
        enabled: false,
        ..rule(1, "spam", Action::Block)
    };
    assert_eq!(filter(&[off]).check("spam", Scope::Message).action(), None);
}

#[test]
fn two_rules_with_the_same_word_are_both_asked() {
    let whole = Rule {
        whole_word: true,
        ..rule(1, "ass", Action::Block)
    };
    let rules = [whole, rule(2, "ASS", Action::Mask)];
    let verdict = filter(&rules).check("class", Scope::Message);
    assert_eq!(
        (verdict.action(), verdict.masked()),
        (Some(Action::Mask), "cl***")
    );
}

#[test]
fn a_rule_that_cannot_be_used_names_its_field() {
    let refusal = Filter::compile(Arc::clone(&NORMALISER), &[regex(1, "(")]).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.field),
        (Code::BadRequest, Some("pattern"))
    );
}

#[test]
fn nested_rules_on_a_long_text_stay_bounded() {
    let rules: Vec<_> = (1..=200)
        .map(|length| rule(length, &"a".repeat(length as usize), Action::Mask))
        .collect();
    let verdict = filter(&rules).check(&"a".repeat(2_000), Scope::Message);
    assert!(verdict.hits().len() <= 2_000);
    assert_eq!(verdict.masked(), "*".repeat(2_000));
}

#[test]
fn a_dry_run_counts_and_shows_samples() {
    let filter = filter(&[rule(1, "spam", Action::Block)]);
    let texts = ["spam", "ham", "more spam", "spam again"];
    let run = filter.dry_run(texts.into_iter().enumerate(), 2);
    assert_eq!((run.examined, run.matched), (4, 3));
    let keys: Vec<_> = run.samples.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, [0, 2]);
}

fn tricky_rules() -> Vec<Rule> {
    vec![
        rule(1, "不当", Action::Mask),
        squeezing(2, "piao"),
        squeezing(3, "赌"),
        regex(4, r"\d+"),
        Rule {
            ignore_separators: true,
            ..regex(5, "[a-c]+x")
        },
        Rule {
            whole_word: true,
            ..rule(6, "é", Action::Mask)
        },
        rule(7, "が", Action::Mask),
    ]
}

static TRICKY: LazyLock<Filter> = LazyLock::new(|| filter(&tricky_rules()));

proptest! {
    #[test]
    fn masking_keeps_the_number_of_characters(text in any::<String>()) {
        let verdict = TRICKY.check(&text, Scope::Message);
        prop_assert_eq!(verdict.masked().chars().count(), text.chars().count());
    }

    #[test]
    fn what_is_masked_is_exactly_what_was_hit(
        text in "[piaoPＩ不当當@ .\u{200b}\u{301}123éがか\u{3099}赌x\n]{0,40}"
    ) {
        let verdict = TRICKY.check(&text, Scope::Message);
        for (at, (before, after)) in text.chars().zip(verdict.masked().chars()).enumerate() {
            let hit = verdict.hits().iter().any(|hit| hit.start <= at && at < hit.end);
            prop_assert_eq!(after, if hit && before != '\n' { '*' } else { before });
        }
    }

    #[test]
    fn a_masked_text_is_not_masked_again(text in "[piao不当@ .\u{200b}é123]{0,40}") {
        // Only where passing over separators does not join what stands on both sides of a mask.
        let filter = filter(&[rule(1, "不当", Action::Mask), regex(2, "[0-9]+")]);
        let once = filter.check(&text, Scope::Message).masked().to_owned();
        prop_assert_eq!(filter.check(&once, Scope::Message).action(), None);
    }

    #[test]
    fn hits_lie_inside_the_text(text in any::<String>(), pattern in "\\PC{1,6}") {
        let rule = rule(1, &pattern, Action::Log);
        if let Ok(filter) = Filter::compile(Arc::clone(&NORMALISER), &[rule]) {
            let count = text.chars().count();
            for hit in filter.check(&text, Scope::Message).hits() {
                prop_assert!(hit.start < hit.end && hit.end <= count);
            }
        }
    }

    #[test]
    fn a_keyword_finds_itself_anywhere(
        pattern in "[a-z漢字賭博éＡ①ガ]{1,8}",
        around in "[ ,。!]{0,3}",
    ) {
        let filter = filter(&[rule(1, &pattern, Action::Log)]);
        let text = format!("{around}{pattern}{around}");
        prop_assert_eq!(filter.check(&text, Scope::Message).action(), Some(Action::Log));
    }
}
