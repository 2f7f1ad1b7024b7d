//! What operators keep for developers.

use axum::extract::State;
use base::{BanId, KeyId, RevocationId, SecretId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Input, Parameters, Segments, Signed};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::developer::{self, bans, inspector, keys, revocations, secrets, webhooks};
use crate::net::caller::Caller;
use crate::problem::ProblemBody;
use crate::view::developer::{
    Ban, Bans, Channels, Connections, Keys, NewKey, NewSecret, NewWebhook, Overview, Revocation,
    Revocations, Secrets, Stats, Tested, Webhook, Webhooks,
};

/// A name for something new.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// What to call it.
    name: String,
}

/// A user.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfUser {
    /// The name.
    user: String,
}

/// A user in a channel.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InChannel {
    /// The user.
    user: String,
    /// The channel.
    channel: String,
}

/// How a secret is rotated.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// How long the old one still holds, in seconds; a day without it.
    #[serde(default)]
    keep_s: Option<u64>,
}

/// The developer pages at a glance.
#[utoipa::path(get, path = "/developer", tag = "developers",
    responses((status = 200, body = Overview), (status = "default", body = ProblemBody)))]
pub async fn overview(State(app): State<Shared>, Signed(login): Signed) -> Reply<Overview> {
    reply(developer::overview(&app, &login)?)
}

/// Keys for the server HTTP API.
#[utoipa::path(get, path = "/developer/keys", tag = "developers",
    responses((status = 200, body = Keys), (status = "default", body = ProblemBody)))]
pub async fn keys(State(app): State<Shared>, Signed(login): Signed) -> Reply<Keys> {
    reply(keys::list(&app, &login)?)
}

/// Make a key for the server HTTP API. It is in this answer and nowhere else.
#[utoipa::path(post, path = "/developer/keys", tag = "developers",
    request_body = Named,
    responses((status = 200, body = NewKey), (status = "default", body = ProblemBody)))]
pub async fn create_key(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<Named>,
) -> Reply<NewKey> {
    reply(keys::create(&app, &login, &wanted.name).await?)
}

/// Revoke a key.
#[utoipa::path(delete, path = "/developer/keys/{id}", tag = "developers",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn revoke_key(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<KeyId>,
) -> Reply<Done> {
    keys::revoke(&app, &login, id).await?;
    done()
}

/// Secrets that developers sign tokens with.
#[utoipa::path(get, path = "/developer/secrets", tag = "developers",
    responses((status = 200, body = Secrets), (status = "default", body = ProblemBody)))]
pub async fn secrets(State(app): State<Shared>, Signed(login): Signed) -> Reply<Secrets> {
    reply(secrets::list(&app, &login)?)
}

/// Make a secret. It is in this answer and nowhere else.
#[utoipa::path(post, path = "/developer/secrets", tag = "developers",
    request_body = Named,
    responses((status = 200, body = NewSecret), (status = "default", body = ProblemBody)))]
pub async fn create_secret(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<Named>,
) -> Reply<NewSecret> {
    reply(secrets::create(&app, &login, &wanted.name).await?)
}

/// Put another secret in the place of one, which still holds for a while.
#[utoipa::path(post, path = "/developer/secrets/{id}/rotate", tag = "developers",
    request_body = Rotate,
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = NewSecret), (status = "default", body = ProblemBody)))]
pub async fn rotate_secret(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<SecretId>,
    Input(wanted): Input<Rotate>,
) -> Reply<NewSecret> {
    reply(secrets::rotate(&app, &login, id, wanted.keep_s).await?)
}

/// Revoke a secret.
#[utoipa::path(delete, path = "/developer/secrets/{id}", tag = "developers",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn revoke_secret(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<SecretId>,
) -> Reply<Done> {
    secrets::revoke(&app, &login, id).await?;
    done()
}

/// Who is banned from the live doors.
#[utoipa::path(get, path = "/developer/bans", tag = "developers",
    responses((status = 200, body = Bans), (status = "default", body = ProblemBody)))]
pub async fn bans(State(app): State<Shared>, Signed(login): Signed) -> Reply<Bans> {
    reply(bans::list(&app, &login)?)
}

/// Ban a user or an address from the live doors.
#[utoipa::path(post, path = "/developer/bans", tag = "developers",
    request_body = bans::Wanted,
    responses((status = 200, body = Ban), (status = "default", body = ProblemBody)))]
pub async fn create_ban(
    State(app): State<Shared>,
    Signed(login): Signed,
    caller: Caller,
    Input(wanted): Input<bans::Wanted>,
) -> Reply<Ban> {
    reply(bans::create(&app, &login, caller.address, wanted).await?)
}

/// Lift a ban.
#[utoipa::path(delete, path = "/developer/bans/{id}", tag = "developers",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn lift_ban(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<BanId>,
) -> Reply<Done> {
    bans::lift(&app, &login, id).await?;
    done()
}

/// Tokens that are not taken any more.
#[utoipa::path(get, path = "/developer/revocations", tag = "developers",
    responses((status = 200, body = Revocations), (status = "default", body = ProblemBody)))]
pub async fn revocations(State(app): State<Shared>, Signed(login): Signed) -> Reply<Revocations> {
    reply(revocations::list(&app, &login)?)
}

/// Revoke the tokens of a user, or one token.
#[utoipa::path(post, path = "/developer/revocations", tag = "developers",
    request_body = revocations::Wanted,
    responses((status = 200, body = Revocation), (status = "default", body = ProblemBody)))]
pub async fn create_revocation(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<revocations::Wanted>,
) -> Reply<Revocation> {
    reply(revocations::create(&app, &login, wanted).await?)
}

/// Take a revocation back.
#[utoipa::path(delete, path = "/developer/revocations/{id}", tag = "developers",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn delete_revocation(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RevocationId>,
) -> Reply<Done> {
    revocations::delete(&app, &login, id).await?;
    done()
}

/// Webhooks, and how they are doing.
#[utoipa::path(get, path = "/developer/webhooks", tag = "developers",
    responses((status = 200, body = Webhooks), (status = "default", body = ProblemBody)))]
pub async fn webhooks(State(app): State<Shared>, Signed(login): Signed) -> Reply<Webhooks> {
    reply(webhooks::list(&app, &login).await?)
}

/// Make a webhook. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/developer/webhooks", tag = "developers",
    request_body = webhooks::Wanted,
    responses((status = 200, body = NewWebhook), (status = "default", body = ProblemBody)))]
pub async fn create_webhook(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<webhooks::Wanted>,
) -> Reply<NewWebhook> {
    reply(webhooks::create(&app, &login, wanted).await?)
}

/// Change a webhook.
#[utoipa::path(patch, path = "/developer/webhooks/{id}", tag = "developers",
    request_body = webhooks::Changed,
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = Webhook), (status = "default", body = ProblemBody)))]
pub async fn change_webhook(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<String>,
    Input(wanted): Input<webhooks::Changed>,
) -> Reply<Webhook> {
    reply(webhooks::update(&app, &login, &id, wanted).await?)
}

/// Delete a webhook, and what waits for it.
#[utoipa::path(delete, path = "/developer/webhooks/{id}", tag = "developers",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn delete_webhook(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<String>,
) -> Reply<Done> {
    webhooks::delete(&app, &login, &id).await?;
    done()
}

/// Give a webhook another secret.
#[utoipa::path(post, path = "/developer/webhooks/{id}/secret", tag = "developers",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = NewWebhook), (status = "default", body = ProblemBody)))]
pub async fn renew_webhook_secret(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<String>,
) -> Reply<NewWebhook> {
    reply(webhooks::renew_secret(&app, &login, &id).await?)
}

/// Send a webhook one event that means nothing.
#[utoipa::path(post, path = "/developer/webhooks/{id}/test", tag = "developers",
    params(("id" = String, Path, description = "its id")),
    responses((status = 200, body = Tested), (status = "default", body = ProblemBody)))]
pub async fn test_webhook(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<String>,
) -> Reply<Tested> {
    reply(webhooks::test(&app, &login, &id).await?)
}

/// The open live connections, the oldest first.
#[utoipa::path(get, path = "/developer/connections", tag = "developers",
    params(inspector::Which),
    responses((status = 200, body = Connections), (status = "default", body = ProblemBody)))]
pub async fn connections(
    State(app): State<Shared>,
    Signed(login): Signed,
    Parameters(which): Parameters<inspector::Which>,
) -> Reply<Connections> {
    reply(inspector::connections(&app, &login, which).await?)
}

/// The channels that somebody listens to, those with most listeners first.
#[utoipa::path(get, path = "/developer/channels", tag = "developers", params(inspector::Named),
    responses((status = 200, body = Channels), (status = "default", body = ProblemBody)))]
pub async fn channels(
    State(app): State<Shared>,
    Signed(login): Signed,
    Parameters(named): Parameters<inspector::Named>,
) -> Reply<Channels> {
    reply(inspector::channels(&app, &login, named).await?)
}

/// How many there are of everything, and how much goes through.
#[utoipa::path(get, path = "/developer/stats", tag = "developers",
    responses((status = 200, body = Stats), (status = "default", body = ProblemBody)))]
pub async fn stats(State(app): State<Shared>, Signed(login): Signed) -> Reply<Stats> {
    reply(inspector::stats(&app, &login)?)
}

/// Close one connection for good.
#[utoipa::path(delete, path = "/developer/connections/{client}", tag = "developers",
    params(("client" = String, Path, description = "its id, as its client knows it")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn disconnect_client(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(client): Segments<String>,
) -> Reply<Done> {
    inspector::disconnect_client(&app, &login, &client).await?;
    done()
}

/// Close all connections of a user for good.
#[utoipa::path(post, path = "/developer/disconnect", tag = "developers",
    request_body = OfUser,
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn disconnect_user(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<OfUser>,
) -> Reply<Done> {
    inspector::disconnect_user(&app, &login, &wanted.user).await?;
    done()
}

/// End a user's subscriptions to a channel.
#[utoipa::path(post, path = "/developer/unsubscribe", tag = "developers",
    request_body = InChannel,
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn unsubscribe(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<InChannel>,
) -> Reply<Done> {
    inspector::unsubscribe(&app, &login, &wanted.user, &wanted.channel).await?;
    done()
}

/// Publish something into an app channel.
#[utoipa::path(post, path = "/developer/publish", tag = "developers",
    request_body = inspector::Published,
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn publish(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<inspector::Published>,
) -> Reply<Done> {
    inspector::publish(&app, &login, wanted).await?;
    done()
}

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(keys, create_key))
        .routes(routes!(revoke_key))
        .routes(routes!(secrets, create_secret))
        .routes(routes!(rotate_secret))
        .routes(routes!(revoke_secret))
        .routes(routes!(bans, create_ban))
        .routes(routes!(lift_ban))
        .routes(routes!(revocations, create_revocation))
        .routes(routes!(delete_revocation))
        .routes(routes!(webhooks, create_webhook))
        .routes(routes!(change_webhook, delete_webhook))
        .routes(routes!(renew_webhook_secret))
        .routes(routes!(test_webhook))
        .routes(routes!(connections))
        .routes(routes!(disconnect_client))
        .routes(routes!(channels))
        .routes(routes!(stats))
        .routes(routes!(disconnect_user))
        .routes(routes!(unsubscribe))
        .routes(routes!(publish))
}
