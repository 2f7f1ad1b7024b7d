//! Pages of other origins that the operator allows: what their browsers want to be told.
//!
//! It decides nothing: the gate has let the page in before anything is answered. Only the routes of
//! the real-time doors carry it, since nothing else is meant for other pages.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ws::Door;

/// How long a browser may keep the answer to a preflight, in seconds.
const PREFLIGHT_AGE_S: &str = "600";

/// Answers preflights itself, and lets the page read every other answer.
pub(crate) async fn share(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let asked = parts.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let asked = asked.cloned();
    let mut response = if parts.method == Method::OPTIONS {
        match door.greet(&parts) {
            Ok(_) => StatusCode::NO_CONTENT.into_response(),
            Err(refusal) => return refusal,
        }
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        allow(headers, origin, asked);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue, asked: Option<HeaderValue>) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let yes = HeaderValue::from_static("true");
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
    let methods = HeaderValue::from_static("GET, POST, OPTIONS");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let age = HeaderValue::from_static(PREFLIGHT_AGE_S);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, age);
    if let Some(asked) = asked {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
}
