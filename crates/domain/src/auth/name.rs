//! Names and passwords as they are taken in: cleaned, bounded, refused with a sentence.
//!
//! Never looks at who else has a name except for the list that is handed in; uniqueness is decided
//! by the store's key. Every door that takes a name asks here.

use base::{Code, limits};
use unicode_normalization::UnicodeNormalization;

use crate::Refusal;

/// Handles that mean everybody, so that nobody may have them.
pub const RESERVED_HANDLES: [&str; 5] = ["all", "everyone", "here", "channel", "所有人"];

/// Whether a character is invisible or turns the writing direction: never part of a name.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character may stand in a handle.
#[must_use]
pub fn is_handle_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// One line without control, invisible and direction characters, white space joined to single
/// spaces, trimmed.
///
/// The joiner U+200D stays between two visible characters: emoji families and several scripts are
/// written with it. Combining marks pile up to four high at most.
#[must_use]
pub fn one_line(raw: &str) -> String {
    // Hidden characters go first: what they kept apart belongs together then.
    let visible: String = raw
        .chars()
        .filter(|c| *c == '\u{200d}' || !is_dropped(*c))
        .nfc()
        .collect();
    let mut line = String::with_capacity(visible.len());
    let mut marks = 0;
    let mut chars = visible.chars().peekable();
    while let Some(c) = chars.next() {
        let joins = c == '\u{200d}'
            && line.chars().last().is_some_and(|before| before != ' ')
            && chars
                .peek()
                .is_some_and(|after| !after.is_whitespace() && *after != c);
        if c.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if unicode_normalization::char::is_combining_mark(c) {
            marks += 1;
            if marks <= 4 && !line.is_empty() {
                line.push(c);
            }
            continue;
        } else if joins || c != '\u{200d}' {
            line.push(c);
        }
        marks = 0;
    }
    line.truncate(line.trim_end_matches([' ', '\u{200d}']).len());
    line
}

/// Hidden and control characters; those that end a line count as white space instead.
fn is_dropped(c: char) -> bool {
    (is_hidden(c) || c.is_control()) && !c.is_whitespace()
}

fn bounded(raw: &str, field: &'static str, chars_max: usize) -> Result<String, Refusal> {
    // A giant input is refused before it is cleaned.
    let line = if raw.len() > chars_max.saturating_mul(16) {
        None
    } else {
        Some(one_line(raw))
    };
    match line {
        Some(line) if line.chars().count() <= chars_max => Ok(line),
        Some(_) | None => Err(Refusal::of(
            Code::TooLong,
            field,
            format!("This is too long: at most {chars_max} characters."),
        )),
    }
}

fn required(
    raw: &str,
    field: &'static str,
    chars_max: usize,
    missing: &str,
) -> Result<String, Refusal> {
    let line = bounded(raw, field, chars_max)?;
    if line.is_empty() {
        Err(Refusal::of(Code::BadRequest, field, missing))
    } else {
        Ok(line)
    }
}

/// The name that others see.
///
/// # Errors
/// `bad_request` when nothing visible is left, `too_long`.
pub fn display_name(raw: &str) -> Result<String, Refusal> {
    let missing = "Please enter the name that others will see.";
    required(raw, "display_name", limits::DISPLAY_NAME_CHARS_MAX, missing)
}

/// The name of the place.
///
/// # Errors
/// `bad_request` when nothing visible is left, `too_long`.
pub fn place_name(raw: &str, field: &'static str) -> Result<String, Refusal> {
    let missing = "Please give the place a name.";
    required(raw, field, limits::PLACE_NAME_CHARS_MAX, missing)
}

/// The name of a room.
///
/// # Errors
/// `bad_request` when nothing visible is left, `too_long`.
pub fn room_name(raw: &str) -> Result<String, Refusal> {
    required(
        raw,
        "name",
        limits::ROOM_NAME_CHARS_MAX,
        "Please give the room a name.",
    )
}

/// The topic of a room; may be empty.
///
/// # Errors
/// `too_long`.
pub fn topic(raw: &str) -> Result<String, Refusal> {
    bounded(raw, "topic", limits::TOPIC_CHARS_MAX)
}

/// The name of an API token.
///
/// # Errors
/// `bad_request` when nothing visible is left, `too_long`.
pub fn token_name(raw: &str) -> Result<String, Refusal> {
    let missing = "Please name the token, so that you recognise it later.";
    required(raw, "name", limits::DISPLAY_NAME_CHARS_MAX, missing)
}

/// Languages that there are.
pub const LOCALES: [&str; 2] = ["en", "zh"];

/// A language that somebody chose, with or without a region: `zh-CN` is `zh`. Nothing is English.
///
/// # Errors
/// `bad_request` for a language that there is not.
pub fn locale(raw: &str) -> Result<&'static str, Refusal> {
    let language = raw.split(['-', '_']).next().unwrap_or_default();
    let known = LOCALES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(language));
    if raw.is_empty() {
        return Ok("en");
    }
    known.ok_or_else(|| {
        let detail = format!(
            "This language is not there. Choose one of {}.",
            LOCALES.join(", ")
        );
        Refusal::of(Code::BadRequest, "locale", detail)
    })
}

/// How display names are compared: what looks alike but for case, width and white space is one
/// name. For finding out whether somebody would pass for somebody else, and at login.
#[must_use]
pub fn display_key(display_name: &str) -> String {
    let visible = display_name
        .chars()
        .filter(|c| !is_hidden(*c) || c.is_whitespace());
    let folded: String = visible.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let words: Vec<&str> = folded.split_whitespace().collect();
    words.join(" ")
}

/// Folds text the way handles are folded: NFKC, lower case, white space to dots, and only letters
/// (of any script), digits, `.`, `_` and `-` kept. May be empty or too long.
#[must_use]
pub fn fold(raw: &str) -> String {
    let visible = raw.chars().filter(|c| !is_hidden(*c) || c.is_whitespace());
    let lower: String = visible.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let mut folded = String::with_capacity(lower.len());
    for c in lower.chars() {
        if c.is_whitespace() {
            if !folded.is_empty() && !folded.ends_with('.') {
                folded.push('.');
            }
        } else if is_handle_char(c) || (is_mark(c) && !folded.is_empty()) {
            folded.push(c);
        }
    }
    folded.truncate(folded.trim_end_matches('.').len());
    // What was left out may have kept a letter and its mark apart.
    folded.nfkc().collect()
}

/// Vowel signs of Indic scripts are marks, not letters, and belong to their words.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c) && !is_hidden(c)
}

/// A handle that somebody chose.
///
/// # Errors
/// `bad_request` for signs that a handle cannot have, `too_long`, `name_taken` for reserved ones.
pub fn handle(raw: &str) -> Result<String, Refusal> {
    if raw.len() > limits::HANDLE_CHARS_MAX * 16 {
        return Err(handle_too_long());
    }
    let lower: String = raw
        .trim()
        .trim_start_matches('@')
        .nfkc()
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    let folded = fold(&lower);
    if folded.is_empty() || folded != lower {
        return Err(Refusal::of(
            Code::BadRequest,
            "name",
            "A handle has letters, digits, dots, underscores and hyphens only.",
        ));
    }
    if !folded.chars().any(char::is_alphanumeric) {
        return Err(Refusal::of(
            Code::BadRequest,
            "name",
            "A handle needs a letter or a digit.",
        ));
    }
    if folded.chars().count() > limits::HANDLE_CHARS_MAX {
        return Err(handle_too_long());
    }
    if RESERVED_HANDLES.contains(&folded.as_str()) {
        return Err(Refusal::of(
            Code::NameTaken,
            "name",
            "This handle means everybody. Please choose another one.",
        ));
    }
    Ok(folded)
}

fn handle_too_long() -> Refusal {
    Refusal::of(
        Code::TooLong,
        "name",
        format!(
            "A handle has at most {} characters.",
            limits::HANDLE_CHARS_MAX
        ),
    )
}

/// A free handle made from a display name: `Lin Xiao` becomes `lin.xiao`, the second one
/// `lin.xiao2`.
///
/// `is_taken` is asked at most a few times more than there are such names.
#[must_use]
pub fn handle_for(display_name: &str, is_taken: &dyn Fn(&str) -> bool) -> String {
    let folded = fold(display_name);
    let stem = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    let stem = if stem.is_empty() { "someone" } else { stem };
    let free = |name: &str| !RESERVED_HANDLES.contains(&name) && !is_taken(name);
    let mut candidate = cut(stem, limits::HANDLE_CHARS_MAX)
        .trim_end_matches('.')
        .to_owned();
    let mut number = 1u64;
    while !free(&candidate) {
        number += 1;
        let suffix = number.to_string();
        let room = limits::HANDLE_CHARS_MAX.saturating_sub(suffix.len());
        candidate = format!("{}{suffix}", cut(stem, room).trim_end_matches('.'));
    }
    candidate
}

fn cut(text: &str, chars_max: usize) -> &str {
    text.char_indices()
        .nth(chars_max)
        .map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// Whether a password may be set. Asked before hashing, so that a giant one costs nothing.
///
/// # Errors
/// `weak_password`, with the field's name.
pub fn password(raw: &str, field: &'static str) -> Result<(), Refusal> {
    let weak = |detail: String| Err(Refusal::of(Code::WeakPassword, field, detail));
    let most = limits::PASSWORD_CHARS_MAX;
    if raw.len() > most * 4 || raw.chars().count() > most {
        return weak(format!("A password has at most {most} characters."));
    }
    let least = limits::PASSWORD_CHARS_MIN;
    if raw.chars().count() < least {
        return weak(format!("A password has at least {least} characters."));
    }
    if raw.chars().all(|c| raw.starts_with(c)) {
        return weak("One sign repeated is guessed at once. Mix a few words.".to_owned());
    }
    Ok(())
}

/// Whether a typed password is worth hashing at login: a giant one is wrong without trying.
#[must_use]
pub fn password_may_fit(raw: &str) -> bool {
    !raw.is_empty()
        && raw.len() <= limits::PASSWORD_CHARS_MAX * 4
        && raw.chars().count() <= limits::PASSWORD_CHARS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(result: Result<T, Refusal>) -> Option<Code> {
        result.err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_display_name_loses_hidden_characters_and_extra_space() {
        assert_eq!(
            display_name("  Lin \u{202e}\u{200b} Xiao\tMan\n").unwrap(),
            "Lin Xiao Man"
        );
        assert_eq!(display_name("林\u{feff}小曼").unwrap(), "林小曼");
        assert_eq!(display_name("\u{1b}[31mred").unwrap(), "[31mred");
    }

    #[test]
    fn a_name_of_hidden_characters_only_is_no_name() {
        for raw in ["", "   ", "\u{200b}\u{200d}", "\u{3164}", "\u{301}"] {
            let refusal = display_name(raw).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field),
                (Code::BadRequest, Some("display_name"))
            );
        }
    }

    #[test]
    fn an_emoji_family_in_a_name_stays_whole() {
        assert_eq!(
            display_name("👨\u{200d}👩\u{200d}👧 家").unwrap(),
            "👨\u{200d}👩\u{200d}👧 家"
        );
        assert_eq!(display_name("a\u{200d}").unwrap(), "a");
    }

    #[test]
    fn marks_do_not_pile_up_over_the_lines_above() {
        let zalgo = format!("z{}", "\u{301}\u{302}\u{303}".repeat(20));
        assert!(display_name(&zalgo).unwrap().chars().count() <= 6);
    }

    #[test]
    fn a_name_has_a_limit_in_characters_not_bytes() {
        let longest = "曼".repeat(limits::DISPLAY_NAME_CHARS_MAX);
        assert_eq!(display_name(&longest).unwrap(), longest);
        assert_eq!(
            code(display_name(&format!("{longest}曼"))),
            Some(Code::TooLong)
        );
        assert_eq!(
            code(display_name(&"x".repeat(1 << 20))),
            Some(Code::TooLong)
        );
    }

    #[test]
    fn a_topic_may_be_empty_and_a_room_name_may_not() {
        assert_eq!(topic(" \n ").unwrap(), "");
        assert_eq!(code(room_name(" \n ")), Some(Code::BadRequest));
        assert_eq!(
            place_name(" Riverside\u{7} ", "place_name").unwrap(),
            "Riverside"
        );
    }

    #[test]
    fn a_handle_comes_from_the_display_name() {
        let free = |_: &str| false;
        for (shown, wanted) in [
            ("Lin Xiao Man", "lin.xiao.man"),
            ("林小曼", "林小曼"),
            ("Ｌｉｎ　Ｘｉａｏ", "lin.xiao"),
            ("Jürgen O'Neil", "jürgen.oneil"),
            ("🎉🎉", "someone"),
            ("...", "someone"),
            ("All", "all2"),
        ] {
            assert_eq!(handle_for(shown, &free), wanted, "{shown}");
        }
    }

    #[test]
    fn a_taken_handle_gets_a_number_and_stays_within_the_limit() {
        let taken = ["lin", "lin2"];
        assert_eq!(handle_for("Lin", &|name| taken.contains(&name)), "lin3");
        let long = "x".repeat(80);
        let first = handle_for(&long, &|_| false);
        let second = handle_for(&long, &|name| name == first);
        assert_eq!(first.chars().count(), limits::HANDLE_CHARS_MAX);
        assert_eq!(second.chars().count(), limits::HANDLE_CHARS_MAX);
        assert_ne!(first, second);
    }

    #[test]
    fn every_made_handle_is_one_that_could_be_chosen() {
        for shown in [
            "Lin Xiao",
            "Ünïcödé ™",
            "a . b",
            "李-Lee_1",
            "ﬁn ",
            "x\u{301}",
        ] {
            let made = handle_for(shown, &|_| false);
            assert_eq!(handle(&made).unwrap(), made, "{shown}");
        }
    }

    #[test]
    fn a_chosen_handle_is_folded_or_refused() {
        assert_eq!(handle(" @Lin.Xiao ").unwrap(), "lin.xiao");
        assert_eq!(handle("小曼").unwrap(), "小曼");
        for raw in ["", "@", "lin xiao", "a@b", "a/b", "🎉", "lin\u{200b}"] {
            let refusal = handle(raw).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field),
                (Code::BadRequest, Some("name")),
                "{raw:?}"
            );
        }
        assert_eq!(code(handle(&"x".repeat(33))), Some(Code::TooLong));
        assert_eq!(code(handle("ALL")), Some(Code::NameTaken));
        assert_eq!(code(handle("所有人")), Some(Code::NameTaken));
    }

    #[test]
    fn a_password_is_measured_before_it_is_hashed() {
        assert_eq!(
            code(password("1234567", "password")),
            Some(Code::WeakPassword)
        );
        assert_eq!(
            code(password("aaaaaaaaaaaa", "password")),
            Some(Code::WeakPassword)
        );
        assert_eq!(
            code(password(&"ab".repeat(65), "password")),
            Some(Code::WeakPassword)
        );
        assert!(password("correct horse", "password").is_ok());
        assert!(password(&"密码".repeat(64), "password").is_ok());
        assert!(!password_may_fit(&"x".repeat(1 << 20)));
        assert!(password_may_fit("short"));
    }

    #[test]
    fn only_languages_that_there_are_can_be_chosen() {
        for (raw, wanted) in [("zh-CN", "zh"), ("ZH", "zh"), ("en_GB", "en"), ("", "en")] {
            assert_eq!(locale(raw).unwrap(), wanted);
        }
        for raw in ["de", "zhx", "中", "../en"] {
            let refusal = locale(raw).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field),
                (Code::BadRequest, Some("locale")),
                "{raw}"
            );
        }
    }

    #[test]
    fn names_that_look_alike_have_one_key() {
        let key = display_key("Ada Lovelace");
        for alike in [
            "ada lovelace",
            "ADA\u{a0}LOVELACE",
            " Ada\u{2003}\u{3000}Lovelace ",
            "Ａｄａ Lovelace",
            "A\u{200b}da Love\u{ad}lace",
        ] {
            assert_eq!(display_key(alike), key, "{alike:?}");
        }
        assert_ne!(display_key("AdaLovelace"), key);
        assert_ne!(display_key("Ádá Lovelace"), key);
    }
}
