//! The REST door: `/api/v1`, one file per noun, each route a few lines over a handler.
//!
//! The description at `/api/v1/openapi.json` is collected from the same annotations that make the
//! routes, so a route can not be left out of it.

pub mod account;
pub mod admin;
pub mod auth;
pub mod calls;
pub mod developer;
pub mod docs;
pub mod extract;
pub mod files;
pub mod filter;
pub mod idempotency;
pub mod invites;
pub mod members;
pub mod messages;
pub mod people;
pub mod reads;
pub mod rooms;
pub mod search;
pub mod sessions;
pub mod tokens;

use axum::middleware;
use axum::routing::get;
use axum::{Json, Router};
use base::Code;
use serde::Serialize;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{Shared, VERSION};
use crate::problem::{Answer, Problem};

/// What a JSON route returns.
type Reply<T> = Answer<Json<T>>;

/// `{}`: done, and there is nothing to tell.
#[derive(Debug, Clone, Copy, Default, Serialize, utoipa::ToSchema)]
pub struct Done {}

fn reply<T>(view: T) -> Reply<T> {
    Ok(Json(view))
}

fn done() -> Reply<Done> {
    Ok(Json(Done {}))
}

fn getting_in() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(auth::place, admin::rename_place))
        .routes(routes!(auth::set_up))
        .routes(routes!(auth::log_in, auth::log_out))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(sessions::socket_token))
        .routes(routes!(invites::list, invites::create))
        .routes(routes!(invites::show, invites::revoke))
        .routes(routes!(invites::accept))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
}

fn people() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(account::bootstrap))
        .routes(routes!(account::change))
        .routes(routes!(account::set_password))
        .routes(routes!(account::set_avatar, account::remove_avatar))
        .routes(routes!(people::list))
        .routes(routes!(people::change))
        .routes(routes!(people::reset_password))
}

fn rooms() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(rooms::list, rooms::create))
        .routes(routes!(rooms::show, rooms::change))
        .routes(routes!(members::join))
        .routes(routes!(members::leave))
        .routes(routes!(members::list, members::add))
        .routes(routes!(members::remove))
        .routes(routes!(calls::join, calls::show, calls::end))
        .routes(routes!(calls::decline))
        .routes(routes!(calls::keep, calls::remove))
        .routes(routes!(messages::page))
        .routes(routes!(messages::post))
        .routes(routes!(messages::edit, messages::delete))
        .routes(routes!(messages::react, messages::unreact))
        .routes(routes!(reads::mark))
        .routes(routes!(reads::prefer))
        .routes(routes!(files::upload))
        .routes(routes!(search::search))
}

fn administration() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(filter::list, filter::create))
        .routes(routes!(filter::change, filter::delete))
        .routes(routes!(filter::try_text))
        .routes(routes!(filter::dry_run))
        .routes(routes!(admin::audit))
        .routes(routes!(admin::health))
}

fn description() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Plaza")
        .version(VERSION)
        .description(Some(
            "Everything the web app does, for bots and scripts. Send `Authorization: Bearer \
             <API token>`. Errors are `application/problem+json` with a stable `code`. A POST \
             that makes something may carry an `Idempotency-Key`.",
        ))
        .build();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("plaza_session")));
    let mut components = Components::new();
    components.add_security_scheme("token", bearer);
    components.add_security_scheme("session", cookie);
    let nothing: [&str; 0] = [];
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([
            SecurityRequirement::new("token", nothing),
            SecurityRequirement::new("session", nothing),
        ]))
        .build()
}

/// The routes and their description.
pub fn collect() -> (Router<Shared>, OpenApi) {
    let api = OpenApiRouter::new()
        .merge(getting_in())
        .merge(people())
        .merge(rooms())
        .merge(administration())
        .merge(developer::routes());
    OpenApiRouter::with_openapi(description())
        .nest("/api/v1", api)
        .split_for_parts()
}

async fn not_allowed() -> Problem {
    let detail = "There is nothing here for this method. The head Allow tells which there are.";
    Problem::new(Code::MethodNotAllowed, detail)
}

/// The REST door.
pub fn router(app: &Shared) -> Router<Shared> {
    let (api, description) = collect();
    api.method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(
            app.clone(),
            idempotency::remember,
        ))
        .route(
            "/api/v1/openapi.json",
            get(move || async move { Json(description) }),
        )
        .route("/api/docs", get(docs::page))
        .route("/api/docs/app.js", get(docs::script))
        .route("/api/docs/app.css", get(docs::style))
        .route("/files/{id}", get(files::serve))
        .route("/files/{id}/thumb", get(files::serve_thumb))
        .route("/avatars/{hash}", get(files::serve_avatar))
        .method_not_allowed_fallback(not_allowed)
}
