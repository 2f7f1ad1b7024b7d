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
    /// One's own voice in a room's call.
    Voice {
        /// The room.
        room: RoomTraits,
        /// Whether everybody in it may speak, or the actor was chosen to.
        granted: bool,
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
    /// Begin a call in a room.
    StartCall: Member, "Guests cannot start calls. They join one that a member has started.";
    /// Come into a room's call, and turn down one that rings.
    JoinCall: Guest, "Join the room to join its call.";
    /// Send sound and pictures into a room's call.
    Speak: Guest, "Only those whom a moderator lets may speak here.";
    /// Mute people in a call, take them out, choose who speaks, end it.
    KeepCall: Member, "Only the room's maker and moderators keep order in its calls.";
}

impl Object {
    /// The room that is acted upon, or in which the message stands.
    fn room(self) -> Option<RoomTraits> {
        match self {
            Self::Room(room) | Self::Message { room, .. } | Self::Voice { room, .. } => Some(room),
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
    } else if verb == Verb::KeepCall {
        "In a private talk nobody keeps order over the others."
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
        Verb::Post
        | Verb::Upload
        | Verb::MarkRead
        | Verb::MentionAll
        | Verb::StartCall
        | Verb::JoinCall => object.is_room(|room| room.member),
        Verb::Join => object.is_room(|room| room.reach == Reach::Listed),
        Verb::Leave => object.is_room(|room| room.member && room.reach != Reach::Pair),
        Verb::AddMembers | Verb::SetTopic => object.is_room(is_public),
        Verb::RemoveMembers | Verb::KeepCall => object.is_room(|room| keeps_order(role, room)),
        Verb::Speak => {
            if let Object::Voice { room, granted } = object {
                room.member && (granted || keeps_order(role, room))
            } else {
                false
            }
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

/// Whose word counts among the people of a room. Nobody's in a private talk.
fn keeps_order(role: Role, room: RoomTraits) -> bool {
    let is_public = room.member && !is_private(room);
    is_public && (room.maker || role >= Role::Moderator)
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
mod tests;
