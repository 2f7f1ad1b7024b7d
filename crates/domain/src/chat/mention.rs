//! Who a text mentions: `@handle` and `@all`, outside code.
//!
//! Handles may be Chinese and stand in a sentence without spaces, so a handle is the longest one
//! of a member that the text after the sign begins with.

use base::{PersonId, limits};

use super::prose::{Part, parts};
use super::standing::Roster;
use crate::auth::name::{fold, is_handle_char};

/// What mentions everybody in the room.
const EVERYBODY: [&str; 2] = ["all", "所有人"];

/// Whom a text mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Members, in the order they are first named; at most `MENTIONS_PER_MESSAGE_MAX`, the others
    /// are text only.
    pub people: Vec<PersonId>,
    /// Whether it mentions everybody.
    pub all: bool,
}

/// Reads the mentions of a text. `roster` knows the room's members by folded handle.
#[must_use]
pub fn parse(text: &str, roster: Roster<'_>) -> Mentions {
    let mut found = Mentions::default();
    for part in parts(text) {
        match part {
            Part::Prose(prose) => parse_prose(prose, roster, &mut found),
            Part::Span(_) | Part::Block(_) => {}
        }
    }
    found
}

fn parse_prose(prose: &str, roster: Roster<'_>, found: &mut Mentions) {
    let mut before = ' ';
    for (at, c) in prose.char_indices() {
        // The sign inside a Latin word belongs to an e-mail address.
        let is_sign = matches!(c, '@' | '＠') && !is_latin_word(before) && before != '\\';
        before = c;
        if is_sign {
            let after = prose.get(at + c.len_utf8()..).unwrap_or_default();
            look_up(after, roster, found);
        }
        if found.people.len() >= limits::MENTIONS_PER_MESSAGE_MAX && found.all {
            return;
        }
    }
}

/// Words of scripts that put spaces between them.
fn is_latin_word(c: char) -> bool {
    is_handle_char(c) && !is_unspaced(c)
}

/// Scripts written without spaces: Han, kana, Thai, Lao, Khmer, Myanmar.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn look_up(after: &str, roster: Roster<'_>, found: &mut Mentions) {
    let run: Vec<char> = after
        .chars()
        .take(limits::HANDLE_CHARS_MAX + 1)
        .take_while(|c| is_handle_char(*c) || unicode_normalization::char::is_combining_mark(*c))
        .collect();
    for length in (1..=run.len().min(limits::HANDLE_CHARS_MAX)).rev() {
        let (name, rest) = run.split_at(length);
        if !ends_here(name, rest) {
            continue;
        }
        let name: String = name.iter().collect();
        if EVERYBODY.contains(&fold(&name).as_str()) {
            found.all = true;
            return;
        }
        if let Some(person) = roster(&fold(&name)) {
            let room = found.people.len() < limits::MENTIONS_PER_MESSAGE_MAX;
            if room && !found.people.contains(&person) {
                found.people.push(person);
            }
            return;
        }
    }
}

/// Whether a handle may end between `name` and `rest`: not inside a word that goes on.
fn ends_here(name: &[char], rest: &[char]) -> bool {
    let joins = |c: &char| matches!(c, '.' | '_' | '-');
    let Some(last) = name.last() else {
        return false;
    };
    // Trailing signs end a sentence rather than a handle, unless a handle really ends so.
    let Some(next) = rest.iter().find(|c| !joins(c)) else {
        return true;
    };
    // `lin` in `linda` or in `lin.da` is another name.
    let signs_between = rest.first().is_some_and(joins);
    is_unspaced(*next) || (is_unspaced(*last) && !signs_between)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: [(&str, u64); 7] = [
        ("lin", 1),
        ("lin.xiao", 2),
        ("小曼", 3),
        ("小曼曼", 4),
        ("tom_", 5),
        ("jürgen", 6),
        ("linda2", 7),
    ];

    fn roster(handle: &str) -> Option<PersonId> {
        PEOPLE
            .iter()
            .find(|(name, _)| *name == handle)
            .map(|(_, id)| PersonId(*id))
    }

    fn people(text: &str) -> Vec<u64> {
        parse(text, &roster)
            .people
            .iter()
            .map(|person| person.0)
            .collect()
    }

    #[test]
    fn members_are_mentioned_by_their_handles() {
        assert_eq!(people("@lin and @LIN.XIAO, @lin again"), [1, 2]);
        assert_eq!(people("(@lin) \"@jürgen\" @Ju\u{308}rgen"), [1, 6]);
        assert_eq!(people("@nobody @ @@"), [] as [u64; 0]);
    }

    #[test]
    fn signs_at_the_end_of_a_sentence_are_not_part_of_a_handle() {
        assert_eq!(people("ask @lin."), [1]);
        assert_eq!(people("ask @lin... or @tom_"), [1, 5]);
        assert_eq!(people("@lin.xiao."), [2]);
    }

    #[test]
    fn a_handle_inside_another_word_is_not_mentioned() {
        assert_eq!(people("@linda"), [] as [u64; 0]);
        assert_eq!(people("@lin.da @lin-da"), [] as [u64; 0]);
        assert_eq!(people("mail x@lin or a.b@lin.xiao"), [] as [u64; 0]);
    }

    #[test]
    fn a_chinese_handle_is_found_without_spaces_and_the_longest_wins() {
        assert_eq!(people("你好@小曼你好"), [3]);
        assert_eq!(people("请@小曼曼看一下"), [4]);
        assert_eq!(people("＠小曼，在吗"), [3]);
        assert_eq!(people("谢谢@lin你真好"), [1]);
        assert_eq!(people("@小曼ok"), [3]);
    }

    #[test]
    fn nothing_inside_code_is_a_mention() {
        assert_eq!(people("`@lin` ``@小曼`` @lin.xiao"), [2]);
        assert_eq!(people("```\n@lin\n```\n@小曼"), [3]);
        assert_eq!(people("\\@lin"), [] as [u64; 0]);
    }

    #[test]
    fn everybody_is_mentioned_in_both_languages_but_not_inside_words() {
        for text in ["@all", "hello @ALL!", "@所有人开会", "＠所有人"] {
            assert!(parse(text, &roster).all, "{text}");
        }
        for text in ["@allen", "`@all`", "x@all", "@全部"] {
            assert!(!parse(text, &roster).all, "{text}");
        }
    }

    #[test]
    fn more_mentions_than_the_limit_are_text_only() {
        let text: String = (0..80).map(|n| format!("@p{n} ")).collect();
        let found = parse(&text, &|handle: &str| {
            handle
                .strip_prefix('p')
                .and_then(|number| number.parse().ok())
                .map(PersonId)
        });
        assert_eq!(found.people.len(), limits::MENTIONS_PER_MESSAGE_MAX);
    }

    #[test]
    fn a_long_text_of_signs_is_read_quickly() {
        let text = "@".repeat(limits::MESSAGE_CHARS_MAX);
        assert_eq!(parse(&text, &roster), Mentions::default());
    }
}
