//! What every request passes: an id, a look at where it comes from, headers for browsers, and a net
//! under it that turns a panic into a fault, and a change is carried out to its end even when its
//! client hangs up.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, limits};
use tokio::task::{AbortHandle, JoinError};

use crate::app::App;
use crate::auth::cookie;
use crate::config::Network;
use crate::door::{livekit, socketio};
use crate::net::caller::{self, Caller};
use crate::net::origin;
use crate::net::ws::Gate;
use crate::problem::{Answer, Problem, render};

/// Scripts, styles and pictures come from here only; nobody puts the app in a frame. `style-src`
/// allows inline styles because the interface library sets them on elements.
const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; \
     media-src 'self' blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; \
     object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

fn content_policy(caller: &Caller) -> HeaderValue {
    // Older browsers do not count ws: under 'self', so the socket of this host is named.
    let sockets = match &caller.host {
        Some(host) if host.bytes().all(is_host_byte) => format!(" ws://{host} wss://{host}"),
        Some(_) | None => String::new(),
    };
    let text = format!("{CONTENT_POLICY}; connect-src 'self'{sockets}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(CONTENT_POLICY))
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
}

fn set_default(headers: &mut HeaderMap, name: header::HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

fn secure_headers(headers: &mut HeaderMap, caller: &Caller) {
    set_default(
        headers,
        header::CONTENT_SECURITY_POLICY,
        content_policy(caller),
    );
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        set_default(headers, name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&caller.request_id) {
        headers.insert("x-request-id", value);
    }
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Where connections are opened by reading alone.
const LIVE: [&str; 3] = ["/connection/", "/emulation", "/socket.io/"];

/// Whether the request changes something or opens a connection, so that the page behind it matters.
fn acts(request: &Request) -> bool {
    let path = request.uri().path();
    !reads(request.method())
        || request.headers().contains_key(header::UPGRADE)
        || LIVE.iter().any(|live| path.starts_with(live))
}

/// Ends a task when nobody waits for it any more.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn panic_text(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else {
        return "it was ended".to_owned();
    };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// Refuses heads that nobody needs: they are kept and looked through for each request.
fn heads(headers: &HeaderMap) -> Answer<()> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if headers.len() <= limits::REQUEST_HEADS_MAX && bytes <= limits::REQUEST_HEADS_BYTES_MAX {
        return Ok(());
    }
    let detail = "The heads of this request are too many or too long. Clear this site's cookies.";
    Err(Problem::new(Code::HeadersTooLarge, detail))
}

async fn run(app: &App, caller: &Caller, request: Request, next: Next) -> Response {
    if let Err(problem) = heads(request.headers()) {
        return problem.into_response();
    }
    let path = request.uri().path();
    let judged =
        app.routes.judge(&request) || socketio::http::judges(path) || livekit::http::judges(path);
    if acts(&request) && !judged {
        // A bearer token is not sent by a browser on its own, so no page can borrow it.
        let bearer = request.headers().contains_key(header::AUTHORIZATION)
            && cookie::read(request.headers(), caller.secure).is_none();
        if !bearer && let Err(problem) = origin::check(request.headers(), caller, &app.origins) {
            return problem.into_response();
        }
    }
    let reads = reads(request.method());
    // hyper drops this future when the client hangs up. A change of several steps goes on all the
    // same, in a task of its own; an answer that nobody reads is not made.
    let task = tokio::spawn(next.run(request));
    let _end = reads.then(|| AbortOnDrop(task.abort_handle()));
    match task.await {
        Ok(response) => response,
        Err(error) => {
            let text = panic_text(error);
            Problem::fault(format!("a request panicked: {text}")).into_response()
        }
    }
}

/// What the socket door asks about a handshake. The guard has looked at it before the door did.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The headers that the operator's backend wants to see.
    pub wanted_headers: Vec<HeaderName>,
}

impl Gate for Passed {
    fn admit(&self, parts: &Parts) -> Result<IpAddr, Response> {
        let caller = parts.extensions.get::<Caller>();
        caller.map(|caller| caller.address).ok_or_else(|| {
            Problem::fault("a handshake that did not pass the guard").into_response()
        })
    }

    fn wanted_headers(&self) -> &[HeaderName] {
        &self.wanted_headers
    }
}

/// The method as a label of a figure. Peers may send any word for one, and every label that was
/// ever used is kept.
fn verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}

/// Tells the operator, once, of a proxy that the configuration does not name.
fn notice_proxy(headers: &HeaderMap, peer: SocketAddr, trusted: &[Network]) {
    static TOLD: Once = Once::new();
    if !TOLD.is_completed() && caller::is_unnamed_proxy(headers, peer, trusted) {
        TOLD.call_once(|| {
            tracing::warn!(
                peer = %peer.ip(),
                "a request came with X-Forwarded-For from a peer that is not in \
                 listen.trusted_proxies: if that is your proxy, name it there, or all its clients \
                 count as one address and cookies go without Secure"
            );
        });
    }
}

/// The outermost layer.
pub async fn guard(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    notice_proxy(&parts.headers, peer, &app.trusted_proxies);
    let caller = Caller::of(&parts, peer, &app.trusted_proxies);
    parts.extensions.insert(caller.clone());
    let verb = verb(&parts.method);
    let request = Request::from_parts(parts, body);
    let response = run(&app, &caller, request, next).await;
    let code = response
        .extensions()
        .get::<Problem>()
        .map_or("ok", |problem| problem.code.name());
    let lane = response
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", |_| "rest");
    metrics::counter!("plaza_http_requests_total", "verb" => verb, "code" => code).increment(1);
    metrics::histogram!("plaza_http_request_seconds", "lane" => lane)
        .record(started.elapsed().as_secs_f64());
    let mut response = render(response, &caller.request_id);
    secure_headers(response.headers_mut(), &caller);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_share_one_label() {
        assert_eq!(verb(&Method::PATCH), "PATCH");
        for made_up in ["AAAA1", "get", "PROPFIND"] {
            assert_eq!(verb(&made_up.parse().unwrap()), "other");
        }
    }
}
