//! The WebSocket handshake: checks it, answers it, takes the socket away from HTTP and gives it to
//! a shard of the hub.
//!
//! It never reads or writes a frame. Only HTTP/1.1 is taken, since a stream of HTTP/2 has no socket
//! of its own.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use tokio::net::TcpStream;
use wire::websocket::{accept_key, negotiate};

use base::limits::{SOCKET_UNACKNOWLEDGED_MS_MAX, SOCKET_UNSENT_BYTES_MAX};

use crate::door::Opening;
use crate::drive::hub::Hub;
use crate::drive::hub::crowd::Seat;
use crate::drive::hub::link::{Arrived, Arriving, Greeting};
use crate::drive::hub::pipe::Address;

const USER_AGENT_CHARS_MAX: usize = 256;

/// Decides who may open a socket at all.
pub trait Gate: Send + Sync + 'static {
    /// From which address the request comes.
    ///
    /// # Errors
    /// The answer to a request that is refused: a page of a foreign origin.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    fn admit(&self, parts: &Parts) -> Result<IpAddr, Response>;

    /// The headers that the operator's backend wants to see when it is asked who somebody is.
    fn wanted_headers(&self) -> &[HeaderName] {
        &[]
    }
}

/// What routes that open connections have at hand.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) hub: Hub,
    pub(crate) gate: Arc<dyn Gate>,
}

/// What a door makes of a handshake.
#[derive(Debug)]
pub(crate) struct Choice {
    /// What is spoken.
    pub(crate) opening: Opening,
    /// The subprotocol to answer with.
    pub(crate) protocol: Option<&'static str>,
    /// The connection that this socket may take over: it comes to the same shard.
    pub(crate) beside: Option<Address>,
}

impl Door {
    /// Answers a handshake with 101 and lets the socket arrive in the hub, or refuses it.
    pub(crate) fn upgrade(
        &self,
        request: Request,
        choose: impl FnOnce(&Parts) -> Result<Choice, Response>,
    ) -> Response {
        self.try_upgrade(request, choose)
            .unwrap_or_else(|refusal| refusal)
    }

    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    fn try_upgrade(
        &self,
        request: Request,
        choose: impl FnOnce(&Parts) -> Result<Choice, Response>,
    ) -> Result<Response, Response> {
        let (mut parts, _) = request.into_parts();
        let greeting = self.greet(&parts)?;
        let accept = handshake(&parts)?;
        let choice = choose(&parts)?;
        let seat = self.seat(&greeting)?;
        let Some(upgrade) = parts.extensions.remove::<hyper::upgrade::OnUpgrade>() else {
            let text = "this connection can not be upgraded";
            return Err((StatusCode::BAD_REQUEST, text).into_response());
        };
        let hub = self.hub.clone();
        let offers = lines(&parts.headers, header::SEC_WEBSOCKET_EXTENSIONS);
        let agreed = hub.deflates().then(|| negotiate(offers)).flatten();
        let deflate = agreed.is_some();
        let Choice {
            opening,
            protocol,
            beside,
        } = choice;
        tokio::spawn(async move {
            // An error is a client that hung up.
            if let Ok(upgraded) = upgrade.await
                && let Some(carrier) = take_back(upgraded, deflate)
            {
                let arrived = Arrived {
                    carrier,
                    opening,
                    greeting,
                    seat,
                };
                hub.arrive(arrived, beside.as_ref());
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
        if let Some(agreed) = agreed {
            response = response.header(header::SEC_WEBSOCKET_EXTENSIONS, agreed);
        }
        let response = response.body(Body::empty());
        Ok(response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
    }

    /// Where a request comes from, if it may come at all.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    pub(crate) fn greet(&self, parts: &Parts) -> Result<Greeting, Response> {
        let address = self.gate.admit(parts)?;
        let agent = text(&parts.headers, header::USER_AGENT);
        let user_agent = agent.map(|agent| agent.chars().take(USER_AGENT_CHARS_MAX).collect());
        Ok(Greeting {
            address,
            user_agent,
            headers: wanted(&parts.headers, self.gate.wanted_headers()),
            turn: parts.extensions.get().cloned(),
        })
    }

    /// A place for one more connection.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    pub(crate) fn seat(&self, greeting: &Greeting) -> Result<Seat, Response> {
        if self.hub.is_draining() {
            let text = "the server goes down";
            return Err((StatusCode::SERVICE_UNAVAILABLE, text).into_response());
        }
        self.hub.enter(greeting.address).ok_or_else(|| {
            let text = "too many connections from this address";
            (StatusCode::TOO_MANY_REQUESTS, text).into_response()
        })
    }
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

/// Copies, since the originals are views of a buffer of HTTP that would live as long as these.
fn wanted(headers: &HeaderMap, names: &[HeaderName]) -> Vec<(HeaderName, HeaderValue)> {
    let each = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        let copies = values.filter_map(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        let pairs: Vec<_> = copies.map(|value| (name.clone(), value)).collect();
        pairs
    };
    names.iter().flat_map(each).collect()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The lines of a header that may come more than once.
fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let all = headers.get_all(name).into_iter();
    all.filter_map(|line| line.to_str().ok())
}

/// The values of a header that is a list, however it is written.
pub(crate) fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = lines(headers, name).flat_map(|line| line.split(','));
    values.map(str::trim)
}

fn lists(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    values(headers, name).any(|value| value.eq_ignore_ascii_case(wanted))
}

/// Takes the socket back from HTTP and out of this runtime.
fn take_back(upgraded: Upgraded, deflate: bool) -> Option<Arriving> {
    let Ok(parts) = downcast::<TokioIo<TcpStream>>(upgraded) else {
        tracing::error!("a WebSocket came over something that is not a TCP stream");
        return None;
    };
    // A copy: the original is a view of a buffer of HTTP that would live as long as this one.
    let leftover = parts.read_buf.to_vec();
    let socket = parts.io.into_inner().into_std().ok()?;
    let settings = socket2::SockRef::from(&socket);
    let patience = Duration::from_millis(SOCKET_UNACKNOWLEDGED_MS_MAX);
    let prepared = settings.set_tcp_nodelay(true).is_ok()
        && settings.set_tcp_user_timeout(Some(patience)).is_ok()
        && settings
            .set_tcp_notsent_lowat(SOCKET_UNSENT_BYTES_MAX)
            .is_ok();
    prepared.then_some(Arriving::Socket {
        stream: socket,
        leftover,
        deflate,
    })
}
