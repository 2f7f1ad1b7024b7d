//! What routes take from a request: who asks, and JSON that is what it should be.

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base::{Code, limits};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::time::{Duration, Instant, timeout_at};

use crate::app::Shared;
use crate::auth::{cookie, secret};
use crate::handle::Login;
use crate::handle::sessions::{self, Visit};
use crate::net::caller::Caller;
use crate::problem::{Answer, Problem, unreadable, unreadable_query};

/// Somebody who is logged in, by cookie or by API token.
#[derive(Debug, Clone)]
pub struct Signed(pub Login);

/// Anybody: where they come from, and the session their browser still holds.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Where a login comes from.
    pub visit: Visit,
    /// The connection.
    pub caller: Caller,
    /// The secret of the session that a new one takes the place of.
    pub old_secret: Option<String>,
}

/// A JSON body.
#[derive(Debug, Clone, Copy)]
pub struct Input<T>(pub T);

/// Parts of the path.
#[derive(Debug, Clone, Copy)]
pub struct Segments<T>(pub T);

/// Parts behind the question mark.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<T>(pub T);

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn caller(parts: &Parts) -> Answer<&Caller> {
    parts
        .extensions
        .get::<Caller>()
        .ok_or_else(|| Problem::fault("a route without the guard"))
}

/// Who asks. Whoever is not logged in spends from what their address may ask, and when that is
/// spent, nothing is looked up for them.
///
/// # Errors
/// `unauthenticated`, `rate_limited`.
pub async fn login(app: &Shared, headers: &HeaderMap, caller: &Caller) -> Answer<Login> {
    let token = bearer(headers);
    let Some(secret) = token.or_else(|| cookie::read(headers, caller.secure)) else {
        app.throttle.request_from(caller.address)?;
        return Err(Problem::unauthenticated());
    };
    let hash = secret::hash(secret);
    app.throttle.look_up(&hash, caller.address)?;
    let found = match token {
        Some(token) => sessions::by_token(app, token).await,
        None => sessions::by_cookie(app, secret).await,
    };
    app.throttle.looked_up(hash, found.is_ok());
    if found.is_err() {
        app.throttle.request_from(caller.address)?;
    }
    found
}

impl FromRequestParts<Shared> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Answer<Self> {
        // Whoever was looked up on the way here is not looked up twice.
        let login = match parts.extensions.remove::<Login>() {
            Some(login) => login,
            None => login(app, &parts.headers, caller(parts)?).await?,
        };
        app.throttle.request_of(login.person.id)?;
        Ok(Self(login))
    }
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Answer<Self> {
        let caller = caller(parts)?.clone();
        app.throttle.request_from(caller.address)?;
        let agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        let user_agent = agent.unwrap_or_default().to_owned();
        let visit = Visit {
            address: caller.address,
            user_agent,
        };
        let old_secret = cookie::read(&parts.headers, caller.secure).map(str::to_owned);
        Ok(Self {
            visit,
            caller,
            old_secret,
        })
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Answer<Self> {
        caller(parts).cloned()
    }
}

/// Reads JSON, and says which part is wrong.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(&error))
}

fn is_json(headers: &HeaderMap) -> bool {
    let told = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = told.and_then(|told| told.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

impl<T: DeserializeOwned> FromRequest<Shared> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Answer<Self> {
        if !is_json(request.headers()) {
            let detail = "Send JSON, with Content-Type: application/json.";
            return Err(Problem::of(Code::BadRequest, "Content-Type", detail));
        }
        parse(&whole(request.into_body()).await?).map(Self)
    }
}

/// The whole of a body, within the size of a JSON body and in the time that one may take: a client
/// that says nothing holds no request open.
///
/// # Errors
/// `too_large`, `bad_request` when it is cut off or too slow.
pub async fn whole(body: Body) -> Answer<Bytes> {
    let end = Instant::now() + Duration::from_millis(limits::JSON_BODY_MS_MAX);
    let mut pieces = body.into_data_stream();
    let mut whole = BytesMut::new();
    let slow = |_| Problem::new(Code::BadRequest, "The body came too slowly. Try again.");
    while let Some(piece) = timeout_at(end, pieces.next()).await.map_err(slow)? {
        let piece = piece.map_err(|error| {
            Problem::new(Code::BadRequest, "The body was cut off. Try again.").because(error)
        })?;
        if whole.len() + piece.len() > limits::JSON_BODY_BYTES_MAX {
            return Err(Problem::new(Code::TooLarge, "This request is too large."));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Answer<Self> {
        match Path::<T>::from_request_parts(parts, app).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            // What is no id leads nowhere, like an id of nothing.
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(Problem::not_found()),
            Err(rejection) => Err(Problem::fault(rejection)),
        }
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Answer<Self> {
        let wrong = |rejection: QueryRejection| unreadable_query(&rejection.body_text());
        let Query(parameters) = Query::<T>::from_request_parts(parts, app)
            .await
            .map_err(wrong)?;
        Ok(Self(parameters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::messages::Draft;

    #[test]
    fn a_wrong_body_names_the_part_that_is_wrong() {
        let missing = parse::<Draft>(b"{}").unwrap_err();
        assert_eq!(
            (missing.code, missing.field.as_deref()),
            (Code::BadRequest, Some("text"))
        );
        let unknown = parse::<Draft>(b"{\"text\":\"\",\"txet\":1}").unwrap_err();
        assert_eq!(unknown.field.as_deref(), Some("txet"));
        assert_eq!(parse::<Draft>(b"nonsense").unwrap_err().field, None);
    }
}
