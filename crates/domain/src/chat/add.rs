//! Bringing people into a room and taking them out.

use base::{Code, PersonId, UnixMs, limits};

use super::create::{active, too_many};
use super::standing::Standing;
use super::{Append, Change};
use crate::Refusal;
use crate::auth::Person;
use crate::auth::permit::Verb;

/// What is known of the people who are named.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Who is named.
    pub users: &'a [PersonId],
    /// Those of them who exist.
    pub people: &'a [Person],
    /// Those of them who are in the room.
    pub inside: &'a [PersonId],
}

/// Decides bringing people in; none when all are in already.
///
/// # Errors
/// `not_found`, `forbidden` for guests and private talks, `room_archived`, `bad_request` for
/// unknown or locked people.
pub fn add(
    now: UnixMs,
    standing: Standing<'_>,
    named: Named<'_>,
) -> Result<Option<Append>, Refusal> {
    standing.may_append(Verb::AddMembers)?;
    bounded(named)?;
    let mut users = Vec::new();
    for id in named.users {
        active(named.people, *id, "users")?;
        if !named.inside.contains(id) && !users.contains(id) {
            users.push(*id);
        }
    }
    Ok(append(now, standing, users, |users| Change::Add { users }))
}

/// Decides taking people out; none when nobody of them is in.
///
/// # Errors
/// `not_found`, `forbidden` for who neither made the room nor moderates, and for people whose role
/// is above one's own; `room_archived`; `bad_request` for taking oneself out, which is leaving.
pub fn remove(
    now: UnixMs,
    standing: Standing<'_>,
    named: Named<'_>,
) -> Result<Option<Append>, Refusal> {
    standing.may_append(Verb::RemoveMembers)?;
    bounded(named)?;
    let mut users = Vec::new();
    for id in named.users {
        if *id == standing.actor.id {
            let detail = "To take yourself out, leave the room.";
            return Err(Refusal::of(Code::BadRequest, "users", detail));
        }
        let above = named
            .people
            .iter()
            .any(|person| person.id == *id && person.role > standing.actor.role);
        if above {
            let detail = "You cannot take out somebody whose role is above your own.";
            return Err(Refusal::of(Code::Forbidden, "users", detail));
        }
        if named.inside.contains(id) && !users.contains(id) {
            users.push(*id);
        }
    }
    Ok(append(now, standing, users, |users| Change::Remove {
        users,
    }))
}

fn bounded(named: Named<'_>) -> Result<(), Refusal> {
    if named.users.len() > limits::MEMBERS_PER_REQUEST_MAX {
        Err(too_many())
    } else {
        Ok(())
    }
}

fn append(
    now: UnixMs,
    standing: Standing<'_>,
    users: Vec<PersonId>,
    change: impl FnOnce(Vec<PersonId>) -> Change,
) -> Option<Append> {
    (!users.is_empty()).then(|| Append {
        room: standing.room.id,
        author: standing.actor.id,
        at: now,
        change: change(users),
    })
}

#[cfg(test)]
mod tests {
    use super::super::create::tests::person;
    use super::super::standing::tests::{LIN, NOW, archived_room, member, room, standing};
    use super::super::{Room, RoomKind};
    use super::*;
    use crate::auth::Role;

    type Decide = fn(UnixMs, Standing<'_>, Named<'_>) -> Result<Option<Append>, Refusal>;

    fn decide(
        verb: Decide,
        room: &Room,
        role: Role,
        users: &[u64],
    ) -> Result<Option<Append>, Refusal> {
        let mut people: Vec<_> = (1..=8).map(person).collect();
        people.push(Person {
            role: Role::Owner,
            ..person(9)
        });
        let users: Vec<_> = users.iter().copied().map(PersonId).collect();
        let inside = [1, 2, 3, 9].map(PersonId);
        let me = member(LIN);
        let mut standing = standing(room, Some(&me));
        standing.actor.role = role;
        verb(
            NOW,
            standing,
            Named {
                users: &users,
                people: &people,
                inside: &inside,
            },
        )
    }

    #[test]
    fn members_bring_in_those_who_are_not_in_yet() {
        let room = room(RoomKind::Closed);
        let added = decide(add, &room, Role::Member, &[3, 5, 4, 5])
            .unwrap()
            .unwrap();
        assert_eq!(
            added.change,
            Change::Add {
                users: vec![PersonId(5), PersonId(4)]
            }
        );
        assert_eq!(decide(add, &room, Role::Member, &[2, 3]).unwrap(), None);
    }

    #[test]
    fn strangers_to_the_place_are_not_brought_in() {
        let refusal = decide(add, &room(RoomKind::Open), Role::Member, &[77]).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.field),
            (Code::BadRequest, Some("users"))
        );
    }

    #[test]
    fn private_talks_and_archived_rooms_keep_their_people() {
        for verb in [add as Decide, remove as Decide] {
            let private = decide(verb, &room(RoomKind::Group), Role::Owner, &[3]).unwrap_err();
            assert_eq!(private.code, Code::Forbidden);
            let archived = decide(verb, &archived_room(), Role::Owner, &[3]).unwrap_err();
            assert_eq!(archived.code, Code::RoomArchived);
        }
    }

    #[test]
    fn the_maker_and_moderators_take_people_out() {
        let theirs = room(RoomKind::Open);
        let mine = Room {
            created_by: LIN,
            ..room(RoomKind::Open)
        };
        assert_eq!(
            decide(remove, &theirs, Role::Member, &[3])
                .unwrap_err()
                .code,
            Code::Forbidden
        );
        for (room, role) in [(&theirs, Role::Moderator), (&mine, Role::Member)] {
            let removed = decide(remove, room, role, &[3, 7]).unwrap().unwrap();
            assert_eq!(
                removed.change,
                Change::Remove {
                    users: vec![PersonId(3)]
                }
            );
        }
    }

    #[test]
    fn nobody_takes_out_oneself_or_somebody_above() {
        let room = room(RoomKind::Open);
        let oneself = decide(remove, &room, Role::Moderator, &[1]).unwrap_err();
        assert_eq!(oneself.code, Code::BadRequest);
        let above = decide(remove, &room, Role::Moderator, &[9]).unwrap_err();
        assert_eq!(above.code, Code::Forbidden);
    }

    #[test]
    fn a_request_names_a_bounded_number_of_people() {
        let many: Vec<_> = (0..201).collect();
        for verb in [add as Decide, remove as Decide] {
            let refusal = decide(verb, &room(RoomKind::Open), Role::Owner, &many).unwrap_err();
            assert_eq!(refusal.code, Code::BadRequest);
        }
    }
}
