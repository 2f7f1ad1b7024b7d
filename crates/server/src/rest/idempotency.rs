//! `Idempotency-Key`: the same POST within a day gets the first answer, also after a restart.
//!
//! Kept per person and key, with a hash of the request, so that a key used twice for different
//! things is told. Answers that hold a secret are not kept, nor those that ask to try again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, PersonId, limits};
use sha2::{Digest, Sha256};
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
/// Routes whose answer holds a secret, which the server never keeps in the clear.
const SECRET: &[&str] = &["/tokens", "/reset-password", "/socket-token"];

/// Keys whose first request is still under way.
#[derive(Debug, Default)]
pub struct UnderWay(Mutex<HashSet<(PersonId, String)>>);

struct Claim<'a> {
    under_way: &'a UnderWay,
    entry: (PersonId, String),
}

impl UnderWay {
    fn claim(&self, person: PersonId, key: &str) -> Answer<Claim<'_>> {
        let entry = (person, key.to_owned());
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        entries.remove(&self.entry);
    }
}

/// The key, when this request is one to remember.
fn key(request: &Request) -> Answer<Option<String>> {
    let path = request.uri().path();
    let concerned = *request.method() == Method::POST
        && !SECRET.iter().any(|ending| path.ends_with(ending))
        && !path.ends_with("/files");
    let Some(value) = request.headers().get(HEADER).filter(|_| concerned) else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_CHARS_MAX {
        let detail = format!("An Idempotency-Key has 1 to {KEY_CHARS_MAX} characters.");
        return Err(Problem::of(Code::BadRequest, "Idempotency-Key", detail));
    }
    Ok(Some(key.to_owned()))
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
    match key(&request) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => match once(&app, key, request, next).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        },
        Err(problem) => problem.into_response(),
    }
}

async fn person(app: &Shared, headers: &HeaderMap, caller: Option<&Caller>) -> Option<PersonId> {
    let login = extract::login(app, headers, caller?).await.ok()?;
    Some(login.person.id)
}

async fn once(app: &Shared, key: String, request: Request, next: Next) -> Answer<Response> {
    let caller = request.extensions().get::<Caller>().cloned();
    // Without a person there is nobody to remember it for; the route says what is missing.
    let Some(person) = person(app, request.headers(), caller.as_ref()).await else {
        return Ok(next.run(request).await);
    };
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, limits::JSON_BODY_BYTES_MAX)
        .await
        .map_err(|_| Problem::new(Code::TooLarge, "This request is too large."))?;
    let mut hasher = Sha256::new();
    hasher.update(parts.uri.to_string());
    hasher.update([0]);
    hasher.update(&bytes);
    let hash: [u8; 32] = hasher.finalize().into();
    let _claim = app.under_way.claim(person, &key)?;
    if let Some(remembered) = app.store.remembered(person, &key).await? {
        return replay(remembered, hash);
    }
    let response = next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await;
    let request_id = caller.map(|caller| caller.request_id).unwrap_or_default();
    keep(app, response, (person, key, hash), &request_id).await
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
