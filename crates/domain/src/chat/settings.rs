//! Renaming a room, saying what it is about and who may speak in it, archiving it.

use base::UnixMs;

use super::filter::Verdict;
use super::standing::Standing;
use super::{Append, Change, Speakers};
use crate::Refusal;
use crate::auth::name;
use crate::auth::permit::Verb;

/// What somebody wants to change; what is none stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings<'a> {
    /// The name, checked by the word filter.
    pub name: Option<&'a Verdict>,
    /// The topic, checked by the word filter.
    pub topic: Option<&'a Verdict>,
    /// Whether the room takes no more events.
    pub archived: Option<bool>,
    /// Who may speak in its calls.
    pub speakers: Option<Speakers>,
}

/// Decides a change of a room's settings: the events to append, in order, none for what stays.
///
/// A room is taken out of the archive first and put into it last, so that one request may do
/// either together with the rest.
///
/// # Errors
/// `not_found`, `forbidden`, `room_archived`, `bad_request` for an empty name, `too_long`,
/// `blocked_words`. Nothing is changed then.
pub fn change(
    now: UnixMs,
    standing: Standing<'_>,
    command: Settings<'_>,
) -> Result<Vec<Append>, Refusal> {
    standing.may(Verb::SeeRoom)?;
    let room = standing.room;
    let was_archived = room.archived_at.is_some();
    let archived = command.archived.unwrap_or(was_archived);
    let mut changes = Vec::new();
    if archived != was_archived {
        standing.may(Verb::ArchiveRoom)?;
    }
    if was_archived && !archived {
        changes.push(Change::Unarchive);
    }
    // With the archive opened in the same request, only the permission is left to ask for.
    let opened = was_archived && !archived;
    let may = |verb| {
        if opened {
            standing.may(verb)
        } else {
            standing.may_append(verb)
        }
    };
    if let Some(wanted) = command.name {
        may(Verb::RenameRoom)?;
        let name = name::room_name(wanted.original())?;
        wanted.allowed()?;
        if name != room.name {
            changes.push(Change::Rename { name });
        }
    }
    if let Some(wanted) = command.topic {
        may(Verb::SetTopic)?;
        let topic = name::topic(wanted.original())?;
        wanted.allowed()?;
        if topic != room.topic {
            changes.push(Change::SetTopic { topic });
        }
    }
    if let Some(speakers) = command.speakers {
        may(Verb::KeepCall)?;
        if speakers != room.speakers {
            changes.push(Change::SetSpeakers { speakers });
        }
    }
    if archived && !was_archived {
        changes.push(Change::Archive);
    }
    let append = |change| Append {
        room: room.id,
        author: standing.actor.id,
        at: now,
        change,
    };
    Ok(changes.into_iter().map(append).collect())
}

#[cfg(test)]
mod tests {
    use base::Code;

    use super::super::standing::tests::{LIN, NOW, TOM, archived_room, member, room, standing};
    use super::super::{Room, RoomKind};
    use super::*;
    use crate::auth::Role;

    fn decide(room: &Room, role: Role, command: Settings<'_>) -> Result<Vec<Change>, Refusal> {
        let me = member(LIN);
        let mut standing = standing(room, Some(&me));
        standing.actor.role = role;
        change(NOW, standing, command)
            .map(|appends| appends.into_iter().map(|append| append.change).collect())
    }

    #[test]
    fn an_admin_renames_and_archives_at_once() {
        let (name, topic) = (Verdict::clear(" Orchard "), Verdict::clear("apples"));
        let command = Settings {
            name: Some(&name),
            topic: Some(&topic),
            archived: Some(true),
            speakers: None,
        };
        assert_eq!(
            decide(&room(RoomKind::Open), Role::Admin, command).unwrap(),
            [
                Change::Rename {
                    name: "Orchard".into()
                },
                Change::SetTopic {
                    topic: "apples".into()
                },
                Change::Archive,
            ]
        );
    }

    #[test]
    fn any_member_sets_the_topic_but_only_maker_and_admins_rename() {
        let text = Verdict::clear("new");
        let topic = Settings {
            topic: Some(&text),
            ..Settings::default()
        };
        let rename = Settings {
            name: Some(&text),
            ..Settings::default()
        };
        let theirs = Room {
            created_by: TOM,
            ..room(RoomKind::Open)
        };
        let mine = Room {
            created_by: LIN,
            ..room(RoomKind::Open)
        };
        assert_eq!(decide(&theirs, Role::Member, topic).unwrap().len(), 1);
        assert_eq!(
            decide(&theirs, Role::Member, rename).unwrap_err().code,
            Code::Forbidden
        );
        assert_eq!(decide(&mine, Role::Member, rename).unwrap().len(), 1);
    }

    #[test]
    fn an_archived_room_is_only_unarchived() {
        let text = Verdict::clear("new");
        let rename = Settings {
            name: Some(&text),
            ..Settings::default()
        };
        let refusal = decide(&archived_room(), Role::Admin, rename).unwrap_err();
        assert_eq!(refusal.code, Code::RoomArchived);
        let open = Settings {
            archived: Some(false),
            ..rename
        };
        assert_eq!(
            decide(&archived_room(), Role::Admin, open).unwrap(),
            [Change::Unarchive, Change::Rename { name: "new".into() }]
        );
    }

    #[test]
    fn what_stays_the_same_is_no_event() {
        let name = Verdict::clear("garden");
        let command = Settings {
            name: Some(&name),
            archived: Some(false),
            speakers: Some(Speakers::Everyone),
            topic: None,
        };
        assert_eq!(
            decide(&room(RoomKind::Open), Role::Admin, command).unwrap(),
            []
        );
        assert_eq!(
            decide(&room(RoomKind::Open), Role::Guest, Settings::default()).unwrap(),
            []
        );
    }

    #[test]
    fn moderators_make_a_room_a_stage() {
        let command = Settings {
            speakers: Some(Speakers::Chosen),
            ..Settings::default()
        };
        let stage = Change::SetSpeakers {
            speakers: Speakers::Chosen,
        };
        let open = room(RoomKind::Open);
        assert_eq!(decide(&open, Role::Moderator, command).unwrap(), [stage]);
        for (room, role) in [(&open, Role::Member), (&room(RoomKind::Group), Role::Owner)] {
            let refusal = decide(room, role, command).unwrap_err();
            assert_eq!(refusal.code, Code::Forbidden);
        }
    }

    #[test]
    fn a_direct_room_has_no_settings() {
        let name = Verdict::clear("us");
        let command = Settings {
            name: Some(&name),
            ..Settings::default()
        };
        let refusal = decide(&room(RoomKind::Direct), Role::Owner, command).unwrap_err();
        assert_eq!(refusal.code, Code::Forbidden);
    }
}
