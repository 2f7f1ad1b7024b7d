//! Calls in rooms.

use axum::extract::State;
use base::{PersonId, RoomId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Input, Segments, Signed, Visitor};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::calls::{self, Wanted};
use crate::problem::ProblemBody;
use crate::view::call::{Attended, Ticket};

/// The call that goes on in a room.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Ongoing {
    /// Null when none does.
    call: Option<Attended>,
}

/// Nothing to say yet.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Come into a room's call; begins one where there is none. The answer is for a LiveKit client.
#[utoipa::path(post, path = "/rooms/{id}/call", tag = "calls", request_body = Nothing,
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Ticket), (status = "default", body = ProblemBody)))]
pub async fn join(
    State(app): State<Shared>,
    Signed(login): Signed,
    visitor: Visitor,
    Segments(id): Segments<RoomId>,
    Input(Nothing {}): Input<Nothing>,
) -> Reply<Ticket> {
    reply(calls::join(&app, &login, &visitor.caller, id).await?)
}

/// The call that goes on in a room, with everybody in it.
#[utoipa::path(get, path = "/rooms/{id}/call", tag = "calls",
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Ongoing), (status = "default", body = ProblemBody)))]
pub async fn show(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
) -> Reply<Ongoing> {
    reply(Ongoing {
        call: calls::show(&app, login.actor(), id).await?,
    })
}

/// End a room's call for everybody (its maker and moderators).
#[utoipa::path(delete, path = "/rooms/{id}/call", tag = "calls",
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn end(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
) -> Reply<Done> {
    calls::end(&app, login.actor(), id).await?;
    done()
}

/// Turn down a call that rings.
#[utoipa::path(post, path = "/rooms/{id}/call/decline", tag = "calls",
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn decline(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
) -> Reply<Done> {
    calls::decline(&app, login.actor(), id).await?;
    done()
}

/// Silence somebody in a call, or choose whether they speak on a stage (the room's maker and
/// moderators).
#[utoipa::path(put, path = "/rooms/{id}/call/participants/{user}", tag = "calls",
    request_body = Wanted,
    params(("id" = String, Path, description = "the room"),
        ("user" = String, Path, description = "the person")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn keep(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(whom): Segments<(RoomId, PersonId)>,
    Input(wanted): Input<Wanted>,
) -> Reply<Done> {
    calls::keep(&app, login.actor(), whom, wanted).await?;
    done()
}

/// Take somebody out of a call for as long as it goes on (the room's maker and moderators).
#[utoipa::path(delete, path = "/rooms/{id}/call/participants/{user}", tag = "calls",
    params(("id" = String, Path, description = "the room"),
        ("user" = String, Path, description = "the person")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn remove(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(whom): Segments<(RoomId, PersonId)>,
) -> Reply<Done> {
    calls::remove(&app, login.actor(), whom).await?;
    done()
}
