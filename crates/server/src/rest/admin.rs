//! Running the place.

use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::extract::{Input, Parameters, Signed};
use super::{Reply, reply};
use crate::app::Shared;
use crate::handle::admin;
use crate::problem::ProblemBody;
use crate::view::account::Place;
use crate::view::admin::{AuditPage, Health};

/// A new name for the place.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewName {
    /// The name.
    name: String,
}

/// Which page of the log of changes.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Older than this entry.
    before: Option<u64>,
    /// At most so many.
    limit: Option<usize>,
}

/// Rename the place.
#[utoipa::path(patch, path = "/place", tag = "administration", request_body = NewName,
    responses((status = 200, body = Place), (status = "default", body = ProblemBody)))]
pub async fn rename_place(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<NewName>,
) -> Reply<Place> {
    reply(admin::rename_place(&app, &login, &wanted.name).await?)
}

/// The log of changes, newest first.
#[utoipa::path(get, path = "/audit", tag = "administration", params(Before),
    responses((status = 200, body = AuditPage), (status = "default", body = ProblemBody)))]
pub async fn audit(
    State(app): State<Shared>,
    Signed(login): Signed,
    Parameters(wanted): Parameters<Before>,
) -> Reply<AuditPage> {
    reply(admin::audit(&app, &login, wanted.before, wanted.limit).await?)
}

/// How the server is doing.
#[utoipa::path(get, path = "/health", tag = "administration",
    responses((status = 200, body = Health), (status = "default", body = ProblemBody)))]
pub async fn health(State(app): State<Shared>, Signed(login): Signed) -> Reply<Health> {
    reply(admin::health(&app, &login).await?)
}
