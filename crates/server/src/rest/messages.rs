//! Messages and the log of a room.

use axum::extract::State;
use base::{Code, RoomId, Seq, limits};
use domain::chat::react::React;
use serde::Deserialize;
use store::Window;
use utoipa::{IntoParams, ToSchema};

use super::extract::{Input, Parameters, Segments, Signed};
use super::idempotency::PostKey;
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::messages::{self, Draft, PageQuery};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::view::event::{Event, EventPage, Posted};

/// Which part of the log; at most one of `before`, `after` and `around`.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Where {
    /// Older than this.
    before: Option<u64>,
    /// Newer than this.
    after: Option<u64>,
    /// On both sides of this.
    around: Option<u64>,
    /// At most so many events.
    limit: Option<usize>,
}

/// A new text.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The text.
    text: String,
}

fn window(wanted: Where) -> Answer<Window> {
    match (wanted.before, wanted.after, wanted.around) {
        (None, None, None) => Ok(Window::Newest),
        (Some(seq), None, None) => Ok(Window::Before(Seq(seq))),
        (None, Some(seq), None) => Ok(Window::After(Seq(seq))),
        (None, None, Some(seq)) => Ok(Window::Around(Seq(seq))),
        (_, _, _) => {
            let detail = "Ask for one of before, after and around.";
            Err(Problem::new(Code::BadRequest, detail))
        }
    }
}

/// A page of a room's log, ascending. `edited`, `deleted` and `reacted` are left out: each message
/// comes in its newest state.
#[utoipa::path(get, path = "/rooms/{id}/events", tag = "messages",
    params(("id" = String, Path, description = "the room"), Where),
    responses((status = 200, body = EventPage), (status = "default", body = ProblemBody)))]
pub async fn page(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
    Parameters(wanted): Parameters<Where>,
) -> Reply<EventPage> {
    let limit = wanted.limit.unwrap_or(limits::PAGE_EVENTS_DEFAULT);
    let query = PageQuery {
        window: window(wanted)?,
        limit,
    };
    reply(messages::page(&app, login.actor(), id, query).await?)
}

/// Post a message. Without a `client_id` the `Idempotency-Key` is the post's client id.
#[utoipa::path(post, path = "/rooms/{id}/messages", tag = "messages", request_body = Draft,
    params(("id" = String, Path, description = "the room")),
    responses((status = 200, body = Posted), (status = "default", body = ProblemBody)))]
pub async fn post(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RoomId>,
    PostKey(key): PostKey,
    Input(mut draft): Input<Draft>,
) -> Reply<Posted> {
    draft.client_id = draft.client_id.or(key);
    let pending = messages::post(&app, login.actor(), id, draft).await?;
    reply(pending.await?)
}

/// Give a message a new text; the answer is its newest state.
#[utoipa::path(patch, path = "/rooms/{id}/messages/{seq}", tag = "messages",
    request_body = NewText,
    params(("id" = String, Path, description = "the room"),
        ("seq" = u64, Path, description = "the message")),
    responses((status = 200, body = Event), (status = "default", body = ProblemBody)))]
pub async fn edit(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments((id, seq)): Segments<(RoomId, Seq)>,
    Input(new): Input<NewText>,
) -> Reply<Event> {
    reply(messages::edit(&app, login.actor(), (id, seq), &new.text).await?)
}

/// Take a message away; its place stays.
#[utoipa::path(delete, path = "/rooms/{id}/messages/{seq}", tag = "messages",
    params(("id" = String, Path, description = "the room"),
        ("seq" = u64, Path, description = "the message")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn delete(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments((id, seq)): Segments<(RoomId, Seq)>,
) -> Reply<Done> {
    messages::delete(&app, login.actor(), id, seq).await?;
    done()
}

/// Put a reaction on a message.
#[utoipa::path(put, path = "/rooms/{id}/messages/{seq}/reactions/{emoji}", tag = "messages",
    params(("id" = String, Path, description = "the room"),
        ("seq" = u64, Path, description = "the message"),
        ("emoji" = String, Path, description = "one emoji")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn react(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments((id, target, emoji)): Segments<(RoomId, Seq, String)>,
) -> Reply<Done> {
    let reaction = React {
        target,
        emoji: &emoji,
        on: true,
    };
    messages::react(&app, login.actor(), id, reaction).await?;
    done()
}

/// Take a reaction off a message.
#[utoipa::path(delete, path = "/rooms/{id}/messages/{seq}/reactions/{emoji}", tag = "messages",
    params(("id" = String, Path, description = "the room"),
        ("seq" = u64, Path, description = "the message"),
        ("emoji" = String, Path, description = "one emoji")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn unreact(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments((id, target, emoji)): Segments<(RoomId, Seq, String)>,
) -> Reply<Done> {
    let reaction = React {
        target,
        emoji: &emoji,
        on: false,
    };
    messages::react(&app, login.actor(), id, reaction).await?;
    done()
}
