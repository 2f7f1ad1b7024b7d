//! Rooms.

use axum::extract::State;
use base::RoomId;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Input, Segments, Signed};
use super::{Reply, reply};
use crate::app::Shared;
use crate::handle::rooms::{self, Change, Wanted};
use crate::problem::ProblemBody;
use crate::view::room::Room;

/// Rooms in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Rooms {
    /// One's own, then the open ones one is not in.
    rooms: Vec<Room>,
}

/// One's own rooms and every open one.
#[utoipa::path(get, path = "/rooms", tag = "rooms",
    responses((status = 200, body = Rooms), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Shared>, Signed(login): Signed) -> Reply<Rooms> {
    reply(Rooms {
        rooms: rooms::list(&app, login.actor()).await?,
    })
}

/// Make a room. A direct or group room of the same people is found again instead.
#[utoipa::path(post, path = "/rooms", tag = "rooms", request_body = Wanted,
    responses((status = 200, body = Room), (status = "default", body = ProblemBody)))]
pub async fn create(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<Wanted>,
) -> Reply<Room> {
    reply(rooms::create(&app, login.actor(), wanted).await?)
}

/// One room.
#[utoipa::path(get, path = "/rooms/{id}", tag = "rooms",
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Room), (status = "default", body = ProblemBody)))]
pub async fn show(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
) -> Reply<Room> {
    reply(rooms::room(&app, login.actor(), id).await?)
}

/// Rename a room, say what it is about, archive it or take it out of the archive.
#[utoipa::path(patch, path = "/rooms/{id}", tag = "rooms", request_body = Change,
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Room), (status = "default", body = ProblemBody)))]
pub async fn change(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
    Input(change): Input<Change>,
) -> Reply<Room> {
    reply(rooms::change(&app, login.actor(), id, change).await?)
}
