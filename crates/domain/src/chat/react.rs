//! Putting an emoji on a message, or taking it off.

use base::{Code, Seq, UnixMs, limits};

use super::standing::Standing;
use super::{Append, Change, Event, emoji};
use crate::Refusal;
use crate::auth::permit::Verb;

/// A reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct React<'a> {
    /// On which message.
    pub target: Seq,
    /// The emoji.
    pub emoji: &'a str,
    /// Put on, or taken off.
    pub on: bool,
}

/// Decides a reaction; none when it stands as wished already.
///
/// # Errors
/// `not_found` for a message that is not there or was deleted, `bad_request` for what is not one
/// emoji or one kind too many, `forbidden`, `room_archived`.
pub fn react(
    now: UnixMs,
    standing: Standing<'_>,
    found: Option<&Event>,
    command: React<'_>,
) -> Result<Option<Append>, Refusal> {
    let found = found.filter(|event| event.seq == command.target);
    let (_, message) = standing.may_change(Verb::React, found)?;
    if !emoji::is_one(command.emoji) {
        return Err(Refusal::of(
            Code::BadRequest,
            "emoji",
            "A reaction is a single emoji.",
        ));
    }
    let there = message
        .reactions
        .iter()
        .find(|reaction| reaction.emoji == command.emoji);
    let is_on = there.is_some_and(|reaction| reaction.users.contains(&standing.actor.id));
    if is_on == command.on {
        return Ok(None);
    }
    let most = limits::REACTIONS_PER_MESSAGE_MAX;
    if there.is_none() && message.reactions.len() >= most {
        return Err(Refusal::of(
            Code::BadRequest,
            "emoji",
            format!("A message has at most {most} different reactions."),
        ));
    }
    Ok(Some(Append {
        room: standing.room.id,
        author: standing.actor.id,
        at: now,
        change: Change::React {
            target: command.target,
            emoji: command.emoji.to_owned(),
            on: command.on,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::super::standing::tests::{
        LIN, NOW, TOM, archived_room, deleted_message, member, message, room, standing,
    };
    use super::super::{EventKind, Reaction, Room, RoomKind};
    use super::*;

    fn decide(
        room: &Room,
        found: Option<&Event>,
        emoji: &str,
        on: bool,
    ) -> Result<Option<Append>, Refusal> {
        let me = member(LIN);
        react(
            NOW,
            standing(room, Some(&me)),
            found,
            React {
                target: Seq(4),
                emoji,
                on,
            },
        )
    }

    fn with_reactions(reactions: Vec<Reaction>) -> Event {
        let mut event = message(TOM, "x");
        if let EventKind::Message(message) = &mut event.kind {
            message.reactions = reactions;
        }
        event
    }

    #[test]
    fn a_member_reacts_and_takes_it_back() {
        let room = room(RoomKind::Open);
        let on = decide(&room, Some(&message(TOM, "x")), "👍🏽", true)
            .unwrap()
            .unwrap();
        let wanted = Change::React {
            target: Seq(4),
            emoji: "👍🏽".into(),
            on: true,
        };
        assert_eq!(on.change, wanted);
        let mine = with_reactions(vec![Reaction {
            emoji: "🎉".into(),
            users: vec![TOM, LIN],
        }]);
        assert!(decide(&room, Some(&mine), "🎉", false).unwrap().is_some());
    }

    #[test]
    fn a_reaction_that_stands_already_changes_nothing() {
        let room = room(RoomKind::Open);
        let mine = with_reactions(vec![Reaction {
            emoji: "🎉".into(),
            users: vec![LIN],
        }]);
        assert_eq!(decide(&room, Some(&mine), "🎉", true).unwrap(), None);
        assert_eq!(decide(&room, Some(&mine), "👍", false).unwrap(), None);
    }

    #[test]
    fn only_one_emoji_is_a_reaction() {
        for bad in ["", "ok", "👍👍", "<b>", "1"] {
            let refusal =
                decide(&room(RoomKind::Open), Some(&message(TOM, "x")), bad, true).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field),
                (Code::BadRequest, Some("emoji")),
                "{bad}"
            );
        }
    }

    #[test]
    fn the_kinds_of_reactions_on_a_message_are_limited() {
        let many = (0..50u32)
            .map(|n| Reaction {
                emoji: char::from_u32(0x1f400 + n).unwrap().to_string(),
                users: vec![TOM],
            })
            .collect();
        let full = with_reactions(many);
        let room = room(RoomKind::Open);
        assert_eq!(
            decide(&room, Some(&full), "🎉", true).unwrap_err().code,
            Code::BadRequest
        );
        assert!(
            decide(&room, Some(&full), "\u{1f400}", true)
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn a_deleted_message_and_an_archived_room_take_no_reactions() {
        let gone = decide(
            &room(RoomKind::Open),
            Some(&deleted_message(TOM)),
            "👍",
            true,
        );
        assert_eq!(gone.unwrap_err().code, Code::NotFound);
        let archived = decide(&archived_room(), Some(&message(TOM, "x")), "👍", true);
        assert_eq!(archived.unwrap_err().code, Code::RoomArchived);
    }
}
