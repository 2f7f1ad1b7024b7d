//! People.

use axum::extract::State;
use base::PersonId;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Input, Segments, Signed};
use super::{Reply, reply};
use crate::app::Shared;
use crate::handle::people::{self, Change, Reset};
use crate::problem::ProblemBody;
use crate::view::person::Person;

/// The people one may see.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct People {
    /// In the order they came.
    people: Vec<Person>,
}

/// The people of the place; guests see those of their rooms.
#[utoipa::path(get, path = "/people", tag = "people",
    responses((status = 200, body = People), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Shared>, Signed(login): Signed) -> Reply<People> {
    reply(People {
        people: people::list(&app, login.actor()).await?,
    })
}

/// Give somebody another role, lock their account or open it again.
#[utoipa::path(patch, path = "/people/{id}", tag = "people", request_body = Change,
    params(("id" = String, Path, description = "the person")),
    responses((status = 200, body = Person), (status = "default", body = ProblemBody)))]
pub async fn change(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<PersonId>,
    Input(change): Input<Change>,
) -> Reply<Person> {
    reply(people::change(&app, &login, id, change).await?)
}

/// Give somebody a new password; ends their sessions.
#[utoipa::path(post, path = "/people/{id}/reset-password", tag = "people",
    params(("id" = String, Path, description = "the person")),
    responses((status = 200, body = Reset), (status = "default", body = ProblemBody)))]
pub async fn reset_password(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<PersonId>,
) -> Reply<Reset> {
    reply(people::reset_password(&app, &login, id).await?)
}
