//! A message by POST, for pages and programs that know nothing of Plaza.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Code, PersonId, limits};
use domain::hub::{Delta, Framing, Language};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{bearer, stranger};
use crate::app::Shared;
use crate::config::post::PostRoute;
use crate::door::backend::{Backend as _, ClientId, Connect, Format, Refused};
use crate::handle::live::Live;
use crate::handle::post_list::{self, Sent};
use crate::net::caller::Caller;
use crate::net::origin;
use crate::problem::{Answer, Problem};

/// How long a browser may remember what it was told about other pages, in seconds.
const PREFLIGHT_S: u64 = 600;

#[derive(Deserialize)]
struct Message {
    message: Value,
}

/// Answers a request for the POST route at this place of the configuration.
pub(super) async fn serve(app: &Shared, place: usize, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(route) = app.routes.posts().get(place) else {
        return Problem::not_found().into_response();
    };
    let Some(caller) = parts.extensions.get::<Caller>() else {
        return Problem::fault("a route without the guard").into_response();
    };
    let pages = (&app.origins, route.origins.as_slice());
    if let Err(problem) = origin::check_at(&parts.headers, caller, pages) {
        return problem.into_response();
    }
    let page = parts.headers.get(ORIGIN).cloned();
    if parts.method == Method::OPTIONS {
        return open_to(page, StatusCode::NO_CONTENT.into_response());
    }
    let asks = Asks {
        place,
        headers: &parts.headers,
        caller,
    };
    let response = match take(app, route, asks, body).await {
        Ok(()) => axum::Json(json!({"status": "success"})).into_response(),
        Err(problem) => problem.into_response(),
    };
    open_to(page, response)
}

/// Lets the page read the answer. There is nothing in it that a cookie opened.
fn open_to(page: Option<HeaderValue>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("origin"));
    let Some(page) = page else {
        return response;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, page);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, authorization"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_S));
    response
}

struct Asks<'a> {
    place: usize,
    headers: &'a HeaderMap,
    caller: &'a Caller,
}

async fn take(app: &Shared, route: &PostRoute, asks: Asks<'_>, body: Body) -> Answer<()> {
    app.throttle.request_from(asks.caller.address)?;
    let person = who(app, route, &asks).await?;
    let bytes = to_bytes(body, limits::JSON_BODY_BYTES_MAX).await;
    let bytes =
        bytes.map_err(|_| Problem::new(Code::TooLarge, "This is more than one message."))?;
    let told = serde_json::from_slice::<Message>(&bytes).map_err(|_| {
        let detail = "Send JSON such as {\"message\": \"Hello\"}.";
        Problem::of(Code::BadRequest, "message", detail)
    })?;
    let sent = Sent {
        message: told.message,
        address: asks.caller.address,
        person,
    };
    post_list::take(app, (asks.place, route), sent).await
}

/// The person whose token came, none for people without an account.
async fn who(app: &Shared, route: &PostRoute, asks: &Asks<'_>) -> Answer<Option<PersonId>> {
    let Some(token) = bearer(asks.headers) else {
        return if route.anonymous {
            stranger(app, asks.caller)?;
            Ok(None)
        } else {
            let detail = "Send a token: Authorization: Bearer ….";
            Err(Problem::new(Code::Unauthenticated, detail))
        };
    };
    let connect = Connect {
        client: ClientId(rand::random()),
        format: Format {
            language: Language::Plain,
            framing: Framing::Bare,
            packed: false,
            delta: Delta::None,
        },
        token: token.to_owned(),
        name: "post".to_owned(),
        version: String::new(),
        data: bytes::Bytes::new(),
        address: asks.caller.address,
        user_agent: None,
        headers: Vec::new(),
        emulated: BTreeMap::new(),
    };
    match Live::new(app.clone()).connect(connect).await {
        // Who is let in to app channels is not a person, and posts only where anybody may.
        Ok(connected) if connected.person.is_none() && !route.anonymous => {
            let detail = "Send the token of somebody with an account here.";
            Err(Problem::new(Code::Unauthenticated, detail))
        }
        Ok(connected) => Ok(connected.person),
        Err(Refused::Error {
            temporary: true, ..
        }) => {
            let detail = "The token can not be looked at just now. Try again.";
            Err(Problem::wait(Code::Busy, 1_000, detail))
        }
        Err(Refused::Error { .. } | Refused::Disconnect { .. }) => Err(Problem::unauthenticated()),
    }
}
