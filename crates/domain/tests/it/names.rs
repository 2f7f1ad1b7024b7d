//! Names of people, places, rooms and files.

use base::limits;
use domain::auth::{invite, name};
use domain::chat::file::clean_name;
use proptest::prelude::*;

/// Text as people paste it: letters of many scripts, invisible characters, marks, emoji.
fn pasted() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-zA-Z0-9 ._@/\\\\-]{1,6}",
        "[\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2064}\u{feff}\u{ad}]",
        "[\u{300}-\u{36f}]{1,8}",
        "[林小曼賭ガが각ЖßİΣς①ﬁＡ]{1,3}",
        Just("👩\u{200d}🚀".to_owned()),
        Just("\r\n\t\u{0}".to_owned()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_cleaned_line_is_one_line_and_stays_as_it_is(raw in pasted()) {
        let line = name::one_line(&raw);
        prop_assert!(!line.chars().any(char::is_control));
        prop_assert_eq!(line.trim(), line.as_str());
        prop_assert_eq!(name::one_line(&line), line);
    }

    #[test]
    fn a_display_name_has_something_to_see_and_nothing_hidden(raw in pasted()) {
        if let Ok(shown) = name::display_name(&raw) {
            let count = shown.chars().count();
            prop_assert!((1..=limits::DISPLAY_NAME_CHARS_MAX).contains(&count));
            let visible = |c: char| !name::is_hidden(c) && !c.is_whitespace();
            let clean = shown.chars().all(|c| c == '\u{200d}' || c == ' ' || visible(c));
            prop_assert!(clean && shown.chars().any(visible));
        }
    }

    #[test]
    fn every_display_name_has_a_handle_that_could_be_chosen(raw in pasted()) {
        let made = name::handle_for(&raw, &|_| false);
        prop_assert_eq!(name::handle(&made), Ok(made));
    }

    #[test]
    fn a_handle_that_is_taken_a_while_is_found_in_the_end(raw in pasted(), taken in 0usize..40) {
        let asked = std::cell::Cell::new(0);
        let made = name::handle_for(&raw, &|_| {
            asked.set(asked.get() + 1);
            asked.get() <= taken
        });
        prop_assert_eq!(asked.get(), taken + 1);
        prop_assert_eq!(name::handle(&made), Ok(made));
    }

    #[test]
    fn a_chosen_handle_is_the_same_when_chosen_again(raw in pasted()) {
        if let Ok(chosen) = name::handle(&raw) {
            prop_assert_eq!(name::handle(&chosen), Ok(chosen.clone()));
            prop_assert_eq!(name::fold(&chosen), chosen);
        }
    }

    #[test]
    fn a_file_name_is_never_a_path(raw in pasted()) {
        let cleaned = clean_name(&raw);
        prop_assert!(!cleaned.is_empty() && cleaned != "." && cleaned != "..");
        prop_assert!(!cleaned.starts_with('.'));
        prop_assert!(!cleaned.contains(['/', '\\', '\0', '\n', '"']));
        prop_assert!(cleaned.chars().count() <= limits::FILE_NAME_CHARS_MAX);
    }

    #[test]
    fn an_invitation_code_reads_the_same_twice(raw in "[0-9a-zA-Z -]{0,14}") {
        if let Some(code) = invite::code(&raw) {
            prop_assert_eq!(invite::code(&code), Some(code));
        }
    }
}
