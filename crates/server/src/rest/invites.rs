//! Invitations.

use axum::extract::State;
use axum::response::Response;

use super::auth::{begun, leave_old};
use super::extract::{Input, Segments, Signed, Visitor};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::auth::{self, Newcomer};
use crate::handle::invites::{self, Wanted};
use crate::problem::{Answer, ProblemBody};
use crate::view::account::{Entered, Invitation, Invite, Invites};

/// Open invitations: one's own, all of them for administrators.
#[utoipa::path(get, path = "/invites", tag = "invitations",
    responses((status = 200, body = Invites), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Shared>, Signed(login): Signed) -> Reply<Invites> {
    reply(invites::list(&app, &login).await?)
}

/// Make an invitation.
#[utoipa::path(post, path = "/invites", tag = "invitations", request_body = Wanted,
    responses((status = 200, body = Invite), (status = "default", body = ProblemBody)))]
pub async fn create(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<Wanted>,
) -> Reply<Invite> {
    reply(invites::create(&app, &login, wanted).await?)
}

/// An invitation, as the invited sees it.
#[utoipa::path(get, path = "/invites/{code}", tag = "invitations", security(()),
    params(("code" = String, Path, description = "the code in the link")),
    responses((status = 200, body = Invitation), (status = "default", body = ProblemBody)))]
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Segments(code): Segments<String>,
) -> Reply<Invitation> {
    reply(auth::invitation(&app, &code, &visitor.visit).await?)
}

/// Take an invitation back.
#[utoipa::path(delete, path = "/invites/{code}", tag = "invitations",
    params(("code" = String, Path, description = "the code in the link")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn revoke(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(code): Segments<String>,
) -> Reply<Done> {
    invites::revoke(&app, &login, &code).await?;
    done()
}

/// Accept an invitation: makes an account and starts a session.
#[utoipa::path(post, path = "/invites/{code}/accept", tag = "invitations", security(()),
    request_body = Newcomer, params(("code" = String, Path, description = "the code in the link")),
    responses((status = 200, body = Entered), (status = "default", body = ProblemBody)))]
pub async fn accept(
    State(app): State<Shared>,
    visitor: Visitor,
    Segments(code): Segments<String>,
    Input(newcomer): Input<Newcomer>,
) -> Answer<Response> {
    let session = auth::accept(&app, &code, newcomer, &visitor.visit).await?;
    leave_old(&app, &visitor).await;
    Ok(begun(session, &visitor.caller))
}
