//! The requests that open the door: handshakes in both versions of the path, and the question why
//! one failed.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use base::limits::CALL_NAME_BYTES_MAX;
use base::{PersonId, RoomId};
use domain::auth::session;
use domain::call::{CallName, Grants};
use wire::livekit::{Query as Asked, unwrap_join};

use super::session::Opening;
use super::{Desk, read};
use crate::app::Shared;
use crate::auth::access_token::{AccessKeys, Signer, TokenError, Verified};
use crate::clock;
use crate::door;
use crate::door::plain::bearer;
use crate::drive::calls::request::Arrangement;
use crate::handle;
use crate::net::ws::{Choice, Door};

/// Where the door is.
const PATHS: [(&str, Arrangement); 2] = [
    ("/rtc", Arrangement::Dual),
    ("/rtc/v1", Arrangement::Single),
];

/// What the routes have at hand.
#[derive(Clone)]
struct Ways {
    app: Shared,
    door: Door,
    desk: Desk,
}

/// Why somebody does not come in: a status, and a text as LiveKit has it.
type Refusal = (StatusCode, String);

/// The routes of the door; none when there are no calls.
pub(crate) fn router(app: &Shared, door: Door) -> Router {
    let Some(calls) = app.calls.clone() else {
        return Router::new();
    };
    let desk = Desk {
        calls,
        keys: Arc::clone(&app.access_keys),
    };
    let ways = Ways {
        app: Arc::clone(app),
        door,
        desk,
    };
    let mut router = Router::new();
    for (path, arrangement) in PATHS {
        let open = move |State(ways): State<Ways>, request: Request| async move {
            ways.open(request, arrangement).await
        };
        let validate = move |State(ways): State<Ways>, request: Request| async move {
            let (parts, _) = request.into_parts();
            readable(match ways.opening(&parts, arrangement).await {
                Ok(_) => "success".into_response(),
                Err(refusal) => refusal.into_response(),
            })
        };
        router = router
            .route(path, any(open))
            .route(&format!("{path}/validate"), get(validate));
    }
    router.with_state(ways)
}

/// Whether a request is this door's. Tokens open it, and never what a browser sends by itself, so
/// any page may ask.
pub(crate) fn judges(path: &str) -> bool {
    PATHS.iter().any(|(known, _)| *known == path)
}

fn readable(mut response: Response) -> Response {
    let all = HeaderValue::from_static("*");
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, all);
    let anywhere = HeaderValue::from_static("cross-origin");
    headers.insert("cross-origin-resource-policy", anywhere);
    response
}

impl Ways {
    #[expect(clippy::result_large_err, reason = "the refusal is the answer itself")]
    async fn open(&self, request: Request, arrangement: Arrangement) -> Response {
        let (parts, body) = request.into_parts();
        let opening = match self.opening(&parts, arrangement).await {
            Ok(opening) => opening,
            Err(refusal) => return readable(refusal.into_response()),
        };
        self.door.upgrade(Request::from_parts(parts, body), |_| {
            Ok(Choice {
                opening: door::Opening::LiveKit(Box::new(opening)),
                protocol: None,
                beside: None,
            })
        })
    }

    async fn opening(&self, parts: &Parts, arrangement: Arrangement) -> Result<Opening, Refusal> {
        let asked = Query::<Asked>::try_from_uri(&parts.uri);
        let Query(asked) = asked.map_err(|_| bad("the query can not be read"))?;
        let token = bearer(&parts.headers).unwrap_or(&asked.access_token);
        let token = verify(&self.desk.keys, token)?;
        let join = match arrangement {
            Arrangement::Single => unwrap_join(&asked.join_request)
                .map_err(|error| bad(&format!("join_request is {error}")))?,
            Arrangement::Dual => asked.join(),
        };
        let (call, grants) = entrance(&token)?;
        let grants = self.judge(&token, &call, grants).await?;
        Ok(Opening {
            desk: self.desk.clone(),
            call,
            token,
            grants,
            join,
            arrangement,
        })
    }

    /// What a member of a room may do in its call now, whatever their token said when it was made.
    async fn judge(
        &self,
        token: &Verified,
        call: &CallName,
        grants: Grants,
    ) -> Result<Grants, Refusal> {
        if token.signer != Signer::Plaza {
            return Ok(grants);
        }
        let room = call.as_str().parse::<RoomId>();
        let person = token.claims.identity().parse::<PersonId>();
        let (Ok(room), Ok(person)) = (room, person) else {
            return Err(denied());
        };
        let person = self.app.known.directory.person(person).ok_or_else(denied)?;
        let actor = session::actor(clock::now(), None, &person).map_err(|_| denied())?;
        let now = handle::calls::grants(&self.app, actor, room).await;
        let now = now.map_err(|problem| (StatusCode::FORBIDDEN, problem.to_string()))?;
        Ok(Grants {
            publish: now.speak,
            ..grants
        })
    }
}

fn bad(text: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, text.to_owned())
}

fn denied() -> Refusal {
    (StatusCode::UNAUTHORIZED, "permissions denied".to_owned())
}

fn verify(keys: &AccessKeys, token: &str) -> Result<Verified, Refusal> {
    let verified = keys.verify(token, clock::now());
    verified.map_err(|error| match error {
        TokenError::Missing => denied(),
        TokenError::Invalid | TokenError::UnknownKey | TokenError::NotNow => {
            (StatusCode::UNAUTHORIZED, error.to_string())
        }
    })
}

/// Into which call a token leads, and what it lets somebody do there.
fn entrance(token: &Verified) -> Result<(CallName, Grants), Refusal> {
    let video = token.claims.video.as_ref().filter(|video| video.room_join);
    let video = video.ok_or_else(denied)?;
    let name = &video.room;
    if name.is_empty() {
        return Err(bad("the token names no room"));
    }
    if name.len() > CALL_NAME_BYTES_MAX {
        return Err(bad("the name of the room is too long"));
    }
    if token.claims.identity().is_empty() {
        return Err(bad("the token names no identity"));
    }
    if !token.opens(name) {
        return Err(denied());
    }
    Ok((CallName::from(name.as_str()), read::grants(video)))
}
