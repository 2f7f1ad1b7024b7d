//! The requests of Engine.IO: polls, posts, handshakes, and what a browser asks before.
//!
//! Every answer says which page may read it, errors too, since the clients of this protocol read
//! errors. No cookie is ever looked at here, so a page that may connect borrows nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use domain::hub::Framing;
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::oneshot;
use tokio::time::timeout;
use wire::engineio::{Asked, ErrorCode, Transport, payload};

use super::session::{Opening, Role};
use crate::config::Origins;
use crate::drive::hub::Hub;
use crate::drive::hub::link::{Arrived, Arriving};
use crate::drive::hub::pipe::{Address, Attached, PipeReader};
use crate::drive::hub::shard::{Parcel, Taken};
use crate::handle::namespaces::Namespaces;
use crate::net::caller::Caller;
use crate::net::origin;
use crate::net::ws::{Choice, Door};

/// How long a browser may remember what it was told about other pages.
const PREFLIGHT_S: &str = "86400";
/// Clients written in Python take no more packets in one answer, whatever their server does.
const PYTHON: (&str, usize) = ("python", 16);
/// Where the door is. Clients mostly, not always, write the slash.
const PATHS: [&str; 2] = ["/socket.io/", "/socket.io"];

/// What the routes have at hand.
#[derive(Clone)]
struct Desk {
    door: Door,
    namespaces: Arc<Namespaces>,
    origins: Origins,
    /// Pages that may connect, beside those.
    more: Arc<[String]>,
}

/// The routes of the door; none when it is closed.
pub(crate) fn router(door: Door, namespaces: Arc<Namespaces>, origins: Origins) -> Router {
    if !namespaces.settings().enabled {
        return Router::new();
    }
    let more = namespaces.origins().into();
    let desk = Desk {
        door,
        namespaces,
        origins,
        more,
    };
    let [with_slash, without] = PATHS;
    Router::new()
        .route(with_slash, any(serve))
        .route(without, any(serve))
        .with_state(desk)
}

/// Whether a request is this door's, which looks at the page behind it itself.
pub(crate) fn judges(path: &str) -> bool {
    PATHS.contains(&path)
}

async fn serve(State(desk): State<Desk>, request: Request) -> Response {
    let page = request.headers().get(header::ORIGIN).cloned();
    if !desk.admits(&request) {
        return refused(ErrorCode::Forbidden);
    }
    let response = if request.method() == Method::OPTIONS {
        preflight(request.headers())
    } else {
        desk.answer(request).await.unwrap_or_else(|refusal| refusal)
    };
    readable(response, page)
}

/// What a browser is told before it sends what a page made.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("GET, POST");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let usual = HeaderValue::from_static("content-type");
    let allowed = wanted.cloned().unwrap_or(usual);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    let age = HeaderValue::from_static(PREFLIGHT_S);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, age);
    response
}

/// Lets the page that asked, which may, read the answer.
fn readable(mut response: Response, page: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-transform"),
    );
    if let Some(page) = page {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page);
        let yes = HeaderValue::from_static("true");
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
    }
    response
}

fn refused(code: ErrorCode) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, code.body()).into_response()
}

fn text(body: impl Into<Body>) -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=UTF-8")];
    (plain, body.into()).into_response()
}

/// The body of a poll. A client that hangs up before it was taken has lost what was in it, so its
/// session ends.
struct Polled {
    body: Option<Bytes>,
    session: Unanswered,
}

/// Ends the session when dropped before [`Unanswered::answered`].
struct Unanswered {
    open: Option<(Hub, Address)>,
}

impl Unanswered {
    fn answered(&mut self) {
        self.open = None;
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some((hub, address)) = self.open.take() {
            hub.give_up(address);
        }
    }
}

impl HttpBody for Polled {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let body = self.body.take();
        self.session.answered();
        Poll::Ready(body.map(|body| Ok(Frame::data(body))))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        let left = self.body.as_ref().map_or(0, Bytes::len);
        hyper::body::SizeHint::with_exact(left as u64)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }
}

type Answer = Result<Response, Response>;

/// How many packets the client takes in one answer.
fn packets_max(headers: &HeaderMap) -> usize {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    let (python, max) = PYTHON;
    match agent {
        Some(agent) if agent.to_ascii_lowercase().contains(python) => max,
        Some(_) | None => usize::MAX,
    }
}

/// Answers with what was read, as far as the client takes it; the rest waits for the next poll.
fn fill(reader: &mut PipeReader, batch: Vec<Bytes>, packets_max: usize, body: &mut Vec<u8>) {
    let mut left = packets_max;
    let mut rest = Vec::new();
    for frames in batch {
        let (packets, unanswered) = payload::from_some_frames(&frames, left, body);
        left -= packets;
        if !unanswered.is_empty() {
            rest.push(frames.slice_ref(unanswered));
        }
    }
    for frames in rest.into_iter().rev() {
        reader.put_back(frames);
    }
}

impl Desk {
    /// Whether the page behind a request may connect.
    fn admits(&self, request: &Request) -> bool {
        let caller = request.extensions().get::<Caller>();
        caller.is_some_and(|caller| {
            let pages = (&self.origins, &*self.more);
            origin::check_at(request.headers(), caller, pages).is_ok()
        })
    }

    async fn answer(&self, request: Request) -> Answer {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let asked = Asked::from_query(&query).map_err(refused)?;
        let address = asked
            .sid
            .map(|sid| sid.parse::<Address>())
            .transpose()
            .map_err(|_| refused(ErrorCode::UnknownSession))?;
        let get = request.method() == Method::GET;
        match (asked.transport, address) {
            (Transport::WebSocket, beside) => self.upgrade(request, beside),
            (Transport::Polling, None) if get => self.open(request).await,
            (Transport::Polling, None) => Err(refused(ErrorCode::BadHandshakeMethod)),
            (Transport::Polling, Some(address)) if get => {
                let packets_max = packets_max(request.headers());
                self.poll(address, packets_max).await
            }
            (Transport::Polling, Some(address)) if request.method() == Method::POST => {
                self.post(request, address).await
            }
            (Transport::Polling, Some(_)) => Err(refused(ErrorCode::BadRequest)),
        }
    }

    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    fn opening(&self, parts: &Parts, role: Role) -> Result<Opening, Response> {
        let caller = parts.extensions.get::<Caller>();
        let caller = caller.ok_or_else(|| refused(ErrorCode::Forbidden))?;
        let page = parts.headers.get(header::ORIGIN);
        let page = page.and_then(|page| page.to_str().ok());
        Ok(Opening {
            namespaces: Arc::clone(&self.namespaces),
            role,
            address: caller.address,
            page: page
                .filter(|page| !origin::is_own(page, caller))
                .map(str::to_owned),
        })
    }

    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    fn upgrade(&self, request: Request, beside: Option<Address>) -> Answer {
        if !request.headers().contains_key(header::UPGRADE) {
            return Err(refused(ErrorCode::BadRequest));
        }
        Ok(self.door.upgrade(request, |parts| {
            let role = beside.map_or(Role::Socket, Role::Upgrade);
            let opening = self.opening(parts, role)?;
            Ok(Choice {
                opening: crate::door::Opening::SocketIo(Box::new(opening)),
                protocol: None,
                beside,
            })
        }))
    }

    /// Opens a session that polls.
    async fn open(&self, request: Request) -> Answer {
        let (parts, _) = request.into_parts();
        let greeting = self.door.greet(&parts)?;
        let opening = self.opening(&parts, Role::Polls)?;
        let seat = self.door.seat(&greeting)?;
        let (first, reader) = oneshot::channel();
        let arrived = Arrived {
            carrier: Arriving::Pipe(Framing::Frames, first),
            opening: crate::door::Opening::SocketIo(Box::new(opening)),
            greeting,
            seat,
        };
        self.door.hub.arrive(arrived, None);
        let (reader, address) = reader
            .await
            .map_err(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())?;
        Ok(self.answered(reader, (address, usize::MAX)).await)
    }

    async fn poll(&self, address: Address, packets_max: usize) -> Answer {
        match self.door.hub.read(address).await {
            Attached::Reader(reader) => Ok(self.answered(reader, (address, packets_max)).await),
            // Two polls at once: one of them would get what the other one misses.
            Attached::Taken => {
                self.door.hub.give_up(address);
                Err(refused(ErrorCode::BadRequest))
            }
            Attached::Unknown => Err(refused(ErrorCode::UnknownSession)),
        }
    }

    /// Waits for something to answer a poll with.
    async fn answered(
        &self,
        mut reader: PipeReader,
        (address, packets_max): (Address, usize),
    ) -> Response {
        let mut session = Unanswered {
            open: Some((self.door.hub.clone(), address)),
        };
        let mut body = Vec::new();
        match reader.batch().await {
            Some(batch) => fill(&mut reader, batch, packets_max, &mut body),
            // The session has gone on over a WebSocket, or is over.
            None => session.answered(),
        }
        if body.is_empty() {
            payload::append(&wire::engineio::Packet::Noop, &mut body);
        }
        let body = Some(body.into());
        text(Body::new(Polled { body, session }))
    }

    async fn post(&self, request: Request, address: Address) -> Answer {
        let bytes_max = self.namespaces.settings().max_payload_bytes;
        let body = to_bytes(request.into_body(), bytes_max);
        // Who sends a body slower than a heartbeat has no session any more.
        let Ok(body) = timeout(self.namespaces.patience(), body).await else {
            return Err(StatusCode::REQUEST_TIMEOUT.into_response());
        };
        let Ok(body) = body else {
            self.door.hub.give_up(address);
            return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        let sound = payload::packets(&body).is_ok();
        let Ok(body) = String::from_utf8(body.into()) else {
            self.door.hub.give_up(address);
            return Err(refused(ErrorCode::BadRequest));
        };
        match self.door.hub.parcel(address, Parcel::Text(body)).await {
            Taken::Unknown => Err(refused(ErrorCode::UnknownSession)),
            Taken::Open | Taken::Ended if sound => Ok(text("ok")),
            Taken::Open | Taken::Ended => Err(refused(ErrorCode::BadRequest)),
        }
    }
}
