//! `Idempotency-Key`: the same POST within a day gets the first answer, also after a restart.
//!
//! Only routes on a list are remembered: those that make something anew each time, and whose answer
//! holds neither a secret nor the text of a message. Kept per person and key, with a keyed hash of
//! the request, so that a key used twice for different things is told. Answers that ask to try
//! again are not kept. A post needs no memory here: its key becomes its client id ([`PostKey`]),
//! and the log itself remembers.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, PersonId, UnixMs, limits};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::{Command, Remembered};

use crate::app::{App, Shared};
use crate::clock;
use crate::net::caller::Caller;
use crate::problem::{Answer, Problem, render};
use crate::rest::extract;

const HEADER: &str = "idempotency-key";
const KEY_CHARS_MAX: usize = 64;
/// Answers that are kept, in bytes.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// Below which the routes lie.
const ROOT: &str = "/api/v1";
/// Routes that are remembered; `*` stands for any one part of the path.
const REMEMBERED: &[&[&str]] = &[
    &["rooms"],
    &["rooms", "*", "leave"],
    &["rooms", "*", "members"],
    &["invites"],
];

/// Keys whose first request is still under way, and what requests are hashed with.
pub struct UnderWay {
    /// Not in any backup: a hash of a request tells nothing to whoever holds one.
    secret: [u8; 32],
    entries: Mutex<HashSet<(PersonId, String)>>,
}

impl std::fmt::Debug for UnderWay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnderWay").finish_non_exhaustive()
    }
}

struct Claim<'a> {
    under_way: &'a UnderWay,
    entry: (PersonId, String),
}

impl UnderWay {
    /// With the server's secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            secret: *secret,
            entries: Mutex::default(),
        }
    }

    fn hash(&self, uri: &str, body: &[u8]) -> Answer<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).map_err(Problem::fault)?;
        for part in [b"idempotency", uri.as_bytes(), body] {
            mac.update(&part.len().to_be_bytes());
            mac.update(part);
        }
        Ok(mac.finalize().into_bytes().into())
    }

    fn claim(&self, person: PersonId, key: &str) -> Answer<Claim<'_>> {
        let entry = (person, key.to_owned());
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.insert(entry.clone()) {
            let detail = "The first request with this Idempotency-Key is still under way.";
            return Err(Problem::wait(Code::Busy, 500, detail));
        }
        Ok(Claim {
            under_way: self,
            entry,
        })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut entries = self
            .under_way
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        entries.remove(&self.entry);
    }
}

fn is_remembered(method: &Method, path: &str) -> bool {
    let Some(path) = path.strip_prefix(ROOT) else {
        return false;
    };
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let fits = |route: &&[&str]| {
        let same = |(wanted, part): (&&str, &&str)| *wanted == "*" || wanted == part;
        route.len() == parts.len() && route.iter().zip(&parts).all(same)
    };
    *method == Method::POST && REMEMBERED.iter().any(fits)
}

/// The key that a request carries.
fn key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_CHARS_MAX {
        let detail = format!("An Idempotency-Key has 1 to {KEY_CHARS_MAX} characters.");
        return Err(Problem::of(Code::BadRequest, "Idempotency-Key", detail));
    }
    Ok(Some(key.to_owned()))
}

/// The key of a post, for its client id.
#[derive(Debug, Clone)]
pub struct PostKey(pub Option<String>);

impl FromRequestParts<Shared> for PostKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Answer<Self> {
        key(&parts.headers).map(Self)
    }
}

fn still_holds(remembered: &Remembered, now: UnixMs) -> bool {
    now.since_ms(remembered.at) < limits::IDEMPOTENCY_LIFE_MS
}

fn replay(remembered: Remembered, hash: [u8; 32]) -> Answer<Response> {
    if remembered.request_hash != hash {
        let detail = "This Idempotency-Key was used for another request. Use a new one.";
        return Err(Problem::of(Code::BadRequest, "Idempotency-Key", detail));
    }
    let status = StatusCode::from_u16(remembered.status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((status, headers, remembered.body).into_response())
}

/// The middleware.
pub async fn remember(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if !is_remembered(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    match key(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => match once(&app, key, request, next).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        },
        Err(problem) => problem.into_response(),
    }
}

async fn once(app: &Shared, key: String, request: Request, next: Next) -> Answer<Response> {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return Err(Problem::fault("a route without the guard"));
    };
    // Without a person there is nobody to remember it for.
    let login = extract::login(app, request.headers(), &caller).await?;
    let person = login.person.id;
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(login);
    let bytes = extract::whole(body).await?;
    let hash = app.under_way.hash(&parts.uri.to_string(), &bytes)?;
    let _claim = app.under_way.claim(person, &key)?;
    let remembered = app.store.remembered(person, &key).await?;
    if let Some(remembered) = remembered.filter(|kept| still_holds(kept, clock::now())) {
        return replay(remembered, hash);
    }
    let response = next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await;
    keep(app, response, (person, key, hash), &caller.request_id).await
}

/// Whether an answer tells what somebody said: a direct room that was there already has a newest
/// message. Asking for it again finds the same room, so nothing is lost.
fn tells_messages(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Telling {
        #[serde(default)]
        last_message: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Telling>(body).is_ok_and(|told| told.last_message.is_some())
}

/// Keeps an answer, unless trying again may give a better one.
async fn keep(
    app: &App,
    response: Response,
    (person, key, request_hash): (PersonId, String, [u8; 32]),
    request_id: &str,
) -> Answer<Response> {
    let passing = response
        .extensions()
        .get::<Problem>()
        .is_some_and(|problem| {
            problem.code.is_temporary() || problem.code == Code::Unauthenticated
        });
    if passing || response.status().is_server_error() {
        return Ok(response);
    }
    let (parts, body) = render(response, request_id).into_parts();
    let bytes = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .map_err(Problem::fault)?;
    if tells_messages(&bytes) {
        return Ok(Response::from_parts(parts, Body::from(bytes)));
    }
    let remembered = Remembered {
        person,
        key,
        request_hash,
        status: parts.status.as_u16(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        at: clock::now(),
    };
    if let Ok(ticket) = app.writer.submit(Command::Remember(Box::new(remembered))) {
        ticket.await;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_routes_are_remembered() {
        let post = |path: &str| is_remembered(&Method::POST, &format!("/api/v1{path}"));
        for path in ["/rooms", "/rooms/r1/members", "/rooms/r1/leave", "/invites"] {
            assert!(post(path), "{path}");
        }
        for path in [
            "/session",
            "/setup",
            "/me/password",
            "/tokens",
            "/invites/7Q4M-XKTD/accept",
            "/people/u1/reset-password",
            "/rooms/r1/messages",
            "/filter/dry-run",
        ] {
            assert!(!post(path), "{path}");
        }
        assert!(!is_remembered(&Method::GET, "/api/v1/rooms"));
    }

    #[test]
    fn the_hash_of_a_request_needs_the_secret_of_the_server() {
        let hash = |secret: u8| UnderWay::new(&[secret; 32]).hash("/a", b"body").unwrap();
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
        let one = UnderWay::new(&[1; 32]);
        assert_ne!(
            one.hash("/ab", b"c").unwrap(),
            one.hash("/a", b"bc").unwrap()
        );
    }

    #[test]
    fn an_answer_holds_for_a_day() {
        let kept = Remembered {
            person: PersonId(1),
            key: "k".to_owned(),
            request_hash: [0; 32],
            status: 200,
            body: "{}".to_owned(),
            at: UnixMs(5),
        };
        let end = UnixMs(5).plus_ms(limits::IDEMPOTENCY_LIFE_MS);
        assert!(still_holds(&kept, UnixMs(end.0 - 1)));
        assert!(!still_holds(&kept, end));
    }

    #[test]
    fn an_answer_with_a_message_in_it_is_not_kept() {
        assert!(tells_messages(br#"{"last_message":{"excerpt":"hi"}}"#));
        assert!(!tells_messages(br#"{"last_message":null}"#));
        assert!(!tells_messages(b"{}"));
    }
}
