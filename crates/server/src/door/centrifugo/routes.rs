//! The routes of the Centrifugo client protocol: one for each transport, and the one that brings
//! what clients without a socket send.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use base::limits::SOCKET_MESSAGE_BYTES_MAX;
use bytes::Bytes;
use domain::hub::Framing;
use wire::centrifugo::Encoding;

use super::{Manner, Opening};
use crate::door;
use crate::drive::hub::Hub;
use crate::drive::hub::shard::{Parcel, Taken};
use crate::net::ws::{Choice, Door, Gate, values};
use crate::net::{cors, stream};

/// The body of an emulated request: a message, written once more as a JSON string.
const EMULATION_BYTES_MAX: usize = 2 * SOCKET_MESSAGE_BYTES_MAX + 1_024;
const EVENTS: (Framing, &str) = (Framing::Events, "text/event-stream");
const LINES: (Framing, &str) = (Framing::Lines, "application/json");
const BARE: (Framing, &str) = (Framing::Bare, "application/octet-stream");

/// The routes of the Centrifugo client protocol. The server that carries them has to serve
/// connections with upgrades, on plain TCP streams.
pub fn router(hub: Hub, gate: Arc<dyn Gate>) -> Router {
    let door = Door { hub, gate };
    let shared = Router::new()
        .route("/connection/http_stream", post(http_stream))
        .route("/connection/sse", get(sse).post(sse))
        .route("/connection/uni_http_stream", post(uni_http_stream))
        .route("/connection/uni_sse", get(uni_sse).post(uni_sse))
        .route("/connection/init", get(init).post(init))
        .route("/emulation", post(emulation))
        .layer(middleware::from_fn_with_state(door.clone(), cors::share));
    Router::new()
        .route("/connection/websocket", get(websocket))
        .route("/connection/uni_websocket", get(uni_websocket))
        .merge(shared)
        .with_state(door)
}

/// A value of the query, decoded.
fn asked<'a>(parts: &'a Parts, name: &str) -> Option<Cow<'a, str>> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    decoded(value)
}

/// A form's value: `+` is a space, `%41` a byte. `None` when that is no text.
fn decoded(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains(['%', '+']) {
        return Some(Cow::Borrowed(value));
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        out.push(match first {
            b'+' => b' ',
            b'%' => {
                let (digits, behind) = rest.split_first_chunk::<2>()?;
                rest = behind;
                let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
                u8::try_from(high? << 4 | low?).ok()?
            }
            byte => *byte,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// The encoding that a WebSocket asks for, by subprotocol or by query, and the subprotocol to
/// answer with.
fn encoding(parts: &Parts) -> (Encoding, Option<&'static str>) {
    let known = [Encoding::Json, Encoding::Protobuf];
    for asked in values(&parts.headers, header::SEC_WEBSOCKET_PROTOCOL) {
        if let Some(encoding) = known.into_iter().find(|it| it.subprotocol() == asked) {
            return (encoding, Some(encoding.subprotocol()));
        }
    }
    let protobuf =
        ["cf_protocol", "format"].map(|name| asked(parts, name).as_deref() == Some("protobuf"));
    match protobuf {
        [false, false] => (Encoding::Json, None),
        [true, _] | [_, true] => (Encoding::Protobuf, None),
    }
}

/// The encoding that a body is written in.
fn body_encoding(headers: &HeaderMap) -> Encoding {
    let binary = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"application/octet-stream"));
    if binary {
        Encoding::Protobuf
    } else {
        Encoding::Json
    }
}

#[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
async fn websocket(State(door): State<Door>, request: Request) -> Response {
    door.upgrade(request, |parts| {
        let (encoding, protocol) = encoding(parts);
        let socket_pings = asked(parts, "cf_ws_frame_ping_pong").as_deref() == Some("true");
        Ok(Choice {
            opening: door::Opening::Centrifugo(Opening {
                encoding,
                manner: if socket_pings {
                    Manner::BothWithSocketPings
                } else {
                    Manner::Both
                },
                first: None,
            }),
            protocol,
            beside: None,
        })
    })
}

#[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
async fn uni_websocket(State(door): State<Door>, request: Request) -> Response {
    door.upgrade(request, |parts| {
        let first = asked(parts, "cf_connect").map(|it| Bytes::from(it.into_owned()));
        Ok(Choice {
            opening: opening(Encoding::Json, Manner::Listening, first),
            protocol: None,
            beside: None,
        })
    })
}

fn opening(encoding: Encoding, manner: Manner, first: Option<Bytes>) -> door::Opening {
    door::Opening::Centrifugo(Opening {
        encoding,
        manner,
        first,
    })
}

async fn open(
    door: &Door,
    parts: &Parts,
    (first, encoding, manner): (Bytes, Encoding, Manner),
    kind: (Framing, &'static str),
) -> Response {
    let opening = opening(encoding, manner, Some(first));
    door.stream(parts, opening, kind)
        .await
        .unwrap_or_else(|refusal| refusal)
}

async fn http_stream(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let encoding = body_encoding(&parts.headers);
    let kind = match encoding {
        Encoding::Json => LINES,
        Encoding::Protobuf => BARE,
    };
    match stream::message(body).await {
        Ok(first) => open(&door, &parts, (first, encoding, Manner::Both), kind).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn uni_http_stream(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match stream::message(body).await {
        Ok(first) => {
            let first = (first, Encoding::Json, Manner::Listening);
            open(&door, &parts, first, LINES).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn sse(State(door): State<Door>, request: Request) -> Response {
    events(&door, request, Manner::Both).await
}

async fn uni_sse(State(door): State<Door>, request: Request) -> Response {
    events(&door, request, Manner::Listening).await
}

/// Server-sent events: the first message comes in the query, or in the body of a POST.
async fn events(door: &Door, request: Request, manner: Manner) -> Response {
    let (parts, body) = request.into_parts();
    let first = match first(&parts, body).await {
        Ok(first) => first,
        Err(refusal) => return refusal.into_response(),
    };
    open(door, &parts, (first, Encoding::Json, manner), EVENTS).await
}

async fn first(parts: &Parts, body: Body) -> Result<Bytes, StatusCode> {
    if parts.method == Method::POST {
        return stream::message(body).await;
    }
    let asked = asked(parts, "cf_connect").map(|it| Bytes::from(it.into_owned()));
    Ok(asked.unwrap_or_default())
}

/// Some clients warm up their connection with it.
async fn init() -> Response {
    Json(serde_json::Map::new()).into_response()
}

/// Brings commands of a client without a socket. 404 tells it that its connection is gone, and it
/// opens another one.
async fn emulation(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let refuse = |status: StatusCode| status.into_response();
    if let Err(refusal) = door.greet(&parts) {
        return refusal;
    }
    let encoding = body_encoding(&parts.headers);
    let body = match stream::whole(body, EMULATION_BYTES_MAX).await {
        Ok(body) => body,
        Err(status) => return refuse(status),
    };
    let Ok(asked) = encoding.decode_emulation(&body) else {
        return refuse(StatusCode::BAD_REQUEST);
    };
    if asked.data.len() > SOCKET_MESSAGE_BYTES_MAX {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let Ok(address) = asked.session.parse() else {
        return refuse(StatusCode::NOT_FOUND);
    };
    match door.hub.parcel(address, Parcel::Binary(asked.data)).await {
        Taken::Unknown => refuse(StatusCode::NOT_FOUND),
        Taken::Open | Taken::Ended => refuse(StatusCode::NO_CONTENT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_query_are_decoded() {
        let parts = |query: &str| {
            let request = Request::get(format!("/x?{query}")).body(Body::empty());
            request.unwrap().into_parts().0
        };
        let found = |query: &str| asked(&parts(query), "a").map(Cow::into_owned);
        assert_eq!(found("b=1&a=2").as_deref(), Some("2"));
        assert_eq!(found("a=%7B%22x%22:+1%7D").as_deref(), Some("{\"x\": 1}"));
        for none in ["", "a", "b=a", "a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
