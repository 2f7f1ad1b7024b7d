//! Coming into rooms and going out of them.

use base::{PersonId, RoomId};
use domain::auth::Role;
use domain::auth::permit::{Actor, Verb};
use domain::chat::add::{self, Named};
use domain::chat::{Append, join};
use store::Command;

use super::{commit, facts, named_people, rooms};
use crate::app::App;
use crate::clock;
use crate::problem::Answer;
use crate::view::room::{Member, Room};

async fn append(app: &App, decided: Option<Append>) -> Answer<()> {
    if let Some(append) = decided {
        commit(app, Command::Append(append)).await?;
    }
    Ok(())
}

/// Who is in a room.
///
/// # Errors
/// `not_found` for a room that the actor may not see.
pub async fn list(app: &App, actor: Actor, room: RoomId) -> Answer<Vec<Member>> {
    facts(app, actor, room)
        .await?
        .standing()
        .may(Verb::SeeRoom)?;
    let members = app.store.members(room).await?;
    let view = |member: &domain::chat::Member| Member {
        user: member.person,
        joined_at: member.joined_at,
        may_speak: member.may_speak,
    };
    Ok(members.iter().map(view).collect())
}

/// Comes into an open room.
///
/// # Errors
/// Those of [`join::join`].
pub async fn join(app: &App, actor: Actor, room: RoomId) -> Answer<Room> {
    let facts = facts(app, actor, room).await?;
    append(app, join::join(clock::now(), facts.standing())?).await?;
    rooms::room(app, actor, room).await
}

/// Leaves a room.
///
/// # Errors
/// Those of [`join::leave`].
pub async fn leave(app: &App, actor: Actor, room: RoomId) -> Answer<()> {
    let facts = facts(app, actor, room).await?;
    let rooms_count = match actor.role {
        Role::Guest => app.store.rooms_of(actor.id).await?.len(),
        Role::Member | Role::Moderator | Role::Admin | Role::Owner => usize::MAX,
    };
    let left = join::leave(clock::now(), facts.standing(), rooms_count)?;
    append(app, left).await
}

/// Brings people in, or takes them out.
///
/// # Errors
/// Those of [`add::add`] and [`add::remove`].
pub async fn set(
    app: &App,
    actor: Actor,
    room: RoomId,
    (users, inside_after): (&[PersonId], bool),
) -> Answer<()> {
    let facts = facts(app, actor, room).await?;
    let inside: Vec<PersonId> = users
        .iter()
        .copied()
        .filter(|id| facts.members.contains(id))
        .collect();
    let people = named_people(app, users);
    let named = Named {
        users,
        people: &people,
        inside: &inside,
    };
    let decided = if inside_after {
        add::add(clock::now(), facts.standing(), named)?
    } else {
        add::remove(clock::now(), facts.standing(), named)?
    };
    append(app, decided).await
}
