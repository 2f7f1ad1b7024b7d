//! API tokens.

use axum::extract::State;
use base::TokenId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::extract::{Input, Segments, Signed};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::tokens;
use crate::problem::ProblemBody;
use crate::view::account::{NewToken, Tokens};

/// A token that somebody wants.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// What to call it.
    name: String,
}

/// One's own API tokens.
#[utoipa::path(get, path = "/tokens", tag = "tokens",
    responses((status = 200, body = Tokens), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Shared>, Signed(login): Signed) -> Reply<Tokens> {
    reply(tokens::list(&app, &login).await?)
}

/// Make an API token. The secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = Wanted,
    responses((status = 200, body = NewToken), (status = "default", body = ProblemBody)))]
pub async fn create(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<Wanted>,
) -> Reply<NewToken> {
    reply(tokens::create(&app, &login, &wanted.name).await?)
}

/// Revoke an API token.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens",
    params(("id" = String, Path, description = "the token")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn revoke(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<TokenId>,
) -> Reply<Done> {
    tokens::revoke(&app, &login, id).await?;
    done()
}
