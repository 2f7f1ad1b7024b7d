//! Files: taking bytes in, giving them out.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::{FileId, RoomId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{Parameters, Segments, Signed};
use super::{Reply, reply};
use crate::app::Shared;
use crate::files::serve::{Offer, blob};
use crate::handle::files;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::view::event::File;

/// Where a file belongs and what it is called.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// The room it is for.
    #[param(value_type = String)]
    room: RoomId,
    /// Its name.
    #[serde(default)]
    name: String,
}

/// Upload a file for a room; then name it in a post. The body is the bytes.
#[utoipa::path(post, path = "/files", tag = "files", params(Upload),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = File), (status = "default", body = ProblemBody)))]
pub async fn upload(
    State(app): State<Shared>,
    Signed(login): Signed,
    Parameters(wanted): Parameters<Upload>,
    body: Body,
) -> Reply<File> {
    let target = (wanted.room, wanted.name.as_str());
    reply(files::upload(&app, login.actor(), target, body.into_data_stream()).await?)
}

/// The bytes of a file, for those who may read its room.
pub async fn serve(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<FileId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let file = files::open(&app, login.actor(), id).await?;
    let tag = id.to_string();
    let offer = Offer {
        tag: &tag,
        media_type: &file.media_type,
        name: &file.name,
        inline: file.width_px.is_some(),
        immutable: false,
    };
    blob(&files::path(&app, &file.hash)?, offer, &headers).await
}

/// A smaller picture of a file.
pub async fn serve_thumb(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<FileId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let file = files::open(&app, login.actor(), id).await?;
    let hash = file.thumb_hash.as_ref().ok_or_else(Problem::not_found)?;
    let path = files::path(&app, hash)?;
    let tag = format!("{id}-thumb");
    let offer = Offer {
        tag: &tag,
        media_type: files::thumb_type(&path).await?,
        name: &file.name,
        inline: true,
        immutable: false,
    };
    blob(&path, offer, &headers).await
}

/// A person's picture, for those who may see the person, for as long as it is their picture.
pub async fn serve_avatar(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(hash): Segments<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let path = files::avatar(&app, login.actor(), &hash).await?;
    let offer = Offer {
        tag: &hash,
        media_type: "image/webp",
        name: "avatar.webp",
        inline: true,
        immutable: true,
    };
    blob(&path, offer, &headers).await
}
