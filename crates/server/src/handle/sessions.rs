//! Sessions: who is behind a cookie or a token, what is open, and ending it.

use std::net::IpAddr;

use base::{Code, PersonId, SessionId};
use domain::auth::{Person, Session, session};
use store::{Command, Done, Outcome, StartSession};

use super::{Login, commit, refused, submit, unexpected};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::drive::publisher::{COME_BACK, LOGIN_ENDED};
use crate::problem::{Answer, Problem};
use crate::view::account::{self as view, Sessions, SocketToken};

/// An API token is noted as used at most this often, in milliseconds.
const TOUCH_MS: u64 = 3600 * 1000;

/// Where a login comes from.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The address.
    pub address: IpAddr,
    /// The browser, as it names itself.
    pub user_agent: String,
}

/// Begins a session and returns the secret for the cookie. `person` is the record whose password
/// was verified.
///
/// # Errors
/// `wrong_password` for a locked account, and when the password was replaced meanwhile.
pub(super) async fn begin(app: &App, person: &Person, visit: &Visit) -> Answer<String> {
    let secret = secret::session();
    let login = session::Login {
        id: SessionId(clock::mint()),
        secret_hash: secret::hash(&secret),
        user_agent: &visit.user_agent,
        address: &visit.address.to_string(),
    };
    let session = session::begin(clock::now(), person, login)?;
    let start = StartSession {
        session,
        password_hash: person.password_hash.clone(),
    };
    match submit(app, Command::StartSession(Box::new(start)))?.await {
        Outcome::Done(_) | Outcome::Duplicate(_) => Ok(secret),
        Outcome::Refused(Code::WrongPassword) => Err(session::wrong_password().into()),
        Outcome::Refused(code) => Err(refused(code)),
        Outcome::Fault(fault) => Err(fault.into()),
    }
}

/// Who is behind a session cookie.
///
/// # Errors
/// `unauthenticated` when the session is unknown or over, or the account locked.
pub async fn by_cookie(app: &App, secret: &str) -> Answer<Login> {
    let found = app.store.session_by_secret(&secret::hash(secret)).await?;
    let (session, person) = found.ok_or_else(Problem::unauthenticated)?;
    let now = clock::now();
    session::actor(now, Some(&session), &person)?;
    if let Some(touched) = session.touched(now) {
        // Nobody waits for this: losing it only makes the session look an hour older.
        let _ = submit(
            app,
            Command::TouchSession {
                session: touched.id,
                at: touched.last_seen_at,
                expires_at: touched.expires_at,
            },
        );
    }
    Ok(Login {
        person: person.into(),
        session: Some(session.id),
    })
}

/// Who is behind an API token.
///
/// # Errors
/// `unauthenticated` when the token is unknown, or the account locked.
pub async fn by_token(app: &App, token: &str) -> Answer<Login> {
    if !token.starts_with(secret::TOKEN_PREFIX) {
        return Err(Problem::unauthenticated());
    }
    let found = app.store.token_by_secret(&secret::hash(token)).await?;
    let (token, person) = found.ok_or_else(Problem::unauthenticated)?;
    let now = clock::now();
    session::actor(now, None, &person)?;
    if token
        .last_used_at
        .is_none_or(|at| now.since_ms(at) >= TOUCH_MS)
    {
        let _ = submit(
            app,
            Command::TouchToken {
                token: token.id,
                at: now,
            },
        );
    }
    Ok(Login {
        person: person.into(),
        session: None,
    })
}

/// Whether a session that a signed token names is still open.
///
/// # Errors
/// `unauthenticated` when it is not, or the account is locked.
pub async fn is_open(app: &App, person: PersonId, session: SessionId) -> Answer<()> {
    let open = app.store.sessions_of(person).await?;
    let now = clock::now();
    let record = app
        .known
        .directory
        .person(person)
        .ok_or_else(Problem::unauthenticated)?;
    let found = open.iter().find(|open| open.id == session);
    let found = found.ok_or_else(Problem::unauthenticated)?;
    session::actor(now, Some(found), &record)?;
    Ok(())
}

/// The open sessions of a person.
///
/// # Errors
/// A fault.
pub async fn list(app: &App, login: &Login) -> Answer<Sessions> {
    let mut records = app.store.sessions_of(login.person.id).await?;
    let now = clock::now();
    records.retain(|record| record.is_alive(now));
    records.sort_unstable_by_key(|record| std::cmp::Reverse(record.created_at));
    let sessions = records
        .iter()
        .map(|record| view::session(record, login.session))
        .collect();
    Ok(Sessions { sessions })
}

/// Ends one session of a person; its sockets close at once.
///
/// # Errors
/// `not_found` when it is not theirs or over already, `forbidden` for an API token.
pub async fn end(app: &App, login: &Login, session: SessionId) -> Answer<()> {
    login.in_person()?;
    let command = Command::EndSession {
        person: login.person.id,
        session,
    };
    let Done::Ended(ended) = commit(app, command).await? else {
        return Err(unexpected());
    };
    if ended.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(())
}

/// Cuts the connections of logins that a new password ended: those of sessions for good, the others
/// so that they come back and those with a revoked token find the door closed. `open` are the
/// sessions as they were before.
pub(super) fn cut_off(
    app: &App,
    person: PersonId,
    (open, except): (&[Session], Option<SessionId>),
) {
    for ended in open.iter().filter(|open| Some(open.id) != except) {
        app.hub.disconnect_session(ended.id, LOGIN_ENDED);
    }
    app.hub.disconnect_user(person, COME_BACK);
}

/// A token for the live connection of this login.
///
/// # Errors
/// `bad_request` for an API token: that connects by itself.
pub fn socket_token(app: &App, login: &Login) -> Answer<SocketToken> {
    let Some(session) = login.session else {
        let detail = "An API token connects by itself: use it in place of the socket token.";
        return Err(Problem::new(Code::BadRequest, detail));
    };
    let (token, expires_at) = app
        .socket_tokens
        .sign(login.person.id, session, clock::now())?;
    Ok(SocketToken { token, expires_at })
}
