//! LiveKit's server API: Twirp (version 7 of its wire protocol) over HTTP POST at
//! `/twirp/livekit.RoomService/<method>`, protobuf and JSON.
//!
//! Reads a request, looks at the token and its grants, writes the answer or Twirp's JSON of an
//! error. What the methods do is [`room_service`]'s. Rooms of the place are not there for the keys
//! of developers.

mod room_service;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base::limits::API_BODY_BYTES_MAX;
use domain::call::Refused;
use serde_json::json;
use wire::livekit::{Encoding, Malformed};

use crate::app::Shared;
use crate::auth::access_token::{TokenError, Verified};
use crate::clock;

const PROTOBUF: &str = "application/protobuf";
const JSON: &str = "application/json";

/// Twirp's codes of errors, those that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorCode {
    Malformed,
    InvalidArgument,
    NotFound,
    BadRoute,
    Unauthenticated,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Unimplemented,
    Unavailable,
}

impl ErrorCode {
    const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::InvalidArgument => "invalid_argument",
            Self::NotFound => "not_found",
            Self::BadRoute => "bad_route",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::ResourceExhausted => "resource_exhausted",
            Self::FailedPrecondition => "failed_precondition",
            Self::Unimplemented => "unimplemented",
            Self::Unavailable => "unavailable",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::InvalidArgument => StatusCode::BAD_REQUEST,
            Self::NotFound | Self::BadRoute => StatusCode::NOT_FOUND,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::FailedPrecondition => StatusCode::PRECONDITION_FAILED,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Why a call of the API is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TwirpError {
    code: ErrorCode,
    message: String,
}

impl TwirpError {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }
}

impl From<Refused> for TwirpError {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::NoCall | Refused::NoParticipant | Refused::NoTrack => ErrorCode::NotFound,
            Refused::Full | Refused::TooManyCalls => ErrorCode::ResourceExhausted,
            Refused::Forbidden => ErrorCode::PermissionDenied,
            Refused::TooLong => ErrorCode::InvalidArgument,
            Refused::Busy => ErrorCode::Unavailable,
        };
        Self::new(code, refused.to_string())
    }
}

impl From<TokenError> for TwirpError {
    fn from(error: TokenError) -> Self {
        Self::new(ErrorCode::Unauthenticated, error.to_string())
    }
}

impl From<Malformed> for TwirpError {
    fn from(malformed: Malformed) -> Self {
        Self::new(ErrorCode::Malformed, malformed.to_string())
    }
}

impl IntoResponse for TwirpError {
    fn into_response(self) -> Response {
        let body = json!({"code": self.code.name(), "msg": self.message});
        let head = [(header::CONTENT_TYPE, JSON)];
        (self.code.status(), head, body.to_string()).into_response()
    }
}

/// The routes.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/twirp/{service}/{method}", post(one))
        .layer(DefaultBodyLimit::max(API_BODY_BYTES_MAX))
}

/// One call.
async fn one(
    State(app): State<Shared>,
    Path((service, method)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&app, (&service, &method), &headers, &body).await {
        Ok((encoding, body)) => {
            metrics::counter!("plaza_livekit_api_calls_total").increment(1);
            let kind = match encoding {
                Encoding::Protobuf => PROTOBUF,
                Encoding::Json => JSON,
            };
            ([(header::CONTENT_TYPE, kind)], body).into_response()
        }
        Err(error) => {
            let code = error.code.name();
            metrics::counter!("plaza_livekit_api_errors_total", "code" => code).increment(1);
            error.into_response()
        }
    }
}

async fn answer(
    app: &Shared,
    (service, method): (&str, &str),
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Encoding, Vec<u8>), TwirpError> {
    if service != "livekit.RoomService" {
        let message = format!("{service} is not served here");
        return Err(TwirpError::new(ErrorCode::BadRoute, message));
    }
    let calls = app.calls.as_ref().ok_or_else(|| {
        TwirpError::new(
            ErrorCode::Unavailable,
            "calls are switched off on this server",
        )
    })?;
    let verified = app.access_keys.verify(bearer(headers), clock::now())?;
    let encoding = encoding(headers)?;
    let asked = room_service::Asked {
        calls,
        caller: &Caller(verified),
        encoding,
        body,
    };
    Ok((encoding, asked.answer(method).await?))
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION);
    let value = value.and_then(|value| value.to_str().ok());
    let parts = value.and_then(|value| value.split_once(' '));
    match parts {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) | None => "",
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, TwirpError> {
    let told = headers.get(header::CONTENT_TYPE);
    let told = told.and_then(|told| told.to_str().ok()).unwrap_or_default();
    let essence = told.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(PROTOBUF) {
        Ok(Encoding::Protobuf)
    } else if essence.eq_ignore_ascii_case(JSON) {
        Ok(Encoding::Json)
    } else {
        let message = format!("unexpected Content-Type: {told:?}");
        Err(TwirpError::new(ErrorCode::BadRoute, message))
    }
}

/// Who calls, and what their token grants.
#[derive(Debug)]
pub(super) struct Caller(Verified);

impl Caller {
    /// That rooms may be made and ended; this one is no room of the place.
    fn creates(&self, room: &str) -> Result<(), TwirpError> {
        let grant = self.0.claims.video.as_ref();
        self.allowed(grant.is_some_and(|it| it.room_create) && self.0.opens(room))
    }

    /// That rooms may be listed.
    fn lists(&self) -> Result<(), TwirpError> {
        let grant = self.0.claims.video.as_ref();
        self.allowed(grant.is_some_and(|it| it.room_list))
    }

    /// That this room may be looked into and moderated.
    fn keeps(&self, room: &str) -> Result<(), TwirpError> {
        let grant = self.0.claims.video.as_ref();
        let named = grant.is_some_and(|it| it.room_admin && it.room == room);
        self.allowed(named && !room.is_empty() && self.0.opens(room))
    }

    /// Whether the caller may know of this room.
    fn knows(&self, room: &str) -> bool {
        self.0.opens(room)
    }

    #[expect(clippy::unused_self, reason = "it is the caller who is allowed")]
    fn allowed(&self, is_so: bool) -> Result<(), TwirpError> {
        if is_so {
            return Ok(());
        }
        let code = ErrorCode::PermissionDenied;
        Err(TwirpError::new(code, "permissions denied"))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_encoding_of_the_answer_is_that_of_the_request() {
        let of = |value| encoding(&headers(header::CONTENT_TYPE, value));
        assert_eq!(of("application/protobuf"), Ok(Encoding::Protobuf));
        assert_eq!(of("application/json; charset=utf-8"), Ok(Encoding::Json));
        assert_eq!(of("text/plain").unwrap_err().code, ErrorCode::BadRoute);
    }

    #[test]
    fn a_token_comes_as_a_bearer() {
        let of = |value| bearer(&headers(header::AUTHORIZATION, value)).to_owned();
        assert_eq!(of("Bearer abc"), "abc");
        assert_eq!(of("bearer  abc"), "abc");
        assert_eq!(of("Basic abc"), "");
        assert_eq!(bearer(&HeaderMap::new()), "");
    }
}
