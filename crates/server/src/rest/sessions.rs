//! Open sessions, and the token for the live connection.

use axum::extract::State;
use base::SessionId;

use super::extract::{Segments, Signed};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::sessions;
use crate::problem::ProblemBody;
use crate::view::account::{Sessions, SocketToken};

/// One's own open sessions.
#[utoipa::path(get, path = "/sessions", tag = "getting in",
    responses((status = 200, body = Sessions), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Shared>, Signed(login): Signed) -> Reply<Sessions> {
    reply(sessions::list(&app, &login).await?)
}

/// End one of one's own sessions; its live connections close at once.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "getting in",
    params(("id" = String, Path, description = "the session")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn end(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<SessionId>,
) -> Reply<Done> {
    sessions::end(&app, &login, id).await?;
    done()
}

/// A token for the live connection, for ten minutes.
#[utoipa::path(post, path = "/socket-token", tag = "getting in",
    responses((status = 200, body = SocketToken), (status = "default", body = ProblemBody)))]
pub async fn socket_token(State(app): State<Shared>, Signed(login): Signed) -> Reply<SocketToken> {
    reply(sessions::socket_token(&app, &login)?)
}
