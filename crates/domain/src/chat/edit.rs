//! Giving a message another text.

use base::{Seq, UnixMs};

use super::filter::Verdict;
use super::standing::{Roster, Standing};
use super::{Append, Change, Event, mention, text};
use crate::Refusal;
use crate::auth::permit::Verb;

/// What somebody wants to change.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// Which message.
    pub target: Seq,
    /// The new text, as the word filter left it.
    pub text: &'a Verdict,
}

/// What is known when it is decided.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// Who, where.
    pub standing: Standing<'a>,
    /// The event with the target's number, if there is one.
    pub target: Option<&'a Event>,
    /// The room's members by handle.
    pub roster: Roster<'a>,
}

/// Decides an edit; none when the text stays the same.
///
/// # Errors
/// `not_found` for a message that is not there or was deleted, `forbidden` for somebody else's,
/// `room_archived`, `too_long`, `empty`, `blocked_words`.
pub fn edit(now: UnixMs, facts: Facts<'_>, command: Edit<'_>) -> Result<Option<Append>, Refusal> {
    let standing = facts.standing;
    let found = facts.target.filter(|event| event.seq == command.target);
    let (_, message) = standing.may_change(Verb::EditMessage, found)?;
    text::bounded(command.text.original())?;
    command.text.allowed()?;
    let text = text::clean(command.text.masked());
    if text::is_blank(&text) && message.files.is_empty() {
        return Err(text::nothing_to_post());
    }
    if text == message.text {
        return Ok(None);
    }
    let mentions = mention::parse(&text, facts.roster);
    Ok(Some(Append {
        room: standing.room.id,
        author: standing.actor.id,
        at: now,
        change: Change::Edit {
            target: command.target,
            mention_all: mentions.all && standing.may(Verb::MentionAll).is_ok(),
            mentions: mentions.people,
            text,
        },
    }))
}

#[cfg(test)]
mod tests {
    use base::Code;

    use super::super::standing::tests::{
        LIN, NOW, TOM, archived_room, deleted_message, member, message, nobody, room, standing,
    };
    use super::super::{Room, RoomKind};
    use super::*;

    fn decide(room: &Room, target: Option<&Event>, text: &str) -> Result<Option<Append>, Refusal> {
        let me = member(LIN);
        let verdict = Verdict::clear(text);
        let facts = Facts {
            standing: standing(room, Some(&me)),
            target,
            roster: &nobody,
        };
        edit(
            NOW,
            facts,
            Edit {
                target: Seq(4),
                text: &verdict,
            },
        )
    }

    #[test]
    fn an_author_gives_a_message_another_text() {
        let append = decide(&room(RoomKind::Open), Some(&message(LIN, "teh")), "the").unwrap();
        assert_eq!(
            append.unwrap().change,
            Change::Edit {
                target: Seq(4),
                text: "the".into(),
                mentions: vec![],
                mention_all: false
            }
        );
    }

    #[test]
    fn the_same_text_is_no_edit() {
        let target = message(LIN, "the");
        assert_eq!(
            decide(&room(RoomKind::Open), Some(&target), "the\n").unwrap(),
            None
        );
    }

    #[test]
    fn nobody_edits_what_another_wrote() {
        let refusal = decide(&room(RoomKind::Open), Some(&message(TOM, "teh")), "the").unwrap_err();
        assert_eq!(refusal.code, Code::Forbidden);
    }

    #[test]
    fn a_deleted_missing_or_other_event_is_not_found() {
        let joined = Event {
            kind: crate::chat::EventKind::Joined,
            ..message(LIN, "")
        };
        let elsewhere = Event {
            seq: Seq(5),
            ..message(LIN, "x")
        };
        for target in [
            None,
            Some(deleted_message(LIN)),
            Some(joined),
            Some(elsewhere),
        ] {
            let refusal = decide(&room(RoomKind::Open), target.as_ref(), "the").unwrap_err();
            assert_eq!(refusal.code, Code::NotFound, "{target:?}");
        }
    }

    #[test]
    fn an_edit_in_an_archived_room_or_to_nothing_is_refused() {
        let target = message(LIN, "teh");
        let archived = decide(&archived_room(), Some(&target), "the").unwrap_err();
        assert_eq!(archived.code, Code::RoomArchived);
        let empty = decide(&room(RoomKind::Open), Some(&target), " ").unwrap_err();
        assert_eq!(empty.code, Code::Empty);
    }
}
