//! From a request to a plain WebSocket, or to a post.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base::{Code, limits};
use domain::hub::User;
use serde::Deserialize;

use super::post;
use super::routes::CHAT;
use super::session::{Opening, Way, Welcome};
use crate::app::{App, Shared};
use crate::assets;
use crate::config::plain::Route;
use crate::door;
use crate::handle::developer::bans;
use crate::net::caller::Caller;
use crate::net::origin;
use crate::net::ws::{Choice, Door};
use crate::problem::{Answer, Problem};

/// What a newcomer of a room is told first when nobody says otherwise.
const WELCOME: &str = "Welcome to the WebSocket chat room!";

/// What the routes have at hand.
#[derive(Clone)]
struct Ways {
    app: Shared,
    door: Door,
}

/// What a request asks for behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    token: String,
    history: String,
}

/// Who may come, to where, and with which first words.
struct Entry {
    way: Way,
    who: Welcome,
    greeting: Arc<str>,
    origins: Vec<String>,
}

/// The routes for texts, and the web app behind them: whatever is none of theirs is the app's.
pub(crate) fn router(app: Shared, door: Door) -> Router {
    Router::new()
        .route("/ws/{room}", any(room))
        .fallback(other)
        .with_state(Ways { app, door })
}

async fn room(State(ways): State<Ways>, Path(room): Path<String>, request: Request) -> Response {
    ways.open(request, |ways| ways.any_room(&room))
}

async fn other(State(ways): State<Ways>, request: Request) -> Response {
    let routes = &ways.app.routes;
    if let Some((place, _)) = routes.post(&request) {
        return post::serve(&ways.app, place, request).await;
    }
    if let Some((route, way)) = routes.socket(&request) {
        let entry = entry(route, way);
        return ways.open(request, |_| entry);
    }
    let (path, room) = CHAT;
    if request.uri().path() == path && super::routes::upgrades(request.headers()) {
        return ways.open(request, |ways| ways.any_room(room));
    }
    assets::serve(request).await
}

fn entry(route: &Route, way: Way) -> Entry {
    let usual = if route.is_room() { WELCOME } else { "" };
    Entry {
        way,
        who: if route.anonymous {
            Welcome::Anybody
        } else {
            Welcome::Token
        },
        greeting: route.welcome.as_deref().unwrap_or(usual).into(),
        origins: route.origins.clone(),
    }
}

/// The token of a request: programs send a header, browsers can not.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether somebody without a token may come from there.
///
/// # Errors
/// `forbidden` for an address that is banned.
pub(super) fn stranger(app: &App, caller: &Caller) -> Answer<()> {
    bans::check(app, &User::ANONYMOUS, caller.address).map_err(|_| {
        let detail = "Nobody may come from this address without a token.";
        Problem::new(Code::Forbidden, detail)
    })
}

impl Ways {
    /// Any room of the place.
    fn any_room(&self, room: &str) -> Entry {
        let plain = &self.app.routes.plain;
        Entry {
            way: Way::Room(room.into()),
            who: if plain.anonymous {
                Welcome::Anybody
            } else {
                Welcome::People
            },
            greeting: WELCOME.into(),
            origins: plain.origins.clone(),
        }
    }

    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    fn open(&self, request: Request, entry: impl FnOnce(&Self) -> Entry) -> Response {
        let entry = entry(self);
        self.door.upgrade(request, |parts| {
            let opening = self.opening(parts, entry).map_err(Problem::into_response)?;
            Ok(Choice {
                opening: door::Opening::Plain(Box::new(opening)),
                protocol: None,
                beside: None,
            })
        })
    }

    fn opening(&self, parts: &Parts, entry: Entry) -> Result<Opening, Problem> {
        let caller = parts.extensions.get::<Caller>();
        let caller = caller.ok_or_else(|| Problem::fault("a route without the guard"))?;
        let pages = (&self.app.origins, entry.origins.as_slice());
        origin::check_at(&parts.headers, caller, pages)?;
        // What can not be read asks for nothing.
        let asked = Query::<Asked>::try_from_uri(&parts.uri);
        let asked = asked.map_or_else(|_| Asked::default(), |Query(asked)| asked);
        let history: usize = asked.history.parse().unwrap_or(0);
        let token = bearer(&parts.headers).map_or(asked.token, str::to_owned);
        if token.is_empty() {
            stranger(&self.app, caller)?;
        }
        Ok(Opening {
            way: entry.way,
            who: entry.who,
            greeting: entry.greeting,
            token,
            history: history.min(limits::PLAIN_HISTORY_MAX),
            address: caller.address,
        })
    }
}
