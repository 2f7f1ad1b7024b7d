//! The Centrifugo server HTTP API under `/api`: what a developer's own backend says to Plaza.
//!
//! `POST /api/<method>` with a key. The answer is 200 with `{"result": …}` or
//! `{"error": {code, message}}`, unless the caller asks for HTTP statuses. It reads requests and
//! writes answers; what they do is [`serve`](crate::handle::channels::serve)'s. Method names,
//! fields and numbers are those of Centrifugo's API, so that its client libraries work unchanged.

mod answer;
mod call;
mod map;
mod remembered;
mod request;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base::limits::API_BODY_BYTES_MAX;
use wire::centrifugo::ErrorCode;

pub(crate) use remembered::Remembered;

use self::answer::Answered;
use crate::app::Shared;
use crate::door::backend::Refused;
use crate::handle::developer::keys;

/// Where a caller says how errors are told.
const ERROR_MODE: &str = "x-centrifugo-error-mode";

/// The route of every method.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/{method}", post(one))
        .layer(DefaultBodyLimit::max(API_BODY_BYTES_MAX))
}

/// One request.
async fn one(
    State(app): State<Shared>,
    Path(method): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !app.http_api_insecure {
        let key = key(&headers, &uri).unwrap_or_default();
        if keys::verify(&app, &key).is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    let body = if body.is_empty() { b"{}" } else { &body[..] };
    let answered = call::call(&app, &method, body).await;
    let by_status = headers
        .get(ERROR_MODE)
        .is_some_and(|mode| mode.as_bytes() == b"transport");
    respond(&method, answered, by_status)
}

/// The key: its own header, `Authorization: apikey …`, or in the query.
fn key(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    if let Some(key) = headers.get("x-api-key") {
        return key.to_str().ok().map(str::to_owned);
    }
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("apikey")
            .then(|| key.trim().to_owned());
    }
    let mut pairs = uri.query()?.split('&');
    let key = pairs.find_map(|pair| pair.strip_prefix("api_key="))?;
    Some(key.to_owned())
}

fn respond(method: &str, answered: Answered, by_status: bool) -> Response {
    let refused = answered.error_code();
    metrics::counter!("plaza_api_calls_total", "method" => label(method)).increment(1);
    if let Some(code) = refused {
        metrics::counter!("plaza_api_errors_total", "code" => code.to_string()).increment(1);
    }
    let status = match refused {
        Some(code) if by_status => status(code),
        Some(_) | None => StatusCode::OK,
    };
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, answered.into_json()).into_response()
}

/// A method as a label of a figure: callers may send any word.
fn label(method: &str) -> &'static str {
    let known = call::METHODS.iter().find(|known| **known == method);
    known.copied().unwrap_or("unknown")
}

/// The HTTP status that tells an error, for callers who asked for one.
fn status(code: u32) -> StatusCode {
    let is = |known: ErrorCode| code == known.code();
    if is(ErrorCode::UnknownChannel) || is(ErrorCode::MethodNotFound) {
        StatusCode::NOT_FOUND
    } else if is(ErrorCode::BadRequest) || is(ErrorCode::NotAvailable) {
        StatusCode::BAD_REQUEST
    } else if is(ErrorCode::UnrecoverablePosition) {
        StatusCode::RANGE_NOT_SATISFIABLE
    } else if is(ErrorCode::TooManyRequests) {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

/// What a refusal tells a caller of the API, who has no connection that could be closed.
fn refusal(refused: Refused) -> (u32, String) {
    match refused {
        Refused::Error { code, message, .. } => (code, message.into_owned()),
        Refused::Disconnect { .. } => {
            let code = ErrorCode::BadRequest;
            (code.code(), code.text().to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            header::HeaderName::from_static(name),
            header::HeaderValue::from_static(value),
        )])
    }

    #[test]
    fn a_key_comes_by_header_by_scheme_or_in_the_query() {
        let uri: Uri = "/api/info?x=1&api_key=abc".parse().unwrap();
        let bare: Uri = "/api/info".parse().unwrap();
        assert_eq!(key(&headers("x-api-key", "k1"), &bare).unwrap(), "k1");
        let by_scheme = headers("authorization", "apikey k2");
        assert_eq!(key(&by_scheme, &bare).unwrap(), "k2");
        assert_eq!(key(&HeaderMap::new(), &uri).unwrap(), "abc");
        assert_eq!(key(&headers("authorization", "Bearer k"), &uri), None);
        assert_eq!(key(&HeaderMap::new(), &bare), None);
    }

    #[test]
    fn errors_have_statuses_for_those_who_want_them() {
        assert_eq!(status(102), StatusCode::NOT_FOUND);
        assert_eq!(status(107), StatusCode::BAD_REQUEST);
        assert_eq!(status(112), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(status(100), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
