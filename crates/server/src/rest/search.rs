//! Searching.

use axum::extract::State;
use base::{PersonId, RoomId, UnixMs};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{Parameters, Signed};
use super::{Reply, reply};
use crate::app::Shared;
use crate::handle::search::{self, Wanted};
use crate::problem::ProblemBody;
use crate::view::event::Hits;

/// What is looked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The words.
    #[serde(default)]
    q: String,
    /// Only in this room.
    #[param(value_type = Option<String>)]
    room: Option<RoomId>,
    /// Only by this person.
    #[param(value_type = Option<String>)]
    from: Option<PersonId>,
    /// Only before this time.
    #[param(value_type = Option<u64>)]
    before: Option<UnixMs>,
    /// At most so many hits.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<u64>,
}

/// Search the messages of one's rooms, newest first.
#[utoipa::path(get, path = "/search", tag = "messages", params(Asked),
    responses((status = 200, body = Hits), (status = "default", body = ProblemBody)))]
pub async fn search(
    State(app): State<Shared>,
    Signed(login): Signed,
    Parameters(asked): Parameters<Asked>,
) -> Reply<Hits> {
    let wanted = Wanted {
        text: asked.q,
        room: asked.room,
        from: asked.from,
        before: asked.before,
        cursor: asked.cursor,
        limit: asked.limit,
    };
    reply(search::search(&app, login.actor(), wanted).await?)
}
