//! Invitations: a link that lets people in.

use base::{Code, PersonId, RoomId, UnixMs, limits};

use super::permit::{Reach, RoomTraits};
use super::{Actor, Object, Person, Role, Verb, may};
use crate::Refusal;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The code in the link, eight characters in two groups: `7Q4M-XKTD`.
    pub code: String,
    /// Who made it.
    pub created_by: PersonId,
    /// When it was made.
    pub created_at: UnixMs,
    /// From when it lets nobody in.
    pub expires_at: UnixMs,
    /// How many people it may let in.
    pub uses_max: u32,
    /// How many it has let in.
    pub uses: u32,
    /// The role of those who come in.
    pub role: Role,
    /// The room they stand in first.
    pub room: RoomId,
}

/// What somebody wants of an invitation; what is none is as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// How long it lets people in, in seconds. Usually seven days.
    pub expires_in_s: Option<u64>,
    /// How many people it lets in. Usually ten.
    pub uses_max: Option<u32>,
    /// The role of those who come in. Usually member, or the maker's own role when that is lower.
    pub role: Option<Role>,
}

const LIFE_S_USUAL: u64 = 7 * 24 * 3600;
const USES_USUAL: u32 = 10;

/// How many open invitations somebody of this role may have: nobody takes them all.
#[must_use]
pub fn open_max(role: Role) -> usize {
    if role >= Role::Admin {
        limits::INVITES_PER_ADMIN_MAX
    } else {
        limits::INVITES_PER_PERSON_MAX
    }
}

/// What somebody is told who has too many.
#[must_use]
pub fn too_many() -> Refusal {
    let detail = "You have too many open invitations. Take some back first.";
    Refusal::new(Code::BadRequest, detail)
}

/// Decides a new invitation into a room. The caller brings the code and has checked with `chat`
/// that the maker may bring people into that room.
///
/// # Errors
/// `forbidden` for guests and for a role above one's own, `bad_request` for a life or a number of
/// uses out of bounds, or when the maker has too many open invitations.
pub fn invite(
    now: UnixMs,
    actor: Actor,
    wish: Wish,
    (code, room): (String, RoomId),
    own_open_count: usize,
) -> Result<Invite, Refusal> {
    let role = wish.role.unwrap_or(Role::Member.min(actor.role));
    may(actor, Verb::Invite, Object::Role { of: None, to: role })?;
    let life_s = wish.expires_in_s.unwrap_or(LIFE_S_USUAL);
    if life_s == 0 || life_s > limits::INVITE_LIFE_S_MAX {
        let detail = "An invitation lives at least a second and at most a year.";
        return Err(Refusal::of(Code::BadRequest, "expires_in_s", detail));
    }
    let uses_max = wish.uses_max.unwrap_or(USES_USUAL);
    if uses_max == 0 || uses_max > limits::INVITE_USES_MAX {
        let detail = format!(
            "An invitation lets in 1 to {} people.",
            limits::INVITE_USES_MAX
        );
        return Err(Refusal::of(Code::BadRequest, "uses_max", detail));
    }
    if own_open_count >= open_max(actor.role) {
        return Err(too_many());
    }
    Ok(Invite {
        code,
        created_by: actor.id,
        created_at: now,
        expires_at: now.plus_ms(life_s * 1000),
        uses_max,
        uses: 0,
        role,
        room,
    })
}

impl Invite {
    /// Whether it lets in by time and number.
    #[must_use]
    pub fn is_open(&self, now: UnixMs) -> bool {
        now < self.expires_at && self.uses < self.uses_max
    }
}

/// What is said of an invitation that is not there.
#[must_use]
pub fn unknown() -> Refusal {
    let detail = "There is no such invitation. Check the link, or ask for a new one.";
    Refusal::new(Code::InviteInvalid, detail)
}

/// Who made an invitation, as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The person.
    pub person: &'a Person,
    /// How they stand to the invitation's room.
    pub room: RoomTraits,
}

impl Maker<'_> {
    /// Whether they could still make this invitation: it lends rights, and nobody lends what was
    /// taken from them since.
    fn stands_behind(&self, invite: &Invite) -> bool {
        let actor = Actor::from(self.person);
        let gives = Object::Role {
            of: None,
            to: invite.role,
        };
        // Everybody may be let into an open room; into others only by who may add people there.
        let opens = self.room.reach == Reach::Listed
            || may(actor, Verb::AddMembers, Object::Room(self.room)).is_ok();
        self.person.deactivated_at.is_none() && may(actor, Verb::Invite, gives).is_ok() && opens
    }
}

/// Decides whether an invitation lets one more person in. The store asks again in the transaction
/// that makes the account and counts the use.
///
/// # Errors
/// `invite_invalid` for one that is expired or used up, or whose maker's account is
/// locked or may no longer give that role or open that room: the sentence tells which, so that the
/// guest can ask for a new one.
pub fn accept(now: UnixMs, invite: &Invite, maker: Option<Maker<'_>>) -> Result<(), Refusal> {
    let invalid = |detail: &str| Err(Refusal::new(Code::InviteInvalid, detail));
    if now >= invite.expires_at {
        return invalid("This invitation has expired. Ask for a new one.");
    }
    if invite.uses >= invite.uses_max {
        return invalid("This invitation is used up. Ask for a new one.");
    }
    if !maker.is_some_and(|maker| maker.stands_behind(invite)) {
        return invalid("This invitation was taken back. Ask for a new one.");
    }
    Ok(())
}

/// Reads a code as people type it: spaces, case and a missing hyphen do not matter, and letters
/// that look like digits are read as those (Crockford base32). None when it cannot be one.
#[must_use]
pub fn code(raw: &str) -> Option<String> {
    if raw.len() > 64 {
        return None;
    }
    let mut code = String::with_capacity(9);
    for c in raw.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let digit = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            upper => upper,
        };
        if !digit.is_ascii_alphanumeric() || digit == 'U' {
            return None;
        }
        if code.len() == 4 {
            code.push('-');
        }
        code.push(digit);
    }
    (code.len() == 9).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_800_000_000_000);

    fn decide(role: Role, wish: Wish) -> Result<Invite, Refusal> {
        let actor = Actor {
            id: PersonId(1),
            role,
        };
        invite(NOW, actor, wish, ("7Q4M-XKTD".into(), RoomId(3)), 0)
    }

    fn maker() -> Person {
        Person {
            id: PersonId(1),
            name: "lin".into(),
            display_name: "Lin".into(),
            role: Role::Member,
            avatar: None,
            password_hash: None,
            locale: "zh".into(),
            created_at: UnixMs(1),
            deactivated_at: None,
        }
    }

    #[test]
    fn an_invitation_lives_seven_days_and_lets_ten_members_in() {
        let made = decide(Role::Admin, Wish::default()).unwrap();
        assert_eq!(made.expires_at, NOW.plus_ms(7 * 24 * 3600 * 1000));
        assert_eq!((made.uses_max, made.uses, made.role), (10, 0, Role::Member));
    }

    #[test]
    fn nobody_invites_above_their_own_role_and_guests_nobody() {
        let wish = Wish {
            role: Some(Role::Admin),
            ..Wish::default()
        };
        assert_eq!(
            decide(Role::Moderator, wish).unwrap_err().code,
            Code::Forbidden
        );
        assert!(decide(Role::Admin, wish).is_ok());
        assert_eq!(
            decide(Role::Guest, Wish::default()).unwrap_err().code,
            Code::Forbidden
        );
    }

    #[test]
    fn life_and_uses_have_bounds() {
        for (wish, field) in [
            (
                Wish {
                    expires_in_s: Some(0),
                    ..Wish::default()
                },
                "expires_in_s",
            ),
            (
                Wish {
                    expires_in_s: Some(u64::MAX),
                    ..Wish::default()
                },
                "expires_in_s",
            ),
            (
                Wish {
                    uses_max: Some(0),
                    ..Wish::default()
                },
                "uses_max",
            ),
            (
                Wish {
                    uses_max: Some(10_001),
                    ..Wish::default()
                },
                "uses_max",
            ),
        ] {
            let refusal = decide(Role::Owner, wish).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field),
                (Code::BadRequest, Some(field))
            );
        }
        let actor = Actor {
            id: PersonId(1),
            role: Role::Owner,
        };
        let nth = |actor: Actor, open_count: usize| {
            let code = (String::new(), RoomId(3));
            invite(NOW, actor, Wish::default(), code, open_count)
        };
        assert_eq!(nth(actor, 100).unwrap_err().code, Code::BadRequest);
        let member = Actor {
            role: Role::Member,
            ..actor
        };
        assert!(nth(actor, 99).is_ok() && nth(member, 19).is_ok());
        assert_eq!(nth(member, 20).unwrap_err().code, Code::BadRequest);
    }

    fn in_room(person: &Person, reach: Reach, member: bool) -> Maker<'_> {
        let room = RoomTraits {
            reach,
            member,
            maker: false,
        };
        Maker { person, room }
    }

    #[test]
    fn an_invitation_lets_in_until_it_expires_or_is_used_up() {
        let made = decide(Role::Member, Wish::default()).unwrap();
        let person = maker();
        let maker = in_room(&person, Reach::Listed, true);
        assert!(accept(NOW, &made, Some(maker)).is_ok());
        let last = UnixMs(made.expires_at.0 - 1);
        assert!(accept(last, &made, Some(maker)).is_ok());
        let used = Invite {
            uses: 10,
            ..made.clone()
        };
        let locked = Person {
            deactivated_at: Some(NOW),
            ..person.clone()
        };
        let locked = in_room(&locked, Reach::Listed, true);
        for (now, invite, maker) in [
            (made.expires_at, &made, Some(maker)),
            (NOW, &used, Some(maker)),
            (NOW, &made, Some(locked)),
            (NOW, &made, None),
        ] {
            assert_eq!(
                accept(now, invite, maker).unwrap_err().code,
                Code::InviteInvalid
            );
        }
    }

    #[test]
    fn an_invitation_does_not_outlive_the_rights_of_its_maker() {
        let wish = Wish {
            role: Some(Role::Admin),
            ..Wish::default()
        };
        let made = decide(Role::Admin, wish).unwrap();
        for (role, fits) in [
            (Role::Owner, true),
            (Role::Admin, true),
            (Role::Moderator, false),
            (Role::Guest, false),
        ] {
            let person = Person { role, ..maker() };
            let maker = in_room(&person, Reach::Listed, true);
            assert_eq!(accept(NOW, &made, Some(maker)).is_ok(), fits);
        }
        let made = decide(Role::Member, Wish::default()).unwrap();
        let person = maker();
        for (reach, member, fits) in [
            (Reach::Listed, false, true),
            (Reach::Unlisted, true, true),
            (Reach::Unlisted, false, false),
        ] {
            let maker = in_room(&person, reach, member);
            assert_eq!(accept(NOW, &made, Some(maker)).is_ok(), fits);
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for raw in ["7Q4M-XKTD", " 7q4m xktd ", "7q4mxktd"] {
            assert_eq!(code(raw).as_deref(), Some("7Q4M-XKTD"), "{raw}");
        }
        assert_eq!(code("oOiL-0011").as_deref(), Some("0011-0011"));
        for raw in [
            "",
            "7Q4M-XKT",
            "7Q4M-XKTDD",
            "7Q4M_XKTD",
            "漢字漢字漢字漢字",
            &"7".repeat(99),
        ] {
            assert_eq!(code(raw), None, "{raw}");
        }
    }
}
