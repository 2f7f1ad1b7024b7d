//! Who is in a room.

use axum::extract::State;
use base::{PersonId, RoomId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Input, Segments, Signed};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::members;
use crate::problem::ProblemBody;
use crate::view::room::{Member, Room};

/// Members in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Members {
    /// In the order they came in.
    members: Vec<Member>,
}

/// People to bring in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Whom.
    #[schema(value_type = Vec<String>)]
    users: Vec<PersonId>,
}

/// Come into an open room.
#[utoipa::path(post, path = "/rooms/{id}/join", tag = "rooms",
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Room), (status = "default", body = ProblemBody)))]
pub async fn join(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
) -> Reply<Room> {
    reply(members::join(&app, login.actor(), id).await?)
}

/// Leave a room.
#[utoipa::path(post, path = "/rooms/{id}/leave", tag = "rooms",
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn leave(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
) -> Reply<Done> {
    members::leave(&app, login.actor(), id).await?;
    done()
}

/// Who is in a room.
#[utoipa::path(get, path = "/rooms/{id}/members", tag = "rooms",
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Members), (status = "default", body = ProblemBody)))]
pub async fn list(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
) -> Reply<Members> {
    reply(Members {
        members: members::list(&app, login.actor(), id).await?,
    })
}

/// Bring people into a room.
#[utoipa::path(post, path = "/rooms/{id}/members", tag = "rooms", request_body = Named,
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn add(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
    Input(named): Input<Named>,
) -> Reply<Done> {
    members::set(&app, login.actor(), id, (&named.users, true)).await?;
    done()
}

/// Take somebody out of a room; their live subscription ends with it.
#[utoipa::path(delete, path = "/rooms/{id}/members/{user}", tag = "rooms",
    params(("id" = String, Path, description = "the room"),
        ("user" = String, Path, description = "the person")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn remove(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments((id, user)): Segments<(RoomId, PersonId)>,
) -> Reply<Done> {
    members::set(&app, login.actor(), id, (&[user], false)).await?;
    done()
}
