//! Calls in rooms: coming in, seeing who is there, keeping order, turning one down.
//!
//! Answers with tokens of Plaza's own; the media and its signalling are `drive/calls`'. What comes
//! of it in logs and on people's streams is kept by `drive/attendance`.

use base::limits::CALL_TOKEN_LIFE_MS;
use base::{Code, PersonId, RoomId};
use domain::auth::permit::{Actor, Verb};
use domain::call::{CallName, CallOptions, Identity, Participant, Refused, Source};
use domain::chat::RoomKind;
use domain::chat::call::{self, Grants};
use serde_json::json;
use store::{Command, LetSpeak};
use wire::livekit::{Claims, VideoGrant};

use super::{Facts, Login, commit, facts};
use crate::app::App;
use crate::auth::access_token::Signer;
use crate::clock;
use crate::drive::calls::Calls;
use crate::drive::publisher::tell_people;
use crate::net::caller::Caller;
use crate::problem::{Answer, Problem};
use crate::view;
use crate::view::call::{Attended, Ticket};
use crate::view::live::Own;

/// How long a call waits for the first person, in seconds: as long as they may take to choose a
/// microphone.
const EMPTY_S: u32 = 120;
/// How long it goes on without anybody, in seconds: somebody whose network changes comes back.
const DEPARTURE_S: u32 = 5;

/// What a moderator wants of somebody in a call; what is left out stays.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `true` silences their microphone. Nobody but they themselves can switch it on again.
    #[serde(default)]
    pub muted: Option<bool>,
    /// Whether they may speak where only chosen people do.
    #[serde(default)]
    pub may_speak: Option<bool>,
}

fn calls(app: &App) -> Answer<&Calls> {
    app.calls.as_ref().ok_or_else(|| {
        let detail = "Calls are switched off on this server.";
        Problem::new(Code::Forbidden, detail)
    })
}

fn name_of(room: RoomId) -> CallName {
    CallName::from(room.to_string())
}

fn identity_of(person: PersonId) -> Identity {
    Identity::from(person.to_string())
}

fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::NoCall | Refused::NoParticipant | Refused::NoTrack => Problem::not_found(),
        Refused::Full => Problem::new(Code::Conflict, "This call is full."),
        Refused::TooManyCalls => {
            let detail = "There are more calls than the server takes. Try again later.";
            Problem::wait(Code::Busy, 10_000, detail)
        }
        Refused::Forbidden => Problem::new(Code::Forbidden, "This is not allowed in this call."),
        Refused::TooLong => Problem::new(Code::TooLong, "This is longer than a call takes."),
        Refused::Busy => Problem::wait(Code::Busy, 2_000, "The server is busy. Try again shortly."),
    }
}

/// What somebody may do in a room's call, there or not yet there.
///
/// # Errors
/// `not_found`, `forbidden` (also for whom a moderator took out of this call), `room_archived`.
pub async fn grants(app: &App, actor: Actor, room: RoomId) -> Answer<Grants> {
    let facts = facts(app, actor, room).await?;
    if app.known.attendance.is_barred(room, actor.id) {
        let detail = "A moderator took you out of this call. You can join the next one.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let goes_on = app.known.attendance.origin(room).is_some();
    let member = app.store.member(room, actor.id).await?;
    let chosen = member.is_some_and(|member| member.may_speak);
    Ok(call::join(facts.standing(), goes_on, chosen)?)
}

/// Gives a person what they need to come into a room's call, and begins one where there is none.
///
/// # Errors
/// Those of [`grants`]; `busy`.
pub async fn join(app: &App, login: &Login, caller: &Caller, room: RoomId) -> Answer<Ticket> {
    let calls = calls(app)?;
    let grants = grants(app, login.actor(), room).await?;
    let options = CallOptions {
        empty_timeout_s: EMPTY_S,
        departure_timeout_s: DEPARTURE_S,
        ..CallOptions::default()
    };
    calls
        .create(name_of(room), options)
        .await
        .map_err(refused)?;
    let now = clock::now();
    let expires_at = now.plus_ms(CALL_TOKEN_LIFE_MS);
    let claims = Claims {
        sub: login.person.id.to_string(),
        name: login.person.display_name.clone(),
        nbf: now.0 / 1_000,
        exp: expires_at.0 / 1_000,
        video: Some(VideoGrant {
            room_join: true,
            room: room.to_string(),
            can_publish: Some(grants.speak),
            can_subscribe: Some(true),
            can_publish_data: Some(true),
            can_update_own_metadata: Some(true),
            ..VideoGrant::default()
        }),
        // Who comes back after the server began anew makes the call with this token.
        room_config: Some(json!({
            "emptyTimeout": EMPTY_S,
            "departureTimeout": DEPARTURE_S,
        })),
        ..Claims::default()
    };
    let scheme = if caller.secure { "wss" } else { "ws" };
    let host = caller.host.as_deref().unwrap_or("localhost");
    Ok(Ticket {
        url: format!("{scheme}://{host}"),
        token: app.access_keys.sign(&Signer::Plaza, claims)?,
        expires_at,
        speak: grants.speak,
        keep: grants.keep,
    })
}

/// The call that goes on in a room, with everybody in it; none when none does.
///
/// # Errors
/// `not_found` for a room that the actor may not see, `forbidden` for one they are not in.
pub async fn show(app: &App, actor: Actor, room: RoomId) -> Answer<Option<Attended>> {
    let facts = facts(app, actor, room).await?;
    facts.standing().may(Verb::JoinCall)?;
    let attendance = &app.known.attendance;
    let Some((id, started_at, started_by)) = attendance.origin(room) else {
        return Ok(None);
    };
    let inside = match calls(app)?.participants(name_of(room)).await {
        Ok(participants) => participants,
        Err(Refused::NoCall) => Vec::new(),
        Err(other) => return Err(refused(other)),
    };
    let publishes = |person: PersonId| {
        let identity = identity_of(person);
        let found = inside.iter().find(|it| it.identity == identity);
        found.is_some_and(|it| it.grants.publish)
    };
    let participants = attendance.people(room).into_iter();
    let participants = participants.map(|(user, joined_at)| view::call::Participant {
        user,
        joined_at,
        may_speak: publishes(user),
    });
    Ok(Some(Attended {
        id,
        started_at,
        started_by,
        participants: participants.collect(),
    }))
}

async fn keeping(app: &App, actor: Actor, room: RoomId) -> Answer<Facts> {
    let facts = facts(app, actor, room).await?;
    facts.standing().may(Verb::KeepCall)?;
    Ok(facts)
}

/// Silences somebody in a call, or chooses whether they speak where only chosen people do.
///
/// # Errors
/// `forbidden`, `not_found` for who is not in the room or, to be silenced, not in the call,
/// `bad_request` for switching somebody's microphone on.
pub async fn keep(
    app: &App,
    actor: Actor,
    (room, person): (RoomId, PersonId),
    wanted: Wanted,
) -> Answer<()> {
    keeping(app, actor, room).await?;
    if wanted.muted == Some(false) {
        let detail = "Nobody can switch on somebody else's microphone. Ask them to.";
        return Err(Problem::of(Code::BadRequest, "muted", detail));
    }
    if wanted.muted == Some(true) {
        silence(app, room, person).await?;
    }
    if let Some(may_speak) = wanted.may_speak {
        let change = LetSpeak {
            room,
            person,
            may_speak,
        };
        commit(app, Command::LetSpeak(change)).await?;
        app.known.attendance.doubt(room);
    }
    Ok(())
}

async fn silence(app: &App, room: RoomId, person: PersonId) -> Answer<()> {
    let calls = calls(app)?;
    let found = calls.participant(name_of(room), identity_of(person)).await;
    let participant: Participant = found.map_err(refused)?;
    let microphones = participant
        .tracks
        .iter()
        .filter(|track| track.source == Source::Microphone && !track.muted);
    for track in microphones {
        let muted = calls.mute(name_of(room), identity_of(person), track.id, true);
        match muted.await {
            // A track that has gone meanwhile is silent.
            Ok(_) | Err(Refused::NoTrack) => {}
            Err(other) => return Err(refused(other)),
        }
    }
    Ok(())
}

/// Takes somebody out of a call, for as long as it goes on.
///
/// # Errors
/// `forbidden`, `not_found` for who is not in the call.
pub async fn remove(app: &App, actor: Actor, (room, person): (RoomId, PersonId)) -> Answer<()> {
    keeping(app, actor, room).await?;
    let attendance = &app.known.attendance;
    let is_there = attendance.people(room).iter().any(|(it, _)| *it == person);
    if !is_there {
        return Err(Problem::not_found());
    }
    attendance.bar(room, person);
    match calls(app)?.remove(name_of(room), identity_of(person)).await {
        Ok(()) | Err(Refused::NoParticipant | Refused::NoCall) => Ok(()),
        Err(other) => Err(refused(other)),
    }
}

/// Ends a call for everybody.
///
/// # Errors
/// `forbidden`, `not_found` when none goes on.
pub async fn end(app: &App, actor: Actor, room: RoomId) -> Answer<()> {
    keeping(app, actor, room).await?;
    calls(app)?.delete(name_of(room)).await.map_err(refused)
}

/// Turns a call down that rings: the others hear of it, one's own devices stop ringing.
///
/// # Errors
/// `not_found`, also when no call goes on; `forbidden` in rooms whose calls do not ring.
pub async fn decline(app: &App, actor: Actor, room: RoomId) -> Answer<()> {
    let facts = facts(app, actor, room).await?;
    facts.standing().may(Verb::JoinCall)?;
    match facts.room.kind {
        RoomKind::Direct | RoomKind::Group => {}
        RoomKind::Open | RoomKind::Closed => {
            let detail = "Calls of this room do not ring.";
            return Err(Problem::new(Code::Forbidden, detail));
        }
    }
    let origin = app.known.attendance.origin(room);
    let (call, ..) = origin.ok_or_else(Problem::not_found)?;
    let user = actor.id;
    tell_people(&app.hub, facts.members.iter(), || {
        view::json(&Own::CallDeclined { room, call, user })
    });
    Ok(())
}
