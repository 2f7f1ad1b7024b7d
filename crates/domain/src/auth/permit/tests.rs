//! Every role, verb and object, in tables.

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
        | Verb::ArchiveRoom
        | Verb::StartCall
        | Verb::JoinCall
        | Verb::KeepCall => Object::Room(OPEN),
        Verb::Speak => Object::Voice {
            room: OPEN,
            granted: false,
        },
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
        (Verb::StartCall, "-yyyy"),
        (Verb::JoinCall, "yyyyy"),
        (Verb::Speak, "--yyy"),
        (Verb::KeepCall, "--yyy"),
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
        Object::Voice {
            room: OPEN,
            granted: true,
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
fn on_a_stage_the_chosen_and_those_who_keep_order_speak() {
    let voice = |room, granted| Object::Voice { room, granted };
    for role in ROLES {
        assert_eq!(code(role, Verb::Speak, voice(OPEN, true)), None, "{role:?}");
        assert_eq!(code(role, Verb::Speak, voice(PAIR, true)), None, "{role:?}");
    }
    let refused = Some(Code::Forbidden);
    assert_eq!(code(Role::Member, Verb::Speak, voice(OPEN, false)), refused);
    let made = RoomTraits {
        maker: true,
        ..OPEN
    };
    assert_eq!(code(Role::Member, Verb::Speak, voice(made, false)), None);
    let outside = RoomTraits {
        member: false,
        ..OPEN
    };
    assert_eq!(
        code(Role::Owner, Verb::Speak, voice(outside, true)),
        refused
    );
}

#[test]
fn a_guest_joins_a_call_and_starts_none() {
    let room = Object::Room(PAIR);
    assert_eq!(code(Role::Guest, Verb::JoinCall, room), None);
    let refused = Some(Code::Forbidden);
    assert_eq!(code(Role::Guest, Verb::StartCall, room), refused);
    assert_eq!(code(Role::Owner, Verb::KeepCall, room), refused);
}

#[test]
fn the_maker_of_a_room_keeps_it() {
    let made = Object::Room(RoomTraits {
        maker: true,
        ..OPEN
    });
    for verb in [
        Verb::RenameRoom,
        Verb::ArchiveRoom,
        Verb::RemoveMembers,
        Verb::KeepCall,
    ] {
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
