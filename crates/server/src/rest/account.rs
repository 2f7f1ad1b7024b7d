//! One's own account.

use axum::body::Body;
use axum::extract::State;

use super::extract::{Input, Signed};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::account::{self, Change, NewPassword};
use crate::handle::files;
use crate::net::caller::Caller;
use crate::problem::ProblemBody;
use crate::view::account::Bootstrap;
use crate::view::person::Me;

/// Everything a client needs to begin.
#[utoipa::path(get, path = "/bootstrap", tag = "account",
    responses((status = 200, body = Bootstrap), (status = "default", body = ProblemBody)))]
pub async fn bootstrap(State(app): State<Shared>, Signed(login): Signed) -> Reply<Bootstrap> {
    reply(account::bootstrap(&app, &login).await?)
}

/// Change one's names or language.
#[utoipa::path(patch, path = "/me", tag = "account", request_body = Change,
    responses((status = 200, body = Me), (status = "default", body = ProblemBody)))]
pub async fn change(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(change): Input<Change>,
) -> Reply<Me> {
    reply(account::change(&app, &login, change).await?)
}

/// Set a new password; ends the other sessions.
#[utoipa::path(post, path = "/me/password", tag = "account", request_body = NewPassword,
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn set_password(
    State(app): State<Shared>,
    caller: Caller,
    Signed(login): Signed,
    Input(wanted): Input<NewPassword>,
) -> Reply<Done> {
    account::set_password(&app, &login, caller.address, wanted).await?;
    done()
}

/// Set one's picture: the bytes of an image.
#[utoipa::path(put, path = "/me/avatar", tag = "account",
    request_body(content = Vec<u8>, content_type = "image/*"),
    responses((status = 200, body = Me), (status = "default", body = ProblemBody)))]
pub async fn set_avatar(State(app): State<Shared>, Signed(login): Signed, body: Body) -> Reply<Me> {
    let bytes = files::read_avatar(&app, body.into_data_stream()).await?;
    reply(account::set_avatar(&app, &login, bytes).await?)
}

/// Go back to the generated tile.
#[utoipa::path(delete, path = "/me/avatar", tag = "account",
    responses((status = 200, body = Me), (status = "default", body = ProblemBody)))]
pub async fn remove_avatar(State(app): State<Shared>, Signed(login): Signed) -> Reply<Me> {
    reply(account::remove_avatar(&app, &login).await?)
}
