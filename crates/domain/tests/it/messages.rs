//! Messages, from what is typed to what is stored and shown.

use std::sync::{Arc, LazyLock};

use base::{Epoch, PersonId, RoomId, RuleId, Seq, UnixMs, limits};
use domain::auth::{Actor, Role};
use domain::chat::filter::{Action, Filter, Normaliser, Rule, RuleKind, Scope};
use domain::chat::post::{self, Post};
use domain::chat::{Change, Room, RoomKind, Speakers, Standing, emoji, excerpt, mention, text};
use proptest::prelude::*;

const LIN: PersonId = PersonId(1);

fn rule(pattern: &str, action: Action) -> Rule {
    Rule {
        id: RuleId(1),
        pattern: pattern.into(),
        kind: RuleKind::Keyword,
        action,
        ignore_separators: true,
        whole_word: false,
        enabled: true,
        note: String::new(),
        created_at: UnixMs(0),
        hits: 0,
    }
}

static FILTER: LazyLock<Filter> = LazyLock::new(|| {
    let normaliser = Arc::new(Normaliser::new().unwrap());
    let rules = [rule("spam", Action::Mask), rule("赌博", Action::Block)];
    Filter::compile(normaliser, &rules).unwrap()
});

fn room() -> Room {
    Room {
        id: RoomId(7),
        kind: RoomKind::Open,
        name: "garden".into(),
        topic: String::new(),
        created_by: LIN,
        created_at: UnixMs(1),
        archived_at: None,
        speakers: Speakers::Everyone,
        epoch: Epoch(1),
        seq: Seq(9),
        msg_seq: 4,
    }
}

/// Filters and posts a text. What is stored, or the code of the refusal.
fn stored(typed: &str) -> Result<(String, Vec<PersonId>, bool), base::Code> {
    let room = room();
    let actor = Actor {
        id: LIN,
        role: Role::Member,
    };
    let standing = Standing {
        actor,
        room: &room,
        member: true,
    };
    let roster = |handle: &str| (handle == "tom").then_some(PersonId(2));
    let facts = post::Facts {
        standing,
        answered: None,
        files: &[],
        roster: &roster,
    };
    let verdict = FILTER.check(typed, Scope::Message);
    let command = Post {
        text: &verdict,
        client_id: Some("c"),
        reply_to: None,
        files: &[],
    };
    let append = post::post(UnixMs(5), facts, command).map_err(|refusal| refusal.code)?;
    match append.change {
        Change::Post {
            text,
            mentions,
            mention_all,
            ..
        } => Ok((text, mentions, mention_all)),
        Change::Edit { .. }
        | Change::Delete { .. }
        | Change::React { .. }
        | Change::Join
        | Change::Leave
        | Change::Add { .. }
        | Change::Remove { .. }
        | Change::Rename { .. }
        | Change::SetTopic { .. }
        | Change::Archive
        | Change::Unarchive
        | Change::SetSpeakers { .. }
        | Change::StartCall { .. }
        | Change::EndCall(_) => panic!("a post appends a post"),
    }
}

#[test]
fn a_post_is_filtered_cleaned_and_mentions_people() {
    let (text, mentions, all) = stored("hi @tom, no s.p.a.m\r\n@all\n\n").unwrap();
    assert_eq!(text, "hi @tom, no *******\n@all");
    assert_eq!((mentions, all), (vec![PersonId(2)], true));
    assert_eq!(stored("来賭\u{200b}博"), Err(base::Code::BlockedWords));
    assert_eq!(stored(" \n"), Err(base::Code::Empty));
}

proptest! {
    #[test]
    fn whatever_is_typed_is_stored_clean_or_refused(typed in any::<String>()) {
        if let Ok((text, _, _)) = stored(&typed) {
            let hidden = text.contains(['\r', '\0', '\u{1b}', '\u{202e}']);
            prop_assert!(!hidden);
            prop_assert!(!text::is_blank(&text));
            prop_assert!(text.chars().count() <= limits::MESSAGE_CHARS_MAX);
            // What is stored could be posted again as it is.
            prop_assert_eq!(stored(&text).map(|(again, _, _)| again), Ok(text));
        }
    }

    #[test]
    fn mentions_are_found_in_any_text_without_falling_over(typed in "[@＠a-z.`~\\\\\n 小曼_-]{0,80}") {
        let roster = |handle: &str| Some(PersonId(handle.len() as u64));
        let found = mention::parse(&typed, &roster);
        prop_assert!(found.people.len() <= limits::MENTIONS_PER_MESSAGE_MAX);
        prop_assert!(found.people.is_empty() || typed.contains(['@', '＠']));
    }

    #[test]
    fn an_excerpt_is_never_longer_than_it_may_be(typed in any::<String>()) {
        let cut = excerpt::excerpt(&typed);
        prop_assert!(cut.chars().count() <= limits::EXCERPT_CHARS_MAX);
        prop_assert!(!cut.contains('\n'));
    }

    #[test]
    fn only_short_things_are_emoji(text in any::<String>()) {
        if emoji::is_one(&text) {
            prop_assert!(text.len() <= limits::EMOJI_BYTES_MAX);
            prop_assert_eq!(emoji::clusters(&text).count(), 1);
        }
    }
}
