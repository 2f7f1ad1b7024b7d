//! Who may do what: the one question [`may`], closed over role, verb and object.
//!
//! Every door and every handler asks here, before reading, writing and delivering. It never loads
//! anything: the caller brings the actor and what matters of the object. `chat` describes its
//! rooms and messages in the words of this module, so that `auth` knows no rooms.

use base::{Code, PersonId};

use super::{Person, Role};
use crate::Refusal;

/// Who acts: a person behind a session or a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub id: PersonId,
    /// What they may do in the whole place.
    pub role: Role,
}

impl From<&Person> for Actor {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id,
            role: person.role,
        }
    }
}

/// How a room is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Everybody but guests sees it and may join.
    Listed,
    /// Only its members know of it; they bring others in.
    Unlisted,
    /// A private talk of a few people who are its members for good.
    Private,
    /// A private talk of two, which nobody leaves.
    Pair,
}

/// What matters of a room, seen by the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoomTraits {
    /// How it is reached.
    pub reach: Reach,
    /// Whether the actor is in it.
    pub member: bool,
    /// Whether the actor made it.
    pub maker: bool,
}

/// What matters of a person, seen by the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonTraits {
    /// Whether it is the actor.
    pub oneself: bool,
    /// Their role.
    pub role: Role,
    /// Whether no other active person is an owner.
    pub last_owner: bool,
}

/// What is acted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// The whole place.
    Place,
    /// A person.
    Person(PersonTraits),
    /// A role that a person is to get, or that an invitation gives (then nobody has it yet).
    Role {
        /// The person who gets it, none for those whom an invitation lets in.
        of: Option<PersonTraits>,
        /// The role.
        to: Role,
    },
    /// An invitation.
    Invite {
        /// Whether the actor made it.
        own: bool,
    },
    /// A room.
    Room(RoomTraits),
    /// A message.
    Message {
        /// The room it stands in.
        room: RoomTraits,
        /// Whether the actor wrote it.
        own: bool,
    },
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $variant:ident: $least:ident, $refusal:literal;)*) => {
        /// What somebody wants to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Verb {
            $($(#[$doc])* $variant,)*
        }

        impl Verb {
            /// Every verb there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The lowest role that may ever do it; the object may ask for more.
            #[must_use]
            pub const fn least_role(self) -> Role {
                match self { $(Self::$variant => Role::$least,)* }
            }

            const fn refusal(self) -> &'static str {
                match self { $(Self::$variant => $refusal,)* }
            }
        }
    };
}

verbs! {
    /// See every person of the place. Guests see those of their rooms.
    SeePeople: Member, "Guests see only the people of their rooms.";
    /// Open or close a room of their own making.
    CreateRoom: Member, "Guests cannot make rooms. Ask a member to make one.";
    /// Make an API token.
    CreateToken: Member, "Guests cannot make API tokens.";
    /// Rename the place.
    RenamePlace: Admin, "Only admins and owners can rename the place.";
    /// Keep and try the word filter.
    KeepFilter: Moderator, "Only moderators, admins and owners keep the word filter.";
    /// Read the log of changes.
    ReadAudit: Admin, "Only admins and owners can read the log of changes.";
    /// Read how the server is doing.
    ReadHealth: Admin, "Only admins and owners can see how the server is doing.";
    /// Keep what developers work with, and look into the live doors.
    KeepDeveloper: Admin, "Only admins and owners keep what developers work with.";
    /// Make an invitation, for a role.
    Invite: Member, "You can only invite people to a role that is not above your own.";
    /// See an invitation in the list.
    SeeInvite: Member, "You can only see the invitations that you made.";
    /// Take an invitation back.
    RevokeInvite: Member, "You can only take back invitations that you made.";
    /// Give somebody another role.
    GiveRole: Admin, "Admins manage people below them; only owners make and unmake admins.";
    /// Lock an account, or open it again.
    Deactivate: Admin, "Admins manage people below them; only owners manage admins.";
    /// Give somebody a new password.
    ResetPassword: Admin, "Admins manage people below them; only owners manage admins.";
    /// See a room and read its log.
    SeeRoom: Guest, "There is no such room, or you are not in it.";
    /// Say something in a room, and show that one is typing.
    Post: Guest, "Join the room to post in it.";
    /// Upload a file for a room.
    Upload: Guest, "Join the room to share files in it.";
    /// React to what was said.
    React: Guest, "Join the room to react to its messages.";
    /// Move one's own read mark, pin or mute the room.
    MarkRead: Guest, "Join the room first.";
    /// Mention everybody in a room.
    MentionAll: Member, "Guests cannot mention everybody.";
    /// Come into a room.
    Join: Member, "Guests are brought into rooms by a member.";
    /// Leave a room.
    Leave: Guest, "You cannot leave this room.";
    /// Bring people into a room.
    AddMembers: Member, "Guests cannot bring people into rooms. Ask a member to do it.";
    /// Take people out of a room.
    RemoveMembers: Member, "Only the room's maker and moderators can take people out.";
    /// Give the room another name.
    RenameRoom: Member, "Only the room's maker and admins can rename it.";
    /// Say what the room is about.
    SetTopic: Member, "Guests cannot change what a room is about.";
    /// Close a room for new events, or open it again.
    ArchiveRoom: Member, "Only the room's maker and admins can archive it.";
    /// Change the text of a message.
    EditMessage: Guest, "You can only edit what you wrote.";
    /// Take a message away.
    DeleteMessage: Guest, "Only its author and moderators can delete a message.";
}

impl Object {
    /// The room that is acted upon, or in which the message stands.
    fn room(self) -> Option<RoomTraits> {
        match self {
            Self::Room(room) | Self::Message { room, .. } => Some(room),
            Self::Place | Self::Person(_) | Self::Role { .. } | Self::Invite { .. } => None,
        }
    }

    fn is_room(self, fits: impl FnOnce(RoomTraits) -> bool) -> bool {
        if let Self::Room(room) = self {
            fits(room)
        } else {
            false
        }
    }

    fn is_message(self, fits: impl FnOnce(RoomTraits, bool) -> bool) -> bool {
        if let Self::Message { room, own } = self {
            room.member && fits(room, own)
        } else {
            false
        }
    }

    /// The person who would lose a role or the account, when nobody else is an owner.
    fn leaves_no_owner(self, verb: Verb) -> bool {
        if let Self::Role {
            of: Some(person),
            to,
        } = self
        {
            person.last_owner && to != Role::Owner
        } else if let Self::Person(person) = self {
            person.last_owner && verb == Verb::Deactivate
        } else {
            false
        }
    }
}

/// Whether the actor may do this to that.
///
/// # Errors
/// `not_found` for what they may not even see, `last_owner` where the place would lose its last
/// one, otherwise `forbidden`. A verb that does not fit the object is always forbidden.
pub fn may(actor: Actor, verb: Verb, object: Object) -> Result<(), Refusal> {
    if object.room().is_some_and(|room| !sees(actor.role, room)) {
        // The answer must not tell a room that one may not see apart from none.
        return Err(Refusal::new(Code::NotFound, Verb::SeeRoom.refusal()));
    }
    if actor.role < verb.least_role() || !allows(actor.role, verb, object) {
        return Err(Refusal::new(
            Code::Forbidden,
            sentence(actor.role, verb, object),
        ));
    }
    if object.leaves_no_owner(verb) {
        let detail = "This is the only owner. Make somebody else an owner first.";
        return Err(Refusal::new(Code::LastOwner, detail));
    }
    Ok(())
}

/// What somebody is told who may not, and what they can do about it.
fn sentence(role: Role, verb: Verb, object: Object) -> &'static str {
    if role < verb.least_role() {
        return if verb == Verb::Invite {
            "Guests cannot invite people. Ask a member to do it."
        } else {
            verb.refusal()
        };
    }
    match object.room() {
        Some(room) if is_private(room) => private_sentence(verb),
        Some(room) if !room.member => "Join the room first.",
        Some(_) | None => verb.refusal(),
    }
}

/// What cannot be done to a talk of a few people, by anybody.
fn private_sentence(verb: Verb) -> &'static str {
    if verb == Verb::AddMembers {
        "A private talk stays between its people. Start a new group with everybody you want in it."
    } else if verb == Verb::RemoveMembers {
        "A private talk stays between its people. Start a new group with those you want in it."
    } else if verb == Verb::RenameRoom || verb == Verb::SetTopic {
        "A private talk is called by its people and has no topic. Make a closed room for that."
    } else if verb == Verb::ArchiveRoom {
        "A private talk cannot be archived. Mute it instead."
    } else if verb == Verb::Leave {
        "A talk between two cannot be left. Mute it instead."
    } else {
        verb.refusal()
    }
}

fn allows(role: Role, verb: Verb, object: Object) -> bool {
    let is_public = |room: RoomTraits| room.member && !is_private(room);
    match verb {
        Verb::SeePeople
        | Verb::CreateRoom
        | Verb::CreateToken
        | Verb::RenamePlace
        | Verb::KeepFilter
        | Verb::ReadAudit
        | Verb::ReadHealth
        | Verb::KeepDeveloper => object == Object::Place,
        Verb::Invite | Verb::GiveRole => gives(role, verb, object),
        Verb::SeeInvite | Verb::RevokeInvite => {
            object == Object::Invite { own: true }
                || (object == Object::Invite { own: false } && role >= Role::Admin)
        }
        Verb::Deactivate | Verb::ResetPassword => {
            if let Object::Person(person) = object {
                stands_above(role, person.role)
            } else {
                false
            }
        }
        Verb::SeeRoom => object.is_room(|_| true),
        Verb::Post | Verb::Upload | Verb::MarkRead | Verb::MentionAll => {
            object.is_room(|room| room.member)
        }
        Verb::Join => object.is_room(|room| room.reach == Reach::Listed),
        Verb::Leave => object.is_room(|room| room.member && room.reach != Reach::Pair),
        Verb::AddMembers | Verb::SetTopic => object.is_room(is_public),
        Verb::RemoveMembers => {
            object.is_room(|room| is_public(room) && (room.maker || role >= Role::Moderator))
        }
        Verb::RenameRoom | Verb::ArchiveRoom => {
            object.is_room(|room| is_public(room) && (room.maker || role >= Role::Admin))
        }
        Verb::React => object.is_message(|_, _| true),
        Verb::EditMessage => object.is_message(|_, own| own),
        // Moderators keep order in rooms, not in private talks.
        Verb::DeleteMessage => {
            object.is_message(|room, own| own || (role >= Role::Moderator && is_public(room)))
        }
    }
}

fn sees(role: Role, room: RoomTraits) -> bool {
    room.member || (room.reach == Reach::Listed && role >= Role::Member)
}

fn is_private(room: RoomTraits) -> bool {
    match room.reach {
        Reach::Listed | Reach::Unlisted => false,
        Reach::Private | Reach::Pair => true,
    }
}

/// Admins stand above everybody who is no admin, owners above everybody.
fn stands_above(role: Role, other: Role) -> bool {
    match role {
        Role::Owner => true,
        Role::Admin => other < Role::Admin,
        Role::Guest | Role::Member | Role::Moderator => false,
    }
}

fn gives(role: Role, verb: Verb, object: Object) -> bool {
    let Object::Role { of, to } = object else {
        return false;
    };
    match of {
        None => verb == Verb::Invite && to <= role,
        Some(person) => {
            // Who has the power may also give up some of their own.
            let lowers_oneself = person.oneself && to <= role;
            let above_both = stands_above(role, person.role) && stands_above(role, to);
            verb == Verb::GiveRole && (above_both || lowers_oneself)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 5] = [
        Role::Guest,
        Role::Member,
        Role::Moderator,
        Role::Admin,
        Role::Owner,
    ];

    const OPEN: RoomTraits = RoomTraits {
        reach: Reach::Listed,
        member: true,
        maker: false,
    };
    const PAIR: RoomTraits = RoomTraits {
        reach: Reach::Pair,
        member: true,
        maker: false,
    };

    fn actor(role: Role) -> Actor {
        Actor {
            id: PersonId(1),
            role,
        }
    }

    fn other(role: Role) -> PersonTraits {
        PersonTraits {
            oneself: false,
            role,
            last_owner: false,
        }
    }

    fn code(role: Role, verb: Verb, object: Object) -> Option<Code> {
        may(actor(role), verb, object)
            .err()
            .map(|refusal| refusal.code)
    }

    /// The object on which each verb is tried in the table below: a listed room one is in, a
    /// member's own message, a plain member.
    fn usual_object(verb: Verb) -> Object {
        match verb {
            Verb::SeePeople
            | Verb::CreateRoom
            | Verb::CreateToken
            | Verb::RenamePlace
            | Verb::KeepFilter
            | Verb::ReadAudit
            | Verb::ReadHealth
            | Verb::KeepDeveloper => Object::Place,
            Verb::Invite => Object::Role {
                of: None,
                to: Role::Member,
            },
            Verb::SeeInvite | Verb::RevokeInvite => Object::Invite { own: false },
            Verb::GiveRole => Object::Role {
                of: Some(other(Role::Member)),
                to: Role::Moderator,
            },
            Verb::Deactivate | Verb::ResetPassword => Object::Person(other(Role::Member)),
            Verb::SeeRoom
            | Verb::Post
            | Verb::Upload
            | Verb::MarkRead
            | Verb::MentionAll
            | Verb::Join
            | Verb::Leave
            | Verb::AddMembers
            | Verb::RemoveMembers
            | Verb::RenameRoom
            | Verb::SetTopic
            | Verb::ArchiveRoom => Object::Room(OPEN),
            Verb::React | Verb::EditMessage | Verb::DeleteMessage => Object::Message {
                room: OPEN,
                own: false,
            },
        }
    }

    #[test]
    fn the_table_of_roles_and_verbs_is_this_one() {
        // One letter per role, lowest first: guest, member, moderator, admin, owner.
        let table = [
            (Verb::SeePeople, "-yyyy"),
            (Verb::CreateRoom, "-yyyy"),
            (Verb::CreateToken, "-yyyy"),
            (Verb::RenamePlace, "---yy"),
            (Verb::KeepFilter, "--yyy"),
            (Verb::ReadAudit, "---yy"),
            (Verb::ReadHealth, "---yy"),
            (Verb::KeepDeveloper, "---yy"),
            (Verb::Invite, "-yyyy"),
            (Verb::SeeInvite, "---yy"),
            (Verb::RevokeInvite, "---yy"),
            (Verb::GiveRole, "---yy"),
            (Verb::Deactivate, "---yy"),
            (Verb::ResetPassword, "---yy"),
            (Verb::SeeRoom, "yyyyy"),
            (Verb::Post, "yyyyy"),
            (Verb::Upload, "yyyyy"),
            (Verb::React, "yyyyy"),
            (Verb::MarkRead, "yyyyy"),
            (Verb::MentionAll, "-yyyy"),
            (Verb::Join, "-yyyy"),
            (Verb::Leave, "yyyyy"),
            (Verb::AddMembers, "-yyyy"),
            (Verb::RemoveMembers, "--yyy"),
            (Verb::RenameRoom, "---yy"),
            (Verb::SetTopic, "-yyyy"),
            (Verb::ArchiveRoom, "---yy"),
            (Verb::EditMessage, "-----"),
            (Verb::DeleteMessage, "--yyy"),
        ];
        assert_eq!(table.map(|(verb, _)| verb).as_slice(), Verb::ALL);
        for (verb, wanted) in table {
            let found: String = ROLES
                .iter()
                .map(|role| match code(*role, verb, usual_object(verb)) {
                    None => 'y',
                    Some(_) => '-',
                })
                .collect();
            assert_eq!(found, wanted, "{verb:?}");
        }
    }

    #[test]
    fn a_verb_that_does_not_fit_the_object_is_forbidden_to_everybody() {
        let objects = [
            Object::Place,
            Object::Person(other(Role::Guest)),
            Object::Role {
                of: None,
                to: Role::Guest,
            },
            Object::Invite { own: true },
            Object::Room(OPEN),
            Object::Message {
                room: OPEN,
                own: true,
            },
        ];
        for verb in Verb::ALL {
            let fitting = objects
                .iter()
                .filter(|object| may(actor(Role::Owner), *verb, **object).is_ok())
                .count();
            // Giving a role needs somebody who gets it; the list has none.
            let wanted = usize::from(*verb != Verb::GiveRole);
            assert_eq!(fitting, wanted, "{verb:?}");
        }
    }

    #[test]
    fn a_guest_sees_only_the_rooms_they_are_in() {
        let outside = RoomTraits {
            member: false,
            ..OPEN
        };
        assert_eq!(code(Role::Guest, Verb::SeeRoom, Object::Room(OPEN)), None);
        assert_eq!(
            code(Role::Guest, Verb::SeeRoom, Object::Room(outside)),
            Some(Code::NotFound)
        );
        assert_eq!(
            code(Role::Guest, Verb::Join, Object::Room(outside)),
            Some(Code::NotFound)
        );
        assert_eq!(
            code(Role::Member, Verb::SeeRoom, Object::Room(outside)),
            None
        );
        assert_eq!(
            code(Role::Member, Verb::Post, Object::Room(outside)),
            Some(Code::Forbidden)
        );
    }

    #[test]
    fn not_even_an_owner_sees_an_unlisted_room_from_outside() {
        for reach in [Reach::Unlisted, Reach::Private, Reach::Pair] {
            let room = RoomTraits {
                reach,
                member: false,
                maker: true,
            };
            for verb in Verb::ALL {
                let found = code(Role::Owner, *verb, Object::Room(room));
                assert_eq!(found, Some(Code::NotFound), "{verb:?}");
            }
        }
    }

    #[test]
    fn moderators_delete_what_others_wrote_but_not_in_private_talks() {
        let theirs = Object::Message {
            room: OPEN,
            own: false,
        };
        let private = Object::Message {
            room: PAIR,
            own: false,
        };
        assert_eq!(code(Role::Moderator, Verb::DeleteMessage, theirs), None);
        assert_eq!(
            code(Role::Owner, Verb::DeleteMessage, private),
            Some(Code::Forbidden)
        );
        assert_eq!(
            code(Role::Member, Verb::DeleteMessage, theirs),
            Some(Code::Forbidden)
        );
        let mine = Object::Message {
            room: PAIR,
            own: true,
        };
        assert_eq!(code(Role::Guest, Verb::DeleteMessage, mine), None);
        assert_eq!(code(Role::Guest, Verb::EditMessage, mine), None);
    }

    #[test]
    fn who_left_a_listed_room_no_longer_edits_what_they_wrote_there() {
        let left = RoomTraits {
            member: false,
            ..OPEN
        };
        let mine = Object::Message {
            room: left,
            own: true,
        };
        assert_eq!(
            code(Role::Member, Verb::EditMessage, mine),
            Some(Code::Forbidden)
        );
    }

    #[test]
    fn the_maker_of_a_room_keeps_it() {
        let made = Object::Room(RoomTraits {
            maker: true,
            ..OPEN
        });
        for verb in [Verb::RenameRoom, Verb::ArchiveRoom, Verb::RemoveMembers] {
            assert_eq!(code(Role::Member, verb, made), None, "{verb:?}");
            assert_eq!(
                code(Role::Member, verb, Object::Room(OPEN)),
                Some(Code::Forbidden)
            );
        }
    }

    #[test]
    fn private_talks_keep_their_people_and_have_no_name() {
        for reach in [Reach::Private, Reach::Pair] {
            let room = Object::Room(RoomTraits {
                reach,
                member: true,
                maker: true,
            });
            for verb in [
                Verb::AddMembers,
                Verb::RemoveMembers,
                Verb::RenameRoom,
                Verb::SetTopic,
                Verb::ArchiveRoom,
                Verb::Join,
            ] {
                assert_eq!(
                    code(Role::Owner, verb, room),
                    Some(Code::Forbidden),
                    "{verb:?}"
                );
            }
        }
        let group = RoomTraits {
            reach: Reach::Private,
            ..PAIR
        };
        assert_eq!(code(Role::Member, Verb::Leave, Object::Room(group)), None);
        assert_eq!(
            code(Role::Member, Verb::Leave, Object::Room(PAIR)),
            Some(Code::Forbidden)
        );
    }

    #[test]
    fn admins_manage_people_below_them_and_owners_everybody() {
        for (role, theirs, wanted) in [
            (Role::Admin, Role::Moderator, None),
            (Role::Admin, Role::Admin, Some(Code::Forbidden)),
            (Role::Admin, Role::Owner, Some(Code::Forbidden)),
            (Role::Owner, Role::Admin, None),
            (Role::Owner, Role::Owner, None),
            (Role::Moderator, Role::Guest, Some(Code::Forbidden)),
        ] {
            for verb in [Verb::Deactivate, Verb::ResetPassword] {
                assert_eq!(
                    code(role, verb, Object::Person(other(theirs))),
                    wanted,
                    "{verb:?}"
                );
            }
        }
    }

    #[test]
    fn only_owners_make_admins_and_owners() {
        let give = |to| Object::Role {
            of: Some(other(Role::Member)),
            to,
        };
        assert_eq!(
            code(Role::Admin, Verb::GiveRole, give(Role::Moderator)),
            None
        );
        assert_eq!(
            code(Role::Admin, Verb::GiveRole, give(Role::Admin)),
            Some(Code::Forbidden)
        );
        assert_eq!(code(Role::Owner, Verb::GiveRole, give(Role::Owner)), None);
    }

    #[test]
    fn an_admin_may_step_down_but_not_up() {
        let me = PersonTraits {
            oneself: true,
            ..other(Role::Admin)
        };
        let step = |to| Object::Role { of: Some(me), to };
        assert_eq!(code(Role::Admin, Verb::GiveRole, step(Role::Member)), None);
        assert_eq!(
            code(Role::Admin, Verb::GiveRole, step(Role::Owner)),
            Some(Code::Forbidden)
        );
    }

    #[test]
    fn the_last_owner_stays_owner_and_active() {
        let last = PersonTraits {
            oneself: true,
            role: Role::Owner,
            last_owner: true,
        };
        let step = |to| Object::Role { of: Some(last), to };
        assert_eq!(
            code(Role::Owner, Verb::Deactivate, Object::Person(last)),
            Some(Code::LastOwner)
        );
        assert_eq!(
            code(Role::Owner, Verb::GiveRole, step(Role::Admin)),
            Some(Code::LastOwner)
        );
        assert_eq!(code(Role::Owner, Verb::GiveRole, step(Role::Owner)), None);
    }

    #[test]
    fn nobody_invites_above_their_own_role() {
        for role in ROLES {
            for to in ROLES {
                let found = code(role, Verb::Invite, Object::Role { of: None, to });
                let wanted = role >= Role::Member && to <= role;
                assert_eq!(found.is_none(), wanted, "{role:?} invites {to:?}");
            }
        }
    }

    #[test]
    fn own_invitations_are_seen_and_taken_back_by_their_maker() {
        for verb in [Verb::SeeInvite, Verb::RevokeInvite] {
            assert_eq!(code(Role::Member, verb, Object::Invite { own: true }), None);
            assert_eq!(
                code(Role::Member, verb, Object::Invite { own: false }),
                Some(Code::Forbidden)
            );
        }
    }

    #[test]
    fn who_may_not_is_told_why_and_what_to_do() {
        let told = |role, verb, object| may(actor(role), verb, object).unwrap_err().detail;
        let outside = RoomTraits {
            member: false,
            ..OPEN
        };
        let group = RoomTraits {
            reach: Reach::Private,
            ..PAIR
        };
        for room in [PAIR, group] {
            let added = told(Role::Owner, Verb::AddMembers, Object::Room(room));
            assert!(added.contains("new group"), "{added}");
            let renamed = told(Role::Owner, Verb::RenameRoom, Object::Room(room));
            assert!(renamed.contains("called by its people"), "{renamed}");
        }
        let left = told(Role::Member, Verb::Leave, Object::Room(PAIR));
        assert!(left.contains("Mute it"), "{left}");
        let joined = told(Role::Member, Verb::AddMembers, Object::Room(outside));
        assert_eq!(joined, "Join the room first.");
        let guest = Object::Role {
            of: None,
            to: Role::Guest,
        };
        let invited = told(Role::Guest, Verb::Invite, guest);
        assert!(invited.starts_with("Guests cannot invite"), "{invited}");
    }
}
