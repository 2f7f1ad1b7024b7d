//! Invitations: make, list, take back.

use base::{Code, RoomId};
use domain::auth::permit::{Object, Verb, may};
use domain::auth::{Role, invite};
use domain::chat::RoomKind;
use store::Command;

use super::{Login, admin, commit_noted, facts, refused};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::problem::{Answer, Problem};
use crate::view::account::{self as view, Invites};

/// How often a code is made anew when it is taken.
const TRIES_MAX: usize = 4;

/// What somebody wants of an invitation; everything has a usual value.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// How long it lets people in, in seconds.
    #[serde(default)]
    pub expires_in_s: Option<u64>,
    /// How many it lets in.
    #[serde(default)]
    pub uses_max: Option<u32>,
    /// As what.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// Where they stand first; the lobby when nothing is said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub room: Option<RoomId>,
}

async fn room_for(app: &App, login: &Login, wanted: Option<RoomId>) -> Answer<RoomId> {
    let lobby = app
        .store
        .place()
        .await?
        .ok_or_else(Problem::not_found)?
        .lobby;
    let room = wanted.unwrap_or(lobby);
    let facts = facts(app, login.actor(), room).await?;
    // Everybody may be let into an open room, which members see anyway; others bring only into
    // rooms that they could bring somebody into by hand.
    if facts.room.kind != RoomKind::Open {
        facts.standing().may(Verb::AddMembers)?;
    }
    if facts.room.archived_at.is_some() {
        return Err(refused(Code::RoomArchived));
    }
    Ok(room)
}

/// Makes an invitation.
///
/// # Errors
/// Those of [`invite::invite`], `not_found` for a room one may not see.
pub async fn create(app: &App, login: &Login, wanted: Wanted) -> Answer<view::Invite> {
    let role = wanted.role.unwrap_or(Role::Member.min(login.person.role));
    may(
        login.actor(),
        Verb::Invite,
        Object::Role { of: None, to: role },
    )?;
    let room = room_for(app, login, wanted.room).await?;
    let now = clock::now();
    let all = app.store.invites().await?;
    let is_own_open = |invite: &&domain::auth::Invite| {
        invite.created_by == login.person.id && invite.is_open(now)
    };
    let own_open_count = all.iter().filter(is_own_open).count();
    let wish = invite::Wish {
        expires_in_s: wanted.expires_in_s,
        uses_max: wanted.uses_max,
        role: wanted.role,
    };
    for _ in 0..TRIES_MAX {
        let code = (secret::invite_code(), room);
        let record = invite::invite(now, login.actor(), wish, code, own_open_count)?;
        let entry = admin::entry(login, "invite.create", &record.code, role_name(&record));
        let command = Command::CreateInvite(Box::new(record.clone()));
        match commit_noted(app, command, [entry]).await {
            Ok(_) => return Ok(view::invite(&record)),
            Err(problem) if problem.code == Code::Conflict => {}
            Err(problem) if problem.code == Code::TooLarge => {
                return Err(invite::too_many().into());
            }
            Err(problem) => return Err(problem),
        }
    }
    Err(refused(Code::Conflict))
}

fn role_name(invite: &domain::auth::Invite) -> &'static str {
    match invite.role {
        Role::Guest => "guest",
        Role::Member => "member",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

fn may_on(login: &Login, verb: Verb, invite: &domain::auth::Invite) -> bool {
    let own = invite.created_by == login.person.id;
    may(login.actor(), verb, Object::Invite { own }).is_ok()
}

/// The invitations that one may see and that still let somebody in, newest first.
///
/// # Errors
/// A fault.
pub async fn list(app: &App, login: &Login) -> Answer<Invites> {
    let now = clock::now();
    let mut invites = app.store.invites().await?;
    invites.retain(|invite| invite.is_open(now) && may_on(login, Verb::SeeInvite, invite));
    invites.sort_unstable_by_key(|invite| std::cmp::Reverse(invite.created_at));
    Ok(Invites {
        invites: invites.iter().map(view::invite).collect(),
    })
}

/// Takes an invitation back.
///
/// # Errors
/// `not_found` for one that is unknown or that one may not see.
pub async fn revoke(app: &App, login: &Login, code: &str) -> Answer<()> {
    let code = invite::code(code).ok_or_else(Problem::not_found)?;
    let found = app
        .store
        .invite(&code)
        .await?
        .ok_or_else(Problem::not_found)?;
    if !may_on(login, Verb::RevokeInvite, &found) {
        return Err(Problem::not_found());
    }
    let entry = admin::entry(login, "invite.revoke", &code, "");
    commit_noted(app, Command::RevokeInvite { code }, [entry]).await?;
    Ok(())
}
