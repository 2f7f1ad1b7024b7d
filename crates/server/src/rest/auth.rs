//! Getting in: the place, the wizard, logging in and out.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{AppendHeaders, IntoResponse, Response};

use super::extract::{Input, Signed, Visitor};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::auth::cookie;
use crate::handle::auth::{self, Begun, Credentials, Opening};
use crate::handle::sessions;
use crate::net::caller::Caller;
use crate::net::origin;
use crate::problem::{Answer, ProblemBody};
use crate::view::account::{LoggedIn, Place, SetUp};

/// The answer with the cookie that starts the session.
pub(super) fn begun<T: serde::Serialize>(begun: Begun<T>, caller: &Caller) -> Response {
    let cookie = cookie::start(&begun.secret, caller.secure);
    (
        AppendHeaders([(header::SET_COOKIE, cookie)]),
        Json(begun.answer),
    )
        .into_response()
}

/// Ends the session that the browser came with, so that a login never leaves one behind.
pub(super) async fn leave_old(app: &Shared, visitor: &Visitor) {
    if let Some(secret) = &visitor.old_secret
        && let Ok(login) = sessions::by_cookie(app, secret).await
        && let Err(problem) = auth::log_out(app, &login).await
    {
        problem.log(&visitor.caller.request_id);
    }
}

/// The place, as strangers see it.
#[utoipa::path(get, path = "/place", tag = "getting in", security(()),
    responses((status = 200, body = Place), (status = "default", body = ProblemBody)))]
pub async fn place(State(app): State<Shared>, _: Visitor) -> Reply<Place> {
    reply(auth::place(&app).await?)
}

/// Open the place: once, at the beginning. Starts a session.
#[utoipa::path(post, path = "/setup", tag = "getting in", request_body = Opening, security(()),
    responses((status = 200, body = SetUp), (status = "default", body = ProblemBody)))]
pub async fn set_up(
    State(app): State<Shared>,
    visitor: Visitor,
    Input(opening): Input<Opening>,
) -> Answer<Response> {
    // Whoever comes first owns the place, and no session stands in the way: a page elsewhere whose
    // name was bound to this address must not be that.
    origin::check_unclaimed(&visitor.caller, &app.origins)?;
    Ok(begun(
        auth::set_up(&app, opening, &visitor.visit).await?,
        &visitor.caller,
    ))
}

/// Log in. Starts a session and ends the one the browser came with.
#[utoipa::path(post, path = "/session", tag = "getting in", request_body = Credentials,
    security(()),
    responses((status = 200, body = LoggedIn), (status = "default", body = ProblemBody)))]
pub async fn log_in(
    State(app): State<Shared>,
    visitor: Visitor,
    Input(credentials): Input<Credentials>,
) -> Answer<Response> {
    let session = auth::log_in(&app, credentials, &visitor.visit).await?;
    leave_old(&app, &visitor).await;
    Ok(begun(session, &visitor.caller))
}

/// Log out: ends the session and closes its live connections.
#[utoipa::path(delete, path = "/session", tag = "getting in",
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn log_out(
    State(app): State<Shared>,
    caller: Caller,
    Signed(login): Signed,
) -> Answer<Response> {
    auth::log_out(&app, &login).await?;
    let cookie = cookie::end(caller.secure);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), done()?).into_response())
}
