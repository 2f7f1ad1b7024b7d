//! Read marks and preferences.

use axum::extract::State;
use base::{RoomId, Seq};
use domain::chat::Notify;
use serde::Deserialize;
use utoipa::ToSchema;

use super::extract::{Input, Segments, Signed};
use super::{Reply, reply};
use crate::app::Shared;
use crate::handle::reads;
use crate::problem::ProblemBody;
use crate::view::room::{ReadMark, Room};

/// How far one has read.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Everything up to here.
    #[schema(value_type = u64)]
    seq: Seq,
    /// Whether the mark may go back.
    #[serde(default)]
    rewind: bool,
}

/// How one wants a room; what is left out stays.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// Whether it stands in the pinned section.
    #[serde(default)]
    pinned: Option<bool>,
    /// all, mentions or nothing.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    notify: Option<Notify>,
}

/// Say how far one has read.
#[utoipa::path(put, path = "/rooms/{id}/read", tag = "rooms", request_body = Mark,
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = ReadMark), (status = "default", body = ProblemBody)))]
pub async fn mark(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
    Input(mark): Input<Mark>,
) -> Reply<ReadMark> {
    reply(reads::mark(&app, login.actor(), id, (mark.seq, mark.rewind)).await?)
}

/// Pin a room, or say what to be told of.
#[utoipa::path(put, path = "/rooms/{id}/preferences", tag = "rooms", request_body = Preferences,
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Room), (status = "default", body = ProblemBody)))]
pub async fn prefer(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
    Input(wanted): Input<Preferences>,
) -> Reply<Room> {
    reply(reads::prefer(&app, login.actor(), id, (wanted.pinned, wanted.notify)).await?)
}
