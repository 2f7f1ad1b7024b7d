//! Making a room.

use base::{Code, PersonId, UnixMs, limits};

use super::RoomKind;
use super::filter::Verdict;
use crate::Refusal;
use crate::auth::permit::{self, Actor, Object, Verb};
use crate::auth::{Person, name};

/// The room that somebody wants.
#[derive(Debug, Clone, Copy)]
pub struct Create<'a> {
    /// What kind.
    pub kind: RoomKind,
    /// Its name, checked by the word filter; not looked at for direct and group rooms.
    pub name: &'a Verdict,
    /// Its topic, checked by the word filter; not looked at for direct and group rooms.
    pub topic: &'a Verdict,
    /// Who else is in it from the start.
    pub members: &'a [PersonId],
}

/// A room to store, with its first event and its first members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// What kind.
    pub kind: RoomKind,
    /// Its name, empty for direct and group rooms.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Who makes it.
    pub created_by: PersonId,
    /// When.
    pub created_at: UnixMs,
    /// Who is in it, its maker first, nobody twice.
    pub members: Vec<PersonId>,
    /// For direct and group rooms: what the store keeps unique, so that the same people always
    /// meet in the same room. See [`direct_key`].
    pub direct_key: Option<String>,
}

/// Decides a new room. `people` are those of the named members who exist.
///
/// A group of two is a direct room. The store returns the existing room when the key of a direct
/// or group room is there already.
///
/// # Errors
/// `forbidden` for guests, `bad_request` for unknown or locked people, a missing name or the wrong
/// number of members, `too_long`, `blocked_words`.
pub fn create(
    now: UnixMs,
    actor: Actor,
    people: &[Person],
    command: Create<'_>,
) -> Result<NewRoom, Refusal> {
    permit::may(actor, Verb::CreateRoom, Object::Place)?;
    let members = members(actor, people, command.members)?;
    let room = NewRoom {
        kind: command.kind,
        name: String::new(),
        topic: String::new(),
        created_by: actor.id,
        created_at: now,
        direct_key: None,
        members,
    };
    match command.kind {
        RoomKind::Open | RoomKind::Closed => {
            let name = name::room_name(command.name.original())?;
            command.name.allowed()?;
            let topic = name::topic(command.topic.original())?;
            command.topic.allowed()?;
            Ok(NewRoom {
                name,
                topic,
                ..room
            })
        }
        RoomKind::Direct | RoomKind::Group => private(room),
    }
}

fn private(room: NewRoom) -> Result<NewRoom, Refusal> {
    let refuse = |detail: String| Err(Refusal::of(Code::BadRequest, "members", detail));
    let count = room.members.len();
    let most = limits::GROUP_MEMBERS_MAX;
    if room.kind == RoomKind::Direct && count > 2 {
        return refuse("A direct room has two people. Make a group for more.".to_owned());
    }
    if room.kind == RoomKind::Group && count < 2 {
        return refuse("Name at least one other person.".to_owned());
    }
    if count > most {
        return refuse(format!(
            "A group has at most {most} people. Make a closed room for more."
        ));
    }
    let kind = if count <= 2 {
        RoomKind::Direct
    } else {
        RoomKind::Group
    };
    let direct_key = Some(direct_key(&room.members));
    Ok(NewRoom {
        kind,
        direct_key,
        ..room
    })
}

/// The key under which a few people find their room again: their ids, sorted, joined by `-`.
#[must_use]
pub fn direct_key(members: &[PersonId]) -> String {
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
        .iter()
        .map(PersonId::to_string)
        .collect::<Vec<_>>()
        .join("-")
}

fn members(actor: Actor, people: &[Person], named: &[PersonId]) -> Result<Vec<PersonId>, Refusal> {
    if named.len() > limits::MEMBERS_PER_REQUEST_MAX {
        return Err(too_many());
    }
    let mut members = vec![actor.id];
    for id in named {
        if *id != actor.id {
            active(people, *id, "members")?;
        }
        if !members.contains(id) {
            members.push(*id);
        }
    }
    Ok(members)
}

/// The refusal for naming more people than a request may.
pub(super) fn too_many() -> Refusal {
    let most = limits::MEMBERS_PER_REQUEST_MAX;
    Refusal::of(
        Code::BadRequest,
        "users",
        format!("Name at most {most} people at a time."),
    )
}

/// Checks that somebody exists and may still come in.
pub(super) fn active(people: &[Person], id: PersonId, field: &'static str) -> Result<(), Refusal> {
    let found = people.iter().find(|person| person.id == id);
    match found {
        Some(person) if person.deactivated_at.is_none() => Ok(()),
        Some(person) => Err(Refusal::of(
            Code::BadRequest,
            field,
            format!("The account of {} is locked.", person.display_name),
        )),
        None => Err(Refusal::of(
            Code::BadRequest,
            field,
            "One of these people does not exist.",
        )),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::auth::Role;

    const NOW: UnixMs = UnixMs(5);

    pub(crate) fn person(id: u64) -> Person {
        Person {
            id: PersonId(id),
            name: format!("p{id}"),
            display_name: format!("P {id}"),
            role: Role::Member,
            avatar: None,
            password_hash: None,
            locale: "en".into(),
            created_at: UnixMs(1),
            deactivated_at: None,
        }
    }

    fn decide(role: Role, kind: RoomKind, named: &[u64], name: &str) -> Result<NewRoom, Refusal> {
        let people: Vec<_> = (1..=30).map(person).collect();
        let members: Vec<_> = named.iter().copied().map(PersonId).collect();
        let (name, topic) = (Verdict::clear(name), Verdict::clear(" about\nit "));
        let actor = Actor {
            id: PersonId(3),
            role,
        };
        let command = Create {
            kind,
            name: &name,
            topic: &topic,
            members: &members,
        };
        create(NOW, actor, &people, command)
    }

    #[test]
    fn a_room_has_a_name_a_topic_and_its_maker_in_it() {
        let made = decide(Role::Member, RoomKind::Open, &[7, 3, 7], " Garden ").unwrap();
        assert_eq!(
            (made.name.as_str(), made.topic.as_str()),
            ("Garden", "about it")
        );
        assert_eq!(made.members, [PersonId(3), PersonId(7)]);
        assert_eq!(
            (made.created_by, made.created_at, made.direct_key),
            (PersonId(3), NOW, None)
        );
    }

    #[test]
    fn a_room_needs_a_name_and_a_maker_who_is_no_guest() {
        let nameless = decide(Role::Member, RoomKind::Closed, &[], " ").unwrap_err();
        assert_eq!(
            (nameless.code, nameless.field),
            (Code::BadRequest, Some("name"))
        );
        let guest = decide(Role::Guest, RoomKind::Direct, &[4], "").unwrap_err();
        assert_eq!(guest.code, Code::Forbidden);
    }

    #[test]
    fn the_same_people_have_the_same_key_in_whatever_order() {
        let one = decide(Role::Member, RoomKind::Group, &[9, 4], "ignored").unwrap();
        let two = decide(Role::Member, RoomKind::Group, &[4, 9, 3], "").unwrap();
        assert_eq!(one.direct_key, two.direct_key);
        assert_eq!((one.kind, one.name.as_str()), (RoomKind::Group, ""));
        let ids = [PersonId(3), PersonId(4), PersonId(9)].map(|id| id.to_string());
        assert_eq!(one.direct_key.unwrap(), ids.join("-"));
    }

    #[test]
    fn a_direct_room_is_for_two_or_for_oneself() {
        assert_eq!(
            decide(Role::Member, RoomKind::Direct, &[], "")
                .unwrap()
                .members
                .len(),
            1
        );
        assert_eq!(
            decide(Role::Member, RoomKind::Direct, &[4], "")
                .unwrap()
                .members
                .len(),
            2
        );
        let three = decide(Role::Member, RoomKind::Direct, &[4, 5], "").unwrap_err();
        assert_eq!(three.field, Some("members"));
        let made = decide(Role::Member, RoomKind::Group, &[4], "").unwrap();
        assert_eq!(made.kind, RoomKind::Direct);
    }

    #[test]
    fn a_group_has_a_largest_size() {
        let most: Vec<_> = (4..4 + 15).collect();
        assert!(decide(Role::Member, RoomKind::Group, &most, "").is_ok());
        let more: Vec<_> = (4..4 + 16).collect();
        assert_eq!(
            decide(Role::Member, RoomKind::Group, &more, "")
                .unwrap_err()
                .code,
            Code::BadRequest
        );
    }

    #[test]
    fn unknown_and_locked_people_are_not_brought_in() {
        assert_eq!(
            decide(Role::Member, RoomKind::Open, &[99], "x")
                .unwrap_err()
                .code,
            Code::BadRequest
        );
        let locked = [Person {
            deactivated_at: Some(NOW),
            ..person(4)
        }];
        assert_eq!(
            active(&locked, PersonId(4), "users").unwrap_err().field,
            Some("users")
        );
    }
}
