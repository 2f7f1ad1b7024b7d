//! The WebSocket handshake: checks it, answers it, takes the socket away from HTTP and gives it to
//! a shard of the hub.
//!
//! It never reads or writes a frame. Only HTTP/1.1 is taken, since a stream of HTTP/2 has no socket
//! of its own.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use rustix::net::sockopt;
use tokio::net::TcpStream;
use wire::centrifugo::Encoding;
use wire::websocket::accept_key;

use base::limits::SOCKET_UNSENT_BYTES_MAX;

use crate::drive::hub::Hub;
use crate::drive::hub::link::{Arrived, Seat};

const USER_AGENT_CHARS_MAX: usize = 256;

/// Decides who may open a socket at all.
pub trait Gate: Send + Sync + 'static {
    /// From which address the request comes.
    ///
    /// # Errors
    /// The answer to a request that is refused: a page of a foreign origin.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    fn admit(&self, parts: &Parts) -> Result<IpAddr, Response>;
}

#[derive(Clone)]
struct Door {
    hub: Hub,
    gate: Arc<dyn Gate>,
}

/// The route of the Centrifugo client protocol. The server that carries it has to serve
/// connections with upgrades, on plain TCP streams.
pub fn router(hub: Hub, gate: Arc<dyn Gate>) -> Router {
    Router::new()
        .route("/connection/websocket", get(upgrade))
        .with_state(Door { hub, gate })
}

async fn upgrade(State(door): State<Door>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let address = match door.gate.admit(&parts) {
        Ok(address) => address,
        Err(refusal) => return refusal,
    };
    let accept = match handshake(&parts) {
        Ok(accept) => accept,
        Err(refusal) => return refusal,
    };
    if door.hub.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server goes down").into_response();
    }
    let Some(seat) = door.hub.enter(address) else {
        let text = "too many connections from this address";
        return (StatusCode::TOO_MANY_REQUESTS, text).into_response();
    };
    let Some(upgrade) = parts.extensions.remove::<hyper::upgrade::OnUpgrade>() else {
        return (
            StatusCode::BAD_REQUEST,
            "this connection can not be upgraded",
        )
            .into_response();
    };
    let (encoding, protocol) = encoding(&parts);
    let agent = text(&parts.headers, header::USER_AGENT);
    let user_agent = agent.map(|agent| agent.chars().take(USER_AGENT_CHARS_MAX).collect());
    tokio::spawn(async move {
        // An error is a client that hung up.
        if let Ok(upgraded) = upgrade.await {
            hand_over(&door.hub, upgraded, (encoding, address, user_agent, seat));
        }
    });
    let mut response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        response = response.header(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    let response = response.body(Body::empty());
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Checks the handshake (RFC 6455, 4.2.1) and gives the value of `Sec-WebSocket-Accept`.
#[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
fn handshake(parts: &Parts) -> Result<String, Response> {
    let refuse = |status: StatusCode, text: &'static str| (status, text).into_response();
    let headers = &parts.headers;
    if parts.version != Version::HTTP_11 || !lists(headers, header::UPGRADE, "websocket") {
        let asks = [
            (header::UPGRADE, "websocket"),
            (header::CONNECTION, "Upgrade"),
        ];
        let text = "this is the door for WebSockets over HTTP/1.1";
        return Err((StatusCode::UPGRADE_REQUIRED, asks, text).into_response());
    }
    if !lists(headers, header::CONNECTION, "upgrade") {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "Connection does not say upgrade",
        ));
    }
    if text(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        let knows = [(header::SEC_WEBSOCKET_VERSION, "13")];
        let text = "version 13 of the protocol is spoken here";
        return Err((StatusCode::UPGRADE_REQUIRED, knows, text).into_response());
    }
    let key = text(headers, header::SEC_WEBSOCKET_KEY).unwrap_or_default();
    accept_key(key).map_err(|_| refuse(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is not a key"))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The values of a header that is a list, however it is written.
fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers
        .get_all(name)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn lists(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    values(headers, name).any(|value| value.eq_ignore_ascii_case(wanted))
}

/// The encoding that the client asks for, by subprotocol or by query, and the subprotocol to answer
/// with.
fn encoding(parts: &Parts) -> (Encoding, Option<&'static str>) {
    let known = [Encoding::Json, Encoding::Protobuf];
    for asked in values(&parts.headers, header::SEC_WEBSOCKET_PROTOCOL) {
        if let Some(encoding) = known.into_iter().find(|it| it.subprotocol() == asked) {
            return (encoding, Some(encoding.subprotocol()));
        }
    }
    let query = parts.uri.query().unwrap_or_default();
    let protobuf = query
        .split('&')
        .any(|it| matches!(it, "cf_protocol=protobuf" | "format=protobuf"));
    (
        if protobuf {
            Encoding::Protobuf
        } else {
            Encoding::Json
        },
        None,
    )
}

/// Takes the socket back from HTTP and out of this runtime, and gives it to a shard.
fn hand_over(
    hub: &Hub,
    upgraded: Upgraded,
    (encoding, address, user_agent, seat): (Encoding, IpAddr, Option<String>, Seat),
) {
    let Ok(parts) = downcast::<TokioIo<TcpStream>>(upgraded) else {
        tracing::error!("a WebSocket came over something that is not a TCP stream");
        return;
    };
    // A copy: the original is a view of a buffer of HTTP that would live as long as this one.
    let leftover = parts.read_buf.to_vec();
    let Ok(socket) = parts.io.into_inner().into_std() else {
        return;
    };
    let prepared = sockopt::set_tcp_nodelay(&socket, true).is_ok()
        && socket2::SockRef::from(&socket)
            .set_tcp_notsent_lowat(SOCKET_UNSENT_BYTES_MAX)
            .is_ok();
    if prepared {
        hub.arrive(Arrived {
            socket,
            leftover,
            encoding,
            address,
            user_agent,
            seat,
        });
    }
}
